package catalogweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/catalog/catalogtest"
	"github.com/tongban/tongban/internal/catalog/catalogweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/services"
)

const (
	hygiene = "/services/511A0015500009-511602000000-000-115113016823646795-1-00"
	food    = "/services/511Z31138001-511602000000-000-115113016823646795-1-00"
	plain   = "/services/511A0138000000-511602000000-000-115113010833722043-1-00"
	desk    = "/staff/catalog/511A0138000000-511602000000-000-115113010833722043-1-00"
)

var actors = map[string]auth.Principal{
	"zhou":    {Kind: auth.Resident, ID: "acc-zhou", Name: "周淑芬"},
	"lin":     {Kind: auth.Resident, ID: "acc-lin", For: auth.Acting{Kind: auth.ForCompany, ID: "co-1", Name: "广安区清和美发店"}},
	"catalog": {Kind: auth.Staff, ID: "acc-catalog", Roles: []string{auth.RoleCatalogManager}, Division: "511602"},
	"clerk":   {Kind: auth.Staff, ID: "acc-clerk", Roles: []string{auth.RoleClerk}, Division: "511602"},
}

// drafts gives lin one begun application.
type drafts struct{}

func (drafts) Open(_ context.Context, actor auth.Principal) ([]catalogweb.Draft, error) {
	if actor.ID != "acc-lin" {
		return nil, nil
	}
	return []catalogweb.Draft{{
		ID: "d-1", Name: contract.Text{ZH: "公共场所卫生许可新办审批（县级）", EN: "New hygiene licence"},
		Done: 4, Total: 6, Expires: time.Date(2026, 12, 16, 4, 0, 0, 0, time.UTC),
	}}, nil
}

// Waiting has something for lin to do.
func (drafts) Waiting(_ context.Context, v web.View) (templ.Component, error) {
	if v.Actor.ID != "acc-lin" {
		return templ.NopComponent, nil
	}
	return templ.Raw("<p>请在 11 月 30 日前补正</p>"), nil
}

func now() time.Time { return webtest.Now }

func open(t testing.TB, allow *policy.Engine) (*web.Kit, *catalog.Service) {
	t.Helper()
	d := dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "catalog", Files: catalog.Migrations})
	s, err := catalog.New(catalog.Config{
		DB: d, Events: event.New(d, job.New(d, now, id.New, nil), now, id.New), Policy: allow, Now: now,
		NewID: id.New, Examiner: catalogtest.New(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.PublishPackages(t.Context(), auth.SystemPrincipal("packages"), services.Files); err != nil {
		t.Fatal(err)
	}
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{catalogweb.Texts}, Actors: actors,
		Allow: func(p auth.Principal, action string) error { return allow.Check(p, action, policy.Page) },
	})
	catalogweb.Routes(k, s, drafts{})
	return k, s
}

func engine() *policy.Engine { return policy.Must(map[string]string{"catalog": catalog.Policies}) }

