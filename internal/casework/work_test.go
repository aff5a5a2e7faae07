package casework

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

var (
	clerk2    = staff("clerk2", auth.RoleClerk)
	approver2 = staff("approver2", auth.RoleApprover)
)

// colleagues are the officials of the tests, all of them at work.
type colleagues []auth.Principal

func (l colleagues) Officials(_ context.Context, agency contract.AgencyID) ([]contract.Official, error) {
	var list []contract.Official
	for _, p := range l {
		if p.Agency == string(agency) {
			list = append(list, contract.Official{ID: contract.AccountID(p.ID), Name: p.Name, Agency: agency, Division: p.Division, Roles: p.Roles})
		}
	}
	return list, nil
}

func everyColleague() colleagues {
	return colleagues{clerk, clerk2, reviewer1, reviewer2, approver, approver2, head, fireman, firechief, warden, abroad(clerk), abroad(reviewer1)}
}

// staffed gives a world its officials.
func (w *world) staffed(list ...auth.Principal) *world {
	if len(list) == 0 {
		list = everyColleague()
	}
	w.c.Colleagues = colleagues(list)
	return w
}

func acc(p auth.Principal) contract.AccountID { return contract.AccountID(p.ID) }

func (w *world) reviewable(t testing.TB, key string) Case {
	t.Helper()
	return w.act(t, clerk, w.file(t, key, hygiene), Action{Name: "accept"})
}

func (w *world) queue(t testing.TB, p auth.Principal, q Query) List {
	t.Helper()
	l, err := w.Tasks(t.Context(), p, q)
	must(t, err)
	return l
}

func queueSizes(l List) map[string]int {
	m := map[string]int{}
	for _, q := range l.Queues {
		m[q.Queue+string(q.Holder)] = q.N
	}
	return m
}

func TestQueuesHaveExactCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		for _, k := range []string{"a", "b", "c", "d"} {
			w.file(t, k, hygiene)
		}
		first := w.queue(t, clerk, Query{Tab: TabAccept}).Cases[0]
		_, err := w.Claim(t.Context(), clerk, first.ID)
		must(t, err)
		_, err = w.Claim(t.Context(), clerk2, w.queue(t, clerk, Query{Tab: TabAccept, Queue: QueueUnit}).Cases[0].ID)
		must(t, err)
		for _, tt := range []struct {
			name  string
			q     Query
			total int
		}{
			{"all", Query{Tab: TabAccept}, 4},
			{"mine", Query{Tab: TabAccept, Queue: QueueMine}, 1},
			{"unit", Query{Tab: TabAccept, Queue: QueueUnit}, 2},
			{"of a colleague", Query{Tab: TabAccept, Queue: QueueMine, Holder: acc(clerk2)}, 1},
			{"of nobody known", Query{Tab: TabAccept, Queue: QueueMine, Holder: "x"}, 0},
		} {
			l := w.queue(t, clerk, tt.q)
			if l.Total != tt.total || len(l.Cases) != tt.total || l.Counts[0].N != tt.total {
				t.Errorf("%s: %d, %d cases, tab %+v", tt.name, l.Total, len(l.Cases), l.Counts[0])
			}
			sizes := queueSizes(l)
			if sizes[""] != 4 || sizes[QueueMine] != 1 || sizes[QueueUnit] != 2 {
				t.Errorf("%s: queues %v", tt.name, sizes)
			}
		}
		c := w.load(t, first.ID)
		if c.Holder != (Handler{clerk.ID, clerk.Name}) || !c.Held.Equal(w.now()) {
			t.Errorf("held by %+v since %v", c.Holder, c.Held)
		}
	})
}

func TestOfTwoWhoClaimAtOnceOneHasTheCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.file(t, "a", hygiene)
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			p := []auth.Principal{clerk, clerk2}[i%2]
			wg.Go(func() { _, errs[i] = w.Claim(t.Context(), p, c.ID) })
		}
		wg.Wait()
		holder := w.load(t, c.ID).Holder.ID
		for i, err := range errs {
			won := []auth.Principal{clerk, clerk2}[i%2].ID == holder
			if won && err != nil || !won && !errors.Is(err, ErrHeld) {
				t.Errorf("try %d: %v, held by %s", i, err, holder)
			}
		}
		holds, err := w.Holds(t.Context(), clerk, c.ID)
		must(t, err)
		if len(holds) != 1 || holds[0].Why != contract.HeldClaimed || holds[0].To.ID != holder {
			t.Errorf("a double click is one claim: %+v", holds)
		}
	})
}

