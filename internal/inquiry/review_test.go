package inquiry_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/inquiry/inquirytest"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

func roster(t *testing.T, w *world, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := w.SaveExpert(t.Context(), inquirytest.Head, inquiry.Expert{Name: n, Field: "卫生", Unit: "大学", Contact: "139"}); err != nil {
			t.Fatal(err)
		}
	}
}

func review(t *testing.T, w *world) inquiry.Inquiry {
	t.Helper()
	x, err := w.StartReview(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewReview{Special: statute.ExpertReview, Question: "通风", Days: 5})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestAReviewStopsTheClockAndItsResultLetsItGoOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		roster(t, w, "甲", "乙")
		x := review(t, w)
		if len(w.Specials) != 1 || w.Specials[0] != "start expert_review 5" || x.Due != day.MustParse("2026-11-23") {
			t.Fatalf("%v, due %s", w.Specials, x.Due)
		}
		if _, err := w.StartReview(ctx, inquirytest.Reviewer, inquirytest.Case, inquiry.NewReview{Special: statute.ExpertReview, Question: "通风", Days: 5}); !errors.Is(err, inquiry.ErrRunning) {
			t.Errorf("a second click: %v", err)
		}
		if _, err := w.Draw(ctx, inquirytest.Reviewer, x.ID, 0, "", 3); !errors.Is(err, inquiry.ErrFewExperts) {
			t.Errorf("more than there are: %v", err)
		}
		y, err := w.Draw(ctx, inquirytest.Reviewer, x.ID, 0, "卫生", 2)
		if err != nil || y.Review.Panel[0].Expert == y.Review.Panel[1].Expert {
			t.Fatalf("drawn twice: %v", err)
		}
		for _, m := range y.Review.Panel {
			if _, err := w.EnterOpinion(ctx, inquirytest.Second, x.ID, 0, inquiry.Opinion{Member: m.ID, Verdict: inquiry.VerdictFor, Text: "可以"}); err != nil {
				t.Fatal(err)
			}
		}
		y, err = w.CloseReview(ctx, inquirytest.Reviewer, x.ID, 0, inquiry.Outcome{Verdict: inquiry.VerdictFor, Result: "一致同意", Received: day.Date{}})
		if err != nil || y.State != inquiry.Closed || w.Specials[len(w.Specials)-1] != "end special-1 一致同意" {
			t.Fatalf("%v %v", w.Specials, err)
		}
	})
}

func TestALinkIsGoodOnceAndForOneExpert(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		roster(t, w, "甲")
		x := review(t, w)
		y, err := w.Draw(ctx, inquirytest.Reviewer, x.ID, 0, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		old, err := w.Link(ctx, inquirytest.Reviewer, x.ID, y.Review.Panel[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := w.Link(ctx, inquirytest.Reviewer, x.ID, y.Review.Panel[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ExpertView(ctx, old); !errors.Is(err, inquiry.ErrLink) {
			t.Errorf("the older link: %v", err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			wg.Go(func() { errs[i] = w.ExpertOpinion(ctx, secret, inquiry.VerdictAgainst, "不够") })
		}
		wg.Wait()
		good := 0
		for _, err := range errs {
			if err == nil {
				good++
			} else if !errors.Is(err, inquiry.ErrLink) {
				t.Error(err)
			}
		}
		if good != 1 || strings.Count(strings.Join(changes(t, w), " "), "opinion") != 1 {
			t.Errorf("%d opinions by one link", good)
		}
		w.Set(w.Now().AddDate(0, 0, 15))
		if _, err := w.ExpertView(ctx, secret); !errors.Is(err, inquiry.ErrLink) {
			t.Errorf("after its days: %v", err)
		}
	})
}

func TestAnErrandEndsWithItsReport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		_, err := w.StartReview(ctx, inquirytest.Reviewer, inquirytest.Case, inquiry.NewReview{Special: "site_visit", Question: "水", Days: 0})
		var names []string
		for _, f := range fault.FieldsOf(err) {
			names = append(names, f.Name)
		}
		if strings.Join(names, " ") != "institution special days" {
			t.Errorf("told %v", names)
		}
		x, err := w.StartReview(ctx, inquirytest.Reviewer, inquirytest.Case, inquiry.NewReview{Special: statute.Testing, Question: "水质", Days: 10, Institution: "疾控中心", Sent: day.MustParse("2026-11-16")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.CloseReview(ctx, inquirytest.Reviewer, x.ID, 0, inquiry.Outcome{Verdict: inquiry.VerdictFor, Result: "合格", Received: day.MustParse("2026-11-16")}); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("without the report: %v", err)
		}
		if _, err := w.AddFile(ctx, inquirytest.Reviewer, x.ID, "report", "", inquiry.Upload{Name: "r.png", Body: bytes.NewReader(inquirytest.Picture(t))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.CloseReview(ctx, inquirytest.Clerk, x.ID, 0, inquiry.Outcome{Verdict: inquiry.VerdictFor, Result: "合格", Received: day.MustParse("2026-11-16")}); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("by a clerk: %v", err)
		}
		if _, err := w.CloseReview(ctx, inquirytest.Reviewer, x.ID, 0, inquiry.Outcome{Verdict: inquiry.VerdictFor, Result: "合格", Received: day.MustParse("2026-11-16")}); err != nil {
			t.Fatal(err)
		}
	})
}

// The wording of what leaves the building.
func TestTheRecordOnPaper(t *testing.T) {
	t.Parallel()
	w := inquirytest.Open(t)
	x := fill(t, w, plan(t, w).ID)
	for _, id := range []contract.AccountID{"r1", "r2"} {
		who := inquirytest.Reviewer
		if id == "r2" {
			who = inquirytest.Second
		}
		if _, err := w.SignVisit(t.Context(), who, x.ID, x.Visit.Rev); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.SettlePresent(t.Context(), inquirytest.Second, x.ID, x.Visit.Rev, inquiry.Present{How: inquiry.Refused, Reason: "没有看清", Name: "林美", Capacity: "店长"}); err != nil {
		t.Fatal(err)
	}
	w.Drain(t)
	if len(w.Papers) != 1 {
		t.Fatalf("%d papers", len(w.Papers))
	}
	p := w.Papers[0]
	got := strings.Join(append(append(append([]string{p.Title.ZH}, p.Body...), p.List...), append(p.After, p.Summary...)...), "\n")
	want := `现场核查记录
根据《中华人民共和国行政许可法》第三十四条第三款，区行政审批局指派两名工作人员，就“公共场所卫生许可”申请进行了现场核查。
疏散通道畅通：符合（照片 1 张）
座位数：48 个（符合）
布局：一层
核查情况：合格
核查结果：符合要求。
现场照片 1 张，另存于案卷。
在场人林美（店长）拒绝签名，原因：没有看清。
Record of the site visit of 18 November 2026 for "Hygiene licence" by two officials. Result: passed. A site visit does not stop the time to decide.`
	if got != want {
		t.Errorf("the record reads:\n%s", got)
	}
}
