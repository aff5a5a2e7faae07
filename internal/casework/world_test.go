package casework

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

const (
	bureau    contract.AgencyID = "bureau"
	elsewhere contract.AgencyID = "elsewhere"
)

// monday is 2026-11-16, ten in the morning: a plain working week follows.
var monday = time.Date(2026, 11, 16, 2, 0, 0, 0, time.UTC)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

// to moves to nine in the morning of a day in China.
func (c *clock) to(date string) { c.set(day.MustParse(date).Time().Add(9 * time.Hour)) }

// world is a county with two services and nobody but those who test.
type world struct {
	*Service
	clock    *clock
	jobs     *job.Queue
	events   *event.Log
	licences *licences
	book     *book
	services map[contract.ItemID]contract.Service
}

// licences issues at once and tells by an event, as the licence area does.
type licences struct {
	mu     sync.Mutex
	events *event.Log
	clock  *clock
	asked  []contract.LicenceRequest
}

func (l *licences) Issue(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (contract.LicenceID, error) {
	l.mu.Lock()
	l.asked = append(l.asked, r)
	l.mu.Unlock()
	lid := contract.LicenceID("licence-" + string(r.Case))
	return lid, l.events.Record(ctx, tx, event.Meta{Subject: r.Holder.ID}, contract.LicenceIssued{
		Licence: lid, Case: r.Case, Number: "卫公证字〔2026〕第 1 号", At: r.At.UTC().Truncate(time.Microsecond),
	})
}

type faces struct{}

func (faces) Evaluate(_ context.Context, _ contract.Service, in FaceInput) ([]contract.FaceLine, error) {
	return []contract.FaceLine{{Label: contract.Text{ZH: "名称", EN: "Name"}, Value: fmt.Sprint(in.Answers["name"]), Public: true}}, nil
}

// plainPapers writes documents as text, for tests of their wording.
type plainPapers struct{}

func (plainPapers) Render(_ context.Context, p Paper) ([]byte, error) {
	lines := []string{p.Title.ZH, p.Number, p.Addressee + "："}
	lines = append(lines, p.Body...)
	for _, r := range p.Rows {
		lines = append(lines, r.Label.ZH+" "+r.Label.EN+"："+r.Value)
	}
	for i, l := range p.List {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, l))
	}
	lines = append(append(lines, p.After...), p.Agency.Name.ZH, p.Date.String())
	if p.Phone != "" {
		lines = append(lines, "咨询电话 "+p.Phone)
	}
	return []byte(strings.Join(append(lines, p.Summary...), "\n") + "\n"), nil
}

type book struct {
	mu sync.Mutex
	b  *statute.Book
}

func (b *book) For(region string) *statute.Calendar {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.For(region)
}

func (b *book) set(tables ...statute.Table) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b = statute.NewBook(tables...)
}

type services map[contract.ItemID]contract.Service

func (s services) Service(_ context.Context, item contract.ItemID, _ int) (contract.Service, error) {
	svc, ok := s[item]
	if !ok {
		return svc, ErrNotFound
	}
	return svc, nil
}

type agencies struct{}

func (agencies) Agency(_ context.Context, id contract.AgencyID) (contract.Agency, error) {
	if id == elsewhere {
		return contract.Agency{ID: id, Name: contract.Text{ZH: "岳池县行政审批局", EN: "Yuechi Approval Bureau"}, Division: "511621"}, nil
	}
	if id == neighbour {
		return contract.Agency{ID: id, Name: contract.Text{ZH: "前锋区行政审批局", EN: "Qianfeng Approval Bureau"}, Division: "511603"}, nil
	}
	if id == fire || id == city {
		return contract.Agency{ID: id, Name: contract.Text{ZH: "广安区" + string(id), EN: string(id)}, Division: "511602"}, nil
	}
	return contract.Agency{ID: id, Name: contract.Text{ZH: "广安区行政审批局", EN: "Guang'an Approval Bureau"}, Division: "511602"}, nil
}

