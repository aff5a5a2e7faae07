// Package inquirytest builds the area with a real casework area behind it, for
// tests of rules and pages.
package inquirytest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
	"github.com/tongban/tongban/internal/statute"
)

// Monday is 2026-11-16, ten in the morning: two plain working weeks follow.
var Monday = time.Date(2026, 11, 16, 2, 0, 0, 0, time.UTC)

// Who tests.
var (
	Lin      = auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林美", For: auth.Acting{Kind: auth.ForCompany, ID: "salon"}}
	Zhou     = auth.Principal{Kind: auth.Resident, ID: "zhou", Name: "周"}
	Reviewer = official("r1", "审查一", auth.RoleReviewer)
	Second   = official("r2", "审查二", auth.RoleReviewer)
	Third    = official("r3", "审查三", auth.RoleReviewer)
	Approver = official("a1", "审批", auth.RoleApprover)
	Head     = official("h1", "局长", auth.RoleHead)
	Clerk    = official("c1", "窗口", auth.RoleClerk)
	Own      = official("own", "本人", auth.RoleReviewer) // has a part in the case
	Far      = auth.Principal{Kind: auth.Staff, ID: "f1", Name: "外局", Roles: []string{auth.RoleReviewer, auth.RoleHead}, Agency: "other", Division: "511621"}
	Overseer = auth.Principal{Kind: auth.Staff, ID: "s1", Name: "监察", Roles: []string{auth.RoleSupervisor}, Agency: "bureau", Division: "511602"}
	Machine  = auth.Principal{Kind: auth.Machine, ID: "m"}
)

func official(id, name, role string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: id, Name: name, Roles: []string{role}, Agency: "bureau", Division: "511602"}
}

// Case is the case that everything is about.
const Case contract.CaseID = "case-1"

// World is the area with fakes around it.
type World struct {
	*inquiry.Service
	DB     *db.DB
	Jobs   *job.Queue
	Events *event.Log
	Policy *policy.Engine
	Blobs  *blob.Folder

	mu  sync.Mutex
	now time.Time

	Facts     contract.InquiryCase
	Specials  []string // "start hearing", "end special-1 conclusion"
	Late      []string
	Documents []inquiry.Document
	Papers    []inquiry.Paper
	Book      *statute.Book
}

// Now is the time of the world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Set changes the time.
func (w *World) Set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = t
}

// To moves to ten in the morning of a day in China.
func (w *World) To(date string) { w.Set(day.MustParse(date).Time().Add(10 * time.Hour)) }

// Spec is the checklist of the service.
func Spec() *contract.VisitSpec {
	text := func(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }
	limit := 300.0
	return &contract.VisitSpec{
		Required: true, Prepare: text("请带好营业执照", "Have the business licence ready"),
		Checklist: []contract.CheckItem{
			{ID: "exits", Kind: contract.CheckPass, Text: text("疏散通道畅通", "Escape routes are clear"), Photo: true},
			{ID: "seats", Kind: contract.CheckNumber, Text: text("座位数", "Seats"), Unit: text("个", "seats"), Limit: contract.Limit{Max: &limit}},
			{ID: "layout", Kind: contract.CheckText, Text: text("布局", "Layout")},
		},
	}
}

// Areas are the tables that the world needs.
func Areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "inquiry", Files: inquiry.Migrations}}
}

// Open builds the world on SQLite.
func Open(t testing.TB) *World {
	t.Helper()
	return On(t, dbtest.SQLite(t, Areas()...))
}

