package casework

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

func TestOtherAgenciesAreHeardBeforeADecision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "joint", joint), Action{Name: "accept"})
		if c.OpinionsOpen != 1 || c.Due.Legal.String() != "2027-01-19" {
			t.Fatalf("accepted: %+v", c)
		}
		units, err := w.Units(t.Context(), clerk, c.ID)
		must(t, err)
		if len(units) != 2 || units[0].Due.String() != "2026-11-23" || units[1].Due.String() != "2026-11-19" {
			t.Fatalf("units: %+v", units)
		}
		c = w.act(t, reviewer1, c, opinion("review"))
		if _, err := w.Act(t.Context(), approver, c.ID, opinion("approve")); !errors.Is(err, ErrOpinions) || c.Stage != StageOpinions {
			t.Errorf("decided unheard in %s: %v", c.Stage, err)
		}
		if err := w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionObject}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("objects without reasons: %v", err)
		}
		must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionObject, Reasons: []string{"疏散通道不足"}}))
		if err := w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "改主意"}); !errors.Is(err, ErrState) {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Act(t.Context(), approver, c.ID, opinion("approve")); !errors.Is(err, ErrObjection) {
			t.Errorf("granted against an objection: %v", err)
		}
		seen, err := w.Units(t.Context(), lin, c.ID)
		must(t, err)
		if seen[0].Opinion != OpinionObject || len(seen[0].Reasons) != 0 || seen[0].Handler.ID != "" {
			t.Errorf("the applicant sees %+v", seen[0])
		}
		// Asked again, the agency agrees; the optional one is closed by the decision.
		c = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "send", Target: "u-fire", Opinion: "已补充通道"})
		if c.Objections != 0 || c.OpinionsOpen != 1 {
			t.Errorf("asked again: %+v", c)
		}
		must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "同意"}))
		c = w.act(t, approver, w.load(t, c.ID), opinion("approve"))
		units, err = w.Units(t.Context(), clerk, c.ID)
		must(t, err)
		if units[0].Round != 2 || units[1].State != UnitClosed {
			t.Errorf("in the end: %+v", units)
		}
		w.drain(t)
		w.checkInvariants(t, c.ID)
	})
}

func TestALateOpinionEscalatesOnceAndCanBeSentElsewhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "late", joint), Action{Name: "accept"})
		w.clock.to("2026-11-24")
		w.drain(t)
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.late(ctx, tx, unitJob{c.ID, "u-fire", 1}) // once more, as after a crash
		}))
		cards, err := w.Cards(t.Context(), clerk, c.ID)
		must(t, err)
		if len(cards) != 2 || cards[0].Rule != cardUnitLate || cards[0].Agency == bureau {
			t.Errorf("cards: %+v", cards)
		}
		told := 0
		events, err := w.events.Of(t.Context(), "case:"+string(c.ID))
		must(t, err)
		for _, e := range events {
			if e.Name == (contract.UnitTask{}).EventName() && e.ActorKind == auth.System {
				told++
			}
		}
		if told != 2 {
			t.Errorf("%d heads are told", told)
		}
		if _, err := w.Act(t.Context(), reviewer1, c.ID, Action{Name: "send", Target: "u-fire"}); !errors.Is(err, ErrState) {
			t.Errorf("sent twice: %v", err)
		}
		c = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "recall", Target: "u-fire", Reasons: []string{"该单位已撤并"}})
		c = w.act(t, reviewer1, c, Action{Name: "send", Target: "u-fire", Agency: city, Days: 2})
		if err := w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "x"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("the agency that is no longer asked: %v", err)
		}
		must(t, w.Opine(t.Context(), warden, c.ID, "u-fire", Answer{Opinion: OpinionNotNeeded, Note: "不涉及"}))
		w.checkInvariants(t, c.ID)
	})
}

