package casework

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

func TestABarHoldsUntilItIsPutRightOrLiftedByTheHead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.act(t, reviewer1, w.committed(t, "a"), because("breach"))
		if list, err := w.Bars(ctx, lin); err != nil || len(list) != 1 || list[0].Until.IsZero() || list[0].Why != "不符合条件" {
			t.Fatalf("the applicant sees %+v, %v", list, err)
		}
		for _, p := range everybody() {
			list, err := w.Bars(ctx, p)
			sees := slices.Contains([]string{"lin/salon", "clerk", "reviewer1", "reviewer2", "approver", "head", "lin"}, key(p)) && (p.Kind != auth.Resident || p.For.ID != "")
			if (len(list) == 1) != sees {
				t.Errorf("%q of %q sees %d bars, %v", key(p), p.Agency, len(list), err)
			}
			err = w.Lift(ctx, p, c.ID, "")
			lifts := key(p) == "head"
			if got := fault.KindOf(err); (got == fault.Invalid) != lifts {
				t.Errorf("lifted by %q: %v", key(p), err)
			}
		}
		must(t, w.Lift(ctx, head, c.ID, " 信用已修复 "))
		if barred, err := w.Barred(ctx, "salon", promise); barred || err != nil {
			t.Errorf("barred after lifting: %v, %v", barred, err)
		}
		if list, err := w.Bars(ctx, lin); err != nil || len(list) != 0 {
			t.Errorf("the applicant sees %+v, %v", list, err)
		}
		list, err := w.Bars(ctx, head)
		if err != nil || len(list) != 1 || list[0].LiftedWhy != "信用已修复" || list[0].LiftedBy != head.Name {
			t.Errorf("the head sees %+v, %v", list, err)
		}
		if err := w.Lift(ctx, head, c.ID, "again"); !errors.Is(err, ErrNoBar) {
			t.Errorf("lifted twice: %v", err)
		}
		if n := w.countEvents(t, c.ID, (contract.BarLifted{}).EventName()); n != 1 {
			t.Errorf("%d events", n)
		}
		// What is revoked afterwards bars again, without an end of its own.
		c = w.load(t, c.ID)
		w.clock.to(c.Due.Legal.Add(1).String())
		w.act(t, head, c, because("revoke"))
		if list, err := w.Bars(ctx, lin); err != nil || len(list) != 1 || !list[0].Until.IsZero() {
			t.Errorf("after the revocation: %+v, %v", list, err)
		}
	})
}

func (w *world) countEvents(t *testing.T, id contract.CaseID, name string) (n int) {
	t.Helper()
	list, err := w.events.Of(t.Context(), "case:"+string(id))
	must(t, err)
	for _, e := range list {
		if e.Name == name {
			n++
		}
	}
	return n
}

func TestEarlierCasesAreThoseOfTheAgencyAndEachLookIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.file(t, "first", hygiene)
		w.file(t, "abroad", away)
		c := w.file(t, "now", filing)
		for _, p := range everybody() {
			before := w.countEvents(t, c.ID, (contract.PersonalDataRead{}).EventName())
			_, list, err := w.Earlier(ctx, p, c.ID)
			may := slices.Contains([]string{"clerk", "reviewer1", "reviewer2", "approver", "head"}, key(p))
			if (err == nil) != may || may && (len(list) != 1 || list[0].ItemName.EN == "") {
				t.Errorf("%q: %+v, %v", key(p), list, err)
			}
			recorded := w.countEvents(t, c.ID, (contract.PersonalDataRead{}).EventName()) - before
			if (recorded == 1) != may {
				t.Errorf("%q: %d reads recorded", key(p), recorded)
			}
		}
	})
}

func TestTemplatesAreTheAgencysOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.file(t, "a", hygiene)
		good := Phrase{Kind: PhraseOpinion, Title: "齐全", Body: "{applicant}申请的{item}（{number}）材料齐全，{due}前作出决定。"}
		for _, p := range everybody() {
			made, err := w.SavePhrase(ctx, p, good)
			edits := p.Kind == auth.Staff && p.Is(auth.RoleHead)
			if (err == nil) != edits {
				t.Errorf("made by %q: %v", key(p), err)
			}
			if !edits {
				continue
			}
			made.Title = "材料齐全"
			if _, err := w.SavePhrase(ctx, p, made); err != nil {
				t.Errorf("changed by %q: %v", key(p), err)
			}
			if err := w.DropPhrase(ctx, p, made.ID); err != nil {
				t.Errorf("dropped by %q: %v", key(p), err)
			}
		}
		made, err := w.SavePhrase(ctx, head, good)
		must(t, err)
		if err := w.DropPhrase(ctx, abroad(head), made.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("dropped by another agency: %v", err)
		}
		for _, p := range everybody() {
			list, err := w.Phrases(ctx, p)
			uses := p.Kind == auth.Staff && slices.ContainsFunc([]string{auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead}, p.Is)
			if (err == nil) != uses || uses && (len(list) == 1) != (p.Agency == string(bureau)) {
				t.Errorf("%q of %q: %d, %v", key(p), p.Agency, len(list), err)
			}
		}
		list, err := w.Filled(ctx, clerk, c.ID, "")
		must(t, err)
		want := c.Applicant.Name + "申请的" + c.ItemName.ZH + "（" + c.Number + "）材料齐全，2026年11月23日前作出决定。"
		if len(list) != 1 || list[0].Body != want {
			t.Errorf("%+v, want %s", list, want)
		}
		for name, bad := range map[string]Phrase{
			"casework.phrase_kind":  {Kind: "x", Title: "a", Body: "b"},
			"casework.phrase_title": {Kind: PhraseReason, Body: "b"},
			"casework.phrase_body":  {Kind: PhraseReason, Title: "a"},
			"casework.phrase_hole":  {Kind: PhraseReason, Title: "a", Body: "{password}"},
			"casework.too_long":     {Kind: PhraseReason, Title: "a", Body: strings.Repeat("长", maxReason+1)},
		} {
			_, err := w.SavePhrase(ctx, head, bad)
			var e *fault.Error
			if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Err.Code != name {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTheNextCaseIsTheMostUrgentOneThatIsTheActors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a, b := w.file(t, "a", hygiene), w.file(t, "b", hygiene)
		next := func(p auth.Principal, from Tab, not Case) contract.CaseID {
			id, err := w.NextTask(ctx, p, from, not.ID)
			must(t, err)
			return id
		}
		if got := next(clerk, TabAccept, a); got != b.ID {
			t.Errorf("the clerk goes on to %q", got)
		}
		w.act(t, clerk, a, Action{Name: "accept"})
		b = w.act(t, clerk, b, Action{Name: "accept"})
		if got := next(clerk, TabAccept, b); got != "" {
			t.Errorf("the clerk has %q left", got)
		}
		w.act(t, reviewer1, b, opinion("review"))
		if got := next(reviewer1, TabReview, b); got != a.ID {
			t.Errorf("the reviewer goes on to %q", got)
		}
		if got := next(reviewer2, TabCountersign, a); got != b.ID {
			t.Errorf("the second reviewer goes on to %q", got)
		}
		for _, p := range []auth.Principal{supervisor, abroad(clerk), lin} {
			if got := next(p, TabAccept, Case{}); got != "" {
				t.Errorf("%q goes on to %q", key(p), got)
			}
		}
	})
}

func TestATaskIsSentToAnyAgencyOfTheCountyAndLatenessIsShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "k", joint), Action{Name: "accept"})
		list, err := w.Askable(ctx, c)
		if err != nil || len(list) != 2 { // the county's, without the one that asks
			t.Errorf("%+v, %v", list, err)
		}
		c = w.act(t, reviewer1, c, w.complete(t, c, "recall"))
		to := func(id contract.AgencyID) Action {
			a := w.complete(t, c, "send")
			a.Agency = id
			return a
		}
		for _, wrong := range []contract.AgencyID{elsewhere, bureau} {
			if _, err := w.Act(ctx, reviewer1, c.ID, to(wrong)); fault.KindOf(err) != fault.Invalid {
				t.Errorf("sent to %s: %v", wrong, err)
			}
		}
		c = w.act(t, reviewer1, c, to(city))
		w.clock.to("2026-12-31")
		w.drain(t)
		late, err := w.LateOpinions(ctx, supervisor)
		must(t, err)
		if len(late) == 0 || !late[0].Late {
			t.Errorf("late: %+v", late)
		}
		for p, want := range map[*auth.Principal]int{&head: len(late), &reviewer2: 0} {
			x, err := w.Inbox(ctx, *p)
			must(t, err)
			if len(x.Overdue) != want {
				t.Errorf("in the inbox of %q: %+v", key(*p), x.Overdue)
			}
		}
		for _, p := range []auth.Principal{clerk, head, lin, abroad(supervisor)} {
			if late, err := w.LateOpinions(ctx, p); err != nil || len(late) != 0 {
				t.Errorf("%q sees %+v, %v", key(p), late, err)
			}
		}
		own := staff("cityhead", auth.RoleHead)
		own.Agency = string(city)
		if l, err := w.Tasks(ctx, own, Query{}); err != nil || l.Late == 0 {
			t.Errorf("the asked agency is told of %d late opinions, %v", l.Late, err)
		}
	})
}
