package casework

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

func absence(from, to string, deputy contract.AccountID) NewAbsence {
	return NewAbsence{From: day.MustParse(from), To: day.MustParse(to), Kind: "leave", Deputy: deputy}
}

func codesOf(err error) []string {
	var list []string
	for _, f := range fault.FieldsOf(err) {
		list = append(list, f.Name+" "+f.Err.Code)
	}
	return list
}

func (w *world) away(t testing.TB, p auth.Principal, n NewAbsence) Absence {
	t.Helper()
	a, err := w.Absent(t.Context(), p, n)
	must(t, err)
	return a
}

func TestAnAbsenceIsRefusedWhereItCannotBe(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		w.away(t, reviewer1, absence("2026-11-20", "2026-11-24", acc(reviewer2)))
		w.away(t, clerk, absence("2026-11-23", "2026-11-25", ""))
		for _, tt := range []struct {
			name string
			who  auth.Principal
			n    NewAbsence
			want string
		}{
			{"twice at a time", reviewer1, absence("2026-11-24", "2026-11-26", ""), "from casework.absence_twice"},
			{"the deputy is absent", clerk2, absence("2026-11-25", "2026-11-27", acc(clerk)), "deputy casework.deputy_absent"},
			{"a deputy goes away", reviewer2, absence("2026-11-19", "2026-11-20", ""), "from casework.absence_deputy"},
			{"a deputy without the role", clerk2, absence("2026-11-27", "2026-11-27", acc(reviewer1)), "deputy casework.deputy_roles"},
			{"oneself", clerk2, absence("2026-11-27", "2026-11-27", acc(clerk2)), "deputy casework.deputy_self"},
			{"a stranger", clerk2, absence("2026-11-27", "2026-11-27", acc(abroad(clerk))), "deputy casework.no_colleague"},
			{"in the past", clerk2, absence("2026-11-13", "2026-11-27", ""), "from casework.absence_past"},
			{"backwards", clerk2, absence("2026-11-27", "2026-11-26", ""), "to casework.absence_order"},
			{"for ever", clerk2, absence("2026-11-27", "2028-11-26", ""), "to casework.absence_long"},
			{"no days", clerk2, NewAbsence{Kind: "leave"}, "from casework.absence_from"},
			{"no reason", clerk2, NewAbsence{From: w.Today(), To: w.Today()}, "kind casework.choose_one"},
			{"touching", reviewer1, absence("2026-11-25", "2026-11-26", ""), ""},
		} {
			_, err := w.Absent(ctx, tt.who, tt.n)
			got := codesOf(err)
			if tt.want == "" && err != nil || tt.want != "" && !slices.Contains(got, tt.want) {
				t.Errorf("%s: %v %v", tt.name, got, err)
			}
		}
		mine, err := w.Absences(ctx, reviewer2)
		must(t, err)
		all, err := w.Absences(ctx, head)
		must(t, err)
		if len(mine) != 1 || mine[0].Deputy.ID != reviewer2.ID || len(all) != 3 {
			t.Errorf("%d of %d absences", len(mine), len(all))
		}
		// What was ended makes room.
		must(t, w.EndAbsence(ctx, reviewer1, mine[0].ID))
		must(t, w.EndAbsence(ctx, reviewer1, mine[0].ID))
		w.away(t, reviewer2, absence("2026-11-19", "2026-11-20", ""))
		if err := w.EndAbsence(ctx, clerk2, all[1].ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestCasesOfTheAbsentGoBackOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		var mine []Case
		for _, k := range []string{"a", "b"} {
			c := w.file(t, k, hygiene)
			_, err := w.Claim(ctx, clerk, c.ID)
			must(t, err)
			mine = append(mine, c)
		}
		w.away(t, clerk, absence("2026-11-18", "2026-11-19", ""))
		cancelled := w.away(t, clerk2, absence("2026-11-18", "2026-11-18", ""))
		must(t, w.EndAbsence(ctx, clerk2, cancelled.ID))
		w.clock.to("2026-11-17")
		w.drain(t)
		if c := w.load(t, mine[0].ID); c.Holder.ID != clerk.ID {
			t.Error("gone before the absence")
		}
		w.clock.to("2026-11-18")
		w.drain(t)
		w.drain(t)
		must(t, w.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return w.absenceBegins(ctx, tx, absenceJob{cancelled.ID}) }))
		for _, c := range mine {
			holds, err := w.Holds(ctx, head, c.ID)
			must(t, err)
			if w.load(t, c.ID).Holder.ID != "" || len(holds) != 2 || holds[0].Why != contract.HeldAbsent || holds[0].Actor.Kind != string(auth.System) {
				t.Errorf("%+v", holds)
			}
		}
		if _, err := w.Claim(ctx, clerk, mine[0].ID); !errors.Is(err, ErrAbsent) {
			t.Errorf("an absent official claims: %v", err)
		}
		if _, err := w.Assign(ctx, head, mine[0].ID, acc(clerk), ""); !errors.Is(err, ErrAbsent) {
			t.Errorf("is given a case: %v", err)
		}
		w.clock.to("2026-11-20")
		_, err := w.Claim(ctx, clerk, mine[0].ID)
		must(t, err)
	})
}

