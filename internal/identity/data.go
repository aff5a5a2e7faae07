package identity

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

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

// Phone returns where an account wants short messages, "" where it gave no number.
func (s *Service) Phone(ctx context.Context, id contract.AccountID) (string, error) {
	a, err := accountByID(ctx, s.c.DB, string(id))
	if err != nil {
		return "", err
	}
	return s.unseal(fieldPhone, a.phone)
}

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
	person := party.ID
	if party.Kind == PartyCompany {
		person = p.ID // who fills in for it
	}
	held, err := s.PersonFacts(ctx, person)
	if err != nil {
		return nil, err
	}
	uses := []contract.PersonalDataRead{s.prefill(person, "name", "number", "phone", "email")}
	if party.Kind == PartyCompany {
		facts, err := s.CompanyFacts(ctx, party.ID)
		if err != nil {
			return nil, err
		}
		maps.Copy(held, facts)
		uses = append(uses, s.prefill(party.ID, "company", "address", "legal_representative"))
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
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
