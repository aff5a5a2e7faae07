package counter

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Kinds of what lies on the shelf.
const (
	ParcelLicence   = "licence"
	ParcelDocument  = "document"
	ParcelOriginals = "originals" // papers that the applicant gets back
)

// States of a parcel.
const (
	ParcelShelved   = "shelved"
	ParcelIssued    = "issued"
	ParcelSent      = "sent"      // with a carrier
	ParcelDelivered = "delivered" // by a carrier
	ParcelReturned  = "returned"  // to who made it: nobody came
)

// Faults of the shelf.
var (
	ErrNoParcel  = fault.New(fault.NotFound, "counter.parcel.none")
	ErrNotReady  = fault.New(fault.Conflict, "counter.parcel.not_ready") // the case has not come to an end
	ErrGone      = fault.New(fault.Conflict, "counter.parcel.gone")      // not on the shelf any more
	ErrCode      = fault.New(fault.Denied, "counter.parcel.code")
	ErrNotTheirs = fault.New(fault.Denied, "counter.parcel.not_theirs")
	ErrSlot      = fault.New(fault.Conflict, "counter.parcel.slot")
	ErrNobody    = fault.New(fault.Conflict, "counter.parcel.nobody") // nobody identified at the window
)

const (
	pickupLength = 8  // 40 bits, with a limit on tries
	maxCodes     = 10 // wrong ones of one clerk in trySpan
	codeField    = "counter.pickup"
	proofField   = "counter.proof"
	tryCode      = "counter.try.code" // wrong codes of one clerk
	tryPerson    = "counter.try.person"
)

// Parcel is one result on paper in a hall.
type Parcel struct {
	ID        string
	Agency    contract.AgencyID // that runs the hall
	Division  string
	Hall      contract.Text
	Case      contract.CaseID
	Number    string
	Item      contract.Text
	Applicant string
	Operator  contract.AccountID
	Kind      string
	Sheets    int
	Note      string
	Slot      string
	Way       string
	State     string
	RemindOn  day.Date
	ReturnOn  day.Date
	Reminded  time.Time
	Carrier   string
	Waybill   string
	Tracking  string
	ShelvedBy string
	Shelved   time.Time
	Ended     time.Time
	Edition   int
	Proof     Proof
	Code      string // for its owner alone, grouped to be read aloud
	Steps     []ParcelStep

	code   []byte // sealed
	index  string
	key    string
	sealed []byte // proof
}

// Proof is who received a parcel and how that was known. It is sealed.
type Proof struct {
	To      string `json:"to"`
	Agent   bool   `json:"agent,omitempty"`
	Mandate string `json:"mandate,omitempty"`
	How     string `json:"how"` // session, number, carrier
	Signed  string `json:"signed,omitempty"`
	By      string `json:"by"` // post, or carrier
	Session string `json:"session,omitempty"`
}

// ParcelStep is one line of the record of a parcel.
type ParcelStep struct {
	What  string
	Actor contract.Actor
	Note  string
	At    time.Time
}

// Shelving is what a clerk enters who puts a result on the shelf.
type Shelving struct {
	Key    string // of the form
	Number string // of the case
	Kind   string
	Sheets int
	Slot   string
	Note   string
}

func parcelObject(p Parcel) policy.Object {
	o := ofAgency("Parcel", p.ID, p.Agency, p.Division)
	o.Attrs["applicant"] = p.Applicant
	o.Attrs["operator"] = string(p.Operator)
	return o
}

