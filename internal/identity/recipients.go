package identity

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Recipients lists the accounts that stand behind an applicant now: the person,
// the guardians of a ward, the legal representative of a company that is still
// open. Nobody is known behind an applicant of whom this platform knows nothing.
func (s *Service) Recipients(ctx context.Context, applicant contract.Party) ([]contract.AccountID, error) {
	if applicant.Kind == "company" {
		c, _, err := companyByID(ctx, s.c.DB, applicant.ID)
		if errors.Is(err, ErrNoCompany) || err == nil && (c.RepAccount == "" || c.Status != statusOpen) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []contract.AccountID{c.RepAccount}, nil
	}
	a, err := accountByID(ctx, s.c.DB, applicant.ID)
	if err == nil {
		return []contract.AccountID{a.ID}, nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	return guardiansOf(ctx, s.c.DB, applicant.ID)
}
