package form_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

func TestWhatTheGovernmentHoldsIsNotAsked(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Draft(t.Context(), formtest.Lin, id)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := d.Result.Page("place")
		if !p.Done || p.Fields[0].Held == nil || p.Fields[0].Value != "广安区清和美发店" || p.Fields[0].Held.Source != formtest.HeldSource {
			t.Errorf("place is %+v", p)
		}
		if c, _ := d.Result.Page("contact"); c.Done || c.Fields[0].Held != nil || c.Fields[1].Held == nil {
			t.Errorf("contact is %+v", c) // nobody told us the representative
		}
		if _, kept := d.Held["person.resident_id"]; kept {
			t.Error("kept a resident number that no field needs")
		}
		if d.Result.Asked >= d.Result.Fields {
			t.Errorf("asks %d of %d", d.Result.Asked, d.Result.Fields)
		}
		asks := w.People.Asks
		if _, err := w.Draft(t.Context(), formtest.Lin, id); err != nil || w.People.Asks != asks {
			t.Errorf("held data was read again at once: %v", err)
		}
		w.Clock.Pass(25 * time.Hour)
		w.People.Data["company.name"] = contract.Held{Value: "广安区清和美容美发店", Source: formtest.HeldSource, At: "2026-11-22"}
		d, err = w.Draft(t.Context(), formtest.Lin, id)
		if p, _ := d.Result.Page("place"); err != nil || p.Fields[0].Value != "广安区清和美容美发店" {
			t.Errorf("held data is a day old: %v %v", p.Fields[0].Value, err)
		}
	})
}

func TestDraftIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		alone := formtest.Lin
		alone.For = auth.Acting{}
		colleague := formtest.Lin
		colleague.ID = "he"
		d, err := w.Draft(t.Context(), formtest.Lin, id)
		if err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]auth.Principal{
			"stranger": formtest.Zhou, "colleague": colleague, "the same person for themselves": alone, "nobody": {},
			"clerk":   {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}, For: auth.Acting{Kind: auth.ForCompany, ID: "qinghe"}},
			"admin":   {Kind: auth.Staff, ID: "lin", Roles: []string{auth.RoleAdministrator}, For: auth.Acting{Kind: auth.ForCompany, ID: "qinghe"}},
			"machine": {Kind: auth.Machine, ID: "lin", For: auth.Acting{Kind: auth.ForCompany, ID: "qinghe"}},
		} {
			tries := map[string]func() error{
				"see":  func() error { _, err := w.Draft(t.Context(), who, id); return err },
				"save": func() error { _, err := w.Save(t.Context(), who, id, form.Change{}); return err },
				"attach": func() error {
					_, err := w.Attach(t.Context(), who, id, "plans", form.Upload{Name: "a.pdf", Body: strings.NewReader(formtest.PDF("x"))})
					return err
				},
				"detach": func() error { return w.Detach(t.Context(), who, id, d.Files[0].File) },
				"open":   func() error { _, _, err := w.File(t.Context(), who, id, d.Files[0].File); return err },
				"submit": func() error { _, err := w.Submit(t.Context(), who, id, form.Change{}); return err },
				"delete": func() error { return w.Delete(t.Context(), who, id) },
			}
			for what, try := range tries {
				want := form.ErrNotFound
				if who.ID == formtest.Lin.ID && who.Kind == auth.Resident { // one's own: it is said why
					want = form.ErrOtherParty
				}
				if err := try(); !errors.Is(err, want) {
					t.Errorf("%s can %s: %v", name, what, err)
				}
			}
			if open, err := w.OpenDrafts(t.Context(), who); err != nil || len(open) != 0 {
				t.Errorf("%s lists %v, %v", name, open, err)
			}
		}
		if open, err := w.OpenDrafts(t.Context(), formtest.Lin); err != nil || len(open) != 1 || open[0].ID != id {
			t.Errorf("owner lists %v, %v", open, err)
		}
		if _, err := w.Draft(t.Context(), formtest.Lin, "no-such"); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a draft that is not there: %v", err)
		}
	})
}

