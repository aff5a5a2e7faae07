package form_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/fault"
)

var twoMarks = []contract.Mark{
	{Kind: "field", ID: "area", Reason: "平面图上标的是 48 平方米"},
	{Kind: "material", ID: "hygiene_report", Reason: "最后一页没有盖章"},
}

func TestCorrectionOpensOnlyWhatIsMarked(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		w.AskToCorrect(t, twoMarks...)
		d, err := w.Correct(t.Context(), formtest.Lin, "c1")
		if err != nil {
			t.Fatal(err)
		}
		fixes := d.Fixes()
		if len(fixes) != 2 || fixes[0].Was != 48.5 || fixes[0].Fault == nil || len(fixes[1].WasFiles) != 1 || fixes[1].Fault == nil {
			t.Fatalf("fixes are %+v", fixes)
		}
		if again, err := w.Correct(t.Context(), formtest.Lin, "c1"); err != nil || again.ID != d.ID {
			t.Errorf("a second draft for the same notice: %v %v", again.ID, err)
		}
		if _, err := w.Fill(t, formtest.Lin, d.ID, 0, map[string]any{"staff": 9}); !errors.Is(err, form.ErrNotOpen) {
			t.Errorf("changed what was in order: %v", err)
		}
		_, err = w.Attach(t.Context(), formtest.Lin, d.ID, "plans", form.Upload{Name: "a.pdf", Body: strings.NewReader(formtest.PDF("new"))})
		if !errors.Is(err, form.ErrNotOpen) {
			t.Errorf("replaced what was in order: %v", err)
		}
		if err := w.Resubmit(t.Context(), formtest.Lin, d.ID, form.Change{}); !errors.Is(err, form.ErrIncomplete) || len(fault.FieldsOf(err)) != 2 {
			t.Errorf("handed in nothing: %v", err)
		}
		if _, err := w.Correct(t.Context(), formtest.Zhou, "c1"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a stranger corrects: %v", err)
		}
	})
}

func TestCorrectionIsHandedInOnce(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		w.AskToCorrect(t, twoMarks...)
		d, err := w.Correct(t.Context(), formtest.Lin, "c1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Fill(t, formtest.Lin, d.ID, 0, map[string]any{"area": 48}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Attach(t.Context(), formtest.Lin, d.ID, "hygiene_report", form.Upload{Name: "p6.pdf", Body: strings.NewReader(formtest.PDF("page 6"))}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if err := w.Resubmit(t.Context(), formtest.Lin, d.ID, form.Change{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(w.Cases.Resent) != 1 {
			t.Fatalf("handed in %d times", len(w.Cases.Resent))
		}
		a := w.Cases.Resent[0]
		if a["area"] != 48.0 || a["staff"] != int64(3) || a["name"] != "广安区清和美发店" || len(w.Cases.ResentMat) != len(formtest.Uploads())+1 {
			t.Errorf("handed in %v with %d files", a, len(w.Cases.ResentMat))
		}
	})
}

func TestCorrectionAsksWhatFollows(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		w.AskToCorrect(t, contract.Mark{Kind: "field", ID: "central_air", Reason: "现场有中央空调"}, contract.Mark{Kind: "field", ID: "name", Reason: "和招牌不一样"})
		d, err := w.Correct(t.Context(), formtest.Lin, "c1")
		if err != nil {
			t.Fatal(err)
		}
		if f := d.Fixes(); len(f) != 2 || f[1].Field.Held != nil {
			t.Fatalf("fixes are %+v", f) // a doubted answer is asked, held or not
		}
		d, err = w.Fill(t, formtest.Lin, d.ID, 0, map[string]any{"central_air": true, "name": "广安区清和美容美发店"})
		if err != nil {
			t.Fatal(err)
		}
		if f := d.Fixes(); len(f) != 3 || f[2].Mark.ID != "aircon_report" {
			t.Fatalf("the report on the air conditioning is not asked: %+v", f)
		}
		if _, err := w.Attach(t.Context(), formtest.Lin, d.ID, "aircon_report", form.Upload{Name: "air.pdf", Body: strings.NewReader(formtest.PDF("air"))}); err != nil {
			t.Fatal(err)
		}
		if err := w.Resubmit(t.Context(), formtest.Lin, d.ID, form.Change{}); err != nil {
			t.Fatal(err)
		}
		if got := w.Cases.Resent[0]["name"]; got != "广安区清和美容美发店" {
			t.Errorf("name is %v", got)
		}
	})
}
