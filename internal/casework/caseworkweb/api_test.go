package caseworkweb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// service is the API of the county; the header X-Who says who asks.
func service(t *testing.T) (*caseworktest.World, func(who, method, path string, body any) (int, string)) {
	t.Helper()
	return serviceFor(t, nil)
}

// serviceFor is service for more people.
func serviceFor(t *testing.T, more map[string]auth.Principal) (*caseworktest.World, func(who, method, path string, body any) (int, string)) {
	t.Helper()
	w := caseworktest.New(t)
	people := map[string]auth.Principal{
		"lin": caseworktest.Lin, "zhou": caseworktest.Zhou, "clerk": caseworktest.Clerk, "reviewer1": caseworktest.Reviewer1,
		"reviewer2": caseworktest.Reviewer2, "approver": caseworktest.Approver, "supervisor": caseworktest.Supervisor,
	}
	maps.Copy(people, more)
	mux := http.NewServeMux()
	a := api.New(api.Config{
		Mux: mux, Policy: caseworktest.Engine(),
		Actor:  func(r *http.Request) (auth.Principal, error) { return people[r.Header.Get("X-Who")], nil },
		Locale: func(*http.Request) string { return "en" },
		Text:   func(_, key string, _ ...any) string { return key },
		Log:    slog.New(slog.DiscardHandler), NewID: id.New,
	})
	caseworkweb.API(a, w.Service)
	if unknown := a.Unknown(); len(unknown) > 0 {
		t.Errorf("operations nobody may use: %+v", unknown)
	}
	return w, func(who, method, path string, body any) (int, string) {
		t.Helper()
		var in io.Reader
		if body != nil {
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			in = bytes.NewReader(text)
		}
		r := httptest.NewRequest(method, "/api/v1"+path, in)
		r.Header.Set("X-Who", who)
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		return rec.Code, rec.Body.String()
	}
}

func pretty(t *testing.T, body string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(body), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return strings.TrimSpace(out.String()) + "\n"
}

func TestACaseIsWorkedByTheAPIAlone(t *testing.T) {
	t.Parallel()
	w, ask := service(t)
	id := string(w.File(t, "a", caseworktest.Hygiene))
	act := func(who string, body map[string]any) (int, string) {
		return ask(who, http.MethodPost, "/cases/"+id+"/actions", body)
	}
	opinion := map[string]any{"opinion": "材料齐全，建议准予。"}
	for i, step := range []struct {
		who, action string
		body        map[string]any
		status      int
	}{
		{"zhou", "withdraw", nil, http.StatusNotFound},
		{"", "accept", nil, http.StatusUnauthorized},
		{"supervisor", "accept", nil, http.StatusForbidden},
		{"reviewer1", "accept", nil, http.StatusForbidden},
		{"clerk", "accept", map[string]any{"step": 9}, http.StatusConflict},
		{"clerk", "refuse", nil, http.StatusUnprocessableEntity},
		{"clerk", "accept", map[string]any{"step": 1}, http.StatusOK},
		{"clerk", "accept", nil, http.StatusConflict},
		{"approver", "approve", nil, http.StatusConflict},
		{"reviewer1", "review", opinion, http.StatusOK},
		{"reviewer1", "countersign", opinion, http.StatusForbidden},
		{"reviewer2", "countersign", opinion, http.StatusOK},
		{"approver", "deny", nil, http.StatusUnprocessableEntity},
		{"approver", "approve", opinion, http.StatusOK},
		{"clerk", "grant", nil, http.StatusConflict},
	} {
		body := map[string]any{"action": step.action}
		for k, v := range step.body {
			body[k] = v
		}
		status, text := act(step.who, body)
		if status != step.status {
			t.Errorf("%d: %s by %q: %d, want %d: %s", i, step.action, step.who, status, step.status, text)
		}
	}
	w.Drain(t)
	for _, x := range []struct{ who, path, golden string }{
		{"lin", "/cases/" + id, "case.json"},
		{"lin", "/cases/" + id + "/timeline", "timeline.json"},
		{"lin", "/cases/" + id + "/deadlines", "deadlines.json"},
		{"lin", "/cases", "cases.json"},
		{"clerk", "/tasks?tab=done", "tasks.json"},
	} {
		status, text := ask(x.who, http.MethodGet, x.path, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", x.path, status, text)
		}
		webtest.Golden(t, "api/"+x.golden, pretty(t, text))
	}
	var docs struct {
		Documents []struct{ ID, Kind string } `json:"documents"`
	}
	_, text := ask("lin", http.MethodGet, "/cases/"+id+"/documents", nil)
	if err := json.Unmarshal([]byte(text), &docs); err != nil || len(docs.Documents) != 4 {
		t.Fatal(err, text)
	}
	for _, d := range docs.Documents {
		if status, body := ask("lin", http.MethodGet, "/cases/"+id+"/documents/"+d.ID, nil); status != http.StatusOK || body == "" {
			t.Errorf("%s: %d", d.Kind, status)
		}
		if status, _ := ask("zhou", http.MethodGet, "/cases/"+id+"/documents/"+d.ID, nil); status != http.StatusNotFound {
			t.Errorf("%s of another: %d", d.Kind, status)
		}
	}
}

func TestProgressByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := service(t)
	c, err := w.Open(t.Context(), caseworktest.Lin, w.File(t, "a", caseworktest.Hygiene))
	if err != nil {
		t.Fatal(err)
	}
	status, text := ask("", http.MethodGet, fmt.Sprintf("/progress?number=%s&code=%s", c.Number, c.QueryCode), nil)
	if status != http.StatusOK || strings.Contains(text, "lin") {
		t.Errorf("%d %s", status, text)
	}
	webtest.Golden(t, "api/progress.json", pretty(t, text))
	wrongCode, a := ask("", http.MethodGet, "/progress?number="+c.Number+"&code=000000", nil)
	wrongNumber, b := ask("", http.MethodGet, "/progress?number=1&code=000000", nil)
	if wrongCode != http.StatusNotFound || wrongNumber != http.StatusNotFound || code(a) != code(b) {
		t.Errorf("%d %s\n%d %s", wrongCode, a, wrongNumber, b)
	}
}

func code(problem string) string {
	var p struct {
		Type, Title, Code, Detail string
	}
	if json.Unmarshal([]byte(problem), &p) != nil {
		return problem
	}
	return p.Type + p.Title + p.Code + p.Detail
}
