package statute

import (
	"errors"
	"fmt"
	"slices"
)

// check reports what is wrong with the editions together, and notes who takes what where.
func (ps *Procedures) check() error {
	var bad problems
	list := ps.Every()
	ps.takers = map[string][]Taker{}
	for i, p := range list {
		for _, t := range p.transitions {
			ps.takers[t.Action] = append(ps.takers[t.Action], Taker{fmt.Sprintf("%s/%d/%s", p.ID, p.Version, t.From), t.Roles})
		}
		if i == 0 || list[i-1].ID != p.ID {
			continue
		}
		before := list[i-1]
		if before.Version == p.Version {
			bad.unless(false, "procedure %s: a second procedure of that id and edition %d", p.ID, p.Version)
			continue
		}
		// Lists, lights and the words that applicants read know a state by its id.
		for _, m := range Compare(before, p).Meaning {
			bad.unless(false, "procedure %s, edition %d: state %s means something else than in edition %d; give it another id", p.ID, p.Version, m, before.Version)
		}
	}
	return errors.Join(bad...)
}

// Changes is what one edition of a procedure has otherwise than another.
type Changes struct {
	// Gone are the states that the later edition lacks: a case in one of them
	// cannot be moved to it. New are those that it has beside.
	Gone, New []string
	// Meaning are states of both that are an end, or an outcome, in one alone.
	Meaning []string
	// Clocks are states of both in which another clock runs.
	Clocks []string
	// StepsGone and StepsNew are steps, as "STATE -action-> STATE".
	StepsGone, StepsNew []string
	// Limits says that the limits of the law differ: days, extension, by whose leave.
	Limits bool
}

// None reports whether the editions say the same of states, steps and limits.
func (c Changes) None() bool {
	return len(c.Gone)+len(c.New)+len(c.Meaning)+len(c.Clocks)+len(c.StepsGone)+len(c.StepsNew) == 0 && !c.Limits
}

// Compare says what edition b of a procedure has otherwise than edition a.
func Compare(a, b *Procedure) Changes {
	c := Changes{
		Limits: a.DecisionDays != b.DecisionDays || a.ExtensionDays != b.ExtensionDays || a.ExtensionBy != b.ExtensionBy,
	}
	for _, s := range a.States {
		t, ok := b.State(s.ID)
		switch {
		case !ok:
			c.Gone = append(c.Gone, s.ID)
			continue
		case s.Final != t.Final, s.Outcome != t.Outcome:
			c.Meaning = append(c.Meaning, s.ID)
		}
		if s.Clock != t.Clock {
			c.Clocks = append(c.Clocks, s.ID)
		}
	}
	for _, s := range b.States {
		if _, ok := a.State(s.ID); !ok {
			c.New = append(c.New, s.ID)
		}
	}
	c.StepsGone, c.StepsNew = missing(a.transitions, b.transitions), missing(b.transitions, a.transitions)
	return c
}

// missing names the steps of a that b does not have, or takes otherwise.
func missing(a, b []Transition) []string {
	var list []string
	for _, t := range a {
		if !slices.ContainsFunc(b, func(x Transition) bool { return sameStep(x, t) }) {
			list = append(list, fmt.Sprintf("%s -%s-> %s", t.From, t.Action, t.To))
		}
	}
	return list
}

func sameStep(a, b Transition) bool {
	return a.From == b.From && a.Action == b.Action && a.To == b.To && a.Document == b.Document &&
		a.Automatic == b.Automatic && a.Deemed == b.Deemed && a.Reasons == b.Reasons &&
		slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Clocks, b.Clocks)
}
