package identityweb_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/identity/identityweb"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/seal"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

type site struct {
	http.Handler
	s   *identity.Service
	now func() time.Time
}

func open(t *testing.T, demo bool) site {
	t.Helper()
	clock := func() time.Time { return webtest.Now }
	d := dbtest.SQLite(t, job.Area(), event.Area(), auth.Area(),
		db.Area{Name: "identity", Files: identity.Migrations}, db.Area{Name: "directory", Files: directory.Migrations})
	provider, err := seal.OpenKeyFile(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.Load(provider, filepath.Join(t.TempDir(), "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	agencies := directory.New(d)
	if err := agencies.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := agencies.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	engine := policy.Must(map[string]string{"identity": identity.Policies})
	keys := auth.NewKeys(d, clock, id.New)
	sessions := auth.NewSessions(auth.SessionConfig{DB: d, Keys: keys, Now: clock, NewID: id.New})
	log := slog.New(slog.DiscardHandler)
	s := identity.New(identity.Config{
		DB: d, Events: event.New(d, job.New(d, clock, id.New, log), clock, id.New), Policy: engine, Seal: sealer, Agencies: agencies,
		Sessions: sessions, Keys: keys, Hasher: auth.NewHasher(2), Now: clock, NewID: id.New, Log: log, Demo: demo,
		Services: services{}, Relations: family{},
	})
	if err := s.SeedDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	texts := web.NewTexts(api.Texts, identityweb.Texts)
	texts.Missing = func(locale, key string) { t.Errorf("no %s text for %q", locale, key) }
	k := web.New(web.Config{
		Site: webtest.Site(), Texts: texts, Sessions: sessions, Now: clock, Log: log, Demo: demo,
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
	})
	a := api.New(api.Config{
		Mux: k.Mux(), Policy: engine, Actor: sessions.Find, Locale: web.Locale, Text: texts.T, Log: log, NewID: id.New, Version: "test",
	})
	identityweb.Routes(k, s)
	identityweb.API(a, s)
	return site{k.Handler(), s, clock}
}

// services are two that a right may be limited to.
type services struct{}

func (services) all() []identity.ServiceName {
	return []identity.ServiceName{
		{Item: "i1", Name: contract.Text{ZH: "最低生活保障", EN: "Subsistence allowance"}},
		{Item: "i2", Name: contract.Text{ZH: "残疾人证新办", EN: "Disability certificate"}},
	}
}

func (s services) ServiceNames(_ context.Context, items []string) (list []identity.ServiceName, err error) {
	for _, n := range s.all() {
		if slices.Contains(items, string(n.Item)) {
			list = append(list, n)
		}
	}
	return list, nil
}

func (s services) FindServices(_ context.Context, q string, _ int) (list []identity.ServiceName, err error) {
	for _, n := range s.all() {
		if strings.Contains(n.Name.ZH, q) {
			list = append(list, n)
		}
	}
	return list, nil
}

// family is the registers: they name one child, whoever asks.
type family struct{}

func (family) Wards(context.Context, auth.Principal) ([]identity.Relation, bool, error) {
	return []identity.Relation{{Name: "黄小满", Number: "511602202605210003", Born: "2026-05-21", Relation: "parent", Registry: "birth"}}, true, nil
}

func (s site) account(t *testing.T, username string) identity.DemoAccount {
	t.Helper()
	list, err := s.s.DemoAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Username == username {
			return a
		}
	}
	t.Fatalf("no account %s", username)
	return identity.DemoAccount{}
}

// browse signs in on a browser of its own.
func (s site) browse(t *testing.T, username string) *webtest.Browser {
	t.Helper()
	b := webtest.Browse(t, s)
	if username == "" {
		return b
	}
	a := s.account(t, username)
	p := b.Post("/signin", url.Values{"username": {username}, "password": {a.Password}, "code": {a.Code}})
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", username, p.Status, p.Text("main"))
	}
	return b
}

func TestSigningInOnPages(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	webtest.Run(t, s, []webtest.Step{
		{Name: "a page that needs a person", Path: "/account", Status: 303, To: "/signin?next=%2Faccount"},
		{Name: "the page", Path: "/signin?next=%2Faccount", Has: []string{"登录", "演示账户", "窗口受理人员", "tongban-demo-2026"}},
		{Name: "the page in English", Locale: web.EN, Path: "/signin", Has: []string{"Sign in", "Counter clerk", "Code to use now:"}},
		{Name: "nothing", Path: "/signin", Form: form("next", ""), Status: 422, Has: []string{"请填写用户名", "请填写密码"}},
		{Name: "wrong", Path: "/signin", Form: form("username", "zhou", "password", "<b>x</b>"), Status: 422, Has: []string{"用户名或密码不对"}, HasNot: []string{"<b>x</b>"}},
		{Name: "wrong in English", Locale: web.EN, Path: "/signin", Form: form("username", "x", "password", "y"), Status: 422, Has: []string{"The user name or the password is wrong"}},
		{Name: "the code without a password", Path: "/signin/code", Status: 303, To: "/signin?next=%2F"},
		{Name: "right, and back", Path: "/signin", Form: form("username", "zhou", "password", identity.DemoPassword, "next", "/account/data"), Status: 303, To: "/account/data"},
		{Name: "signed in", Path: "/account", Has: []string{"周淑芬", "511***********0004", "130****0001", "三级", "广安区清和美发店", "法定代表人"}, HasNot: []string{"13000000001"}},
		{Name: "signed out", Path: "/signout", Form: form(), Status: 303, To: "/signin"},
		{Name: "out", Path: "/account", Status: 303},
		{Name: "staff", Path: "/signin", Form: form("username", "clerk", "password", identity.DemoPassword, "next", "/staff/accounts"), Status: 303, To: "/signin/code?next=%2Fstaff%2Faccounts"},
		{Name: "half in", Path: "/account", Status: 303},
		{Name: "the code page", Path: "/signin/code?next=%2F", Has: []string{"填写动态验证码", "6 位数字"}},
		{Name: "no code", Path: "/signin/code", Form: form("code", " "), Status: 422, Has: []string{"请填写动态验证码"}},
		{Name: "wrong code", Path: "/signin/code", Form: form("code", "000000"), Status: 422, Has: []string{"动态验证码不对"}},
		{Name: "right code", Path: "/signin/code", Form: form("code", s.account(t, "clerk").Code), Status: 303, To: "/staff/tasks"},
		{Name: "in", Path: "/account", Has: []string{"何敏", "广安区行政审批局", "受理岗"}, HasNot: []string{"谁用了我的数据"}},
	})
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "%2F%2Fevil.example", "/\t/evil.example"} {
		b := webtest.Browse(t, s)
		p := b.Post("/signin", url.Values{"username": {"zhou"}, "password": {identity.DemoPassword}, "next": {next}})
		if p.Status != http.StatusSeeOther || strings.Contains(p.Location(), "evil") || !strings.HasPrefix(p.Location(), "/") {
			t.Errorf("%q leads to %q (%d)", next, p.Location(), p.Status)
		}
	}
}