func TestADeputyWorksTheQueueOfTheAbsent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		other := w.reviewable(t, "b")
		for _, x := range []Case{c, other} {
			_, err := w.Claim(ctx, reviewer1, x.ID)
			must(t, err)
		}
		a := w.away(t, reviewer1, absence("2026-11-16", "2026-11-18", acc(reviewer2)))
		w.drain(t)
		l := w.queue(t, reviewer2, Query{Tab: TabReview, Queue: QueueMine, Holder: acc(reviewer1)})
		if l.Total != 2 || queueSizes(l)[QueueMine+reviewer1.ID] != 2 {
			t.Errorf("the deputy sees %d, %v", l.Total, l.Queues)
		}
		w.act(t, reviewer2, w.load(t, c.ID), opinion("review"))
		steps, err := w.Steps(ctx, head, c.ID)
		must(t, err)
		last := steps[len(steps)-1]
		if last.Actor.ID != reviewer2.ID || last.Behalf != reviewer1.ID || last.BehalfKind != "deputy" || last.Mandate != a.ID {
			t.Errorf("the record: %+v", last)
		}
		recorded, err := w.c.Events.Of(ctx, "case:"+string(c.ID))
		must(t, err)
		if !slices.ContainsFunc(recorded, func(e event.Recorded) bool {
			return e.Name == (contract.CaseMoved{}).EventName() && e.ActorID == reviewer2.ID && e.OnBehalfOf == reviewer1.ID
		}) {
			t.Error("the event does not say for whom")
		}
		_, err = w.TakeOver(ctx, reviewer2, other.ID)
		must(t, err)
		holds, err := w.Holds(ctx, head, other.ID)
		must(t, err)
		if holds[0].Why != contract.HeldTaken || holds[0].Deputy.ID != reviewer1.ID || holds[0].Deputy.Name != reviewer1.Name {
			t.Errorf("%+v", holds[0])
		}
		// Four eyes hold over a deputyship: who reviewed as a deputy is one of the two.
		got := w.load(t, c.ID)
		if got.Stage != StageCountersign || got.Reviewer.ID != reviewer2.ID {
			t.Fatalf("%s %+v", got.Stage, got.Reviewer)
		}
		if _, err := w.Act(ctx, reviewer2, c.ID, opinion("countersign")); fault.KindOf(err) != fault.Denied {
			t.Errorf("the deputy countersigns too: %v", err)
		}
		if _, err := w.Claim(ctx, reviewer2, c.ID); !errors.Is(err, ErrUnfit) {
			t.Errorf("the deputy claims it: %v", err)
		}
		w.clock.to("2026-11-19")
		if _, err := w.Act(ctx, reviewer1, c.ID, opinion("countersign")); err != nil {
			t.Errorf("another official, who is back: %v", err)
		}
	})
}

