package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// expectFrom is how many finished cases it takes to say anything: fewer would
// tell about these cases, not about the next one.
const expectFrom = 10

// Expectation is how long decisions of a service took in the last year, in
// working days from acceptance to decision. Pauses and the time in which the
// applicant was waited for are left out, and so are grants by rule alone, which
// say nothing of a case that an official has to look at.
type Expectation struct {
	N      int // cases
	Median int
	P90    int
}

// Enough tells whether there are so many cases that it may be shown.
func (e Expectation) Enough() bool { return e.N >= expectFrom }

// Expect says how long decisions of a service took in the year up to today.
func (s *Service) Expect(ctx context.Context, item contract.ItemID) (Expectation, error) {
	list, err := durationsSince(ctx, s.c.DB, item, yearBefore(s.Today()))
	if err != nil {
		return Expectation{}, err
	}
	return expectation(list), nil
}

// expectation takes nearest-rank percentiles, so that every number is one that
// a case really took.
func expectation(list []duration) Expectation {
	var e Expectation
	for _, d := range list {
		e.N += d.n
	}
	e.Median, e.P90 = rank(list, (e.N+1)/2), rank(list, (e.N*9+9)/10)
	return e
}

// rank is the k-th shortest.
func rank(list []duration, k int) int {
	for _, d := range list {
		if k -= d.n; k <= 0 {
			return d.days
		}
	}
	return 0
}

func yearBefore(d day.Date) day.Date {
	y, m, dd := d.Date()
	if m == 2 && dd == 29 {
		dd = 28
	}
	return day.Of(y-1, m, dd)
}

// settle keeps what a decision teaches about the next one.
func (s *Service) settle(ctx context.Context, tx db.Tx, c Case, out outcome) error {
	proc, err := s.procedure(c)
	if err != nil {
		return err
	}
	for _, st := range out.steps {
		to, _ := proc.State(st.To)
		from, _ := proc.State(st.From)
		decided := (to.Outcome == statute.Granted || to.Outcome == statute.Denied) && from.Outcome == ""
		if !decided || st.Action == actGrant {
			continue
		}
		history, err := entriesOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		steps, err := stepsOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		took, ok := worked(s.c.Calendars.For(c.Division), proc, history, steps)
		if !ok {
			continue
		}
		if err := addDuration(ctx, tx, c.Item, day.In(st.At), took); err != nil {
			return err
		}
	}
	return nil
}

// stretch is the time after from, up to and including to: as limits count days.
type stretch struct{ from, to day.Date }

// worked counts the working days of the last run of the decision clock in which
// the agency had the case.
func worked(cal *statute.Calendar, proc *statute.Procedure, history []clockEntry, steps []Step) (int, bool) {
	var run stretch
	var idle []stretch
	open := map[string]bool{}
	for _, e := range history {
		if e.clock != statute.Decision {
			continue
		}
		switch e.entry.Kind {
		case statute.Start:
			run, idle = stretch{from: e.entry.On}, nil
			clear(open)
		case statute.Pause:
			if len(open) == 0 {
				idle = append(idle, stretch{from: e.entry.On})
			}
			open[e.entry.ID] = true
		case statute.Resume:
			delete(open, e.entry.ID)
			if len(open) == 0 && len(idle) > 0 {
				idle[len(idle)-1].to = e.entry.On
			}
		case statute.Stop:
			run.to = e.entry.On
		case statute.Extend, statute.Limits:
		}
	}
	if run.from.IsZero() || run.to.IsZero() {
		return 0, false
	}
	if n := len(idle); n > 0 && idle[n-1].to.IsZero() { // decided while it lasted
		idle[n-1].to = run.to
	}
	idle = append(idle, waits(proc, steps)...)
	return cal.Workdays(run.from, run.to) - within(cal, run, idle), true
}

// waits are the times in which only the applicant could go on.
func waits(proc *statute.Procedure, steps []Step) []stretch {
	var list []stretch
	for i, st := range steps {
		state, ok := proc.State(st.To)
		if !ok || i+1 == len(steps) || !slices.Equal(state.Actors, []statute.Role{statute.RoleApplicant}) {
			continue
		}
		list = append(list, stretch{day.In(st.At), day.In(steps[i+1].At)})
	}
	return list
}

// within counts the working days of a run that are in any of the stretches.
func within(cal *statute.Calendar, run stretch, list []stretch) int {
	slices.SortFunc(list, func(a, b stretch) int { return a.from.Sub(b.from) })
	n, at := 0, run.from
	for _, x := range list {
		from, to := x.from, x.to
		if from.Before(at) {
			from = at
		}
		if to.After(run.to) {
			to = run.to
		}
		if to.After(from) {
			n += cal.Workdays(from, to)
			at = to
		}
	}
	return n
}
