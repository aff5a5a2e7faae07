package licenceweb_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
	"github.com/tongban/tongban/internal/licence/licenceweb"
)

// serve returns the operations with one issued licence; the header X-Actor says
// who asks.
func serve(t *testing.T) (http.Handler, licence.Licence) {
	t.Helper()
	w := licencetest.Open(t)
	r := licencetest.Request("case-1")
	actors := map[string]auth.Principal{
		"lin": licencetest.Holder(r), "zhou": {Kind: auth.Resident, ID: "acc-zhou"}, "clerk": licencetest.Staff(auth.RoleClerk),
	}
	mux := http.NewServeMux()
	a := api.New(api.Config{
		Mux: mux, Policy: w.Policy, Log: slog.New(slog.DiscardHandler), NewID: id.New,
		Actor:  func(r *http.Request) (auth.Principal, error) { return actors[r.Header.Get("X-Actor")], nil },
		Locale: func(*http.Request) string { return "en" },
		Text:   func(_, key string, _ ...any) string { return key },
	})
	licenceweb.API(a, w.Service)
	if unknown := a.Unknown(); len(unknown) > 0 {
		t.Errorf("no policy for %v", unknown)
	}
	return mux, w.Issue(t, r)
}

func call(t *testing.T, h http.Handler, actor, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1"+path, nil)
	r.Header.Set("X-Actor", actor)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEachRoleOnEachOperation(t *testing.T) {
	t.Parallel()
	h, l := serve(t)
	one := "/licences/" + string(l.ID)
	for path, want := range map[string]map[string]int{
		"/licences":                        {"": 401, "lin": 200, "zhou": 200, "clerk": 403},
		one:                                {"": 401, "lin": 200, "zhou": 404, "clerk": 200},
		one + "/pdf":                       {"": 401, "lin": 200, "zhou": 404, "clerk": 200},
		"/verifications/" + l.Identifier:   {"": 200, "lin": 200, "zhou": 200, "clerk": 200},
		"/verifications/" + l.Code:         {"": 200},
		"/verifications/1.2.156.3005.2.no": {"": 404},
	} {
		for actor, status := range want {
			if got := call(t, h, actor, path); got.Code != status {
				t.Errorf("%s as %q: %d, want %d: %s", path, actor, got.Code, status, got.Body)
			}
		}
	}
	if got := call(t, h, "lin", one+"/pdf"); !strings.HasPrefix(got.Body.String(), "%PDF-") || got.Header().Get("Content-Type") != "application/pdf" {
		t.Errorf("file: %v", got.Header())
	}
}

// fickle are the values that differ from run to run.
var fickle = regexp.MustCompile(`"(id|identifier|verify_url|checked_at)": "[^"]*"`)

func TestShapesOfTheInterface(t *testing.T) {
	t.Parallel()
	h, l := serve(t)
	for name, path := range map[string]string{
		"list.json": "/licences", "get.json": "/licences/" + string(l.ID), "verification.json": "/verifications/" + l.Identifier,
	} {
		var v any
		if err := json.Unmarshal(call(t, h, "lin", path).Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		webtest.Golden(t, name, fickle.ReplaceAllString(string(b), `"$1": "…"`)+"\n")
	}
}

func TestVerificationsAreBounded(t *testing.T) {
	t.Parallel()
	h, l := serve(t)
	last := 0
	for range 61 {
		last = call(t, h, "", "/verifications/"+l.Code).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 61st in a minute: %d", last)
	}
}

// TestHoldersShowAndCopyByTheInterface walks what a holder's program can do.
func TestHoldersShowAndCopyByTheInterface(t *testing.T) {
	t.Parallel()
	h, l := serve(t)
	one := "/licences/" + string(l.ID)
	do := func(actor, method, path, body string) (int, map[string]any) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("X-Actor", actor)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var out map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &out) // a file and an empty answer are none
		return w.Code, out
	}
	if code, out := do("lin", http.MethodPost, one+"/presentations", `{"scope":"face"}`); code != http.StatusOK || !strings.HasPrefix(out["link"].(string), "http://test/p/") {
		t.Errorf("present: %d %v", code, out)
	}
	const order = `{"purpose":"租赁","recipient":"某商场","days":30}`
	code, made := do("lin", http.MethodPost, one+"/copies", order)
	if code != http.StatusOK || made["good"] != true || made["valid_to"] != "2026-12-24" {
		t.Fatalf("copy: %d %v", code, made)
	}
	id, _ := made["id"].(string)
	for _, x := range []struct {
		actor, method, path, body string
		want                      int
	}{
		{"lin", http.MethodGet, one + "/copies/" + id + "/pdf", "", 200},
		{"zhou", http.MethodGet, one + "/copies/" + id + "/pdf", "", 404},
		{"clerk", http.MethodGet, one + "/copies", "", 403},
		{"zhou", http.MethodPost, one + "/copies", order, 404},
		{"zhou", http.MethodPost, one + "/presentations", `{"scope":"minimum"}`, 404},
		{"", http.MethodPost, one + "/copies", order, 401},
		{"lin", http.MethodPost, one + "/copies", `{"purpose":"","recipient":"","days":30}`, 422},
		{"zhou", http.MethodDelete, one + "/copies/" + id, "", 404},
		{"lin", http.MethodDelete, one + "/copies/" + id, "", 204},
	} {
		if code, out := do(x.actor, x.method, x.path, x.body); code != x.want {
			t.Errorf("%s %s as %q: %d %v, want %d", x.method, x.path, x.actor, code, out, x.want)
		}
	}
	_, list := do("lin", http.MethodGet, one+"/copies", "")
	if copies, _ := list["copies"].([]any); len(copies) != 1 || copies[0].(map[string]any)["good"] != false {
		t.Errorf("list %v", list)
	}
}
