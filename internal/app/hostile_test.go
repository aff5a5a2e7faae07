package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// marker is in everything hostile that is sent; a problem must not repeat it.
const marker = "xyzzy"

// hostile are values that something, somewhere, once choked on.
func hostile() map[string]string {
	return map[string]string{
		"long":          strings.Repeat(marker, 2000),
		"not UTF-8":     marker + "\xff\xfe\xc3\x28",
		"null byte":     marker + "\x00" + marker,
		"SQL":           marker + `'; DROP TABLE casework_cases; --`,
		"wildcards":     `%_\` + marker + `%`,
		"markup":        `"><script>` + marker + `</script>`,
		"line ends":     marker + "\r\nSet-Cookie: a=b",
		"right-to-left": "\u202e" + marker + "\u2066",
		"surrogate":     marker + "\xed\xa0\x80",
		"path":          "../../../../etc/passwd" + marker,
		"number":        "99999999999999999999999999",
		"minus":         "-1",
		"template":      "{{.}}${7*7}%s%n" + marker,
	}
}

// unbroken says what no answer may be: a failure of ours, or an echo in a problem.
func unbroken(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status >= http.StatusInternalServerError {
		t.Errorf("%s: %d %.300s", what, a.status, a.body)
	}
	if a.header.Get("Content-Type") == "application/problem+json" && strings.Contains(a.body, marker) {
		t.Errorf("%s: the problem repeats what was sent: %.300s", what, a.body)
	}
	// In JSON it is text: no browser takes that for a page.
	if strings.Contains(a.body, "<script>"+marker) && a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: markup came through", what)
	}
	if a.header.Get("Set-Cookie") == "a=b" {
		t.Errorf("%s: a header was slipped in", what)
	}
}

// Every query, path, form and body of every page and operation is filled with
// what hurts.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		who := w.attackers(t)
		takes := w.bodies(t)
		for _, e := range w.endpoints() {
			if ends(e) > 1 {
				continue
			}
			// Whoever gets past the door, for the door itself takes no input.
			i := slices.IndexFunc(who, func(a attacker) bool { return w.kit.May(a.p, e.action) })
			if i < 0 {
				t.Fatalf("nobody may %s", e)
			}
			c := who[i].caller(t)
			for name, v := range hostile() {
				w.clock.add(6 * time.Second) // tries are counted by the minute
				attack(t, c, e, takes[e.String()], name, v)
			}
		}
		if a := w.nobody(t).get("/readyz"); a.status != http.StatusOK {
			t.Errorf("it is no longer ready: %d", a.status)
		}
	})
}

// attacker is somebody who may do something, and how they come in anew.
type attacker struct {
	p      auth.Principal
	caller func(t *testing.T) caller
}

func (w *world) attackers(t *testing.T) []attacker {
	t.Helper()
	who := []attacker{{auth.Principal{}, func(t *testing.T) caller { return w.nobody(t) }}}
	machine := w.machine(t, w.policy.Scopes()...)
	who = append(who, attacker{w.principal(t, machine), func(*testing.T) caller { return machine }})
	for _, username := range []string{"lin", "clerk", "reviewer1", "approver", "head", "supervisor", "catalog", "admin"} {
		p := w.principal(t, w.signIn(t, username))
		who = append(who, attacker{p, func(t *testing.T) caller { return w.session(t, p) }})
	}
	return append(who, attacker{w.principal(t, w.serving(t)), w.serving})
}

// parameters are names that pages and operations look for.
var parameters = []string{
	"q", "dept", "department", "type", "theme", "cursor", "after", "before", "limit", "number", "code", "next", "tab", "light", "item",
	"region", "from", "days", "year", "name", "username", "password", "reason", "reasons", "opinion", "text", "satisfaction",
	"scopes", "rev", "date", "table", "source", "company", "locale", "field", "step", "division", "online",
	"how", "matched", "seen", "subject", "window", "take_over", "session", "kind", "priority", "once", "ticket", "hall", "day", "letter",
	"to", "sheets", "slot", "carrier", "waybill", "status", "signer", "note", "answer", "law", "edition", "result", "mandate", "id_number",
	"signed", "key", "no", "found", "missing-1", "reason-1", "extra-name-1", "extra-sheets-1", "phone", "case", "point", "method", "mark",
	"witness", "state", "queue", "holder", "purpose", "format", "account", "official", "plan", "version", "place", "at", "expert", "experts",
}

