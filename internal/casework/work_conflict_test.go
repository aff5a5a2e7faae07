package casework

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

const kin = "申请人的负责人是我的近亲属。"

// Two characters that one sees are a reason; in Chinese they can say all of it.
func TestAReasonOfAConflictMayBeShort(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		for _, none := range []string{"", "  ", "亲", " \u3000亲\u200b\r\n"} {
			if err := w.Declare(ctx, reviewer1, c.ID, none); !slices.Contains(codesOf(err), "reason casework.too_short") {
				t.Errorf("without a reason, %q: %v", none, err)
			}
			if err := w.Order(ctx, head, c.ID, acc(reviewer1), none); !slices.Contains(codesOf(err), "reason casework.too_short") {
				t.Errorf("ordered without a reason, %q: %v", none, err)
			}
		}
		if _, err := w.AskWithdrawal(ctx, lin, w.file(t, "short", hygiene).ID, NewRecusal{Name: "王某", Reason: "系其配偶"}); err != nil {
			t.Errorf("four characters are a reason: %v", err)
		}
		other := w.reviewable(t, "b")
		must(t, w.Declare(ctx, reviewer1, other.ID, "姐夫"))
	})
}

func TestADeclaredConflictKeepsAnOfficialAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		_, err := w.Claim(ctx, reviewer1, c.ID)
		must(t, err)
		must(t, w.Declare(ctx, reviewer1, c.ID, kin))
		got := w.load(t, c.ID)
		if got.Holder.ID != "" || got.concerned != "|reviewer1|" {
			t.Errorf("held by %q, concerned %q", got.Holder.ID, got.concerned)
		}
		tries := map[string]func() error{
			"see":    func() error { _, err := w.Open(ctx, reviewer1, c.ID); return err },
			"read":   func() error { _, err := w.Content(ctx, reviewer1, c.ID); return err },
			"file":   func() error { _, _, err := w.Material(ctx, reviewer1, c.ID, "file-1"); return err },
			"act":    func() error { _, err := w.Act(ctx, reviewer1, c.ID, opinion("review")); return err },
			"claim":  func() error { _, err := w.Claim(ctx, reviewer1, c.ID); return err },
			"again":  func() error { return w.Declare(ctx, reviewer1, c.ID, kin) },
			"record": func() error { _, err := w.Holds(ctx, reviewer1, c.ID); return err },
		}
		for name, try := range tries {
			if err := try(); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, tab := range []Tab{TabReview, TabPaused} {
			if l := w.queue(t, reviewer1, Query{Tab: tab}); l.Total != 0 {
				t.Errorf("still in the list of %s", tab)
			}
		}
		if _, err := w.Assign(ctx, head, c.ID, acc(reviewer1), ""); !errors.Is(err, ErrUnfit) {
			t.Errorf("is given the case: %v", err)
		}
		list, err := w.Conflicts(ctx, head)
		must(t, err)
		if len(list) != 1 || list[0].Reason != kin || list[0].How != WithdrewDeclared || list[0].Number != c.Number {
			t.Errorf("the head sees %+v", list)
		}
		of, err := w.ConflictsOf(ctx, reviewer2, c.ID)
		must(t, err)
		if len(of) != 1 || of[0].Reason != "" {
			t.Errorf("a colleague sees that, not why: %+v", of)
		}
		w.act(t, reviewer2, got, opinion("review"))
	})
}

