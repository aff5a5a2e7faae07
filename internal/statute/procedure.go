package statute

import (
	"cmp"
	"slices"
)

// Procedure is the way a case of a service goes: states, who may act in them,
// the documents that steps issue and what steps do to the clocks. It is data,
// checked when it is loaded.
type Procedure struct {
	ID string
	// Version counts the editions of the procedure from 1. A case stays with the
	// one it began under until it is moved.
	Version int
	Name    Text
	Initial string
	// States stand in the order they are usually passed.
	States    []ProcedureState
	Documents []Document
	// DecisionDays is the limit of the law in working days, 0 where the service's
	// own law sets it. ExtensionDays is by how much the head may extend it, once.
	DecisionDays  int
	ExtensionDays int
	// ExtensionBy is who must have approved an extension above the head of the
	// agency; empty where the head alone does.
	ExtensionBy Text
	// NoExtension says why the limit of the decision cannot be extended, where it
	// cannot.
	NoExtension Text

	transitions []Transition
}

// Outcome is what a state means for the applicant. The zero Outcome is open.
type Outcome string

// The outcomes.
const (
	Granted Outcome = "granted"
	Denied  Outcome = "denied"  // decided against the applicant
	Refused Outcome = "refused" // not accepted at all
	Ended   Outcome = "ended"   // ended without a decision on the merits
)

// ProcedureState is a state that a case can be in.
type ProcedureState struct {
	ID   string
	Name Text
	// Actors are the roles that must act next; empty only in a final state.
	Actors []Role
	// Clock runs in the state; "" for none, and then NoClock says why.
	Clock   ClockKind
	NoClock Text
	// Final says that the case is over, though a licence may live on.
	Final   bool
	Outcome Outcome
}

// Role is who may take a step. Staff roles are those of the accounts.
type Role string

// The roles that are nobody's post.
const (
	RoleApplicant Role = "applicant"
	RoleSystem    Role = "system" // a rule or a job, without a person
	RoleUnit      Role = "unit"   // a reviewer of another agency that is asked for its opinion
	// RoleReceiver is a clerk of the place that took it in for another one to handle.
	RoleReceiver Role = "receiver"
)

// Document is a kind of document that a step issues.
type Document struct {
	Kind    string
	Name    Text
	Article string // code of the article that asks for it; "" where none does
}

// ClockEffect is what a step does to a clock of the case.
type ClockEffect struct {
	Clock ClockKind
	Entry EntryKind
}

// Transition is one step: in state From, Action leads to To.
type Transition struct {
	From, Action, To string
	Name             Text
	Roles            []Role
	Document         string // kind of the document it issues, "" for none
	Clocks           []ClockEffect
	// Automatic steps follow at once, in the transaction of the step before.
	Automatic bool
	// Deemed steps are taken by law when a period passes in silence.
	Deemed bool
	// Reasons says that the step must give reasons (XK art. 38(2), 45).
	Reasons bool
	Article string // code of the article it rests on, "" for none
}

// By reports whether a role may take the step.
func (t Transition) By(r Role) bool { return slices.Contains(t.Roles, r) }

// Effect returns what the step does to a clock, "" for nothing.
func (t Transition) Effect(k ClockKind) EntryKind {
	for _, e := range t.Clocks {
		if e.Clock == k {
			return e.Entry
		}
	}
	return ""
}

// Transition finds the step that an action takes in a state.
func (p *Procedure) Transition(state, action string) (Transition, error) {
	for i := range p.transitions { // by index: a Transition is large, and lists ask thousands of times
		if t := &p.transitions[i]; t.From == state && t.Action == action {
			return *t, nil
		}
	}
	return Transition{}, ErrTransition.With("state", state, "action", action)
}

// Actions lists the steps that lead out of a state, in the order of the file.
func (p *Procedure) Actions(state string) []Transition {
	var out []Transition
	for _, t := range p.transitions {
		if t.From == state {
			out = append(out, t)
		}
	}
	return out
}

// Automatic returns the step that follows at once when a case enters a state.
func (p *Procedure) Automatic(state string) (Transition, bool) {
	for _, t := range p.transitions {
		if t.From == state && t.Automatic {
			return t, true
		}
	}
	return Transition{}, false
}

// State finds a state by its id.
func (p *Procedure) State(id string) (ProcedureState, bool) {
	i := slices.IndexFunc(p.States, func(s ProcedureState) bool { return s.ID == id })
	if i < 0 {
		return ProcedureState{}, false
	}
	return p.States[i], true
}

// Document finds a kind of document.
func (p *Procedure) Document(kind string) (Document, bool) {
	i := slices.IndexFunc(p.Documents, func(d Document) bool { return d.Kind == kind })
	if i < 0 {
		return Document{}, false
	}
	return p.Documents[i], true
}

// Procedures are the procedures that services can follow, each in one edition or
// several. They never change.
type Procedures struct {
	list   []*Procedure
	takers map[string][]Taker // by action: each list that somebody opens asks
}

// Taker is a state in which an action is taken, and who takes it.
type Taker struct {
	Place string // procedure/edition/state
	Roles []Role
}

// Takers lists where an action is taken, in every edition of every procedure.
func (ps *Procedures) Takers(action string) []Taker { return ps.takers[action] }

// Get finds the newest edition of a procedure by its id.
func (ps *Procedures) Get(id string) (*Procedure, error) {
	editions := ps.Editions(id)
	if len(editions) == 0 {
		return nil, ErrProcedure.With("id", id)
	}
	return editions[len(editions)-1], nil
}

// GetVersion finds one edition of a procedure.
func (ps *Procedures) GetVersion(id string, version int) (*Procedure, error) {
	for _, p := range ps.list {
		if p.ID == id && p.Version == version {
			return p, nil
		}
	}
	return nil, ErrEdition.With("id", id, "version", version)
}

// Editions lists the editions of a procedure, the oldest first.
func (ps *Procedures) Editions(id string) []*Procedure {
	var list []*Procedure
	for _, p := range ps.list {
		if p.ID == id {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Procedure) int { return cmp.Compare(a.Version, b.Version) })
	return list
}

// All lists the newest edition of each procedure in the order of their ids.
func (ps *Procedures) All() []*Procedure {
	var list []*Procedure
	for _, p := range ps.Every() {
		if n := len(list); n > 0 && list[n-1].ID == p.ID {
			list[n-1] = p
			continue
		}
		list = append(list, p)
	}
	return list
}

// Every lists every edition of every procedure, by id and then the oldest first.
func (ps *Procedures) Every() []*Procedure {
	return slices.SortedFunc(slices.Values(ps.list), func(a, b *Procedure) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
}
