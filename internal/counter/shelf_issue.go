package counter

import (
	"cmp"
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Issuing is what a clerk enters who hands a result out.
type Issuing struct {
	Code string
	// IDNumber is the identity number of who stands there, where no session is open.
	IDNumber string
	Mandate  string // of an agent: the paper or right shown
	Signed   bool   // on the slip
}

// Issue hands a result out: the code, and the person who may have it. The step of
// delivery is taken in the same transaction, with its proof.
func (s *Service) Issue(ctx context.Context, actor auth.Principal, in Issuing) (Parcel, error) {
	place, err := s.hallOf(ctx, actor)
	if err != nil {
		return Parcel{}, err
	}
	if err := s.c.Policy.Check(actor, ActionShelf, ofAgency("Parcel", "", place.ID, place.Division)); err != nil {
		return Parcel{}, err
	}
	var form fault.Form
	if !in.Signed {
		form.Add("signed", "counter.parcel.sign")
	}
	within(&form, "mandate", in.Mandate, 0, 60)
	code := readable(in.Code)
	if len(code) != pickupLength {
		form.Add("code", "counter.parcel.code_form")
	}
	if err := form.Err(); err != nil {
		return Parcel{}, err
	}
	if err := s.triedOut(ctx, maxCodes, tryCode, actor.ID); err != nil {
		return Parcel{}, err
	}
	found, err := parcelByCode(ctx, s.c.DB, place.ID, s.c.Seal.Index(codeField, code))
	if err != nil {
		// Wrong codes alone are counted: a busy window hands out many.
		if tries := s.tried(ctx, maxCodes, tryCode, actor.ID); tries != nil {
			return Parcel{}, tries
		}
		return Parcel{}, ErrCode
	}
	if err := s.c.Policy.Check(actor, ActionShelf, parcelObject(found)); err != nil { // the own one is handed out by somebody else
		return Parcel{}, err
	}
	proof, err := s.receiver(ctx, actor, found, in)
	if err != nil {
		return Parcel{}, err
	}
	return s.issue(ctx, actor, found, proof)
}

func (s *Service) issue(ctx context.Context, actor auth.Principal, found Parcel, proof Proof) (Parcel, error) {
	var p Parcel
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if p, err = lockParcel(ctx, tx, found.ID); err != nil {
			return err
		}
		if p.State != ParcelShelved || p.index == "" || p.index != found.index {
			return ErrGone
		}
		p.end(ParcelIssued, s.now())
		p.Proof = proof
		if err := s.keepProof(ctx, tx, p); err != nil {
			return err
		}
		if p.Kind != ParcelOriginals {
			how := contract.Delivery{
				Way: contract.DeliverPickup, Hall: p.Agency, Place: p.Hall, To: proof.To, Agent: proof.Agent, Mandate: proof.Mandate,
				By: actor.Name, Proof: "signature", At: p.Ended,
			}
			if err := s.c.Back.Results.Deliver(ctx, tx, actor, p.Case, how); err != nil {
				return err
			}
		}
		return s.noteParcel(ctx, tx, actor, p, "issued", "")
	})
	return p, err
}

// receiver says who stands there and whether they may have the parcel: the person
// of the open session, or whose number matches the applicant or who filed.
func (s *Service) receiver(ctx context.Context, actor auth.Principal, p Parcel, in Issuing) (Proof, error) {
	out := Proof{Signed: "slip", By: actor.Name, Mandate: strings.TrimSpace(in.Mandate)}
	if actor.AtCounter() {
		person := contract.AccountID(actor.Person())
		_, name, err := s.c.People.KeyOf(ctx, person)
		if err != nil {
			return out, err
		}
		out.To, out.How, out.Session = name, "session", actor.For.Mandate
		return out, s.entitled(ctx, &out, person, p)
	}
	if err := s.triedOut(ctx, maxCodes, tryPerson, actor.ID); err != nil {
		return out, err
	}
	key := s.c.People.PersonKey(in.IDNumber)
	if key == "" {
		return out, invalid("id_number", "counter.parcel.id_number")
	}
	out.How = "number"
	for _, id := range []contract.AccountID{contract.AccountID(p.Applicant), p.Operator} {
		known, name, err := s.c.People.KeyOf(ctx, id)
		if fault.KindOf(err) == fault.NotFound { // a company is no person
			continue
		}
		if err != nil {
			return out, err
		}
		if known != "" && known == key {
			out.To = name
			return out, s.entitled(ctx, &out, id, p)
		}
	}
	if err := s.tried(ctx, maxCodes, tryPerson, actor.ID); err != nil {
		return out, err
	}
	return out, ErrNotTheirs
}

// entitled lets the applicant, who filed for them and still may, and an agent with
// a right of today or a mandate on paper have it.
func (s *Service) entitled(ctx context.Context, out *Proof, person contract.AccountID, p Parcel) error {
	if string(person) == p.Applicant {
		return nil
	}
	out.Agent = true
	right, ok, err := s.c.People.RightOf(ctx, person, p.Applicant)
	if err != nil {
		return err
	}
	if ok {
		out.Mandate = cmp.Or(out.Mandate, right.Mandate)
		return nil
	}
	if out.Mandate == "" || out.How != "session" { // a mandate on paper needs who it names to be identified
		return ErrNotTheirs
	}
	return nil
}

// Recode gives the person of the open session a new code for what is theirs; the
// lost one is void.
func (s *Service) Recode(ctx context.Context, actor auth.Principal, id string) (Parcel, error) {
	if !actor.AtCounter() {
		return Parcel{}, ErrNobody
	}
	var p Parcel
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if p, err = s.onShelf(ctx, tx, actor, id); err != nil {
			return err
		}
		if p.Applicant != actor.Subject() && string(p.Operator) != actor.Person() {
			return ErrNotTheirs
		}
		if err := s.newCode(&p); err != nil {
			return err
		}
		if err := saveParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, actor, p, "recoded", "")
	})
	return p, err
}

// onShelf locks a parcel that lies in the hall of an actor.
func (s *Service) onShelf(ctx context.Context, tx db.Tx, actor auth.Principal, id string) (Parcel, error) {
	p, err := lockParcel(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if s.c.Policy.Check(actor, ActionShelf, parcelObject(p)) != nil {
		return p, ErrNoParcel
	}
	if p.State != ParcelShelved {
		return p, ErrGone
	}
	return p, nil
}

// slotsOf keeps changes of what lies where in one hall in one line.
func slotsOf(agency contract.AgencyID) string { return "counter.slots." + string(agency) }

// PutAt says where a parcel lies now: one that a carrier brought back lies nowhere
// until somebody puts it into a slot.
func (s *Service) PutAt(ctx context.Context, actor auth.Principal, id, slot string) error {
	var form fault.Form
	within(&form, "slot", slot, 1, 12)
	if err := form.Err(); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, slotsOf(contract.AgencyID(actor.Agency))); err != nil {
			return err
		}
		p, err := s.onShelf(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		slot = strings.ToUpper(strings.TrimSpace(slot))
		if p.Slot == slot { // a second click
			return nil
		}
		if taken, err := slotTaken(ctx, tx, p.Agency, slot); err != nil || taken {
			return cmp.Or(err, error(ErrSlot))
		}
		p.Slot = slot
		if err := saveParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, actor, p, "moved", slot)
	})
}
