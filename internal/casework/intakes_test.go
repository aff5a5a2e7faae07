package casework

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// TestIntakesOfAHallAreItsOwn compares the list with who may see each case, and its
// count with its pages.
func TestIntakesOfAHallAreItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		ctx := t.Context()
		annex := windowOf(window2)
		annex.HallID = "annex"
		w.c.Counters.(windows)["session-window2"] = annex
		var here []contract.CaseID
		for i := range 5 {
			here = append(here, w.takeIn(t, fmt.Sprint("here ", i), hygiene, window1).ID)
			w.clock.set(w.clock.now().Add(time.Minute))
		}
		sub := w.atWindow("annex", hygiene, window2)
		sub.Counter = annex
		there, err := w.submit(ctx, serving(window2, "lin", "salon"), sub)
		must(t, err)
		w.file(t, "online", hygiene)
		must(t, w.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE casework_cases SET concerned = '|window2|' WHERE id = $1`, here[1])
			return err
		}))
		slices.Reverse(here)
		for _, p := range append(windowPeople(), clerk, lin, auth.Principal{}) {
			var got []contract.CaseID
			total, after := -1, ""
			for range 5 {
				page, err := w.Intakes(ctx, p, "main", w.Today(), after, 2)
				must(t, err)
				if total >= 0 && page.Total != total {
					t.Errorf("%s: the count goes from %d to %d", p.ID, total, page.Total)
				}
				total, after = page.Total, page.Next
				for _, c := range page.Cases {
					got = append(got, c.ID)
				}
				if after == "" {
					break
				}
			}
			var want []contract.CaseID
			for _, id := range here {
				if p.Is(auth.RoleCounter) && p.Agency == string(bureau) && w.see(atDesk(p), w.load(t, id)) == nil {
					want = append(want, id)
				}
			}
			if !slices.Equal(got, want) || total != len(want) {
				t.Errorf("%s as %q: %v of %d, want %v", p.ID, p.For.ID, got, total, want)
			}
		}
		page, err := w.Intakes(ctx, window1, "annex", w.Today(), "", 0)
		must(t, err)
		// What nobody noted a hall of stands with every hall of the agency.
		if page.Total != 6 || page.Cases[0].ID != there.Case {
			t.Errorf("the other hall of the agency: %d", page.Total)
		}
		if page, err = w.Intakes(ctx, window1, "main", w.Today().Add(-1), "", 0); err != nil || page.Total != 0 {
			t.Errorf("yesterday: %d, %v", page.Total, err)
		}
		if _, err = w.Intakes(ctx, window1, "main", w.Today(), "?", 0); err == nil {
			t.Error("a cursor that is none was taken")
		}
	})
}