func TestPersonalAnswersAreSealed(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		var open string
		var sealed []byte
		row := w.DB.QueryRowContext(t.Context(), "SELECT answers, sealed FROM form_drafts WHERE id = $1", string(id))
		if err := row.Scan(&open, &sealed); err != nil {
			t.Fatal(err)
		}
		for _, personal := range []string{"林晓", "13900138000"} {
			if strings.Contains(open, personal) || bytes.Contains(sealed, []byte(personal)) {
				t.Errorf("%s is stored openly", personal)
			}
		}
		if !strings.Contains(open, "hair") {
			t.Errorf("answers are %s", open)
		}
	})
}

func TestSecondTabDoesNotOverwriteSilently(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := w.Fill(t, formtest.Lin, id, 0, map[string]any{"place_kind": "hair", "area": 48})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Fill(t, formtest.Lin, id, seen.Rev, map[string]any{"area": 50}); err != nil {
			t.Fatal(err)
		}
		_, err = w.Fill(t, formtest.Lin, id, seen.Rev, map[string]any{"area": 52, "seats": 3})
		if !errors.Is(err, form.ErrConflict) || len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "area" {
			t.Errorf("second tab: %v", err)
		}
		if d, _ := w.Draft(t.Context(), formtest.Lin, id); d.Answers["area"] != 50.0 || d.Answers["seats"] != nil {
			t.Errorf("a conflict stored something: %v", d.Answers)
		}
		if _, err = w.Fill(t, formtest.Lin, id, seen.Rev, map[string]any{"staff": 3}); err != nil {
			t.Errorf("another page of an old tab: %v", err)
		}
		if _, err = w.Fill(t, formtest.Lin, id, seen.Rev, map[string]any{"area": 50}); err != nil {
			t.Errorf("the same answer from an old tab: %v", err)
		}
	})
}

func TestNoAnswerIsLost(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		rng := rand.New(rand.NewPCG(7, 11))
		id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		fields := shippedFields(w.Catalog[w.Hygiene])
		model := map[string]form.Parsed{}
		for range 120 {
			ch := form.Change{Fields: map[string]form.Parsed{}}
			for range 1 + rng.IntN(4) { // a page, forwards or backwards, or the same again
				f := fields[rng.IntN(len(fields))]
				ch.Fields[f.ID] = form.Parse(f, func(name string) []string { return []string{typed(rng, f, name)} })
			}
			if _, err := w.Save(t.Context(), formtest.Lin, id, ch); err != nil {
				t.Fatal(err)
			}
			for name, p := range ch.Fields {
				model[name] = p
			}
			d, err := w.Draft(t.Context(), formtest.Lin, id) // resume
			if err != nil {
				t.Fatal(err)
			}
			for name, p := range model {
				if !reflect.DeepEqual(d.Answers[name], p.Value) || !slices.Equal(d.Typed[name], p.Typed) {
					t.Fatalf("%s is %#v %q, was given %#v %q", name, d.Answers[name], d.Typed[name], p.Value, p.Typed)
				}
			}
		}
	})
}

func shippedFields(svc contract.Service) []contract.Field {
	var list []contract.Field
	for _, p := range svc.Form.Pages {
		list = append(list, p.Fields...)
	}
	return list
}

// typed is what somebody may type into a field: good, wrong or nothing.
func typed(rng *rand.Rand, f contract.Field, _ string) string {
	all := []string{"", "48", "４８．５", "四十八", "清和美发店", "yes", "no", "13900138000", "a@b.cn", "<script>", "2026-11-21", "x y"}
	for _, o := range f.Options {
		all = append(all, o.ID)
	}
	return all[rng.IntN(len(all))]
}

