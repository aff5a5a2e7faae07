package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
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
	"github.com/tongban/tongban/services"
)

var (
	noon    = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	manager = auth.Principal{Kind: auth.Staff, ID: "m", Roles: []string{auth.RoleCatalogManager}, Division: "511602"}
	system  = auth.SystemPrincipal("packages")
)

const (
	hygiene = contract.ItemID("511A0015500009-511602000000-000-115113016823646795-1-00")
	food    = contract.ItemID("511Z31138001-511602000000-000-115113016823646795-1-00")
	dibao   = "最低生活保障"
	offline = contract.ItemID("511A0138000000-511602000000-000-115113010833722043-1-00")
	unknown = contract.ItemID("511A0000000000-511602000000-000-115113010833722043-1-00")
)

// shipped is the number of packages that come with the product.
func shipped(t testing.TB) int {
	t.Helper()
	list, err := LoadAll(services.Files, check(t))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

type world struct {
	*Service
	log *event.Log
	db  *db.DB
}

func each(t *testing.T, fn func(t *testing.T, w world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, seeded(t, d)) },
		job.Area(), event.Area(), db.Area{Name: "catalog", Files: Migrations})
}

func seeded(t testing.TB, d *db.DB) world {
	t.Helper()
	w := open(t, d)
	if err := w.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func open(t testing.TB, d *db.DB) world {
	t.Helper()
	now := func() time.Time { return noon }
	log := event.New(d, job.New(d, now, id.New, nil), now, id.New)
	s, err := New(Config{
		DB: d, Events: log, Policy: policy.Must(map[string]string{"catalog": Policies}), Now: now, NewID: id.New, Examiner: checker(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return world{s, log, d}
}

func publish(t *testing.T, w world) {
	t.Helper()
	if err := w.PublishPackages(t.Context(), system, services.Files); err != nil {
		t.Fatal(err)
	}
}

func TestSeedFillsTheCatalogueOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		for range 2 {
			if err := w.Seed(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		total, err := w.Total(t.Context())
		if err != nil || total != 1135 {
			t.Fatalf("%d items, %v; want 1135", total, err)
		}
		rev, err := readRevision(t.Context(), w.db)
		if err != nil || rev.n != 1 {
			t.Errorf("revision %d, %v: seeding again must change nothing", rev.n, err)
		}
		i, err := w.Item(t.Context(), offline)
		if err != nil || i.Name != "适龄儿童、少年因身体状况需要延缓入学或者休学审批" || i.Online() || i.Department != "education" {
			t.Errorf("item: %+v, %v", i, err)
		}
		if _, err := w.Item(t.Context(), unknown); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown item: %v", err)
		}
	})
}

func TestPublishingMakesAVersionAndSaysSo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		svc, err := w.Current(t.Context(), hygiene)
		if err != nil || svc.Version != 1 || svc.Limits.Statutory != 20 || len(svc.Form.Pages) == 0 {
			t.Fatalf("current: %d %+v, %v", svc.Version, svc.Limits, err)
		}
		recorded, err := w.log.Of(t.Context(), "service:"+string(hygiene))
		if err != nil || len(recorded) != 1 || recorded[0].Name != "catalog.published.v1" {
			t.Errorf("events: %+v, %v", recorded, err)
		}
		if i, _ := w.Item(t.Context(), hygiene); !i.Online() || i.NameEN == "" || i.Summary.EN == "" {
			t.Errorf("the item does not show its version: %+v", i)
		}
		recent, err := w.Recent(t.Context(), 10)
		if err != nil || len(recent) != min(10, shipped(t)) {
			t.Errorf("recent: %v, %v", recent, err)
		}
		if _, err := w.Current(t.Context(), offline); !errors.Is(err, ErrNotPublished) {
			t.Errorf("an item without a version: %v", err)
		}
	})
}

func TestPublishingTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		publish(t, open(t, w.db)) // the next start of the program
		list, err := w.Versions(t.Context(), manager, "")
		if err != nil || len(list) != shipped(t) {
			t.Errorf("versions: %+v, %v", list, err)
		}
	})
}

