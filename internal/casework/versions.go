package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// A case asks for what the version said that it was filed under: form, materials,
// licence. How it is handled, and within which days, is what another version says
// once the case was moved to that one (HandledAs), by another edition of its
// procedure (ProcVersion). Everything that needs one of them asks here.

// ServiceOf returns the service as it holds for a case: what was applied for as it
// was when the case was filed, the handling as it is for the case now.
func (s *Service) ServiceOf(ctx context.Context, c Case) (contract.Service, error) {
	svc, err := s.service(ctx, c.Item, c.Version)
	if err != nil || c.HandledAs == 0 || c.HandledAs == c.Version {
		return svc, err
	}
	by, err := s.service(ctx, c.Item, c.HandledAs)
	if err != nil {
		return contract.Service{}, err
	}
	svc.Procedure, svc.Limits, svc.Handling = by.Procedure, by.Limits, by.Handling
	svc.Parts = handledParts(svc.Parts, by.Parts)
	return svc, nil
}

// handledParts are the parts that were applied for, needed and in the order that
// another version says. One that it does not have holds up nobody.
func handledParts(filed, by []contract.Part) []contract.Part {
	list := slices.Clone(filed)
	for i, p := range list {
		k := slices.IndexFunc(by, func(x contract.Part) bool { return x.ID == p.ID })
		if k < 0 {
			list[i].Required, list[i].Blocking, list[i].After = false, false, nil
			continue
		}
		list[i].Required, list[i].Blocking, list[i].After = by[k].Required, by[k].Blocking, by[k].After
	}
	return list
}

// procedure is the edition of the procedure that a case follows.
func (s *Service) procedure(c Case) (*statute.Procedure, error) {
	p, err := s.c.Procedures.GetVersion(c.Procedure, cmp.Or(c.ProcVersion, 1))
	if err != nil {
		return nil, fmt.Errorf("procedure of case %s: %w", c.Number, err)
	}
	return p, nil
}

// lawOf is the service and the law as they hold for a case.
func (s *Service) lawOf(ctx context.Context, c Case) (contract.Service, rules, error) {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return svc, rules{}, err
	}
	proc, err := s.procedure(c)
	if err != nil {
		return svc, rules{}, err
	}
	return svc, s.fromCounter(s.rules(svc, proc, c.Division), c.Counter), nil
}

// fromCounter adds the working days of the place where it was taken in.
func (s *Service) fromCounter(r rules, at contract.Counter) rules {
	if r.forwardDays = s.c.ForwardDays; at.Division != "" {
		r.from = s.c.Calendars.For(at.Division)
	}
	return r
}

// newLaw is the law for a case that begins now: the newest edition of the procedure.
func (s *Service) newLaw(svc contract.Service, division string) (rules, error) {
	proc, err := s.c.Procedures.Get(svc.Procedure)
	if err != nil {
		return rules{}, fmt.Errorf("procedure of %s: %w", svc.Item, err)
	}
	return s.rules(svc, proc, division), nil
}

func (s *Service) rules(svc contract.Service, proc *statute.Procedure, division string) rules {
	r := rules{
		proc: proc, cal: s.c.Calendars.For(division), limits: svc.Limits,
		lights: s.c.Lights, correctionDays: s.c.CorrectionDays, stages: svc.Handling.Stages, today: s.Today(),
	}
	if svc.Commitment != nil {
		r.verifyDays = svc.Commitment.VerifyDays
	}
	return r
}

// procedureThen is the edition under which a step was taken.
func (s *Service) procedureThen(c Case, st Step) (*statute.Procedure, error) {
	c.Procedure, c.ProcVersion = cmp.Or(st.Procedure, c.Procedure), cmp.Or(st.ProcVersion, c.ProcVersion)
	return s.procedure(c)
}
