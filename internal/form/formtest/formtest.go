// Package formtest builds a form service with hand-made neighbours, for the
// tests of the form and of its pages.
package formtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
	"github.com/tongban/tongban/services"
)

// The packages that come with the product, by folder.
const (
	Hygiene = "public-place-hygiene-new"
	Filing  = "prepackaged-food-filing"
)

// People of the tests: Lin acts for a hair salon, Zhou is somebody else.
var (
	Lin  = auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林晓", For: auth.Acting{Kind: auth.ForCompany, ID: "qinghe", Name: "广安区清和美发店"}, Level: 2}
	Zhou = auth.Principal{Kind: auth.Resident, ID: "zhou", Name: "周淑芬", Level: 2}
)

// HeldSource is where the company's data comes from.
var HeldSource = contract.Text{ZH: "营业执照，区市监局", EN: "business licence, market regulation bureau"}

// Good are answers to everything the hygiene form asks of a hairdresser.
func Good() map[string]any {
	return map[string]any{
		"place_kind": "hair", "area": 48.5, "seats": 4, "water": "mains", "water_tank": false,
		"disinfection": true, "disinfection_ways": []string{"heat", "chemical"}, "toilet": true, "central_air": false,
		"staff": 3, "certified": 3, "representative": "林晓", "manager_self": true, "paper": "electronic", "declared": true,
	}
}

// Uploads are the materials the hygiene form asks of a hairdresser.
func Uploads() []string { return []string{"identity", "plans", "hygiene_report", "hygiene_rules"} }

// Shipped reads a package that comes with the product, as version 1.
func Shipped(t testing.TB, name string) contract.Service {
	t.Helper()
	var svc contract.Service
	for file, into := range map[string]any{"service.yaml": &svc, "form.yaml": &svc.Form} {
		text, err := services.Files.ReadFile(name + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
			t.Fatalf("%s/%s: %v", name, file, err)
		}
	}
	svc.Version = 1
	return svc
}

// World is a form service with its neighbours.
type World struct {
	*form.Service
	DB      *db.DB
	Catalog Catalog
	Cases   *Cases
	People  *People
	Queue   *job.Queue
	Events  *event.Log
	Blobs   *blob.Folder
	Scan    *Scanner
	Keeper  *Keeper
	Clock   *Clock
	Hygiene contract.ItemID
	Filing  contract.ItemID
	Birth   contract.ItemID
}

// Clock moves a little with each look, so that times differ.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(time.Millisecond)
	return c.t
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// Catalog holds one version of each service.
type Catalog map[contract.ItemID]contract.Service

// Current serves the form.
func (c Catalog) Current(_ context.Context, item contract.ItemID) (contract.Service, error) {
	svc, ok := c[item]
	if !ok {
		return svc, fault.New(fault.NotFound, "catalog.not_found")
	}
	return svc, nil
}

// Version serves the form.
func (c Catalog) Version(ctx context.Context, item contract.ItemID, _ int) (contract.Service, error) {
	return c.Current(ctx, item)
}

// Cases writes each submission into a table of its own, in the transaction.
type Cases struct {
	mu        sync.Mutex
	Asks      contract.Correction
	Fail      error
	Resent    []contract.Answers
	ResentMat []contract.Material
	Submitted []contract.Submission
	Actors    []auth.Principal // who submitted
	Attested  []contract.Confirmed
	// Before runs in the transaction, before the case is made.
	Before func()
}

// Submit serves the form.
func (c *Cases) Submit(ctx context.Context, tx db.Tx, actor auth.Principal, s contract.Submission) (contract.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Before != nil {
		c.Before()
	}
	if c.Fail != nil {
		return contract.Receipt{}, c.Fail
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO form_test_cases (id, case_key) VALUES ($1, $2)", id.New(), s.Key); err != nil {
		return contract.Receipt{}, err
	}
	c.Submitted, c.Actors = append(c.Submitted, s), append(c.Actors, actor)
	return contract.Receipt{
		Case: contract.CaseID("case-" + s.Key), Number: "5116022026112110230004827", QueryCode: "7KQ4M2", At: s.At, AcceptBy: "2026-11-27",
	}, nil
}

