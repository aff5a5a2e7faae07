package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
)

const policies = `
permit(principal, action == Action::"x.open", resource);
permit(principal, action == Action::"x.staff", resource) when { principal.kind == "staff" };`

type in struct {
	ID    string `path:"id" maxLength:"5"`
	Limit int    `query:"limit" minimum:"1" maximum:"9"`
	Body  struct {
		Name string         `json:"name" minLength:"2" maxLength:"4"`
		Kind string         `json:"kind,omitempty" enum:"a,b"`
		Mail string         `json:"mail,omitempty" format:"email"`
		N    int            `json:"n,omitempty"`
		List []string       `json:"list,omitempty" maxItems:"2"`
		Any  map[string]any `json:"any,omitempty"`
	}
}

type out struct{ Body struct{ Name string } }

type none struct{}

type upload struct {
	api.Upload
	Name string `query:"name"`
}

type site struct {
	http.Handler
	api *api.API
	log *strings.Builder
}

func open(t *testing.T) site {
	t.Helper()
	mux := http.NewServeMux()
	texts := web.NewTexts(api.Texts)
	texts.Missing = func(locale, key string) {
		if !strings.HasPrefix(key, "test.") {
			t.Errorf("no %s text for %q", locale, key)
		}
	}
	n := 0
	var log strings.Builder
	a := api.New(api.Config{
		Mux: mux, Policy: policy.Must(map[string]string{"x": policies}),
		Actor: func(r *http.Request) (auth.Principal, error) {
			switch r.Header.Get("Authorization") {
			case "":
				return auth.Principal{}, nil
			case "Bearer staff":
				return auth.Principal{Kind: auth.Staff, ID: "s"}, nil
			case "Bearer resident":
				return auth.Principal{Kind: auth.Resident, ID: "r"}, nil
			}
			return auth.Principal{}, auth.ErrToken
		},
		Locale: web.Locale, Text: texts.T, Log: slog.New(slog.NewTextHandler(&log, nil)),
		NewID: func() string { n++; return fmt.Sprint("ref-", n) }, Version: "test",
	})
	post := func(path, action string) api.Op {
		return api.Op{Method: http.MethodPost, Path: path, ID: path[1:], Action: action, Tag: "t", Summary: "s"}
	}
	api.Register(a, post("/things/{id}", "x.open"), func(_ context.Context, _ auth.Principal, i *in) (*out, error) {
		var o out
		o.Body.Name = i.Body.Name
		return &o, nil
	})
	api.Register(a, post("/staff", "x.staff"), func(_ context.Context, p auth.Principal, _ *none) (*out, error) {
		var o out
		o.Body.Name = p.ID
		return &o, nil
	})
	fail := map[string]error{
		"invalid": func() error {
			var f fault.Form
			f.Add("name", "test.bad", "n", 3)
			return f.Err()
		}(),
		"conflict": fault.New(fault.Conflict, "test.conflict"),
		"wait":     fault.New(fault.TooMany, "test.wait", "wait", 90*time.Second),
		"denied":   fault.New(fault.Denied, "policy.denied"),
		"unknown":  errors.New("secret table tb_secret"),
		"internal": fault.New(fault.Internal, "test.internal").Wrap(errors.New("tb_secret")),
		"wrapped":  fmt.Errorf("read: %w", fault.New(fault.NotFound, "test.gone")),
	}
	api.Register(a, post("/fail", "x.open"), func(_ context.Context, _ auth.Principal, i *struct {
		How string `query:"how"`
	},
	) (*out, error) {
		if i.How == "panic" {
			panic("tb_secret")
		}
		return nil, fail[i.How]
	})
	files := post("/files", "x.open")
	files.MaxBytes = 10
	api.Register(a, files, func(_ context.Context, _ auth.Principal, i *upload) (*out, error) {
		b, err := io.ReadAll(i.Reader())
		if err != nil {
			return nil, err
		}
		var o out
		o.Body.Name = fmt.Sprintf("%s %s %d", i.Name, i.Type(), len(b))
		return &o, nil
	})
	get := post("/files", "x.open")
	get.Method = http.MethodGet
	get.ID = "files-get"
	api.Register(a, get, func(context.Context, auth.Principal, *none) (*api.File, error) {
		return api.NewFile("application/pdf", "许可证.pdf", io.NopCloser(strings.NewReader("%PDF"))), nil
	})
	return site{mux, a, &log}
}