func (a agencies) Agencies(ctx context.Context, _ string) ([]contract.Agency, error) {
	var list []contract.Agency
	for _, id := range []contract.AgencyID{bureau, city, fire} {
		x, err := a.Agency(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// plainWords writes an answer as it is, with its unit.
type plainWords struct{}

func (plainWords) Show(_ context.Context, _ string, f contract.Field, v any) contract.Text {
	zh, en := strings.TrimSpace(fmt.Sprint(v)+" "+f.Unit.ZH), strings.TrimSpace(fmt.Sprint(v)+" "+f.Unit.EN)
	return contract.Text{ZH: zh, EN: en}
}

const (
	hygiene contract.ItemID = "hygiene"
	away    contract.ItemID = "away"
	filing  contract.ItemID = "filing"
	joint   contract.ItemID = "joint"   // two agencies are asked
	promise contract.ItemID = "promise" // granted on a commitment
	benefit contract.ItemID = "benefit" // one agency is asked, published for objections
	opening contract.ItemID = "opening" // a bundle of hygiene, filing and joint
)

// Agencies that are asked.
const (
	fire contract.AgencyID = "fire"
	city contract.AgencyID = "city"
)

func testServices() services {
	form := contract.Form{Pages: []contract.Page{{
		ID: "shop", Title: contract.Text{ZH: "您的店", EN: "Your shop"}, Fields: []contract.Field{
			{ID: "name", Kind: "text", Label: contract.Text{ZH: "店名", EN: "Shop name"}},
			{ID: "area", Kind: "decimal", Label: contract.Text{ZH: "营业面积", EN: "Floor area"}, Unit: contract.Text{ZH: "平方米", EN: "m²"}},
			{ID: "seats", Kind: "integer", Label: contract.Text{ZH: "座位", EN: "Seats"}},
			{ID: "phone", Kind: "phone", Label: contract.Text{ZH: "电话", EN: "Phone"}, Personal: true},
		},
	}}}
	materials := []contract.MaterialSpec{{ID: "plan", Name: contract.Text{ZH: "平面图", EN: "Floor plan"}}}
	h := contract.Service{
		Item: hygiene, Version: 1, Name: contract.Text{ZH: "公共场所卫生许可新办审批", EN: "Hygiene licence for public places"},
		Agency: bureau, Procedure: "licensing", Limits: contract.Limits{Accept: 5, Statutory: 20, Promised: 5, Deliver: 10, Unit: "workday"},
		Handling:  contract.Handling{TwoOfficials: true, DeptCode: "1023"},
		Guide:     contract.Guide{Consult: "0826-2330000", Basis: hygieneLaw()},
		Materials: materials, Form: form,
		Licence: &contract.LicenceSpec{Name: contract.Text{ZH: "卫生许可证", EN: "Hygiene licence"}, Years: 4},
	}
	a := h
	a.Item, a.Agency, a.Handling.TwoOfficials, a.Licence = away, elsewhere, false, nil
	f := h
	f.Item, f.Procedure, f.Licence = filing, "instant", nil
	f.Name = contract.Text{ZH: "仅销售预包装食品备案", EN: "Prepackaged food filing"}
	f.Limits = contract.Limits{Statutory: 1, Promised: 1, Unit: "immediate"}
	return services{
		hygiene: h, away: a, filing: f, joint: jointService(h), promise: promiseService(h),
		benefit: benefitService(h), opening: openingService(h),
	}
}

func jointService(j contract.Service) contract.Service {
	j.Item, j.Procedure, j.Licence, j.Handling.TwoOfficials = joint, "joint", nil, false
	j.Name = contract.Text{ZH: "夜间施工联合审批", EN: "Night work, joint approval"}
	j.Limits = contract.Limits{Accept: 5, Promised: 30, Deliver: 10, Unit: "workday"} // the law's own 45
	j.Handling.Units = []contract.Unit{
		{
			ID: "u-fire", Agency: fire, Task: contract.Text{ZH: "消防安全意见", EN: "Fire safety"}, Required: true, Blocking: true,
			Days: 5, Fields: []string{"area", "phone"}, Materials: []string{"plan"},
		},
		{ID: "v-city", Agency: city, Task: contract.Text{ZH: "占道意见", EN: "Use of the pavement"}, When: "big", Days: 3, Fields: []string{"name"}},
	}
	return j
}

func promiseService(p contract.Service) contract.Service {
	p.Item, p.Procedure, p.Handling.TwoOfficials = promise, "notify-and-commit", false
	p.Name = contract.Text{ZH: "食品经营许可（告知承诺）", EN: "Food licence on commitment"}
	p.Commitment = &contract.CommitmentSpec{VerifyDays: 10}
	return p
}

func benefitService(b contract.Service) contract.Service {
	b.Item, b.Procedure, b.Licence, b.Handling.TwoOfficials = benefit, "payment-benefit", nil, false
	b.Name = contract.Text{ZH: "最低生活保障", EN: "Subsistence allowance"}
	b.Limits = contract.Limits{Statutory: 30, Promised: 20, Unit: "workday"}
	b.Handling.Units = []contract.Unit{{
		ID: "social", Agency: city, Task: contract.Text{ZH: "社保缴费情况", EN: "Contributions"}, Required: true, Days: 5, Fields: []string{"name"},
	}}
	return b
}

func openingService(o contract.Service) contract.Service {
	o.Item, o.Procedure, o.Licence = opening, "bundle", nil
	o.Name = contract.Text{ZH: "开办餐饮店一件事", EN: "Open a restaurant"}
	o.Parts = []contract.Part{
		{ID: "hygiene", Item: hygiene, Required: true, Blocking: true, Fields: map[string]string{"phone": "m_phone"}},
		{ID: "filing", Item: filing},
		{ID: "joint", Item: joint, After: []string{"hygiene"}},
	}
	return o
}

// conditions knows the one condition of the tests.
type conditions struct{}

func (conditions) Holds(_ contract.Service, _ string, _ contract.Party, _ day.Date, a, _ contract.Answers) (bool, error) {
	area, ok := a["area"].(float64)
	return ok && area > 40, nil
}

// Procedures and policies are read once: nobody changes them.
var (
	procedures = sync.OnceValues(statute.LoadProcedures)
	engine     = sync.OnceValue(func() *policy.Engine { return policy.Must(map[string]string{"casework": Policies}) })
)

// newWorld builds the service on a fresh database.
func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{clock: &clock{t: monday}, book: &book{}, services: testServices()}
	w.book.set(statute.National()...)
	log := slog.New(slog.DiscardHandler)
	w.jobs = job.New(d, w.clock.now, id.New, log)
	w.events = event.New(d, w.jobs, w.clock.now, id.New)
	w.licences = &licences{events: w.events, clock: w.clock}
	dir := t.TempDir()
	master, err := seal.OpenKeyFile(filepath.Join(dir, "master"))
	must(t, err)
	sealer, err := seal.Load(master, filepath.Join(dir, "ring"))
	must(t, err)
	blobs, err := blob.Open(filepath.Join(dir, "blobs"))
	must(t, err)
	procs, err := procedures()
	must(t, err)
	w.Service, err = New(Config{
		DB: d, Jobs: w.jobs, Events: w.events, Policy: engine(),
		Seal: sealer, Blobs: blobs, Services: services(w.services), Agencies: agencies{}, Calendars: w.book,
		Procedures: procs, Licences: w.licences, Faces: faces{}, Conditions: conditions{}, Words: plainWords{}, Papers: plainPapers{}, Intake: counterIntake{blobs},
		Now: w.clock.now, NewID: id.New, Code: id.Code, Log: log,
	})
	must(t, err)
	w.Jobs(w.jobs, w.events)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "casework", Files: Migrations}}
}