// shape is what the document of the API says of a body, as far as it matters here.
type shape struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]shape
}

// bodies lists by operation what its JSON body may hold.
func (w *world) bodies(t *testing.T) map[string]map[string]shape {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Schema shape }
			}
		}
		Components struct{ Schemas map[string]shape }
	}
	w.nobody(t).call(http.MethodGet, "/openapi.json", nil, &doc)
	all := map[string]map[string]shape{}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			s := op.RequestBody.Content["application/json"].Schema
			if s.Ref != "" {
				s = doc.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
			}
			if len(s.Properties) > 0 {
				all[endpoint{method: strings.ToUpper(method), path: api.Prefix + strings.TrimPrefix(path, api.Prefix)}.String()] = s.Properties
			}
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d operations take a body", len(all))
	}
	return all
}

// whole is a body with every property there is, hostile wherever its type lets it.
func whole(takes map[string]shape, v string) map[string]any {
	body := map[string]any{}
	for name, s := range takes {
		switch kind := fmt.Sprint(s.Type); {
		case name == "$schema":
		case strings.Contains(kind, "boolean"):
			body[name] = true
		case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
			body[name] = 1
		case strings.Contains(kind, "array"):
			body[name] = []string{v}
		case strings.Contains(kind, "object"), s.Ref != "":
			body[name] = map[string]any{v: v}
		default:
			body[name] = v
		}
	}
	return body
}

// hostileBodies are what an operation is sent: everything it takes, something it does
// not know, and those of a common list that say something to it.
func hostileBodies(takes map[string]shape, v string) []map[string]any {
	list := []map[string]any{{"xyzzy": v}, whole(takes, v)}
	for _, body := range []map[string]any{
		{"service": v},
		{"company": v},
		{"username": v, "password": v},
		{"action": v, "opinion": v, "reasons": []string{v}},
		{"action": "accept", "opinion": v},
		{"satisfaction": 1, "text": v},
		{"step": v, "note": v, "place": v, "at": v, "officials": []string{v}},
		{"how": v, "number": v, "name": v, "matched": true},
		{"case": v, "phone": v, "text": v, "kind": v, "hall": v, "key": v},
		{"number": v, "kind": "original", "sheets": 1, "slot": v, "carrier": v, "waybill": v, "code": v, "id_number": v},
		{"do": v, "to": v, "reason": v, "purpose": v, "result": v, "answer": v, "law": v},
		{"answers": map[string]any{"name": v, v: v}},
	} {
		maps.DeleteFunc(body, func(name string, _ any) bool {
			_, known := takes[name]
			return !known
		})
		if len(body) > 0 {
			list = append(list, body)
		}
	}
	return list
}

func attack(t *testing.T, c caller, e endpoint, takes map[string]shape, name, v string) {
	t.Helper()
	what := fmt.Sprintf("%s with %s", e, name)
	short := v[:min(len(v), 400)] // a request line has an end
	path := hole.ReplaceAllString(e.path, strings.ReplaceAll(url.PathEscape(short), "$", "$$"))
	if e.method == http.MethodGet {
		query := url.Values{}
		for _, p := range parameters {
			query.Set(p, short)
		}
		if path != e.path {
			unbroken(t, what, c.get(path))
		}
		unbroken(t, what+" in the query", c.get(e.fill(nil)+"?"+query.Encode()))
		return
	}
	values := url.Values{}
	for _, p := range parameters {
		values.Set(p, v[:min(len(v), 1500)]) // all of them in a body that is taken
	}
	unbroken(t, what+" as a form", c.send(e.method, e.fill(nil), values.Encode(), "Content-Type", "application/x-www-form-urlencoded"))
	unbroken(t, what+" as the type", c.send(e.method, path, v, "Content-Type", "application/json; charset="+url.QueryEscape(short)))
	if e.page() {
		return
	}
	for _, body := range hostileBodies(takes, v) {
		text, err := json.Marshal(body) // a zero becomes \u0000
		if err != nil {
			t.Fatal(err)
		}
		unbroken(t, what+" as JSON", c.send(e.method, e.fill(nil), string(text), "Content-Type", "application/json"))
	}
}

