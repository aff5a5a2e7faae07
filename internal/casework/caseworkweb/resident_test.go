package caseworkweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestApplicantAndHandlerWriteToEachOther(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	c := "/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	text := func(s string) url.Values { return url.Values{"text": {s}} }
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "empty", Actor: "lin", Path: c + "/messages", Has: []string{"还没有留言", "给区行政审批局留言"}},
		{Name: "nothing said", Actor: "lin", Path: c + "/messages", Form: text("  "), Status: http.StatusUnprocessableEntity, Has: []string{"写上要说的话"}},
		{Name: "said", Actor: "lin", Path: c + "/messages", Form: text("明天下午我在店里。"), Status: http.StatusSeeOther, To: c + "/messages"},
		{Name: "read by the clerk", Actor: "clerk", Path: "/staff" + c + "/messages", Has: []string{"明天下午我在店里。", "申请单位的经办人", "新"}, HasNot: []string{"部门之间"}},
		{Name: "answered", Actor: "clerk", Path: "/staff" + c + "/messages", Form: text("好的，下午三点到。"), Status: http.StatusSeeOther},
		{Name: "on the page of the case", Actor: "lin", Path: c, Has: []string{"好的，下午三点到。", "1 条未读留言", "岗位 clerk"}},
		{Name: "in my space", Actor: "lin", Path: "/cases", Has: []string{"您现在可以做的", "1 条未读留言"}},
		{Name: "read", Actor: "lin", Locale: web.EN, Path: c + "/messages", Has: []string{"You", "New", "Attach files"}},
		{Name: "nothing new", Actor: "lin", Path: "/cases", HasNot: []string{"未读留言"}},
		{Name: "another's", Actor: "zhou", Path: c + "/messages", Status: http.StatusNotFound},
		{Name: "another writes", Actor: "zhou", Path: c + "/messages", Form: text("你好"), Status: http.StatusNotFound},
		{Name: "supervision does not read", Actor: "supervisor", Path: "/staff" + c + "/messages", Status: http.StatusForbidden},
		{Name: "applicants have no internal thread", Actor: "lin", Path: c + "/messages?thread=internal", Status: http.StatusNotFound},
	})
}

func TestAgenciesTalkAmongThemselves(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	path := "/staff/cases/" + string(w.File(t, "a", caseworktest.Joint)) + "/messages"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "clerk", Path: path, Has: []string{"与申请人", "部门之间"}},
		{Actor: "clerk", Path: path + "?thread=internal", Form: url.Values{"text": {"请看第二页。"}}, Status: http.StatusSeeOther, To: path + "?thread=internal"},
		{Actor: "reviewer1", Locale: web.EN, Path: path + "?thread=internal", Has: []string{"请看第二页。", "Only the agencies"}},
	})
}

// What agencies asked each other stands among what they write, for each as far as it
// may know it.
func TestTheThreadOfAgenciesHasTheirOpinions(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Joint)
	w.Do(t, caseworktest.Clerk, id, casework.Action{Name: "accept"})
	units, err := w.Units(t.Context(), caseworktest.Clerk, id)
	if err != nil || len(units) == 0 {
		t.Fatal(err)
	}
	c := "/staff/cases/" + string(id)
	unit, path := c+"/units/"+units[0].ID, c+"/messages?thread=internal"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "asked", Actor: "clerk", Path: path, Has: []string{"征求意见", units[0].AgencyName.ZH, "最迟", "随附的申请材料"}, HasNot: []string{"还没有留言"}},
		{Name: "in English", Actor: "clerk", Locale: web.EN, Path: path, Has: []string{"Opinion asked", "Papers of the application"}},
		{Name: "of the task to the thread", Actor: "fireman", Path: unit, Has: []string{"看部门之间的留言和意见", "附文件"}},
		{Name: "by who is asked", Actor: "fireman", Path: path, Has: []string{"征求意见", "随附的申请材料", "返回协办意见"}, HasNot: []string{"与申请人", "返回办件"}},
		{Name: "objects", Actor: "fireman", Path: unit, Form: url.Values{"opinion": {"object"}, "reasons": {"疏散通道不足"}}, Status: http.StatusSeeOther},
		{Name: "news in the inbox", Actor: "clerk", Path: "/staff/inbox", Has: []string{"新留言和意见", "1 条未读"}, Then: linksTo(path)},
		{Name: "and on the case", Actor: "clerk", Path: c, Has: []string{"1 条未读"}, Then: linksTo(path)},
		{Name: "and on the tab", Actor: "clerk", Path: c + "/messages", Has: []string{"部门之间 1"}},
		{Name: "answered", Actor: "reviewer1", Path: path, Has: []string{"协办意见", "不同意", "疏散通道不足", "协办意见 新"}},
		{Name: "read by the agency", Actor: "clerk", Path: path, Has: []string{"疏散通道不足"}, HasNot: []string{"协办意见 新"}},
		{Name: "and no news any more", Actor: "clerk", Path: "/staff/inbox", HasNot: []string{"新留言和意见"}},
		{Name: "an answer", Actor: "clerk", Path: path, Form: url.Values{"text": {"请看第二页。"}}, Status: http.StatusSeeOther, To: path},
		{Name: "news to who was asked", Actor: "fireman", Path: "/staff/inbox", Has: []string{"新留言和意见", "1 条未读"}, Then: linksTo(path)},
		{Name: "and on its task", Actor: "fireman", Path: unit, Has: []string{"1 条未读"}},
		{Name: "nothing of it with the applicant", Actor: "clerk", Path: c + "/messages", HasNot: []string{"疏散通道不足", "协办意见"}},
		{Name: "supervision does not read it", Actor: "supervisor", Path: path, Status: http.StatusForbidden},
		{Name: "no path for applicants", Actor: "lin", Path: path, Status: http.StatusNotFound},
	})
}

