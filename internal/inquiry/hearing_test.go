package inquiry_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/inquiry/inquirytest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

type contextT = context.Context

func tellRight(t *testing.T, w *world, thirds ...inquiry.Party) inquiry.Inquiry {
	t.Helper()
	x, err := w.TellHearing(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewHearing{Why: "影响相邻住户", Thirds: thirds})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func arrange(t *testing.T, w *world, id string) inquiry.Inquiry {
	t.Helper()
	x, err := w.Arrange(t.Context(), inquirytest.Second, id, 0, inquiry.SetHearing{
		Slot: slot("2026-11-26", "09:00-11:00"), Place: "三楼会议室", Host: "r3", Recorder: "c1",
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestFiveDaysToAskAreWorkingDaysAndThenTheRightLapsesOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		own, _ := x.Hearing.Own()
		if own.AskBy != day.MustParse("2026-11-23") || x.Due != own.AskBy { // Monday 16 + 5 working days
			t.Fatalf("ask by %s", own.AskBy)
		}
		if err := w.DB.InTx(ctx, func(ctx contextT, tx db.Tx) error {
			for _, grant := range []bool{true, false} {
				list, err := w.Missing(ctx, tx, inquirytest.Case, contract.Deciding{Grant: grant, Visit: true})
				if err != nil || len(list) == 0 || !strings.Contains(list[0].ZH, "听证") {
					t.Errorf("a decision before the right has lapsed: %v %v", list, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.To("2026-11-23")
		w.Drain(t)
		if y, err := w.Open(ctx, inquirytest.Lin, x.ID); err != nil || y.State != inquiry.Told {
			t.Fatalf("lapsed on the last day: %s %v", y.State, err)
		}
		w.To("2026-11-24")
		var wg sync.WaitGroup
		for range 3 { // workers side by side, as after a stop
			wg.Go(func() { w.Drain(t) })
		}
		wg.Wait()
		y, err := w.Open(ctx, inquirytest.Lin, x.ID)
		if err != nil || y.State != inquiry.Lapsed || y.Open {
			t.Fatalf("not lapsed: %s %v", y.State, err)
		}
		if n := strings.Count(strings.Join(changes(t, w), " "), "lapsed"); n != 1 {
			t.Errorf("lapsed %d times", n)
		}
		if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); !errors.Is(err, inquiry.ErrState) {
			t.Errorf("asked after: %v", err)
		}
	})
}

func TestAHearingIsOrganisedWithinTwentyDaysAndAnnouncedSevenBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		for range 2 {
			y, err := w.AskHearing(ctx, inquirytest.Lin, x.ID)
			if err != nil || y.Hearing.HoldBy != day.MustParse("2026-12-14") || y.Revision != 2 {
				t.Fatalf("hold by %s: %v", y.Hearing.HoldBy, err)
			}
		}
		for _, tt := range []struct{ date, field string }{
			{"2026-11-24", "day"}, // six working days of notice
			{"2026-11-28", "day"}, // a Saturday
			{"2026-12-15", "day"}, // too late, and it could be in time
			{"2026-11-15", "day"},
		} {
			_, err := w.Arrange(ctx, inquirytest.Second, x.ID, 0, inquiry.SetHearing{Slot: slot(tt.date, "09:00-10:00"), Place: "会议室", Host: "r3", Recorder: "c1"})
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != tt.field {
				t.Errorf("%s: %v", tt.date, err)
			}
		}
		y, err := w.Arrange(ctx, inquirytest.Second, x.ID, 0, inquiry.SetHearing{Slot: slot("2026-11-25", "09:00-10:00"), Place: "会议室", Host: "r3", Recorder: "c1"})
		if err != nil || y.Special != "special-1" || !strings.HasPrefix(w.Specials[0], "start hearing") || !y.Public {
			t.Fatalf("set: %+v %v %v", y.Head, w.Specials, err)
		}
		list, err := w.PublicHearings(ctx)
		if err != nil || len(list) != 1 || list[0].Place != "会议室" {
			t.Errorf("public: %+v %v", list, err)
		}
		if d := w.HearingDeadlines(y); len(d) != 3 || d[0].Lines[0].Counted != 0 || d[2].Due != day.MustParse("2026-11-25") {
			t.Errorf("explained: %+v", d)
		}
	})
}

func TestWhoReviewedDoesNotPreside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); err != nil {
			t.Fatal(err)
		}
		for _, host := range []contract.AccountID{"r1", "own", "s1", "f1"} {
			_, err := w.Arrange(ctx, inquirytest.Second, x.ID, 0, inquiry.SetHearing{Slot: slot("2026-11-26", "09:00-10:00"), Place: "会议室", Host: host, Recorder: "c1"})
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != "host" {
				t.Errorf("%s presides: %v", host, err)
			}
		}
		arrange(t, w, x.ID)
		if _, err := w.ObjectToHost(ctx, inquirytest.Lin, x.ID, "是邻居的亲戚"); err != nil {
			t.Fatal(err)
		}
		w.To("2026-11-26")
		if _, err := w.FillHearing(ctx, inquirytest.Third, x.ID, 0, "笔录", nil); !errors.Is(err, inquiry.ErrObjects) {
			t.Errorf("held while it is open who presides: %v", err)
		}
		if _, err := w.DecideHost(ctx, inquirytest.Second, x.ID, 0, "a1", "同意"); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("decided by another than the head: %v", err)
		}
		y, err := w.DecideHost(ctx, inquirytest.Head, x.ID, 0, "a1", "同意")
		if err != nil || y.Hearing.Host.ID != "a1" {
			t.Fatal(err)
		}
		if _, err := w.FillHearing(ctx, inquirytest.Third, x.ID, 0, "笔录", nil); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("who stepped back: %v", err)
		}
		// Who takes up the review of the case meanwhile presides no more.
		w.Facts.Handlers = append(w.Facts.Handlers, "a1")
		if _, err := w.FillHearing(ctx, inquirytest.Approver, x.ID, 0, "笔录", nil); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("a reviewer presides: %v", err)
		}
	})
}

func TestTheDecisionRestsOnTheSignedRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); err != nil {
			t.Fatal(err)
		}
		arrange(t, w, x.ID)
		people := []inquiry.Participant{{Name: "林美", Role: "applicant", How: inquiry.Signed}, {Name: "周", Role: "third", How: inquiry.Refused, Reason: "不同意"}}
		if _, err := w.FillHearing(ctx, inquirytest.Third, x.ID, 0, "笔录", people); !errors.Is(err, inquiry.ErrUnheard) {
			t.Fatalf("recorded before it began: %v", err)
		}
		w.To("2026-11-26")
		if _, err := w.FillHearing(ctx, inquirytest.Clerk, x.ID, 0, "笔录", people); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CloseHearing(ctx, inquirytest.Clerk, x.ID, 0, "结论"); !errors.Is(err, inquiry.ErrState) {
			t.Errorf("closed by the recorder: %v", err)
		}
		if _, err := w.FillHearing(ctx, inquirytest.Clerk, x.ID, 0, "笔录改", people); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CloseHearing(ctx, inquirytest.Third, x.ID, 0, "结论"); !errors.Is(err, inquiry.ErrSigns) {
			t.Errorf("signed another text: %v", err)
		}
		if _, err := w.FillHearing(ctx, inquirytest.Clerk, x.ID, 0, "笔录改", people); err != nil {
			t.Fatal(err)
		}
		y, err := w.CloseHearing(ctx, inquirytest.Third, x.ID, 0, "可以准予")
		if err != nil || y.State != inquiry.Closed || len(w.Specials) != 2 || w.Specials[1] != "end special-1 可以准予" {
			t.Fatalf("close: %v %v", w.Specials, err)
		}
		w.Drain(t)
		if len(w.Documents) != 3 { // right, notice, record
			t.Errorf("documents: %+v", w.Documents)
		}
		cited, err := w.Cited(ctx, inquirytest.Case)
		if err != nil || len(cited) != 1 || !strings.Contains(cited[0].ZH, "听证") {
			t.Errorf("cited: %v %v", cited, err)
		}
	})
}

func TestALateHearingIsACardOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); err != nil {
			t.Fatal(err)
		}
		w.To("2026-12-20")
		w.Drain(t)
		w.Drain(t)
		if len(w.Late) != 1 || w.Late[0] != "hearing:"+x.ID {
			t.Errorf("cards: %v", w.Late)
		}
	})
}