func (s site) ask(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const hostile = `<script>alert(1)</script>evil`

func TestNothingThatWasSentComesBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct {
		name, path, body string
		status           int
		code             string
		field, fieldCode string
	}{
		{"too long", "/things/1", `{"name":"` + hostile + `"}`, 422, "form.invalid", "body.name", "api.field.too_long"},
		{"too short", "/things/1", `{"name":""}`, 422, "form.invalid", "body.name", "api.field.too_short"},
		{"missing", "/things/1", `{}`, 422, "form.invalid", "body.name", "api.field.required"},
		{"not in the list", "/things/1", `{"name":"abc","kind":"` + hostile + `"}`, 422, "form.invalid", "body.kind", "api.field.choice"},
		{"format", "/things/1", `{"name":"abc","mail":"` + hostile + `"}`, 422, "form.invalid", "body.mail", "api.field.format"},
		{"type", "/things/1", `{"name":"abc","n":"` + hostile + `"}`, 422, "form.invalid", "body.n", "api.field.type"},
		{"type of all", "/things/1", `"` + hostile + `"`, 422, "form.invalid", "body", "api.field.type"},
		{"too many", "/things/1", `{"name":"abc","list":["` + hostile + `","b","c"]}`, 422, "form.invalid", "body.list", "api.field.too_many"},
		{"unknown name", "/things/1", `{"name":"abc","` + hostile + `":1}`, 422, "form.invalid", "body", "api.field.unexpected"},
		{"no JSON", "/things/1", hostile, 400, "api.unreadable", "", ""},
		{"half JSON", "/things/1", `{"name":"` + hostile, 400, "api.unreadable", "", ""},
		{"nothing", "/things/1", ``, 400, "api.unreadable", "", ""},
		{"path", "/things/%3Cscript%3Ealert%281%29evil", `{"name":"abc"}`, 422, "form.invalid", "path.id", "api.field.too_long"},
		{"query", "/things/1?limit=%3Cscript%3Eevil", `{"name":"abc"}`, 422, "form.invalid", "query.limit", "api.field.type"},
		{"query too great", "/things/1?limit=99", `{"name":"abc"}`, 422, "form.invalid", "query.limit", "api.field.too_great"},
		{"nowhere", "/" + "%3Cscript%3Eevil", `{}`, 404, "api.no_operation", "", ""},
	} {
		w := s.ask(http.MethodPost, c.path, c.body)
		text := w.Body.String()
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v: %s", c.name, err, text)
		}
		if w.Code != c.status || p.Status != c.status || p.Code != c.code || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", c.name, w.Code, text)
		}
		if strings.Contains(text, "script") || strings.Contains(text, "evil") {
			t.Errorf("%s: submitted text comes back: %s", c.name, text)
		}
		if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Field != c.field || p.Errors[0].Code != c.fieldCode || p.Errors[0].Message == "") {
			t.Errorf("%s: %+v", c.name, p.Errors)
		}
		if !strings.HasPrefix(p.Instance, "urn:uuid:ref-") || p.Type != "urn:tongban:problem:"+p.Code || p.Title == "" {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	if w := s.ask(http.MethodPost, "/things/1", `<a/>`, "Content-Type", "text/xml; "+hostile); w.Code != 415 || strings.Contains(w.Body.String(), "evil") {
		t.Errorf("media type: %d %s", w.Code, w.Body)
	}
}

func TestFaultsBecomeProblems(t *testing.T) {
	t.Parallel()
	s := open(t)
	for how, c := range map[string]struct {
		status int
		code   string
	}{
		"invalid": {422, "form.invalid"}, "conflict": {409, "test.conflict"}, "wait": {429, "test.wait"}, "denied": {403, "policy.denied"},
		"wrapped": {404, "test.gone"}, "unknown": {500, "internal"}, "internal": {500, "internal"}, "panic": {500, "internal"},
	} {
		w := s.ask(http.MethodPost, "/fail?how="+how, "", "Authorization", "Bearer staff")
		var p api.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.status || p.Code != c.code {
			t.Errorf("%s: %d %s", how, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %s", how, w.Body)
		}
		if c.status == 500 && !strings.Contains(s.log.String(), p.Instance) {
			t.Errorf("%s: reference %s is not in the log", how, p.Instance)
		}
		if how == "wait" && (w.Header().Get("Retry-After") != "90" || p.RetryAfter != 90) {
			t.Errorf("wait: %+v", p)
		}
		if how == "invalid" && (len(p.Errors) != 1 || p.Errors[0].Code != "test.bad") {
			t.Errorf("invalid: %+v", p)
		}
	}
	if !strings.Contains(s.log.String(), "tb_secret") {
		t.Error("the log does not say what went wrong")
	}
}

func TestTheActionIsCheckedBeforeTheInputIsRead(t *testing.T) {
	t.Parallel()
	s := open(t)
	for token, want := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer resident": 403, "Bearer staff": 200} {
		w := s.ask(http.MethodPost, "/staff", "", "Authorization", token)
		if w.Code != want {
			t.Errorf("%q: %d %s", token, w.Code, w.Body)
		}
		if want == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%q: no challenge", token)
		}
	}
}

