package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Parties returns for whom p applies now: the company p acts for, or oneself.
// Whoever wants to apply for another changes that at /account first, so that
// every page of the session speaks of the same party.
func (s *Service) Parties(ctx context.Context, p auth.Principal) ([]contract.Party, error) {
	if err := s.c.Policy.Check(p, ActionHeld, subjectOf(p.ID)); err != nil {
		return nil, err
	}
	if p.For.ID == "" {
		return []contract.Party{{Kind: PartyPerson, ID: p.ID, Name: p.Name}}, nil
	}
	c, err := s.Company(ctx, p.For.ID)
	if err != nil {
		return nil, err
	}
	return []contract.Party{c.Party()}, nil
}

func subjectOf(id string) policy.Object {
	return policy.Object{Type: "Subject", ID: id, Attrs: map[string]any{"subject": id}}
}

// Company returns a company. The caller decides who may see it.
func (s *Service) Company(ctx context.Context, id string) (Company, error) {
	c, sealed, err := companyByID(ctx, s.c.DB, id)
	if err != nil {
		return Company{}, err
	}
	c.Address, err = s.unseal(fieldAddress, sealed)
	return c, err
}

// Email returns where an account wants mail, "" where it gave no address.
func (s *Service) Email(ctx context.Context, id contract.AccountID) (string, error) {
	a, err := accountByID(ctx, s.c.DB, string(id))
	if err != nil {
		return "", err
	}
	return s.unseal(fieldEmail, a.email)
}

// Sources of held facts.
var (
	sourceRegister = contract.Text{ZH: "实名认证信息", EN: "verified identity"}
	sourceAccount  = contract.Text{ZH: "账户预留信息", EN: "contact details of the account"}
	sourceCompany  = contract.Text{ZH: "营业执照登记信息", EN: "business licence register"}
)

// purposePrefill and basisPrefill are what a read of held facts is recorded
// with: data obtainable by sharing must not be asked from the applicant again
// (State Council Decree 716, art. 7).
const (
	purposePrefill = "prefill"
	basisPrefill   = "国务院令第716号第七条"
)

// Held returns what the government already knows of a party, for the form of p:
// facts about p always, about the company if p applies for one. Each call is
// recorded as a use of the data, in the log of whom it is about.
func (s *Service) Held(ctx context.Context, p auth.Principal, party contract.Party) (map[string]contract.Held, error) {
	if err := s.c.Policy.Check(p, ActionHeld, subjectOf(party.ID)); err != nil {
		return nil, err
	}
	held := map[string]contract.Held{}
	if err := s.heldOfPerson(ctx, p, held); err != nil {
		return nil, err
	}
	uses := []contract.PersonalDataRead{s.prefill(p.ID, "name", "number", "phone", "email")}
	if party.Kind == PartyCompany {
		if err := s.heldOfCompany(ctx, party.ID, held); err != nil {
			return nil, err
		}
		uses = append(uses, s.prefill(party.ID, "company", "address", "legal_representative"))
	}
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, use := range uses {
			m := event.Meta{
				Actor: p, Subject: use.Subject, Object: party.Kind + ":" + use.Subject,
				Purpose: use.Purpose, Basis: use.Basis,
			}
			if err := s.c.Events.Record(ctx, tx, m, use); err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}

func (s *Service) prefill(subject string, what ...string) contract.PersonalDataRead {
	return contract.PersonalDataRead{
		Subject: subject, What: what, Purpose: purposePrefill, Basis: basisPrefill, At: s.at(),
	}
}

func (s *Service) heldOfPerson(ctx context.Context, p auth.Principal, held map[string]contract.Held) error {
	a, err := accountByID(ctx, s.c.DB, p.ID)
	if err != nil {
		return err
	}
	f, err := s.open(a)
	if err != nil {
		return err
	}
	add := func(key, value string, source contract.Text) {
		if value != "" {
			held[key] = contract.Held{Value: value, Source: source, At: a.CheckedOn.String()}
		}
	}
	add("person.name", a.Name, sourceRegister)
	add("person.resident_id", f.number, sourceRegister)
	add("person.phone", f.phone, sourceAccount)
	add("person.email", f.email, sourceAccount)
	return nil
}

func (s *Service) heldOfCompany(ctx context.Context, id string, held map[string]contract.Held) error {
	c, err := s.Company(ctx, id)
	if err != nil {
		return err
	}
	for key, value := range map[string]string{
		"company.name":                 c.Name,
		"company.code":                 c.CreditCode,
		"company.address":              c.Address,
		"company.legal_representative": c.RepName,
		"company.form":                 c.Form,
		"company.scope":                c.Scope,
		"company.division":             c.Division,
		"company.registrar":            c.Registrar,
		"company.registered_on":        c.RegisteredOn.String(),
	} {
		if value != "" {
			held[key] = contract.Held{Value: value, Source: sourceCompany, At: c.CheckedOn.String()}
		}
	}
	return nil
}

// maxPurpose bounds what a program says it reads for.
const maxPurpose = 200

// CompanyFor reads a company by its credit code for another authority's system.
// The read is recorded first, with the purpose, in the log of the company.
func (s *Service) CompanyFor(ctx context.Context, p auth.Principal, code, why string) (Company, error) {
	if err := s.c.Policy.Check(p, ActionCompanyRead, policy.Page); err != nil {
		return Company{}, err
	}
	why = strings.TrimSpace(why)
	if n := utf8.RuneCountInString(why); n == 0 || n > maxPurpose {
		return Company{}, ErrPurpose.With("n", maxPurpose)
	}
	code, err := idcode.CreditCode(code)
	if err != nil {
		return Company{}, err
	}
	c, err := companyByCode(ctx, s.c.DB, code)
	if err != nil {
		return Company{}, err
	}
	use := contract.PersonalDataRead{Subject: c.ID, What: []string{"company"}, Purpose: why, At: s.at()}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Actor: p, Subject: c.ID, Object: PartyCompany + ":" + c.ID, Purpose: why}
		return s.c.Events.Record(ctx, tx, m, use) // with the client's name: the company is told who it was
	})
	return c, err
}