// Bodies that cannot be read are told so, whatever they are said to be.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	w := sqliteWorld(t)
	lin := w.signIn(t, "lin")
	d := lin.prepare()
	file := "/drafts/" + d.ID + "/materials/plans"
	deep := strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000)
	for name, c := range map[string]struct{ method, path, kind, body string }{
		"cut off JSON":       {http.MethodPost, api.Prefix + "/drafts", "application/json", `{"service":"` + marker},
		"an array":           {http.MethodPost, api.Prefix + "/drafts", "application/json", `["` + marker + `"]`},
		"deep JSON":          {http.MethodPut, api.Prefix + "/drafts/" + d.ID + "/answers", "application/json", `{"answers":{"name":` + deep + `}}`},
		"huge JSON":          {http.MethodPost, api.Prefix + "/drafts", "application/json", `{"service":"` + strings.Repeat("a", 2<<20) + `"}`},
		"twice the key":      {http.MethodPost, api.Prefix + "/drafts", "application/json", `{"service":"a","service":"` + marker + `"}`},
		"a number too great": {http.MethodPut, api.Prefix + "/drafts/" + d.ID + "/answers", "application/json", `{"rev":1e999,"answers":{"seats":1e999}}`},
		"another type":       {http.MethodPost, api.Prefix + "/drafts", "text/" + marker, "hello"},
		"huge form":          {http.MethodPost, "/preferences", "application/x-www-form-urlencoded", strings.Repeat("a=b&", 1<<20)},
		"a broken escape":    {http.MethodPost, "/preferences", "application/x-www-form-urlencoded", "lang=%zz&theme=%"},
		"no boundary":        {http.MethodPost, file, "multipart/form-data", "hello"},
		"cut off multipart":  {http.MethodPost, file, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" + marker},
		"many parts":         {http.MethodPost, file, "multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", 20000) + "--x--\r\n"},
		"a file for a page":  {http.MethodPost, api.Prefix + file, "image/png", marker},
		"a zip for a PDF":    {http.MethodPost, api.Prefix + file + "?name=a.pdf", "application/pdf", "PK\x03\x04" + strings.Repeat(marker, 100)},
		"a locked page":      {http.MethodPost, api.Prefix + file + "?name=a.pdf", "application/pdf", "%PDF-1.7\n<script>" + marker + "</script>"},
		"10 MB of answers":   {http.MethodPut, api.Prefix + "/drafts/" + d.ID + "/answers", "application/json", `{"answers":{"name":"` + strings.Repeat("a", 10<<20) + `"}}`},
		"an empty file":      {http.MethodPost, api.Prefix + file, "image/png", ""},
	} {
		a := lin.send(c.method, c.path, c.body, "Content-Type", c.kind)
		unbroken(t, name, a)
		if a.status < 400 {
			t.Errorf("%s: %d, leads to %q", name, a.status, a.location())
		}
	}
}

