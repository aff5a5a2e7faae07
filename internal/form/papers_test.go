package form_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/fault"
)

// alone are answers of somebody without a spouse: nobody else signs.
func alone() map[string]any {
	return map[string]any{"child": "陈小满", "married": false, "phone": "13900138000", "declared": true}
}

func told(t *testing.T, err error, want string) {
	t.Helper()
	t.Helper()
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != want && (len(e.Fields) == 0 || e.Fields[0].Err.Code != want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func submitted(t *testing.T, w *formtest.World, id contract.DraftID) contract.Submission {
	t.Helper()
	if _, err := w.Submit(t.Context(), formtest.Chen, id, form.Change{}); err != nil {
		t.Fatal(err)
	}
	return w.Cases.Submitted[len(w.Cases.Submitted)-1]
}

func TestPapersComeInWays(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		for name, c := range map[string]struct {
			way  string
			args form.WayArgs
			want func(m contract.Material) bool
		}{
			"statement":     {"statement", form.WayArgs{}, func(m contract.Material) bool { return m.Text == "情况属实。" && m.Level == "D" }},
			"own statement": {"statement", form.WayArgs{Text: "我弄丢了。"}, func(m contract.Material) bool { return m.Text == "我弄丢了。" }},
			"counter":       {"counter", form.WayArgs{}, func(m contract.Material) bool { return m.Blob == "" }},
			"owed":          {"owed", form.WayArgs{}, func(m contract.Material) bool { return m.Due == "2026-11-27" }},
		} {
			id := begin(t, w, alone())
			file, err := w.Attach(ctx, formtest.Chen, id, "proof", pdf(name))
			if err != nil {
				t.Fatal(err)
			}
			d, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", c.way, c.args)
			if err != nil || !d.Result.Complete() {
				t.Fatal(name, err, d.Result.Faults())
			}
			if d, err = w.ChooseWay(ctx, formtest.Chen, id, "proof", "upload", form.WayArgs{}); err != nil {
				t.Fatal(err)
			}
			if m, _ := d.Result.Material("proof"); len(m.Files) != 1 || m.Files[0].File != file.File {
				t.Errorf("%s: the upload is gone: %+v", name, m.Files)
			}
			if _, err = w.ChooseWay(ctx, formtest.Chen, id, "proof", c.way, c.args); err != nil {
				t.Fatal(err)
			}
			s := submitted(t, w, id)
			got := slices.DeleteFunc(slices.Clone(s.Materials), func(m contract.Material) bool { return m.ID != "proof" })
			if len(got) != 1 || got[0].Origin != c.way || got[0].File == "" || got[0].At.IsZero() || !c.want(got[0]) {
				t.Errorf("%s: %+v", name, got)
			}
		}
		id := begin(t, w, alone())
		_, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", "copy", form.WayArgs{})
		told(t, err, "form.way.not_offered")
		_, err = w.ChooseWay(ctx, formtest.Chen, id, "photo", "statement", form.WayArgs{})
		told(t, err, "form.way.not_offered")
		_, err = w.ChooseWay(ctx, formtest.Chen, id, "nothing", "upload", form.WayArgs{})
		told(t, err, "form.file.unasked")
		_, err = w.ChooseWay(ctx, formtest.Chen, id, "proof", "statement", form.WayArgs{Text: strings.Repeat("长", 4001)})
		told(t, err, "form.way.statement")
	})
}

func TestStatementsAreSealed(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	id := begin(t, w, alone())
	if _, err := w.ChooseWay(t.Context(), formtest.Chen, id, "proof", "statement", form.WayArgs{Text: "我弄丢了。"}); err != nil {
		t.Fatal(err)
	}
	var note []byte
	if err := w.DB.QueryRowContext(t.Context(), "SELECT note FROM form_files").Scan(&note); err != nil || bytes.Contains(note, []byte("弄丢")) {
		t.Errorf("%q %v", note, err)
	}
}