// Correction serves the form.
func (c *Cases) Correction(_ context.Context, actor auth.Principal, id contract.CaseID) (contract.Correction, error) {
	if id != c.Asks.Case || actor.Subject() != c.Asks.Applicant.ID {
		return contract.Correction{}, fault.New(fault.NotFound, "casework.not_found")
	}
	return c.Asks, nil
}

// Confirmed remembers how a correction was confirmed at a window.
func (c *Cases) Confirmed(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, _ string, x contract.Confirmed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Attested = append(c.Attested, x)
	return nil
}

// Resubmit serves the form.
func (c *Cases) Resubmit(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, a contract.Answers, m []contract.Material) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Fail != nil {
		return c.Fail
	}
	c.Resent, c.ResentMat = append(c.Resent, a), m
	return nil
}

// People knows everybody's data.
type People struct {
	mu       sync.Mutex
	Data     map[string]contract.Held
	Own      map[string]map[string]contract.Held // by account, before Data
	Down     map[string]bool                     // registries that do not answer
	Asks     int
	Lookups  []contract.Lookup
	Persons  map[contract.AccountID]Person
	Licences []contract.HeldLicence
	Verified []contract.Copy
	Broke    map[string]bool // subjects who broke a commitment, or "subject item"
	Revoked  map[string]bool // mandates that do not hold any more
}

// Parties serves the form.
func (p *People) Parties(_ context.Context, a auth.Principal) ([]contract.Party, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.Revoked[a.For.Mandate]:
		return nil, fault.New(fault.Denied, "identity.no_mandate")
	case a.For.Kind == auth.ForCompany || a.AtCounter() && a.For.ID == Lin.For.ID:
		return []contract.Party{{Kind: "company", ID: a.For.ID, Name: a.For.Name, Code: "92511602MA66K8T333"}}, nil
	case a.For.ID != "":
		return []contract.Party{{Kind: "person", ID: a.For.ID, Name: a.For.Name}}, nil
	}
	return []contract.Party{{Kind: "person", ID: a.ID, Name: a.Name}}, nil
}

// PersonKey serves the form.
func (p *People) PersonKey(number string) string { return "key-" + number }

// KeyOf serves the form.
func (p *People) KeyOf(_ context.Context, id contract.AccountID) (key, name string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.Persons[id]
	if !ok {
		return "", "", nil
	}
	return p.PersonKey(one.Number), one.Name, nil
}

// AccountByKey serves the form.
func (p *People) AccountByKey(_ context.Context, key string) (contract.AccountID, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, one := range p.Persons {
		if id != contract.AccountID(Twin.ID) && p.PersonKey(one.Number) == key {
			return id, true, nil
		}
	}
	return "", false, nil
}

// Person is a person with an account.
type Person struct{ Name, Number string }

// Lookup serves the form: the registries know everybody's data.
func (p *People) Lookup(_ context.Context, actor auth.Principal, l contract.Lookup) (contract.Known, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Asks++
	p.Lookups = append(p.Lookups, l)
	known := contract.Known{Facts: map[string]contract.Held{}}
	for _, k := range l.Keys {
		h, ok := p.Data[k]
		if x, own := p.Own[actor.ID][k]; own {
			h, ok = x, true
		}
		registry, _, _ := strings.Cut(k, ".")
		switch {
		case p.Down[registry]:
			known.Down = append(known.Down, k)
		case ok:
			known.Facts[k] = h
		}
	}
	return known, nil
}

// HeldBy serves the form.
func (p *People) HeldBy(_ context.Context, _ auth.Principal, _ string, types []string) ([]contract.HeldLicence, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.Licences), func(l contract.HeldLicence) bool { return !slices.Contains(types, l.TypeCode) }), nil
}

