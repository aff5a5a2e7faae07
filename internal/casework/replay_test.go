package casework

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// county has a case of every kind of deadline.
type county struct {
	paused, asked, committed, rectify, correcting, owing, denied, deemed, closed, whole Case
	parts                                                                               map[string]Case
}

func (w *world) populate(t testing.TB) county {
	t.Helper()
	var k county
	special := func(kind statute.Special, days int) Action {
		return Action{Name: actPause, Special: kind, Days: days, Reasons: []string{"依法"}}
	}
	k.deemed = w.file(t, "deemed", hygiene) // silence until the clock is moved
	k.paused = w.act(t, clerk, w.file(t, "paused", hygiene), Action{Name: actAccept})
	k.paused = w.act(t, reviewer1, k.paused, special(statute.Testing, 6))
	k.paused = w.act(t, reviewer1, k.paused, special(statute.ExpertReview, 9))
	k.asked = w.act(t, clerk, w.file(t, "asked", joint), Action{Name: actAccept})
	k.committed = w.committed(t, "committed")
	k.rectify = w.committed(t, "rectify")
	w.drain(t)
	k.rectify = w.act(t, reviewer1, k.rectify, Action{Name: actBreach, Days: 7, Reasons: []string{"现场不符"}, Opinion: "不符"})
	k.correcting = w.act(t, clerk, w.file(t, "correcting", hygiene), Action{
		Name: actCorrect, Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "与招牌不一致"}},
	})
	k.owing = w.owe(t, "owing")
	k.denied = w.act(t, clerk, w.file(t, "denied", hygiene), Action{Name: "refuse", Reasons: []string{"不属于许可范围"}})
	_, err := w.Object(t.Context(), lin, k.denied.ID, "我认为这个决定不对，理由如下。")
	must(t, err)
	k.closed = w.act(t, clerk, w.file(t, "closed", hygiene), Action{Name: actAccept})
	k.closed = w.act(t, reviewer1, k.closed, Action{Name: actReview, Opinion: "符合"})
	k.closed = w.act(t, lin, k.closed, Action{Name: actWithdraw})
	k.whole, k.parts = w.family(t, "bundle")
	w.drain(t)
	return k
}

func (w *world) replayed(t testing.TB) []Difference {
	t.Helper()
	_, found, err := w.Replay(t.Context())
	must(t, err)
	return found
}

func TestReplayLooksAtEveryDeadline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		k := w.populate(t)
		var found []Difference
		n, err := w.ReplayEach(t.Context(), func(d Difference) { found = append(found, d) })
		must(t, err)
		if n.Cases != 13 || n.Clocks < 18 || n.Opinions != 2 || n.Owed != 1 || n.Objections != 1 || len(found) > 0 {
			t.Errorf("checked %+v, differences %+v", n, found)
		}
		paused, asked, owing, denied, closed := k.paused.ID, k.asked.ID, k.owing.ID, k.denied.ID, k.closed.ID
		for _, x := range []struct {
			damage string
			id     contract.CaseID
			what   string
		}{
			{"UPDATE casework_cases SET legal_due = '2027-01-04' WHERE id = $1", paused, DiffDue},
			{"UPDATE casework_cases SET due = '2026-12-31' WHERE id = $1", asked, DiffTold},
			{"UPDATE casework_cases SET clock = '', due = '', legal_due = '' WHERE id = $1", asked, DiffDue},
			{"UPDATE casework_cases SET clock = 'decision', due = '2026-12-31', legal_due = '2026-12-31' WHERE id = $1", closed, DiffDue},
			{"UPDATE casework_cases SET paused = FALSE WHERE id = $1", paused, DiffSpecial},
			{"DELETE FROM casework_entries WHERE case_id = $1 AND no = 1", closed, DiffEntry},
			{"DELETE FROM casework_entries WHERE case_id = $1 AND no = 4", paused, DiffSpecial},
			{"DELETE FROM casework_entries WHERE case_id = $1 AND no = 3", paused, DiffDue},
			{"UPDATE casework_entries SET entry = (SELECT MIN(entry) FROM casework_entries WHERE case_id = $1 AND no = 4) WHERE case_id = $1 AND no = 5", paused, DiffHistory},
			{"UPDATE casework_entries SET entry = REPLACE(entry, '2026-11-16', '2026-11-17') WHERE case_id = $1 AND no = 3", asked, DiffEntry},
			{"UPDATE casework_entries SET spec = REPLACE(spec, '45', '60') WHERE case_id = $1", asked, DiffDue},
			{"UPDATE casework_steps SET at = at + 86400000000 WHERE case_id = $1 AND no = 2", asked, DiffEvent},
			{"UPDATE casework_specials SET until = '2027-02-01' WHERE case_id = $1", paused, DiffSpecial},
			{"UPDATE casework_units SET due = '2027-02-01' WHERE case_id = $1 AND unit = 'u-fire'", asked, DiffOpinion},
			{"UPDATE casework_owed SET due = '2027-02-01' WHERE case_id = $1", owing, DiffOwed},
			{"UPDATE casework_objections SET due = '2027-02-01' WHERE case_id = $1", denied, DiffObjection},
		} {
			undo := errors.New("undo")
			err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				_, err := tx.ExecContext(ctx, x.damage, x.id)
				must(t, err)
				c, err := caseByID(ctx, tx, x.id)
				must(t, err)
				again := &replaying{s: w.Service, q: tx, c: c}
				must(t, again.all(ctx))
				if !slices.ContainsFunc(again.found, func(d Difference) bool { return d.What == x.what && d.Case == x.id }) {
					t.Errorf("%s: found %+v", x.damage, again.found)
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Error(err)
			}
		}
		w.clock.to("2026-11-26") // five silent days are over, and the day of what is owed
		w.drain(t)
		if c := w.load(t, k.deemed.ID); !c.Deemed {
			t.Errorf("not deemed: %+v", c.Due)
		}
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("left: %+v", found)
		}
	})
}

