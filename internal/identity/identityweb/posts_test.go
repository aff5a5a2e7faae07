package identityweb_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
)

// program calls the API as somebody of the demonstration.
type program func(who, method, path, body string) (int, map[string]any, string)

func programs(t *testing.T) (site, program) {
	t.Helper()
	s := open(t, true)
	tokens := map[string]string{}
	for _, who := range []string{"zhou", "clerk", "head", "supervisor", "catalog", "admin"} {
		a := s.account(t, who)
		e, err := s.s.SignIn(t.Context(), identity.Attempt{Username: who, Password: a.Password, Code: a.Code, OneStep: true, IP: "192.0.2.1"})
		if err != nil {
			t.Fatal(who, err)
		}
		tokens[who] = e.Token
	}
	return s, func(who, method, path, body string) (int, map[string]any, string) {
		r := httptest.NewRequest(method, api.Prefix+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if who != "" {
			r.Header.Set("Authorization", "Bearer "+tokens[who])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var m map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &m)
		return w.Code, m, w.Body.String()
	}
}

// put gives or changes the post of the clerk; more is further fields.
func (call program) put(version, more string) (int, map[string]any, string) {
	return call("admin", "PUT", "/accounts/"+string(identity.DemoAccountID("clerk"))+"/post",
		`{"version":"`+version+`","title":{"zh":"审查岗","en":"Reviewer"}`+more+`}`)
}

// An administrator gives, changes and takes away posts by program as on the page:
// with what was read, so that nobody's change is lost.
func TestPostsByTheAPI(t *testing.T) {
	t.Parallel()
	s, call := programs(t)
	clerk := string(identity.DemoAccountID("clerk"))
	path := "/accounts/" + clerk + "/post"
	if code, _, text := call("admin", "GET", "/accounts?q=clerk", ""); code != 200 || !strings.Contains(text, clerk) || !strings.Contains(text, `"holds":true`) {
		t.Errorf("%d %s", code, text)
	}
	code, m, text := call("admin", "GET", path, "")
	first, _ := m["version"].(string)
	if code != 200 || m["holds"] != true || first == "" {
		t.Fatalf("%d %s", code, text)
	}
	for more, want := range map[string]string{
		``:                                      "roles",
		`,"roles":[]`:                           "roles",
		`,"roles":["king"]`:                     "roles",
		`,"roles":["auditor","administrator"]`:  "roles",
		`,"roles":["reviewer"],"to":"tomorrow"`: "to",
		`,"roles":["reviewer"],"to":"2020-01-01"`:         "to",
		`,"roles":["reviewer"],"title":{"zh":"","en":""}`: "title",
	} {
		if code, _, text := call.put(first, more); code != 422 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", more, code, text)
		}
	}
	code, m, text = call.put(first, `,"roles":["reviewer"]`)
	next, _ := m["version"].(string)
	if code != 200 || next == first || !strings.Contains(text, `"reviewer"`) {
		t.Fatalf("%d %s", code, text)
	}
	if code, m, _ := call.put(first, `,"roles":["clerk"]`); code != 409 || m["code"] != "identity.post.changed" {
		t.Errorf("changed over another's change: %d %v", code, m)
	}
	if code, m, _ := call("admin", "POST", path+"/end", `{"version":"`+first+`"}`); code != 409 || m["code"] != "identity.post.changed" {
		t.Errorf("taken away over another's change: %d %v", code, m)
	}
	if code, _, text := call("admin", "POST", path+"/end", `{"version":"`+next+`"}`); code != 204 {
		t.Errorf("%d %s", code, text)
	}
	code, m, text = call("admin", "GET", path, "")
	if code != 200 || m["holds"] != false {
		t.Errorf("%d %s", code, text)
	}
	last, _ := m["version"].(string)
	if code, _, text := call.put(last, `,"roles":["reviewer"],"agency":"none","from":"2026-12-01"`); code != 422 || !strings.Contains(text, "agency") {
		t.Errorf("%d %s", code, text)
	}
	if code, m, text := call.put(last, `,"roles":["reviewer"],"agency":"11511301008778490F","from":"`+s.s.Today().String()+`"`); code != 200 || m["holds"] != true {
		t.Errorf("%d %s", code, text)
	}
	if code, m, _ := call("admin", "GET", "/accounts/nobody/post", ""); code != 404 {
		t.Errorf("%d %v", code, m)
	}
	if code, m, _ := call("admin", "GET", "/accounts/"+string(identity.DemoAccountID("lin"))+"/post", ""); code != 409 {
		t.Errorf("of a resident: %d %v", code, m)
	}
}

// Nobody but who administers has anything to do with posts.
func TestPostsByTheAPIAreForAdministrators(t *testing.T) {
	t.Parallel()
	_, call := programs(t)
	path := "/accounts/" + string(identity.DemoAccountID("clerk")) + "/post"
	for who, want := range map[string]int{"": 401, "zhou": 403, "clerk": 403, "head": 403, "supervisor": 403, "catalog": 403} {
		for _, x := range [][2]string{{"GET", path}, {"PUT", path}, {"POST", path + "/end"}, {"GET", "/accounts"}} {
			if code, _, text := call(who, x[0], x[1], `{"version":"none","title":{"zh":"x","en":""},"roles":["clerk"]}`); code != want {
				t.Errorf("%s %s by %q: %d %s", x[0], x[1], who, code, text)
			}
		}
	}
}