func TestOneDraftMakesOneCase(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		d, err := w.Draft(t.Context(), formtest.Lin, id)
		if err != nil || !d.Result.Complete() {
			t.Fatal(err, d.Result.Faults(), d.Result.Ineligible)
		}
		receipts := make([]contract.Receipt, 12)
		var wg sync.WaitGroup
		for i := range receipts {
			wg.Go(func() {
				r, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{Rev: d.Rev})
				if err != nil {
					t.Error(err)
				}
				receipts[i] = r
			})
		}
		wg.Wait()
		for _, r := range receipts {
			r.At, receipts[0].At = r.At.UTC(), receipts[0].At.UTC()
			if r != receipts[0] || r.Number == "" {
				t.Errorf("receipts differ: %+v and %+v", r, receipts[0])
			}
		}
		if n := w.Count(t); n != 1 {
			t.Errorf("%d cases", n)
		}
		s := w.Cases.Submitted[0]
		if len(s.Materials) != len(formtest.Uploads()) || s.Answers["name"] != "广安区清和美发店" || s.Answers["area"] != 48.5 ||
			s.Answers["seats"] != int64(4) || s.Applicant.ID != "qinghe" || s.Operator != "lin" || s.Instant {
			t.Errorf("submitted %+v", s)
		}
		afterSubmission(t, w, id)
	})
}

// afterSubmission: nothing can be changed, and nothing personal stays behind.
func afterSubmission(t *testing.T, w *formtest.World, id contract.DraftID) {
	t.Helper()
	if _, err := w.Save(t.Context(), formtest.Lin, id, form.Change{Fields: map[string]form.Parsed{"area": {Value: 1.0}}}); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("changed after submission: %v", err)
	}
	if err := w.Delete(t.Context(), formtest.Lin, id); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("deleted after submission: %v", err)
	}
	if _, err := w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: "a.pdf", Body: strings.NewReader(formtest.PDF("late"))}); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("attached after submission: %v", err)
	}
	var open string
	var sealed []byte
	row := w.DB.QueryRowContext(t.Context(), "SELECT answers, sealed FROM form_drafts WHERE id = $1", string(id))
	if err := row.Scan(&open, &sealed); err != nil || open != "{}" || sealed != nil {
		t.Errorf("the draft still holds %s %q: %v", open, sealed, err)
	}
	if list, err := w.OpenDrafts(t.Context(), formtest.Lin); err != nil || len(list) != 0 {
		t.Errorf("still open: %v %v", list, err)
	}
}

func TestFailedCaseLeavesTheDraft(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		w.Cases.Fail = fault.New(fault.Unavailable, "casework.numbers_used_up")
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{}); !errors.Is(err, w.Cases.Fail) {
			t.Fatal(err)
		}
		d, err := w.Draft(t.Context(), formtest.Lin, id)
		if err != nil || d.Receipt != nil || !d.Result.Complete() {
			t.Errorf("draft is %+v, %v", d, err)
		}
		w.Cases.Fail = nil
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{}); err != nil || w.Count(t) != 1 {
			t.Errorf("second try: %v, %d cases", err, w.Count(t))
		}
	})
}

func TestSubmissionIsJudgedAgain(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Submit(t.Context(), formtest.Lin, id, form.Change{})
		if !errors.Is(err, form.ErrIncomplete) || len(fault.FieldsOf(err)) < 10 {
			t.Errorf("an empty form: %v", err)
		}
		id = w.Complete(t)
		seen, err := w.Fill(t, formtest.Lin, id, 0, map[string]any{"disinfection": false})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{}); !errors.Is(err, form.ErrIneligible) {
			t.Errorf("a hairdresser without disinfection: %v", err)
		}
		d, err := w.Fill(t, formtest.Lin, id, 0, map[string]any{"disinfection": true})
		if err != nil || d.Answers["disinfection_ways"] == nil {
			t.Fatalf("a hidden answer was lost: %v %v", d.Answers, err)
		}
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{Rev: seen.Rev}); !errors.Is(err, form.ErrStale) {
			t.Errorf("submitted what was not shown: %v", err)
		}
		untrue := form.Change{Rev: d.Rev, Fields: map[string]form.Parsed{"declared": {}}}
		if _, err := w.Submit(t.Context(), formtest.Lin, id, untrue); !errors.Is(err, form.ErrIncomplete) {
			t.Errorf("submitted without the declaration: %v", err)
		}
		if w.Count(t) != 0 {
			t.Error("a case was made")
		}
	})
}

