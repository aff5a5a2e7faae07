package casework

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// What a list counts from the tally is what one would count case by case: before
// the log is folded, after, and in between, for every post and every filter.
func TestTallyIsExact(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		all := w.manyCases(t, 24)
		rnd := rand.New(rand.NewPCG(5, 6))
		must(t, w.Fold(t.Context(), 1))
		w.compareCounts(t, 1)
		w.drain(t) // silence became acceptance
		for _, c := range all[:12] {
			w.wander(t, rnd, c.ID, 2)
		}
		w.mark(t, all)
		w.compareCounts(t, 2)
		must(t, w.Fold(t.Context(), 2))
		w.clock.to("2026-12-15")
		w.compareCounts(t, 3)
		if left, err := unfolded(t.Context(), w.c.DB, 2); err != nil || len(left) > 0 {
			t.Errorf("not folded: %v, %v", left, err)
		}
	})
}

// mark changes what no step changes: holders, conflicts, cards, roles of a stage.
func (w *world) mark(t *testing.T, all []Case) {
	t.Helper()
	for i, change := range []string{
		"holder = 'reviewer1', holder_name = 'R'", "concerned = '|reviewer2|clerk|'", "red_cards = 1", "stage_roles = '|head|'",
		"stage_roles = '|clerk|reviewer|'", "taker = 'reviewer1'", "paused = TRUE", "concerned = concerned || '|head|'", "concerned = ''",
	} {
		for j := i; j < len(all); j += 9 {
			_, err := w.c.DB.ExecContext(t.Context(), "UPDATE casework_cases SET "+change+" WHERE id = $1", all[j].ID)
			must(t, err)
		}
	}
}

// compareCounts compares each tab of each post with each filter. PostgreSQL, where
// planning a list costs more than the answer, is asked a third in each of the three
// rounds, unless PERMISSIONS asks for everything.
func (w *world) compareCounts(t *testing.T, round int) {
	t.Helper()
	one, n := 1, round
	if w.c.DB.Dialect() == db.Postgres && os.Getenv("PERMISSIONS") == "" {
		one = 3
	}
	for _, p := range append(everybody(), staff("clerk", auth.RoleClerk, auth.RoleApprover), staff("reviewer1", auth.RoleReviewer, auth.RoleHead)) {
		if !handles(p) {
			continue
		}
		for _, tab := range tabs {
			for _, q := range []Query{
				{},
				{Queue: QueueUnit},
				{Queue: QueueMine},
				{Holder: "reviewer1", Queue: QueueMine},
				{Item: hygiene},
				{Light: string(statute.Yellow)},
				{Light: string(statute.Red), Item: hygiene},
				{Before: day.Of(2026, 11, 30)},
			} {
				if n++; n%one != 0 {
					continue
				}
				q.Tab, q.Limit = tab.tab, 100
				w.compareTab(t, p, tab, q)
			}
		}
	}
}

func (w *world) compareTab(t *testing.T, p auth.Principal, tab tabRule, q Query) {
	t.Helper()
	q = q.of(tab)
	if tab.action != "" && len(w.places(p, tab.action)) == 0 {
		return
	}
	got, err := w.Tasks(t.Context(), p, q)
	must(t, err)
	base := w.rule(p, tab.action)
	base.and("stage = ?", tab.stage)
	held, err := countHolders(t.Context(), w.c.DB, base)
	must(t, err)
	q.queued(base, p)
	want, err := w.fill(t.Context(), List{}, base, q)
	must(t, err)
	n, err := countCases(t.Context(), w.c.DB, base)
	must(t, err)
	if i := slices.IndexFunc(got.Counts, func(c Count) bool { return c.Tab == tab.tab }); i < 0 || got.Counts[i].N != n {
		t.Errorf("%s, %s, %+v: counts %v, want %d", key(p), tab.tab, q, got.Counts, n)
	}
	none := func(_ statute.Light, n int) bool { return n == 0 }
	maps.DeleteFunc(got.Lights, none)
	maps.DeleteFunc(want.Lights, none)
	ids := func(l List) (all []contract.CaseID) {
		for _, c := range l.Cases {
			all = append(all, c.ID)
		}
		return all
	}
	if got.Total != want.Total || !maps.Equal(got.Lights, want.Lights) || !slices.Equal(got.Items, want.Items) ||
		!slices.Equal(ids(got), ids(want)) || got.Next != want.Next {
		t.Errorf("%s, %s, %+v:\n%d %v %v %v\nwant\n%d %v %v %v", key(p), tab.tab, q, got.Total, got.Lights, got.Items, ids(got), want.Total, want.Lights, want.Items, ids(want))
	}
	all := 0
	for _, h := range held {
		all += h.N
	}
	for _, x := range got.Queues {
		id := contract.AccountID(p.ID)
		switch {
		case x.Queue == QueueUnit:
			id = ""
		case x.Holder != "":
			id = x.Holder
		}
		if want := ofHolder(held, id).N; x.Queue != "" && x.N != want || x.Queue == "" && x.N != all {
			t.Errorf("%s, %s: queue %+v, want %d of %d", key(p), tab.tab, x, want, all)
		}
	}
}
