package app

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// planView is a plan to move running cases, as far as these tests look.
type planView struct {
	ID, State, Hash                string
	Done                           bool
	Cases, Movable, Moved, Changed int
}

// toVersion2 is the plan that moves the hygiene licence to its second version.
func toVersion2() map[string]any {
	return map[string]any{
		"agency": "115113016823646795", "item": hygieneItem, "procedure": "licensing", "from_version": 1, "from_edition": 1,
		"to_version": 2, "to_edition": 1, "reason": "新版本要求听证",
	}
}

// strangersToMoves are those who neither plan nor approve where the hygiene licence
// is handled.
var strangersToMoves = []string{
	"lin", "zhou", "clerk", "reviewer1", "approver", "supervisor", "admin", "market-head", "health", "window1", "window3",
}

// Running cases go to the new version by a plan of one and the word of another;
// nobody else comes near it, by page or by program.
func TestRunningCasesMoveToANewVersion(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		first, second := lin.submit(lin.prepare()), lin.submit(lin.prepare())
		w.drain(t)
		w.steps(t, first.Case, "clerk accept", "reviewer1 review")
		w.hearingRequired(t, "must", `""`)

		manager := w.signIn(t, "catalog")
		if page := manager.get("/staff/moves"); page.status != http.StatusOK || !strings.Contains(page.body, "/staff/moves/new?") {
			t.Fatalf("the page of moves: %d", page.status)
		}
		from := "/staff/moves/new?" + url.Values{
			"agency": {"115113016823646795"}, "item": {hygieneItem}, "procedure": {"licensing"}, "version": {"1"}, "edition": {"1"},
		}.Encode()
		empty := manager.form(from, url.Values{"to": {"2/1"}, "reason": {""}})
		if empty.status != http.StatusUnprocessableEntity {
			t.Errorf("planned without a reason: %d", empty.status)
		}
		planned := manager.form(from, url.Values{"to": {"2/1"}, "reason": {"新版本要求听证"}})
		if planned.status != http.StatusSeeOther {
			t.Fatalf("planned: %d %.300s", planned.status, planned.body)
		}
		page := planned.location()
		id := page[strings.LastIndex(page, "/")+1:]
		var plan planView
		manager.call(http.MethodGet, "/moves/"+id, nil, &plan)
		if plan.Cases != 2 || plan.Movable != 2 {
			t.Fatalf("plan %s", show(plan))
		}
		if a := manager.get(page); !strings.Contains(a.body, "asks for a hearing") {
			t.Error("the plan does not tell that a hearing will be missing")
		}
		if a := manager.get(page + "/cases.csv"); !strings.Contains(a.body, first.Number) || !strings.Contains(a.body, "hearing") {
			t.Errorf("the file: %d %.200s", a.status, a.body)
		}
		w.strangersStayOut(t, from, page, plan)
		if a := manager.form(page+"/approve", url.Values{"hash": {plan.Hash}}); a.status < 400 {
			t.Errorf("who planned approves: %d", a.status)
		}
		head := w.signIn(t, "head")
		if a := head.form(page+"/approve", url.Values{"hash": {"another"}}); a.status != http.StatusConflict {
			t.Errorf("approved another list: %d", a.status)
		}
		w.approvedOnce(t, plan)
		w.drain(t)
		head = w.signIn(t, "head")
		head.call(http.MethodGet, "/moves/"+id, nil, &plan)
		if !plan.Done || plan.Moved != 2 {
			t.Errorf("moved %s", show(plan))
		}
		if a := head.get(page); a.status != http.StatusOK {
			t.Errorf("the page of the plan afterwards: %d", a.status)
		}
		for _, r := range []receiptView{first, second} {
			w.movedOnce(t, r.Case)
		}
		w.steps(t, first.Case, "reviewer2 countersign")
		w.signIn(t, "approver").refuses(first.Case, "approve", "prescribes a hearing")
		w.same(t)
	})
}

// form sends a form of a page.
func (c caller) form(path string, v url.Values) answer {
	c.t.Helper()
	return c.send(http.MethodPost, path, v.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// strangersStayOut tries every page and operation as those who have no part in it.
func (w *world) strangersStayOut(t *testing.T, from, page string, plan planView) {
	t.Helper()
	for _, name := range strangersToMoves {
		c := w.signIn(t, name)
		for _, path := range []string{"/staff/moves", from, page, page + "/cases.csv"} {
			a := c.get(path)
			own := name == "market-head" && path == "/staff/moves" // a head has a page of one's own agency
			if own && strings.Contains(a.body, plan.ID) || !own && a.status != http.StatusForbidden && a.status != http.StatusNotFound {
				t.Errorf("%s reads %s: %d", name, path, a.status)
			}
		}
		for _, a := range []answer{
			c.form(from, url.Values{"to": {"2/1"}, "reason": {"理由"}}),
			c.form(page+"/approve", url.Values{"hash": {plan.Hash}}),
			c.form(page+"/drop", nil),
			c.try(http.MethodPost, "/moves", toVersion2()),
			c.try(http.MethodGet, "/moves/"+plan.ID, nil),
			c.try(http.MethodGet, "/moves/"+plan.ID+"/cases", nil),
			c.try(http.MethodPost, "/moves/"+plan.ID+"/approve", map[string]any{"hash": plan.Hash}),
			c.try(http.MethodPost, "/moves/"+plan.ID+"/drop", nil),
		} {
			if a.status != http.StatusForbidden && a.status != http.StatusNotFound {
				t.Errorf("%s: %d %.200s", name, a.status, a.body)
			}
		}
	}
	var seen planView
	w.signIn(t, "head").call(http.MethodGet, "/moves/"+plan.ID, nil, &seen)
	if seen.State != "planned" {
		t.Errorf("somebody without a part left it %s", seen.State)
	}
}

// approvedOnce has two heads approve at the same moment: one of them is told that
// the other did.
func (w *world) approvedOnce(t *testing.T, plan planView) {
	t.Helper()
	heads := []caller{w.signIn(t, "head"), w.session(t, auth.Principal{
		Kind: auth.Staff, ID: "second-head", Name: "副局长", Roles: []string{auth.RoleHead}, Agency: "115113016823646795", Division: "511602", Level: 3,
	})}
	answers := make([]answer, 4)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = heads[i%2].try(http.MethodPost, "/moves/"+plan.ID+"/approve", map[string]any{"hash": plan.Hash})
		})
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		switch a.status {
		case http.StatusOK:
			good++
		case http.StatusConflict:
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if good != 1 {
		t.Errorf("approved %d times", good)
	}
}

// movedOnce looks at the record and the events of a moved case.
func (w *world) movedOnce(t *testing.T, id string) {
	t.Helper()
	var timeline struct {
		Steps []struct{ Action string }
	}
	w.signIn(t, "lin").call(http.MethodGet, "/cases/"+id+"/timeline", nil, &timeline)
	moved := 0
	for _, s := range timeline.Steps {
		if s.Action == "move" {
			moved++
		}
	}
	events, err := w.events.Of(t.Context(), "case:"+id)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range events {
		if e.Name == (contract.CaseRehandled{}).EventName() {
			told++
		}
	}
	if moved != 1 || told != 1 {
		t.Errorf("case %s: moved %d times, told %d times", id, moved, told)
	}
	if a := w.signIn(t, "clerk").get(api.Prefix + "/cases/" + id); a.status != http.StatusOK {
		t.Errorf("the case after the move: %d", a.status)
	}
}
