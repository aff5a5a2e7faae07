package identity_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
)

// world is the area with everything real around it.
type world struct {
	*identity.Service
	t        *testing.T
	db       *db.DB
	events   *event.Log
	sessions *auth.Sessions

	mu   sync.Mutex
	time time.Time
	// family is what the registers tell of anybody's wards; silent, that one of
	// them did not answer.
	family []identity.Relation
	silent bool
	left   []left
}

// Wards makes world the registers of families.
func (w *world) Wards(context.Context, auth.Principal) ([]identity.Relation, bool, error) {
	return w.family, w.silent, nil
}

// services are the names of services by item.
type services map[string]string

func (s services) ServiceNames(_ context.Context, items []string) (list []identity.ServiceName, err error) {
	for _, item := range items {
		if name, ok := s[item]; ok {
			list = append(list, identity.ServiceName{Item: contract.ItemID(item), Name: contract.Text{ZH: name, EN: name}, Online: true})
		}
	}
	return list, nil
}

func (s services) FindServices(context.Context, string, int) ([]identity.ServiceName, error) {
	return nil, nil
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

func areas() []db.Area {
	return []db.Area{
		job.Area(), event.Area(), auth.Area(),
		{Name: "identity", Files: identity.Migrations},
		{Name: "directory", Files: directory.Migrations},
	}
}

func open(t *testing.T, d *db.DB, demo bool) *world {
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
	agencies := directory.New(d)
	if err := agencies.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := agencies.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := auth.NewKeys(d, w.now, id.New)
	w.sessions = auth.NewSessions(auth.SessionConfig{DB: d, Keys: keys, Now: w.now, NewID: id.New})
	w.events = event.New(d, job.New(d, w.now, id.New, slog.New(slog.DiscardHandler)), w.now, id.New)
	w.Service = identity.New(identity.Config{
		DB: d, Events: w.events, Policy: policy.Must(map[string]string{"identity": identity.Policies}), Seal: sealer,
		Agencies: agencies, Sessions: w.sessions, Keys: keys, Hasher: auth.NewHasher(2),
		Services: services{"i1": "最低生活保障", "i2": "残疾人证新办"}, Relations: w, Windows: w,
		Now: w.now, NewID: id.New, Log: slog.New(slog.DiscardHandler), Demo: demo,
	})
	if err := w.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, open(t, d, true)) }, areas()...)
}

func (w *world) find(token string) auth.Principal {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: auth.CookieName, Value: token})
	p, err := w.sessions.Find(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// code returns a code of the second factor that is good now.
func (w *world) code(username string) string {
	w.t.Helper()
	list, err := w.DemoAccounts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list {
		if a.Username == username {
			return a.Code
		}
	}
	w.t.Fatalf("no demonstration account %s", username)
	return ""
}

func (w *world) signIn(username string) auth.Principal {
	w.t.Helper()
	e, err := w.SignIn(w.t.Context(), identity.Attempt{
		Username: username, Password: identity.DemoPassword, Code: w.code(username), OneStep: true, IP: "192.0.2.1",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.find(e.Token)
}

func (w *world) try(in identity.Attempt) error {
	w.t.Helper()
	in.IP = "192.0.2.1"
	_, err := w.SignIn(w.t.Context(), in)
	return err
}

func TestSeedingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.signIn("admin")
		if err := w.Lock(t.Context(), admin, identity.DemoAccountID("clerk")); err != nil {
			t.Fatal(err)
		}
		if err := w.SeedDemo(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, more, err := w.Accounts(t.Context(), admin, identity.Filter{})
		if err != nil || more || len(rows) != 34 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if r.Username == "clerk" && r.State != identity.Locked {
				t.Error("seeding again unlocked an account")
			}
		}
	})
}

func TestWhoEachDemonstrationAccountIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for username, want := range map[string]struct {
			kind    auth.Kind
			role    string
			company string
		}{
			"zhou": {auth.Resident, "", ""}, "lin": {auth.Resident, "", "广安区清和美发店"},
			"clerk": {auth.Staff, auth.RoleClerk, ""}, "reviewer1": {auth.Staff, auth.RoleReviewer, ""},
			"reviewer2": {auth.Staff, auth.RoleReviewer, ""}, "approver": {auth.Staff, auth.RoleApprover, ""},
			"supervisor": {auth.Staff, auth.RoleSupervisor, ""}, "catalog": {auth.Staff, auth.RoleCatalogManager, ""},
			"admin": {auth.Staff, auth.RoleAdministrator, ""},
		} {
			p := w.signIn(username)
			if p.Kind != want.kind || p.For.Name != want.company || want.role != "" && !p.Is(want.role) {
				t.Errorf("%s is %+v", username, p)
			}
			if p.Kind == auth.Staff && (p.Agency != "115113016823646795" || p.Division != "511602") {
				t.Errorf("%s is in %s, %s", username, p.Agency, p.Division)
			}
		}
	})
}

func TestSigningInTellsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.signIn("admin")
		if err := w.Lock(t.Context(), admin, identity.DemoAccountID("reviewer2")); err != nil {
			t.Fatal(err)
		}
		attempts := map[string]identity.Attempt{
			"no such account":       {Username: "nobody", Password: identity.DemoPassword},
			"wrong password":        {Username: "zhou", Password: "wrong"},
			"staff, wrong password": {Username: "clerk", Password: "wrong"},
			"locked account":        {Username: "reviewer2", Password: identity.DemoPassword, Code: "000000"},
			"hostile name":          {Username: "zhou' OR '1'='1", Password: "x"},
			"name with a zero byte": {Username: "zhou%", Password: "x"},
			"very long name":        {Username: strings.Repeat("a", 10000), Password: "x"},
			"very long password":    {Username: "zhou", Password: strings.Repeat("x", 10000)},
		}
		said := map[string]bool{}
		for name, in := range attempts {
			err := w.try(in)
			if !errors.Is(err, auth.ErrFailed) || fault.KindOf(err) != fault.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
			f, _ := errors.AsType[*fault.Error](err)
			said[fmt.Sprint(f.Code, f.Args)] = true
		}
		if len(said) != 1 {
			t.Errorf("failures can be told apart: %v", said)
		}
	})
}

func TestPausesAreTheSameForNamesThatDoNotExist(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, name := range []string{"zhou", "nobody"} {
			var last error
			for range 6 {
				last = w.try(identity.Attempt{Username: name, Password: "wrong"})
			}
			f, _ := errors.AsType[*fault.Error](last)
			if !errors.Is(last, auth.ErrLocked) || fmt.Sprint(f.Args...) == "" {
				t.Errorf("%s: %v", name, last)
			}
			// While paused, the right password does not help either.
			if err := w.try(identity.Attempt{Username: " ZHOU ", Password: identity.DemoPassword}); name == "zhou" && !errors.Is(err, auth.ErrLocked) {
				t.Errorf("%s: the right password in a pause: %v", name, err)
			}
		}
		w.add(31 * time.Second)
		if err := w.try(identity.Attempt{Username: "Zhou", Password: identity.DemoPassword}); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

func TestAnAddressThatTriesTooOftenIsStopped(t *testing.T) {
	t.Parallel()
	w := open(t, dbtest.SQLite(t, areas()...), true)
	limited := identity.New(identity.Config{DB: w.db, Events: w.events, Hasher: auth.NewHasher(1), Now: w.now, NewID: id.New, SignInsPerIP: 1})
	in := identity.Attempt{Username: "x", Password: "y", IP: "198.51.100.7"}
	if _, err := limited.SignIn(t.Context(), in); !errors.Is(err, auth.ErrFailed) {
		t.Fatal(err)
	}
	if _, err := limited.SignIn(t.Context(), in); !errors.Is(err, auth.ErrTooOften) || fault.KindOf(err) != fault.TooMany {
		t.Errorf("err = %v", err)
	}
}

func TestStaffNeedTheSecondFactor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		in := identity.Attempt{Username: "clerk", Password: identity.DemoPassword, IP: "192.0.2.1"}
		e, err := w.SignIn(t.Context(), in)
		if err != nil || !e.Factor || w.find(e.Token).Kind != auth.Anonymous {
			t.Fatalf("%+v, %v", e, err)
		}
		if _, fresh, err := w.Enrolment(t.Context(), e.Token); err != nil || fresh {
			t.Errorf("the factor is shown to whoever has the password: %v, %v", fresh, err)
		}
		in.OneStep = true
		if err := w.try(in); !errors.Is(err, auth.ErrNeedFactor) {
			t.Errorf("one step without a code: %v", err)
		}
		in.Code = "000000"
		if err := w.try(in); !errors.Is(err, auth.ErrWrongCode) {
			t.Errorf("one step with a wrong code: %v", err)
		}
		second := identity.Attempt{Earlier: e.Token, IP: "192.0.2.1", Code: "000000"}
		if _, err := w.Second(t.Context(), second); !errors.Is(err, auth.ErrWrongCode) {
			t.Errorf("wrong code: %v", err)
		}
		second.Code = w.code("clerk")
		done, err := w.Second(t.Context(), second)
		if err != nil || !w.find(done.Token).Is(auth.RoleClerk) {
			t.Fatalf("%+v, %v", done, err)
		}
		if _, err := w.Second(t.Context(), second); !errors.Is(err, identity.ErrExpired) {
			t.Errorf("the token of the first page again: %v", err)
		}
	})
}

func TestWrongCodesPauseToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e, err := w.SignIn(t.Context(), identity.Attempt{Username: "clerk", Password: identity.DemoPassword, IP: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		second := identity.Attempt{Earlier: e.Token, IP: "192.0.2.1", Code: "000000"}
		for range 4 {
			_, err = w.Second(t.Context(), second)
		}
		if !errors.Is(err, auth.ErrWrongCode) {
			t.Fatal(err)
		}
		second.Code = w.code("clerk")
		if _, err := w.Second(t.Context(), second); !errors.Is(err, auth.ErrLocked) {
			t.Errorf("the sixth attempt: %v", err)
		}
	})
}

func TestALostFactorIsSetUpAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		if err := w.ResetFactor(t.Context(), admin, identity.DemoAccountID("clerk")); err != nil {
			t.Fatal(err)
		}
		if err := w.SignOut(t.Context(), clerk); err != nil {
			t.Errorf("signing out of an ended session: %v", err)
		}
		in := identity.Attempt{Username: "clerk", Password: identity.DemoPassword, IP: "192.0.2.1", OneStep: true, Code: "123456"}
		if err := w.try(in); !errors.Is(err, identity.ErrNotStarted) {
			t.Errorf("by program before it was set up: %v", err)
		}
		in.OneStep, in.Code = false, ""
		e, err := w.SignIn(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		enrolment, fresh, err := w.Enrolment(t.Context(), e.Token)
		if err != nil || !fresh || !strings.HasPrefix(enrolment.URL, "otpauth://totp/Tongban:clerk?") {
			t.Fatalf("%+v, %v, %v", enrolment, fresh, err)
		}
		code, err := auth.FactorCode(enrolment.Secret, w.now())
		if err != nil {
			t.Fatal(err)
		}
		done, err := w.Second(t.Context(), identity.Attempt{Earlier: e.Token, Code: code, IP: "192.0.2.1"})
		if err != nil || w.find(done.Token).Kind != auth.Staff {
			t.Fatalf("%v", err)
		}
		in.Earlier = ""
		again, err := w.SignIn(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if _, fresh, err := w.Enrolment(t.Context(), again.Token); err != nil || fresh {
			t.Errorf("shown again after it was proven: %v, %v", fresh, err)
		}
		if err := w.ResetFactor(t.Context(), admin, identity.DemoAccountID("zhou")); !errors.Is(err, identity.ErrNoFactor) {
			t.Errorf("a resident's factor: %v", err)
		}
	})
}

func TestActingForACompany(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		lin, zhou := w.signIn("lin"), w.signIn("zhou")
		profile, err := w.Profile(ctx, lin)
		if err != nil || len(profile.Rights) != 1 || profile.Rights[0].Role != identity.RoleOperator || profile.Rights[0].Mandate != lin.For.Mandate {
			t.Fatalf("%+v, %v", profile, err)
		}
		company := profile.Rights[0].ID
		if parties, err := w.Parties(ctx, lin); err != nil || len(parties) != 1 || parties[0].ID != company || parties[0].Code == "" {
			t.Errorf("%+v, %v", parties, err)
		}
		self, err := w.Act(ctx, lin, "")
		if err != nil || self.For.ID != "" {
			t.Fatalf("%+v, %v", self, err)
		}
		if again := w.signIn("lin"); again.For.ID != "" {
			t.Error("the choice is not remembered")
		}
		if parties, err := w.Parties(ctx, self); err != nil || parties[0].Kind != identity.PartyPerson {
			t.Errorf("%+v, %v", parties, err)
		}
		if p, err := w.Act(ctx, zhou, company); err != nil || p.For.ID != company {
			t.Errorf("the legal representative: %+v, %v", p, err)
		}
		if _, err := w.Act(ctx, self, "some-other"); !errors.Is(err, identity.ErrNoMandate) {
			t.Errorf("a company one has no mandate of: %v", err)
		}
		if _, err := w.Act(ctx, w.signIn("clerk"), company); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("staff: %v", err)
		}
		if _, err := w.Act(ctx, self, company); err != nil {
			t.Fatal(err)
		}
		w.add(11 * 365 * 24 * time.Hour) // the mandate ends in 2036
		if p := w.signIn("lin"); p.For.ID != "" {
			t.Error("acts for a company after the mandate ended")
		}
	})
}