func TestAReviewOfWhoWithdrawsDoesNotCount(t *testing.T) {
	t.Parallel()
	reviewer3 := staff("reviewer3", auth.RoleReviewer)
	each(t, func(t *testing.T, w *world) {
		w.staffed(append(everyColleague(), reviewer3)...)
		ctx := t.Context()
		reviewed := func(key string) Case {
			c := w.act(t, reviewer1, w.reviewable(t, key), opinion("review"))
			return w.act(t, reviewer2, c, opinion("countersign"))
		}
		for _, tt := range []struct {
			who  auth.Principal
			left string
		}{{reviewer1, reviewer2.ID}, {reviewer2, reviewer1.ID}} {
			c := reviewed("a" + tt.who.ID)
			_, err := w.Claim(ctx, approver, c.ID)
			must(t, err)
			must(t, w.Order(ctx, head, c.ID, acc(tt.who), kin))
			got := w.load(t, c.ID)
			if got.Stage != StageCountersign || got.Reviewer.ID != tt.left || got.Second.ID != "" || got.Holder.ID != "" {
				t.Fatalf("%s withdrew: %s, %s and %s, held by %q", tt.who.ID, got.Stage, got.Reviewer.ID, got.Second.ID, got.Holder.ID)
			}
			if _, err := w.Act(ctx, approver, c.ID, opinion("approve")); !errors.Is(err, ErrReviews) {
				t.Errorf("decided on one review: %v", err)
			}
			if _, err := w.Act(ctx, as(tt.left), c.ID, opinion("countersign")); fault.KindOf(err) != fault.Denied {
				t.Errorf("the same official twice: %v", err)
			}
			w.act(t, approver, w.act(t, reviewer3, got, opinion("countersign")), opinion("approve"))
		}
		// What was decided stands: the remedies of the law are for that.
		c := w.act(t, approver, reviewed("late"), opinion("approve"))
		if err := w.Order(ctx, head, c.ID, acc(reviewer1), kin); err != nil && !errors.Is(err, ErrState) {
			t.Errorf("after the decision: %v", err)
		}
		if got := w.load(t, c.ID); got.Reviewer.ID != reviewer1.ID {
			t.Error("a review behind a decision is part of the record")
		}
	})
}

func TestWhereTheHeadIsKeptAwayAnApproverDecides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		if err := w.Order(ctx, approver, c.ID, acc(reviewer1), kin); fault.KindOf(err) != fault.Denied {
			t.Errorf("the head is there: %v", err)
		}
		if err := w.Order(ctx, head, c.ID, acc(head), kin); fault.KindOf(err) != fault.Denied {
			t.Errorf("about oneself: %v", err)
		}
		must(t, w.Declare(ctx, head, c.ID, kin))
		must(t, w.Order(ctx, approver, c.ID, acc(reviewer1), kin))
		if err := w.Order(ctx, approver, c.ID, acc(reviewer1), kin); !errors.Is(err, ErrWithdrew) {
			t.Errorf("twice: %v", err)
		}
		_, err := w.Assign(ctx, approver, c.ID, acc(reviewer2), "")
		must(t, err)
	})
}

func TestItIsSaidWhenNobodyIsLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		must(t, w.Declare(ctx, reviewer1, c.ID, kin))
		nobody := func() int {
			cards, err := w.Cards(ctx, supervisor, c.ID)
			must(t, err)
			return len(slices.DeleteFunc(cards, func(r Record) bool { return r.Rule != cardNobody }))
		}
		if nobody() != 0 {
			t.Error("one reviewer is left")
		}
		c = w.act(t, reviewer2, w.load(t, c.ID), opinion("review")) // the second official is missing now
		if nobody() != 1 {
			t.Errorf("%d cards", nobody())
		}
		if none, err := w.Unmanned(ctx, head, c); err != nil || !none {
			t.Errorf("the head is told: %v %v", none, err)
		}
	})
}