// each runs a test on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newWorld(t, d)) }, areas()...)
}

// The people.
var (
	lin        = auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林", For: auth.Acting{Kind: auth.ForCompany, ID: "salon", Name: "清和美发店"}, Level: 3}
	zhou       = auth.Principal{Kind: auth.Resident, ID: "zhou", Name: "周淑芬", Level: 3}
	clerk      = staff("clerk", auth.RoleClerk)
	reviewer1  = staff("reviewer1", auth.RoleReviewer)
	reviewer2  = staff("reviewer2", auth.RoleReviewer)
	approver   = staff("approver", auth.RoleApprover)
	head       = staff("head", auth.RoleHead)
	supervisor = staff("supervisor", auth.RoleSupervisor)
	auditor    = staff("auditor", auth.RoleAuditor)
	admin      = staff("admin", auth.RoleAdministrator)
	catalogger = staff("catalog", auth.RoleCatalogManager)
	fireman    = of(fire, staff("fireman", auth.RoleReviewer))
	firechief  = of(fire, staff("firechief", auth.RoleHead))
	warden     = of(city, staff("warden", auth.RoleReviewer))
	lastSigned = auth.SystemPrincipal("last-signature")
)

func of(agency contract.AgencyID, p auth.Principal) auth.Principal {
	p.Agency = string(agency)
	return p
}

func staff(name string, roles ...string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: name, Name: "岗位 " + name, Roles: roles, Agency: string(bureau), Division: "511602"}
}