func TestAnybodyFindsAndReadsServices(t *testing.T) {
	t.Parallel()
	k, _ := open(t, engine())
	webtest.Run(t, k.Handler(), []webtest.Step{
		{
			Name: "home", Path: "/",
			Has:    []string{"您想办什么事", "1,137 项服务", "居民办事", "企业办事", "人生大事", "按部门找", "查办件进度", "最近开通网上申请", "不是官方分类"},
			HasNot: []string{"还没写完", "办得最多"},
		},
		{Name: "home in English", Locale: "en", Path: "/", Has: []string{"What do you need to do?", "1,137 services", "Life events", "New hygiene licence for a public place"}},
		{Name: "home with a draft", Actor: "lin", Path: "/", Has: []string{"您有一件申请还没写完", "已填 4 步，还剩 2 步", "12 月 16 日", "请在 11 月 30 日前补正"}},
		{Name: "home without a draft", Actor: "zhou", Path: "/", HasNot: []string{"还没写完", "补正"}},
		{
			Name: "search", Path: "/search?q=" + url.QueryEscape("理发店卫生许可"),
			Has: []string{"找到", "公共场所卫生许可新办审批（县级）", "可网上申请", "10 个工作日", "区行政审批局"},
			Then: func(t *testing.T, p *webtest.Page) {
				if got := p.Doc.Find(".tb-result a").First().AttrOr("href", ""); got != hygiene {
					t.Errorf("first result is %s", got)
				}
				if p.Doc.Find(".tb-result mark").Length() == 0 {
					t.Error("what was found is not marked")
				}
			},
		},
		{
			Name: "search in English shows Chinese names as Chinese", Locale: "en", Path: "/search?q=restaurant",
			Has: []string{"services found", "食品(含保健食品)经营许可核发", "Administrative Approval Bureau", "Administrative licence"},
			Then: func(t *testing.T, p *webtest.Page) {
				if p.Doc.Find(`.tb-result h3 [lang="zh-CN"]`).Length() == 0 {
					t.Error("the Chinese names are not marked as Chinese")
				}
			},
		},
		{Name: "nothing found helps on", Path: "/search?q=qqqqzz", Has: []string{"没有找到", "12345", "按主题找", "按部门找"}},
		{Name: "what was typed stays and is escaped", Path: "/search?q=" + url.QueryEscape(`"><script>x</script>`), Then: func(t *testing.T, p *webtest.Page) {
			if strings.Contains(p.Body, "<script>x") {
				t.Error("the query is not escaped")
			}
			if got := p.Doc.Find("#q").AttrOr("value", ""); got != `"><script>x</script>` {
				t.Errorf("the box says %q", got)
			}
		}},
		{
			Name: "filters are chips that can be taken away", Path: "/services?dept=civil-affairs&type=20",
			Has: []string{"区民政局", "公共服务", "已选", "清除全部"},
			Then: func(t *testing.T, p *webtest.Page) {
				if got := p.Doc.Find(".tb-chip--on").Eq(0).AttrOr("href", ""); got != "/services?type=20" {
					t.Errorf("the first chip leads to %s", got)
				}
			},
		},
		{Name: "for residents", Path: "/services?for=person", Has: []string{"按主题找", "生育收养", "社会保障"}},
		{Name: "unknown filters find nothing and break nothing", Path: "/services?dept=x&theme=y&for=z&after=w", Has: []string{"没有找到"}},
		{Name: "departments", Path: "/departments", Has: []string{"34 个部门", "区行政审批局", "345 项"}},
		{Name: "departments in English", Locale: "en", Path: "/departments", Has: []string{"Tobacco Monopoly Bureau", "区烟草专卖局", "1 service"}},
		{Name: "themes", Path: "/themes", Has: []string{"开个店", "准营准办", "不是官方分类"}},
		{Name: "suggestions", Path: "/suggest?q=" + url.QueryEscape("低保"), Has: []string{`"text":"最低生活保障"`, `"note":"区民政局"`}},
		{Name: "no suggestions for nothing", Path: "/suggest", Has: []string{"[]"}},
	})
}

func TestGuidesSayWhatIsKnownAndNoMore(t *testing.T) {
	t.Parallel()
	k, _ := open(t, engine())
	webtest.Run(t, k.Handler(), []webtest.Step{
		{
			Name: "licence", Path: hygiene,
			Has: []string{
				"10 个工作日", "法定 20 个工作日", "有的情况再加 1 份", "不收费", "0 次", "两名工作人员会核查", "开始申请",
				"政府已有，不用交", "营业执照", "要您上传", "卫生检测或者评价报告", "看情况", "要带到窗口", "没有",
				"国家对公共场所实行“卫生许可证”制度", "还没有和公布的文本核对", "六十日内", "挂机、柜机算集中空调吗", "12345",
				"511A0015500009",
			},
			Then: func(t *testing.T, p *webtest.Page) {
				action := "/apply/" + strings.TrimPrefix(hygiene, "/services/")
				if p.Doc.Find(`form#apply[method="post"][action="`+action+`"]`).Length() != 1 || p.Doc.Find(`button[form="apply"]`).Length() != 1 {
					t.Error("want one form to apply, and a button for it in the bar")
				}
			},
		},
		{Name: "licence in English", Locale: "en", Path: hygiene, Has: []string{
			"New hygiene licence for a public place", "10 working days", "by law 20 working days", "Start your application",
			"floor plan", "You upload", "our translation", "within 60 days",
		}},
		{Name: "filing", Path: food, Has: []string{"当场办结", "开始申请"}, HasNot: []string{"法定"}},
		{Name: "filing in English", Locale: "en", Path: food, Has: []string{"Done at once", "Filing of a seller of prepackaged food only"}},
		{
			Name: "a service that cannot be applied for here", Path: plain,
			Has:    []string{"还不能网上申请", "我们也不编", "区教科体局", "行政许可", "511A0138000000-511602000000-000-115113010833722043-1-00", "四川政务服务网"},
			HasNot: []string{"开始申请", "承诺时限", "收费标准"},
			Then: func(t *testing.T, p *webtest.Page) {
				if p.Doc.Find(`a[href^="http://www.sczwfw.gov.cn/"]`).Length() == 0 {
					t.Error("no link to the official page")
				}
			},
		},
		{Name: "the same in English", Locale: "en", Path: plain, Has: []string{"You cannot apply for this service here yet", "Education, Science and Sports Bureau", "适龄儿童"}},
		{Name: "no such service", Path: "/services/none", Status: http.StatusNotFound},
	})
}

