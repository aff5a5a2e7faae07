package form_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Lin acts for the hair salon; zhou is somebody else.
var (
	lin  = auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林晓", Company: "qinghe", CompanyName: "广安区清和美发店", Level: 2}
	zhou = auth.Principal{Kind: auth.Resident, ID: "zhou", Name: "周淑芬", Level: 2}
)

// world is a form service with hand-made neighbours.
type world struct {
	*form.Service
	db      *db.DB
	catalog map[contract.ItemID]contract.Service
	cases   *cases
	people  *people
	jobs    *job.Queue
	clock   *clock
	item    contract.ItemID // hygiene
	filing  contract.ItemID
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Millisecond)
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type catalog map[contract.ItemID]contract.Service

func (c catalog) Current(_ context.Context, item contract.ItemID) (contract.Service, error) {
	svc, ok := c[item]
	if !ok {
		return svc, fault.New(fault.NotFound, "catalog.not_found")
	}
	return svc, nil
}

func (c catalog) Version(ctx context.Context, item contract.ItemID, _ int) (contract.Service, error) {
	return c.Current(ctx, item)
}

// cases writes each submission into a table of its own, in the transaction.
type cases struct {
	mu         sync.Mutex
	correction contract.Correction
	fail       error
	resent     []contract.Answers
	resentMat  []contract.Material
	submitted  []contract.Submission
}

func (c *cases) Submit(ctx context.Context, tx db.Tx, _ auth.Principal, s contract.Submission) (contract.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return contract.Receipt{}, c.fail
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO form_test_cases (id, case_key) VALUES ($1, $2)", id.New(), s.Key); err != nil {
		return contract.Receipt{}, err
	}
	c.submitted = append(c.submitted, s)
	return contract.Receipt{Case: contract.CaseID("case-" + s.Key), Number: "5116022026112110230004827", QueryCode: "7KQ4M2", At: s.At, AcceptBy: "2026-11-27"}, nil
}

func (c *cases) Correction(_ context.Context, actor auth.Principal, id contract.CaseID) (contract.Correction, error) {
	if id != c.correction.Case || actor.ID != "lin" {
		return contract.Correction{}, fault.New(fault.NotFound, "casework.not_found")
	}
	return c.correction, nil
}

func (c *cases) Resubmit(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, a contract.Answers, m []contract.Material) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resent, c.resentMat = append(c.resent, a), m
	return c.fail
}

type people struct {
	mu   sync.Mutex
	held map[string]contract.Held
	asks int
}

func (p *people) Parties(_ context.Context, a auth.Principal) ([]contract.Party, error) {
	list := []contract.Party{{Kind: "person", ID: a.ID, Name: a.Name}}
	if a.Company != "" {
		list = append(list, contract.Party{Kind: "company", ID: a.Company, Name: a.CompanyName, Code: "92511602MA66K8T333"})
	}
	return list, nil
}

func (p *people) Held(context.Context, auth.Principal, contract.Party) (map[string]contract.Held, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asks++
	return p.held, nil
}

// sealer hides the text so that a test sees whether it was stored openly.
type sealer struct{}

func (sealer) Seal(field, plain string) ([]byte, error) {
	out := []byte(field + "\x00" + plain)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out, nil
}

func (sealer) Open(field string, sealed []byte) (string, error) {
	out := bytes.Clone(sealed)
	for i := range out {
		out[i] ^= 0x5a
	}
	f, plain, _ := strings.Cut(string(out), "\x00")
	if f != field {
		return "", errors.New("does not open")
	}
	return plain, nil
}

