package identityweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// must looks for words on a page, and for what every page must have.
func must(t *testing.T, p *webtest.Page, status int, words ...string) {
	t.Helper()
	if p.Status != status {
		t.Fatalf("status %d, want %d: %s", p.Status, status, p.Text("main"))
	}
	if p.Doc != nil && p.Location() == "" {
		webtest.Check(t, p)
	}
	for _, w := range words {
		if !strings.Contains(p.Text("body"), w) {
			t.Errorf("does not say %q: %s", w, p.Text("main"))
		}
	}
}

func period() url.Values {
	return url.Values{
		"from-year": {"2026"}, "from-month": {"11"}, "from-day": {"20"}, "to-year": {"2026"}, "to-month": {"12"}, "to-day": {"31"},
	}
}

func with(v url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func TestAMandateOnPages(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	chen, sun, he := s.browse(t, "chen"), s.browse(t, "sun"), s.browse(t, "he")
	must(t, chen.Get("/account/mandates"), 200, "您没有委托任何人", "没有人委托您")
	must(t, chen.In(web.EN).Get("/account/mandates/new"), 200, "Give somebody a mandate", "Find a service")
	found := chen.Post("/account/mandates/new", with(period(), "name", "孙悦", "q", "低保", "do", "find"))
	must(t, found, 200, "没有找到")
	found = chen.Post("/account/mandates/new", with(period(), "name", "孙悦", "q", "最低生活", "do", "find"))
	must(t, found, 200, "最低生活保障")
	if v, _ := found.Doc.Find("#name").Attr("value"); v != "孙悦" || found.Doc.Find("input[name=items]").Length() != 1 {
		t.Errorf("words are lost: %s", found.Body)
	}
	must(t, chen.Post("/account/mandates/new", url.Values{"do": {"send"}}), 422, "请填写对方姓名", "请至少选择一项服务", "请填写开始日期")
	must(t, chen.Post("/account/mandates/new", with(period(), "name", "孙月", "account", "sun", "items", "i1", "do", "send")), 422, "对不上")
	sent := chen.Post("/account/mandates/new", with(period(), "name", "孙悦", "account", "sun", "items", "i1", "do", "send"))
	if sent.Status != http.StatusSeeOther || !strings.HasPrefix(sent.Location(), "/account/mandates/") {
		t.Fatalf("%d %s", sent.Status, sent.Text("main"))
	}
	where := sent.Location()
	must(t, chen.Get(where), 200, "等待确认", "最低生活保障", "陈静 于", "三级")
	must(t, sun.Get("/account/mandates"), 200, "等您答复", "孙悦 代 陈静 办事")
	must(t, sun.Get(where), 200, "想请您代办")
	must(t, he.Get(where), 404)
	must(t, he.Post(where+"/accept", nil), 404)
	must(t, sun.Post(where+"/accept", nil), 303)
	must(t, sun.Get("/account"), 200, "受委托代办、限 1 项服务")
	must(t, sun.Post("/account/acting", url.Values{"party": {"demo-chen"}}), 303)
	must(t, sun.Get("/account"), 200, "您正在替 陈静 办事", "只能办委托的 1 项服务", "改为本人")
	must(t, sun.In(web.EN).Get("/account"), 200, "You are acting for 陈静, with a mandate.")
	must(t, sun.Get("/account/data"), 404)
	must(t, chen.Post(where+"/end", nil), 303)
	if p := sun.Get("/account"); strings.Contains(p.Text("body"), "您正在替") {
		t.Error("acts for another after the end")
	}
	must(t, chen.Get(where), 200, "已终止", "还没有用过")
	must(t, chen.Post(where+"/end", nil), 409)
}

func TestOperatorsOnPages(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	he, sun := s.browse(t, "he"), s.browse(t, "sun")
	must(t, he.Get("/account/operators"), 200, "广安区味乡小馆", "这家企业还没有经办人")
	must(t, he.Get("/account/operators/new?company=demo-company-weixiang"), 200, "为“广安区味乡小馆”添加经办人", "管理员")
	must(t, he.Get("/account/operators/new?company=demo-company-qinghe"), 404)
	must(t, sun.Get("/account/operators/new?company=demo-company-weixiang"), 404)
	company := func() url.Values {
		return with(period(), "company", "demo-company-weixiang", "name", "孙悦", "account", "sun", "do", "send")
	}
	must(t, he.Post("/account/operators/new", company()), 422, "请选择能办哪些服务")
	must(t, he.Post("/account/operators/new", with(company(), "scope", "some")), 422, "请至少选择一项服务")
	must(t, sun.Post("/account/operators/new", with(company(), "scope", "all")), 404)
	sent := he.Post("/account/operators/new", with(company(), "scope", "all", "role", "operator"))
	must(t, sent, 303)
	must(t, sun.Post(sent.Location()+"/decline", nil), 303)
	must(t, he.In(web.EN).Get("/account/operators"), 200, "Declined", "Add an operator")
}

func TestFamilyOnPages(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	chen, huang := s.browse(t, "chen"), s.browse(t, "huang")
	must(t, chen.Get("/account/family"), 200, "黄小满", "替 黄小满 办事", "2044 年 5 月 21 日")
	must(t, chen.Post("/account/family/find", nil), 200, "登记中没有查到新的被监护人", "暂时没有应答")
	found := huang.Post("/account/family/find", nil)
	must(t, found, 200, "黄小满", "511***********0003", "确认并代办")
	key, _ := found.Doc.Find("input[name=key]").Attr("value")
	must(t, huang.Post("/account/family", url.Values{"key": {"made-up"}}), 404)
	must(t, huang.Post("/account/family", url.Values{"key": {key}}), 303)
	must(t, huang.Post("/account/acting", url.Values{"party": {"demo-ward-xiaoman"}}), 303)
	must(t, huang.Get("/account/data"), 200, "您正在替 黄小满 办事", "还没有人用过您的数据")
	if p := huang.Get("/account/data/export?format=json"); p.Status != 200 || strings.TrimSpace(p.Body) != "[]" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
	csv := huang.Get("/account/data/export?month=2026-11")
	if csv.Status != 200 || !strings.Contains(csv.Body, "时间,谁,岗位") || !strings.HasPrefix(csv.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %s", csv.Status, csv.Body)
	}
	must(t, s.browse(t, "admin").Get("/account/family"), 403)
}

func TestAccountsOfStaffOnPages(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	admin, nobody := s.browse(t, "admin"), webtest.Browse(t, s)
	must(t, admin.Get("/staff/accounts/new"), 200, "新建工作人员账户", "广安区卫健局", "效能监察")
	must(t, admin.Post("/staff/accounts/new", url.Values{}), 422, "请选择单位", "请至少选择一个职责")
	made := admin.Post("/staff/accounts/new", with(period(),
		"username", "wang.min", "name", "王敏", "agency", "11511301008778490F", "title", "受理岗", "roles", "clerk"))
	must(t, made, 200, "只能用一次", "wang.min")
	link := made.Text("code")
	must(t, nobody.Get("/signin/set?t=made-up"), 404)
	must(t, nobody.Get(link), 200, "为账户 wang.min 设置密码")
	_, token, _ := strings.Cut(link, "t=")
	must(t, nobody.Post("/signin/set", url.Values{"t": {token}, "password": {"a sentence is fine"}, "again": {"another"}}), 422, "不一样")
	must(t, nobody.Post("/signin/set", url.Values{"t": {token}, "password": {"short"}, "again": {"short"}}), 422, "至少 10 个字符")
	must(t, nobody.Post("/signin/set", url.Values{"t": {token}, "password": {"a sentence is fine"}, "again": {"a sentence is fine"}}), 303)
	must(t, nobody.Get(link), 404)
	must(t, nobody.Post("/signin", url.Values{"username": {"wang.min"}, "password": {"a sentence is fine"}}), 303)
	must(t, nobody.Get("/signin/code"), 200, "绑定验证器")
	must(t, admin.Post("/staff/accounts/demo-clerk/password", nil), 200, "只能用一次")
	must(t, s.browse(t, "supervisor").Get("/staff/accounts/new"), 403)
}
