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
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/fault"
)

type world = inquirytest.World

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, inquirytest.On(t, d)) }, inquirytest.Areas()...)
}

func slot(date, at string) inquiry.Slot { return inquiry.Slot{Day: day.MustParse(date), Time: at} }

func plan(t *testing.T, w *world) inquiry.Inquiry {
	t.Helper()
	x, err := w.PlanVisit(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewVisit{
		Purpose: "核对场所", Place: "洪洲大道 12 号", Officials: []contract.AccountID{"r1", "r2"}, Slot: slot("2026-11-18", "09:00-11:00"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func set(value string) inquiry.Change { return inquiry.Change{Value: value} }

// fill completes the record of a visit, photo included.
func fill(t *testing.T, w *world, id string) inquiry.Inquiry {
	t.Helper()
	w.To("2026-11-18")
	if _, err := w.AddFile(t.Context(), inquirytest.Second, id, "photo", "exits", inquiry.Upload{Name: "a.png", Body: bytes.NewReader(inquirytest.Picture(t))}); err != nil {
		t.Fatal(err)
	}
	x, err := w.FillVisit(t.Context(), inquirytest.Reviewer, id, map[string]inquiry.Change{
		"item.exits": set("pass"), "item.seats": set("48"), "item.layout": set("一层"), "result": set("pass"), "summary": set("合格"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func changes(t *testing.T, w *world) []string {
	t.Helper()
	list, err := w.Events.Of(t.Context(), "case:"+string(inquirytest.Case))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		_, rest, ok := strings.Cut(string(e.Body), `"change":"`)
		if word, _, _ := strings.Cut(rest, `"`); ok {
			out = append(out, word)
		}
	}
	return out
}

func TestAVisitNeedsTwoOfficialsWhomNothingKeepsFromTheCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			name  string
			pair  []contract.AccountID
			field string
		}{
			{"one", []contract.AccountID{"r1"}, "official2"},
			{"the same twice", []contract.AccountID{"r1", "r1"}, "official2"},
			{"one with a part in the case", []contract.AccountID{"r1", "own"}, "official2"},
			{"one of another agency", []contract.AccountID{"f1", "r2"}, "official1"},
			{"a supervisor", []contract.AccountID{"s1", "r2"}, "official1"},
			{"the applicant", []contract.AccountID{"r1", "lin"}, "official2"},
		} {
			_, err := w.PlanVisit(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewVisit{
				Purpose: "x", Place: "y", Officials: tt.pair, Slot: slot("2026-11-18", "09:00-11:00"),
			})
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if len(changes(t, w)) != 0 {
			t.Error("a refused visit left a trace")
		}
	})
}

func TestAppointmentsAreAgreedMovedOnceAskedAndCalledOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		if _, err := w.PlanVisit(ctx, inquirytest.Reviewer, inquirytest.Case, inquiry.NewVisit{
			Purpose: "x", Place: "y", Officials: []contract.AccountID{"r1", "r2"}, Slot: slot("2026-11-18", "09:00-11:00"),
		}); !errors.Is(err, inquiry.ErrRunning) {
			t.Errorf("a second visit beside the first: %v", err)
		}
		for range 2 { // a double click is one yes
			if y, err := w.ConfirmVisit(ctx, inquirytest.Lin, x.ID, 0); err != nil || y.State != inquiry.Confirmed || y.Revision != 2 {
				t.Fatalf("confirm: %+v %v", y.Head, err)
			}
		}
		want := []inquiry.Slot{slot("2026-11-19", "14:00-16:00")}
		if _, err := w.AskOtherTime(ctx, inquirytest.Lin, x.ID, 1, "出差", want); !errors.Is(err, inquiry.ErrStale) {
			t.Errorf("an old page: %v", err)
		}
		if y, err := w.AskOtherTime(ctx, inquirytest.Lin, x.ID, 2, "出差", want); err != nil || y.State != inquiry.Asked {
			t.Fatalf("ask: %v", err)
		}
		y, err := w.MoveVisit(ctx, inquirytest.Second, x.ID, 0, want[0], "")
		if err != nil || y.State != inquiry.Confirmed || y.Day != want[0].Day {
			t.Fatalf("their own proposal needs no answer: %+v %v", y.Head, err)
		}
		if _, err := w.AskOtherTime(ctx, inquirytest.Lin, x.ID, 0, "again", want); !errors.Is(err, inquiry.ErrTwice) {
			t.Errorf("asked twice: %v", err)
		}
		if _, err := w.MoveVisit(ctx, inquirytest.Second, x.ID, 0, slot("2026-11-20", "09:00-10:00"), ""); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("moved without a reason: %v", err)
		}
		if _, err := w.CancelVisit(ctx, inquirytest.Second, x.ID, 0, "不再需要"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(changes(t, w), " "); got != "planned confirmed asked moved cancelled" {
			t.Errorf("events: %s", got)
		}
	})
}

func TestTheRecordClosesWhenBothConfirmedTheSameText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		if _, err := w.FillVisit(ctx, inquirytest.Reviewer, x.ID, map[string]inquiry.Change{"summary": set("x")}); !errors.Is(err, inquiry.ErrState) {
			t.Fatalf("recorded before the day: %v", err)
		}
		x = fill(t, w, x.ID)
		if _, err := w.SignVisit(ctx, inquirytest.Reviewer, x.ID, x.Visit.Rev); err != nil {
			t.Fatal(err)
		}
		y, err := w.FillVisit(ctx, inquirytest.Second, x.ID, map[string]inquiry.Change{"summary": {Was: "合格", Value: "合格，通道畅通"}})
		if err != nil || y.Visit.Agreed("r1") {
			t.Fatalf("a changed record voids the other's confirmation: %v", err)
		}
		if _, err := w.SignVisit(ctx, inquirytest.Second, x.ID, x.Visit.Rev); !errors.Is(err, inquiry.ErrStale) {
			t.Errorf("confirmed a text that was not seen: %v", err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i, p := range []auth.Principal{inquirytest.Reviewer, inquirytest.Second, inquirytest.Reviewer, inquirytest.Second} {
			wg.Go(func() { _, errs[i] = w.SignVisit(ctx, p, x.ID, y.Visit.Rev) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && !errors.Is(err, inquiry.ErrState) {
				t.Error(err)
			}
		}
		y, err = w.Open(ctx, inquirytest.Reviewer, x.ID)
		if err != nil || !y.Visit.Agreed("r1") || !y.Visit.Agreed("r2") || !y.Open {
			t.Fatalf("both at once: %+v %v", y.Visit.Officials, err)
		}
		y, err = w.AnswerRecord(ctx, inquirytest.Lin, x.ID, y.Visit.Rev, inquiry.Present{How: inquiry.Signed, Name: "林美", Statement: "无异议"})
		if err != nil || y.State != inquiry.Closed || y.Open {
			t.Fatalf("close: %+v %v", y.Head, err)
		}
		w.Drain(t)
		w.Drain(t)
		if len(w.Documents) != 1 || len(w.Specials) != 0 {
			t.Errorf("%d documents; a visit stops no clock: %v", len(w.Documents), w.Specials)
		}
		if _, err := w.FillVisit(ctx, inquirytest.Reviewer, x.ID, map[string]inquiry.Change{"summary": {Was: "合格，通道畅通", Value: "改"}}); !errors.Is(err, inquiry.ErrState) {
			t.Errorf("a closed record changed: %v", err)
		}
	})
}

func TestTwoOfficialsFillOneRecordAndNothingIsLost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		w.To("2026-11-18")
		if _, err := w.FillVisit(ctx, inquirytest.Reviewer, x.ID, map[string]inquiry.Change{"item.seats": set("40"), "summary": set("甲")}); err != nil {
			t.Fatal(err)
		}
		y, err := w.FillVisit(ctx, inquirytest.Second, x.ID, map[string]inquiry.Change{"item.seats": set("44"), "item.layout": set("两层"), "summary": set("")})
		f := fault.FieldsOf(err)
		if len(f) != 1 || f[0].Name != "item.seats" {
			t.Fatalf("what both changed is told: %v", err)
		}
		if y.Visit.Value("item.seats") != "40" || y.Visit.Value("item.layout") != "两层" || y.Visit.Value("summary") != "甲" {
			t.Errorf("kept: %+v", y.Visit.Fields)
		}
	})
}

func TestWhatARecordLacksIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		x = fill(t, w, x.ID)
		for _, tt := range []struct {
			name   string
			change map[string]inquiry.Change
			fields string
		}{
			{"failed and passed", map[string]inquiry.Change{"item.exits": {Was: "pass", Value: "fail"}}, "note.exits result"},
			{"over the limit", map[string]inquiry.Change{"item.exits": {Was: "fail", Value: "pass"}, "item.seats": {Was: "48", Value: "301"}}, "result"},
			{"no number", map[string]inquiry.Change{"item.seats": {Was: "301", Value: "many"}}, "item.seats"},
			{"corrections without a day", map[string]inquiry.Change{"item.seats": {Was: "many", Value: "10"}, "result": {Was: "pass", Value: "corrections"}}, "correct_by"},
			{"a day in the past", map[string]inquiry.Change{"correct_by": set("2026-11-18")}, "correct_by"},
			{"all there", map[string]inquiry.Change{"correct_by": {Was: "2026-11-18", Value: "2026-11-25"}}, ""},
		} {
			y, err := w.FillVisit(ctx, inquirytest.Reviewer, x.ID, tt.change)
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			_, err = w.SignVisit(ctx, inquirytest.Second, x.ID, y.Visit.Rev)
			var names []string
			for _, f := range fault.FieldsOf(err) {
				names = append(names, f.Name)
			}
			if got := strings.Join(names, " "); got != tt.fields {
				t.Errorf("%s: %q, want %q (%v)", tt.name, got, tt.fields, err)
			}
		}
	})
}

