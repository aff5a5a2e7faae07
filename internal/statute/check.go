package statute

import (
	"errors"
	"fmt"
	"slices"
)

// check reports everything that is wrong with a procedure.
func (p *Procedure) check() error {
	var bad problems
	bad.unless(p.ID != "", "the procedure has no id")
	bad.text("procedure "+p.ID, p.Name)
	for i, s := range p.States {
		p.checkState(&bad, s)
		bad.unless(slices.IndexFunc(p.States, func(x ProcedureState) bool { return x.ID == s.ID }) == i, "state %s is there twice", s.ID)
	}
	for i, t := range p.transitions {
		p.checkTransition(&bad, t)
		same := func(x Transition) bool { return x.From == t.From && x.Action == t.Action }
		bad.unless(slices.IndexFunc(p.transitions, same) == i, "%s -%s->: is there twice", t.From, t.Action)
	}
	p.checkDocuments(&bad)
	p.checkReach(&bad)
	p.checkClocks(&bad)
	p.checkLimits(&bad)
	return errors.Join(bad...)
}

type problems []error

func (b *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		*b = append(*b, fmt.Errorf(format, args...))
	}
}

func (b *problems) text(what string, t Text) {
	b.unless(t.ZH != "" && t.EN != "", "%s: needs a name in both languages", what)
}

func (p *Procedure) checkState(bad *problems, s ProcedureState) {
	bad.text("state "+s.ID, s.Name)
	exits := p.Actions(s.ID)
	bad.unless(s.Final || len(exits) > 0, "state %s: has no exit and is not final", s.ID)
	bad.unless(s.Final || len(s.Actors) > 0, "state %s: nobody has to act", s.ID)
	bad.unless(s.Clock == "" || knownClock(s.Clock), "state %s: unknown clock %s", s.ID, s.Clock)
	reason := s.NoClock.ZH != "" && s.NoClock.EN != ""
	bad.unless((s.Clock != "") != reason, "state %s: needs a clock, or a reason in both languages for having none", s.ID)
	bad.unless(knownOutcome(s.Outcome), "state %s: unknown outcome %s", s.ID, s.Outcome)
	if s.Final {
		return
	}
	// Whoever must act must be able to.
	for _, r := range s.Actors {
		can := slices.ContainsFunc(exits, func(t Transition) bool { return t.By(r) })
		bad.unless(can, "state %s: %s has to act but can take no step", s.ID, r)
	}
}

func (p *Procedure) checkTransition(bad *problems, t Transition) {
	name := fmt.Sprintf("%s -%s-> %s", t.From, t.Action, t.To)
	bad.text(name, t.Name)
	_, fromOK := p.State(t.From)
	to, toOK := p.State(t.To)
	bad.unless(t.Action != "" && fromOK && toOK, "%s: leads out of or to a state that is not there", name)
	bad.unless(len(t.Roles) > 0, "%s: nobody may take it", name)
	for _, r := range t.Roles {
		bad.unless(knownRole(r), "%s: unknown role %s", name, r)
	}
	if t.Document != "" {
		_, ok := p.Document(t.Document)
		bad.unless(ok, "%s: unknown document %s", name, t.Document)
	}
	if t.Article != "" {
		_, ok := ArticleOf(t.Article)
		bad.unless(ok, "%s: unknown article %s", name, t.Article)
	}
	for _, e := range t.Clocks {
		bad.unless(knownClock(e.Clock) && knownEntry(e.Entry), "%s: unknown effect %s on clock %s", name, e.Entry, e.Clock)
	}
	system := slices.Equal(t.Roles, []Role{RoleSystem})
	bad.unless(!t.Automatic && !t.Deemed || system, "%s: what follows by itself is the system's alone", name)
	// Automation may grant and record, never deny or refuse (PIPL art. 24).
	against := to.Outcome == Denied || to.Outcome == Refused
	bad.unless(!against || !t.By(RoleSystem), "%s: no rule may deny without a person", name)
	bad.unless(!against || t.Reasons, "%s: must give reasons (XK art. 38)", name)
}

func (p *Procedure) checkDocuments(bad *problems) {
	for _, d := range p.Documents {
		bad.text("document "+d.Kind, d.Name)
		used := slices.ContainsFunc(p.transitions, func(t Transition) bool { return t.Document == d.Kind })
		bad.unless(used, "document %s: no step issues it", d.Kind)
		if d.Article != "" {
			_, ok := ArticleOf(d.Article)
			bad.unless(ok, "document %s: unknown article %s", d.Kind, d.Article)
		}
	}
}

// checkReach finds states that no case can come into; a step out of one of them
// is dead, and so is a step that an automatic one always goes before.
func (p *Procedure) checkReach(bad *problems) {
	_, ok := p.State(p.Initial)
	bad.unless(ok, "initial state %s is not there", p.Initial)
	reached := p.reach(p.Initial)
	for _, s := range p.States {
		bad.unless(reached[s.ID], "state %s: cannot be reached", s.ID)
		bad.unless(s.Final || p.finals(s.ID), "state %s: no way leads to an end", s.ID)
	}
	for _, t := range p.transitions {
		bad.unless(reached[t.From], "%s -%s-> %s: can never be taken", t.From, t.Action, t.To)
		auto, has := p.Automatic(t.From)
		bad.unless(!has || auto.Action == t.Action, "%s -%s-> %s: %s always goes before it", t.From, t.Action, t.To, auto.Action)
	}
}

