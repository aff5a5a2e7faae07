package app

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// role is one column of the table of permissions.
type role struct {
	name   string
	hidden bool // pages that are not for them do not exist for them
	caller func(t *testing.T, w *world) caller
}

func account(username string) func(*testing.T, *world) caller {
	return func(t *testing.T, w *world) caller { return w.signIn(t, username) }
}

// official is staff of the county whom the demonstration does not have.
func official(r string) func(*testing.T, *world) caller {
	return func(t *testing.T, w *world) caller {
		return w.session(t, auth.Principal{
			Kind: auth.Staff, ID: "official-" + r, Roles: []string{r}, Agency: "115113016823646795", Division: "511602", Level: 3,
		})
	}
}

var roles = []role{
	{"anonymous", false, func(t *testing.T, w *world) caller { return w.nobody(t) }},
	{"resident", true, account("zhou")},
	{"operator", true, account("lin")},
	{"clerk", false, account("clerk")},
	{"reviewer", false, account("reviewer1")},
	{"approver", false, account("approver")},
	{"head", false, official(auth.RoleHead)},
	{"supervisor", false, account("supervisor")},
	{"auditor", false, official(auth.RoleAuditor)},
	{"catalogue manager", false, account("catalog")},
	{"administrator", false, account("admin")},
	{"counter", false, func(t *testing.T, w *world) caller { return w.sits(t, "window1", "1") }},
	{"counter, serving", false, func(t *testing.T, w *world) caller { return w.serving(t) }},
	{"machine", true, func(t *testing.T, w *world) caller { return w.machine(t) }},
	{"machine, all scopes", true, func(t *testing.T, w *world) caller { return w.machine(t, w.policy.Scopes()...) }},
}

// serving is a clerk of a window with somebody new standing there.
func (w *world) serving(t *testing.T) caller {
	t.Helper()
	c := w.sits(t, "window1", "1")
	var desk struct{ Session *struct{ ID string } }
	if c.call(http.MethodGet, "/counter", nil, &desk); desk.Session != nil {
		c.ends(desk.Session.ID)
	}
	c.serves(walkIn, "唐秀兰", "")
	return c
}

// endpoint is a page or an operation of the API.
type endpoint struct{ method, path, action string }

func (e endpoint) String() string { return e.method + " " + e.path }
func (e endpoint) page() bool     { return !strings.HasPrefix(e.path, api.Prefix) }

// endpoints lists everything that is registered; whatever ends a session, or one
// at a window, last.
func (w *world) endpoints() []endpoint {
	var all []endpoint
	for _, r := range w.kit.Routes() {
		all = append(all, endpoint{r.Method, strings.TrimSuffix(r.Path, "{$}"), r.Action})
	}
	for _, o := range w.api.Operations() {
		all = append(all, endpoint{o.Method, api.Prefix + o.Path, o.Action})
	}
	slices.SortStableFunc(all, func(a, b endpoint) int {
		return ends(a) - ends(b)
	})
	return all
}

func ends(e endpoint) int {
	switch {
	case strings.HasSuffix(e.action, ".sign_out"), e.path == "/signout":
		return 2
	case e.method != http.MethodGet && (e.action == "counter.work" || e.action == "counter.serve"):
		return 1
	}
	return 0
}

var hole = regexp.MustCompile(`\{[a-z]+\}`)

// fill puts ids into the holes of a path: known ones by name, else one that
// nothing has.
func (e endpoint) fill(ids map[string]string) string {
	return hole.ReplaceAllStringFunc(e.path, func(h string) string {
		if id, ok := ids[strings.Trim(h, "{}")]; ok {
			return id
		}
		return unknown
	})
}

const unknown = "019a8b7c-0000-7000-8000-000000000000"

// asksMore are pages that are about what the query names: a company for which
// one may speak, a link that works once. Without it they are not there.
var asksMore = map[string]bool{"/account/operators/new": true, "/signin/set": true}