// Use is one use of a person's data, as the person's own log shows it.
type Use struct {
	ID      string
	At      time.Time
	Self    bool          // by the person
	Kind    auth.Kind     // who: a member of staff, a program, the system
	Title   contract.Text // of the post
	Agency  contract.Text
	Name    string // of the client or job
	What    []string
	Purpose string
	Basis   string
	Case    contract.CaseID
}

// maxUses bounds the list that one page shows.
const maxUses = 200

// Uses lists who used the data of whom p acts for, newest first.
func (s *Service) Uses(ctx context.Context, p auth.Principal) ([]Use, error) {
	if err := s.c.Policy.Check(p, ActionData, own(p)); err != nil {
		return nil, err
	}
	subject := p.Subject()
	// Other events about the person stand between the uses.
	events, err := s.c.Events.About(ctx, subject, 5*maxUses)
	if err != nil {
		return nil, err
	}
	posts := map[string]*PostView{}
	var list []Use
	for _, e := range events {
		if e.Name != (contract.PersonalDataRead{}).EventName() || len(list) == maxUses {
			continue
		}
		u, err := s.use(ctx, p, e, posts)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

func (s *Service) use(ctx context.Context, p auth.Principal, e event.Recorded, posts map[string]*PostView) (Use, error) {
	var read contract.PersonalDataRead
	if err := json.Unmarshal(e.Body, &read); err != nil {
		return Use{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	u := Use{
		ID: e.ID, At: e.At, Self: e.ActorID == p.ID, Kind: e.ActorKind,
		What: read.What, Purpose: read.Purpose, Basis: read.Basis, Case: read.Case,
	}
	if e.ActorKind == auth.Machine || e.ActorKind == auth.System {
		u.Name = e.ActorName
	}
	if e.ActorKind != auth.Staff {
		return u, nil
	}
	if _, known := posts[e.ActorID]; !known {
		post, err := s.post(ctx, contract.AccountID(e.ActorID))
		if err != nil {
			return Use{}, err
		}
		posts[e.ActorID] = post
	}
	if post := posts[e.ActorID]; post != nil {
		u.Title, u.Agency = post.Title, post.Agency.Name
	}
	return u, nil
}
