package casework

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Few names, so that people, agencies and places often meet.
func numbered(kind string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(kind, i)
	}
	return list
}

// Five levels: province, city, county, town, village, and their neighbours.
func divisions() []string {
	return []string{"51", "5116", "511602", "511602101", "511602101001", "511602102", "511603", "511603001", "5117", "52"}
}

func staffRoles() []string {
	return []string{"clerk", "reviewer", "approver", "head", "counter", "supervisor", "auditor", "catalog_manager", "administrator"}
}

func draw(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// maybe is one of a list or "".
func maybe(r *rand.Rand, list []string) string {
	if r.IntN(3) == 0 {
		return ""
	}
	return draw(r, list)
}

func few(r *rand.Rand, list []string, most int) []string {
	var out []string
	for range r.IntN(most + 1) {
		if x := draw(r, list); !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// manyAsked is a county of random cases and who asks about them.
type manyAsked struct {
	*world
	r        *rand.Rand
	accounts []string
	subjects []string
	agencies []string
	items    []string
	cases    []Case
	facts    []matter // of the cases, without steps
	actions  []string // what the policy knows
}

func newManyAsked(t *testing.T, w *world, seed uint64) *manyAsked {
	t.Helper()
	x := &manyAsked{
		world: w, r: rand.New(rand.NewPCG(seed, 7)), accounts: numbered("a", 5), agencies: numbered("g", 3), items: numbered("i", 3),
	}
	x.subjects = append(numbered("s", 3), x.accounts...)
	for _, a := range w.c.Policy.Actions() {
		if name, ok := strings.CutPrefix(a, "casework."); ok {
			x.actions = append(x.actions, name)
		}
	}
	return x
}

// shuffle replaces all cases by new ones.
func (x *manyAsked) shuffle(t *testing.T, n int) {
	t.Helper()
	x.cases, x.facts = nil, nil
	err := x.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM casework_cases"); err != nil {
			return err
		}
		for i := range n {
			c := x.random(i)
			if _, err := insertCase(ctx, tx, string(c.ID), c); err != nil {
				return err
			}
			if err := setTakenDivision(ctx, tx, c.ID, c.Counter.Division); err != nil {
				return err
			}
			x.cases, x.facts = append(x.cases, c), append(x.facts, x.matter(c))
		}
		return nil
	})
	must(t, err)
}

// random is a case in any state of any edition, with anybody's hands on it.
func (x *manyAsked) random(i int) Case {
	r := x.r
	procedures := x.c.Procedures.Every()
	p := procedures[r.IntN(len(procedures))]
	state := p.States[r.IntN(len(p.States))]
	c := Case{
		ID: contract.CaseID(fmt.Sprint("c", i)), Number: fmt.Sprint("n", i), Item: contract.ItemID(draw(r, x.items)), Procedure: p.ID, ProcVersion: p.Version, State: state.ID,
		Applicant: contract.Party{ID: draw(r, x.subjects)}, Operator: contract.AccountID(draw(r, x.accounts)),
		Agency: contract.AgencyID(draw(r, x.agencies)), Division: draw(r, divisions()), Two: r.IntN(2) == 0, OpinionsOpen: r.IntN(2),
		Reviewer: Handler{ID: maybe(r, x.accounts)}, Second: Handler{ID: maybe(r, x.accounts)}, Holder: Handler{ID: maybe(r, x.accounts)},
	}
	if list := few(r, x.accounts, 2); len(list) > 0 {
		c.concerned = "|" + strings.Join(list, "|") + "|"
	}
	if r.IntN(3) > 0 {
		c.Counter = contract.Counter{Session: "s", Agency: contract.AgencyID(draw(r, x.agencies)), Division: maybe(r, divisions()), Clerk: contract.AccountID(draw(r, x.accounts))}
		c.CounterMay = []string{"", contract.CounterAccept}[r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		c.onlyRoles = "|" + strings.Join([]string{"clerk", draw(r, staffRoles()), draw(r, staffRoles())}[r.IntN(2):], "|") + "|"
	}
	c.Stage = rules{proc: p}.stage(c, state)
	return c
}

// matter is what the oracle is told of a case: from the case alone, and, of what is
// not in it, at random.
func (x *manyAsked) matter(c Case) matter {
	r := x.r
	split := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '|' }) }
	return matter{
		agency: string(c.Agency), division: c.Division, applicant: c.Applicant.ID, operator: string(c.Operator), item: string(c.Item),
		reviewers: few(r, nil, 0), concerned: split(c.concerned), bundle: c.Procedure == "bundle",
		takenBy: string(c.Counter.Agency), takenIn: c.Counter.Division, taker: string(c.Counter.Clerk), counter: c.CounterMay,
		parts: few(r, x.agencies, 2), agencies: few(r, x.agencies, 3),
		unit: draw(r, x.agencies), decider: draw(r, x.accounts), holder: c.Holder.ID, deputy: maybe(r, x.accounts), shelf: draw(r, x.agencies),
		keeper: draw(r, x.agencies), receiver: maybe(r, x.agencies), account: draw(r, x.accounts), about: draw(r, x.accounts),
		headless: r.IntN(2) == 0, handler: maybe(r, x.accounts), planner: draw(r, x.accounts), plannedByHead: r.IntN(2) == 0,
	}
}

