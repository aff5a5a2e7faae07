package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// fewAnswer is how many officials of an agency are told of an opinion that is asked
// of it. Where more may give it, the head is told and gives it to one of them:
// what everybody is told, nobody does.
const fewAnswer = 3

// Told finds the officials whom a duty is for: who has it, who answers for the agency
// where nobody has it, and who stands in for those who are absent. Nobody is told of
// a case that they are kept from.
func (s *Service) Told(ctx context.Context, d contract.Duty) ([]contract.AccountID, error) {
	c, err := caseByID(ctx, s.c.DB, d.Case)
	if err != nil {
		return nil, err
	}
	all, err := s.colleagues(ctx, d.Agency)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(o contract.Official) bool {
		return c.Concerns(string(o.ID)) || o.ID == c.Operator || string(o.ID) == c.Applicant.ID
	})
	told, err := s.dutyOf(ctx, c, d, all)
	if err != nil {
		return nil, err
	}
	return s.withDeputies(ctx, d.Agency, told, all)
}

// dutyOf are those whom a duty is for, absent or not.
func (s *Service) dutyOf(ctx context.Context, c Case, d contract.Duty, all []contract.Official) ([]contract.Official, error) {
	switch d.Kind {
	case contract.DutyCard:
		return orLeaders(only(all, d.Handler), all), nil
	case contract.DutyRedCard:
		return append(only(all, d.Handler), leaders(all)...), nil
	case contract.DutyHands:
		return only(all, d.Handler), nil
	case contract.DutyOverdue:
		return orLeaders(only(all, contract.AccountID(c.Holder.ID)), all), nil
	case contract.DutyOpinion:
		return s.opinionBy(ctx, c, d, all)
	case contract.DutyObjection:
		o, err := objectionByID(ctx, s.c.DB, d.Of)
		if err != nil {
			return nil, err
		}
		return leaders(who(all, func(x contract.Official) bool { return s.mayAnswer(principalOf(x), c, o) == nil })), nil
	case contract.DutyWithdrawal:
		r, err := recusalByID(ctx, s.c.DB, d.Of)
		if err != nil {
			return nil, err
		}
		return leaders(who(all, func(x contract.Official) bool {
			return s.mayRule(ctx, principalOf(x), c, "casework.answer_withdrawal", r.Official.ID) == nil
		})), nil
	}
	return nil, nil
}

// opinionBy is who gives an opinion that is asked of an agency: who gave it before,
// else those who may where they are few, else who answers for the agency.
func (s *Service) opinionBy(ctx context.Context, c Case, d contract.Duty, all []contract.Official) ([]contract.Official, error) {
	rounds, err := unitsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range slices.Backward(rounds) {
		if u.ID == d.Of && u.Agency == d.Agency && u.Handler.ID != "" {
			if before := only(all, contract.AccountID(u.Handler.ID)); len(before) > 0 {
				return before, nil
			}
		}
	}
	able := who(all, func(x contract.Official) bool { return slices.Contains(x.Roles, auth.RoleReviewer) })
	if len(able) > fewAnswer {
		return leaders(all), nil
	}
	return orLeaders(able, all), nil
}

// withDeputies adds who stands in today for those who are absent. Where all of them
// are absent and nobody stands in, who answers for the agency is told as well.
func (s *Service) withDeputies(ctx context.Context, agency contract.AgencyID, told, all []contract.Official) ([]contract.AccountID, error) {
	absences, err := absencesOn(ctx, s.c.DB, agency, s.Today())
	if err != nil {
		return nil, err
	}
	var out []contract.AccountID
	there := len(told) == 0
	for _, o := range told {
		out = append(out, o.ID)
		i := slices.IndexFunc(absences, func(a Absence) bool { return a.Official.ID == string(o.ID) })
		if i < 0 {
			there = true
			continue
		}
		for _, deputy := range only(all, contract.AccountID(absences[i].Deputy.ID)) {
			out, there = append(out, deputy.ID), true
		}
	}
	if !there {
		for _, o := range leaders(all) {
			out = append(out, o.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// leaders are those who answer for an agency: its heads; where there is none, those
// who approve.
func leaders(all []contract.Official) []contract.Official {
	for _, role := range []string{auth.RoleHead, auth.RoleApprover} {
		if list := who(all, func(o contract.Official) bool { return slices.Contains(o.Roles, role) }); len(list) > 0 {
			return list
		}
	}
	return nil
}

func orLeaders(list, all []contract.Official) []contract.Official {
	if len(list) > 0 {
		return list
	}
	return leaders(all)
}

func only(all []contract.Official, id contract.AccountID) []contract.Official {
	return who(all, func(o contract.Official) bool { return o.ID == id })
}

func who(all []contract.Official, is func(contract.Official) bool) []contract.Official {
	var list []contract.Official
	for _, o := range all {
		if is(o) {
			list = append(list, o)
		}
	}
	return list
}
