package casework

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

func TestExpectationsAreThoseOfASlowCalculation(t *testing.T) {
	t.Parallel()
	cal := statute.NewBook(statute.National()...).For("511602")
	procs, err := procedures()
	must(t, err)
	proc, err := procs.Get("licensing")
	must(t, err)
	rnd := rand.New(rand.NewPCG(7, 11))
	first := day.MustParse("2026-01-05")
	for range 3000 {
		on := first
		later := func() day.Date { on = on.Add(rnd.IntN(12)); return on }
		entry := func(k statute.EntryKind, id string) clockEntry {
			return clockEntry{clock: statute.Decision, entry: statute.Entry{Kind: k, On: on, ID: id}}
		}
		history := []clockEntry{entry(statute.Start, "")}
		var steps []Step
		open := []string{}
		for i := range rnd.IntN(6) {
			later()
			switch name := fmt.Sprint("p", i); {
			case rnd.IntN(3) == 0: // waits for the applicant
				steps = append(steps, Step{To: "CORRECTION", At: on.Time().Add(9 * time.Hour)})
				later()
				steps = append(steps, Step{From: "CORRECTION", To: "REVIEW", At: on.Time().Add(9 * time.Hour)})
			case len(open) == 0 || rnd.IntN(2) == 0:
				history, open = append(history, entry(statute.Pause, name)), append(open, name)
			default:
				history, open = append(history, entry(statute.Resume, open[0])), open[1:]
			}
		}
		later()
		history = append(history, entry(statute.Stop, ""))
		got, ok := worked(cal, proc, history, steps)
		if want := slowly(cal, history, steps); !ok || got != want {
			t.Fatalf("%d, %v; day by day %d\n%+v\n%+v", got, ok, want, history, steps)
		}
	}
	for range 500 {
		var all []int
		var list []duration
		for d := range 15 {
			if n := rnd.IntN(4); n > 0 {
				list = append(list, duration{d, n})
				all = append(all, slices.Repeat([]int{d}, n)...)
			}
		}
		if len(all) == 0 {
			continue
		}
		e := expectation(list)
		atMost := func(d, share int) bool { // whether at least so many percent took d or less
			n := 0
			for _, x := range all {
				if x <= d {
					n++
				}
			}
			return n*100 >= share*len(all)
		}
		if e.N != len(all) || !atMost(e.Median, 50) || atMost(e.Median-1, 50) || !atMost(e.P90, 90) || atMost(e.P90-1, 90) {
			t.Fatalf("%+v of %v", e, all)
		}
	}
}

// slowly asks of each working day whether the agency had the case.
func slowly(cal *statute.Calendar, history []clockEntry, steps []Step) int {
	start, stop := history[0].entry.On, history[len(history)-1].entry.On
	n := 0
	for d := start.Add(1); !d.After(stop); d = d.Add(1) {
		if cal.Workdays(d.Add(-1), d) == 0 {
			continue
		}
		// What happened before the day decides: the day of an event is not counted.
		paused := map[string]bool{}
		for _, e := range history {
			if !e.entry.On.Before(d) {
				continue
			}
			switch e.entry.Kind {
			case statute.Pause:
				paused[e.entry.ID] = true
			case statute.Resume:
				delete(paused, e.entry.ID)
			case statute.Start, statute.Extend, statute.Stop, statute.Limits:
			}
		}
		waiting := false
		for _, s := range steps {
			if day.In(s.At).Before(d) {
				waiting = s.To == "CORRECTION"
			}
		}
		if len(paused) == 0 && !waiting {
			n++
		}
	}
	return n
}

func TestExpectationsGrowWithDecisionsAndForgetAfterAYear(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range 12 {
			w.clock.to("2026-11-16")
			c := w.file(t, fmt.Sprint("e", i), filing)
			c = w.act(t, clerk, c, Action{Name: "accept"})
			if i >= 10 {
				w.clock.to("2026-11-19") // three working days
			}
			w.act(t, approver, c, map[bool]Action{true: {Name: "approve", Opinion: "好"}, false: because("deny")}[i%2 == 0])
		}
		sub := w.submission("at once", filing)
		sub.Instant = true
		_, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		e, err := w.Expect(t.Context(), filing)
		must(t, err)
		if e.N != 12 || !e.Enough() || e.Median != 0 || e.P90 != 3 {
			t.Errorf("%+v", e)
		}
		if other, err := w.Expect(t.Context(), hygiene); err != nil || other.Enough() {
			t.Errorf("of a service without decisions: %+v, %v", other, err)
		}
		w.clock.to("2027-11-19")
		e, err = w.Expect(t.Context(), filing)
		must(t, err)
		if e.N != 2 || e.Enough() {
			t.Errorf("a year later: %+v", e)
		}
	})
}

