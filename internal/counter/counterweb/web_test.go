package counterweb_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/counter/counterweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// matters are those of one person.
type matters struct{}

func (matters) Drafts(context.Context, auth.Principal) ([]counterweb.Draft, error) {
	return []counterweb.Draft{{ID: "d1", Name: contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}, Done: 2, Total: 6}}, nil
}

func (matters) OpenCases(context.Context, auth.Principal) ([]counterweb.Case, error) {
	return []counterweb.Case{{ID: "c1", Number: "5116022026111610230004829", Name: contract.Text{ZH: "护士执业注册", EN: "Nurse"}, Ended: true}}, nil
}

func (matters) Intakes(_ context.Context, _ auth.Principal, hall string, _ day.Date, after string) (counterweb.Intakes, error) {
	one := counterweb.Intake{
		ID: "c9", Number: "5116022026112010230004829", Person: "周**", Name: contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"},
		Window: "2", Clerk: "gong", State: contract.Text{ZH: "待受理", EN: "Waiting"},
	}
	if hall != counter.DemoHall {
		return counterweb.Intakes{}, nil
	}
	if after != "" {
		return counterweb.Intakes{List: []counterweb.Intake{one}, Total: 21}, nil
	}
	return counterweb.Intakes{List: slices.Repeat([]counterweb.Intake{one}, 20), Total: 21, Next: "next"}, nil
}

func people() map[string]auth.Principal {
	all := map[string]auth.Principal{
		"window":     countertest.Clerk("yuan"),
		"department": department(),
		"next":       next(),
		"gong":       countertest.Clerk("gong"),
		"resident":   {Kind: auth.Resident, ID: "acc-" + countertest.Zhou, Name: "周淑芬", Level: 3},
		"machine":    {Kind: auth.Machine, ID: "client:x", Scopes: []string{counter.ScopeDevice}},
	}
	for _, role := range []string{
		auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead, auth.RoleSupervisor, auth.RoleAuditor,
		auth.RoleAdministrator, auth.RoleCatalogManager,
	} {
		all[role] = countertest.Staff(role)
	}
	return all
}

func site(t *testing.T) (*web.Kit, *countertest.World) {
	t.Helper()
	w := countertest.Open(t, dbtest.SQLite(t, countertest.Tables()...))
	k := webtest.New(t, webtest.Options{
		Actors: people(), Now: w.Now, Texts: texts(),
		Allow: func(p auth.Principal, action string) error { return w.Engine.Check(p, action, policy.Page) },
	})
	counterweb.Routes(k, w.Service, matters{})
	return k, w
}

// TestEveryRoleOpensItsPages tries every page of the counter's front as everybody.
func TestEveryRoleOpensItsPages(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	everybody := []string{""}
	for role := range people() {
		everybody = append(everybody, role)
	}
	may := map[string][]string{
		counter.ActionHalls: everybody, counter.ActionTake: everybody,
		counter.ActionWork: {"window", "gong", "next"}, counter.ActionServe: {"window", "gong", "next"},
		counter.ActionStatistics: {auth.RoleSupervisor, auth.RoleAuditor, auth.RoleHead},
		counter.ActionManage:     {auth.RoleAdministrator},
		counter.ActionAudit:      {auth.RoleSupervisor, auth.RoleAuditor},
		counter.ActionSummary:    {"window", "gong", "next", auth.RoleSupervisor, auth.RoleAuditor},
		counter.ActionDevice:     {"machine"},
	}
	actors := people()
	actors[""] = auth.Principal{}
	for action, allowed := range may {
		for name, p := range actors {
			err := w.Engine.Check(p, action, policy.Page)
			if (err == nil) != slices.Contains(allowed, name) {
				t.Errorf("%s as %q: %v", action, name, err)
			}
		}
	}
	tried := 0
	for _, r := range k.Routes() {
		if _, front := may[r.Action]; front {
			tried++
		}
	}
	if tried < 25 {
		t.Errorf("only %d pages have an action that was tried", tried)
	}
}