func TestTwoWhoAskForWorkNeverGetTheSameCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		for _, k := range []string{"a", "b", "c", "d", "e", "f"} {
			w.file(t, k, hygiene)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		got := map[contract.CaseID]string{}
		for i := range 6 {
			p := []auth.Principal{clerk, clerk2}[i%2]
			wg.Go(func() {
				c, err := w.TakeNext(t.Context(), p, "", "")
				mu.Lock()
				defer mu.Unlock()
				if err != nil || got[c.ID] != "" {
					t.Errorf("%s got %s (of %q): %v", p.ID, c.ID, got[c.ID], err)
				}
				got[c.ID] = p.ID
			})
		}
		wg.Wait()
		if _, err := w.TakeNext(t.Context(), clerk, TabAccept, ""); !errors.Is(err, ErrNoWork) {
			t.Errorf("an empty queue: %v", err)
		}
	})
}

func TestTheMostUrgentComesFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		old := w.file(t, "a", hygiene)
		w.clock.to("2026-11-18")
		w.file(t, "b", hygiene)
		c, err := w.TakeNext(t.Context(), clerk, TabAccept, "")
		must(t, err)
		if c.ID != old.ID {
			t.Errorf("took %s, not the older %s", c.ID, old.ID)
		}
		again, err := w.TakeNext(t.Context(), clerk, TabAccept, "-") // the same button again
		must(t, err)
		if again.ID != c.ID {
			t.Errorf("a second click took %s", again.ID)
		}
		if _, err := w.TakeNext(t.Context(), supervisor, "", ""); fault.KindOf(err) == fault.Internal || err == nil {
			t.Errorf("a supervisor: %v", err)
		}
	})
}

func TestAHeldCaseIsForItsHolder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.reviewable(t, "a")
		_, err := w.Claim(t.Context(), reviewer1, c.ID)
		must(t, err)
		_, err = w.Act(t.Context(), reviewer2, c.ID, opinion("review"))
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || !errors.Is(err, ErrHeld) || !slices.Contains(e.Args, any(reviewer1.Name)) {
			t.Fatalf("a step by another: %v %v", err, e)
		}
		if _, err := w.Act(t.Context(), head, c.ID, w.complete(t, c, "extend")); err != nil {
			t.Errorf("the head extends: %v", err)
		}
		if got := w.load(t, c.ID); got.Holder.ID != reviewer1.ID {
			t.Errorf("held by %q after a step of the head", got.Holder.ID)
		}
		w.act(t, reviewer1, w.load(t, c.ID), opinion("review"))
		if got := w.load(t, c.ID); got.Holder.ID != "" || !got.Held.IsZero() || got.Stage != StageCountersign {
			t.Errorf("the stage is done: %+v %s", got.Holder, got.Stage)
		}
		w.act(t, reviewer2, w.load(t, c.ID), opinion("countersign"))
	})
}

func TestWhoActsFirstHoldsTheCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.reviewable(t, "a")
		c = w.act(t, reviewer1, c, w.complete(t, c, "pause"))
		if c.Holder.ID != "" {
			t.Errorf("a new stage lies in the queue: %+v", c.Holder)
		}
		c = w.act(t, reviewer1, c, w.complete(t, c, "pause"))
		if got := w.load(t, c.ID); got.Holder.ID != reviewer1.ID {
			t.Errorf("held by %+v", got.Holder)
		}
		if _, err := w.Act(t.Context(), reviewer2, c.ID, w.complete(t, c, "resume")); !errors.Is(err, ErrHeld) {
			t.Errorf("another resumes: %v", err)
		}
		// The head who extends does not review: nobody holds the case for it.
		other := w.reviewable(t, "b")
		w.act(t, head, other, w.complete(t, other, "extend"))
		if got := w.load(t, other.ID); got.Holder.ID != "" {
			t.Errorf("held by %+v", got.Holder)
		}
	})
}

func TestACaseGoesFromHandToHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		_, err := w.HandOver(ctx, reviewer1, c.ID, acc(reviewer2), "")
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("hand over what one does not hold: %v", err)
		}
		_, err = w.Claim(ctx, reviewer1, c.ID)
		must(t, err)
		_, err = w.HandOver(ctx, reviewer1, c.ID, acc(reviewer2), "请核对图纸第二页")
		must(t, err)
		_, err = w.HandOver(ctx, reviewer2, c.ID, acc(reviewer2), "") // to oneself: nothing
		must(t, err)
		notes, err := w.HandNotes(ctx, reviewer2)
		must(t, err)
		if len(notes) != 1 || notes[0].Note != "请核对图纸第二页" || notes[0].From != reviewer1.Name {
			t.Errorf("the receiver sees the note: %+v", notes)
		}
		_, err = w.TakeOver(ctx, reviewer1, c.ID)
		if !errors.Is(err, ErrHeld) {
			t.Errorf("a colleague takes over: %v", err)
		}
		_, err = w.Assign(ctx, approver, c.ID, acc(reviewer1), "")
		must(t, err)
		_, err = w.Release(ctx, reviewer1, c.ID, "出差")
		must(t, err)
		_, err = w.Release(ctx, head, c.ID, "") // again: nothing
		must(t, err)
		holds, err := w.Holds(ctx, head, c.ID)
		must(t, err)
		var whys []string
		for _, h := range slices.Backward(holds) {
			whys = append(whys, h.Why)
		}
		want := []string{contract.HeldClaimed, contract.HeldHanded, contract.HeldAssigned, contract.HeldReleased}
		if !slices.Equal(whys, want) {
			t.Errorf("changes of hands: %v", whys)
		}
		if notes, err := w.HandNotes(ctx, reviewer2); err != nil || len(notes) > 0 {
			t.Errorf("the note is over: %+v %v", notes, err)
		}
		// None of it is in the record of the applicant, nor in the log of what was done
		// with their data.
		events, err := w.c.Events.Of(ctx, "case:"+string(c.ID))
		must(t, err)
		held := 0
		for _, e := range events {
			if e.Name == (contract.CaseHeld{}).EventName() {
				held++
				if e.Subject != "" {
					t.Errorf("an event of hands stands in the log of %s", e.Subject)
				}
			}
		}
		if held != len(want) {
			t.Errorf("%d events of %d changes", held, len(want))
		}
		if _, err := w.Holds(ctx, lin, c.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("the applicant reads who had it: %v", err)
		}
	})
}

func TestACaseIsGivenOnlyToWhoMayWorkIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		c = w.act(t, reviewer1, c, opinion("review")) // a second official countersigns
		for _, tt := range []struct {
			name string
			to   contract.AccountID
			want error
		}{
			{"who reviewed it", acc(reviewer1), ErrUnfit},
			{"without the role", acc(clerk), ErrUnfit},
			{"of another agency", acc(abroad(reviewer1)), ErrColleague},
			{"nobody", "x", ErrColleague},
			{"an official who may", acc(reviewer2), nil},
		} {
			_, err := w.Assign(ctx, head, c.ID, tt.to, "")
			if fields := fault.FieldsOf(err); len(fields) == 1 {
				err = fields[0].Err
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		done := w.file(t, "b", hygiene)
		done = w.act(t, lin, done, Action{Name: "withdraw"})
		if _, err := w.Claim(ctx, clerk, done.ID); !errors.Is(err, ErrNoQueue) {
			t.Errorf("claim what is done: %v", err)
		}
	})
}

func TestSeveralCasesEachWithItsResult(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		a, b := w.file(t, "a", hygiene), w.file(t, "b", hygiene)
		foreign := w.file(t, "c", away)
		_, err := w.Claim(ctx, clerk2, b.ID)
		must(t, err)
		list, err := w.ClaimAll(ctx, clerk, []contract.CaseID{a.ID, b.ID, a.ID, foreign.ID, "none"})
		must(t, err)
		if len(list) != 4 || list[0].Err != nil || !errors.Is(list[1].Err, ErrHeld) || !errors.Is(list[2].Err, ErrNotFound) || !errors.Is(list[3].Err, ErrNotFound) {
			t.Errorf("%+v", list)
		}
		if list[2].Case.ID != "" {
			t.Error("a case that one may not see is not told")
		}
		list, err = w.AssignAll(ctx, head, []contract.CaseID{a.ID, b.ID}, acc(clerk2), "")
		must(t, err)
		for _, d := range list {
			if d.Err != nil || d.Case.Holder.ID != clerk2.ID {
				t.Errorf("%+v", d)
			}
		}
		if _, err := w.ClaimAll(ctx, clerk, nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("nothing selected: %v", err)
		}
		if _, err := w.ReleaseAll(ctx, clerk2, make([]contract.CaseID, maxBulk+1)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("too many: %v", err)
		}
	})
}

func TestAHolderWhoLeftHoldsUpNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.reviewable(t, "a")
		_, err := w.Claim(t.Context(), reviewer1, c.ID)
		must(t, err)
		w.staffed(clerk, reviewer2, approver, head)
		_, err = w.TakeOver(t.Context(), reviewer2, c.ID)
		must(t, err)
	})
}

// handTry is a change of hands, and who may make it.
type handTry struct {
	name string
	may  []string
	do   func(p auth.Principal, key string) error
}

