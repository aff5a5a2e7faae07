package identity

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
)

// CompanyRights is a company with the rights that it gave, for those who speak
// for it.
type CompanyRights struct {
	Company Company
	AsLegal bool // p is the legal representative; else an administrator
	Rights  []Mandate
}

// NewOperator is what somebody says of a new operator of a company.
type NewOperator struct {
	Company string
	// Administrator may also grant operators; the legal representative alone
	// makes one.
	Administrator bool
	Other         Person
	Items         []string // empty: every service
	Period
}

// Companies lists the companies that p may grant rights of, with the rights.
func (s *Service) Companies(ctx context.Context, p auth.Principal) ([]CompanyRights, error) {
	if err := s.c.Policy.Check(p, ActionOperators, own(p)); err != nil {
		return nil, err
	}
	all, err := s.rights(ctx, s.c.DB, accountID(p))
	if err != nil {
		return nil, err
	}
	var list []CompanyRights
	for _, r := range all {
		if r.Kind != auth.ForCompany || r.Role == RoleOperator {
			continue
		}
		c, err := s.Company(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		given, err := mandatesOfCompany(ctx, s.c.DB, c.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, CompanyRights{Company: c, AsLegal: r.Role == RoleLegal, Rights: given})
	}
	return list, nil
}

// OperatorOf lists the rights for companies that p was given, newest first.
func (s *Service) OperatorOf(ctx context.Context, p auth.Principal) ([]Mandate, error) {
	all, err := s.Mandates(ctx, p)
	return slices.DeleteFunc(all, func(m Mandate) bool { return m.Kind != PartyCompany }), err
}

// MakeOperator offers somebody the right to act for a company.
func (s *Service) MakeOperator(ctx context.Context, p auth.Principal, n NewOperator) (Mandate, error) {
	m := Mandate{
		ID: s.c.NewID(), Kind: PartyCompany, Principal: n.Company, Role: RoleOperator, AskedBy: SidePrincipal,
		Items: n.Items, From: n.From, To: n.To, State: MandateWaiting, Made: s.at(),
		Granted: Confirmation{By: accountID(p), Level: p.Level, At: s.at()},
	}
	if n.Administrator {
		m.Role, m.Items = RoleAdministrator, nil
	}
	grantors, err := s.grantors(ctx, s.c.DB, m)
	if err != nil {
		return Mandate{}, err
	}
	o := policy.Object{Type: "Company", ID: n.Company, Attrs: map[string]any{"grantors": grantors}}
	if err := s.c.Policy.Check(p, ActionOperatorGrant, o); err != nil {
		return Mandate{}, err
	}
	if p.Level < grantLevel {
		return Mandate{}, ErrLevel.With("level", grantLevel)
	}
	if err := s.checkMandate(ctx, NewMandate{Other: n.Other, Items: m.Items, Period: n.Period}, companyDays, false); err != nil {
		return Mandate{}, err
	}
	other, err := s.find(ctx, p, n.Other)
	if err != nil {
		return Mandate{}, err
	}
	m.Agent = other.ID
	return m, s.add(ctx, p, m)
}
