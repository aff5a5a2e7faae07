package casework

import (
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// checkInvariants checks what must hold of every case after every step.
func (w *world) checkInvariants(t testing.TB, id contract.CaseID) {
	t.Helper()
	c := w.load(t, id)
	ctx := t.Context()
	steps, err := stepsOf(ctx, w.c.DB, id)
	must(t, err)
	history, err := entriesOf(ctx, w.c.DB, id)
	must(t, err)
	svc, err := w.service(ctx, c.Item, c.Version)
	must(t, err)
	r, err := w.rulesOf(svc, c.Division)
	must(t, err)

	// The process record is gapless and each step begins where the last ended.
	if len(steps) != c.Step {
		t.Errorf("%d steps, case says %d", len(steps), c.Step)
	}
	state := r.proc.Initial
	for i, st := range steps {
		if st.No != i+1 || st.From != state {
			t.Errorf("step %d is no. %d from %s, want from %s", i+1, st.No, st.From, state)
		}
		if _, err := r.proc.Transition(st.From, st.Action); err != nil {
			t.Errorf("step %d: %v", st.No, err)
		}
		state = st.To
	}
	if state != c.State {
		t.Errorf("record ends in %s, case in %s", state, c.State)
	}
	w.checkClocks(t, c, r, history)
	w.checkEvents(t, c, steps)
	w.checkCards(t, c)
}

// checkClocks: exactly the clock that the procedure names for the state runs,
// and its stored deadline follows from the history.
func (w *world) checkClocks(t testing.TB, c Case, r rules, history []clockEntry) {
	t.Helper()
	named, _ := r.proc.State(c.State)
	for _, k := range []statute.ClockKind{statute.Acceptance, statute.Correction, statute.Decision, statute.Delivery} {
		st, err := r.run(k, history)
		must(t, err)
		open := st.Phase == statute.Running || st.Phase == statute.Paused
		if open != (named.Clock == k) {
			t.Errorf("in %s clock %s is %q", c.State, k, st.Phase)
		}
	}
	due, err := r.due(c, history)
	must(t, err)
	if due != c.Due {
		t.Errorf("stored %+v, replayed %+v", c.Due, due)
	}
}

// checkEvents: one CaseMoved per step.
func (w *world) checkEvents(t testing.TB, c Case, steps []Step) {
	t.Helper()
	events, err := w.events.Of(t.Context(), "case:"+string(c.ID))
	must(t, err)
	moved := 0
	for _, e := range events {
		if e.Name == (contract.CaseMoved{}).EventName() {
			moved++
		}
		if e.Subject != c.Applicant.ID {
			t.Errorf("event %s is about %q", e.Name, e.Subject)
		}
	}
	if moved != len(steps) {
		t.Errorf("%d events for %d steps", moved, len(steps))
	}
}

// checkCards: no case is past a deadline of the agency without a record. Call
// it after the jobs of the day have run.
func (w *world) checkCards(t testing.TB, c Case) {
	t.Helper()
	today := w.Today()
	cards, err := recordsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	has := map[string]bool{}
	yellow, red := 0, 0
	for _, k := range cards {
		has[k.Rule] = true
		if k.Light == statute.Red {
			red++
		} else {
			yellow++
		}
	}
	for _, k := range lapsed(c, today) {
		if !has[k.rule] {
			t.Errorf("past its deadline without a card %s: %+v", k.rule, c.Due)
		}
	}
	if c.Due.Clock == statute.Acceptance && past(c.Due.Legal, today) {
		t.Errorf("not accepted and not deemed accepted: %+v", c.Due)
	}
	if c.Yellow != yellow || c.Red != red {
		t.Errorf("case counts %d yellow and %d red, records have %d and %d", c.Yellow, c.Red, yellow, red)
	}
}