func TestCasesKeepTheVersionTheyWereFiledUnder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		svc, err := w.Current(t.Context(), hygiene)
		if err != nil {
			t.Fatal(err)
		}
		svc.Limits.Promised = 8
		version, err := w.Publish(t.Context(), manager, svc)
		if err != nil || version != 2 {
			t.Fatalf("published version %d, %v", version, err)
		}
		now, err := w.Current(t.Context(), hygiene)
		if err != nil || now.Version != 2 || now.Limits.Promised != 8 {
			t.Errorf("current: version %d, promised %d, %v", now.Version, now.Limits.Promised, err)
		}
		old, err := open(t, w.db).Version(t.Context(), hygiene, 1)
		if err != nil || old.Version != 1 || old.Limits.Promised != 10 {
			t.Errorf("version 1: promised %d, %v", old.Limits.Promised, err)
		}
		if _, err := w.Version(t.Context(), hygiene, 3); !errors.Is(err, ErrNotPublished) {
			t.Errorf("version 3: %v", err)
		}
	})
}

func TestOthersSeeAPublicationWithinASecond(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		other := open(t, w.db)
		clock := noon
		other.c.Now = func() time.Time { return clock }
		if i, err := other.Item(t.Context(), hygiene); err != nil || i.Online() {
			t.Fatalf("before: %v, %v", i.Online(), err)
		}
		publish(t, w)
		clock = clock.Add(staleAfter)
		if i, err := other.Item(t.Context(), hygiene); err != nil || !i.Online() {
			t.Errorf("after a second: %v, %v", i.Online(), err)
		}
	})
}

func TestWhoMayChangeTheCatalogue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		svc, err := w.Current(t.Context(), hygiene)
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := manager
		elsewhere.Division = "511603"
		tests := map[string]struct {
			actor auth.Principal
			ok    bool
		}{
			"manager":           {manager, true},
			"manager elsewhere": {elsewhere, false},
			"clerk":             {auth.Principal{Kind: auth.Staff, ID: "c", Roles: []string{auth.RoleClerk}, Division: "511602"}, false},
			"resident":          {auth.Principal{Kind: auth.Resident, ID: "r"}, false},
			"nobody":            {auth.Principal{}, false},
		}
		for name, tt := range tests {
			_, perr := w.Publish(t.Context(), tt.actor, svc)
			eerr := w.Edit(t.Context(), tt.actor, hygiene, Overlay{})
			_, verr := w.Versions(t.Context(), tt.actor, hygiene)
			for what, err := range map[string]error{"publish": perr, "edit": eerr, "versions": verr} {
				if (err == nil) != tt.ok {
					t.Errorf("%s %s: %v", name, what, err)
				}
				if err != nil && fault.KindOf(err) != fault.Denied {
					t.Errorf("%s %s: %v, want denied", name, what, err)
				}
			}
		}
	})
}

func TestABadServiceIsNotPublished(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		svc, err := w.Current(t.Context(), hygiene)
		if err != nil {
			t.Fatal(err)
		}
		bad := svc
		bad.Limits.Promised = 30
		if _, err := w.Publish(t.Context(), manager, bad); !errors.Is(err, ErrProblems) {
			t.Errorf("promises more than the law gives: %v", err)
		}
		svc.Item = unknown
		if _, err := w.Publish(t.Context(), manager, svc); !errors.Is(err, ErrNoItem) {
			t.Errorf("an item that is not in the list: %v", err)
		}
	})
}