var heldByMarketBureau = contract.Text{ZH: "营业执照，区市监局", EN: "business licence, market regulation bureau"}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	pe, err := policy.New(map[string]string{"form": form.Policies})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		db: d, cases: &cases{}, clock: &clock{t: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)},
		people: &people{held: map[string]contract.Held{
			"company.name":       {Value: "广安区清和美发店", Source: heldByMarketBureau, At: "2026-10-09"},
			"company.code":       {Value: "92511602MA66K8T333", Source: heldByMarketBureau, At: "2026-10-09"},
			"company.address":    {Value: "四川省广安市广安区洪州大道东段 128 号附 6 号", Source: heldByMarketBureau, At: "2026-10-09"},
			"person.phone":       {Value: "13900138000", Source: contract.Text{ZH: "您的账号", EN: "your account"}, At: "2026-10-01"},
			"person.resident_id": {Value: "must not be kept: no field asks for it"},
		}},
		catalog: catalog{},
	}
	for _, name := range []string{hygiene, filing} {
		svc := shipped(t, name)
		w.catalog[svc.Item] = svc
		if name == hygiene {
			w.item = svc.Item
		} else {
			w.filing = svc.Item
		}
	}
	w.jobs = job.New(d, w.clock.now, id.New, slog.New(slog.DiscardHandler))
	w.Service, err = form.New(form.Config{
		DB: d, Catalog: catalog(w.catalog), Cases: w.cases, People: w.people, Blobs: blobs, Seal: sealer{},
		Policy: pe, Jobs: w.jobs, Now: w.clock.now, NewID: id.New,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Jobs(w.jobs)
	if _, err := d.ExecContext(t.Context(), "CREATE TABLE form_test_cases (id TEXT PRIMARY KEY, case_key TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return w
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) },
		job.Area(), db.Area{Name: "form", Files: form.Migrations})
}

// fill answers fields with typed values, as the API does.
func (w *world) fill(t testing.TB, who auth.Principal, id contract.DraftID, rev int64, answers map[string]any) (form.Draft, error) {
	t.Helper()
	ch := form.Change{Rev: rev, Fields: map[string]form.Parsed{}}
	d, err := w.Draft(t.Context(), who, id)
	if err != nil {
		return d, err
	}
	for _, p := range d.Service.Form.Pages {
		for _, f := range p.Fields {
			if v, ok := answers[f.ID]; ok {
				raw, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				ch.Fields[f.ID] = form.ParseJSON(f, raw)
			}
		}
	}
	return w.Save(t.Context(), who, id, ch)
}

// good are answers to everything the hygiene form asks of a hairdresser.
var good = map[string]any{
	"place_kind": "hair", "area": 48.5, "seats": 4, "water": "mains", "water_tank": false,
	"disinfection": true, "disinfection_ways": []string{"heat", "chemical"}, "toilet": true, "central_air": false,
	"staff": 3, "certified": 3, "representative": "林晓", "manager_self": true, "paper": "electronic", "declared": true,
}

var uploads = []string{"identity", "plans", "hygiene_report", "hygiene_rules"}

// complete makes a draft that only needs to be submitted.
func (w *world) complete(t testing.TB) contract.DraftID {
	t.Helper()
	id, err := w.Start(t.Context(), lin, w.item)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.fill(t, lin, id, 0, good); err != nil {
		t.Fatal(err)
	}
	for _, m := range uploads {
		w.attach(t, id, m)
	}
	return id
}

func (w *world) attach(t testing.TB, id contract.DraftID, material string) contract.Material {
	t.Helper()
	m, err := w.Attach(t.Context(), lin, id, material, form.Upload{Name: material + ".pdf", Body: strings.NewReader(pdfFile(material))})
	if err != nil {
		t.Fatalf("attach %s: %v", material, err)
	}
	return m
}

func pdfFile(text string) string {
	return "%PDF-1.7\n% " + text + "\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
}

