package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// opinions: what other agencies said stays said. Whom the later version does not
// ask is no longer waited for, whom it asks beside is asked by the move. An
// objection neither goes away nor comes into being by a move.
func (m *moving) opinions(ctx context.Context) error {
	if m.was.Outcome != "" || m.was.Procedure == bundleProcedure {
		return nil
	}
	if m.was.Accepted.IsZero() { // they are asked with the acceptance
		if !slices.EqualFunc(m.svc.Handling.Units, m.by.Handling.Units, sameTerms) {
			m.note(noteUnitsLater())
		}
		return nil
	}
	specs := m.by.Handling.Units
	for _, u := range m.units {
		i := slices.IndexFunc(specs, func(x contract.Unit) bool { return x.ID == u.ID })
		if i < 0 {
			m.unasked(u)
			continue
		}
		m.asked(u, specs[i])
	}
	for _, spec := range specs {
		if slices.ContainsFunc(m.units, func(u Unit) bool { return u.ID == spec.ID }) {
			continue
		}
		if err := m.beside(ctx, spec); err != nil {
			return err
		}
	}
	m.count()
	return nil
}

func sameTerms(a, b contract.Unit) bool {
	return a.ID == b.ID && a.Agency == b.Agency && a.When == b.When && a.Required == b.Required && a.Blocking == b.Blocking && a.Days == b.Days
}

// unasked is an agency that the later version does not ask.
func (m *moving) unasked(u Unit) {
	switch u.State {
	case UnitOpen, UnitRecalled:
		m.release = append(m.release, u)
		m.note(noteReleased(u))
	case UnitAnswered:
		if u.Objects() {
			m.against(noteObjectionGone(u))
			return
		}
		m.note(noteKeptOpinion(u))
	}
}

// asked is an agency that both versions ask, perhaps on other terms.
func (m *moving) asked(u Unit, spec contract.Unit) {
	if u.State == UnitAnswered {
		changed := u
		changed.Blocking = spec.Blocking
		if changed.Objects() != u.Objects() {
			m.against(noteObjectionTurns(u))
			return
		}
		m.note(noteCounts(u))
		return
	}
	if u.State != UnitOpen && u.State != UnitRecalled {
		return
	}
	if u.State == UnitOpen && u.Agency != spec.Agency && u.Round == 1 { // one that was sent elsewhere by hand stays there
		m.release = append(m.release, u)
		m.ask = append(m.ask, spec)
		m.note(noteReleased(u))
		m.note(noteAsked(spec))
		return
	}
	changed := u
	changed.Required, changed.Blocking = spec.Required, spec.Blocking
	if changed.Required != u.Required || changed.Blocking != u.Blocking {
		m.change = append(m.change, changed)
		m.note(noteTerms(changed))
	}
	if changed.Owed() {
		m.note(noteWaits(changed))
	}
}

// beside is an agency that only the later version asks, where its condition holds.
func (m *moving) beside(ctx context.Context, spec contract.Unit) error {
	if spec.When != "" {
		h, err := lastHandIn(ctx, m.q, m.was.ID)
		if err != nil {
			return err
		}
		answers, err := m.s.answers(m.by, m.was.ID, h)
		if err != nil {
			return err
		}
		found, err := m.s.found(ctx, m.q, m.was, m.by)
		if err != nil {
			return err
		}
		applies, err := m.s.c.Conditions.Holds(m.by, spec.When, m.was.Applicant, day.In(m.at), answers, found)
		if err != nil { // it asks for what the application does not have
			m.against(noteCondition(spec))
			return nil //nolint:nilerr // told as a reason
		}
		if !applies {
			return nil
		}
	}
	m.ask = append(m.ask, spec)
	m.note(noteAsked(spec))
	return nil
}

// count is what a decision waits for after the move.
func (m *moving) count() {
	var after []Unit
	for _, u := range m.units {
		if slices.ContainsFunc(m.release, func(x Unit) bool { return x.ID == u.ID }) {
			u.Required = false
		}
		if i := slices.IndexFunc(m.change, func(x Unit) bool { return x.ID == u.ID }); i >= 0 {
			u = m.change[i]
		}
		after = append(after, u)
	}
	for _, spec := range m.ask {
		after = append(after, Unit{ID: spec.ID, Required: spec.Required, Blocking: spec.Blocking, State: UnitOpen})
	}
	m.c = m.c.count(after)
	open := slices.ContainsFunc(after, func(u Unit) bool {
		return u.State == UnitOpen && !slices.ContainsFunc(m.release, func(x Unit) bool { return x.ID == u.ID && x.Round == u.Round })
	})
	if _, err := m.law.proc.Transition(m.was.State, actOpine); open && err != nil {
		m.against(noteNoOpinions())
	}
}