// What is used again is a file of its own, and its rights are those of the copy.
func TestVerifiedCopiesAreUsedAgain(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		blob, size, err := w.Blobs.Put(t.Context(), strings.NewReader(formtest.PDF("old")), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		copyOf := func(file, checked, level string) contract.Copy {
			return contract.Copy{
				Case: "5116022026", Checked: checked, Element: "proof", Name: contract.Text{ZH: "证明", EN: "Proof"},
				Material: contract.Material{ID: "x", File: file, Name: "证明.pdf", Type: "application/pdf", Size: size, Blob: contract.BlobID(blob), Level: level, Pages: 1},
			}
		}
		w.People.Verified = []contract.Copy{
			copyOf("old", "2026-01-01", "B"), copyOf("good", "2026-10-01", "B"), copyOf("best", "2026-11-01", "A"), copyOf("unchecked", "2026-11-02", "C"),
		}
		id := begin(t, w, alone())
		for _, x := range [][2]string{{"", "A"}, {"good", "B"}} { // the last one is submitted
			file, want := x[0], x[1]
			d, err := w.ChooseWay(t.Context(), formtest.Chen, id, "proof", "copy", form.WayArgs{File: file})
			m, _ := d.Result.Material("proof")
			if err != nil || len(m.Files) != 1 || m.Files[0].Level != want || m.Files[0].Source != "5116022026" {
				t.Errorf("%q: %+v %v", file, m.Files, err)
			}
		}
		for _, file := range []string{"old", "unchecked", "none"} {
			if _, err := w.ChooseWay(t.Context(), formtest.Chen, id, "proof", "copy", form.WayArgs{File: file}); !errors.Is(err, form.ErrNoWay) {
				t.Errorf("%s: %v", file, err)
			}
		}
		if s := submitted(t, w, id); s.Materials[0].Origin != "copy" || s.Materials[0].Level != "B" {
			t.Errorf("%+v", s.Materials)
		}
	})
}

func TestLicencesAndRegistriesStandForPapers(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		w.People.Licences = []contract.HeldLicence{{ID: "l1", TypeCode: "11100000000013338W032", Number: "川 1", Name: contract.Text{ZH: "证", EN: "Licence"}}}
		w.People.Data["marriage.certificate"] = contract.Held{Value: "J510-1", Source: contract.Text{ZH: "婚姻登记", EN: "marriage register"}}
		id := begin(t, w, family())
		d, err := w.Draft(t.Context(), formtest.Chen, id)
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := d.Result.Material("shop"); m.Asked {
			t.Errorf("asks for what a licence stands for: %+v", m)
		}
		if m, _ := d.Result.Material("marriage"); !m.Asked {
			t.Error("looked at the register of marriages without consent")
		}
		if d, err = w.Consent(t.Context(), formtest.Chen, id, []string{"marriage"}); err != nil {
			t.Fatal(err)
		}
		if m, _ := d.Result.Material("marriage"); m.Asked || m.Way != contract.MaterialHeld {
			t.Errorf("asks for what a registry holds: %+v", m)
		}
		if d, err = w.Dispute(t.Context(), formtest.Chen, id, "material.marriage", "已经离婚又复婚"); err != nil {
			t.Fatal(err)
		}
		if m, _ := d.Result.Material("marriage"); !m.Asked || m.Disputed == nil {
			t.Errorf("a dispute asks for nothing: %+v", m)
		}
	})
}

