package casework

import (
	"context"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// actMove is the line of the record by which a case went to other versions. It is
// no step of a procedure.
const actMove = "move"

// mover is in whose name a case is moved: whoever approved the plan.
func mover(plan Move) auth.Principal {
	return auth.Principal{
		Kind: auth.Staff, ID: plan.Approver.ID, Name: plan.Approver.Name, Agency: string(plan.Agency), Division: plan.Division,
	}
}

// apply moves the case that was examined, with everything that the move brings
// about: tasks of other agencies, limits, a join that it completes.
func (m *moving) apply(ctx context.Context, tx db.Tx, plan Move) error {
	actor := mover(plan)
	m.c.Step++
	w := &work{svc: m.by, r: m.law, actor: actor, a: Action{Name: actMove}, at: m.at, c: m.c}
	for i := range m.entries {
		m.entries[i].step, m.entries[i].at, m.entries[i].entry.On = m.c.Step, m.at, day.In(m.at)
	}
	asked, err := m.applyUnits(ctx, tx, w, plan)
	if err != nil {
		return err
	}
	out := outcome{entries: m.entries}
	out.steps = []taken{{Step: Step{
		No: m.c.Step, Action: actMove, From: m.was.State, To: m.was.State, Actor: recorded(actor), Reasons: []string{plan.Reason},
		UnitID: m.was.Agency, Unit: m.was.AgencyName, Started: m.was.Moved, At: m.at,
	}}}
	if w.c, out, err = m.goOn(w.c, out); err != nil {
		return err
	}
	if w.c.Stage != m.was.Stage { // somebody else's turn
		w.c.Holder, w.c.Held = Handler{}, time.Time{}
	}
	if err := updateCase(ctx, tx, w.c, m.was.Step); err != nil {
		return err
	}
	if err := setHandling(ctx, tx, w.c); err != nil {
		return err
	}
	if err := m.s.record(ctx, tx, actor, w.c, out, len(m.history)+1); err != nil {
		return err
	}
	if err := m.tell(ctx, tx, actor, w.c, plan, asked); err != nil {
		return err
	}
	w.out = out
	if w.c.Procedure == bundleProcedure {
		return m.s.goOnTogether(ctx, tx, w.c.ID)
	}
	return m.s.together(ctx, tx, w)
}

// applyUnits recalls, changes and asks. It returns the agencies that are asked now.
func (m *moving) applyUnits(ctx context.Context, tx db.Tx, w *work, plan Move) ([]contract.AgencyID, error) {
	for _, u := range m.release {
		if err := m.recall(ctx, tx, w, u, plan.Reason); err != nil {
			return nil, err
		}
	}
	for _, u := range m.change {
		if err := setTerms(ctx, tx, u); err != nil {
			return nil, err
		}
	}
	var asked []contract.AgencyID
	for _, spec := range m.ask {
		round := 1
		if i := slices.IndexFunc(m.units, func(u Unit) bool { return u.ID == spec.ID }); i >= 0 {
			round = m.units[i].Round + 1
		}
		u, err := m.s.task(ctx, w, spec, round, spec.Agency, spec.Days)
		if err != nil {
			return nil, err
		}
		if err := m.s.ask(ctx, tx, w, u); err != nil {
			return nil, err
		}
		asked = append(asked, u.Agency)
	}
	if len(m.release)+len(m.change)+len(asked) == 0 {
		return nil, nil
	}
	all, err := unitsOf(ctx, tx, w.c.ID)
	if err != nil {
		return nil, err
	}
	w.c = w.c.count(newest(all))
	return asked, nil
}

// recall tells an agency that its opinion is no longer waited for, if it was.
func (m *moving) recall(ctx context.Context, tx db.Tx, w *work, u Unit, reason string) error {
	wasOpen := u.State == UnitOpen
	u.State, u.Required, u.Ended, u.Why = UnitRecalled, false, m.at, reason
	if err := updateUnit(ctx, tx, u); err != nil {
		return err
	}
	if err := setTerms(ctx, tx, u); err != nil {
		return err
	}
	if !wasOpen {
		return nil
	}
	return m.s.tellUnit(ctx, tx, w.actor, w.c, u, UnitRecalled)
}

// goOn is the case after the move and what follows it by itself, with the clocks of
// its stage and of the law.
func (m *moving) goOn(c Case, out outcome) (Case, outcome, error) {
	state, _ := m.law.proc.State(c.State)
	if m.was.Procedure != bundleProcedure {
		c.Stage = m.law.stage(c, state)
	}
	in := input{
		Action: Action{Name: actMove}, actor: auth.SystemPrincipal("procedure"), at: m.at,
		unit: contract.Agency{ID: c.Agency, Name: c.AgencyName, Division: c.Division},
	}
	for {
		next, ok := m.law.proc.Automatic(c.State)
		if !ok {
			break
		}
		in.Name = next.Action
		var err error
		if c, err = m.law.take(note(c, in), next, in, &out); err != nil {
			return c, out, err
		}
	}
	c, err := m.law.timeStage(c, m.history, &out, in)
	if err != nil {
		return c, out, err
	}
	c.Due, err = m.law.due(c, append(slices.Clone(m.history), out.entries...))
	return c, out, err
}

// tell records the move, and tells the applicant where the day or the agencies are
// others.
func (m *moving) tell(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, plan Move, asked []contract.AgencyID) error {
	e := contract.CaseRehandled{
		Case: c.ID, Number: c.Number, Item: c.Item, Plan: plan.ID, FromVersion: m.was.HandledAs, FromEdition: m.was.ProcVersion,
		ToVersion: c.HandledAs, ToEdition: c.ProcVersion, Due: c.Due.Promised.String(), Asked: asked,
		At: m.s.c.Now().UTC().Truncate(time.Microsecond),
	}
	for _, u := range m.release {
		e.Released = append(e.Released, u.Agency)
	}
	if was := m.was.Due; was.Clock == c.Due.Clock && (was.Promised != c.Due.Promised || was.Legal != c.Due.Legal) {
		d := movedTo(c, string(c.Due.Clock), was.Promised, c.Due.Promised)
		d.Reason = "move " + plan.ID
		if err := m.s.tellMoved(ctx, tx, c, d); err != nil {
			return err
		}
		e.Earlier = c.Due.Promised.Before(was.Promised)
	}
	if e.Earlier || len(e.Asked)+len(e.Released) > 0 {
		e.Notify = c.Operator
	}
	return m.s.c.Events.Record(ctx, tx, meta(actor, c), e)
}