// Shelve puts a result on the shelf. The applicant gets a code to fetch it with.
func (s *Service) Shelve(ctx context.Context, actor auth.Principal, in Shelving) (Parcel, error) {
	place, err := s.hallOf(ctx, actor)
	if err != nil {
		return Parcel{}, err
	}
	if err := s.c.Policy.Check(actor, ActionShelf, ofAgency("Parcel", "", place.ID, place.Division)); err != nil {
		return Parcel{}, err
	}
	if err := in.check(); err != nil {
		return Parcel{}, err
	}
	c, err := s.c.Back.Results.ShelfCase(ctx, actor, in.Number, place.ID)
	if err != nil {
		return Parcel{}, err
	}
	if !c.Ended {
		return Parcel{}, ErrNotReady
	}
	hall := place.Name
	if at, err := s.Place(ctx, actor); err == nil {
		hall = at.Hall.Name
	}
	now := s.now()
	p := Parcel{
		ID: s.c.NewID(), Agency: place.ID, Division: place.Division, Hall: hall, Case: c.ID, Number: c.Number, Item: c.ItemName,
		Applicant: c.Applicant.ID, Operator: c.Operator, Kind: in.Kind, Sheets: in.Sheets, Note: strings.TrimSpace(in.Note),
		Slot: strings.ToUpper(strings.TrimSpace(in.Slot)), Way: way(c.Delivery), State: ParcelShelved,
		RemindOn: day.In(now).Add(s.c.Back.remindDays()), ReturnOn: day.In(now).Add(s.c.Back.returnDays()),
		ShelvedBy: actor.Name, Shelved: now, Edition: 1, key: in.Key,
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, slotsOf(place.ID)); err != nil {
			return err
		}
		if err := s.newCode(&p); err != nil {
			return err
		}
		fresh, err := insertParcel(ctx, tx, p)
		if err != nil {
			return err
		}
		if !fresh {
			known, err := parcelByKey(ctx, tx, in.Key)
			if err == nil && known.Agency == p.Agency && known.Case == p.Case {
				p = known
				return nil
			}
			return ErrSlot
		}
		if err := s.planParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, actor, p, "shelved", p.Slot)
	})
	return p, err
}

// way is how a result leaves the shelf: what is not sent is fetched.
func way(chosen string) string {
	if chosen == contract.DeliverCourier {
		return contract.DeliverCourier
	}
	return contract.DeliverPickup
}

func (in Shelving) check() error {
	var form fault.Form
	if in.Kind != ParcelLicence && in.Kind != ParcelDocument && in.Kind != ParcelOriginals {
		form.Add("kind", "counter.parcel.kind")
	}
	within(&form, "slot", in.Slot, 1, 12)
	within(&form, "note", in.Note, 0, 100)
	if in.Sheets < 1 || in.Sheets > 999 {
		form.Add("sheets", "counter.handover.sheets")
	}
	if strings.TrimSpace(in.Number) == "" {
		form.Add("number", "counter.parcel.number")
	}
	if in.Key == "" {
		form.Add("number", "counter.changed")
	}
	return form.Err()
}

// newCode gives a parcel a code that was not given before.
func (s *Service) newCode(p *Parcel) (err error) {
	code := s.c.Back.Code(pickupLength)
	p.index = s.c.Seal.Index(codeField, code)
	p.Code = grouped(code)
	p.code, err = s.c.Seal.Seal(codeField, code)
	return err
}

// parcelJob reminds of a parcel, or sends it back.
type parcelJob struct {
	Parcel string `json:"parcel"`
	What   string `json:"what"` // remind, return
}

// Kind names the job.
func (parcelJob) Kind() string { return "counter.parcel" }

func (s *Service) planParcel(ctx context.Context, tx db.Tx, p Parcel) error {
	for what, on := range map[string]day.Date{"remind": p.RemindOn, "return": p.ReturnOn} {
		if err := s.c.Jobs.InsertTx(ctx, tx, parcelJob{p.ID, what}, job.Insert{
			At: on.Time().Add(9 * time.Hour), Unique: p.ID + "@" + what + "@" + on.String(),
		}); err != nil {
			return err
		}
	}
	return nil
}

// parcelDue reminds the applicant, or ends the time on the shelf. Both look at the
// parcel first: what was fetched meanwhile, or put back for longer, is left alone.
func (s *Service) parcelDue(ctx context.Context, tx db.Tx, j parcelJob) error {
	p, err := lockParcel(ctx, tx, j.Parcel)
	if err != nil || p.State != ParcelShelved {
		return err
	}
	system := auth.SystemPrincipal("shelf")
	if j.What == "remind" {
		if !p.Reminded.IsZero() || s.today().Before(p.RemindOn) {
			return nil
		}
		p.Reminded = s.now()
		if err := saveParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, system, p, "reminded", "")
	}
	if s.today().Before(p.ReturnOn) {
		return nil
	}
	p.end(ParcelReturned, s.now())
	if err := saveParcel(ctx, tx, p); err != nil {
		return err
	}
	return s.noteParcel(ctx, tx, system, p, "returned", "")
}

// end takes a parcel off the shelf; its code is worth nothing any more.
func (p *Parcel) end(state string, at time.Time) {
	p.State, p.code, p.index, p.Ended = state, []byte{}, "", at
}

