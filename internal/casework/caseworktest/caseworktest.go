// Package caseworktest builds a small county for tests of pages and of other
// areas: two services, fakes for what other areas do, a clock to set.
package caseworktest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
	"github.com/tongban/tongban/internal/statute"
)

// Procedures, calendars and policies are read once for all counties: nobody changes
// them, and reading them took longer than most tests.
var (
	procedures = sync.OnceValues(statute.LoadProcedures)
	calendars  = sync.OnceValue(func() *statute.Book { return statute.NewBook(statute.National()...) })
	// Engine asks the policies of this area.
	Engine = sync.OnceValue(func() *policy.Engine { return policy.Must(map[string]string{"casework": casework.Policies}) })
)

// The services of the county.
const (
	Hygiene contract.ItemID = "hygiene" // a licence, two officials
	Filing  contract.ItemID = "filing"  // instant
	Joint   contract.ItemID = "joint"   // the fire brigade is asked
	Promise contract.ItemID = "promise" // granted on a commitment
	Opening contract.ItemID = "opening" // a bundle of Hygiene, Filing and Joint, which waits for Hygiene
)

// Monday is 2026-11-16, 10:32 in China.
var Monday = time.Date(2026, 11, 16, 2, 32, 0, 0, time.UTC)

// The people of the county.
var (
	Lin        = auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林", For: auth.Acting{Kind: auth.ForCompany, ID: "salon", Name: "清和美发店"}, Level: 3}
	Zhou       = auth.Principal{Kind: auth.Resident, ID: "zhou", Name: "周淑芬", Level: 3}
	Clerk      = Staff("clerk", auth.RoleClerk)
	Clerk2     = Staff("clerk2", auth.RoleClerk)
	Reviewer1  = Staff("reviewer1", auth.RoleReviewer)
	Reviewer2  = Staff("reviewer2", auth.RoleReviewer)
	Approver   = Staff("approver", auth.RoleApprover)
	Head       = Staff("head", auth.RoleHead)
	Supervisor = Staff("supervisor", auth.RoleSupervisor)
	Fireman    = brigade(Staff("fireman", auth.RoleReviewer))
	Firechief  = brigade(Staff("firechief", auth.RoleHead))
)

func brigade(p auth.Principal) auth.Principal {
	p.Agency = "brigade"
	return p
}

// Staff is an official of the county's approval bureau.
func Staff(name string, roles ...string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: name, Name: "岗位 " + name, Roles: roles, Agency: "bureau", Division: "511602"}
}

// World is the county.
type World struct {
	*casework.Service
	DB     *db.DB
	Jobs   *job.Queue
	Events *event.Log
	Blobs  *blob.Folder

	mu  sync.Mutex
	now time.Time
}

// New builds the county on a fresh SQLite database.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{now: Monday}
	w.DB = dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "casework", Files: casework.Migrations})
	log := slog.New(slog.DiscardHandler)
	w.Jobs = job.New(w.DB, w.Now, id.New, log)
	w.Events = event.New(w.DB, w.Jobs, w.Now, id.New)
	dir := t.TempDir()
	master, err := seal.OpenKeyFile(filepath.Join(dir, "master"))
	must(t, err)
	sealer, err := seal.Load(master, filepath.Join(dir, "ring"))
	must(t, err)
	w.Blobs, err = blob.Open(filepath.Join(dir, "blobs"))
	must(t, err)
	procs, err := procedures()
	must(t, err)
	ids := 0
	w.Service, err = casework.New(casework.Config{
		DB: w.DB, Jobs: w.Jobs, Events: w.Events, Policy: Engine(),
		Seal: sealer, Blobs: w.Blobs, Services: fakes{}, Agencies: fakes{}, Calendars: book{calendars()},
		Procedures: procs, Licences: licences{w}, Faces: fakes{}, Conditions: fakes{}, Forms: fakes{}, Papers: fakes{}, Words: fakes{}, Intake: intake{w.Blobs}, Colleagues: bureau{},
		Counters: windows{}, Drawn: func(mark string) bool { return strings.HasPrefix(mark, "M") },
		Now: w.Now, NewID: func() string { w.mu.Lock(); defer w.mu.Unlock(); ids++; return fmt.Sprintf("id-%06d", ids) },
		Code: func(int) string { return "7KQ4M2" }, Log: log,
	})
	must(t, err)
	w.Service.Jobs(w.Jobs, w.Events)
	return w
}

// bureau is who works in the county's offices.
type bureau struct{}

func (bureau) Officials(_ context.Context, agency contract.AgencyID) ([]contract.Official, error) {
	var list []contract.Official
	for _, p := range []auth.Principal{Clerk, Clerk2, Reviewer1, Reviewer2, Approver, Head, Fireman, Firechief} {
		if p.Agency == string(agency) {
			list = append(list, contract.Official{ID: contract.AccountID(p.ID), Name: p.Name, Agency: agency, Division: p.Division, Roles: p.Roles})
		}
	}
	return list, nil
}

