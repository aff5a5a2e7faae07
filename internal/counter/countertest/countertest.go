// Package countertest builds the counter area for tests: two halls, clerks of two
// agencies, and people who can be identified.
package countertest

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
)

// Numbers of people in the world; the sequence 000 is not given out.
const (
	Zhou  = "511602197904120004"
	Lin   = "511602198809090008"
	Elder = "511602194001010003" // over 60
)

// Agency runs the hall, Neighbour that of the next district.
const (
	Agency    = "115113016823646795"
	Neighbour = "demo-511603-approval"
)

// World is the area with a clock that a test moves.
type World struct {
	*counter.Service
	DB     *db.DB
	Events *event.Log
	Keys   *auth.Keys
	Queue  *job.Queue
	People *People
	Engine *policy.Engine
	Cases  *Cases // behind the window
	Logins Logins

	mu  sync.Mutex
	now time.Time
}

// Tables are what the world needs in its database.
func Tables() []db.Area {
	return []db.Area{job.Area(), event.Area(), auth.Area(), {Name: "counter", Files: counter.Migrations}}
}

// Open returns the area on a database with the tables: Friday, ten in the morning
// in China.
func Open(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{DB: d, now: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC), People: newPeople(), Logins: Logins{}}
	provider, err := seal.OpenKeyFile(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Load(provider, filepath.Join(t.TempDir(), "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.Queue = job.New(d, w.Now, id.New, slog.New(slog.DiscardHandler))
	w.Events = event.New(d, w.Queue, w.Now, id.New)
	w.Keys = auth.NewKeys(d, w.Now, id.New)
	w.Engine = policy.Must(map[string]string{"counter": counter.Policies})
	back, cases := newBack(t)
	w.Cases = cases
	w.Service = counter.New(counter.Config{
		DB: d, Jobs: w.Queue, Events: w.Events, Policy: w.Engine, Seal: sealer, Keys: w.Keys, People: w.People, Logins: w.Logins,
		Agencies: agencies{}, Services: services{}, Now: w.Now, NewID: id.New, Demo: true, Back: back,
	})
	w.Jobs(w.Queue)
	if err := w.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// Logins are those that ended.
type Logins map[string]bool

// Live reports whether a login did not end.
func (l Logins) Live(_ context.Context, _ db.Q, login string) (bool, error) { return !l[login], nil }

// Now is the clock of the world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Add lets time pass.
func (w *World) Add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Clerk is staff of an integrated window of the hall.
func Clerk(name string) auth.Principal {
	return auth.Principal{
		Kind: auth.Staff, ID: name, Name: name, Roles: []string{auth.RoleCounter}, Agency: Agency, Division: "511602", Session: "login-" + name,
	}
}

// Staff is somebody with another role.
func Staff(role string) auth.Principal {
	p := Clerk("staff-" + role)
	p.Roles = []string{role}
	return p
}

// Stranger is a clerk of the next district.
func Stranger() auth.Principal {
	p := Clerk("stranger")
	p.Agency, p.Division = Neighbour, "511603"
	return p
}

// Window is the id of a window of the hall.
func Window(number string) string { return counter.DemoHall + "-" + number }

// Seen is how a clerk types what an identity card says.
func Seen(number, name string) counter.Identify {
	return counter.Identify{How: contract.ProofSeen, Number: number, Name: name, Matched: true}
}

// People is who can be identified.
type People struct {
	mu     sync.Mutex
	names  map[string]string // by number
	codes  map[string]string // number by code
	Rights map[string]auth.Acting
	Asked  []contract.Proof
}

func newPeople() *People {
	return &People{
		names: map[string]string{Zhou: "周淑芬", Lin: "林晓梅", Elder: "吴老太"},
		codes: map[string]string{},
		Rights: map[string]auth.Acting{
			Lin: {Kind: auth.ForCompany, ID: "co-1", Name: "广安区清和美发店", Mandate: "m-1"},
		},
	}
}

// Code gives a person a code to show.
func (p *People) Code(number, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = number
}

// Revoke ends the rights of a person.
func (p *People) Revoke(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.Rights, number)
}

func account(number string) contract.AccountID { return contract.AccountID("acc-" + number) }

// Account is the account of a number.
func Account(number string) contract.AccountID { return account(number) }

// VisitorByNumber knows everybody; whoever has a name is called by it.
func (p *People) VisitorByNumber(_ context.Context, _ auth.Principal, number, name string, how contract.Proof) (contract.Visitor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.names[number]; ok && known != name {
		return contract.Visitor{}, fault.New(fault.Invalid, "identity.visitor.name")
	}
	fresh := p.names[number] == ""
	p.names[number] = name
	p.Asked = append(p.Asked, how)
	v := p.visitor(number)
	v.New = fresh
	return v, nil
}

func (p *People) visitor(number string) contract.Visitor {
	v := contract.Visitor{
		Account: account(number), Name: p.names[number], Number: mask.Number(number), Level: 3,
		Parties: []contract.Party{{Kind: "person", ID: string(account(number)), Name: p.names[number]}},
	}
	if a, ok := p.Rights[number]; ok {
		v.Parties = append(v.Parties, contract.Party{Kind: "company", ID: a.ID, Name: a.Name})
	}
	return v
}

// VisitorByCode uses a code up.
func (p *People) VisitorByCode(_ context.Context, _ auth.Principal, code string) (contract.Visitor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	number, ok := p.codes[code]
	if !ok {
		return contract.Visitor{}, fault.New(fault.Invalid, "identity.visitor.code")
	}
	delete(p.codes, code)
	return p.visitor(number), nil
}

// Visitor tells again of a person.
func (p *People) Visitor(_ context.Context, person contract.AccountID) (contract.Visitor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.visitor(strings.TrimPrefix(string(person), "acc-")), nil
}

// RightOf is the right of a person to act for another.
func (p *People) RightOf(_ context.Context, person contract.AccountID, subject string) (auth.Acting, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.Rights[strings.TrimPrefix(string(person), "acc-")]
	return a, ok && a.ID == subject, nil
}

// PersonKey is no blind index, for nothing here is secret.
func (p *People) PersonKey(number string) string { return "key-" + number }

// KeyOf is that of an account.
func (p *People) KeyOf(_ context.Context, id contract.AccountID) (key, name string, err error) {
	number := strings.TrimPrefix(string(id), "acc-")
	return "key-" + number, p.names[number], nil
}

type agencies struct{}

// Agency knows the two.
func (agencies) Agency(_ context.Context, id contract.AgencyID) (contract.Agency, error) {
	for _, a := range list() {
		if a.ID == id {
			return a, nil
		}
	}
	return contract.Agency{}, fault.New(fault.NotFound, "directory.no_agency")
}

// Agencies lists those of a division.
func (agencies) Agencies(_ context.Context, division string) ([]contract.Agency, error) {
	var out []contract.Agency
	for _, a := range list() {
		if a.Division == division {
			out = append(out, a)
		}
	}
	return out, nil
}

func list() []contract.Agency {
	return []contract.Agency{
		{ID: Agency, Division: "511602", Name: contract.Text{ZH: "广安区行政审批局", EN: "Approval Bureau"}},
		{ID: Health, Division: "511602", Name: contract.Text{ZH: "广安区卫生健康局", EN: "Health"}},
		{ID: Neighbour, Division: "511603", Name: contract.Text{ZH: "前锋区行政审批局（演示）", EN: "Qianfeng (demo)"}},
	}
}

type services struct{}

// Name names every service the same.
func (services) Name(context.Context, contract.ItemID) (contract.Text, error) {
	return contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}, nil
}