// A draft that has expired is told as gone on every way to it, and two tabs that
// write the same answer do not overwrite each other unseen.
func TestOldDraftsAndTwoTabs(t *testing.T) {
	t.Parallel()
	w := sqliteWorld(t)
	lin := w.signIn(t, "lin")
	d := lin.prepare()
	var now struct{ Rev int64 }
	lin.call(http.MethodGet, "/drafts/"+d.ID, nil, &now)
	write := func(name string) answer {
		return lin.try(http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"rev": now.Rev, "answers": map[string]any{"sign_name": name}})
	}
	if a := write("第一个窗口"); a.status != http.StatusOK {
		t.Fatalf("the first tab: %d %s", a.status, a.body)
	}
	if a := write("第二个窗口"); a.status != http.StatusConflict {
		t.Errorf("an answer made from an old page: %d %s", a.status, a.body)
	}
	w.clock.add(90 * 24 * time.Hour)
	w.drain(t)
	lin = w.signIn(t, "lin")
	for _, a := range []answer{
		lin.get("/drafts/" + d.ID), lin.try(http.MethodGet, "/drafts/"+d.ID, nil), lin.try(http.MethodPost, "/drafts/"+d.ID+"/submission", nil),
	} {
		if a.status != http.StatusNotFound && a.status != http.StatusGone {
			t.Errorf("an expired draft: %d %.200s", a.status, a.body)
		}
	}
}

// A method that a path does not have is 405 with what it has (RFC 9110 15.5.6),
// and a path that nobody registered is not there; neither is a file beside ours.
func TestWrongMethodsAndPaths(t *testing.T) {
	t.Parallel()
	w := sqliteWorld(t)
	for _, e := range w.endpoints() {
		for _, method := range []string{http.MethodPatch, http.MethodTrace, "BREW"} {
			if slices.ContainsFunc(w.endpoints(), func(o endpoint) bool { return o.method == method && o.path == e.path }) {
				continue
			}
			if a := w.nobody(t).send(method, e.fill(nil), ""); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") == "" && e.page() {
				t.Errorf("%s %s: %d, allow %q", method, e.path, a.status, a.header.Get("Allow"))
			}
		}
	}
	for _, path := range []string{
		"/assets/../go.mod", "/assets/..%2f..%2fgo.mod", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/", "/assets/app.css/..",
		"/assets/..%5c..%5cgo.mod", "/assets/%00", "/api/v1/../../etc/passwd", "/api/v1/" + marker, "/" + marker, "/staff", "/drafts/",
		"/api/v2/services", "/.git/config", "/metrics/..%2f..%2fetc%2fpasswd", "/v/%00", "/verify/..%2f..%2f",
	} {
		a := raw(t, w, path)
		if a.status != http.StatusNotFound && a.status != http.StatusMovedPermanently && a.status != http.StatusTemporaryRedirect && a.status != http.StatusSeeOther {
			t.Errorf("%s: %d %.100s", path, a.status, a.body)
		}
		unbroken(t, path, a)
		if strings.Contains(a.body, "root:") || strings.Contains(a.body, "module ") {
			t.Errorf("%s: a file came out", path)
		}
	}
}

// raw sends a path just as it is: clients clean it first.
func raw(t *testing.T, w *world, path string) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Minute))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, w.http.Listener.Addr())
	var b bytes.Buffer
	_, _ = b.ReadFrom(conn)
	var status int
	if _, err := fmt.Sscanf(b.String(), "HTTP/1.1 %d", &status); err != nil {
		t.Fatalf("%s: %q", path, b.String())
	}
	return answer{status: status, header: http.Header{}, body: b.String()}
}

// A form of another site is refused on every page that changes something, and
// so is a call of the API with the cookie.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := sqliteWorld(t)
	lin := w.signIn(t, "lin")
	cookie := "tongban_session=" + lin.token
	for _, e := range w.endpoints() {
		if e.method == http.MethodGet {
			continue
		}
		for _, from := range [][]string{
			{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"},
		} {
			a := w.nobody(t).send(e.method, e.fill(nil), "", append(from, "Cookie", cookie)...)
			if a.status != http.StatusUnprocessableEntity && a.status != http.StatusForbidden {
				t.Errorf("%s from %q: %d", e, from, a.status)
			}
		}
	}
	var me struct{ Username string }
	if lin.call(http.MethodGet, "/me", nil, &me); me.Username != "lin" {
		t.Error("a form of another site signed Lin out")
	}
}