// Copies serves the form.
func (p *People) Copies(_ context.Context, _ auth.Principal, _ contract.Party, elements []string) ([]contract.Copy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.Verified), func(c contract.Copy) bool { return !slices.Contains(elements, c.Element) }), nil
}

// Barred serves the form.
func (p *People) Barred(_ context.Context, subject string, item contract.ItemID) (bool, error) {
	return p.Broke[subject] || p.Broke[subject+" "+string(item)], nil
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

// Scanner finds what a test says.
type Scanner struct {
	Err   error
	Scans int
}

// Scan serves the form.
func (s *Scanner) Scan(_ context.Context, r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.Scans++
	return s.Err
}

// Keeper is another area that keeps a file.
type Keeper struct{ Kept contract.BlobID }

// KeepsBlob serves the form.
func (k *Keeper) KeepsBlob(_ context.Context, id contract.BlobID) (bool, error) {
	return id == k.Kept, nil
}

// calendars knows no holidays but those of the law.
type calendars struct{}

func (calendars) For(region string) *statute.Calendar {
	return statute.NewBook(statute.National()...).For(region)
}

// Areas are the tables a World needs.
func Areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "form", Files: form.Migrations}}
}

// Each runs fn in a world on both databases.
func Each(t *testing.T, fn func(t *testing.T, w *World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, New(t, d)) }, Areas()...)
}

// SQLite returns a world on SQLite, for tests of pages.
func SQLite(t testing.TB) *World {
	t.Helper()
	return New(t, dbtest.SQLite(t, Areas()...))
}