func TestTheListIsPagedToItsEnd(t *testing.T) {
	t.Parallel()
	k, _ := open(t, engine())
	b := webtest.Browse(t, k.Handler())
	path, n, pages := "/services?dept=approval", 0, 0
	for path != "" && pages < 50 {
		p := b.Get(path)
		n += p.Doc.Find(".tb-result").Length()
		path = p.Doc.Find(`a[rel="next"]`).AttrOr("href", "")
		pages++
	}
	if n != 345 || pages != 18 {
		t.Errorf("%d services on %d pages, want 345 on 18", n, pages)
	}
}

func TestTheDeskIsForTheCatalogueManager(t *testing.T) {
	t.Parallel()
	k, _ := open(t, engine())
	version := "/staff" + strings.Replace(hygiene, "services", "catalog", 1) + "/versions/1"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "clerk", Actor: "clerk", Path: "/staff/catalog", Status: http.StatusForbidden},
		{Name: "resident", Actor: "zhou", Path: "/staff/catalog", Status: http.StatusNotFound},
		{Name: "clerk saves", Actor: "clerk", Path: desk, Form: url.Values{"summary_zh": {"x"}}, Status: http.StatusForbidden},
		{Name: "packages with versions and checks", Actor: "catalog", Path: "/staff/catalog", Has: []string{"公共场所卫生许可新办审批", "第 1 版", "还没有和公布的文本核对"}},
		{Name: "in English", Actor: "catalog", Locale: "en", Path: "/staff/catalog", Has: []string{"Version 1", "has not been checked against the published text"}},
		{Name: "find an item", Actor: "catalog", Path: "/staff/catalog?q=" + url.QueryEscape("延缓入学"), Has: []string{"适龄儿童", "自动归类"}},
		{Name: "version", Actor: "catalog", Path: version, Has: []string{`"procedure": "licensing"`, "不能改"}},
		{Name: "no such version", Actor: "catalog", Path: strings.TrimSuffix(version, "1") + "9", Status: http.StatusNotFound},
		{Name: "edit", Actor: "catalog", Path: desk, Has: []string{"一句话说明", "清单原文不能改"}},
		{
			Name: "one language is not enough", Actor: "catalog", Path: desk, Form: url.Values{"action": {"save"}, "summary_zh": {"孩子晚一年上学"}},
			Status: http.StatusUnprocessableEntity, Has: []string{"中文和英文要都写", "孩子晚一年上学"},
		},
		{
			Name: "save", Actor: "catalog", Path: desk, Status: http.StatusSeeOther, To: desk,
			Form: url.Values{
				"action": {"save"}, "summary_zh": {"孩子晚一年上学"}, "summary_en": {"Starting school a year later"},
				"keywords": {"推迟上学\r\n晚上学"}, "themes": {"education"},
			},
		},
		{Name: "saved", Actor: "catalog", Path: desk, Has: []string{"已保存", "推迟上学", "恢复自动归类"}},
		{Name: "people see it", Path: plain, Has: []string{"孩子晚一年上学"}},
		{Name: "and find it", Path: "/search?q=" + url.QueryEscape("推迟上学"), Has: []string{"适龄儿童"}},
		{Name: "undo", Actor: "catalog", Path: desk, Form: url.Values{"action": {"derive"}}, Status: http.StatusSeeOther, To: desk},
		{Name: "gone", Path: plain, HasNot: []string{"孩子晚一年上学"}},
	})
}

