package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// Roles in which a person acts for another.
const (
	RoleLegal         = "legal"         // legal representative of a company
	RoleAdministrator = "administrator" // may also grant operators of the company
	RoleOperator      = "operator"
	RoleAgent         = "agent"    // of a person, with a mandate
	RoleGuardian      = "guardian" // of a child or another ward
)

// Right is the right of a person to act for another, as it is now.
type Right struct {
	Kind    string // of the other: auth.ForCompany, ForPerson, ForWard
	ID      string // company, account or ward
	Name    string
	Code    string // credit code of a company
	Mandate string // id of what the right rests on
	Role    string
	Items   []string // services it is limited to; empty is all
	Until   day.Date // last day; zero: open
}

// acting is how a session acts under the right.
func (r Right) acting() auth.Acting {
	return auth.Acting{Kind: r.Kind, ID: r.ID, Name: r.Name, Mandate: r.Mandate, Items: r.Items}
}

// ends is the instant a right ends: after its last day, zero if open.
func (r Right) ends() time.Time {
	if r.Until.IsZero() {
		return time.Time{}
	}
	return r.Until.Add(1).Time()
}

// A legal representative acts by law, not by a mandate; the id says so.
const legalPrefix = "legal:"

func legalRight(c Company) Right {
	return Right{Kind: auth.ForCompany, ID: c.ID, Name: c.Name, Code: c.CreditCode, Mandate: legalPrefix + c.ID, Role: RoleLegal}
}

// rights lists for whom an account may act today: companies it represents by
// law, then those and persons that gave it a mandate, then its wards. Of two
// rights for the same the first counts, which is the wider.
func (s *Service) rights(ctx context.Context, q db.Q, account contract.AccountID) ([]Right, error) {
	represented, err := companiesOfRep(ctx, q, account)
	if err != nil {
		return nil, err
	}
	given, err := mandateRights(ctx, q, account, "", s.today())
	if err != nil {
		return nil, err
	}
	guarded, err := s.wardRights(ctx, q, account, "")
	if err != nil {
		return nil, err
	}
	var list []Right
	for _, r := range slices.Concat(represented, given, guarded) {
		if !slices.ContainsFunc(list, func(x Right) bool { return x.ID == r.ID }) {
			list = append(list, r)
		}
	}
	return list, nil
}

// right returns the right of an account to act for a subject today, or
// ErrNoMandate.
func (s *Service) right(ctx context.Context, q db.Q, account contract.AccountID, subject string) (Right, error) {
	all, err := s.rights(ctx, q, account)
	if err != nil {
		return Right{}, err
	}
	for _, r := range all {
		if r.ID == subject {
			return r, nil
		}
	}
	return Right{}, ErrNoMandate
}

// rightBy returns the right of an account by what it rests on, or ErrNoMandate
// where that has ended: one look at one table, for each request asks.
func (s *Service) rightBy(ctx context.Context, q db.Q, account contract.AccountID, a auth.Acting) (Right, error) {
	var list []Right
	var err error
	company, legal := strings.CutPrefix(a.Mandate, legalPrefix)
	switch {
	case legal:
		var c Company
		c, _, err = companyByID(ctx, q, company)
		if errors.Is(err, ErrNoCompany) || err == nil && (c.RepAccount != account || c.Status != statusOpen) {
			return Right{}, ErrNoMandate
		}
		list = []Right{legalRight(c)}
	case a.Kind == auth.ForWard:
		list, err = s.wardRights(ctx, q, account, a.Mandate)
	default:
		list, err = mandateRights(ctx, q, account, a.Mandate, s.today())
	}
	if err != nil {
		return Right{}, err
	}
	if len(list) != 1 || list[0].ID != a.ID {
		return Right{}, ErrNoMandate
	}
	return list[0], nil
}

// holds tells the sessions whether a person may still act for another, and for
// whom a clerk of a window acts at this moment.
func (s *Service) holds(ctx context.Context, p auth.Principal) (auth.Acting, bool, error) {
	if p.Kind == auth.Staff {
		if s.c.Windows == nil || !p.Is(auth.RoleCounter) {
			return auth.Acting{}, false, nil
		}
		return s.c.Windows.Serving(ctx, accountID(p))
	}
	r, err := s.rightBy(ctx, s.c.DB, accountID(p), p.For)
	if errors.Is(err, ErrNoMandate) {
		return auth.Acting{}, false, nil
	}
	return r.acting(), err == nil, err
}

// adultAge is when a person is of full age (Civil Code art. 17): from the day of
// the eighteenth birthday, by the calendar (art. 200).
const adultAge = 18

// minorUntil is the last day on which somebody is a minor.
func minorUntil(born day.Date) day.Date {
	y, m, d := born.Date()
	return day.Of(y+adultAge, m, d).Add(-1)
}

// wardRights lists the wards of an account today, or the one that a guardianship
// is about.
func (s *Service) wardRights(ctx context.Context, q db.Q, account contract.AccountID, id string) ([]Right, error) {
	all, err := guardianships(ctx, q, account)
	if err != nil {
		return nil, err
	}
	var list []Right
	for _, g := range all {
		if id != "" && g.ID != id || !g.Holds(s.today()) {
			continue
		}
		r := Right{Kind: auth.ForWard, ID: g.Ward.ID, Name: g.Ward.Name, Mandate: g.ID, Role: RoleGuardian}
		if !g.Ward.Adult {
			r.Until = minorUntil(g.Ward.Born)
		}
		list = append(list, r)
	}
	return list, nil
}