func TestNothingIsGrantedBeforeTheVisitWasPassed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		missing := func(grant bool) (n int) {
			err := w.DB.InTx(ctx, func(ctx contextT, tx db.Tx) error {
				list, err := w.Missing(ctx, tx, inquirytest.Case, contract.Deciding{Grant: grant, Visit: true})
				n = len(list)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if missing(true) != 1 || missing(false) != 0 {
			t.Fatal("a grant needs the visit, a denial does not")
		}
		x := fill(t, w, plan(t, w).ID)
		x, err := w.FillVisit(ctx, inquirytest.Second, x.ID, map[string]inquiry.Change{"result": {Was: "pass", Value: "corrections"}, "correct_by": set("2026-11-25")})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []auth.Principal{inquirytest.Reviewer, inquirytest.Second} {
			if _, err := w.SignVisit(ctx, p, x.ID, x.Visit.Rev); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.SettlePresent(ctx, inquirytest.Second, x.ID, x.Visit.Rev, inquiry.Present{How: inquiry.Refused, Reason: "不同意结论"}); err != nil {
			t.Fatal(err)
		}
		if missing(true) != 1 {
			t.Error("corrections are open")
		}
		if _, err := w.ConfirmCorrections(ctx, inquirytest.Reviewer, x.ID, 0, "复查照片"); err != nil {
			t.Fatal(err)
		}
		if missing(true) != 0 {
			t.Error("corrected, and still missing")
		}
		cited, err := w.Cited(ctx, inquirytest.Case)
		if err != nil || len(cited) != 1 || !strings.Contains(cited[0].ZH, "核〔2026〕") {
			t.Errorf("cited: %v %v", cited, err)
		}
	})
}

func TestNobodyThereIsRecordedOnlyAfterTheTimeBegan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		x := plan(t, w)
		if _, err := w.NobodyThere(t.Context(), inquirytest.Second, x.ID, 0, "大门关闭"); !errors.Is(err, inquiry.ErrState) {
			t.Errorf("before: %v", err)
		}
		w.To("2026-11-18")
		y, err := w.NobodyThere(t.Context(), inquirytest.Second, x.ID, 0, "大门关闭")
		if err != nil || y.State != inquiry.NoShow || y.Open {
			t.Errorf("after: %+v %v", y.Head, err)
		}
	})
}