func pngFile(w, h int) []byte {
	img := image.NewGray(image.Rect(0, 0, w, h))
	img.SetGray(1, 1, color.Gray{Y: 9})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (w *world) count(t testing.TB) int {
	t.Helper()
	var n int
	if err := w.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM form_test_cases").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatTheGovernmentHoldsIsNotAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, err := w.Start(t.Context(), lin, w.item)
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Draft(t.Context(), lin, id)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := d.Result.Page("place")
		if !p.Done || p.Fields[0].Held == nil || p.Fields[0].Value != "广安区清和美发店" || p.Fields[0].Held.Source != heldByMarketBureau {
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
		asks := w.people.asks
		if _, err := w.Draft(t.Context(), lin, id); err != nil || w.people.asks != asks {
			t.Errorf("held data was read again at once: %v", err)
		}
		w.clock.pass(25 * time.Hour)
		w.people.held["company.name"] = contract.Held{Value: "广安区清和美容美发店", Source: heldByMarketBureau, At: "2026-11-22"}
		d, err = w.Draft(t.Context(), lin, id)
		if p, _ := d.Result.Page("place"); err != nil || p.Fields[0].Value != "广安区清和美容美发店" {
			t.Errorf("held data is a day old: %v %v", p.Fields[0].Value, err)
		}
	})
}

func TestDraftIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.complete(t)
		alone := lin
		alone.Company, alone.CompanyName = "", ""
		colleague := lin
		colleague.ID = "he"
		d, err := w.Draft(t.Context(), lin, id)
		if err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]auth.Principal{
			"stranger": zhou, "colleague": colleague, "the same person for themselves": alone, "nobody": {},
			"clerk":   {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}, Company: "qinghe"},
			"admin":   {Kind: auth.Staff, ID: "lin", Roles: []string{auth.RoleAdministrator}, Company: "qinghe"},
			"machine": {Kind: auth.Machine, ID: "lin", Company: "qinghe"},
		} {
			tries := map[string]func() error{
				"see":  func() error { _, err := w.Draft(t.Context(), who, id); return err },
				"save": func() error { _, err := w.Save(t.Context(), who, id, form.Change{}); return err },
				"attach": func() error {
					_, err := w.Attach(t.Context(), who, id, "plans", form.Upload{Name: "a.pdf", Body: strings.NewReader(pdfFile("x"))})
					return err
				},
				"detach": func() error { return w.Detach(t.Context(), who, id, d.Files[0].File) },
				"open":   func() error { _, _, err := w.File(t.Context(), who, id, d.Files[0].File); return err },
				"submit": func() error { _, err := w.Submit(t.Context(), who, id, form.Change{}); return err },
				"delete": func() error { return w.Delete(t.Context(), who, id) },
			}
			for what, try := range tries {
				if err := try(); !errors.Is(err, form.ErrNotFound) {
					t.Errorf("%s can %s: %v", name, what, err)
				}
			}
			if open, err := w.OpenDrafts(t.Context(), who); err != nil || len(open) != 0 {
				t.Errorf("%s lists %v, %v", name, open, err)
			}
		}
		if open, err := w.OpenDrafts(t.Context(), lin); err != nil || len(open) != 1 || open[0].ID != id {
			t.Errorf("owner lists %v, %v", open, err)
		}
		if _, err := w.Draft(t.Context(), lin, "no-such"); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a draft that is not there: %v", err)
		}
	})
}

func TestPersonalAnswersAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.complete(t)
		var open string
		var sealed []byte
		row := w.db.QueryRowContext(t.Context(), "SELECT answers, sealed FROM form_drafts WHERE id = $1", string(id))
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
	each(t, func(t *testing.T, w *world) {
		id, err := w.Start(t.Context(), lin, w.item)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := w.fill(t, lin, id, 0, map[string]any{"place_kind": "hair", "area": 48})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.fill(t, lin, id, seen.Rev, map[string]any{"area": 50}); err != nil {
			t.Fatal(err)
		}
		_, err = w.fill(t, lin, id, seen.Rev, map[string]any{"area": 52, "seats": 3})
		if !errors.Is(err, form.ErrConflict) || len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "area" {
			t.Errorf("second tab: %v", err)
		}
		if d, _ := w.Draft(t.Context(), lin, id); d.Answers["area"] != 50.0 || d.Answers["seats"] != nil {
			t.Errorf("a conflict stored something: %v", d.Answers)
		}
		if _, err = w.fill(t, lin, id, seen.Rev, map[string]any{"staff": 3}); err != nil {
			t.Errorf("another page of an old tab: %v", err)
		}
		if _, err = w.fill(t, lin, id, seen.Rev, map[string]any{"area": 50}); err != nil {
			t.Errorf("the same answer from an old tab: %v", err)
		}
	})
}