func TestADeputyOfNoLongerThanTheAbsence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		_, err := w.Claim(ctx, reviewer1, c.ID)
		must(t, err)
		a := w.away(t, reviewer1, absence("2026-11-16", "2026-11-18", acc(reviewer2)))
		must(t, w.EndAbsence(ctx, reviewer1, a.ID))
		if _, err := w.Act(ctx, reviewer2, c.ID, opinion("review")); !errors.Is(err, ErrHeld) {
			t.Errorf("after the early end: %v", err)
		}
		// Without a deputy any more, what the absent holds goes back at once.
		a = w.away(t, reviewer1, absence("2026-11-16", "2026-11-18", acc(reviewer2)))
		must(t, w.SetDeputy(ctx, reviewer1, a.ID, ""))
		w.drain(t)
		if got := w.load(t, c.ID); got.Holder.ID != "" {
			t.Errorf("held by %s", got.Holder.ID)
		}
		if err := w.SetDeputy(ctx, reviewer1, a.ID, acc(clerk)); !slices.Contains(codesOf(err), "deputy casework.deputy_roles") {
			t.Errorf("a deputy without the role: %v", err)
		}
		must(t, w.SetDeputy(ctx, head, a.ID, acc(reviewer2)))
	})
}

func TestNewCasesAreGivenOutByTheRule(t *testing.T) {
	t.Parallel()
	clerk3 := staff("clerk3", auth.RoleClerk)
	each(t, func(t *testing.T, w *world) {
		w.staffed(clerk, clerk2, clerk3, reviewer1, reviewer2, approver, head)
		ctx := t.Context()
		holders := func(prefix string, n int) (list []string) {
			for i := range n {
				list = append(list, w.file(t, prefix+string(rune('a'+i)), hygiene).Holder.ID)
			}
			return list
		}
		if got := holders("q", 2); !slices.Equal(got, []string{"", ""}) {
			t.Errorf("without a rule: %v", got)
		}
		must(t, w.SetWorkRule(ctx, head, StageAccept, GiveTurns))
		if got := holders("t", 4); !slices.Equal(got, []string{"clerk", "clerk2", "clerk3", "clerk"}) {
			t.Errorf("in turns: %v", got)
		}
		w.away(t, clerk2, absence("2026-11-16", "2026-11-17", ""))
		w.drain(t)
		if got := holders("u", 3); !slices.Equal(got, []string{"clerk3", "clerk", "clerk3"}) {
			t.Errorf("the absent are left out: %v", got)
		}
		must(t, w.SetWorkRule(ctx, head, StageAccept, GiveFewest))
		w.clock.to("2026-11-18")
		if got := holders("f", 3); !slices.Equal(got, []string{"clerk2", "clerk2", "clerk2"}) {
			t.Errorf("to the one with the fewest: %v", got)
		}
		rules, err := w.WorkRules(ctx, clerk)
		must(t, err)
		i := slices.IndexFunc(rules, func(r WorkRule) bool { return r.Stage == StageAccept })
		if rules[i].How != GiveFewest || rules[i].By.ID != head.ID {
			t.Errorf("%+v", rules[i])
		}
		if err := w.SetWorkRule(ctx, head, StageDone, "lottery"); len(fault.FieldsOf(err)) != 2 {
			t.Errorf("a rule that is none: %v", err)
		}
	})
}

func TestAStageIsGivenOutAsItIsEntered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		for _, st := range []Stage{StageReview, StageCountersign, StagePaused} {
			must(t, w.SetWorkRule(ctx, head, st, GiveTurns))
		}
		c := w.reviewable(t, "a")
		if c.Holder.ID != reviewer1.ID {
			t.Fatalf("held by %+v", c.Holder)
		}
		c = w.act(t, reviewer1, c, w.complete(t, c, "pause"))
		c = w.act(t, as(c.Holder.ID), c, w.complete(t, c, "resume"))
		if c.Holder.ID != reviewer1.ID {
			t.Errorf("after the pause it is not back: %+v", c.Holder)
		}
		c = w.act(t, reviewer1, c, opinion("review"))
		if c.Holder.ID != reviewer2.ID {
			t.Errorf("a second official: %+v", c.Holder)
		}
		holds, err := w.Holds(ctx, head, c.ID)
		must(t, err)
		if holds[0].Why != contract.HeldRule || holds[1].Why != contract.HeldStage {
			t.Errorf("%+v", holds[:2])
		}
	})
}

func as(name string) auth.Principal {
	all := everyColleague()
	return all[slices.IndexFunc(all, func(p auth.Principal) bool { return p.ID == name })]
}