func TestApplicantsAskAnOfficialToWithdraw(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		_, err := w.Claim(ctx, reviewer1, c.ID)
		must(t, err)
		c = w.act(t, reviewer1, w.load(t, c.ID), opinion("review"))
		named, err := w.Named(ctx, lin, c.ID)
		must(t, err)
		if len(named) != 2 || named[0].ID != clerk.ID || named[1].ID != reviewer1.ID {
			t.Errorf("named: %+v", named)
		}
		for want, n := range map[string]NewRecusal{
			"official casework.choose_one":     {Official: acc(approver), Reason: kin},
			"official casework.withdrawal_who": {Reason: kin},
			"reason casework.too_short":        {Official: acc(reviewer1), Reason: "不"},
		} {
			if _, err := w.AskWithdrawal(ctx, lin, c.ID, n); !slices.Contains(codesOf(err), want) {
				t.Errorf("%s: %v", want, err)
			}
		}
		x, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Official: acc(reviewer1), Reason: kin})
		must(t, err)
		if x.Due.String() != "2026-11-19" {
			t.Errorf("due %s", x.Due)
		}
		if _, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Official: acc(reviewer1), Reason: kin}); !errors.Is(err, ErrAsked) {
			t.Errorf("a second click: %v", err)
		}
		byName, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Name: "王某", Reason: kin})
		must(t, err)
		open, err := w.Recusals(ctx, head, false)
		must(t, err)
		if len(open) != 2 || open[0].Reason != kin {
			t.Errorf("%+v", open)
		}
		reply := func(p auth.Principal, id string, r Reply) error { return w.AnswerWithdrawal(ctx, p, id, r) }
		if err := reply(head, x.ID, Reply{}); len(fault.FieldsOf(err)) != 2 {
			t.Errorf("an empty answer: %v", err)
		}
		if err := reply(approver, x.ID, Reply{Result: RecusalRefused, Text: "经查不存在利害关系。"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("an approver answers for a head who is there: %v", err)
		}
		if err := reply(head, byName.ID, Reply{Result: RecusalGranted, Text: "经查属实，予以回避。"}); !slices.Contains(codesOf(err), "official casework.withdrawal_find") {
			t.Errorf("whom: %v", err)
		}
		must(t, reply(head, byName.ID, Reply{Result: RecusalRefused, Text: "本机关没有这个人，不存在回避。"}))
		must(t, reply(head, x.ID, Reply{Result: RecusalGranted, Text: "经查属实，予以回避。"}))
		if err := reply(head, x.ID, Reply{Result: RecusalRefused, Text: "经查不存在利害关系。"}); !errors.Is(err, ErrStale) {
			t.Errorf("answered twice: %v", err)
		}
		got := w.load(t, c.ID)
		if !got.Concerns(reviewer1.ID) || got.Stage != StageReview || got.Reviewer.ID != "" {
			t.Errorf("%s %+v %q", got.Stage, got.Reviewer, got.concerned)
		}
		list, err := w.RecusalsOf(ctx, lin, c.ID)
		must(t, err)
		if len(list) != 2 || list[0].Answer != "经查属实，予以回避。" || list[0].Result != RecusalGranted {
			t.Errorf("the applicant reads %+v", list)
		}
	})
}

func TestARequestAboutTheHeadIsForAnApprover(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.reviewable(t, "a")
		w.act(t, head, c, w.complete(t, c, "extend"))
		x, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Official: acc(head), Reason: kin})
		must(t, err)
		if _, _, may, err := w.Recusal(ctx, head, x.ID); err != nil || may {
			t.Errorf("the head answers about the head: %v %v", may, err)
		}
		must(t, w.AnswerWithdrawal(ctx, approver, x.ID, Reply{Result: RecusalGranted, Text: "经查属实，予以回避。"}))
	})
}

func TestADecisionCanWaitForTheAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		w.c.RecusalWaits = true
		c := w.act(t, clerk, w.file(t, "a", filing), Action{Name: "accept"})
		x, err := w.AskWithdrawal(t.Context(), lin, c.ID, NewRecusal{Official: acc(clerk), Reason: kin})
		must(t, err)
		if _, err := w.Act(t.Context(), clerk, c.ID, opinion("approve")); !errors.Is(err, ErrDisputed) {
			t.Errorf("decided before the answer: %v", err)
		}
		must(t, w.AnswerWithdrawal(t.Context(), head, x.ID, Reply{Result: RecusalRefused, Text: "经查不存在利害关系。"}))
		w.act(t, clerk, w.load(t, c.ID), opinion("approve"))
	})
}