func TestTakingATicketOnPages(t *testing.T) {
	t.Parallel()
	k, _ := site(t)
	ticket := ""
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: "/halls", Has: []string{"广安区政务服务中心", "0 人在等"}},
		{Path: "/halls", Locale: "en", Has: []string{"Guang'an District Government Service Centre"}},
		{Path: "/halls/guangan", Has: []string{"滨江东路", "办不成事反映窗口", "取号"}},
		{Path: "/halls/nowhere", Status: http.StatusNotFound},
		{Path: "/halls/guangan/ticket", Has: []string{"个人办事", "我不清楚", "需要优先"}},
		{Path: "/halls/guangan/ticket", Locale: "en", Has: []string{"Personal matters", "I do not know"}},
		{
			Name: "a wrong number is kept and told", Path: "/halls/guangan/ticket",
			Form: url.Values{"kind": {"A"}, "number": {"511602197904120005"}}, Status: http.StatusUnprocessableEntity,
			Then: func(t *testing.T, p *webtest.Page) {
				if v, _ := p.Doc.Find("#number").Attr("value"); v != "511602197904120005" {
					t.Errorf("number is %q", v)
				}
			},
		},
		{
			Path: "/halls/guangan/ticket", Form: url.Values{"kind": {"A"}, "number": {countertest.Zhou}}, Status: http.StatusSeeOther,
			Then: func(_ *testing.T, p *webtest.Page) { ticket = p.Location() },
		},
		{Path: "/halls/guangan/screen", Has: []string{"暂时没有叫号", "1 人在等"}},
		{Path: "/halls/guangan/screen", Locale: "en", Has: []string{"No number is being called"}},
	})
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: ticket, Has: []string{"A001", "下一个就到您", "现在没有窗口办这种业务"}, HasNot: []string{countertest.Zhou}},
		{Path: ticket, Locale: "en", Has: []string{"A001", "You are next"}},
		{Path: ticket + "/cancel", Form: url.Values{}, Status: http.StatusSeeOther, To: ticket},
		{Path: ticket, Has: []string{"已退号"}},
	})
}

func TestTheDeskOfAWindow(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	if _, err := w.Take(t.Context(), auth.Principal{}, counter.DemoHall, counter.Take{Kind: "A", Number: countertest.Lin}); err != nil {
		t.Fatal(err)
	}
	window := url.Values{"window": {countertest.Window("1")}}
	const desk = "/staff/counter"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "window", Path: desk, Has: []string{"选择窗口上岗", "出件窗口"}},
		{Actor: "window", Path: desk, Locale: "en", Has: []string{"Choose your window"}},
		{Actor: "reviewer", Path: desk, Status: http.StatusForbidden},
		{Actor: "window", Path: desk + "/sit", Form: window, Status: http.StatusSeeOther, To: desk},
		{Name: "the second is told", Actor: "gong", Path: desk + "/sit", Form: window, Status: http.StatusConflict, Has: []string{"yuan 正在 1 号窗口"}},
		{Actor: "window", Path: desk, Has: []string{"广安区政务服务中心 1 号窗口", "有 1 人在等", "叫下一位", "本大厅今日收件", "21 件", "周**", "下一页"}},
		{Actor: "window", Path: desk + "?after=next", Has: []string{"本页 1 件，共 21 件"}, HasNot: []string{"下一页"}},
		{Actor: "window", Path: desk + "/next", Form: url.Values{}, Status: http.StatusSeeOther, To: desk},
		{Name: "one at a time", Actor: "window", Path: desk + "/next", Form: url.Values{}, Status: http.StatusConflict, Has: []string{"请先处理 A001 号"}},
		{Path: "/halls/guangan/screen", Has: []string{"A001", "请到 1 号窗口"}},
		{
			Name: "what was typed is kept", Actor: "window", Path: desk + "/open", Status: http.StatusUnprocessableEntity,
			Form: url.Values{"how": {"seen"}, "number": {countertest.Zhou}, "name": {"周淑芬"}}, Has: []string{"请核对来人与照片"},
			Then: func(t *testing.T, p *webtest.Page) {
				if v, _ := p.Doc.Find("#name").Attr("value"); v != "周淑芬" {
					t.Errorf("name is %q", v)
				}
			},
		},
		{
			Name: "a reader that types", Actor: "window", Path: desk + "/open", Status: http.StatusUnprocessableEntity,
			Form: url.Values{"how": {"code"}, "code": {"周淑芬|" + countertest.Zhou}}, Has: []string{"请核对来人与照片"},
			Then: func(t *testing.T, p *webtest.Page) {
				if v, _ := p.Doc.Find("#number").Attr("value"); v != countertest.Zhou {
					t.Errorf("number is %q", v)
				}
			},
		},
		{
			Actor: "window", Path: desk + "/open", Status: http.StatusSeeOther, To: desk,
			Form: url.Values{"how": {"seen"}, "number": {countertest.Zhou}, "name": {"周淑芬"}, "seen": {"yes"}},
		},
		{
			Name: "who else came is not shown to who stands there", Actor: "window", Path: desk, HasNot: []string{countertest.Zhou, "今天服务过的人"},
			Has: []string{"周淑芬", "511***********0004", "出示身份证", "公共场所卫生许可", "护士执业注册", "别人的身份证号取的"},
		},
		{Actor: "window", Path: desk, Locale: "en", Has: []string{"Being served", "2 of 6 steps"}},
		{
			Name: "nobody else's session", Actor: "gong", Path: desk + "/subject", Form: url.Values{"subject": {""}},
			Status: http.StatusConflict,
		},
	})
	x, err := w.Session(t.Context(), countertest.Clerk("yuan"))
	if err != nil {
		t.Fatal(err)
	}
	summary := desk + "/sessions/" + x.ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "gong", Path: desk + "/end", Form: url.Values{"session": {x.ID}}, Status: http.StatusForbidden},
		{Actor: "window", Path: desk + "/end", Form: url.Values{"session": {x.ID}}, Status: http.StatusSeeOther, To: summary},
		{Actor: "window", Path: summary, Has: []string{"窗口服务记录", "这次没有提交或填写申请", "打印给办事人"}},
		{Actor: "window", Path: summary, Locale: "en", Has: []string{"What was done at the window"}},
		{Name: "masked in lists", Actor: "window", Path: desk, Has: []string{"今天服务过的人", "周**"}, HasNot: []string{"周淑芬"}},
		{Actor: "gong", Path: summary, Status: http.StatusForbidden},
		{
			Name: "who supervises has no window to go back to", Actor: "supervisor", Path: summary, Has: []string{"窗口服务记录", "窗口统计"}, HasNot: []string{"打印给办事人", "下一位"},
			Then: func(t *testing.T, p *webtest.Page) {
				if to, _ := p.Doc.Find(".govuk-back-link").Attr("href"); to != "/staff/counter/days?hall=guangan" {
					t.Errorf("leads back to %q", to)
				}
			},
		},
		{Actor: "supervisor", Path: "/staff/counter/days", Has: []string{"个人办事", "取号"}},
		{Actor: "supervisor", Path: "/staff/counter/days", Locale: "en", Has: []string{"Personal matters"}},
		{Actor: "window", Path: "/staff/counter/days", Status: http.StatusForbidden},
	})
}

