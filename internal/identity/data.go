package identity

import (
	"context"
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