// New returns a world on d.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &World{
		DB: d, Blobs: blobs, Cases: &Cases{}, Clock: &Clock{t: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}, Catalog: Catalog{},
		People: &People{Persons: Persons(), Own: map[string]map[string]contract.Held{
			Huang.ID: {"person.phone": {Value: "13900139000", Source: contract.Text{ZH: "您的账号", EN: "your account"}, At: "2026-10-02"}},
		}, Data: map[string]contract.Held{
			"company.name":       {Value: "广安区清和美发店", Source: HeldSource, At: "2026-10-09"},
			"company.code":       {Value: "92511602MA66K8T333", Source: HeldSource, At: "2026-10-09"},
			"company.address":    {Value: "四川省广安市广安区洪州大道东段 128 号附 6 号", Source: HeldSource, At: "2026-10-09"},
			"person.phone":       {Value: "13900138000", Source: contract.Text{ZH: "您的账号", EN: "your account"}, At: "2026-10-01"},
			"person.resident_id": {Value: "must not be kept: no field asks for it"},
		}},
	}
	hygiene, filing := Shipped(t, Hygiene), Shipped(t, Filing)
	w.Catalog[hygiene.Item], w.Catalog[filing.Item] = hygiene, filing
	w.Hygiene, w.Filing = hygiene.Item, filing.Item
	birth := Birth()
	w.Catalog[birth.Item], w.Birth = birth, birth.Item
	w.Queue = job.New(d, w.Clock.Now, id.New, slog.New(slog.DiscardHandler))
	w.Events = event.New(d, w.Queue, w.Clock.Now, id.New)
	w.Scan, w.Keeper = &Scanner{}, &Keeper{}
	press, err := pdf.New()
	if err != nil {
		t.Fatal(err)
	}
	w.Service, err = form.New(form.Config{
		DB: d, Catalog: w.Catalog, Cases: w.Cases, People: w.People, Registries: w.People, Licences: w.People, Copies: w.People,
		Barred: w.People, Blobs: blobs, Parts: blobs.Parts(), Seal: sealer{}, Policy: Policy(t), Jobs: w.Queue, Events: w.Events,
		Counters: Windows{}, Press: press, Calendars: calendars{}, Now: w.Clock.Now, NewID: id.New, Scanner: w.Scan, Keepers: []form.Keeper{w.Keeper},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Jobs(w.Queue)
	if _, err := d.ExecContext(t.Context(), "CREATE TABLE form_test_cases (id TEXT PRIMARY KEY, case_key TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	return w
}

// Policy is the engine with the policies of this area.
func Policy(t testing.TB) *policy.Engine {
	t.Helper()
	pe, err := policy.New(map[string]string{"form": form.Policies})
	if err != nil {
		t.Fatal(err)
	}
	return pe
}

// Allow is what the policy says of a page of this area.
func Allow(t testing.TB) func(p auth.Principal, action string) error {
	t.Helper()
	pe := Policy(t)
	return func(p auth.Principal, action string) error { return pe.Check(p, action, policy.Page) }
}

// Fill answers fields with typed values, as the API does.
func (w *World) Fill(t testing.TB, who auth.Principal, id contract.DraftID, rev int64, answers map[string]any) (form.Draft, error) {
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

// Complete makes a draft of Lin's that only needs to be submitted.
func (w *World) Complete(t testing.TB) contract.DraftID {
	t.Helper()
	return w.CompleteFor(t, Lin)
}

// CompleteFor is Complete by somebody else for the salon.
func (w *World) CompleteFor(t testing.TB, who auth.Principal) contract.DraftID {
	t.Helper()
	id, err := w.Start(t.Context(), who, w.Hygiene)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Fill(t, who, id, 0, Good()); err != nil {
		t.Fatal(err)
	}
	for _, m := range Uploads() {
		if _, err := w.Attach(t.Context(), who, id, m, form.Upload{Name: m + ".pdf", Body: strings.NewReader(PDF(m))}); err != nil {
			t.Fatalf("attach %s: %v", m, err)
		}
	}
	return id
}

// Windows tells where clerks serve: a session is called after its clerk.
type Windows struct{}

// At serves the form.
func (Windows) At(_ context.Context, session string) (contract.Counter, error) {
	clerk, ok := strings.CutPrefix(session, "session-")
	if !ok {
		return contract.Counter{}, fault.New(fault.NotFound, "counter.session.none")
	}
	return contract.Counter{
		Session: session, Hall: contract.Text{ZH: "广安区政务服务中心", EN: "Guang'an hall"}, Window: "3", Clerk: contract.AccountID(clerk),
		ClerkName: "岗位 " + clerk, Agency: "bureau", AgencyName: contract.Text{ZH: "区行政审批局", EN: "Approval bureau"}, Division: "511602",
	}, nil
}

// AskToCorrect submits a complete draft and has a notice mark things of it. The
// case is "c1".
func (w *World) AskToCorrect(t testing.TB, marks ...contract.Mark) {
	t.Helper()
	if _, err := w.Submit(t.Context(), Lin, w.Complete(t), form.Change{}); err != nil {
		t.Fatal(err)
	}
	s := w.Cases.Submitted[0]
	w.Cases.Asks = contract.Correction{
		Case: "c1", Item: s.Item, Version: s.Version, Applicant: s.Applicant, Answers: s.Answers, Materials: s.Materials,
		DueBy: "2026-12-01", Marks: marks,
	}
}

// Count returns how many cases were made.
func (w *World) Count(t testing.TB) int {
	t.Helper()
	var n int
	if err := w.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM form_test_cases").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// PDF is a small file of one empty page.
func PDF(text string) string {
	return "%PDF-1.7\n% " + text + "\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n" +
		"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >> endobj\n3 0 obj << /Type /Page /Parent 2 0 R >> endobj\n" +
		"trailer << /Root 1 0 R >>\n%%EOF\n"
}

// PNG is a picture.
func PNG(w, h int) []byte {
	img := image.NewGray(image.Rect(0, 0, w, h))
	img.Pix[1] = 9 // not all black
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}