func TestAHolidayMovesTheDaysOfRunningHearings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		holiday := statute.Table{Region: "511602", Year: 2026, Source: "test", Days: []statute.TableDay{{Date: day.MustParse("2026-11-20"), Name: "试点放假"}}}
		w.Book = statute.NewBook(append(statute.National(), holiday)...)
		if err := w.DB.InTx(ctx, func(ctx contextT, tx db.Tx) error {
			return w.Events.Record(ctx, tx, event.Meta{Object: "calendar"}, contract.CalendarChanged{Region: "511602"})
		}); err != nil {
			t.Fatal(err)
		}
		w.Drain(t)
		y, err := w.Open(ctx, inquirytest.Lin, x.ID)
		if err != nil || y.Due != day.MustParse("2026-11-24") {
			t.Errorf("due %s %v", y.Due, err)
		}
		if !strings.Contains(strings.Join(changes(t, w), " "), "due_moved") {
			t.Error("no event")
		}
	})
}

func TestACaseThatEndsEndsItsInquiries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x, v := t.Context(), tellRight(t, w), plan(t, w)
		w.Facts.Open, w.Facts.Review = false, false
		if err := w.DB.InTx(ctx, func(ctx contextT, tx db.Tx) error {
			return w.Events.Record(ctx, tx, event.Meta{Object: "x"}, contract.CaseMoved{Case: inquirytest.Case, Action: "withdraw"})
		}); err != nil {
			t.Fatal(err)
		}
		w.Drain(t)
		for _, id := range []string{x.ID, v.ID} {
			if y, err := w.Open(ctx, inquirytest.Reviewer, id); err != nil || y.Open {
				t.Errorf("goes on: %+v %v", y.Head, err)
			}
		}
	})
}

func TestOnlyTheirOwnSideSeesAndActs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), tellRight(t, w)
		for _, p := range []auth.Principal{{}, inquirytest.Zhou, inquirytest.Far, inquirytest.Overseer, inquirytest.Machine, {Kind: auth.Resident, ID: "lin"}} {
			if _, err := w.Open(ctx, p, x.ID); !errors.Is(err, inquiry.ErrNotFound) {
				t.Errorf("%s %s sees it: %v", p.Kind, p.ID, err)
			}
			if _, err := w.AskHearing(ctx, p, x.ID); !errors.Is(err, inquiry.ErrNotFound) {
				t.Errorf("%s %s asks: %v", p.Kind, p.ID, err)
			}
		}
		for _, p := range []auth.Principal{inquirytest.Reviewer, inquirytest.Head, inquirytest.Clerk} {
			if _, err := w.AskHearing(ctx, p, x.ID); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s asks for the applicant: %v", p.ID, err)
			}
		}
		for _, p := range []auth.Principal{inquirytest.Own, inquirytest.Clerk, inquirytest.Lin} {
			if _, err := w.CancelHearing(ctx, p, x.ID, 0, "x"); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s calls it off: %v", p.ID, err)
			}
		}
		window := auth.Principal{Kind: auth.Staff, ID: "window1", Roles: []string{auth.RoleCounter}, For: auth.Acting{Kind: auth.ForCounter, ID: "salon", Person: "lin"}}
		if _, err := w.AskHearing(ctx, window, x.ID); err != nil {
			t.Errorf("a clerk at a window for who stands there: %v", err)
		}
	})
}