func (s *Service) noteParcel(ctx context.Context, tx db.Tx, actor auth.Principal, p Parcel, what, note string) error {
	step := ParcelStep{What: what, Actor: contract.Actor{Kind: string(actor.Kind), ID: actor.ID}, Note: note, At: s.now()}
	if actor.Kind == auth.Staff {
		step.Actor.Name = actor.Name
	}
	if err := insertParcelStep(ctx, tx, p.ID, step); err != nil {
		return err
	}
	e := contract.ShelfChanged{
		Parcel: p.ID, Case: p.Case, Number: p.Number, Hall: p.Agency, Change: what, Notify: p.Operator, At: step.At,
	}
	if p.State == ParcelShelved {
		e.Until = p.ReturnOn.String()
	}
	return s.c.Events.Record(ctx, tx, metaOf(actor, p.Applicant, "case:"+string(p.Case)), e)
}

// Shelf lists what lies in an actor's hall, and what left it lately.
func (s *Service) Shelf(ctx context.Context, actor auth.Principal, state, text string) ([]Parcel, error) {
	place, err := s.hallOf(ctx, actor)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, ActionShelf, ofAgency("Parcel", "", place.ID, place.Division)); err != nil {
		return nil, err
	}
	text = strings.ToUpper(strings.TrimSpace(text)) // as slots and waybills are kept
	if number := strings.ReplaceAll(text, " ", ""); strings.Trim(number, "0123456789") == "" {
		text = number // of a case, in groups as it is shown
	}
	return parcelsIn(ctx, s.c.DB, place.ID, cmp.Or(state, ParcelShelved), text)
}

// Parcel opens one to the staff of its hall, without its code.
func (s *Service) Parcel(ctx context.Context, actor auth.Principal, id string) (Parcel, error) {
	p, err := parcelByID(ctx, s.c.DB, id)
	if err != nil {
		return p, err
	}
	if s.c.Policy.Check(actor, ActionShelf, parcelObject(p)) != nil {
		return Parcel{}, ErrNoParcel
	}
	if p.Proof, err = s.openProof(p); err != nil {
		return p, err
	}
	if p.Proof.To != "" {
		read := contract.PersonalDataRead{Subject: p.Applicant, What: []string{"name"}, Case: p.Case, Purpose: readDelivery}
		if err := s.saw(ctx, actor, "case:"+string(p.Case), read); err != nil {
			return Parcel{}, err
		}
	}
	p.Steps, err = parcelSteps(ctx, s.c.DB, id)
	return p, err
}

// Pickups are the results of a case that lie ready for who asks, with their codes.
func (s *Service) Pickups(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Parcel, error) {
	list, err := parcelsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	var out []Parcel
	for _, p := range list {
		if s.c.Policy.Check(actor, ActionPickup, parcelObject(p)) != nil {
			continue
		}
		if p.State == ParcelShelved && len(p.code) > 0 && actor.Kind == auth.Resident {
			code, err := s.c.Seal.Open(codeField, p.code)
			if err != nil {
				return nil, err
			}
			p.Code = grouped(code)
		}
		out = append(out, p)
	}
	return out, nil
}

// PickupCode is the code of what lies ready of a case for the account that is told
// of it; "" where nothing does.
func (s *Service) PickupCode(ctx context.Context, account contract.AccountID, id contract.CaseID) (string, error) {
	list, err := parcelsOf(ctx, s.c.DB, id)
	if err != nil {
		return "", err
	}
	for _, p := range list {
		if p.State == ParcelShelved && p.Operator == account && len(p.code) > 0 {
			code, err := s.c.Seal.Open(codeField, p.code)
			return grouped(code), err
		}
	}
	return "", nil
}

func invalid(field, code string, args ...any) error {
	var form fault.Form
	form.Add(field, code, args...)
	return form.Err()
}

func (s *Service) keepProof(ctx context.Context, tx db.Tx, p Parcel) error {
	text, err := json.Marshal(p.Proof)
	if err != nil {
		return err
	}
	sealed, err := s.c.Seal.Seal(proofField, string(text))
	if err != nil {
		return err
	}
	if err := saveParcel(ctx, tx, p); err != nil {
		return err
	}
	return saveProof(ctx, tx, p.ID, sealed)
}

func (s *Service) openProof(p Parcel) (Proof, error) {
	var out Proof
	if len(p.sealed) == 0 {
		return out, nil
	}
	text, err := s.c.Seal.Open(proofField, p.sealed)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}