func TestAnAgencySeesOnlyWhatItIsAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "seen", joint), Action{Name: "accept"})
		v, err := w.UnitPage(t.Context(), fireman, c.ID, "u-fire")
		must(t, err)
		var fields []string
		for _, l := range v.Lines {
			fields = append(fields, l.Field.ID)
		}
		if !slices.Equal(fields, []string{"area", "phone"}) || len(v.Materials) != 1 || !v.MayOpine {
			t.Errorf("sees %v, %+v", fields, v.Materials)
		}
		chief, err := w.UnitPage(t.Context(), firechief, c.ID, "u-fire")
		must(t, err)
		if chief.MayOpine {
			t.Error("the head answers for the reviewer")
		}
		for _, p := range everybody() {
			if _, err := w.UnitPage(t.Context(), p, c.ID, "u-fire"); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s opens it: %v", key(p), err)
			}
			if err := w.Opine(t.Context(), p, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "x"}); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s answers: %v", key(p), err)
			}
		}
		for _, open := range []func(auth.Principal) error{
			func(p auth.Principal) error { _, err := w.Open(t.Context(), p, c.ID); return err },
			func(p auth.Principal) error { _, err := w.Content(t.Context(), p, c.ID); return err },
			func(p auth.Principal) error { _, err := w.UnitPage(t.Context(), p, c.ID, "v-city"); return err },
			func(p auth.Principal) error {
				_, _, err := w.UnitMaterial(t.Context(), p, c.ID, "u-fire", "file-9")
				return err
			},
		} {
			if err := open(fireman); !errors.Is(err, ErrNotFound) {
				t.Errorf("beyond the task: %v", err)
			}
		}
		reads := 0
		events, err := w.events.About(t.Context(), "salon", 100)
		must(t, err)
		for _, e := range events {
			if e.Name == (contract.PersonalDataRead{}).EventName() && e.Purpose == "opinion" {
				reads++
			}
		}
		if reads != 2 {
			t.Errorf("%d reads are recorded", reads)
		}
		list, err := w.Tasks(t.Context(), fireman, Query{Tab: TabOpinions})
		must(t, err)
		if list.Tab != TabOpinions || len(list.Units) != 1 || list.Units[0].Number != c.Number || list.Total != 1 {
			t.Errorf("work list: %+v", list)
		}
		if _, err := w.Tasks(t.Context(), reviewer1, Query{Tab: TabOpinions}); !errors.Is(err, ErrNotFound) {
			t.Errorf("an agency nobody asked: %v", err)
		}
	})
}

// TestUnitListIsThePolicy: for each role, the tab of opinions holds exactly the
// open tasks that the policy, asked task by task, permits to see.
func TestUnitListIsThePolicy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		type task struct {
			c Case
			u Unit
		}
		var open []task
		for i, item := range []contract.ItemID{joint, benefit, joint} {
			c := w.act(t, clerk, w.file(t, string(rune('a'+i)), item), Action{Name: "accept"})
			units, err := unitsOf(t.Context(), w.c.DB, c.ID)
			must(t, err)
			for _, u := range units {
				open = append(open, task{c, u})
			}
		}
		must(t, w.Opine(t.Context(), warden, open[1].c.ID, "v-city", Answer{Opinion: OpinionAgree, Note: "同意"}))
		open = slices.Delete(open, 1, 2)
		clerkThere := of(fire, staff("fire-clerk", auth.RoleClerk))
		overseer := of(fire, staff("fire-overseer", auth.RoleSupervisor))
		for _, p := range append(everybody(), fireman, firechief, warden, clerkThere, overseer) {
			if p.Kind != auth.Staff {
				continue
			}
			var want, got []string
			for _, x := range open {
				if w.c.Policy.Check(p, "casework.unit", unitObject(x.c, x.u)) == nil {
					want = append(want, string(x.c.ID)+"/"+x.u.ID)
				}
			}
			after := ""
			for {
				list, err := w.Tasks(t.Context(), p, Query{Tab: TabOpinions, After: after, Limit: 1})
				if errors.Is(err, ErrNotFound) {
					break
				}
				must(t, err)
				if list.Total != len(want) {
					t.Errorf("%s: %d counted, policy permits %d", key(p), list.Total, len(want))
				}
				for _, u := range list.Units {
					got = append(got, string(u.Case)+"/"+u.ID)
				}
				if after = list.Next; after == "" {
					break
				}
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s lists %v, policy permits %v", key(p), got, want)
			}
		}
	})
}