// heldBy is a case in review that somebody holds, or nobody.
func (w *world) heldBy(t testing.TB, key string, holder auth.Principal) Case {
	t.Helper()
	c := w.reviewable(t, key)
	if holder.ID != "" {
		_, err := w.Claim(t.Context(), holder, c.ID)
		must(t, err)
	}
	return c
}

func (w *world) handTries(t *testing.T) []handTry {
	t.Helper()
	ctx := t.Context()
	fresh := func(key string, holder auth.Principal) Case { return w.heldBy(t, key, holder) }
	return []handTry{
		{"claim", []string{"reviewer1", "reviewer2"}, func(p auth.Principal, key string) error {
			_, err := w.Claim(ctx, p, fresh(key, auth.Principal{}).ID)
			return err
		}},
		{"release", []string{"reviewer1", "head"}, func(p auth.Principal, key string) error {
			_, err := w.Release(ctx, p, fresh(key, reviewer1).ID, "")
			return err
		}},
		{"hand over", []string{"reviewer1", "head"}, func(p auth.Principal, key string) error {
			_, err := w.HandOver(ctx, p, fresh(key, reviewer1).ID, acc(reviewer2), "")
			return err
		}},
		{"assign", []string{"approver", "head"}, func(p auth.Principal, key string) error {
			_, err := w.Assign(ctx, p, fresh(key, reviewer1).ID, acc(reviewer2), "")
			return err
		}},
		{"take over", nil, func(p auth.Principal, key string) error {
			_, err := w.TakeOver(ctx, p, fresh(key, reviewer2).ID)
			if p.ID == reviewer2.ID { // holds it
				return ErrHeld
			}
			return err
		}},
		{"declare", []string{"clerk", "reviewer1", "reviewer2", "approver", "head"}, func(p auth.Principal, key string) error {
			return w.Declare(ctx, p, fresh(key, auth.Principal{}).ID, "申请人是我的亲戚，应当回避。")
		}},
		{"order", []string{"head"}, func(p auth.Principal, key string) error {
			return w.Order(ctx, p, fresh(key, auth.Principal{}).ID, acc(reviewer1), "申请人是其亲戚，应当回避。")
		}},
		{"ask", []string{"lin/salon"}, func(p auth.Principal, key string) error {
			_, err := w.AskWithdrawal(ctx, p, fresh(key, auth.Principal{}).ID, NewRecusal{Official: acc(clerk), Reason: "经办人与对方有利害关系。"})
			return err
		}},
		{"rules", []string{"head"}, func(p auth.Principal, _ string) error { return w.SetWorkRule(ctx, p, StageAccept, GiveQueue) }},
		{"see rules", []string{"clerk", "reviewer1", "reviewer2", "approver", "head"}, func(p auth.Principal, _ string) error {
			_, err := w.WorkRules(ctx, p)
			return err
		}},
		{"see withdrawals", []string{"approver", "head"}, func(p auth.Principal, _ string) error {
			_, err := w.Conflicts(ctx, p)
			return err
		}},
		{"absence of another", []string{"head"}, func(p auth.Principal, _ string) error {
			a, err := w.Absent(ctx, p, NewAbsence{Official: acc(clerk2), From: w.Today(), To: w.Today(), Kind: "leave"})
			if err == nil {
				must(t, w.EndAbsence(ctx, head, a.ID))
			}
			return err
		}},
		{"own absence", []string{"clerk", "reviewer1", "reviewer2", "approver", "head"}, func(p auth.Principal, _ string) error {
			a, err := w.Absent(ctx, p, NewAbsence{From: w.Today(), To: w.Today(), Kind: "leave"})
			if err == nil {
				must(t, w.EndAbsence(ctx, p, a.ID))
			}
			return err
		}},
	}
}

// TestEveryRoleOnEveryHand tries each change of hands as everybody.
func TestEveryRoleOnEveryHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		// Clerks of windows make lists of papers; cases are not theirs to give.
		people := append(everybody(), window1, outside, serving(window2, "zhou", "zhou"))
		for _, x := range w.handTries(t) {
			for _, p := range people {
				if p.ID == "lin" && p.Kind == auth.Staff || p.Agency == string(elsewhere) && slices.Contains([]string{"rules", "see rules", "see withdrawals", "own absence"}, x.name) {
					continue // their own agency
				}
				err := x.do(p, x.name+key(p)+string(p.Kind)+p.Agency)
				if allowed := slices.Contains(x.may, key(p)); allowed != (err == nil) {
					t.Errorf("%s by %q: %v, allowed %v", x.name, key(p), err, allowed)
				}
				if fault.KindOf(err) == fault.Internal && err != nil {
					t.Errorf("%s by %q: %v", x.name, key(p), err)
				}
			}
		}
	})
}
