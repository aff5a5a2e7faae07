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
	_, r, err := w.lawOf(ctx, c)
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
		proc, err := w.procedureThen(c, st)
		must(t, err)
		if _, err := proc.Transition(st.From, st.Action); err != nil && (st.Action != actMove || st.From != st.To) {
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
	w.checkCounts(t, c)
	w.checkFamily(t, c)
}

// checkCounts: what stands before a decision is what the rows say.
func (w *world) checkCounts(t testing.TB, c Case) {
	t.Helper()
	all, err := unitsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	want := Case{}.count(newest(all))
	if c.OpinionsOpen != want.OpinionsOpen || c.Objections != want.Objections {
		t.Errorf("case counts %d opinions and %d objections, tasks have %d and %d", c.OpinionsOpen, c.Objections, want.OpinionsOpen, want.Objections)
	}
	today := w.Today()
	for _, u := range newest(all) {
		if u.State == UnitOpen && past(u.Due, today) != u.Late {
			t.Errorf("unit %s is due on %s, late: %v", u.ID, u.Due, u.Late)
		}
		if c.Outcome != "" && (u.State == UnitOpen || u.State == UnitRecalled) {
			t.Errorf("unit %s is asked after the end", u.ID)
		}
	}
	specials, err := specialsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	lasting := 0
	for _, x := range specials {
		if x.Ended.IsZero() {
			lasting++
		}
	}
	if lasting != c.SpecialsOpen || (lasting > 0) != c.Due.Paused {
		t.Errorf("%d special procedures go on, case says %d, paused: %v", lasting, c.SpecialsOpen, c.Due.Paused)
	}
}

// checkFamily: the bundle's case says what its parts say.
func (w *world) checkFamily(t testing.TB, c Case) {
	t.Helper()
	if c.Procedure != bundleProcedure {
		return
	}
	f, err := w.familyOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	ended := true
	for _, p := range f.parts {
		ended = ended && !p.Ended.IsZero()
		spec := f.spec(p.Part)
		if p.Stage == StageWaiting && (len(f.waitsFor(spec)) == 0 || len(f.lost(spec)) > 0) && c.Stage != StageDone {
			t.Errorf("part %s waits for nothing", p.Part)
		}
		if spec.Blocking && p.Outcome == statute.Denied && c.Outcome != statute.Denied && c.Stage != StageDone {
			t.Errorf("part %s is denied, the bundle is %q", p.Part, c.Outcome)
		}
	}
	if ended != (c.Stage == StageDone) && c.State != "WITHDRAWN" {
		t.Errorf("all parts have ended: %v, the bundle is in %s", ended, c.State)
	}
	if next := f.next(); c.Stage != StageDone && next != "" {
		t.Errorf("the bundle stands in %s before %s", c.State, next)
	}
}

// checkClocks: exactly the clock that the procedure names for the state runs,
// and its stored deadline follows from the history.
func (w *world) checkClocks(t testing.TB, c Case, r rules, history []clockEntry) {
	t.Helper()
	named, _ := r.proc.State(c.State)
	for _, k := range statute.Clocks() {
		st, err := r.run(k, history)
		must(t, err)
		open := st.Phase == statute.Running || st.Phase == statute.Paused
		if k == statute.Verification && named.Clock == statute.Delivery {
			continue // counts from the decision, beside the delivery
		}
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
		if e.Subject != c.Applicant.ID && e.Name != (contract.CaseHeld{}).EventName() { // who works it is no matter of the applicant's
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
		if k.Agency != c.Agency { // given to an agency that was asked
			continue
		}
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
