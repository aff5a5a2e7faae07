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