// TestFourEyesInEveryProcedure tries in every procedure, with one official or two,
// whether somebody who reviewed can also countersign or decide: with every role at
// once, as a deputy, after a case was handed over, after a conflict was declared.
func TestFourEyesInEveryProcedure(t *testing.T) {
	t.Parallel()
	both := func(name string) auth.Principal {
		return staff(name, auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead)
	}
	first, second, third := both("first"), both("second"), both("third")
	each(t, func(t *testing.T, w *world) {
		w.staffed(first, second, third)
		for item, svc := range w.services {
			if svc.Procedure == bundleProcedure {
				continue
			}
			for _, two := range []bool{false, true} {
				for _, how := range []string{"same", "deputy", "handed", "conflict"} {
					svc.Handling.TwoOfficials, svc.Agency = two, bureau
					w.services[item] = svc
					w.c.Services = services(w.services)
					w.Service.services.Clear()
					c := w.act(t, first, w.file(t, fmt.Sprint(item, two, how), item), Action{Name: "accept"})
					if c.Stage != StageReview {
						continue // decided without a review
					}
					w.fourEyes(t, how, c, []auth.Principal{first, second, third})
				}
			}
		}
	})
}

func (w *world) fourEyes(t *testing.T, how string, c Case, p []auth.Principal) {
	t.Helper()
	ctx := t.Context()
	name := fmt.Sprint(c.Procedure, " two ", c.Two, " ", how)
	_, err := w.Claim(ctx, p[0], c.ID)
	must(t, err)
	by := p[0]
	switch how {
	case "deputy":
		by = p[1]
		a, err := w.Absent(ctx, p[0], NewAbsence{From: w.Today(), To: w.Today(), Kind: "sick", Deputy: acc(p[1])})
		must(t, err)
		defer func() { must(t, w.EndAbsence(ctx, p[0], a.ID)) }()
	case "handed":
		by = p[1]
		_, err := w.HandOver(ctx, p[0], c.ID, acc(p[1]), "")
		must(t, err)
	case "conflict":
		by = p[1]
		must(t, w.Declare(ctx, p[0], c.ID, kin))
	}
	c = w.act(t, by, w.load(t, c.ID), opinion("review"))
	next := map[Stage]string{StageCountersign: "countersign", StageDecide: "approve", StageOpinions: "approve"}[c.Stage]
	for _, action := range []string{next, "countersign", "approve", "deny"} {
		if _, err := w.Act(ctx, by, c.ID, w.complete(t, c, action)); err == nil {
			t.Errorf("%s: who reviewed took %s", name, action)
		}
	}
	if err := w.fits(ctx, by, c); err == nil && c.Queueing() {
		t.Errorf("%s: who reviewed can hold it", name)
	}
	if how == "conflict" {
		if _, err := w.Act(ctx, p[0], c.ID, w.complete(t, c, next)); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: who declared a conflict took %s: %v", name, next, err)
		}
	}
	if c.Stage == StageOpinions {
		return
	}
	c = w.act(t, p[2], c, w.complete(t, c, next))
	if next == "countersign" {
		for _, x := range []auth.Principal{by, p[2]} {
			if _, err := w.Act(ctx, x, c.ID, w.complete(t, c, "approve")); err == nil {
				t.Errorf("%s: a reviewer decides", name)
			}
		}
	}
}

// TestHandsAreAlwaysInOrder walks at random and asks after every step: each open case
// is in the hands of one official who is there, or has a deputy, and may take its
// next step, or of nobody.
func TestHandsAreAlwaysInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		r := rand.New(rand.NewPCG(4, 2))
		people := []auth.Principal{clerk, clerk2, reviewer1, reviewer2, approver, approver2, head}
		var cases []contract.CaseID
		for i := range 6 {
			cases = append(cases, w.file(t, fmt.Sprint("w", i), []contract.ItemID{hygiene, filing, benefit}[i%3]).ID)
		}
		done := map[string]int{}
		for range 350 {
			p, q := people[r.IntN(len(people))], people[r.IntN(len(people))]
			c := w.load(t, cases[r.IntN(len(cases))])
			name, err := w.handsOn(t, r, p, q, c)
			if err != nil && fault.KindOf(err) == fault.Internal {
				t.Fatalf("%s by %s: %v", name, p.ID, err)
			}
			if err == nil {
				done[name]++
			}
			w.drain(t)
			w.checkHands(t, cases, name)
		}
		if len(done) < 9 {
			t.Errorf("the walk did little: %v", done)
		}
	})
}