// Now is the time of the county.
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

// File submits an application of the salon and returns the case's id.
func (w *World) File(t testing.TB, key string, item contract.ItemID) contract.CaseID {
	t.Helper()
	sub := w.Submission(t, key, item)
	var r contract.Receipt
	must(t, w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		r, err = w.Submit(ctx, tx, Lin, sub)
		return err
	}))
	return r.Case
}

// Send submits an application that a test made.
func (w *World) Send(t testing.TB, sub contract.Submission) contract.CaseID {
	t.Helper()
	var r contract.Receipt
	must(t, w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		r, err = w.Submit(ctx, tx, Lin, sub)
		return err
	}))
	return r.Case
}

// Submission is an application of the salon.
func (w *World) Submission(t testing.TB, key string, item contract.ItemID) contract.Submission {
	t.Helper()
	plan, size, err := w.Blobs.Put(t.Context(), strings.NewReader("%PDF-1.4 a floor plan"), 1000)
	must(t, err)
	sub := contract.Submission{
		Key: key, Item: item, Version: 1,
		Applicant: contract.Party{Kind: "company", ID: "salon", Name: "广安区清和美发店", Code: "92511602MA66K8T333"},
		Operator:  "lin",
		Answers:   contract.Answers{"name": "清和美发店", "area": 48.5, "seats": int64(4), "aircon": false, "phone": "13812348000"},
		Materials: []contract.Material{{
			ID: "plan", File: "file-1", Name: "plan.pdf", Type: "application/pdf", Size: size, Blob: contract.BlobID(plan),
			At: w.Now(), Level: "C", Origin: "upload",
		}},
		Instant: item == Filing,
		Trace:   []contract.Text{{ZH: "材料齐全，当场办结。", EN: "Everything is complete: done at once."}},
		At:      w.Now(),
	}
	if item == Promise {
		sub.Committed = &contract.Committed{At: w.Now(), Content: []contract.Text{{ZH: "符合卫生要求", EN: "The hygiene rules are kept"}}}
	}
	if item == Opening {
		for _, p := range bundleParts() {
			sub.Parts = append(sub.Parts, contract.PartSubmission{
				Part: p.ID, Item: p.Item, Version: 1, Answers: sub.Answers, Materials: sub.Materials,
			})
		}
	}
	return sub
}

func bundleParts() []contract.Part {
	return []contract.Part{
		{ID: "hygiene", Item: Hygiene, Required: true, Blocking: true}, {ID: "filing", Item: Filing}, {ID: "joint", Item: Joint, After: []string{"hygiene"}},
	}
}

// Do takes a step that must succeed.
func (w *World) Do(t testing.TB, p auth.Principal, c contract.CaseID, a casework.Action) {
	t.Helper()
	if _, err := w.Act(t.Context(), p, c, a); err != nil {
		t.Fatalf("%s by %s: %v", a.Name, p.ID, err)
	}
}