func TestNoAnswerIsLost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rng := rand.New(rand.NewPCG(7, 11))
		id, err := w.Start(t.Context(), lin, w.item)
		if err != nil {
			t.Fatal(err)
		}
		fields := shippedFields(w.catalog[w.item])
		model := map[string]form.Parsed{}
		for range 120 {
			ch := form.Change{Fields: map[string]form.Parsed{}}
			for range 1 + rng.IntN(4) { // a page, forwards or backwards, or the same again
				f := fields[rng.IntN(len(fields))]
				ch.Fields[f.ID] = form.Parse(f, func(name string) []string { return []string{typed(rng, f, name)} })
			}
			if _, err := w.Save(t.Context(), lin, id, ch); err != nil {
				t.Fatal(err)
			}
			for name, p := range ch.Fields {
				model[name] = p
			}
			d, err := w.Draft(t.Context(), lin, id) // resume
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
	each(t, func(t *testing.T, w *world) {
		id := w.complete(t)
		d, err := w.Draft(t.Context(), lin, id)
		if err != nil || !d.Result.Complete() {
			t.Fatal(err, d.Result.Faults(), d.Result.Ineligible)
		}
		receipts := make([]contract.Receipt, 12)
		var wg sync.WaitGroup
		for i := range receipts {
			wg.Go(func() {
				r, err := w.Submit(t.Context(), lin, id, form.Change{Rev: d.Rev})
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
		if n := w.count(t); n != 1 {
			t.Errorf("%d cases", n)
		}
		s := w.cases.submitted[0]
		if len(s.Materials) != len(uploads) || s.Answers["name"] != "广安区清和美发店" || s.Answers["area"] != 48.5 ||
			s.Answers["seats"] != int64(4) || s.Applicant.ID != "qinghe" || s.Operator != "lin" || s.Instant {
			t.Errorf("submitted %+v", s)
		}
		w.afterSubmission(t, id)
	})
}

// afterSubmission: nothing can be changed, and nothing personal stays behind.
func (w *world) afterSubmission(t *testing.T, id contract.DraftID) {
	t.Helper()
	if _, err := w.Save(t.Context(), lin, id, form.Change{Fields: map[string]form.Parsed{"area": {Value: 1.0}}}); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("changed after submission: %v", err)
	}
	if err := w.Delete(t.Context(), lin, id); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("deleted after submission: %v", err)
	}
	if _, err := w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: "a.pdf", Body: strings.NewReader(pdfFile("late"))}); !errors.Is(err, form.ErrSubmitted) {
		t.Errorf("attached after submission: %v", err)
	}
	var open string
	var sealed []byte
	row := w.db.QueryRowContext(t.Context(), "SELECT answers, sealed FROM form_drafts WHERE id = $1", string(id))
	if err := row.Scan(&open, &sealed); err != nil || open != "{}" || sealed != nil {
		t.Errorf("the draft still holds %s %q: %v", open, sealed, err)
	}
	if list, err := w.OpenDrafts(t.Context(), lin); err != nil || len(list) != 0 {
		t.Errorf("still open: %v %v", list, err)
	}
}

func TestFailedCaseLeavesTheDraft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.complete(t)
		w.cases.fail = fault.New(fault.Unavailable, "casework.numbers_used_up")
		if _, err := w.Submit(t.Context(), lin, id, form.Change{}); !errors.Is(err, w.cases.fail) {
			t.Fatal(err)
		}
		d, err := w.Draft(t.Context(), lin, id)
		if err != nil || d.Receipt != nil || !d.Result.Complete() {
			t.Errorf("draft is %+v, %v", d, err)
		}
		w.cases.fail = nil
		if _, err := w.Submit(t.Context(), lin, id, form.Change{}); err != nil || w.count(t) != 1 {
			t.Errorf("second try: %v, %d cases", err, w.count(t))
		}
	})
}

func TestSubmissionIsJudgedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, err := w.Start(t.Context(), lin, w.item)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Submit(t.Context(), lin, id, form.Change{})
		if !errors.Is(err, form.ErrIncomplete) || len(fault.FieldsOf(err)) < 10 {
			t.Errorf("an empty form: %v", err)
		}
		id = w.complete(t)
		seen, err := w.fill(t, lin, id, 0, map[string]any{"disinfection": false})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(t.Context(), lin, id, form.Change{}); !errors.Is(err, form.ErrIneligible) {
			t.Errorf("a hairdresser without disinfection: %v", err)
		}
		d, err := w.fill(t, lin, id, 0, map[string]any{"disinfection": true})
		if err != nil || d.Answers["disinfection_ways"] == nil {
			t.Fatalf("a hidden answer was lost: %v %v", d.Answers, err)
		}
		if _, err := w.Submit(t.Context(), lin, id, form.Change{Rev: seen.Rev}); !errors.Is(err, form.ErrStale) {
			t.Errorf("submitted what was not shown: %v", err)
		}
		untrue := form.Change{Rev: d.Rev, Fields: map[string]form.Parsed{"declared": {}}}
		if _, err := w.Submit(t.Context(), lin, id, untrue); !errors.Is(err, form.ErrIncomplete) {
			t.Errorf("submitted without the declaration: %v", err)
		}
		if w.count(t) != 0 {
			t.Error("a case was made")
		}
	})
}

func TestHiddenAnswersAreKeptButNotSubmitted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.complete(t)
		if _, err := w.fill(t, lin, id, 0, map[string]any{"place_kind": "shop"}); err != nil {
			t.Fatal(err)
		}
		if d, _ := w.Draft(t.Context(), lin, id); d.Answers["seats"] != int64(4) {
			t.Errorf("the number of chairs is gone: %v", d.Answers)
		}
		if _, err := w.Submit(t.Context(), lin, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		if _, there := w.cases.submitted[0].Answers["seats"]; there {
			t.Error("a hidden answer was submitted")
		}
	})
}

func TestOldDraftsAreForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		old := w.complete(t)
		w.clock.pass(20 * 24 * time.Hour)
		if _, err := w.fill(t, lin, old, 0, map[string]any{"area": 60}); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(20 * 24 * time.Hour) // day 40, but saved on day 20
		if err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Draft(t.Context(), lin, old); err != nil {
			t.Fatalf("a draft that was used 20 days ago is gone: %v", err)
		}
		w.clock.pass(11 * 24 * time.Hour)
		if _, err := w.Draft(t.Context(), lin, old); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("an old draft opens: %v", err)
		}
		if err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := w.db.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM form_drafts) + (SELECT COUNT(*) FROM form_files)").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left, %v", n, err)
		}
	})
}

func TestWhoMayApply(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Start(t.Context(), zhou, w.item); !errors.Is(err, form.ErrApplicant) {
			t.Errorf("a person applies for a licence of companies: %v", err)
		}
		ch, err := w.Choose(t.Context(), lin, w.item)
		if err != nil || len(ch.Parties) != 1 || ch.Parties[0].ID != "qinghe" || len(ch.Others) != 1 {
			t.Errorf("choice is %+v, %v", ch, err)
		}
		if _, err := w.Start(t.Context(), auth.Principal{}, w.item); fault.KindOf(err) != fault.Denied {
			t.Errorf("nobody applies: %v", err)
		}
		if _, err := w.Start(t.Context(), lin, "none"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("applies for nothing: %v", err)
		}
	})
}