func TestObjectionsAreAnsweredByWhoDidNotTakeTheStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "o", filing)
		if _, err := w.Object(t.Context(), lin, c.ID, "我认为这个决定不对，理由如下。"); !errors.Is(err, ErrNoObjection) {
			t.Fatalf("nothing to object to: %v", err)
		}
		c = w.act(t, clerk, c, Action{Name: "accept"})
		w.act(t, approver, c, because("deny"))
		if x, ok, err := w.Contestable(t.Context(), lin, c.ID); err != nil || !ok || x.Step.Action != "deny" || x.Left != 60 {
			t.Fatalf("%+v, %v, %v", x, ok, err)
		}
		for _, p := range []auth.Principal{zhou, linFor("x"), clerk, abroad(approver)} {
			if _, err := w.Object(t.Context(), p, c.ID, "我认为这个决定不对，理由如下。"); err == nil {
				t.Errorf("%s objects", p.ID)
			}
		}
		if _, err := w.Object(t.Context(), lin, c.ID, "不对"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("too short: %v", err)
		}
		o, err := w.Object(t.Context(), lin, c.ID, "我认为这个决定不对，理由如下。")
		must(t, err)
		if o.Due.String() != "2026-11-23" {
			t.Errorf("due %s", o.Due)
		}
		if _, err := w.Object(t.Context(), lin, c.ID, "我认为这个决定不对，理由如下。"); !errors.Is(err, ErrNoObjection) {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Objections(t.Context(), clerk, false); !errors.Is(err, ErrNotFound) {
			t.Errorf("the clerk lists: %v", err)
		}
		if list, err := w.Objections(t.Context(), abroad(head), false); err != nil || len(list) != 0 {
			t.Errorf("elsewhere: %v, %v", list, err)
		}
		list, err := w.Objections(t.Context(), head, false)
		must(t, err)
		if len(list) != 1 || list[0].ID != o.ID || list[0].Text != "" {
			t.Fatalf("list %+v", list)
		}
		if _, _, may, err := w.Objection(t.Context(), approver, o.ID); err != nil || may {
			t.Errorf("who denied may answer: %v, %v", may, err)
		}
		if err := w.Answer(t.Context(), approver, o.ID, ObjectionKept, "经复查，原决定并无不当。"); fault.KindOf(err) != fault.Denied {
			t.Errorf("who denied answers: %v", err)
		}
		if err := w.Answer(t.Context(), head, o.ID, "maybe", "短"); len(fault.FieldsOf(err)) != 2 {
			t.Errorf("a bad answer: %v", err)
		}
		must(t, w.Answer(t.Context(), head, o.ID, ObjectionChanged, "经复查，原决定有误，五个工作日内重新办理。"))
		if err := w.Answer(t.Context(), head, o.ID, ObjectionKept, "经复查，原决定并无不当。"); !errors.Is(err, ErrStale) {
			t.Errorf("answered twice: %v", err)
		}
		mine, err := w.ObjectionsOf(t.Context(), lin, c.ID)
		must(t, err)
		if len(mine) != 1 || mine[0].Result != ObjectionChanged || !strings.Contains(mine[0].Answer, "重新办理") || mine[0].AnsweredBy.Name == "" {
			t.Errorf("%+v", mine)
		}
	})
}

func TestObjectionToACorrectionEndsWithIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "o", hygiene), Action{Name: "correct", Marks: marked()})
		if _, ok, err := w.Contestable(t.Context(), lin, c.ID); err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		sub := w.submission("o", hygiene)
		sub.Answers["area"] = 48.0
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.Resubmit(ctx, tx, lin, c.ID, sub.Answers, sub.Materials)
		}))
		if _, ok, err := w.Contestable(t.Context(), lin, c.ID); err != nil || ok {
			t.Errorf("after the correction: %v, %v", ok, err)
		}
		late := w.act(t, clerk, w.file(t, "late", hygiene), because("refuse"))
		w.clock.set(w.clock.now().AddDate(0, 0, 61))
		if _, ok, err := w.Contestable(t.Context(), lin, late.ID); err != nil || ok {
			t.Errorf("after sixty days: %v, %v", ok, err)
		}
	})
}

func TestMySpaceShowsWhatTheRightCovers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.file(t, "a", hygiene)
		b := w.act(t, lin, w.file(t, "b", filing), Action{Name: "withdraw"})
		w.act(t, clerk, w.file(t, "c", hygiene), Action{Name: "correct", Marks: marked()})
		for _, x := range []struct {
			name            string
			who             auth.Principal
			q               OwnQuery
			open, done, got int
		}{
			{"open", lin, OwnQuery{Tab: OwnOpen}, 2, 1, 2},
			{"finished", lin, OwnQuery{Tab: OwnFinished}, 2, 1, 1},
			{"all", lin, OwnQuery{}, 2, 1, 3},
			{"by name", lin, OwnQuery{Tab: OwnOpen, Text: "备案"}, 2, 1, 1},
			{"by English name", lin, OwnQuery{Text: "hygiene LICENCE"}, 2, 1, 2},
			{"by number", lin, OwnQuery{Text: a.Number[:6] + " " + a.Number[6:14]}, 2, 1, 3},
			{"by a whole number", lin, OwnQuery{Text: b.Number}, 2, 1, 1},
			{"with a wildcard", lin, OwnQuery{Text: "%"}, 2, 1, 0},
			{"limited", linFor(string(filing)), OwnQuery{}, 0, 1, 1},
			{"another person", zhou, OwnQuery{}, 0, 0, 0},
			{"staff", clerk, OwnQuery{}, 0, 0, 0},
		} {
			p, err := w.Own(t.Context(), x.who, x.q)
			must(t, err)
			if p.Open != x.open || p.Finished != x.done || len(p.Cases) != x.got || p.Total != x.got {
				t.Errorf("%s: open %d, finished %d, %d of %d", x.name, p.Open, p.Finished, len(p.Cases), p.Total)
			}
		}
		first, err := w.Own(t.Context(), lin, OwnQuery{Limit: 2})
		must(t, err)
		second, err := w.Own(t.Context(), lin, OwnQuery{Limit: 2, After: first.Next})
		must(t, err)
		if len(first.Cases) != 2 || len(second.Cases) != 1 || second.Next != "" || second.Cases[0].ID == first.Cases[0].ID {
			t.Errorf("pages of %d and %d", len(first.Cases), len(second.Cases))
		}
		kinds := func(p auth.Principal) []string {
			todos, err := w.Todos(t.Context(), p)
			must(t, err)
			var list []string
			for _, x := range todos {
				list = append(list, x.Kind)
			}
			return list
		}
		if got := kinds(lin); !slices.Equal(got, []string{TodoCorrect, TodoObject}) {
			t.Errorf("todos %v", got)
		}
		for _, p := range []auth.Principal{zhou, linFor(string(filing)), clerk, {}} {
			if got := kinds(p); len(got) != 0 {
				t.Errorf("todos of %s: %v", p.ID, got)
			}
		}
	})
}

func TestARatedCaseAsksForNoRating(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "r", filing), Action{Name: "accept"})
		c = w.act(t, approver, c, Action{Name: "approve", Opinion: "好"})
		todos, err := w.Todos(t.Context(), lin)
		must(t, err)
		if len(todos) != 1 || todos[0].Kind != TodoRate {
			t.Fatalf("%+v", todos)
		}
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.events.Record(ctx, tx, meta(lin, c), contract.CaseRated{Case: c.ID, Satisfaction: 1})
		}))
		w.drain(t)
		if todos, err = w.Todos(t.Context(), lin); err != nil || len(todos) != 0 {
			t.Errorf("%+v, %v", todos, err)
		}
	})
}