// Drain runs the jobs that are due.
func (w *World) Drain(t testing.TB) {
	t.Helper()
	must(t, w.Jobs.Drain(t.Context()))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// licences issues at once.
type licences struct{ w *World }

// Issue issues and tells by an event, as the licence area does.
func (l licences) Issue(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (contract.LicenceID, error) {
	lid := contract.LicenceID("licence-" + string(r.Case))
	return lid, l.w.Events.Record(ctx, tx, event.Meta{Subject: r.Holder.ID}, contract.LicenceIssued{
		Licence: lid, Case: r.Case, At: r.At.UTC().Truncate(time.Microsecond),
	})
}

// book is the calendar of the one process there is.
type book struct{ *statute.Book }

// Refresh has nothing to take over.
func (book) Refresh(context.Context, db.Q) error { return nil }

// fakes stands for the other areas.
type fakes struct{}

// Service has two services.
func (fakes) Service(_ context.Context, item contract.ItemID, _ int) (contract.Service, error) {
	text := func(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }
	svc := contract.Service{
		Item: item, Version: 1, Name: text("公共场所卫生许可新办审批", "Hygiene licence for public places"),
		Agency: "bureau", Procedure: "licensing",
		Limits:   contract.Limits{Accept: 5, Statutory: 20, Promised: 5, Deliver: 10, Unit: "workday"},
		Handling: contract.Handling{TwoOfficials: true, DeptCode: "1023", Regions: []string{"5116"}},
		Delivery: []string{contract.DeliverElectronic, contract.DeliverPickup, contract.DeliverCourier},
		Materials: []contract.MaterialSpec{
			{ID: "plan", Name: text("平面布局图", "Floor plan"), Origin: "upload", Required: true, Types: []string{"pdf"}, MaxFiles: 3},
			{ID: "lease", Name: text("房屋租赁合同", "Lease"), Origin: "upload", Types: []string{"pdf"}, MaxFiles: 3, OwedDays: 5},
		},
		Form: contract.Form{Pages: []contract.Page{{ID: "shop", Title: text("您的店", "Your shop"), Fields: []contract.Field{
			{ID: "name", Kind: "text", Label: text("店名", "Shop name")},
			{ID: "area", Kind: "decimal", Label: text("营业面积", "Floor area"), Unit: text("平方米", "m²")},
			{ID: "seats", Kind: "integer", Label: text("理发座位", "Seats"), Unit: text("个", "seats")},
			{ID: "aircon", Kind: "yesno", Label: text("集中空调", "Central air conditioning")},
			{ID: "phone", Kind: "phone", Label: text("联系电话", "Phone"), Personal: true},
		}}}},
		Licence: &contract.LicenceSpec{Name: text("卫生许可证", "Hygiene licence"), Years: 4},
	}
	if item == Filing {
		svc.Name, svc.Procedure, svc.Licence = text("仅销售预包装食品备案", "Prepackaged food filing"), "instant", nil
		svc.Limits = contract.Limits{Statutory: 1, Promised: 1, Unit: "immediate"}
	}
	return special(svc), nil
}

// special makes the services that go another way.
func special(svc contract.Service) contract.Service {
	text := func(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }
	switch svc.Item {
	case Joint:
		svc.Name, svc.Procedure, svc.Licence, svc.Handling.TwoOfficials = text("夜间建筑施工许可", "Building work at night"), "joint", nil, false
		svc.Limits = contract.Limits{Accept: 5, Promised: 30, Deliver: 10, Unit: "workday"}
		svc.Handling.Units = []contract.Unit{{
			ID: "fire", Agency: "brigade", Task: text("消防安全意见", "Fire safety"), Required: true, Blocking: true, Days: 5,
			Fields: []string{"area"}, Materials: []string{"plan"},
		}}
	case Promise:
		svc.Name, svc.Procedure, svc.Handling.TwoOfficials = text("公共场所卫生许可（告知承诺）", "Hygiene licence on commitment"), "notify-and-commit", false
		svc.Commitment = &contract.CommitmentSpec{VerifyDays: 10}
	case Opening:
		svc.Name, svc.Procedure, svc.Licence = text("开办餐饮店一件事", "Open a restaurant"), "bundle", nil
		svc.Parts = bundleParts()
	}
	return svc
}

// Agency is the fire brigade, or the approval bureau.
func (fakes) Agency(_ context.Context, id contract.AgencyID) (contract.Agency, error) {
	if id == "health" {
		return contract.Agency{ID: id, Name: contract.Text{ZH: "区卫健局", EN: "Health Bureau"}, Division: "511602"}, nil
	}
	if id == "brigade" {
		return contract.Agency{ID: id, Name: contract.Text{ZH: "区消防大队", EN: "Fire Brigade"}, Division: "511602"}, nil
	}
	return contract.Agency{ID: id, Name: contract.Text{ZH: "区行政审批局", EN: "Approval Bureau"}, Division: "511602"}, nil
}

// Agencies are those of the county.
func (f fakes) Agencies(ctx context.Context, _ string) ([]contract.Agency, error) {
	brigade, err := f.Agency(ctx, "brigade")
	if err != nil {
		return nil, err
	}
	health := contract.Agency{ID: "health", Name: contract.Text{ZH: "区卫健局", EN: "Health Bureau"}, Division: "511602"}
	bureau, err := f.Agency(ctx, "bureau")
	return []contract.Agency{brigade, bureau, health}, err
}

// Show writes an answer with its unit, and yes and no.
func (fakes) Show(_ context.Context, _ string, f contract.Field, v any) contract.Text {
	switch v {
	case true:
		return contract.Text{ZH: "是", EN: "Yes"}
	case false:
		return contract.Text{ZH: "否", EN: "No"}
	}
	return contract.Text{ZH: strings.TrimSpace(fmt.Sprint(v, " ", f.Unit.ZH)), EN: strings.TrimSpace(fmt.Sprint(v, " ", f.Unit.EN))}
}

// Evaluate prints the shop's name.
func (fakes) Evaluate(_ context.Context, _ contract.Service, in casework.FaceInput) ([]contract.FaceLine, error) {
	return []contract.FaceLine{{Label: contract.Text{ZH: "名称", EN: "Name"}, Value: fmt.Sprint(in.Answers["name"])}}, nil
}

// Holds says that a condition holds for whoever has a floor.
func (fakes) Holds(_ contract.Service, _ string, _ contract.Party, _ day.Date, a, _ contract.Answers) (bool, error) {
	return a["area"] != nil, nil
}

// Render writes a document as text.
func (fakes) Render(_ context.Context, p casework.Paper) ([]byte, error) {
	return []byte(p.Title.ZH + "\n" + strings.Join(p.Body, "\n")), nil
}