// Every page and operation is tried as every role. What the policies say and
// what the wire does must agree, and both must agree with docs/permissions.md.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		granted := map[string][]bool{}
		for _, r := range roles {
			c := r.caller(t, w)
			p := w.principal(t, c)
			for _, e := range w.endpoints() {
				if ends(e) > 0 {
					c = r.caller(t, w)
				}
				may := e.action == "" || w.policy.May(p, e.action, policy.Page)
				try(t, r, c, e, may)
			}
			for _, action := range w.policy.Actions() {
				granted[action] = append(granted[action], w.policy.May(p, action, policy.Page))
			}
		}
		if strings.Contains(t.Name(), "sqlite") { // the table is the same on both
			webtest.Golden(t, "../../../docs/permissions.md", w.table(granted))
		}
	})
}

// principal is who the product takes a caller for.
func (w *world) principal(t *testing.T, c caller) auth.Principal {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	p, err := w.sessions.Find(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// try asks once and compares with what the policies say.
func try(t *testing.T, r role, c caller, e endpoint, may bool) {
	t.Helper()
	a := c.send(e.method, e.fill(nil), "")
	if a.status >= http.StatusInternalServerError {
		t.Errorf("%s as %s: %d %s", e, r.name, a.status, a.body)
	}
	stopped := a.status == http.StatusUnauthorized || a.status == http.StatusForbidden ||
		// The page of the code leads back to sign-in itself when no code is awaited.
		strings.HasPrefix(a.location(), "/signin?next=") && e.path != "/signin/code"
	absent := a.status == http.StatusNotFound && e.page() && r.hidden
	switch {
	case may && stopped:
		t.Errorf("%s as %s: the policies permit %s, but: %d", e, r.name, e.action, a.status)
	case may && absent && e.method == http.MethodGet && !hole.MatchString(e.path) && !asksMore[e.path]:
		t.Errorf("%s as %s: the policies permit %s, but there is no such page", e, r.name, e.action)
	case !may && !stopped && !absent:
		t.Errorf("%s as %s: no policy permits %s, but: %d", e, r.name, e.action, a.status)
	}
}

const tableHead = `# Permissions

Who gets past the door of each page and operation. The service behind it decides again with the facts: whose case it is, which agency
has it, in which state it is, who has acted before. So ✓ is "may, where it is theirs". The rules themselves are the ` + "`policy.cedar`" + ` of
each area; everything is denied that none of them permits.

A test tries every page and operation as every role over HTTP and compares with this file; it is written by
` + "`go test ./internal/app -run TestWhoMayDoWhat -update`" + `.

Actions without a page or operation are checked by services alone, within those of others; what nobody here may do is done by the
system itself (deemed acceptance, delivery) or not at all. Which of the handling roles takes which step of a case, and in which state,
is the procedure's: see [procedures](procedures/).

Columns: anonymous (not signed in); resident (for themselves); operator (a resident who acts for a company); staff by role, those of an
integrated counter with nobody at the window and while they serve somebody, for whom they then act; a program with an API key without
scopes, and with every scope there is (%s).
`

// table is the documentation of permissions, a table for each area.
func (w *world) table(granted map[string][]bool) string {
	by := map[string][]string{}
	for _, e := range w.endpoints() {
		by[e.action] = append(by[e.action], e.String())
	}
	var b strings.Builder
	fmt.Fprintf(&b, tableHead, "`"+strings.Join(w.policy.Scopes(), "`, `")+"`")
	area := ""
	for _, action := range w.policy.Actions() {
		if now, _, _ := strings.Cut(action, "."); now != area {
			area = now
			fmt.Fprintf(&b, "\n## %s\n\n| action |", area)
			for _, r := range roles {
				fmt.Fprintf(&b, " %s |", r.name)
			}
			fmt.Fprintf(&b, " pages and operations |\n|---|%s---|\n", strings.Repeat(":-:|", len(roles)))
		}
		fmt.Fprintf(&b, "| `%s` |", action)
		for _, ok := range granted[action] {
			fmt.Fprintf(&b, " %s |", map[bool]string{true: "✓", false: "–"}[ok])
		}
		fmt.Fprintf(&b, " %s |\n", listed(by[action], "<br>"))
	}
	fmt.Fprintf(&b, "\n## Open to everybody\n\nThese show nothing protected and ask no policy: %s.\n", listed(by[""], ", "))
	return b.String()
}

func listed(names []string, between string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(slices.Sorted(slices.Values(names)), "`"+between+"`") + "`"
}
