package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

var people = map[string]auth.Principal{
	"zhou":  {Kind: auth.Resident, ID: "u1", Name: "周淑芬"},
	"clerk": {Kind: auth.Staff, ID: "s1", Name: "何建国", Roles: []string{auth.RoleClerk}},
}

var errDenied = fault.New(fault.Denied, "policy.denied")

// deskOnly lets staff do "desk.*" and everybody the rest.
func deskOnly(p auth.Principal, action string) error {
	if strings.HasPrefix(action, "desk.") && p.Kind != auth.Staff {
		return errDenied
	}
	if action == "never.ever" {
		return errDenied
	}
	return nil
}

func kit(t *testing.T, log *slog.Logger) *web.Kit {
	t.Helper()
	k := webtest.New(t, webtest.Options{Actors: people, Allow: deskOnly, Log: log})
	fails := func(err error) web.Handler {
		return func(http.ResponseWriter, *http.Request) error { return err }
	}
	k.Page("GET /staff/tasks", "desk.view", func(w http.ResponseWriter, r *http.Request) error {
		v := k.View(r)
		return k.Render(w, r, http.StatusOK, framed(web.StaffLayout(v, web.PageInfo{Title: "t", Nav: "tasks"}), "<h1>t</h1>"))
	})
	k.Page("POST /staff/tasks", "desk.act", fails(nil))
	k.Page("POST /staff/act", "desk.act", fails(nil))
	k.Page("GET /secret", "never.ever", fails(nil))
	k.Page("GET /missing", "open.view", fails(fault.New(fault.NotFound, "x.not_found")))
	k.Page("GET /denied", "open.view", fails(errDenied))
	k.Page("GET /conflict", "open.view", fails(fault.New(fault.Conflict, "form.date")))
	k.Page("GET /busy", "open.view", fails(fault.New(fault.TooMany, "form.broken")))
	k.Page("GET /down", "open.view", fails(fault.New(fault.Unavailable, "form.broken")))
	k.Page("GET /broken", "open.view", fails(errors.New("secret detail")))
	k.Page("GET /panics", "open.view", func(http.ResponseWriter, *http.Request) error { panic("secret detail") })
	k.Page("POST /small", "open.view", func(w http.ResponseWriter, r *http.Request) error {
		_, err := web.ReadForm(w, r, 100)
		return err
	})
	return k
}

func TestErrorsBecomePages(t *testing.T) {
	t.Parallel()
	webtest.Run(t, kit(t, nil).Handler(), []webtest.Step{
		{Path: "/nothing/here", Status: 404, Has: []string{"没有这一页，或者您看不了"}},
		{Path: "/nothing/here", Locale: web.EN, Status: 404, Has: []string{"There is no such page, or you cannot see it"}},
		{Name: "anonymous is asked to sign in", Path: "/staff/tasks?x=1", Status: 303, To: "/signin?next=%2Fstaff%2Ftasks%3Fx%3D1"},
		{Name: "a resident learns nothing of a page for staff", Actor: "zhou", Path: "/staff/tasks", Status: 404, Has: []string{"没有这一页"}},
		{Name: "staff open it", Actor: "clerk", Path: "/staff/tasks", Has: []string{"待办", "何建国"}},
		{Name: "staff learn that a page is not theirs", Actor: "clerk", Path: "/secret", Status: 403, Has: []string{"您的岗位不能打开这一页"}},
		{Name: "denied and missing look alike to strangers", Actor: "zhou", Path: "/denied", Status: 404, Then: sameAs("/missing", kit(t, nil))},
		{Path: "/conflict", Status: 409, Has: []string{"现在不能这样做", "日期要写年、月、日"}},
		{Path: "/busy", Status: 429, Then: func(t *testing.T, p *webtest.Page) {
			if p.Header.Get("Retry-After") != "60" {
				t.Error("no Retry-After")
			}
		}},
		{Path: "/down", Locale: web.EN, Status: 503, Has: []string{"Not available at the moment"}},
		{Path: "/broken", Status: 500, Has: []string{"问题编号"}, HasNot: []string{"secret"}},
		{Path: "/panics", Status: 500, Has: []string{"问题编号"}, HasNot: []string{"secret"}},
		{Name: "wrong method", Method: "DELETE", Path: "/conflict", Status: 405},
		{Name: "too large", Path: "/small", Form: url.Values{"x": {strings.Repeat("x", 200)}}, Status: 413, Has: []string{"内容太大了"}},
	})
}

