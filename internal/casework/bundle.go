package casework

import (
	"context"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/statute"
)

// Part is one part of a bundle's case, as whoever may see the bundle or one of
// its parts sees them all: where it stands, and nothing of what it says.
type Part struct {
	ID         string // of the part in the bundle
	Case       contract.CaseID
	Number     string
	Item       contract.ItemID
	Name       contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Required   bool
	Blocking   bool
	State      contract.Text
	Stage      Stage
	Outcome    statute.Outcome // "" while open
	Due        Due
	Filed      time.Time
	Ended      time.Time
	Licence    contract.LicenceID
	// After names the parts it waits for, where they are not granted yet.
	After []contract.Text
	// Open says that the actor may open the part's own case.
	Open bool
}

// Parts lists the parts of a bundle's case in the order of the bundle. Asked of
// a part, it lists that part and its siblings; of any other case, nothing.
func (s *Service) Parts(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Part, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	whole := c
	if c.Parent != "" {
		if whole, err = caseByID(ctx, s.c.DB, c.Parent); err != nil {
			return nil, err
		}
	}
	svc, err := s.service(ctx, whole.Item, whole.Version)
	if err != nil || len(svc.Parts) == 0 {
		return nil, err
	}
	cases, err := partsOf(ctx, s.c.DB, whole.ID)
	if err != nil {
		return nil, err
	}
	f := family{svc: svc, whole: whole, parts: cases}
	list := make([]Part, 0, len(cases))
	for _, spec := range svc.Parts {
		p, ok := f.part(spec.ID)
		if !ok {
			continue // it does not apply
		}
		list = append(list, Part{
			ID: spec.ID, Case: p.ID, Number: p.Number, Item: p.Item, Name: p.ItemName, Agency: p.Agency, AgencyName: p.AgencyName,
			Required: spec.Required, Blocking: spec.Blocking, State: s.StateName(p.Procedure, p.State), Stage: p.Stage,
			Outcome: p.Outcome, Due: p.Due, Filed: p.Filed, Ended: p.Ended, Licence: p.Licence,
			After: f.waitsFor(spec), Open: s.see(actor, p) == nil,
		})
	}
	return list, nil
}

// family is a bundle's case with its parts.
type family struct {
	svc   contract.Service // the bundle
	whole Case
	parts []Case
}

func (f family) part(id string) (Case, bool) {
	i := slices.IndexFunc(f.parts, func(c Case) bool { return c.Part == id })
	if i < 0 {
		return Case{}, false
	}
	return f.parts[i], true
}

func (f family) spec(id string) contract.Part {
	for _, p := range f.svc.Parts {
		if p.ID == id {
			return p
		}
	}
	return contract.Part{}
}

// waitsFor names the parts that must be granted before a part begins and are
// not. A part that the bundle does without, or that needs nothing to be done,
// holds up nobody.
func (f family) waitsFor(spec contract.Part) []contract.Text {
	var names []contract.Text
	for _, id := range spec.After {
		if p, ok := f.part(id); ok && !p.settled() {
			names = append(names, p.ItemName)
		}
	}
	return names
}

// settled reports whether what depends on a part may begin.
func (c Case) settled() bool { return c.Outcome == statute.Granted || c.notRequired() }

// over reports whether a case will not be granted any more.
func (c Case) over() bool { return c.Outcome != "" && !c.settled() }

// notRequired reports whether the agency said that nothing has to be done.
func (c Case) notRequired() bool { return c.State == "NOT_REQUIRED" }
