package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/statute"
)

// Difference is something stored of a deadline that does not follow from what
// happened.
type Difference struct {
	Case     contract.CaseID
	Number   string
	What     string // DiffDue and so on
	Of       string // clock, unit, material, objection or step that it is about
	Stored   string
	Replayed string
}

// What a difference can be of.
const (
	DiffDue       = "deadline"
	DiffTold      = "deadline told by the last event"
	DiffHistory   = "history of a clock"
	DiffEntry     = "entries of a step"
	DiffEvent     = "event of a step"
	DiffSpecial   = "special procedure"
	DiffOpinion   = "opinion of another agency"
	DiffOwed      = "owed material"
	DiffObjection = "answer to an objection"
	DiffStage     = "limit of a stage"
	DiffCard      = "explanation of a card"
)

// Checked counts what a replay looked at.
type Checked struct {
	Cases, Clocks, Opinions, Owed, Objections, Stages int
}

// Replay works out every deadline from what is stored of the steps, the entries of
// the clocks and the events, and reports what is stored differently. It changes
// nothing.
func (s *Service) Replay(ctx context.Context) (checked int, differences []Difference, err error) {
	n, err := s.ReplayEach(ctx, func(d Difference) { differences = append(differences, d) })
	return n.Cases, differences, err
}

// ReplayEach is Replay for an installation of any size: it tells each difference
// when it finds it. Open or closed, every case is looked at.
func (s *Service) ReplayEach(ctx context.Context, tell func(Difference)) (Checked, error) {
	var n Checked
	after := contract.CaseID("")
	for {
		batch, err := casesAfter(ctx, s.c.DB, after, 500)
		if err != nil || len(batch) == 0 {
			return n, err
		}
		for _, c := range batch {
			once := &replaying{s: s, q: s.c.DB, c: c}
			if err := once.all(ctx); err != nil {
				return n, fmt.Errorf("case %s: %w", c.Number, err)
			}
			if len(once.found) > 0 { // perhaps somebody worked on it meanwhile
				if once, err = s.replayLocked(ctx, c.ID); err != nil {
					return n, fmt.Errorf("case %s: %w", c.Number, err)
				}
			}
			n.add(once.n)
			for _, d := range once.found {
				tell(d)
			}
		}
		after = batch[len(batch)-1].ID
	}
}

func (n *Checked) add(o Checked) {
	n.Cases, n.Clocks, n.Opinions = n.Cases+o.Cases, n.Clocks+o.Clocks, n.Opinions+o.Opinions
	n.Owed, n.Objections, n.Stages = n.Owed+o.Owed, n.Objections+o.Objections, n.Stages+o.Stages
}

// replayLocked looks at a case while nobody can work on it.
func (s *Service) replayLocked(ctx context.Context, id contract.CaseID) (*replaying, error) {
	var again *replaying
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		again = &replaying{s: s, q: tx, c: c}
		return again.all(ctx)
	})
	return again, err
}

// replaying is one case on its way through a replay.
type replaying struct {
	s       *Service
	q       db.Q
	c       Case
	svc     contract.Service
	r       rules
	steps   []Step
	history []clockEntry
	n       Checked
	found   []Difference
	arrived day.Date // of the papers, where another place took them in
	told    []event.Recorded
}

func (x *replaying) differ(what, of string, stored, replayed any) {
	was, is := fmt.Sprint(stored), fmt.Sprint(replayed)
	if was != is {
		x.found = append(x.found, Difference{x.c.ID, x.c.Number, what, of, was, is})
	}
}

