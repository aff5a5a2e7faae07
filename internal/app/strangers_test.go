package app

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
)

// Whether a thing exists is nobody's business but that of those who may see it:
// to strangers, what is there and what is not must look the same.
func TestStrangersCannotTellWhatExists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		open := lin.prepare()
		r := lin.submit(lin.prepare())
		w.grant(t, r.Case)
		lin = w.signIn(t, "lin")
		real := w.things(t, lin, open, r)
		elsewhere := auth.Principal{
			Kind: auth.Staff, ID: "stranger", Agency: "another-agency", Division: "511621",
			Roles: []string{auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead, auth.RoleSupervisor, auth.RoleAuditor, auth.RoleCounter},
		}
		strangers := map[string]caller{
			"zhou": w.signIn(t, "zhou"), "nobody": w.nobody(t), "machine": w.machine(t, w.policy.Scopes()...),
			"staff elsewhere": w.session(t, elsewhere),
		}
		for _, e := range w.endpoints() {
			if e == (endpoint{http.MethodGet, "/cases/{id}", "casework.mine"}) && lin.ask(e, real["cases"]) == lin.ask(e, nil) {
				t.Error("whose case it is cannot tell either: this test sees nothing")
			}
			kind, ok := kindOf(e)
			if !ok {
				continue
			}
			for name, c := range strangers {
				there, gone := c.ask(e, real[kind]), c.ask(e, nil)
				if there != gone {
					t.Errorf("%s tells %s whether it exists: %s", e, name, difference(there, gone))
				}
			}
		}
	})
}

// things are ids that exist, by the kind of thing a path is about and by hole.
func (w *world) things(t *testing.T, lin caller, open draftView, r receiptView) map[string]map[string]string {
	t.Helper()
	var docs struct{ Documents []struct{ ID string } }
	lin.call(http.MethodGet, "/cases/"+r.Case+"/documents", nil, &docs)
	var mine struct{ Licences []licenceView }
	lin.call(http.MethodGet, "/licences", nil, &mine)
	type material struct {
		ID    string
		Files []struct{ ID string }
	}
	var draft struct {
		Pages     []struct{ ID string }
		Materials []material
	}
	lin.call(http.MethodGet, "/drafts/"+open.ID, nil, &draft)
	m := draft.Materials[slices.IndexFunc(draft.Materials, func(m material) bool { return len(m.Files) > 0 })]
	window := w.sits(t, "window1", "1")
	session := window.serves(walkIn, "唐秀兰", "")
	window.ends(session)
	w.reported(t)
	var desk struct{ Reports []struct{ ID string } }
	w.signIn(t, "head").call(http.MethodGet, "/stuck/desk?state=all", nil, &desk)
	case2 := w.reviewed(t)
	var visit inquiryView
	w.signIn(t, "reviewer1").call(http.MethodPost, "/cases/"+case2+"/visits", map[string]any{
		"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo("reviewer1", "reviewer2"), "day": "2026-11-18", "time": "09:00-11:00",
	}, &visit)
	return map[string]map[string]string{
		"counter/sessions": {"id": session}, "stuck": {"id": desk.Reports[0].ID}, "stuck/desk": {"id": desk.Reports[0].ID},
		"inquiries": {"id": visit.ID}, "visits": {"id": visit.ID},
		"cases":    {"id": r.Case, "doc": docs.Documents[0].ID, "file": materialOf(t, lin, r.Case), "action": "accept"},
		"drafts":   {"id": open.ID, "page": draft.Pages[0].ID, "material": m.ID, "file": m.Files[0].ID},
		"licences": {"id": mine.Licences[0].ID},
	}
}

// materialOf finds a material of a case on the page of its applicant's answers.
func materialOf(t *testing.T, lin caller, id string) string {
	t.Helper()
	_, rest, ok := strings.Cut(lin.get("/cases/"+id+"/answers").body, "/cases/"+id+"/materials/")
	if !ok {
		t.Fatal("the page of the answers leads to no material")
	}
	return rest[:strings.IndexAny(rest, `"?#`)]
}

var about = regexp.MustCompile(`^(?:/api/v1|/staff)?/(cases|drafts|licences|inquiries|visits|counter/sessions|stuck|stuck/desk)/\{id\}`)

func kindOf(e endpoint) (string, bool) {
	m := about.FindStringSubmatch(e.path)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// Every answer has a number of its own; that is not what it tells.
var (
	reference = regexp.MustCompile(`urn:uuid:[0-9a-f-]{36}|[0-9A-Z]{10}`)
	anyID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
)

// ask returns what an answer tells, without what the caller sent.
func (c caller) ask(e endpoint, ids map[string]string) string {
	c.t.Helper()
	path := e.fill(ids)
	body := ""
	if e.method != http.MethodGet && !e.page() {
		body = `{"action":"accept","satisfaction":1,"answers":{}}`
	}
	a := c.send(e.method, path, body, "Content-Type", "application/json")
	told := http.StatusText(a.status) + " " + a.header.Get("Location") + "\n" + a.body
	for _, mine := range []string{path, url.QueryEscape(path), html.EscapeString(path)} {
		told = strings.ReplaceAll(told, mine, "PATH")
	}
	return anyID.ReplaceAllString(reference.ReplaceAllString(told, "REFERENCE"), "ID")
}

// difference is where two answers part.
func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-40)
	return fmt.Sprintf("%q, %q", a[from:min(len(a), i+80)], b[from:min(len(b), i+80)])
}