// anybody is an actor of any kind, with any roles, for anybody.
func (x *manyAsked) anybody() auth.Principal {
	r := x.r
	p := auth.Principal{ID: draw(r, x.accounts), Level: r.IntN(5)}
	switch r.IntN(16) {
	case 0:
		return auth.Principal{}
	case 1:
		p.Kind, p.Scopes = auth.Machine, []string{"casework", "registry.write"}
	case 2:
		return auth.SystemPrincipal([]string{"last-signature", "owed-material", "procedure"}[r.IntN(3)])
	case 3, 4, 5:
		p.Kind = auth.Resident
		if kind := []string{"", auth.ForCompany, auth.ForPerson, auth.ForWard}[r.IntN(4)]; kind != "" {
			p.For = auth.Acting{Kind: kind, ID: draw(r, x.subjects), Mandate: "m", Items: few(r, x.items, 2)}
		}
	default:
		p.Kind, p.Roles = auth.Staff, few(r, append(staffRoles(), handlerRoles()...), 4)
		p.Agency, p.Division = draw(r, x.agencies), draw(r, divisions())
		switch r.IntN(12) {
		case 0:
			p.Agency = ""
		case 1:
			p.Division = ""
		}
		if p.Is(auth.RoleCounter) && r.IntN(2) == 0 || r.IntN(20) == 0 {
			p.For = auth.Acting{Kind: auth.ForCounter, ID: draw(r, x.subjects), Mandate: "m", Person: draw(r, x.accounts), Items: few(r, x.items, 2)}
		}
	}
	return p
}

// stepRoles are who takes an action on a case now: by its procedure, and by its
// service where that leaves the stage to fewer. ok is false where it is no step of the state.
func (x *manyAsked) stepRoles(c Case, action string) (roles []statute.Role, ok bool) {
	p, err := x.c.Procedures.GetVersion(c.Procedure, c.ProcVersion)
	if err != nil {
		return nil, false
	}
	t, err := p.Transition(c.State, action)
	if err != nil {
		return nil, false
	}
	return c.rolesOf(action, t.Roles), true
}

// asked is one action on one case, as the service asks the policy.
type asked struct {
	object policy.Object
	matter matter
	step   bool
}

func (x *manyAsked) ask(i int, action string) asked {
	c, m := x.cases[i], x.facts[i]
	roles, step := x.stepRoles(c, action)
	if action == actOpine || action == "unit" || action == "units" {
		roles = []statute.Role{statute.RoleUnit}
	}
	for _, r := range roles {
		m.steps = append(m.steps, string(r))
	}
	for _, id := range []string{c.Reviewer.ID, c.Second.ID} {
		if id != "" {
			m.reviewers = append(m.reviewers, id)
		}
	}
	o := object(c, roles)
	for name, fact := range map[string]any{
		"unit": m.unit, "parts": m.parts, "agencies": m.agencies, "decider": m.decider, "holder": m.holder, "deputy": m.deputy,
		"shelf": m.shelf, "keeper": m.keeper, "receiver": m.receiver, "account": m.account, "about": m.about, "headless": m.headless,
		"handler": m.handler, "planner": m.planner, "planned_by_head": m.plannedByHead,
	} {
		o.Attrs[name] = fact
	}
	return asked{o.Ready(), m, step}
}