func serveAPI(t *testing.T, p *policy.Engine, s *catalog.Service, texts *web.Texts) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	a := api.New(api.Config{
		Mux: mux, Policy: p, Actor: func(*http.Request) (auth.Principal, error) { return auth.Principal{}, nil },
		Locale: web.Locale, Text: texts.T, NewID: func() string { return "test" }, Version: "test",
	})
	catalogweb.API(a, s)
	return mux
}

func TestTheAPIHasItsGoldenAnswers(t *testing.T) {
	t.Parallel()
	p := engine()
	_, s := open(t, p)
	h := serveAPI(t, p, s, web.NewTexts(catalogweb.Texts))
	tests := map[string]string{
		"services.json":    "/api/v1/services?q=" + url.QueryEscape("卫生许可") + "&limit=3",
		"service.json":     "/api/v1" + hygiene,
		"plain.json":       "/api/v1" + plain,
		"departments.json": "/api/v1/departments",
		"missing.json":     "/api/v1/services/none",
	}
	for name, path := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			webtest.Golden(t, name, pretty(t, w.Body.Bytes()))
		})
	}
}

// pretty indents JSON. The form of a service is left out: it is long, and the
// package that describes it has tests of its own.
func pretty(t *testing.T, body []byte) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if svc, ok := v["service"].(map[string]any); ok {
		if svc["form"] == nil {
			t.Error("the service has no form")
		}
		delete(svc, "form")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPackagesAtTheDesk(t *testing.T) {
	t.Parallel()
	allow := policy.Must(map[string]string{"catalog": catalog.Policies})
	k, s := open(t, allow)
	b := webtest.Browse(t, k.Handler()).As("catalog")
	versions, err := s.Versions(t.Context(), actors["catalog"], "")
	if err != nil || len(versions) == 0 {
		t.Fatal(err)
	}
	item := string(versions[0].Item)

	zipped := b.Get("/staff/catalog/" + item + "/versions/1/package.zip")
	if zipped.Status != http.StatusOK {
		t.Fatalf("download: %d", zipped.Status)
	}
	if files, err := catalog.ReadZip([]byte(zipped.Body)); err != nil || len(files) < 3 {
		t.Fatalf("what is downloaded is no package: %d files, %v", len(files), err)
	}
	opened := b.Post("/staff/catalog/"+item+"/versions/1/edit", nil)
	at := opened.Location()
	if opened.Status != http.StatusSeeOther || !strings.HasPrefix(at, "/staff/packages/") {
		t.Fatalf("edit: %d %s", opened.Status, at)
	}
	saved := b.Post(at, url.Values{"rev": {"1"}, "action": {"save"}, "file:service.yaml": {"item: ["}})
	if saved.Status != http.StatusSeeOther {
		t.Fatalf("save: %d", saved.Status)
	}
	page := b.Get(at).Body
	if !strings.Contains(page, "item: [") || !strings.Contains(page, "service.yaml") {
		t.Error("what was typed is not there")
	}
	late := b.Post(at, url.Values{"rev": {"1"}, "action": {"save"}, "file:service.yaml": {"mine: 1"}})
	if late.Status != http.StatusConflict || !strings.Contains(late.Body, "mine: 1") {
		t.Errorf("a late editor: %d, and what they typed must be kept", late.Status)
	}
	if got := b.Post(at, url.Values{"rev": {"2"}, "action": {"publish"}}); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a broken package is published: %d", got.Status)
	}
	for _, who := range []string{"lin", "clerk", ""} {
		if got := b.As(who).Get(at); got.Status == http.StatusOK {
			t.Errorf("%q sees the package", who)
		}
	}
}