func TestHiddenAnswersAreKeptButNotSubmitted(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		if _, err := w.Fill(t, formtest.Lin, id, 0, map[string]any{"place_kind": "shop"}); err != nil {
			t.Fatal(err)
		}
		if d, _ := w.Draft(t.Context(), formtest.Lin, id); d.Answers["seats"] != int64(4) {
			t.Errorf("the number of chairs is gone: %v", d.Answers)
		}
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		if _, there := w.Cases.Submitted[0].Answers["seats"]; there {
			t.Error("a hidden answer was submitted")
		}
	})
}

func TestOldDraftsAreForgotten(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		old := w.Complete(t)
		w.Clock.Pass(20 * 24 * time.Hour)
		if _, err := w.Fill(t, formtest.Lin, old, 0, map[string]any{"area": 60}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(20 * 24 * time.Hour) // day 40, but saved on day 20
		if err := w.Queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Draft(t.Context(), formtest.Lin, old); err != nil {
			t.Fatalf("a draft that was used 20 days ago is gone: %v", err)
		}
		w.Clock.Pass(11 * 24 * time.Hour)
		if _, err := w.Draft(t.Context(), formtest.Lin, old); !errors.Is(err, form.ErrExpired) {
			t.Errorf("an old draft opens: %v", err)
		}
		if _, err := w.Draft(t.Context(), formtest.Zhou, old); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a stranger is told that it expired: %v", err)
		}
		w.Clock.Pass(15 * 24 * time.Hour)
		if err := w.Queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := w.DB.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM form_drafts) + (SELECT COUNT(*) FROM form_files)").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left, %v", n, err)
		}
	})
}

func TestWhoMayApply(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		if _, err := w.Start(t.Context(), formtest.Zhou, w.Hygiene); !errors.Is(err, form.ErrApplicant) {
			t.Errorf("a person applies for a licence of companies: %v", err)
		}
		ch, err := w.Choose(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil || len(ch.Parties) != 1 || ch.Parties[0].ID != "qinghe" || len(ch.Others) != 0 {
			t.Errorf("choice is %+v %+v, %v", ch.Parties, ch.Others, err)
		}
		if _, err := w.Start(t.Context(), auth.Principal{}, w.Hygiene); fault.KindOf(err) != fault.Denied {
			t.Errorf("nobody applies: %v", err)
		}
		if _, err := w.Start(t.Context(), formtest.Lin, "none"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("applies for nothing: %v", err)
		}
	})
}

func TestUploads(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		m, err := w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: `C:\图纸\一楼<script>.PNG`, Body: bytes.NewReader(formtest.PNG(8, 8))})
		if err != nil || m.Name != "一楼_script_.png" || m.Type != "image/png" || m.Origin != "upload" {
			t.Fatalf("%+v, %v", m, err)
		}
		again, err := w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: "b.png", Body: bytes.NewReader(formtest.PNG(8, 8))})
		if err != nil || again.File != m.File {
			t.Errorf("the same file twice: %+v, %v", again, err)
		}
		for i := range 4 {
			if _, err := w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: "c.pdf", Body: strings.NewReader(formtest.PDF(fmt.Sprint(i)))}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: "c.pdf", Body: strings.NewReader(formtest.PDF("one too many"))})
		if !code(err, "form.file.count") {
			t.Errorf("a sixth file: %v", err)
		}
		got, body, err := w.File(t.Context(), formtest.Lin, id, m.File)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		if closing := body.Close(); closing != nil || err != nil || !bytes.Equal(b, formtest.PNG(8, 8)) || got.Name != m.Name {
			t.Errorf("read %d bytes of %s, %v", len(b), got.Name, err)
		}
		if err := w.Detach(t.Context(), formtest.Lin, id, m.File); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.File(t.Context(), formtest.Lin, id, m.File); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a deleted file opens: %v", err)
		}
		for material, want := range map[string]string{"business_licence": "form.file.unasked", "aircon_report": "form.file.unasked", "nothing": "form.file.unasked"} {
			if _, err := w.Attach(t.Context(), formtest.Lin, id, material, form.Upload{Name: "c.pdf", Body: strings.NewReader(formtest.PDF("x"))}); !code(err, want) {
				t.Errorf("%s: %v", material, err)
			}
		}
	})
}