func TestTheDeskAddsToAnItemWithoutTouchingTheSource(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		o := Overlay{
			Summary:  contract.Text{ZH: "孩子身体不好，晚一年上学。", EN: "A child who is ill may start school a year later."},
			Keywords: []string{"晚上学一年"}, Themes: []string{"event-school"},
		}
		if err := w.Edit(t.Context(), manager, offline, o); err != nil {
			t.Fatal(err)
		}
		i, err := w.Item(t.Context(), offline)
		if err != nil || !i.Edited || i.Summary != o.Summary || i.Name != "适龄儿童、少年因身体状况需要延缓入学或者休学审批" {
			t.Errorf("item: %+v, %v", i, err)
		}
		res, err := w.Search(t.Context(), Query{Text: "晚上学一年"})
		if err != nil || len(res.Items) == 0 || res.Items[0].ID != offline {
			t.Errorf("the new keyword finds %v, %v", res.Items, err)
		}
		recorded, err := w.log.Of(t.Context(), "service:"+string(offline))
		if err != nil || len(recorded) != 1 || recorded[0].Name != "catalog.overlay.v1" {
			t.Errorf("events: %+v, %v", recorded, err)
		}
		if err := w.Edit(t.Context(), manager, offline, Overlay{}); err != nil {
			t.Fatal(err)
		}
		if i, _ := w.Item(t.Context(), offline); i.Summary.ZH != "" || i.Themes[0] == "event-school" {
			t.Errorf("an empty overlay must bring back what was derived: %+v", i)
		}
	})
}

func TestOverlayFaultsNameTheirFields(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		tests := map[string]Overlay{
			"summary_zh": {Summary: contract.Text{ZH: strings.Repeat("长", maxSummary+1), EN: "x"}},
			"summary_en": {Summary: contract.Text{ZH: "只有中文"}},
			"keywords":   {Keywords: []string{strings.Repeat("长", maxKeyword+1)}},
			"themes":     {Themes: []string{"no-such-theme"}},
		}
		for field, o := range tests {
			fields := fault.FieldsOf(w.Edit(t.Context(), manager, offline, o))
			if len(fields) != 1 || fields[0].Name != field {
				t.Errorf("%s: faults %v", field, fields)
			}
		}
	})
}

func TestPagesOfAListFollowEachOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		seen := map[contract.ItemID]bool{}
		q := Query{Limit: 100}
		for {
			res, err := w.Search(t.Context(), q)
			if err != nil || res.Total != 1135 {
				t.Fatalf("total %d, %v", res.Total, err)
			}
			for _, i := range res.Items {
				if seen[i.ID] {
					t.Fatalf("%s comes twice", i.ID)
				}
				seen[i.ID] = true
			}
			if res.Next == "" {
				break
			}
			q.After = res.Next
		}
		if len(seen) != 1135 {
			t.Errorf("the pages have %d items", len(seen))
		}
	})
}

func TestFacetsCountWhatChoosingThemGives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		res := search(ctx, t, w, Query{Text: "许可", Types: []string{"1"}})
		for _, d := range res.Departments[:min(3, len(res.Departments))] {
			one := search(ctx, t, w, Query{Text: "许可", Types: []string{"1"}, Departments: []string{d.ID}})
			if one.Total != d.N {
				t.Errorf("department %s says %d and gives %d", d.ID, d.N, one.Total)
			}
		}
		for _, th := range res.Themes[:min(3, len(res.Themes))] {
			one := search(ctx, t, w, Query{Text: "许可", Types: []string{"1"}, Themes: []string{th.ID}})
			if one.Total != th.N {
				t.Errorf("theme %s says %d and gives %d", th.ID, th.N, one.Total)
			}
		}
		persons := search(ctx, t, w, Query{For: ForPerson})
		if persons.Total == 0 || persons.Total >= 1135 {
			t.Errorf("%d items are for persons", persons.Total)
		}
	})
}

func search(ctx context.Context, t *testing.T, w world, q Query) Result {
	t.Helper()
	res, err := w.Search(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// What is stored must come back the same: cases rest on it.
func TestAVersionSurvivesStorage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		loaded, err := LoadAll(services.Files, check(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range loaded {
			for i := range p.Service.Parts { // resolved when a bundle is published
				p.Service.Parts[i].Version = 1
			}
			stored, err := open(t, w.db).Version(t.Context(), p.Service.Item, 1)
			if err != nil {
				t.Fatal(err)
			}
			p.Service.Version = 1
			want, err1 := json.Marshal(p.Service)
			got, err2 := json.Marshal(stored)
			if err1 != nil || err2 != nil || string(got) != string(want) {
				t.Errorf("%s is stored as\n%s\nwant\n%s", p.Name, got, want)
			}
		}
	})
}