func (x *replaying) all(ctx context.Context) (err error) {
	x.n.Cases = 1
	if x.svc, x.r, err = x.s.lawOf(ctx, x.c); err != nil {
		return err
	}
	if x.steps, err = stepsOf(ctx, x.q, x.c.ID); err != nil {
		return err
	}
	if x.history, err = entriesOf(ctx, x.q, x.c.ID); err != nil {
		return err
	}
	way, err := transitOf(ctx, x.q, x.c.ID)
	if err != nil && !errors.Is(err, ErrNotForwarded) {
		return err
	}
	x.arrived = way.Arrived
	if err := x.known(ctx); err != nil {
		return err
	}
	if err := x.entries(ctx); err != nil {
		return err
	}
	x.clocks()
	x.stages()
	for _, look := range []func(context.Context) error{x.events, x.specials, x.opinions, x.owed, x.objections, x.cards} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// known is the day up to which the case knows that a special procedure goes on: that
// of the last step, or of the last event that moved a deadline.
func (x *replaying) known(ctx context.Context) (err error) {
	if x.told, err = x.s.c.Events.Of(ctx, "case:"+string(x.c.ID)); err != nil {
		return err
	}
	x.r.today = day.Date{}
	if n := len(x.steps); n > 0 {
		x.r.today = day.In(x.steps[n-1].At)
	}
	for _, rec := range x.told {
		if rec.Name != (contract.DeadlineMoved{}).EventName() {
			continue
		}
		var e contract.DeadlineMoved
		if err := json.Unmarshal(rec.Body, &e); err != nil {
			return fmt.Errorf("event %s: %w", rec.ID, err)
		}
		if on := day.In(e.At); on.After(x.r.today) {
			x.r.today = on
		}
	}
	return nil
}

// entries follow from the steps: what the procedure says each does to a clock, on
// the legal day it was taken. Deemed acceptance dates back. The procedure is the
// edition that the case followed at that step.
func (x *replaying) entries(ctx context.Context) error {
	received := day.Date{}
	var want []string
	for _, st := range x.steps {
		if st.Action == actMove {
			list, err := x.relimited(ctx, st)
			if err != nil {
				return err
			}
			want = append(want, list...)
			continue
		}
		list, err := x.entered(st, &received)
		if err != nil {
			return err
		}
		want = append(want, list...)
	}
	have := make([]string, 0, len(x.history))
	for _, e := range x.history {
		if _, stage := e.clock.Stage(); stage {
			continue
		}
		have = append(have, lineOf(e))
	}
	for i := range max(len(have), len(want)) {
		x.differ(DiffEntry, fmt.Sprint("no. ", i+1), at(have, i), at(want, i))
	}
	return nil
}

// entered is what one step enters. Received is the day the application came, which
// a step may set and deemed acceptance reads.
func (x *replaying) entered(st Step, received *day.Date) ([]string, error) {
	proc, err := x.s.procedureThen(x.c, st)
	if err != nil {
		return nil, err
	}
	t, err := proc.Transition(st.From, st.Action)
	if err != nil { // a supplement is no step of a procedure
		return nil, nil //nolint:nilerr // see above: such a step enters nothing
	}
	on := day.In(st.At)
	if st.Action == actReceive && !x.arrived.IsZero() {
		on = x.arrived
	}
	if t.Effect(statute.Acceptance) == statute.Start {
		*received = on
	}
	list := make([]string, 0, len(t.Clocks))
	for _, e := range t.Clocks {
		from := on
		if t.Deemed && e.Entry == statute.Start {
			from = *received
		}
		list = append(list, fmt.Sprintf("%d %s %s %s", st.No, e.Clock, e.Entry, from))
	}
	return list, nil
}

// lineOf is an entry in words.
func lineOf(e clockEntry) string {
	line := fmt.Sprintf("%d %s %s %s", e.step, e.clock, e.entry.Kind, e.entry.On)
	if e.entry.Kind == statute.Limits {
		line += fmt.Sprintf(" %d %d %d", e.entry.Statutory, e.entry.Promised, e.entry.Extension)
	}
	return line
}

// relimited are the entries that a move must have made: the running clocks get the
// limits of the versions that it moved to, where those are others.
func (x *replaying) relimited(ctx context.Context, st Step) ([]string, error) {
	c := x.c
	c.HandledAs, c.Procedure, c.ProcVersion = st.HandledAs, st.Procedure, st.ProcVersion
	_, law, err := x.s.lawOf(ctx, c)
	if err != nil {
		return nil, err
	}
	before := slices.DeleteFunc(slices.Clone(x.history), func(e clockEntry) bool { return e.step >= st.No })
	var want []string
	for _, k := range []statute.ClockKind{statute.Acceptance, statute.Decision, statute.Delivery} {
		state, err := x.r.run(k, before)
		if err != nil || state.Phase != statute.Running && state.Phase != statute.Paused {
			continue // a history that is unlawful is told elsewhere
		}
		e, same, err := relimit(k, before, state, law.clock(k, 0))
		if err != nil {
			return nil, err
		}
		if e.step, e.entry.On = st.No, day.In(st.At); !same {
			want = append(want, lineOf(e))
		}
	}
	return want, nil
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "none"
}

// clocks replays every clock that ever ran, and the deadline that lists show.
func (x *replaying) clocks() {
	for _, k := range started(x.history) {
		x.n.Clocks++
		if _, err := x.r.run(k, x.history); err != nil {
			x.differ(DiffHistory, string(k), err.Error(), "lawful")
		}
	}
	due, err := x.r.due(x.c, x.history)
	if err != nil {
		x.differ(DiffDue, string(x.c.Due.Clock), x.c.Due, err.Error())
		return
	}
	x.differ(DiffDue, string(due.Clock), x.c.Due, due)
}

// events told of every step, and the last that told of the deadline told this one.
func (x *replaying) events(context.Context) error {
	told := map[int]time.Time{}
	last := x.c.Due.Promised.String()
	for _, rec := range x.told {
		switch rec.Name {
		case contract.CaseMoved{}.EventName():
			var e contract.CaseMoved
			if err := json.Unmarshal(rec.Body, &e); err != nil {
				return fmt.Errorf("event %s: %w", rec.ID, err)
			}
			told[e.Step], last = e.At, e.Due
		case contract.DeadlineMoved{}.EventName():
			var e contract.DeadlineMoved
			if err := json.Unmarshal(rec.Body, &e); err != nil {
				return fmt.Errorf("event %s: %w", rec.ID, err)
			}
			if e.Of == "" {
				last = e.To
			}
		}
	}
	for _, st := range x.steps {
		x.differ(DiffEvent, fmt.Sprint("step ", st.No), st.At.UTC(), told[st.No].UTC())
	}
	x.differ(DiffTold, string(x.c.Due.Clock), x.c.Due.Promised, last)
	return nil
}

// specials tell the same end in the notice and in the clock.
func (x *replaying) specials(ctx context.Context) error {
	list, err := specialsOf(ctx, x.q, x.c.ID)
	if err != nil {
		return err
	}
	open := 0
	for _, sp := range list {
		if sp.Ended.IsZero() {
			open++
		}
		i := slices.IndexFunc(x.history, func(e clockEntry) bool { return e.entry.Kind == statute.Pause && e.entry.ID == sp.ID })
		if i < 0 {
			x.differ(DiffSpecial, sp.ID, sp.Until, "no pause")
			continue
		}
		x.differ(DiffSpecial, sp.ID, sp.Until, x.history[i].entry.Until)
		x.differ(DiffSpecial, sp.ID, day.In(sp.Started), x.history[i].entry.On)
	}
	x.differ(DiffSpecial, "open", open > 0, x.c.Due.Paused)
	return nil
}

func (x *replaying) opinions(ctx context.Context) error {
	all, err := unitsOf(ctx, x.q, x.c.ID)
	if err != nil {
		return err
	}
	for _, u := range newest(all) {
		x.n.Opinions++
		if now := x.s.dated(u, x.r); u.State == UnitOpen { // what was answered keeps the day it was answered by
			x.differ(DiffOpinion, u.ID, Due{Legal: u.Due, Provisional: u.Provisional}, Due{Legal: now.Due, Provisional: now.Provisional})
		}
	}
	return nil
}

func (x *replaying) owed(ctx context.Context) error {
	list, err := owedOf(ctx, x.q, x.c.ID)
	if err != nil {
		return err
	}
	for _, o := range list {
		x.n.Owed++
		if !o.open() || x.c.Stage == StageDone || !x.c.Decided.IsZero() {
			continue
		}
		x.differ(DiffOwed, o.material, o.due, o.dated(x.r.cal).due)
	}
	return nil
}

func (x *replaying) objections(ctx context.Context) error {
	list, err := objectionsOf(ctx, x.q, x.c.ID)
	if err != nil {
		return err
	}
	for _, o := range list {
		x.n.Objections++
		if o.Result == "" {
			x.differ(DiffObjection, o.ID, o.Due, x.s.answerBy(x.c, o.At))
		}
	}
	return nil
}

// String is a deadline in one line, for reports.
func (d Due) String() string {
	if d.Clock == "" && d.Legal.IsZero() {
		return "none"
	}
	s := fmt.Sprintf("%s promised %s, by law %s, amber from %s", d.Clock, d.Promised, d.Legal, d.Warn)
	for _, x := range []struct {
		is   bool
		word string
	}{{d.Provisional, "provisional"}, {d.Paused, "paused"}} {
		if x.is {
			s += ", " + x.word
		}
	}
	return s
}
