package inquiry_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/inquiry/inquirytest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// asks says what the agenda of an official has: "visit go", with "!" where it is due today.
func asks(t *testing.T, w *world, p auth.Principal, whose ...contract.AccountID) []string {
	t.Helper()
	if len(whose) == 0 {
		whose = []contract.AccountID{contract.AccountID(p.ID)}
	}
	list, err := w.Agenda(t.Context(), p, whose)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range list {
		s := x.Kind + " " + x.Do
		if x.Now {
			s += "!"
		}
		out = append(out, s)
	}
	return out
}

func wants(t *testing.T, w *world, what string, want map[*auth.Principal]string) {
	t.Helper()
	for p, s := range want {
		var list []string
		if s != "" {
			list = []string{s}
		}
		if got := asks(t, w, *p); !slices.Equal(got, list) {
			t.Errorf("%s: %s has %q, want %q", what, p.ID, got, list)
		}
	}
}

func TestAVisitAsksItsTwoOfficials(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, one, two, none := t.Context(), &inquirytest.Reviewer, &inquirytest.Second, &inquirytest.Third
		x := plan(t, w)
		wants(t, w, "planned", map[*auth.Principal]string{one: "visit go", two: "visit go", none: "", &inquirytest.Head: "", &inquirytest.Far: "", &inquirytest.Overseer: "", &inquirytest.Lin: "", &inquirytest.Machine: ""})
		if got := asks(t, w, *none, "r3", "r1"); !slices.Equal(got, []string{"visit go"}) {
			t.Errorf("who stands in for one of them: %q", got)
		}
		if _, err := w.AskOtherTime(ctx, inquirytest.Lin, x.ID, 0, "当天不在", []inquiry.Slot{slot("2026-11-19", "09:00-11:00")}); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "another time is asked for", map[*auth.Principal]string{one: "visit answer!", two: "visit answer!", none: ""})
		if _, err := w.MoveVisit(ctx, inquirytest.Reviewer, x.ID, 0, slot("2026-11-18", "10:00-12:00"), "已约好"); err != nil {
			t.Fatal(err)
		}
		w.To("2026-11-18")
		wants(t, w, "on the day", map[*auth.Principal]string{one: "visit go!", two: "visit go!"})
		w.To("2026-11-19")
		wants(t, w, "the day after", map[*auth.Principal]string{one: "visit record!", two: "visit record!"})
		x = fill(t, w, x.ID)
		wants(t, w, "filled in", map[*auth.Principal]string{one: "visit sign!", two: "visit sign!"})
		if _, err := w.SignVisit(ctx, inquirytest.Reviewer, x.ID, x.Visit.Rev); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "signed by one", map[*auth.Principal]string{one: "visit others", two: "visit sign!"})
	})
}

func TestAVisitThatAskedForCorrectionsAsksUntilTheyAreConfirmed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, one := t.Context(), &inquirytest.Reviewer
		x := plan(t, w)
		x = fill(t, w, x.ID)
		x, err := w.FillVisit(ctx, inquirytest.Reviewer, x.ID, map[string]inquiry.Change{"result": {Was: "pass", Value: "corrections"}, "correct_by": set("2026-11-25")})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []auth.Principal{inquirytest.Reviewer, inquirytest.Second} {
			if x, err = w.SignVisit(ctx, p, x.ID, x.Visit.Rev); err != nil {
				t.Fatal(err)
			}
		}
		if x, err = w.SettlePresent(ctx, inquirytest.Reviewer, x.ID, x.Visit.Rev, inquiry.Present{How: inquiry.Absent, Reason: "不在"}); err != nil || x.State != inquiry.Closed {
			t.Fatal(err, x.State)
		}
		wants(t, w, "closed", map[*auth.Principal]string{one: "visit corrections", &inquirytest.Third: ""})
		w.To("2026-11-25")
		wants(t, w, "on the last day", map[*auth.Principal]string{one: "visit corrections!"})
		if _, err := w.ConfirmCorrections(ctx, inquirytest.Reviewer, x.ID, 0, "看过照片"); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "confirmed", map[*auth.Principal]string{one: ""})
	})
}

func TestAHearingAsksWhoOrganisesItAndThenWhoPresides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		began, host, recorder, head := &inquirytest.Reviewer, &inquirytest.Third, &inquirytest.Clerk, &inquirytest.Head
		x := tellRight(t, w)
		wants(t, w, "told", map[*auth.Principal]string{began: "", host: ""})
		if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "asked for", map[*auth.Principal]string{began: "hearing arrange!", host: "", head: ""})
		arrange(t, w, x.ID)
		wants(t, w, "set", map[*auth.Principal]string{began: "", host: "hearing preside", recorder: "hearing preside", head: ""})
		if _, err := w.ObjectToHost(ctx, inquirytest.Lin, x.ID, "与利害关系人是亲戚"); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "objected to", map[*auth.Principal]string{head: "hearing objection!", host: "hearing preside"})
		if _, err := w.DecideHost(ctx, inquirytest.Head, x.ID, 0, "", "没有亲属关系"); err != nil {
			t.Fatal(err)
		}
		w.To("2026-11-26")
		wants(t, w, "on the day", map[*auth.Principal]string{head: "", host: "hearing preside!", recorder: "hearing preside!"})
		w.To("2026-11-27")
		wants(t, w, "the day after", map[*auth.Principal]string{host: "hearing record!"})
	})
}

func TestAReviewAsksWhoOrganisesIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, began := t.Context(), &inquirytest.Reviewer
		roster(t, w, "甲")
		x := review(t, w)
		wants(t, w, "begun", map[*auth.Principal]string{began: "review panel!", &inquirytest.Second: "", &inquirytest.Head: ""})
		y, err := w.Draw(ctx, inquirytest.Reviewer, x.ID, 0, "卫生", 1)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, w, "drawn", map[*auth.Principal]string{began: "review opinions"})
		w.To("2026-11-23") // the last day
		wants(t, w, "due", map[*auth.Principal]string{began: "review opinions!"})
		if _, err := w.EnterOpinion(ctx, inquirytest.Second, x.ID, 0, inquiry.Opinion{Member: y.Review.Panel[0].ID, Verdict: inquiry.VerdictFor, Text: "可以"}); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "all have spoken", map[*auth.Principal]string{began: "review close!"})
	})
}

// What was there before somebody was noted as its organiser is listed for those who
// take part in it, and stays readable.
func TestInquiriesFromBeforeHaveNobodyWhoOrganises(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		x := plan(t, w)
		if err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE inquiry_inquiries SET secretary = '' WHERE id = $1`, x.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		wants(t, w, "from before", map[*auth.Principal]string{&inquirytest.Reviewer: "visit go"})
	})
}