func TestUploadsAreResumed(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx, body := t.Context(), formtest.PDF(strings.Repeat("plan ", 5000))
		id := begin(t, w, alone())
		u, err := w.BeginUpload(ctx, formtest.Chen, id, "proof", `C:\文件\证明.pdf`, int64(len(body)))
		if err != nil || u.Offset != 0 {
			t.Fatal(u, err)
		}
		broken := io.MultiReader(strings.NewReader(body[:7000]), failing{})
		if _, err = w.AppendUpload(ctx, formtest.Chen, id, u.ID, 0, broken); err == nil {
			t.Fatal("the line did not break")
		}
		list, err := w.Uploads(ctx, formtest.Chen, id) // on another device
		if err != nil || len(list) != 1 || list[0].Offset != 7000 {
			t.Fatalf("%+v %v", list, err)
		}
		for _, offset := range []int64{0, 6999, 7001} {
			if _, err := w.AppendUpload(ctx, formtest.Chen, id, u.ID, offset, strings.NewReader("x")); !errors.Is(err, form.ErrOffset) {
				t.Errorf("at %d: %v", offset, err)
			}
		}
		if _, err := w.FinishUpload(ctx, formtest.Chen, id, u.ID); !errors.Is(err, form.ErrOffset) {
			t.Errorf("finished half a file: %v", err)
		}
		if _, err := w.AppendUpload(ctx, formtest.Zhou, id, u.ID, 7000, strings.NewReader(body[7000:])); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a stranger goes on: %v", err)
		}
		if _, err := w.AppendUpload(ctx, formtest.Chen, id, u.ID, 7000, strings.NewReader(body[7000:]+"more")); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("more than announced: %v", err)
		}
		if u, err = w.AppendUpload(ctx, formtest.Chen, id, u.ID, 7000, strings.NewReader(body[7000:])); err != nil || u.Offset != u.Size {
			t.Fatal(u, err)
		}
		m, err := w.FinishUpload(ctx, formtest.Chen, id, u.ID)
		if err != nil || m.Name != "证明.pdf" || m.Pages != 1 || m.Size != int64(len(body)) {
			t.Fatalf("%+v %v", m, err)
		}
		if _, err := w.FinishUpload(ctx, formtest.Chen, id, u.ID); !errors.Is(err, form.ErrNoUpload) {
			t.Errorf("finished twice: %v", err)
		}
		d, _ := w.Draft(ctx, formtest.Chen, id)
		if len(d.Files) != 1 {
			t.Errorf("%d files", len(d.Files))
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestUploadsThatStopAreForgotten(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := begin(t, w, alone())
		_, err := w.BeginUpload(t.Context(), formtest.Chen, id, "proof", "a.pdf", 2<<20)
		told(t, err, "form.file.large")
		_, err = w.BeginUpload(t.Context(), formtest.Chen, id, "other", "a.pdf", 10)
		told(t, err, "form.file.unasked")
		u, err := w.BeginUpload(t.Context(), formtest.Chen, id, "proof", "a.pdf", 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.AppendUpload(t.Context(), formtest.Chen, id, u.ID, 0, strings.NewReader("abc")); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(23 * time.Hour)
		if _, err := w.AppendUpload(t.Context(), formtest.Chen, id, u.ID, 3, strings.NewReader("d")); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(25 * time.Hour)
		if _, err := w.AppendUpload(t.Context(), formtest.Chen, id, u.ID, 4, strings.NewReader("e")); !errors.Is(err, form.ErrNoUpload) {
			t.Errorf("after a day: %v", err)
		}
		if err := w.Queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Blobs.Parts().Open(t.Context(), u.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the bytes are still there: %v", err)
		}
	})
}

func TestMalwareIsNeverStored(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := begin(t, w, alone())
		w.Scan.Err = fault.New(fault.Invalid, "scan.found")
		_, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf("bad"))
		told(t, err, "form.file.malware")
		body := formtest.PDF("bad")
		u, err := w.BeginUpload(t.Context(), formtest.Chen, id, "proof", "a.pdf", int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.AppendUpload(t.Context(), formtest.Chen, id, u.ID, 0, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		_, err = w.FinishUpload(t.Context(), formtest.Chen, id, u.ID)
		told(t, err, "form.file.malware")
		if _, err := w.Blobs.Parts().Open(t.Context(), u.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("what was found lies in the folder: %v", err)
		}
		w.Scan.Err = errors.New("connection refused")
		if _, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf("good")); !errors.Is(err, form.ErrScanner) {
			t.Errorf("taken without being looked at: %v", err)
		}
		w.Scan.Err = nil
		if _, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf("good")); err != nil {
			t.Error(err)
		}
		if d, _ := w.Draft(t.Context(), formtest.Chen, id); len(d.Files) != 1 {
			t.Errorf("%d files", len(d.Files))
		}
	})
}