func TestWithoutADemonstrationThereIsNoneOfIt(t *testing.T) {
	t.Parallel()
	s := open(t, false)
	b := webtest.Browse(t, s)
	page := b.Get("/signin")
	if page.Status != 200 || strings.Contains(page.Body, "演示") || strings.Contains(page.Body, identity.DemoPassword) {
		t.Errorf("%d %s", page.Status, page.Text("main"))
	}
	if p := b.Get("/api/v1/demo/accounts"); p.Status != http.StatusNotFound {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	if p := b.Get("/api/v1/openapi.json"); strings.Contains(p.Body, "demo") {
		t.Error("the API document speaks of a demonstration")
	}
}

// TestEveryRoleOpensEveryPage is the role matrix of the pages and operations.
func TestEveryRoleOpensEveryPage(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	resident, admin := []string{"zhou", "lin"}, []string{"admin"}
	signedIn := []string{"zhou", "lin", "clerk", "reviewer1", "approver", "supervisor", "catalog", "admin"}
	browsers := map[string]*webtest.Browser{"": webtest.Browse(t, s)}
	for _, name := range signedIn {
		browsers[name] = s.browse(t, name)
	}
	for _, c := range []struct {
		method, path string
		may          []string
	}{
		{"GET", "/account", signedIn},
		{"GET", "/account/data", signedIn},
		{"GET", "/staff/accounts", admin},
		{"GET", "/staff/clients", admin},
		{"GET", "/api/v1/me", signedIn},
		{"GET", "/api/v1/me/data-uses", signedIn},
		{"POST", "/api/v1/session/party", resident},
		{"GET", "/api/v1/companies/92511602MADEM00032?purpose=x", nil},
		{"POST", "/staff/accounts/demo-reviewer2/lock", admin},
		{"POST", "/staff/accounts/demo-reviewer2/unlock", admin},
		{"POST", "/staff/accounts/demo-reviewer2/reset", admin},
		{"POST", "/staff/clients", admin},
		{"POST", "/staff/clients/none/revoke", admin},
		{"POST", "/account/acting", resident},
	} {
		for _, name := range append(signedIn, "") {
			b := browsers[name]
			var p *webtest.Page
			switch {
			case c.method == "GET":
				p = b.Get(c.path)
			case strings.HasPrefix(c.path, "/api"):
				p = b.Send(c.method, c.path, "application/json", strings.NewReader(`{"company":""}`))
			default:
				p = b.Post(c.path, url.Values{})
			}
			denied := p.Status == 401 || p.Status == 403 || p.Status == 303 && strings.HasPrefix(p.Location(), "/signin") ||
				p.Status == 404 && name != "admin" // strangers and residents are not told what there is
			if denied == slices.Contains(c.may, name) {
				t.Errorf("%q %s %s: %d %s", name, c.method, c.path, p.Status, p.Location())
			}
		}
	}
}

func TestLookingAfterAccounts(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	admin := s.browse(t, "admin")
	page := admin.Get("/staff/accounts")
	if !strings.Contains(page.Text("main"), "周**") || strings.Contains(page.Text("main"), "周淑芬") || !strings.Contains(page.Text("main"), "何敏") {
		t.Errorf("names: %s", page.Text("main"))
	}
	if p := admin.Post("/staff/accounts/demo-clerk/lock", nil); p.Location() != "/staff/accounts" {
		t.Fatalf("%d", p.Status)
	}
	if text := admin.Get("/staff/accounts?q=clerk").Text("main"); !strings.Contains(text, "账户已停用") || !strings.Contains(text, "恢复 clerk") {
		t.Errorf("%s", text)
	}
	if p := admin.Post("/staff/accounts/demo-admin/lock", nil); p.Status != http.StatusForbidden {
		t.Errorf("oneself: %d", p.Status)
	}
	admin.Post("/staff/accounts/demo-reviewer1/reset", nil)
	b := webtest.Browse(t, s)
	b.Post("/signin", url.Values{"username": {"reviewer1"}, "password": {identity.DemoPassword}})
	page = b.Get("/signin/code")
	if !strings.Contains(page.Text("main"), "绑定验证器") || page.Doc.Find("svg[role=img] path").Length() != 1 {
		t.Fatalf("%s", page.Text("main"))
	}
	secret := page.Doc.Find("main code").First().Text()
	code, err := auth.FactorCode(secret, s.now())
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Post("/signin/code", url.Values{"code": {code}}); p.Location() != "/staff/tasks" {
		t.Errorf("%d %s", p.Status, p.Location())
	}
}

func TestClientKeysAreShownOnce(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	admin := s.browse(t, "admin")
	if p := admin.Post("/staff/clients", url.Values{"days": {"abc"}}); p.Status != 422 ||
		!strings.Contains(p.Text(".govuk-error-summary"), "请填写客户端名称") || !strings.Contains(p.Text(".govuk-error-summary"), "1 到 730") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	p := admin.Post("/staff/clients", url.Values{"name": {"<i>区大数据中心</i>"}, "scopes": {"company.read"}, "days": {"30"}})
	key := p.Text(".tb-banner code")
	if p.Status != 200 || !strings.HasPrefix(key, "tbk_") || strings.Contains(p.Body, "<i>") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	if again := admin.Get("/staff/clients"); strings.Contains(again.Body, key) || !strings.Contains(again.Text("main"), "区大数据中心") {
		t.Errorf("%s", again.Text("main"))
	}
	ask := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/api/v1"+path, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	if w := ask("/companies/92511602MADEM00032?purpose=%E6%A0%B8%E5%AF%B9%E5%B9%B4%E6%8A%A5"); w.Code != 200 || !strings.Contains(w.Body.String(), "清和美发店") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask("/companies/92511602MADEM00032"); w.Code != 422 {
		t.Errorf("without a purpose: %d %s", w.Code, w.Body)
	}
	if w := ask("/me"); w.Code != 403 {
		t.Errorf("a machine has no account: %d", w.Code)
	}
	lin := s.browse(t, "lin").Get("/account/data")
	if text := lin.Text("main"); !strings.Contains(text, "使用了营业执照登记信息") || !strings.Contains(text, "区大数据中心") || !strings.Contains(text, "核对年报") {
		t.Errorf("%s", text)
	}
	revoke, _ := admin.Get("/staff/clients").Doc.Find("form[action$=revoke]").Attr("action")
	if p := admin.Post(revoke, nil); p.Location() != "/staff/clients" {
		t.Errorf("%d", p.Status)
	}
	if w := ask("/companies/92511602MADEM00032?purpose=x"); w.Code != 401 {
		t.Errorf("revoked: %d %s", w.Code, w.Body)
	}
}