// What a service asks for in a case is held (art. 46), or told and left to whoever
// has the right (art. 47), before any decision.
func TestAHearingThatTheServiceAsksFor(t *testing.T) {
	t.Parallel()
	give := func(t *testing.T, w *world, x inquiry.Inquiry) {
		t.Helper()
		if _, err := w.WaiveHearing(t.Context(), inquirytest.Lin, x.ID); err != nil {
			t.Fatal(err)
		}
	}
	ordered := func(t *testing.T, w *world) inquiry.Inquiry {
		t.Helper()
		x, err := w.TellHearing(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewHearing{Why: "公共利益", ExOfficio: true})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	off := func(t *testing.T, w *world, x inquiry.Inquiry) {
		t.Helper()
		if _, err := w.CancelHearing(t.Context(), inquirytest.Second, x.ID, 0, "撤回申请"); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, kind string
		prepare    func(t *testing.T, w *world)
		want       string // "" for nothing missing
	}{
		{"none is asked for", "", nil, ""},
		{"prescribed, nothing done", contract.HearingMust, nil, "第四十六条"},
		{"prescribed, right given up", contract.HearingMust, func(t *testing.T, w *world) { give(t, w, tellRight(t, w)) }, "第四十六条"},
		{"prescribed, ordered", contract.HearingMust, func(t *testing.T, w *world) { ordered(t, w) }, "时间和地点"},
		{"prescribed, called off", contract.HearingMust, func(t *testing.T, w *world) { off(t, w, ordered(t, w)) }, "第四十六条"},
		{"prescribed, held", contract.HearingMust, held, ""},
		{"to be offered, nothing done", contract.HearingOffer, nil, "第四十七条"},
		{"to be offered, told", contract.HearingOffer, func(t *testing.T, w *world) { tellRight(t, w) }, "可以提出听证"},
		{"to be offered, given up", contract.HearingOffer, func(t *testing.T, w *world) { give(t, w, tellRight(t, w)) }, ""},
		{"to be offered, ordered and called off", contract.HearingOffer, func(t *testing.T, w *world) { off(t, w, ordered(t, w)) }, "第四十七条"},
		{"to be offered, held", contract.HearingOffer, held, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				if tt.prepare != nil {
					tt.prepare(t, w)
				}
				for _, grant := range []bool{true, false} {
					list, err := w.Missing(t.Context(), w.DB, inquirytest.Case, contract.Deciding{Grant: grant, Hearing: tt.kind})
					if err != nil {
						t.Fatal(err)
					}
					if tt.want == "" && len(list) > 0 || tt.want != "" && (len(list) != 1 || !strings.Contains(list[0].ZH, tt.want) || list[0].EN == "") {
						t.Errorf("grant %v: %v, want %q", grant, list, tt.want)
					}
				}
			})
		})
	}
}

// held tells, arranges, holds and closes a hearing.
func held(t *testing.T, w *world) {
	t.Helper()
	ctx, x := t.Context(), tellRight(t, w)
	if _, err := w.AskHearing(ctx, inquirytest.Lin, x.ID); err != nil {
		t.Fatal(err)
	}
	arrange(t, w, x.ID)
	w.To("2026-11-26")
	people := []inquiry.Participant{{Name: "林美", Role: "applicant", How: inquiry.Signed}}
	if _, err := w.FillHearing(ctx, inquirytest.Clerk, x.ID, 0, "笔录", people); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CloseHearing(ctx, inquirytest.Third, x.ID, 0, "可以准予"); err != nil {
		t.Fatal(err)
	}
	hosts, err := w.Presided(ctx, w.DB, inquirytest.Case)
	if err != nil || len(hosts) != 1 || hosts[0] != contract.AccountID(inquirytest.Third.ID) {
		t.Errorf("presided %v, %v", hosts, err)
	}
}

// A hearing that is prescribed is ordered, whatever the official chose, and the desk
// says what each decision waits for; where the applicant committed, no visit.
func TestTheDeskSaysWhatADecisionWaitsFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.Facts.Hearing = &contract.HearingSpec{Kind: contract.HearingMust}
		before, err := w.Before(ctx, inquirytest.Approver, inquirytest.Case)
		if err != nil || len(before.Any) != 1 || len(before.Grant) != 1 || !strings.Contains(before.Grant[0].EN, "site visit") {
			t.Errorf("%+v %v", before, err)
		}
		if x := tellRight(t, w); x.State != inquiry.Asked || !x.Hearing.ExOfficio {
			t.Errorf("not ordered: %+v", x.Head)
		}
		w.Facts.Committed = true
		if before, err = w.Before(ctx, inquirytest.Approver, inquirytest.Case); err != nil || len(before.Any) != 1 || len(before.Grant) != 0 {
			t.Errorf("committed: %+v %v", before, err)
		}
		w.Facts.Open = false
		if before, err = w.Before(ctx, inquirytest.Approver, inquirytest.Case); err != nil || len(before.Any)+len(before.Grant) != 0 {
			t.Errorf("ended: %+v %v", before, err)
		}
	})
}