// What a change of the calendar moves is told by events, each once: paused cases,
// parts of bundles, opinions, owed materials, answers to objections.
func TestTheCalendarMovesEveryOpenDeadline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		k := w.populate(t)
		waiting := k.parts["joint"]
		if waiting.Stage != StageWaiting {
			t.Fatalf("no part waits: %+v", waiting)
		}
		flood := statute.Table{Region: "5116", Year: 2026, Days: []statute.TableDay{
			{Date: day.MustParse("2026-11-18"), Name: "防汛停工"},
			{Date: day.MustParse("2026-11-19"), Name: "防汛停工"},
			{Date: day.MustParse("2026-11-21"), Work: true, Name: "补班"},
			{Date: day.MustParse("2026-12-02"), Name: "防汛停工"},
		}}
		w.book.set(append(statute.National(), flood)...)
		if len(w.replayed(t)) == 0 {
			t.Error("the replay does not see the change")
		}
		change := func() {
			must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.events.Record(ctx, tx, meta(auth.SystemPrincipal("test"), k.paused), contract.CalendarChanged{Region: "511600", Year: 2026})
			}))
			w.drain(t)
		}
		change()
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("after the change: %+v", found)
		}
		if diff := w.moves(t, k); !maps.Equal(diff, calendarMoves) {
			t.Errorf("moved %v\nwant %v", diff, calendarMoves)
		}
		change() // told again, nothing moves twice
		if diff := w.moves(t, k); !maps.Equal(diff, calendarMoves) {
			t.Errorf("again %v", diff)
		}
		w.clock.to("2026-11-24") // the old day of what is owed has passed, the new one is today
		w.drain(t)
		if c := w.load(t, k.owing.ID); c.Stage == StageDone {
			t.Error("an owed material lapsed by the old calendar")
		}
		w.clock.to("2026-11-25")
		w.drain(t)
		if c := w.load(t, k.owing.ID); c.Stage != StageDone {
			t.Error("an owed material did not lapse by the new calendar")
		}
	})
}

// calendarMoves are the events of the change above. What waits and what is closed
// has no deadline; the ends that notices of special procedures told stay.
var calendarMoves = map[string]int{
	"deemed acceptance 2026-11-23 2026-11-24":      1,
	"paused decision 2026-12-04 2026-12-07":        1,
	"asked decision 2026-12-28 2026-12-30":         1,
	"asked opinion u-fire 2026-11-23 2026-11-24":   1,
	"asked opinion v-city 2026-11-19 2026-11-21":   1,
	"committed verification 2026-11-30 2026-12-01": 1,
	"rectify rectification 2026-11-25 2026-11-26":  1,
	"correcting correction 2026-11-30 2026-12-01":  1,
	"owing acceptance 2026-11-23 2026-11-24":       1,
	"owing owed lease 2026-11-23 2026-11-24":       1,
	"denied objection 2026-11-23 2026-11-24":       1,
	"hygiene acceptance 2026-11-23 2026-11-24":     1,
	"filing acceptance 2026-11-23 2026-11-24":      1,
}

// moves counts the events that moved a deadline, in words.
func (w *world) moves(t testing.TB, k county) map[string]int {
	t.Helper()
	n := map[string]int{}
	for name, c := range map[string]Case{
		"deemed": k.deemed, "paused": k.paused, "asked": k.asked, "committed": k.committed, "rectify": k.rectify,
		"correcting": k.correcting, "owing": k.owing, "denied": k.denied, "closed": k.closed, "whole": k.whole,
		"hygiene": k.parts["hygiene"], "filing": k.parts["filing"], "waiting": k.parts["joint"],
	} {
		events, err := w.events.Of(t.Context(), "case:"+string(c.ID))
		must(t, err)
		for _, rec := range events {
			if rec.Name != (contract.DeadlineMoved{}).EventName() {
				continue
			}
			var m contract.DeadlineMoved
			must(t, json.Unmarshal(rec.Body, &m))
			what := []string{name, m.Clock, m.Of, m.From, m.To}
			if m.Of == "" || m.Clock == termObjection { // whose id is random
				what = slices.Delete(what, 2, 3)
			}
			n[strings.Join(what, " ")]++
		}
	}
	return n
}