func TestOwnSessions(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	first, second := s.browse(t, "zhou"), s.browse(t, "zhou")
	action, _ := first.Get("/account").Doc.Find("form[action*=sessions]").Attr("action")
	if p := s.browse(t, "lin").Post(action, nil); p.Status != http.StatusNotFound {
		t.Errorf("another's session: %d", p.Status)
	}
	if p := first.Post(action, nil); p.Location() != "/account" {
		t.Fatalf("%d", p.Status)
	}
	if p := second.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("the ended session shows %d", p.Status)
	}
	if p := first.Get("/account"); p.Status != 200 {
		t.Errorf("the other session shows %d", p.Status)
	}
}

func TestSwitchingWhomOneActsFor(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	lin := s.browse(t, "lin")
	lin.Post("/account/acting", url.Values{"party": {""}})
	if p := lin.Get("/account"); !strings.Contains(p.Text("main"), "已切换") || p.Text(".tb-bar__who") != "林晓梅" {
		t.Errorf("%s", p.Text("header"))
	}
	company, _ := lin.Get("/account").Doc.Find("input[name=party]").Last().Attr("value")
	lin.Post("/account/acting", url.Values{"party": {company}})
	if p := lin.Get("/account"); p.Text(".tb-bar__who") != "广安区清和美发店" {
		t.Errorf("%s", p.Text(".tb-bar__who"))
	}
	if p := lin.Post("/account/acting", url.Values{"party": {"other"}}); p.Status != http.StatusNotFound {
		t.Errorf("a company of others: %d", p.Status)
	}
}