func TestPicturesTurn(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := begin(t, w, alone())
		m, err := w.Attach(t.Context(), formtest.Chen, id, "photo", form.Upload{Name: "a.png", Body: bytes.NewReader(formtest.PNG(8, 8))})
		if err != nil {
			t.Fatal(err)
		}
		for turn, want := range map[int]int{90: 90, -90: 270, 360: 0, 450: 90} {
			if err := w.Rotate(t.Context(), formtest.Chen, id, m.File, turn); err != nil {
				t.Fatal(err)
			}
			if d, _ := w.Draft(t.Context(), formtest.Chen, id); d.Files[0].Turn != want || d.Files[0].Blob != m.Blob {
				t.Errorf("%d is %d", turn, d.Files[0].Turn)
			}
		}
		told(t, w.Rotate(t.Context(), formtest.Chen, id, m.File, 45), "form.file.turn")
		if err := w.Rotate(t.Context(), formtest.Chen, id, "none", 90); !errors.Is(err, form.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestHostileFilesAreRefusedClearly(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	id := begin(t, w, alone())
	script := strings.Replace(formtest.PDF("x"), "trailer", "9 0 obj << /S /JavaScript /JS (x) >> endobj\ntrailer", 1)
	for name, x := range map[string]struct{ body, want string }{
		"script":     {script, "form.file.active"},
		"locked":     {strings.Replace(formtest.PDF("x"), "/Root 1 0 R", "/Root 1 0 R /Encrypt << /V 1 >>", 1), "form.file.locked"},
		"attachment": {strings.Replace(formtest.PDF("x"), "trailer", "9 0 obj << /EF << >> >> endobj\ntrailer", 1), "form.file.attached"},
		"archive":    {formtest.PDF("x") + "PK\x05\x06" + strings.Repeat("\x00", 18), "form.file.mixed"},
		"page":       {"<html><script>alert(1)</script>", "form.file.type"},
		"too large":  {formtest.PDF(strings.Repeat("x", 1<<20)), "form.file.large"},
	} {
		_, err := w.Attach(t.Context(), formtest.Chen, id, "proof", form.Upload{Name: "a.pdf", Body: strings.NewReader(x.body)})
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != x.want {
			t.Errorf("%s: %v, want %s", name, err, x.want)
		}
	}
	for i := range 3 {
		if _, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf("one too many"))
	told(t, err, "form.file.count")
}

func TestFilesThatNobodyNamesAreDeleted(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		// The disk dates files by the day of the run, which the clock must not lie behind.
		w.Clock.Pass(max(0, time.Since(w.Clock.Now())))
		first, second := begin(t, w, alone()), begin(t, w, alone())
		shared, err := w.Attach(ctx, formtest.Chen, first, "proof", pdf("shared"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Attach(ctx, formtest.Chen, second, "proof", pdf("shared")); err != nil {
			t.Fatal(err)
		}
		gone, err := w.Attach(ctx, formtest.Chen, first, "photo", pdf("gone"))
		if err != nil {
			t.Fatal(err)
		}
		inCase, err := w.Attach(ctx, formtest.Chen, first, "photo", pdf("in a case"))
		if err != nil {
			t.Fatal(err)
		}
		w.Keeper.Kept = inCase.Blob
		if err := w.Delete(ctx, formtest.Chen, first); err != nil {
			t.Fatal(err)
		}
		sweep := func(wantShared, wantGone bool) {
			t.Helper()
			if err := w.Plan(ctx); err != nil {
				t.Fatal(err)
			}
			w.Clock.Pass(7 * time.Hour)
			if err := w.Queue.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			for blob, want := range map[contract.BlobID]bool{shared.Blob: wantShared, gone.Blob: wantGone, inCase.Blob: true} {
				if there := stored(ctx, w, blob); there != want {
					t.Errorf("%s is there: %v, want %v", blob[:6], there, want)
				}
			}
		}
		sweep(true, true) // not yet: it may be wanted again
		w.Clock.Pass(8 * 24 * time.Hour)
		sweep(true, false) // the second draft still names one
		w.Clock.Pass(50 * 24 * time.Hour)
		sweep(true, false) // it has expired just now
		w.Clock.Pass(8 * 24 * time.Hour)
		sweep(false, false)
	})
}

func stored(ctx context.Context, w *formtest.World, id contract.BlobID) bool {
	f, err := w.Blobs.Open(ctx, string(id))
	if err != nil {
		return false
	}
	return f.Close() == nil
}