func TestUploads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id, err := w.Start(t.Context(), lin, w.item)
		if err != nil {
			t.Fatal(err)
		}
		m, err := w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: `C:\图纸\一楼<script>.PNG`, Body: bytes.NewReader(pngFile(8, 8))})
		if err != nil || m.Name != "一楼_script_.png" || m.Type != "image/png" || m.Origin != "upload" {
			t.Fatalf("%+v, %v", m, err)
		}
		again, err := w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: "b.png", Body: bytes.NewReader(pngFile(8, 8))})
		if err != nil || again.File != m.File {
			t.Errorf("the same file twice: %+v, %v", again, err)
		}
		for i := range 4 {
			if _, err := w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: "c.pdf", Body: strings.NewReader(pdfFile(fmt.Sprint(i)))}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: "c.pdf", Body: strings.NewReader(pdfFile("one too many"))})
		if !code(err, "form.file.count") {
			t.Errorf("a sixth file: %v", err)
		}
		got, body, err := w.File(t.Context(), lin, id, m.File)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		if body.Close(); err != nil || !bytes.Equal(b, pngFile(8, 8)) || got.Name != m.Name {
			t.Errorf("read %d bytes of %s, %v", len(b), got.Name, err)
		}
		if err := w.Detach(t.Context(), lin, id, m.File); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.File(t.Context(), lin, id, m.File); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a deleted file opens: %v", err)
		}
		for material, want := range map[string]string{"business_licence": "form.file.unasked", "aircon_report": "form.file.unasked", "nothing": "form.file.unasked"} {
			if _, err := w.Attach(t.Context(), lin, id, material, form.Upload{Name: "c.pdf", Body: strings.NewReader(pdfFile("x"))}); !code(err, want) {
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
	w := newWorld(t, dbtest.SQLite(t, job.Area(), db.Area{Name: "form", Files: form.Migrations}))
	id, err := w.Start(t.Context(), lin, w.item)
	if err != nil {
		t.Fatal(err)
	}
	bomb := pngFile(8, 8)
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
		"pdf as jpg":        {"a.jpg", []byte(pdfFile("x")), "form.file.mismatch"},
		"png as pdf":        {"a.pdf", pngFile(4, 4), "form.file.mismatch"},
		"pdf as program":    {"a.pdf.exe", []byte(pdfFile("x")), "form.file.mismatch"},
		"cut pdf":           {"a.pdf", []byte("%PDF-1.7\n" + strings.Repeat("x", 4000)), "form.file.cut"},
		"broken picture":    {"a.png", []byte("\x89PNG\r\n\x1a\nrubbish"), "form.file.broken"},
		"broken photograph": {"a.jpg", []byte("\xff\xd8\xff\xe0rubbish"), "form.file.broken"},
		"bomb":              {"a.png", bomb, "form.file.broken"},
		"large":             {"a.pdf", []byte("%PDF-1.7" + strings.Repeat("x", 11<<20) + "%%EOF"), "form.file.large"},
	} {
		_, err := w.Attach(t.Context(), lin, id, "plans", form.Upload{Name: c.name, Body: bytes.NewReader(c.body)})
		if !code(err, c.want) && !(name == "bomb" && code(err, "form.file.pixels")) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if d, _ := w.Draft(t.Context(), lin, id); len(d.Files) != 0 {
		t.Errorf("kept %v", d.Files)
	}
	for given, want := range map[string]string{
		"../../etc/passwd": "passwd.pdf", "": "file.pdf", "报告.2026": "报告.2026.pdf", "a\u202egpj.pdf": "agpj.pdf",
		"...": "file.pdf", "CON.pdf": "CON.pdf", "x\x00y.pdf": "xy.pdf", `"><img src=x>.pdf`: "___img src=x_.pdf",
		strings.Repeat("长", 300) + ".pdf": strings.Repeat("长", 100) + ".pdf",
	} {
		m, err := w.Attach(t.Context(), lin, id, "hygiene_report", form.Upload{Name: given, Body: strings.NewReader(pdfFile("x"))})
		if err != nil || m.Name != want {
			t.Errorf("%q is called %q, want %q (%v)", given, m.Name, want, err)
		}
		if err := w.Detach(t.Context(), lin, id, m.File); err != nil {
			t.Error(err)
		}
	}
}