// After signing in one goes on at this site, never at another.
func TestNextStaysHere(t *testing.T) {
	t.Parallel()
	w := sqliteWorld(t)
	for _, next := range []string{
		"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "/\t/evil.example", "/%0a/evil.example",
		"http:evil.example", "///evil.example", "@evil.example", "/..//evil.example", "https:/evil.example", " https://evil.example",
	} {
		w.clock.add(time.Minute)
		form := url.Values{"username": {"zhou"}, "password": {"tongban-demo-2026"}, "next": {next}}.Encode()
		for _, a := range []answer{
			w.nobody(t).send(http.MethodPost, "/signin", form, "Content-Type", "application/x-www-form-urlencoded"),
			w.nobody(t).send(http.MethodPost, "/preferences", form+"&lang=en", "Content-Type", "application/x-www-form-urlencoded"),
		} {
			to, err := url.Parse(a.location())
			if err != nil || a.status != http.StatusSeeOther || to.Host != "" || to.Scheme != "" || strings.HasPrefix(a.location(), "//") || strings.ContainsAny(a.location(), "\\\t\n") {
				t.Errorf("next=%q: %d, leads to %q", next, a.status, a.location())
			}
		}
	}
}

// Whatever a person types or names comes out as text, in front of officials too,
// and a name cannot slip a header in.
func TestMarkupComesOutAsText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const evil = `<script>` + marker + `</script>"'&`
		lin := w.signIn(t, "lin")
		d := lin.prepare()
		lin.call(http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"answers": map[string]any{"sign_name": evil}}, nil)
		name := "a\r\nX-Evil: 1\"<script>" + marker + "</script>.png"
		uploadByForm(t, lin, d.ID, name)
		r := lin.submit(d)
		w.drain(t)
		clerk := w.signIn(t, "clerk")
		for _, p := range []struct {
			c    caller
			path string
		}{
			{lin, "/cases/" + r.Case},
			{lin, "/cases/" + r.Case + "/answers"},
			{lin, "/cases/" + r.Case + "/receipt"},
			{lin, "/inbox"},
			{clerk, "/staff/cases/" + r.Case},
			{clerk, "/staff/tasks"},
			{clerk, "/staff/tasks?q=" + url.QueryEscape(evil)},
			{w.nobody(t), "/search?q=" + url.QueryEscape(evil)},
			{w.nobody(t), "/verify/" + url.PathEscape(evil)},
		} {
			a := p.c.get(p.path)
			unbroken(t, p.path, a)
			if a.header.Get("X-Evil") != "" {
				t.Errorf("%s: a header was slipped in", p.path)
			}
		}
		if page := clerk.get("/staff/cases/" + r.Case).body; !strings.Contains(page, html.EscapeString("<script>"+marker)) {
			t.Error("the clerk does not see what the applicant wrote")
		}
		noHeaderSlipsIn(t, clerk, r.Case)
	})
}

func uploadByForm(t *testing.T, c caller, draft, name string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(formtest.PNG(30, 30))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if a := c.send(http.MethodPost, "/drafts/"+draft+"/materials/plans", b.String(), "Content-Type", m.FormDataContentType()); a.status != http.StatusSeeOther {
		t.Fatalf("upload: %d", a.status)
	}
}

// noHeaderSlipsIn downloads every material of a case.
func noHeaderSlipsIn(t *testing.T, c caller, id string) {
	t.Helper()
	parts := strings.Split(c.get("/staff/cases/"+id).body, "/staff/cases/"+id+"/materials/")
	if len(parts) < 2 {
		t.Fatalf("%d materials", len(parts)-1)
	}
	for _, p := range parts[1:] {
		a := c.get("/staff/cases/" + id + "/materials/" + p[:strings.IndexAny(p, `"?#`)])
		if a.status != http.StatusOK || a.header.Get("X-Evil") != "" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("material: %d %v", a.status, a.header)
		}
	}
}
