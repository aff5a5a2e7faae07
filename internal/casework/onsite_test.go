package casework

import (
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// dated is something that happens to a case on a day.
type dated struct{ on, what string }

// What is mended on the spot does not begin the five days again, for no notice was
// given and the papers are those that came; what a notice asked for does, for the
// law counts from the day the papers came (licensing law art. 32(3) to (5)). Silence
// dates acceptance back to that same day. A second reading of the law agrees.
func TestFromWhichDaySilenceIsAcceptance(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		happens  []dated
		lastDay  string // on which it may be answered still
		accepted string // the day it dates back to
	}{
		"mended on the spot": {
			[]dated{{"2026-11-16", "slip shown"}, {"2026-11-18", "slip mended"}}, "2026-11-23", "2026-11-16",
		},
		"mended on the last day": {
			[]dated{{"2026-11-20", "slip shown"}, {"2026-11-23", "slip mended"}}, "2026-11-23", "2026-11-16",
		},
		"shown on the spot, never mended": {
			[]dated{{"2026-11-17", "slip shown"}}, "2026-11-23", "2026-11-16",
		},
		"mended on the spot twice": {
			[]dated{{"2026-11-16", "slip shown"}, {"2026-11-17", "slip mended"}, {"2026-11-19", "slip shown"}, {"2026-11-20", "slip mended"}},
			"2026-11-23", "2026-11-16",
		},
		"asked for by a notice": {
			[]dated{{"2026-11-17", "correct"}, {"2026-11-20", "corrected"}}, "2026-11-27", "2026-11-20",
		},
		"mended on the spot, then asked for by a notice": {
			[]dated{{"2026-11-16", "slip shown"}, {"2026-11-17", "slip mended"}, {"2026-11-18", "correct"}, {"2026-11-21", "corrected"}},
			"2026-11-27", "2026-11-21", // a Saturday: the first day that counts is Monday
		},
		"asked for by a notice, then mended on the spot": {
			[]dated{{"2026-11-17", "correct"}, {"2026-11-20", "corrected"}, {"2026-11-24", "slip shown"}, {"2026-11-26", "slip mended"}},
			"2026-11-27", "2026-11-20",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lawfully(t, x.happens, x.lastDay, x.accepted)
			each(t, func(t *testing.T, w *world) {
				c := w.file(t, "onsite", hygiene)
				for _, h := range x.happens {
					w.clock.to(h.on)
					w.drain(t)
					if h.what == "slip mended" || h.what == "corrected" {
						w.handInAgain(t, c.ID)
						continue
					}
					c = w.act(t, clerk, w.load(t, c.ID), Action{Name: actionOf[h.what], Marks: marked()})
				}
				c = w.load(t, c.ID)
				if c.Due.Clock != statute.Acceptance || c.Due.Legal.String() != x.lastDay {
					t.Errorf("the clock: %+v, want %s", c.Due, x.lastDay)
				}
				last := day.MustParse(x.lastDay)
				w.clock.to(x.lastDay)
				w.drain(t)
				if c = w.load(t, c.ID); c.Deemed {
					t.Error("deemed accepted on the last day")
				}
				w.clock.to(last.Add(1).String())
				w.drain(t)
				if c = w.load(t, c.ID); !c.Deemed || day.In(c.Accepted).String() != x.accepted {
					t.Errorf("accepted %s (deemed %v), want %s", c.Accepted, c.Deemed, x.accepted)
				}
				// The decision, promised within five days, is counted from that day too.
				if want := w.book.For("511602").AddWorkdays(day.MustParse(x.accepted), 5); c.Due.Clock != statute.Decision || c.Due.Promised != want {
					t.Errorf("the decision: %+v, want %s", c.Due, want)
				}
				w.checkInvariants(t, c.ID)
				if found := w.replayed(t); len(found) > 0 {
					t.Errorf("replayed: %+v", found)
				}
			})
		})
	}
}

// lawfully reads the same history by the second reading of the law.
func lawfully(t *testing.T, happens []dated, lastDay, accepted string) {
	t.Helper()
	a := readAlmanac(t)
	on := func(date string) int {
		i := slices.IndexFunc(a, func(d almanacDay) bool { return d.text == date })
		if i < 0 {
			t.Fatalf("the almanac lacks %s", date)
		}
		return i
	}
	c := &lawCase{svc: lawService{procedure: "licensing", limit: 20, promised: 5, accept: 5, deliver: 10, correct: 10, onsite: true}, a: a, clocks: map[string]*lawClock{}}
	c.happen(happening{what: "hand in", day: on("2026-11-16")})
	for _, h := range happens {
		if c.silent(on(h.on)) {
			t.Errorf("by law accepted before %s", h.on)
		}
		c.happen(happening{what: h.what, day: on(h.on)})
	}
	if last := on(lastDay); c.silent(last) || !c.silent(last+1) {
		t.Errorf("by law, silence on %s: %v, the day after: %v", lastDay, c.silent(last), c.silent(last+1))
	}
	c.happen(happening{what: "silence", day: on(lastDay) + 1})
	if got := a[c.received].text; got != accepted {
		t.Errorf("by law accepted from %s, want %s", got, accepted)
	}
}