// sameAs compares the page with another of the same site, but for the address.
func sameAs(path string, k *web.Kit) func(*testing.T, *webtest.Page) {
	return func(t *testing.T, p *webtest.Page) {
		t.Helper()
		other := webtest.Browse(t, k.Handler()).As("zhou").Get(path)
		if p.Text("main") != other.Text("main") || p.Text("title") != other.Text("title") {
			t.Errorf("differs from %s: %q", path, other.Text("main"))
		}
	}
}

func TestTheReferenceOnThePageIsInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := webtest.Browse(t, kit(t, slog.New(slog.NewTextHandler(&log, nil))).Handler()).Get("/broken")
	ref := p.Text("main .tb-num")
	if ref == "" || !strings.Contains(log.String(), ref) || !strings.Contains(log.String(), "secret detail") {
		t.Errorf("reference %q, log %s", ref, log.String())
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := webtest.Browse(t, webtest.New(t, webtest.Options{Secure: true}).Handler())
	p := b.Get("/privacy")
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'none'; script-src 'self'",
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"Referrer-Policy":           "same-origin",
		"Strict-Transport-Security": "max-age=",
		"Cache-Control":             "no-store",
		"Content-Encoding":          "gzip",
		"Content-Language":          "zh-CN",
	} {
		if got := p.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", name, got, want)
		}
	}
	if csp := p.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
		t.Errorf("policy allows too much: %s", csp)
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	t.Parallel()
	k := kit(t, nil)
	h := k.Handler()
	for site, want := range map[string]int{"cross-site": 422, "same-origin": 303} {
		r := request(t, http.MethodPost, "/preferences", "lang=en")
		r.Header.Set("Sec-Fetch-Site", site)
		if got := serve(h, r); got.Code != want {
			t.Errorf("%s: status %d, want %d", site, got.Code, want)
		}
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	h := webtest.New(t, webtest.Options{}).Handler()
	attr := func(name, want string) func(*testing.T, *webtest.Page) {
		return func(t *testing.T, p *webtest.Page) {
			t.Helper()
			if got := p.Doc.Find("html").AttrOr(name, ""); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
	webtest.Run(t, h, []webtest.Step{
		{Path: "/preferences", Has: []string{"显示设置", "长辈版"}, Then: attr("lang", "zh-CN")},
		{Path: "/preferences", Form: url.Values{"lang": {"en"}, "back": {"/privacy?x=1"}}, Status: 303, To: "/privacy?x=1"},
		{Name: "language is kept", Path: "/privacy", Has: []string{"Privacy"}, Then: attr("lang", "en")},
		{Path: "/preferences", Form: url.Values{"mode": {"elder"}, "theme": {"dark"}, "contrast": {"more"}, "back": {"//evil.example/"}}, Status: 303, To: "/"},
		{Name: "mode", Path: "/privacy", Then: attr("data-mode", "elder")},
		{Name: "theme", Path: "/privacy", Then: attr("data-theme", "dark")},
		{Name: "contrast", Path: "/privacy", Then: attr("data-contrast", "more")},
		{Name: "nonsense is the default", Path: "/preferences", Form: url.Values{"theme": {"<script>"}, "mode": {""}}, Status: 303, To: "/"},
		{Name: "theme again", Path: "/privacy", Then: attr("data-theme", "")},
		{Name: "mode again", Path: "/privacy", Then: attr("data-mode", "")},
		{Name: "language is still kept", Path: "/accessibility", Has: []string{"Accessibility"}, Then: attr("lang", "en")},
	})
}

func TestLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "zh-CN", "en-US,en;q=0.9,zh;q=0.8": "en", "zh-TW": "zh-CN", "fr, en;q=0.3": "en",
		"fr": "zh-CN", "zh;q=0.1, en;q=0.9": "en", ";;;": "zh-CN",
	} {
		r := request(t, http.MethodGet, "/", "")
		r.Header.Set("Accept-Language", header)
		if got := web.Locale(r); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestSafePath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/cases/1?x=2#y": "/cases/1?x=2#y", "": "/", "cases": "/", "//evil": "/", "/\\evil": "/", "https://evil/": "/",
		"/\t/evil": "/", "javascript:alert(1)": "/", "/a//b": "/a//b", "/\n": "/", "/%zz": "/",
	} {
		if got := web.SafePath(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFlashHoldsOnlyAKey(t *testing.T) {
	t.Parallel()
	k := webtest.New(t, webtest.Options{Texts: []fsFS{notices}})
	k.Open("POST /done", func(w http.ResponseWriter, r *http.Request) error {
		k.Flash(w, "test.notice.saved")
		return k.SeeOther(w, r, "/privacy")
	})
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: "/done", Form: url.Values{}, Status: 303, To: "/privacy"},
		{Name: "shown", Path: "/privacy", Has: []string{"已保存"}},
		{Name: "once", Path: "/privacy", HasNot: []string{"已保存"}},
	})
	r := request(t, http.MethodGet, "/privacy", "")
	r.AddCookie(&http.Cookie{Name: "tb_notice", Value: "kit.privacy.title"})
	if body := serve(k.Handler(), r).Body.String(); strings.Contains(body, `role="status"`) {
		t.Error("any text can be shown as a notice")
	}
}

func TestMenusShowOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	k := kit(t, nil)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: "/privacy", Has: []string{"隐私与个人信息", "显示设置"}, HasNot: []string{"我的办件", "OpenAPI", "监督看板"}},
		{Name: "desk", Actor: "clerk", Path: "/staff/tasks", HasNot: []string{"监督看板"}},
	})
	k.Open("GET /cases", func(http.ResponseWriter, *http.Request) error { return nil })
	k.Link("/api/v1/openapi.json")
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: "/privacy", Has: []string{"我的办件", "OpenAPI"}},
	})
}

func TestRoutesDeclareActions(t *testing.T) {
	t.Parallel()
	for _, r := range kit(t, nil).Routes() {
		if r.Path == "/staff/tasks" && r.Method == http.MethodGet && r.Action != "desk.view" {
			t.Errorf("%+v", r)
		}
	}
}

func TestFilesRunNothing(t *testing.T) {
	t.Parallel()
	k := webtest.New(t, webtest.Options{})
	send := func(f web.File) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			return k.SendFile(w, r, f, io.LimitReader(strings.NewReader("<script>"), 8))
		}
	}
	k.Open("GET /html", send(web.File{Name: "证明.html", Type: "text/html", Inline: true}))
	k.Open("GET /pdf", send(web.File{Name: "证明.pdf", Type: "application/pdf", Inline: true, Size: 8}))
	b := webtest.Browse(t, k.Handler())
	p := b.Get("/html")
	if got := p.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || !strings.Contains(got, "%E8%AF%81") {
		t.Errorf("disposition %q", got)
	}
	if !strings.Contains(p.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Error("not in a sandbox")
	}
	if p := b.Get("/pdf"); !strings.HasPrefix(p.Header.Get("Content-Disposition"), "inline;") || p.Header.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("a PDF does not show: %v", p.Header)
	}
}

func TestAFormLeadsBackToItsPage(t *testing.T) {
	t.Parallel()
	h := kit(t, nil).Handler()
	for referer, want := range map[string]string{
		"http://example.com/staff/cases/7?tab=2": "/signin?next=%2Fstaff%2Fcases%2F7%3Ftab%3D2",
		"http://evil.example/staff/cases/7":      "/signin?next=%2F",
		"":                                       "/signin?next=%2F",
	} {
		r := request(t, http.MethodPost, "/staff/act", "x=1")
		r.Header.Set("Referer", referer)
		if got := serve(h, r).Header().Get("Location"); got != want {
			t.Errorf("%q leads to %s, want %s", referer, got, want)
		}
	}
	r := request(t, http.MethodPost, "/staff/tasks", "x=1")
	r.Header.Set("Referer", "http://example.com/privacy")
	if got := serve(h, r).Header().Get("Location"); got != "/signin?next=%2Fstaff%2Ftasks" {
		t.Errorf("a form whose address is a page leads to %s", got)
	}
}