func TestWhatIsOwedIsAskedForAndHandedIn(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.FileOwing(t, "a")
	c := "/cases/" + string(id)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "case", Actor: "lin", Path: c, Has: []string{"补交材料：房屋租赁合同", "最迟 2026 年 11 月 23 日（星期一），还有 5 个工作日"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: c, Has: []string{"Hand in: Lease", "5 working days left"}},
		{Name: "where", Actor: "lin", Path: c + "/supplement", Has: []string{"要补交", "视为撤回", "平面布局图"}},
		{Name: "no file", Actor: "lin", Path: c + "/supplement", Form: url.Values{"material": {"lease"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择要交的文件"}},
		{Name: "another's", Actor: "zhou", Path: c + "/supplement", Status: http.StatusNotFound},
		{Name: "answers say how each came", Actor: "lin", Path: c + "/answers", Has: []string{"后补，最迟 2026 年 11 月 23 日", "到窗口出示原件"}},
		{Name: "receipt too", Actor: "lin", Path: c + "/receipt", Has: []string{"经办人代表广安区清和美发店", "plan.pdf（可信等级 C）", "后补"}},
		{Name: "verify", Actor: "clerk", Path: "/staff" + c + "/materials/counter-1/verified", Has: []string{"我看过原件", "扫描或者拍下原件"}},
		{Name: "not seen", Actor: "clerk", Path: "/staff" + c + "/materials/counter-1/verified", Form: url.Values{}, Status: http.StatusUnprocessableEntity, Has: []string{"核对过原件再确认"}},
		{Name: "seen", Actor: "clerk", Path: "/staff" + c + "/materials/counter-1/verified", Form: url.Values{"seen": {"yes"}}, Status: http.StatusSeeOther, To: "/staff" + c + "?file=counter-1"},
		{Name: "not by supervision", Actor: "supervisor", Path: "/staff" + c + "/materials/file-1/verified", Status: http.StatusForbidden},
		{Name: "now of level B", Actor: "lin", Path: c + "/answers", Has: []string{"到窗口出示原件（可信等级 B）"}},
	})
	_, err := w.Supplement(t.Context(), caseworktest.Lin, id, casework.Supplement{
		Material: "lease", Note: "两页", Files: []casework.Upload{{Name: "合同.pdf", Body: strings.NewReader("%PDF-1.4")}},
	})
	must(t, err)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "handed in", Actor: "lin", Path: c, Has: []string{"您补充了材料", "房屋租赁合同", "两页", "已交"}, HasNot: []string{"补交材料："}},
	})
	late := w.FileOwing(t, "late")
	w.Set(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "withdrawn by law", Actor: "lin", Path: "/cases/" + string(late), Has: []string{"视为撤回", "到期没有交来", "提出异议"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: "/cases/" + string(late), Has: []string{"Counts as withdrawn"}},
	})
}