// On builds the world on a database.
func On(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{DB: d, now: Monday, Book: statute.NewBook(statute.National()...)}
	log := slog.New(slog.DiscardHandler)
	w.Jobs = job.New(d, w.Now, id.New, log)
	w.Events = event.New(d, w.Jobs, w.Now, id.New)
	w.Policy = policy.Must(map[string]string{"inquiry": inquiry.Policies})
	dir := t.TempDir()
	master, err := seal.OpenKeyFile(filepath.Join(dir, "master"))
	must(t, err)
	sealer, err := seal.Load(master, filepath.Join(dir, "ring"))
	must(t, err)
	w.Blobs, err = blob.Open(filepath.Join(dir, "blobs"))
	must(t, err)
	w.Facts = contract.InquiryCase{
		CaseFacts: contract.CaseFacts{
			ID: Case, Number: "5116022026111610230004829", Item: "item", Agency: "bureau", Division: "511602",
			ItemName: contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}, AgencyName: contract.Text{ZH: "区行政审批局", EN: "Approval Bureau"},
			Applicant: contract.Party{Kind: "company", ID: "salon", Name: "清和美发店"}, Operator: "lin",
		},
		Visits: Spec(), Review: true, Open: true, Handlers: []contract.AccountID{"r1"}, Concerned: []contract.AccountID{"own"},
	}
	w.Service = inquiry.New(inquiry.Config{
		DB: d, Jobs: w.Jobs, Events: w.Events, Policy: w.Policy, Seal: sealer, Blobs: w.Blobs, Parts: w.Blobs.Parts(),
		Cases: w, Records: w, Staff: w, Calendars: w, Intake: w, Papers: w,
		Now: w.Now, NewID: id.New, Token: func(int) string { return id.New() }, Pick: func(n int) int { return n - 1 }, Log: log,
	})
	w.Service.Jobs(w.Jobs, w.Events)
	return w
}

// ForInquiry is the case, for its own people and the agency.
func (w *World) ForInquiry(_ context.Context, actor auth.Principal, id contract.CaseID) (contract.InquiryCase, error) {
	ours := actor.Kind == auth.System || actor.Kind == auth.Staff && actor.Agency == "bureau" || actor.Kind == auth.Resident && actor.Subject() == "salon"
	if id != Case || !ours {
		return contract.InquiryCase{}, fault.New(fault.NotFound, "inquiry.not_found")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Facts, nil
}

// PlaceOf is the place of the application.
func (w *World) PlaceOf(context.Context, auth.Principal, contract.CaseID) (contract.Text, error) {
	return contract.Text{ZH: "广安区洪洲大道 12 号"}, nil
}

// StartSpecial notes that the clock stands still.
func (w *World) StartSpecial(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, p contract.Pause) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Specials = append(w.Specials, fmt.Sprintf("start %s %d", p.Special, p.Days))
	return fmt.Sprintf("special-%d", len(w.Specials)), nil
}

// EndSpecial notes that the clock goes on.
func (w *World) EndSpecial(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, special, result string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Specials = append(w.Specials, "end "+special+" "+result)
	return nil
}

// RaiseLate notes a card.
func (w *World) RaiseLate(_ context.Context, _ db.Tx, _ contract.CaseID, occurrence string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Late = append(w.Late, occurrence)
	return nil
}

// Attach notes a document.
func (w *World) Attach(_ context.Context, _ db.Tx, _ contract.CaseID, d inquiry.Document) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Documents = append(w.Documents, d)
	return nil
}

// Officials are those of the bureau.
func (w *World) Officials(_ context.Context, agency contract.AgencyID) ([]contract.Official, error) {
	var list []contract.Official
	for _, p := range []auth.Principal{Reviewer, Second, Third, Approver, Head, Clerk, Own, Overseer} {
		if p.Agency == string(agency) {
			list = append(list, contract.Official{ID: contract.AccountID(p.ID), Name: p.Name, Agency: agency, Division: p.Division, Roles: p.Roles})
		}
	}
	return list, nil
}

// For is the calendar of a region.
func (w *World) For(region string) *statute.Calendar {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Book.For(region)
}

// Take looks at a file and stores it, as the form area does but without a scanner.
func (w *World) Take(ctx context.Context, _ contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return contract.Material{}, err
	}
	info, err := document.Inspect(data)
	if err != nil {
		return contract.Material{}, err
	}
	media := map[string]string{"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}[info.Kind]
	if media == "" {
		return contract.Material{}, fault.New(fault.Invalid, "form.file.type", "types", "JPG, PNG")
	}
	key, size, err := w.Blobs.Put(ctx, bytes.NewReader(data), 32<<20)
	return contract.Material{Name: name, Type: media, Size: size, Blob: contract.BlobID(key)}, err
}

// Render keeps what would be printed.
func (w *World) Render(_ context.Context, p inquiry.Paper) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Papers = append(w.Papers, p)
	return []byte(p.Title.ZH), nil
}

// Drain runs the jobs that are due.
func (w *World) Drain(t testing.TB) {
	t.Helper()
	must(t, w.Jobs.Drain(t.Context()))
}

// Picture is a small photo.
func Picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))))
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