func (w *world) handsOn(t *testing.T, r *rand.Rand, p, q auth.Principal, c Case) (string, error) {
	t.Helper()
	ctx := t.Context()
	var err error
	names := []string{"claim", "next", "release", "hand", "assign", "take", "absent", "back", "declare", "order", "rule", "day", "step", "step", "step", "claim"}
	name := names[r.IntN(len(names))]
	switch name {
	case "claim":
		_, err = w.Claim(ctx, p, c.ID)
	case "next":
		_, err = w.TakeNext(ctx, p, "", "")
	case "release":
		_, err = w.Release(ctx, p, c.ID, "")
	case "hand":
		_, err = w.HandOver(ctx, p, c.ID, acc(q), "请接着办")
	case "assign":
		_, err = w.Assign(ctx, head, c.ID, acc(q), "")
	case "take":
		_, err = w.TakeOver(ctx, p, c.ID)
	case "absent":
		n := NewAbsence{From: w.Today().Add(r.IntN(2)), Kind: "leave"}
		if n.To = n.From.Add(r.IntN(2)); r.IntN(2) == 0 {
			n.Deputy = acc(q)
		}
		_, err = w.Absent(ctx, p, n)
	case "back":
		list, e := w.Absences(ctx, head)
		must(t, e)
		if len(list) == 0 {
			return name, ErrNotFound
		}
		err = w.EndAbsence(ctx, head, list[r.IntN(len(list))].ID)
	case "declare":
		if r.IntN(3) > 0 {
			return name, ErrState
		}
		err = w.Declare(ctx, p, c.ID, kin)
	case "order":
		if r.IntN(3) > 0 {
			return name, ErrState
		}
		err = w.Order(ctx, head, c.ID, acc(q), kin)
	case "rule":
		err = w.SetWorkRule(ctx, head, GiveStages()[r.IntN(len(GiveStages()))], Gives()[r.IntN(3)])
	case "day":
		w.clock.set(w.clock.now().AddDate(0, 0, 1))
	case "step":
		choices, e := w.Choices(ctx, p, c)
		must(t, e)
		if len(choices) == 0 {
			return name, ErrState
		}
		_, err = w.Act(ctx, p, c.ID, w.complete(t, c, choices[r.IntN(len(choices))].Action))
	}
	return name, err
}

func (w *world) checkHands(t *testing.T, cases []contract.CaseID, after string) {
	t.Helper()
	for _, id := range cases {
		c := w.load(t, id)
		if c.Holder.ID == "" {
			if !c.Held.IsZero() {
				t.Fatalf("after %s: held by nobody since %v", after, c.Held)
			}
			continue
		}
		away, err := w.absenceOf(t.Context(), w.c.DB, c.Agency, c.Holder.ID)
		must(t, err)
		if away.ID != "" && away.Deputy.ID == "" {
			t.Fatalf("after %s: %s is absent without a deputy and holds a case", after, c.Holder.ID)
		}
		if c.Concerns(c.Holder.ID) {
			t.Fatalf("after %s: %s is kept from the case and holds it", after, c.Holder.ID)
		}
		if err := w.fits(t.Context(), as(c.Holder.ID), c); err != nil {
			t.Fatalf("after %s: %s cannot work what they hold (%s): %v", after, c.Holder.ID, c.Stage, err)
		}
		holds, err := holdsOf(t.Context(), w.c.DB, id, 1)
		must(t, err)
		if len(holds) == 0 || holds[0].To != c.Holder || !holds[0].At.Equal(c.Held) {
			t.Fatalf("after %s: the record says %+v, the case %+v", after, holds, c.Holder)
		}
	}
}