func TestTheAPI(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	call := func(method, path, token, body string) (int, map[string]any, string) {
		r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var m map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &m)
		return w.Code, m, w.Body.String()
	}
	if code, _, text := call("GET", "/demo/accounts", "", ""); code != 200 || !strings.Contains(text, `"username":"clerk"`) || !strings.Contains(text, `"code":"`) {
		t.Errorf("%d %s", code, text)
	}
	for body, want := range map[string]string{
		`{"username":"clerk","password":"tongban-demo-2026"}`:                       "auth.code_required",
		`{"username":"clerk","password":"tongban-demo-2026","code":"000000"}`:       "auth.code_wrong",
		`{"username":"lin","password":"no"}`:                                        "auth.failed",
		`{"username":"nobody","password":"no"}`:                                     "auth.failed",
		`{"username":"lin"}`:                                                        "form.invalid",
		`{"username":"` + strings.Repeat("x", 9000) + `","password":"` + `secret"}`: "api.too_large",
	} {
		code, m, text := call("POST", "/session", "", body)
		if m["code"] != want || code < 400 || strings.Contains(text, "secret") {
			t.Errorf("%d %s, want %s", code, text, want)
		}
	}
	code, m, text := call("POST", "/session", "", `{"username":"lin","password":"tongban-demo-2026"}`)
	if code != 201 {
		t.Fatalf("%d %s", code, text)
	}
	token := m["token"].(string)
	code, m, text = call("GET", "/me", token, "")
	if code != 200 || m["number"] != "511***********0008" || m["company"].(map[string]any)["name"] != "广安区清和美发店" {
		t.Errorf("%d %s", code, text)
	}
	if code, m, _ := call("POST", "/session/party", token, `{"company":""}`); code != 200 || m["company"] != nil {
		t.Errorf("%d %v", code, m)
	}
	if code, _, text := call("POST", "/session/party", token, `{"company":"other"}`); code != 403 {
		t.Errorf("%d %s", code, text)
	}
	if code, _, text := call("DELETE", "/session", token, ""); code != 204 || text != "" {
		t.Errorf("%d %s", code, text)
	}
	if code, m, _ := call("GET", "/me", token, ""); code != 401 || m["code"] != "auth.token" {
		t.Errorf("%d %v", code, m)
	}
	clerk := s.account(t, "clerk")
	if code, _, text := call("POST", "/session", "", `{"username":"clerk","password":"tongban-demo-2026","code":"`+clerk.Code+`"}`); code != 201 || !strings.Contains(text, `"roles":["clerk"]`) {
		t.Errorf("%d %s", code, text)
	}
}

func TestBothLanguagesHaveEverySentence(t *testing.T) {
	t.Parallel()
	texts := web.NewTexts(fs.FS(identityweb.Texts))
	if zh, en := texts.Keys(web.ZH), texts.Keys(web.EN); strings.Join(zh, " ") != strings.Join(en, " ") {
		t.Error("the languages differ in keys")
	}
}