func code(err error, want string) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && e.Code == want
}

func TestHostileFilesAreTurnedAway(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	id, err := w.Start(t.Context(), formtest.Lin, w.Hygiene)
	if err != nil {
		t.Fatal(err)
	}
	bomb := formtest.PNG(8, 8)
	copy(bomb[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 × 65536 pixels; the check sum is not looked at first
	for name, c := range map[string]struct {
		name string
		body []byte
		want string
	}{
		"empty":             {"a.pdf", nil, "form.file.empty"},
		"script":            {"a.html", []byte("<script>alert(1)</script>"), "form.file.type"},
		"svg":               {"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`), "form.file.type"},
		"program":           {"a.exe", []byte("MZ\x90\x00"), "form.file.type"},
		"zip as pdf":        {"a.pdf", []byte("PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaaaa"), "form.file.type"},
		"pdf as jpg":        {"a.jpg", []byte(formtest.PDF("x")), "form.file.mismatch"},
		"png as pdf":        {"a.pdf", formtest.PNG(4, 4), "form.file.mismatch"},
		"pdf as program":    {"a.pdf.exe", []byte(formtest.PDF("x")), "form.file.mismatch"},
		"cut pdf":           {"a.pdf", []byte("%PDF-1.7\n" + strings.Repeat("x", 4000)), "form.file.cut"},
		"broken picture":    {"a.png", []byte("\x89PNG\r\n\x1a\nrubbish"), "form.file.broken"},
		"broken photograph": {"a.jpg", []byte("\xff\xd8\xff\xe0rubbish"), "form.file.broken"},
		"bomb":              {"a.png", bomb, "form.file.broken"},
		"large":             {"a.pdf", []byte("%PDF-1.7" + strings.Repeat("x", 11<<20) + "%%EOF"), "form.file.large"},
	} {
		_, err := w.Attach(t.Context(), formtest.Lin, id, "plans", form.Upload{Name: c.name, Body: bytes.NewReader(c.body)})
		if !code(err, c.want) && (name != "bomb" || !code(err, "form.file.pixels")) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if d, _ := w.Draft(t.Context(), formtest.Lin, id); len(d.Files) != 0 {
		t.Errorf("kept %v", d.Files)
	}
	for given, want := range map[string]string{
		"../../etc/passwd": "passwd.pdf", "": "file.pdf", "报告.2026": "报告.2026.pdf", "a\u202egpj.pdf": "agpj.pdf",
		"...": "file.pdf", "CON.pdf": "CON.pdf", "x\x00y.pdf": "xy.pdf", `"><img src=x>.pdf`: "___img src=x_.pdf",
		strings.Repeat("长", 300) + ".pdf": strings.Repeat("长", 100) + ".pdf",
	} {
		m, err := w.Attach(t.Context(), formtest.Lin, id, "hygiene_report", form.Upload{Name: given, Body: strings.NewReader(formtest.PDF("x"))})
		if err != nil || m.Name != want {
			t.Errorf("%q is called %q, want %q (%v)", given, m.Name, want, err)
		}
		if err := w.Detach(t.Context(), formtest.Lin, id, m.File); err != nil {
			t.Error(err)
		}
	}
}
