package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
	"github.com/tongban/tongban/internal/registry"
)

// world is the area with its tables; persons, companies and cases are told by it.
type world struct {
	*registry.Service
	t      *testing.T
	db     *db.DB
	events *event.Log

	mu   sync.Mutex
	time time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

var numbers = map[string]string{
	"chen": "511602199405200009", "huang": "511699199208080019", "zhou": "511602197904120004", "salon": "92511602MADEM00045",
}

func (w *world) Number(_ context.Context, p contract.Party) (string, error) {
	return numbers[p.ID], nil
}

func (w *world) PersonFacts(_ context.Context, id string) (map[string]contract.Held, error) {
	return map[string]contract.Held{"person.name": {Value: id}, "person.phone": {Value: "139"}}, nil
}

func (w *world) CompanyFacts(_ context.Context, id string) (map[string]contract.Held, error) {
	return map[string]contract.Held{"company.name": {Value: id}}, nil
}

func (w *world) Facts(_ context.Context, p auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	if p.Kind == auth.Staff && p.Agency != "A" || id != "c1" {
		return contract.CaseFacts{}, fault.New(fault.NotFound, "casework.none")
	}
	return contract.CaseFacts{ID: id, Item: "i1", Agency: "A", Applicant: contract.Party{Kind: "person", ID: "chen"}}, nil
}

func open(t *testing.T, d *db.DB, change func(*registry.Config)) *world {
	t.Helper()
	w := &world{t: t, db: d, time: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	provider, err := seal.OpenKeyFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Load(provider, filepath.Join(dir, "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	w.events = event.New(d, job.New(d, w.now, id.New, log), w.now, id.New)
	c := registry.Config{
		DB: d, Events: w.events, Policy: policy.Must(map[string]string{"registry": registry.Policies}), Seal: sealer,
		People: w, Cases: w, Now: w.now, Log: log, Demo: true,
	}
	if change != nil {
		change(&c)
	}
	w.Service = registry.New(c)
	if err := w.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "registry", Files: registry.Migrations}}
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, open(t, d, nil)) }, areas()...)
}

func one(t *testing.T, change func(*registry.Config)) *world {
	t.Helper()
	return open(t, dbtest.SQLite(t, areas()...), change)
}

var (
	chen  = auth.Principal{Kind: auth.Resident, ID: "chen", Name: "陈静", Level: 3}
	admin = auth.Principal{Kind: auth.Staff, ID: "admin", Roles: []string{auth.RoleAdministrator}}
	clerk = auth.Principal{Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}, Agency: "A"}
)

func prefill(subject string, keys ...string) contract.Lookup {
	return contract.Lookup{
		Subject: contract.Party{Kind: "person", ID: subject}, Keys: keys, Item: "i1", Object: "draft:d1", Purpose: registry.PurposePrefill, Consent: true,
	}
}

func (w *world) reads(subject string) (list []contract.PersonalDataRead) {
	w.t.Helper()
	events, err := w.events.About(context.Background(), subject, 50)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		var r contract.PersonalDataRead
		if err := json.Unmarshal(e.Body, &r); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func TestLookupAnswersWhatWasAskedAndRecordsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		known, err := w.Lookup(t.Context(), chen, prefill("chen", "marriage.spouse_name", "household.members", "person.name", "no.key"))
		if err != nil || len(known.Facts) != 3 || len(known.Down) != 0 {
			t.Fatalf("%+v, %v", known, err)
		}
		m := known.Facts["marriage.spouse_name"]
		if m.Value != "黄磊" || m.Registry != "marriage" || m.At != "2021-05-20" || !strings.Contains(m.Source.ZH, "演示") {
			t.Errorf("%+v", m)
		}
		if rows := known.Facts["household.members"].Rows; len(rows) != 3 || rows[2]["name"] != "黄小满" {
			t.Errorf("%+v", rows)
		}
		reads := w.reads("chen")
		if len(reads) != 1 {
			t.Fatalf("%d records", len(reads))
		}
		r := reads[0]
		slices.Sort(r.What)
		slices.Sort(r.Registries)
		if r.Purpose != "prefill" || r.Basis == "" || r.Item != "i1" || r.Draft != "d1" ||
			strings.Join(r.What, " ") != "household.members marriage.spouse_name person.name" || strings.Join(r.Registries, " ") != "household marriage person" {
			t.Errorf("%+v", r)
		}
		if known, err := w.Lookup(t.Context(), chen, prefill("chen", "no.key")); err != nil || len(known.Facts) != 0 || len(w.reads("chen")) != 1 {
			t.Errorf("nothing was asked, and something recorded: %+v, %v", known, err)
		}
	})
}

func TestRecordsAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rows, err := w.db.QueryContext(t.Context(), "SELECT number_index, facts FROM registry_records ORDER BY registry, number_index")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var index string
			var facts []byte
			if err := rows.Scan(&index, &facts); err != nil {
				t.Fatal(err)
			}
			for _, private := range []string{"黄", "陈静", "511602", "511699"} {
				if strings.Contains(index+string(facts), private) {
					t.Errorf("%s stands in the table", private)
				}
			}
			n++
		}
		if rows.Err() != nil || n < 10 {
			t.Errorf("%d records, %v", n, rows.Err())
		}
		rows.Close()
		if err := w.SeedDemo(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoMayLookUpWhom(t *testing.T) {
	t.Parallel()
	w := one(t, nil)
	as := func(p auth.Principal, kind, id string, items ...string) auth.Principal {
		p.For = auth.Acting{Kind: kind, ID: id, Mandate: "m1", Items: items}
		return p
	}
	check := func(object string) contract.Lookup {
		l := prefill("chen", "person.name")
		l.Purpose, l.Object = registry.PurposeCheck, object
		return l
	}
	otherItem := check("case:c1")
	otherItem.Item = "i2"
	other := check("case:c1")
	other.Subject.ID = "zhou"
	elsewhere := clerk
	elsewhere.Agency = "B"
	for name, c := range map[string]struct {
		p  auth.Principal
		l  contract.Lookup
		ok bool
	}{
		"oneself":                     {chen, prefill("chen", "person.name"), true},
		"somebody else":               {chen, prefill("zhou", "person.name"), false},
		"nobody":                      {auth.Principal{}, prefill("chen", "person.name"), false},
		"an agent, a service covered": {as(chen, auth.ForPerson, "zhou", "i1"), prefill("zhou", "person.name"), true},
		"an agent, another service":   {as(chen, auth.ForPerson, "zhou", "i2"), prefill("zhou", "person.name"), false},
		"an agent, oneself":           {as(chen, auth.ForPerson, "zhou", "i2"), prefill("chen", "person.name"), true},
		"a guardian":                  {as(chen, auth.ForWard, "ward"), prefill("ward", "person.name"), true},
		"a resident checks":           {chen, check("case:c1"), false},
		"a handler checks":            {clerk, check("case:c1"), true},
		"a handler prefills":          {clerk, prefill("chen", "person.name"), false},
		"a handler browses":           {clerk, check("account:chen"), false},
		"of another case":             {clerk, check("case:c2"), false},
		"for another service":         {clerk, otherItem, false},
		"of somebody not in the case": {clerk, other, false},
		"a handler of another agency": {elsewhere, check("case:c1"), false},
		"an administrator":            {admin, check("case:c1"), false},
		"the system checks later":     {auth.SystemPrincipal("recheck"), check("case:c1"), true},
		"the system without a case":   {auth.SystemPrincipal("recheck"), check("draft:d1"), false},
		"a program":                   {auth.Principal{Kind: auth.Machine, ID: "m"}, prefill("chen", "person.name"), false},
		"without a purpose":           {chen, contract.Lookup{Subject: contract.Party{Kind: "person", ID: "chen"}, Keys: []string{"person.name"}}, false},
		"an invented purpose":         {chen, contract.Lookup{Subject: contract.Party{Kind: "person", ID: "chen"}, Purpose: "curious"}, false},
	} {
		known, err := w.Lookup(t.Context(), c.p, c.l)
		if (err == nil) != c.ok || c.ok && len(known.Facts) != 1 {
			t.Errorf("%s: %+v, %v", name, known, err)
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSensitiveRegistriesNeedConsent(t *testing.T) {
	t.Parallel()
	w := one(t, nil)
	keys := []string{"marriage.status", "household.number", "birth.hospital"}
	if got := w.Sensitive(keys); !slices.Equal(got, []string{"marriage.status", "birth.hospital"}) {
		t.Errorf("%v", got)
	}
	l := prefill("chen", keys...)
	l.Consent = false
	known, err := w.Lookup(t.Context(), chen, l)
	if err != nil || len(known.Facts) != 1 || len(known.Down) != 0 || slices.Contains(w.reads("chen")[0].Registries, "marriage") {
		t.Errorf("without consent: %+v, %v", known, err)
	}
	l.Purpose, l.Object = registry.PurposeCheck, "case:c1"
	if known, err := w.Lookup(t.Context(), clerk, l); err != nil || len(known.Facts) != 3 {
		t.Errorf("a duty needs none: %+v, %v", known, err)
	}
}

func TestOfACompanyThePersonIsWhoFillsIn(t *testing.T) {
	t.Parallel()
	w := one(t, nil)
	p := chen
	p.For = auth.Acting{Kind: auth.ForCompany, ID: "salon"}
	l := prefill("salon", "company.name", "person.phone", "marriage.status", "project.code")
	l.Subject.Kind = "company"
	known, err := w.Lookup(t.Context(), p, l)
	if err != nil || known.Facts["company.name"].Value != "salon" || known.Facts["person.phone"].Value != "139" ||
		known.Facts["project.code"].Value == "" || len(known.Facts) != 3 {
		t.Errorf("%+v, %v", known, err)
	}
	company, person := w.reads("salon"), w.reads("chen")
	if len(company) != 1 || len(person) != 1 || !slices.Equal(person[0].What, []string{"person.phone"}) || !slices.Contains(company[0].What, "company.name") {
		t.Errorf("%+v, %+v", company, person)
	}
}

// script is a connector that does what a test says.
type script struct {
	answer  func(ctx context.Context) ([]registry.Fact, error)
	timeout time.Duration
}

func (script) ID() string               { return "tax" }
func (script) Name() contract.Text      { return contract.Text{ZH: "税务", EN: "tax"} }
func (script) Keys() []string           { return []string{"tax.paid"} }
func (script) Sensitive() bool          { return false }
func (script) About() []string          { return []string{"person"} }
func (s script) Timeout() time.Duration { return s.timeout }
func (s script) Lookup(ctx context.Context, _ registry.Query) ([]registry.Fact, error) {
	return s.answer(ctx)
}

func scripted(t *testing.T, answer func(ctx context.Context) ([]registry.Fact, error)) *world {
	t.Helper()
	return one(t, func(c *registry.Config) {
		c.Connectors = []registry.Connector{script{answer, 50 * time.Millisecond}}
	})
}

func TestARegistryThatFailsStopsNobody(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for name, answer := range map[string]func(context.Context) ([]registry.Fact, error){
		"an error":      func(context.Context) ([]registry.Fact, error) { return nil, errors.New("boom") },
		"no answer":     func(context.Context) ([]registry.Fact, error) { <-hang; return nil, nil },
		"gives up late": func(ctx context.Context) ([]registry.Fact, error) { <-ctx.Done(); return nil, ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := scripted(t, answer)
			known, err := w.Lookup(t.Context(), chen, prefill("chen", "tax.paid", "person.name"))
			if err != nil || !slices.Equal(known.Down, []string{"tax.paid"}) || known.Facts["person.name"].Value != "chen" {
				t.Errorf("%+v, %v", known, err)
			}
			if r := w.reads("chen")[0]; !slices.Equal(r.Down, []string{"tax"}) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOnlyWhatWasAskedForIsTaken(t *testing.T) {
	t.Parallel()
	w := scripted(t, func(context.Context) ([]registry.Fact, error) {
		return []registry.Fact{{Key: "tax.paid", Value: "yes"}, {Key: "tax.debt", Value: "9"}, {Key: "person.name", Value: "forged"}}, nil
	})
	known, err := w.Lookup(t.Context(), chen, prefill("chen", "tax.paid", "person.name"))
	if err != nil || len(known.Facts) != 2 || known.Facts["person.name"].Value != "chen" || known.Facts["tax.paid"].Source.EN != "tax" {
		t.Errorf("%+v, %v", known, err)
	}
}

func TestARegistryThatFailsRests(t *testing.T) {
	t.Parallel()
	asked, broken := 0, true
	w := scripted(t, func(context.Context) ([]registry.Fact, error) {
		asked++
		if broken {
			return nil, errors.New("boom")
		}
		return []registry.Fact{{Key: "tax.paid", Value: "yes"}}, nil
	})
	look := func() int {
		t.Helper()
		known, err := w.Lookup(t.Context(), chen, prefill("chen", "tax.paid"))
		if err != nil {
			t.Fatal(err)
		}
		return len(known.Down)
	}
	for range 6 {
		if look() != 1 {
			t.Error("a failure is no answer")
		}
	}
	if asked != 3 || len(w.reads("chen")) != 3 {
		t.Errorf("asked %d times, recorded %d", asked, len(w.reads("chen")))
	}
	states, err := w.States(t.Context(), admin)
	if err != nil || states[0].ID != "tax" || !states[0].Health.Resting || states[0].Health.LastError != "boom" {
		t.Errorf("%+v, %v", states[0], err)
	}
	w.add(31 * time.Second)
	look() // one tries
	if look(); asked != 4 {
		t.Errorf("asked %d times while it fails", asked)
	}
	w.add(31 * time.Second)
	broken = false
	if down := look() + look(); down != 0 || asked != 6 {
		t.Errorf("it answers again, and was asked %d times", asked)
	}
}

func TestALookUpIsRecordedAlsoWhenTheCallerDies(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := scripted(t, func(context.Context) ([]registry.Fact, error) {
		cancel() // while the registry answers
		return []registry.Fact{{Key: "tax.paid", Value: "yes"}}, nil
	})
	_, _ = w.Lookup(ctx, chen, prefill("chen", "tax.paid"))
	if reads := w.reads("chen"); len(reads) != 1 || reads[0].Registries[0] != "tax" {
		t.Errorf("%+v", reads)
	}
	states, err := w.States(t.Context(), admin)
	if err != nil || states[0].Health.Failures != 0 {
		t.Errorf("the registry is blamed: %+v, %v", states[0], err)
	}
}

// failing is a log that cannot be written.
type failing struct{}

func (failing) Record(context.Context, db.Tx, event.Meta, event.Event) error {
	return errors.New("full")
}

func TestNoRecordNoAnswer(t *testing.T) {
	t.Parallel()
	w := one(t, func(c *registry.Config) { c.Events = failing{} })
	known, err := w.Lookup(t.Context(), chen, prefill("chen", "person.name"))
	if err == nil || len(known.Facts) != 0 {
		t.Errorf("%+v, %v", known, err)
	}
}
