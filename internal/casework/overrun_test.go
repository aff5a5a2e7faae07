package casework

import (
	"context"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// listed is the place of a case in the lists: by the days that are stored.
func (w *world) listed(t testing.TB, p auth.Principal, id contract.CaseID) (Case, int) {
	t.Helper()
	got, err := w.Tasks(t.Context(), p, Query{Tab: TabPaused, Limit: 100})
	must(t, err)
	for i, c := range got.Cases {
		if c.ID == id {
			return c, i
		}
	}
	t.Fatalf("%s is in no list", id)
	return Case{}, 0
}

// A special procedure that goes on beyond the day that was told moves the days of its
// case each day, though nothing happens: as they are stored, told by an event each
// time, once; and a platform that stood still catches up.
func TestDaysMoveWhileASpecialProcedureOverruns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "overrun", hygiene), Action{Name: actAccept})
		c = w.act(t, reviewer1, c, Action{Name: actPause, Special: statute.Testing, Days: 2, Reasons: []string{"依法"}})
		other := w.act(t, clerk, w.file(t, "beside", hygiene), Action{Name: actAccept})
		w.clock.to("2026-11-18") // three days are left, once it ends: on the 1st of December
		other = w.act(t, reviewer1, other, Action{Name: actPause, Special: statute.Testing, Days: 6, Reasons: []string{"依法"}})
		for _, x := range []struct {
			to, promised, legal string
			moved               int  // events so far
			first               bool // in the list, which is by the promised day
		}{
			{"2026-11-18", "2026-11-25", "2026-12-16", 0, true}, // the last day that was told
			{"2026-11-19", "2026-11-26", "2026-12-17", 1, true},
			{"2026-11-20", "2026-11-27", "2026-12-18", 2, true},
			{"2026-11-21", "2026-11-27", "2026-12-18", 2, true}, // a weekend moves nothing
			{"2026-11-22", "2026-11-27", "2026-12-18", 2, true},
			{"2026-11-23", "2026-11-30", "2026-12-21", 3, true},
			{"2026-11-25", "2026-12-02", "2026-12-23", 4, false},
			{"2026-11-30", "2026-12-07", "2026-12-28", 5, false}, // stood still from Wednesday to Monday
		} {
			w.clock.to(x.to)
			w.drain(t)
			w.drain(t)
			c = w.load(t, c.ID)
			if c.Due.Promised.String() != x.promised || c.Due.Legal.String() != x.legal || !c.Due.Paused || c.Light(w.Today()) != statute.PausedLight {
				t.Errorf("on %s: %+v, %s", x.to, c.Due, c.Light(w.Today()))
			}
			if n := w.movedEvents(t, c.ID); n != x.moved {
				t.Errorf("on %s: moved by %d events, want %d", x.to, n, x.moved)
			}
			if found := w.replayed(t); len(found) > 0 {
				t.Errorf("on %s: %+v", x.to, found)
			}
			w.checkInvariants(t, c.ID)
			if list, err := w.Deadlines(t.Context(), reviewer1, c.ID); err != nil || list[len(list)-1].Promised != c.Due.Promised {
				t.Errorf("on %s the page says %+v, %v", x.to, list, err)
			}
			shown, at := w.listed(t, reviewer1, c.ID)
			if _, beside := w.listed(t, reviewer1, other.ID); shown.Due != c.Due || at < beside != x.first {
				t.Errorf("on %s: listed %+v as no. %d, the other is no. %d", x.to, shown.Due, at, beside)
			}
		}
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			locked, err := lockCase(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			return w.overrun(ctx, tx, locked)
		}))
		if n := w.movedEvents(t, c.ID); n != 5 {
			t.Errorf("looked at twice, it moved %d times", n)
		}
		c = w.act(t, reviewer1, c, Action{Name: actResume, Opinion: "检测合格"})
		if c.Due.Promised.String() != "2026-12-07" || c.Due.Paused {
			t.Errorf("ended: %+v", c.Due)
		}
		w.clock.to("2026-12-03")
		w.drain(t)
		if c = w.load(t, c.ID); c.Due.Promised.String() != "2026-12-07" {
			t.Errorf("days after the end: %+v", c.Due)
		}
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
	})
}

func (w *world) movedEvents(t testing.TB, id contract.CaseID) int {
	t.Helper()
	list, err := w.events.Of(t.Context(), "case:"+string(id))
	must(t, err)
	n := 0
	for _, e := range list {
		if e.Name == (contract.DeadlineMoved{}).EventName() {
			n++
		}
	}
	return n
}