func abroad(p auth.Principal) auth.Principal {
	p.ID += "-elsewhere"
	p.Agency, p.Division = string(elsewhere), "511621"
	return p
}

func (w *world) submission(key string, item contract.ItemID) contract.Submission {
	return contract.Submission{
		Key: key, Item: item, Version: 1,
		Applicant: contract.Party{Kind: "company", ID: "salon", Name: "广安区清和美发店", Code: "92511602MA66K8T333"},
		Operator:  contract.AccountID("lin"),
		Answers: contract.Answers{
			"name": "清和美发店", "area": 48.5, "seats": int64(4), "phone": "13812348000",
		},
		Materials: []contract.Material{{
			ID: "plan", File: "file-1", Name: "plan.pdf", Type: "application/pdf", Size: 10, Blob: "abc", At: w.clock.now(), Level: "C", Origin: "upload",
		}},
		At: w.clock.now(),
	}
}

// bundle is an application for all parts of the bundle.
func (w *world) bundle(key string, parts ...string) contract.Submission {
	sub := w.submission(key, opening)
	for _, p := range testServices()[opening].Parts {
		if len(parts) > 0 && !slices.Contains(parts, p.ID) {
			continue
		}
		one := w.submission(key, p.Item)
		sub.Parts = append(sub.Parts, contract.PartSubmission{Part: p.ID, Item: p.Item, Version: 1, Answers: one.Answers, Materials: one.Materials})
	}
	return sub
}

// family submits a bundle and returns its case and its parts by id.
func (w *world) family(t testing.TB, key string, parts ...string) (Case, map[string]Case) {
	t.Helper()
	r, err := w.submit(t.Context(), lin, w.bundle(key, parts...))
	must(t, err)
	return w.reload(t, r.Case)
}

func (w *world) reload(t testing.TB, whole contract.CaseID) (Case, map[string]Case) {
	t.Helper()
	cases, err := partsOf(t.Context(), w.c.DB, whole)
	must(t, err)
	byID := map[string]Case{}
	for _, c := range cases {
		byID[c.Part] = c
	}
	return w.load(t, whole), byID
}

// file submits an application and returns its case.
func (w *world) file(t testing.TB, key string, item contract.ItemID) Case {
	t.Helper()
	r, err := w.submit(t.Context(), lin, w.submission(key, item))
	must(t, err)
	return w.load(t, r.Case)
}

func (w *world) submit(ctx context.Context, actor auth.Principal, sub contract.Submission) (r contract.Receipt, err error) {
	err = w.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		r, err = w.Submit(ctx, tx, actor, sub)
		return err
	})
	return r, err
}

func (w *world) load(t testing.TB, id contract.CaseID) Case {
	t.Helper()
	c, err := caseByID(t.Context(), w.c.DB, id)
	must(t, err)
	return c
}

// act takes a step that must succeed.
func (w *world) act(t testing.TB, p auth.Principal, c Case, a Action) Case {
	t.Helper()
	c, err := w.Act(t.Context(), p, c.ID, a)
	if err != nil {
		t.Fatalf("%s by %s: %v", a.Name, p.ID, err)
	}
	return c
}

func (w *world) drain(t testing.TB) {
	t.Helper()
	must(t, w.jobs.Drain(t.Context()))
	dead, err := w.jobs.DeadLetters(t.Context())
	must(t, err)
	for _, l := range dead {
		t.Errorf("dead letter: %+v", l)
	}
}

func readAll(t testing.TB, r io.ReadCloser) string {
	t.Helper()
	b, err := io.ReadAll(r)
	must(t, err)
	must(t, r.Close())
	return string(b)
}

// hygieneLaw is what the guide of the hygiene licence cites: read in the published
// text, not read, and the law of the procedure.
func hygieneLaw() []contract.LawRef {
	rules := contract.Text{ZH: "《公共场所卫生管理条例》", EN: "Regulations on Hygiene in Public Places"}
	return []contract.LawRef{
		{Law: rules, Article: "第四条", Verified: true},
		{Law: rules, Article: "第八条", Verified: true},
		{Law: contract.Text{ZH: "《公共场所卫生管理条例实施细则》", EN: "Rules for Implementing the Regulations"}, Article: "第二十二条"},
		{Law: contract.Text{ZH: "《中华人民共和国行政许可法》", EN: "Administrative Licensing Law"}, Article: "第四十二条", Verified: true},
	}
}