func TestAnObjectionGoesToTheHeadAndBack(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	c := "/cases/" + string(id)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "nothing yet", Actor: "lin", Path: c + "/objection", Has: []string{"现在没有可以提异议的"}},
	})
	w.Do(t, caseworktest.Clerk, id, casework.Action{Name: "refuse", Reasons: []string{"不属于本机关职权"}})
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "form", Actor: "lin", Path: c + "/objection", Has: []string{"异议不是法定救济", "六十日内", "5 个工作日"}},
		{Name: "too short", Actor: "lin", Path: c + "/objection", Form: url.Values{"text": {"不对"}}, Status: http.StatusUnprocessableEntity, Has: []string{"至少写 10 个字"}},
		{Name: "another's", Actor: "zhou", Path: c + "/objection", Status: http.StatusNotFound},
		{Name: "sent", Actor: "lin", Path: c + "/objection", Form: url.Values{"text": {"我的店属于公共场所，应当受理。"}}, Status: http.StatusSeeOther},
		{Name: "waits", Actor: "lin", Locale: web.EN, Path: c + "/objection", Has: []string{"answers by", "not a legal remedy"}},
		{Name: "no list for clerks", Actor: "clerk", Path: "/staff/objections", Status: http.StatusForbidden},
		{Name: "list", Actor: "head", Path: "/staff/objections", Has: []string{"不予受理", "剩 5 天"}, HasNot: []string{"应当受理"}},
	})
	list, err := w.Objections(t.Context(), caseworktest.Head, false)
	must(t, err)
	path := "/staff/objections/" + list[0].ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "read", Actor: "head", Path: path, Has: []string{"我的店属于公共场所", "不属于本机关职权"}},
		{Name: "no result", Actor: "head", Path: path, Form: url.Values{"answer": {"经复查，应当受理，请重新提交。"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择答复结果"}},
		{Name: "answered", Actor: "head", Path: path, Form: url.Values{"result": {"changed"}, "answer": {"经复查，应当受理，请重新提交。"}}, Status: http.StatusSeeOther, To: "/staff/objections"},
		{Name: "the applicant reads it", Actor: "lin", Path: c, Has: []string{"予以纠正", "经复查，应当受理"}},
		{Name: "answered list", Actor: "head", Locale: web.EN, Path: "/staff/objections?tab=answered", Has: []string{"Put right"}},
	})
}

func TestABundleIsOnePage(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Opening)
	w.Drain(t)
	c, err := w.Open(t.Context(), caseworktest.Lin, id)
	must(t, err)
	path := "/cases/" + string(id)
	ask := url.Values{"number": {c.Number}, "code": {c.QueryCode}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "parts", Actor: "lin", Path: path, Has: []string{"这件事分 3 部分办理", "3 部分中已有 0 部分有结果", "等 公共场所卫生许可新办审批 办好以后开始"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: path, Has: []string{"This bundle has 3 parts", "0 of 3 parts have a result"}},
		{Name: "receipt", Actor: "lin", Path: path + "/receipt", Has: []string{"这件事分 3 部分办理", "下载签名回执"}},
		{Name: "the list has the bundle alone", Actor: "lin", Path: "/cases", Has: []string{"共 1 件"}},
		{Name: "progress", Path: "/progress", Form: ask, Has: []string{"仅销售预包装食品备案", "等待前一事项"}},
	})
}

func TestReceiptIsThereBeforeTheJobHasMadeIt(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	path := "/cases/" + string(id) + "/receipt.pdf"
	isReceipt := func(t *testing.T, p *webtest.Page) {
		t.Helper()
		if !strings.Contains(p.Header.Get("Content-Type"), "pdf") || !strings.Contains(p.Body, "申请材料接收凭证") {
			t.Errorf("%v %s", p.Header, p.Body)
		}
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "at once", Actor: "lin", Path: path, Then: isReceipt},
		{Name: "another's", Actor: "zhou", Path: path, Status: http.StatusNotFound},
	})
	w.Drain(t)
	docs, err := w.Documents(t.Context(), caseworktest.Lin, id)
	must(t, err)
	if len(docs) != 1 || docs[0].Kind != "receipt" {
		t.Errorf("documents %+v", docs)
	}
	webtest.Run(t, k.Handler(), []webtest.Step{{Name: "later", Actor: "lin", Path: path, Then: isReceipt}})
}

func TestMySpaceIsSearched(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	w.File(t, "a", caseworktest.Hygiene)
	w.File(t, "b", caseworktest.Filing)
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "open", Actor: "lin", Path: "/cases", Has: []string{"正在办 1", "已办完 1", "公共场所"}},
		{Name: "finished", Actor: "lin", Path: "/cases?tab=finished", Has: []string{"预包装", "共 1 件"}},
		{Name: "found", Actor: "lin", Path: "/cases?q=备案", Has: []string{"预包装", "共 1 件", "看全部"}},
		{Name: "nothing", Actor: "lin", Path: "/cases?q=户口", Has: []string{"没有找到与“户口”有关的办件"}},
		{Name: "a broken cursor", Actor: "lin", Path: "/cases?after=xx", Status: http.StatusUnprocessableEntity},
	})
}

// linksTo looks for a link on a page.
func linksTo(path string) func(*testing.T, *webtest.Page) {
	return func(t *testing.T, p *webtest.Page) {
		t.Helper()
		if p.Doc.Find(`a[href="`+path+`"]`).Length() == 0 {
			t.Errorf("no link to %s", path)
		}
	}
}
