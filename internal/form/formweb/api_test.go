package formweb_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/form/formweb"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// client speaks to the API as a person.
type client struct {
	t      *testing.T
	server *httptest.Server
	who    string
	locale string
}

func openAPI(t *testing.T) (*formtest.World, client) {
	t.Helper()
	w := formtest.SQLite(t)
	mux := http.NewServeMux()
	texts := web.NewTexts(formweb.Texts, api.Texts)
	texts.Missing = func(locale, key string) { t.Errorf("no %s text for %q", locale, key) }
	a := api.New(api.Config{
		Mux: mux, Policy: formtest.Policy(t), NewID: id.New, Log: slog.New(slog.DiscardHandler), Version: "test", Text: texts.T,
		Locale: func(r *http.Request) string { return r.Header.Get("Accept-Language") },
		Actor: func(r *http.Request) (auth.Principal, error) {
			return map[string]auth.Principal{"lin": formtest.Lin, "zhou": formtest.Zhou, "chen": formtest.Chen, "huang": formtest.Huang}[r.Header.Get("X-Actor")], nil
		},
	})
	formweb.API(a, w.Service)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return w, client{t, s, "lin", "zh-CN"}
}

func (c client) do(method, path, body string, want int) map[string]any {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("X-Actor", c.who)
	r.Header.Set("Accept-Language", c.locale)
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	res, err := c.server.Client().Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if res.StatusCode != want {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, want, b)
	}
	out := map[string]any{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

func (c client) start(w *formtest.World) string {
	c.t.Helper()
	d := c.do("POST", "/drafts", `{"service":"`+string(w.Hygiene)+`"}`, http.StatusCreated)
	return "/drafts/" + d["id"].(string)
}

func goodJSON(t *testing.T) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"answers": formtest.Good()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestJourneyByAPI(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	draft := c.start(w)
	d := c.do("PUT", draft+"/answers", goodJSON(t), http.StatusOK)
	if d["complete"] != false || d["rev"].(float64) < 2 {
		t.Errorf("draft is %v", d)
	}
	for _, m := range formtest.Uploads() {
		f := c.do("POST", draft+"/materials/"+m+"?name="+m+".pdf", formtest.PDF(m), http.StatusCreated)
		if f["name"] != m+".pdf" || f["type"] != "application/pdf" || len(f["sha256"].(string)) != 64 {
			t.Errorf("file is %v", f)
		}
	}
	if d = c.do("GET", draft, "", http.StatusOK); d["complete"] != true {
		t.Errorf("not complete: %v", d)
	}
	if list := c.do("GET", "/drafts", "", http.StatusOK)["drafts"].([]any); len(list) != 1 {
		t.Errorf("drafts are %v", list)
	}
	first := c.do("POST", draft+"/submission", "", http.StatusOK)
	again := c.do("POST", draft+"/submission", `{}`, http.StatusOK)
	if first["case"] == "" || first["number"] != again["number"] || first["query_code"] != "7KQ4M2" || first["accept_by"] != "2026-11-27" || w.Count(t) != 1 {
		t.Errorf("receipts are %v and %v", first, again)
	}
	c.do("PUT", draft+"/answers", goodJSON(t), http.StatusConflict)
}

func TestAPIIsStrict(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	draft := c.start(w)
	for body, want := range map[string]string{
		`{"answers":{"area":"48"}}`:          "area form.field.type 营业面积的类型不对",
		`{"answers":{"name":"别的店"}}`:         "name form.field.held 单位名称以登记的为准，不用填",
		`{"answers":{"evil_<b>":1}}`:         "answers form.field.unknown 有 1 项不是这张表里的",
		`{"answers":{"staff":1.5}}`:          "staff form.field.integer 直接为顾客服务的人数要填整数，例如 4",
		`{"answers":{"disinfection":"yes"}}`: "disinfection form.field.type 单独的清洗消毒的地方的类型不对",
	} {
		p := c.do("PUT", draft+"/answers", body, http.StatusUnprocessableEntity)
		if got := fieldErrors(p); got != want || p["code"] != "form.draft.unread" {
			t.Errorf("%s: %q %v, want %q", body, got, p["code"], want)
		}
	}
	if d := c.do("GET", draft, "", http.StatusOK); d["rev"] != 1.0 {
		t.Errorf("something was stored: %v", d["rev"])
	}
	c.do("PUT", draft+"/answers", `{"answers":{"name":"广安区清和美发店","area":48}}`, http.StatusOK) // what is held may be repeated
	c.do("PUT", draft+"/answers", `{"rev":1,"answers":{"area":50}}`, http.StatusConflict)
	c.do("PUT", draft+"/answers", `{"answers":`+strings.Repeat("[", 5000), http.StatusBadRequest)
	p := c.do("POST", draft+"/submission", "", http.StatusUnprocessableEntity)
	if p["code"] != "form.draft.incomplete" || !strings.Contains(fieldErrors(p), "material.plans form.file.missing") {
		t.Errorf("problem is %v", p)
	}
	en := c
	en.locale = "en"
	if p := en.do("POST", draft+"/materials/plans?name=a.pdf", "<script>", http.StatusUnprocessableEntity); p["title"] != "Only PDF, JPG, PNG files are taken" {
		t.Errorf("problem is %v", p)
	}
	c.do("POST", draft+"/materials/business_licence?name=a.pdf", formtest.PDF("x"), http.StatusNotFound)
	file := c.do("POST", draft+"/materials/plans?name=a.pdf", formtest.PDF("x"), http.StatusCreated)
	c.do("DELETE", draft+"/files/"+file["id"].(string), "", http.StatusNoContent)
	c.do("DELETE", draft, "", http.StatusNoContent)
	c.do("GET", draft, "", http.StatusNotFound)
}

func fieldErrors(p map[string]any) string {
	var list []string
	errs, _ := p["errors"].([]any)
	for _, e := range errs {
		m := e.(map[string]any)
		list = append(list, m["field"].(string)+" "+m["code"].(string)+" "+m["message"].(string))
	}
	return strings.Join(list, "; ")
}

func TestAPIHidesOthersDrafts(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	draft := c.start(w)
	for who, status := range map[string]int{"zhou": http.StatusNotFound, "": http.StatusUnauthorized} {
		o := c
		o.who = who
		o.do("GET", draft, "", status)
		o.do("PUT", draft+"/answers", `{"answers":{"area":1}}`, status)
		o.do("POST", draft+"/materials/plans?name=a.pdf", formtest.PDF("x"), status)
		o.do("POST", draft+"/submission", "", status)
		o.do("DELETE", draft, "", status)
		o.do("DELETE", draft+"/files/x", "", status)
	}
}

func TestCorrectionByAPI(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	w.AskToCorrect(t, contract.Mark{Kind: "field", ID: "area", Reason: "48"})
	d := c.do("POST", "/cases/c1/correction", "", http.StatusOK)
	draft := "/drafts/" + d["id"].(string)
	c.do("PUT", draft+"/answers", `{"answers":{"staff":9}}`, http.StatusConflict)
	c.do("PUT", draft+"/answers", `{"answers":{"area":48}}`, http.StatusOK)
	r := c.do("POST", draft+"/submission", "", http.StatusOK)
	if r["case"] != "c1" || len(w.Cases.Resent) != 1 {
		t.Errorf("%v, handed in %d times", r, len(w.Cases.Resent))
	}
}

// What programs read of the API stays as it is: add fields, never change them.
func TestAPIWireFormat(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	id, err := w.Start(t.Context(), formtest.Lin, w.Filing)
	if err != nil {
		t.Fatal(err)
	}
	draft := "/drafts/" + string(id)
	c.do("PUT", draft+"/answers", `{"answers":{"loose":false,"cold":true,"modes":["retail","online"],"url":"no address","warehouse":false}}`, http.StatusOK)
	for name, out := range map[string]map[string]any{
		"draft.json":   c.do("GET", draft, "", http.StatusOK),
		"problem.json": c.do("POST", draft+"/submission", "", http.StatusUnprocessableEntity),
	} {
		for _, varies := range []string{"id", "saved_at", "expires_at", "instance"} {
			if _, there := out[varies]; there {
				out[varies] = "…"
			}
		}
		b, err := json.MarshalIndent(out, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		webtest.Golden(t, name, string(b)+"\n")
	}
}