func TestProblemsSpeakTheCallersLanguage(t *testing.T) {
	t.Parallel()
	s := open(t)
	for lang, want := range map[string]string{"zh-CN": "请先登录", "en-GB,en;q=0.9": "Sign in first", "": "请先登录"} {
		if w := s.ask(http.MethodPost, "/staff", "", "Accept-Language", lang); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: %s", lang, w.Body)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/files?name=a", "0123456789", 200},
		{"/files?name=a", "0123456789x", 413},
		{"/things/1", `{"name":"abc","any":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`, 413},
	} {
		w := s.ask(http.MethodPost, c.path, c.body)
		if w.Code != c.want {
			t.Errorf("%s with %d bytes: %d %s", c.path, len(c.body), w.Code, w.Body)
		}
	}
	if w := s.ask(http.MethodPost, "/files?name=a", "012", "Content-Type", "image/png"); !strings.Contains(w.Body.String(), "a image/png 3") {
		t.Errorf("upload: %s", w.Body)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := open(t).ask(http.MethodGet, "/files", "")
	h := w.Header()
	if w.Code != 200 || w.Body.String() != "%PDF" || h.Get("Content-Type") != "application/pdf" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename*=utf-8''%E8") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", w.Code, h, w.Body)
	}
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	w := open(t).ask(http.MethodDelete, "/files", "")
	if w.Code != 405 || w.Header().Get("Allow") != "GET, POST" || !strings.Contains(w.Body.String(), "api.method") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestTheDocumentIsOpenAPI31(t *testing.T) {
	t.Parallel()
	s := open(t)
	w := s.ask(http.MethodGet, "/openapi.json", "")
	var doc struct {
		OpenAPI string `json:"openapi"`
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			Action    string `json:"x-action"`
			Responses map[string]struct {
				Content map[string]any `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
		Components struct{ Schemas map[string]any } `json:"components"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Servers) != 1 || doc.Servers[0].URL != "/api/v1" || doc.Paths["/staff"]["post"].Action != "x.staff" {
		t.Errorf("%+v", doc)
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if _, ok := op.Responses["default"].Content["application/problem+json"]; !ok {
				t.Errorf("%s %s does not say how it fails: %+v", method, path, op.Responses)
			}
		}
	}
	if _, ok := doc.Components.Schemas["ErrorModel"]; ok && strings.Contains(w.Body.String(), "#/components/schemas/ErrorModel") {
		t.Error("the document names huma's own errors, which never leave")
	}
	for _, path := range []string{"/openapi.yaml", "/docs", "/schemas/Out.json"} {
		if w := s.ask(http.MethodGet, path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestOperationsAreListed(t *testing.T) {
	t.Parallel()
	s := open(t)
	if n := len(s.api.Operations()); n != 5 {
		t.Errorf("%d operations", n)
	}
	if u := s.api.Unknown(); len(u) != 0 {
		t.Errorf("unknown actions: %+v", u)
	}
	api.Register(s.api, api.Op{Method: http.MethodGet, Path: "/typo", ID: "typo", Action: "x.opne"},
		func(context.Context, auth.Principal, *none) (*none, error) { return &none{}, nil })
	if u := s.api.Unknown(); len(u) != 1 || u[0].ID != "typo" {
		t.Errorf("unknown actions: %+v", u)
	}
}

type hiddenPath struct {
	ID string `path:"id"`
}

type hiddenIn struct {
	hiddenPath
	Body struct{}
}

type hiddenOut struct {
	Body struct{ Rows []struct{ hiddenPath } }
}

// What is embedded under a name that is not exported would be left out without a
// word: the program does not start with it.
func TestNothingIsEmbeddedUnseen(t *testing.T) {
	t.Parallel()
	op := api.Op{Method: http.MethodPost, Path: "/hidden/{id}", ID: "hidden", Action: "x.do"}
	for name, register := range map[string]func(a *api.API){
		"read": func(a *api.API) {
			api.Register(a, op, func(context.Context, auth.Principal, *hiddenIn) (*struct{}, error) { return nil, nil })
		},
		"answered": func(a *api.API) {
			api.Register(a, op, func(context.Context, auth.Principal, *struct{}) (*hiddenOut, error) { return nil, nil })
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s unseen", name)
				}
			}()
			register(api.New(api.Config{Mux: http.NewServeMux()}))
		}()
	}
}