func TestSettingAHallUp(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	const hall = "/staff/halls/guangan"
	edit := url.Values{
		"edition": {"1"}, "name-zh": {"中心"}, "name-en": {""}, "address-zh": {"地址"}, "address-en": {"address"}, "hours-zh": {"时间"}, "hours-en": {"hours"},
		"kind-1-letter": {"A"}, "kind-1-zh": {"办事"}, "kind-1-en": {"matters"}, "open": {"yes"},
	}
	good := url.Values{}
	for k, v := range edit {
		good[k] = v
	}
	good.Set("name-en", "Centre")
	key := ""
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "administrator", Path: "/staff/halls", Has: []string{"广安区政务服务中心", "取号机"}, HasNot: []string{"前锋区"}},
		{Actor: "window", Path: "/staff/halls", Status: http.StatusForbidden},
		{Actor: "administrator", Path: hall, Has: []string{"读卡器", "1 号窗口"}},
		{Actor: "administrator", Path: hall, Locale: "en", Has: []string{"Card readers", "Kinds of business"}},
		{Actor: "administrator", Path: "/staff/halls/qianfeng", Status: http.StatusForbidden},
		{Actor: "administrator", Path: hall, Form: edit, Status: http.StatusUnprocessableEntity},
		{Actor: "administrator", Path: hall, Form: good, Status: http.StatusSeeOther, To: hall},
		{Name: "the second is told", Actor: "administrator", Path: hall, Form: good, Status: http.StatusConflict, Has: []string{"刚才有别人改过"}},
		{Actor: "administrator", Path: hall + "/windows/new", Has: []string{"窗口号"}},
		{Actor: "administrator", Path: hall + "/windows/guangan-1", Locale: "en", Has: []string{"Number on the sign"}},
		{Actor: "administrator", Path: hall + "/windows/nowhere", Status: http.StatusNotFound},
		{
			Actor: "administrator", Path: hall + "/windows/new", Status: http.StatusSeeOther, To: hall,
			Form: url.Values{"number": {"5"}, "name-zh": {"窗口"}, "name-en": {"Window"}, "purpose": {"general"}, "kinds": {"A"}, "open": {"yes"}},
		},
		{
			Actor: "administrator", Path: hall + "/devices", Form: url.Values{"device-window": {"guangan-1"}, "device-name": {"读卡器一"}},
			Has: []string{"只显示这一次", "读卡器一"},
			Then: func(t *testing.T, p *webtest.Page) {
				if key = p.Text("code"); !strings.HasPrefix(key, "tbk_") {
					t.Errorf("key %q", key)
				}
			},
		},
		{Actor: "administrator", Path: hall, HasNot: []string{"tbk_"}, Has: []string{"读卡器一"}},
		{Actor: "administrator", Path: "/staff/halls/new", Has: []string{"管理单位"}},
	})
	_, _, devices, err := w.ManagedHall(t.Context(), countertest.Staff(auth.RoleAdministrator), counter.DemoHall)
	if err != nil || len(devices) != 1 {
		t.Fatalf("%d devices, %v", len(devices), err)
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "administrator", Path: hall + "/devices/" + devices[0].ID + "/revoke", Form: url.Values{}, Status: http.StatusSeeOther, To: hall},
		{Actor: "administrator", Path: hall, Has: []string{"已停用"}},
	})
}

// texts are those of the pages, and the sentences of identity that a visit can fail with.
func texts() []fs.FS {
	return []fs.FS{counterweb.Texts, fstest.MapFS{
		"locale/zh-CN.json": {Data: []byte(`{"identity.visitor.name": "对不上"}`)},
		"locale/en.json":    {Data: []byte(`{"identity.visitor.name": "They do not match"}`)},
	}}
}