// listed are the cases that lists, searches and exports would show an actor: by
// the condition of SQL, and nothing else.
func (x *manyAsked) listed(t *testing.T, p auth.Principal, action string) map[contract.CaseID]bool {
	t.Helper()
	ids, err := idsWhere(t.Context(), x.c.DB, x.rule(p, action))
	must(t, err)
	all := map[contract.CaseID]bool{}
	for _, id := range ids {
		all[id] = true
	}
	return all
}

func idsWhere(ctx context.Context, q db.Q, w *where) ([]contract.CaseID, error) {
	rows, err := q.QueryContext(ctx, "SELECT id FROM casework_cases WHERE "+w.sql(), w.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []contract.CaseID
	for rows.Next() {
		var id contract.CaseID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// onLists are the actions that lists have a condition for.
func onLists(p auth.Principal) map[string]string {
	all := map[string]string{}
	if p.Kind != auth.System { // nobody's list
		all["view"] = ""
	}
	if p.Kind == auth.Staff {
		for _, t := range tabs {
			if t.action != "" {
				all[t.action] = t.action
			}
		}
	}
	return all
}

// TestPermissionsAreOneRule asks three about each of very many triples of actor,
// action and case: the policy, the condition of lists, and a second reading of the
// law. PERMISSIONS says how many.
func TestPermissionsAreOneRule(t *testing.T) {
	t.Parallel()
	total, told := 100_000, false
	if n, err := strconv.Atoi(os.Getenv("PERMISSIONS")); err == nil {
		total, told = n/2, true // on each database
	}
	each(t, func(t *testing.T, w *world) {
		began := time.Now()                                          //nolint:forbidigo // says how long it took
		x := newManyAsked(t, w, uint64(total)+uint64(len(t.Name()))) // other cases on each database
		var count, listed, allowed atomic.Int64
		for batch := 0; count.Load() < int64(total) && !t.Failed(); batch++ {
			x.shuffle(t, 24)
			actors := make([]auth.Principal, 60)
			for i := range actors {
				actors[i] = x.anybody()
			}
			x.compare(t, actors, int64(total), &count, &listed, &allowed)
		}
		if told {
			t.Logf("%d triples, %d of them on lists too, %d allowed, no difference: %v: %.0f s", count.Load(), listed.Load(), allowed.Load(), !t.Failed(), time.Since(began).Seconds())
		}
		if n := count.Load(); allowed.Load() < n/50 || listed.Load() < n/50 {
			t.Errorf("of %d triples %d were allowed and %d on lists: too few to mean anything", n, allowed.Load(), listed.Load())
		}
	})
}

// compare asks about every action on every case by every actor, in parallel.
func (x *manyAsked) compare(t *testing.T, actors []auth.Principal, total int64, count, listed, allowed *atomic.Int64) {
	t.Helper()
	objects := map[string][]asked{}
	for _, action := range x.actions {
		for i := range x.cases {
			objects[action] = append(objects[action], x.ask(i, action))
		}
	}
	var wg sync.WaitGroup
	work := make(chan auth.Principal)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range work {
				if count.Load() < total && !t.Failed() {
					x.one(t, p, objects, count, listed, allowed)
				}
			}
		})
	}
	for _, p := range actors {
		work <- p
	}
	close(work)
	wg.Wait()
}

func (x *manyAsked) one(t *testing.T, p auth.Principal, objects map[string][]asked, count, listed, allowed *atomic.Int64) {
	t.Helper()
	lists := onLists(p)
	var triples, onList, yes int64
	for _, action := range x.actions {
		var ids map[contract.CaseID]bool
		rule, has := lists[action]
		if has {
			ids = x.listed(t, p, rule)
		}
		for i, a := range objects[action] {
			got, want := x.c.Policy.May(p, "casework."+action, a.object), may(p, action, a.matter)
			triples++
			if want {
				yes++
			}
			if got != want {
				t.Errorf("%s: policy %v, law %v\n%+v\n%+v", action, got, want, p, a.matter)
			}
			if !has {
				continue
			}
			onList++
			if on := ids[x.cases[i].ID]; on != (got && (a.step || rule == "")) {
				t.Errorf("%s: list %v, policy %v, a step now %v\n%+v\n%+v\n%+v", action, on, got, a.step, p, a.matter, x.cases[i])
			}
		}
	}
	count.Add(triples)
	listed.Add(onList)
	allowed.Add(yes)
}