func (p *Procedure) reach(from string) map[string]bool {
	reached := map[string]bool{from: true}
	for todo := []string{from}; len(todo) > 0; todo = todo[1:] {
		for _, t := range p.Actions(todo[0]) {
			if !reached[t.To] {
				reached[t.To] = true
				todo = append(todo, t.To)
			}
		}
	}
	return reached
}

func (p *Procedure) finals(from string) bool {
	for id := range p.reach(from) {
		if s, ok := p.State(id); ok && s.Final {
			return true
		}
	}
	return false
}

// clockSet is which clocks run or are paused in a state, as one way there left them.
type clockSet map[ClockKind]Phase

// checkClocks walks every way through the procedure with its clocks: each
// effect must fit, and in each state the clock that it names must run, paused
// or not, whatever way led there.
func (p *Procedure) checkClocks(bad *problems) {
	seen := map[string]bool{}
	var walk func(state string, clocks clockSet)
	walk = func(state string, clocks clockSet) {
		key := state + fmt.Sprint(clocks) // maps print in the order of their keys
		if seen[key] {
			return
		}
		seen[key] = true
		if s, ok := p.State(state); ok {
			bad.unless(s.Clock == "" || clocks[s.Clock] != "", "state %s: clock %s does not run on every way there", state, s.Clock)
			bad.unless(!s.Final || len(clocks) == 0, "state %s: a clock runs on after the end: %v", state, clocks)
		}
		for _, t := range p.Actions(state) {
			next, err := clocks.after(t)
			bad.unless(err == nil, "%s -%s-> %s: %v", t.From, t.Action, t.To, err)
			walk(t.To, next)
		}
	}
	walk(p.Initial, clockSet{})
}

func (c clockSet) after(t Transition) (clockSet, error) {
	next := clockSet{}
	for k, v := range c {
		next[k] = v
	}
	var err error
	for _, e := range t.Clocks {
		ok := true
		switch phase := next[e.Clock]; e.Entry {
		case Start:
			ok, next[e.Clock] = phase == "", Running
		case Pause:
			ok, next[e.Clock] = phase != "", Paused
		case Resume:
			ok = phase == Paused
			if t.From != t.To { // in one state, another special procedure goes on
				next[e.Clock] = Running
			}
		case Extend:
			ok = phase != ""
		case Stop:
			ok = phase != ""
			delete(next, e.Clock)
		case Limits: // no step has it: a move sets them
			ok = false
		}
		if !ok {
			err = fmt.Errorf("%s does not fit clock %s", e.Entry, e.Clock)
		}
	}
	return next, err
}

// checkLimits: a limit that can grow says by how much, and no other does. What
// pauses a clock can be ended, one by one.
func (p *Procedure) checkLimits(bad *problems) {
	extends := false
	for _, t := range p.transitions {
		extends = extends || t.Effect(Decision) == Extend
		if t.Effect(Decision) != Pause {
			continue
		}
		ends := func(one bool) bool {
			return slices.ContainsFunc(p.Actions(t.To), func(x Transition) bool { return x.Effect(Decision) == Resume && (x.To == t.To) == one })
		}
		bad.unless(ends(false), "state %s: nothing resumes the clock", t.To)
		again := slices.ContainsFunc(p.Actions(t.To), func(x Transition) bool { return x.Effect(Decision) == Pause })
		bad.unless(!again || ends(true), "state %s: of several pauses none can end alone", t.To)
	}
	bad.unless(extends == (p.ExtensionDays > 0), "extension_days and a step that extends belong together")
	decides := slices.ContainsFunc(p.transitions, func(t Transition) bool { return t.Effect(Decision) == Start })
	why := p.NoExtension.ZH != "" && p.NoExtension.EN != ""
	bad.unless(!decides || extends != why, "the limit of the decision needs an extension, or a reason in both languages for having none")
	bad.unless(decides || p.NoExtension == Text{}, "no_extension: there is no limit of a decision")
	bad.unless(p.DecisionDays >= 0 && p.ExtensionDays >= 0, "limits are counts of days")
}

func knownClock(k ClockKind) bool {
	switch k {
	case Forwarding, Acceptance, Correction, Decision, Delivery, Verification, Rectification:
		return true
	}
	return false
}

func knownEntry(e EntryKind) bool {
	return e == Start || e == Pause || e == Resume || e == Extend || e == Stop
}

func knownOutcome(o Outcome) bool {
	return o == "" || o == Granted || o == Denied || o == Refused || o == Ended
}

func knownRole(r Role) bool {
	switch r {
	case RoleApplicant, RoleSystem, RoleUnit, RoleReceiver, "clerk", "reviewer", "approver", "head":
		return true
	}
	return false
}
