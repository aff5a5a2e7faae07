package caseworkweb_test

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// site is the county with its pages.
func site(t *testing.T) (*caseworktest.World, *web.Kit) {
	t.Helper()
	w := caseworktest.New(t)
	engine := caseworktest.Engine()
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{caseworkweb.Texts},
		Now:   w.Now,
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
		Actors: map[string]auth.Principal{
			"lin": caseworktest.Lin, "zhou": caseworktest.Zhou, "clerk": caseworktest.Clerk, "clerk2": caseworktest.Clerk2,
			"reviewer1": caseworktest.Reviewer1, "reviewer2": caseworktest.Reviewer2,
			"approver": caseworktest.Approver, "head": caseworktest.Head, "supervisor": caseworktest.Supervisor,
			"fireman": caseworktest.Fireman, "firechief": caseworktest.Firechief,
		},
	})
	caseworkweb.Routes(k, w.Service, nil, caseworkweb.Panels{})
	return w, k
}

var accept = casework.Action{Name: "accept"}

func TestApplicantSeesWhereTheCaseStands(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	c := "/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "receipt", Actor: "lin", Path: c + "/receipt", Has: []string{"申请已提交", "7KQ4M2", "11 月 23 日", "下载签名回执", "我们承诺 5 个"}},
		{Name: "receipt in English", Actor: "lin", Locale: web.EN, Path: c + "/receipt", Has: []string{"Application sent", "23 November", "we promise 5"}},
		{Name: "list", Actor: "lin", Path: "/cases", Has: []string{"公共场所卫生许可新办审批", "剩 5 天"}},
		{Name: "list of another", Actor: "zhou", Path: "/cases", Has: []string{"还没有办件"}, HasNot: []string{"公共场所"}},
		{Name: "case", Actor: "lin", Path: c, Has: []string{"区行政审批局正在看材料齐不齐", "最迟 2026 年 11 月 23 日（星期一）", "休息", "撤回申请"}, HasNot: []string{"打分，", "补正"}},
		{Name: "case in English", Actor: "lin", Locale: web.EN, Path: c, Has: []string{"is checking whether the papers are complete", "5 working days"}},
		{Name: "why", Actor: "lin", Path: c + "/why", Has: []string{"2026 年 11 月 22 日（星期日）", "周末", "不算", "第 5 天", "第八十二条"}},
		{Name: "answers", Actor: "lin", Path: c + "/answers", Has: []string{"48.5 平方米", "13812348000", "plan.pdf"}},
		{Name: "case of another", Actor: "zhou", Path: c, Status: http.StatusNotFound},
		{Name: "staff have their own page", Actor: "clerk", Path: c, Status: http.StatusForbidden},
		{Name: "strangers sign in", Path: c, Status: http.StatusSeeOther},
		{Name: "ask to withdraw", Actor: "lin", Path: c + "/withdraw", Has: []string{"撤回以后不再办理"}},
		{Name: "a stale withdrawal", Actor: "lin", Path: c + "/withdraw", Form: url.Values{"step": {"7"}}, Status: http.StatusConflict, Has: []string{"有人先办了"}},
		{Name: "withdraw", Actor: "lin", Path: c + "/withdraw", Form: url.Values{"step": {"1"}}, Status: http.StatusSeeOther, To: c},
		{Name: "withdrawn", Actor: "lin", Path: c, Has: []string{"已结束", "撤回申请"}},
	})
}

// The page of the days tells the limit of the law beside the promise, what was added,
// the article that sets it, and each clock that ran, for a citizen and for a judge.
func TestThePageOfTheDaysIsWhole(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id, silent, filing := w.File(t, "a", caseworktest.Hygiene), w.File(t, "b", caseworktest.Hygiene), w.File(t, "c", caseworktest.Filing)
	w.Do(t, caseworktest.Clerk, id, accept)
	w.Do(t, caseworktest.Head, id, casework.Action{Name: "extend", Reasons: []string{"需要核实检测报告"}})
	why := func(id contract.CaseID) string { return "/cases/" + string(id) + "/why" }
	both := []string{
		"15 个工作日", "其中 10 个工作日是经批准延长的", "法律规定最长 30 个工作日", "期限依据：《中华人民共和国行政许可法》第四十二条",
		"《中华人民共和国民法典》第二百零一条（条文待核对）", "承诺 15 个工作日，到 2026 年 12 月 7 日；法定 30 个工作日，到 2026 年 12 月 28 日",
		"逐日计算：决定期限", "一天一天地看 受理期限",
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "extended", Actor: "lin", Path: why(id), Has: both},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: why(id), Has: []string{"10 working days were added", "30 working days at most", "Article 42", "article to be checked"}},
		{Name: "a clock that is over", Actor: "lin", Path: why(id) + "?clock=acceptance", Has: []string{"逐日计算：受理期限", "第三十二条", "一天一天地看 决定期限"}, HasNot: []string{"一天一天地看 受理期限"}},
		{Name: "no such clock", Actor: "lin", Path: why(id) + "?clock=lunar", Has: []string{"逐日计算：决定期限"}},
		{Name: "no licence", Actor: "lin", Path: why(filing), Has: []string{"参照《中华人民共和国行政许可法》第八十二条"}, HasNot: []string{"期限依据"}},
		{Name: "no licence, in English", Actor: "lin", Locale: web.EN, Path: why(filing), Has: []string{"by analogy with"}},
		{Name: "on the desk", Actor: "clerk", Path: "/staff" + why(id), Has: both},
	})
	w.Set(w.Now().AddDate(0, 0, 8))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "by silence", Actor: "lin", Path: why(silent), Has: []string{"到期没有答复，法律上从这一天起就算受理"}},
	})
}

func TestOfficialsWorkACaseByPagesAlone(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := string(w.File(t, "a", caseworktest.Hygiene))
	desk := "/staff/cases/" + id
	opinion := func(step string) url.Values {
		return url.Values{"step": {step}, "opinion": {"材料齐全，建议准予。"}}
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "tasks of the clerk", Actor: "clerk", Path: "/staff/tasks", Has: []string{"待受理 1", "广安区清和美发店", "剩 5 天"}, HasNot: []string{"待审查"}},
		{Name: "tasks of the reviewer", Actor: "reviewer1", Path: "/staff/tasks", Has: []string{"待审查 0", "没有办件"}, HasNot: []string{"待受理"}},
		{Name: "no tasks for residents", Actor: "lin", Path: "/staff/tasks", Status: http.StatusNotFound},
		{Name: "filtered away", Actor: "clerk", Path: "/staff/tasks?light=red", Has: []string{"没有办件"}},
		{Name: "found by name", Actor: "clerk", Path: "/staff/tasks?q=清和", Has: []string{"广安区清和美发店"}},
		{Name: "desk masks", Actor: "clerk", Path: desk, Has: []string{"138****8000", "48.5 平方米", "受理", "不予受理"}, HasNot: []string{"13812348000", "查询码"}},
		{Name: "unmask without a reason", Actor: "clerk", Path: desk + "/unmask", Form: url.Values{"field": {"phone"}}, Status: http.StatusUnprocessableEntity, HasNot: []string{"13812348000"}},
		{Name: "unmask", Actor: "clerk", Path: desk + "/unmask", Form: url.Values{"field": {"phone"}, "reason": {"电话核实营业面积"}}, Has: []string{"13812348000"}},
		{Name: "masked again", Actor: "clerk", Path: desk, HasNot: []string{"13812348000"}},
		{Name: "refusal asks for reasons", Actor: "clerk", Path: desk + "/refuse", Has: []string{"行政复议", "理由"}},
		{Name: "refusal without reasons", Actor: "clerk", Path: desk + "/refuse", Form: url.Values{"step": {"1"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写明理由"}},
		{Name: "notice without marks", Actor: "clerk", Path: desk + "/correct", Form: url.Values{"step": {"1"}}, Status: http.StatusUnprocessableEntity, Has: []string{"至少一处"}},
		{Name: "notice without a reason", Actor: "clerk", Path: desk + "/correct", Form: url.Values{"step": {"1"}, "mark": {"field:area"}}, Status: http.StatusUnprocessableEntity, Has: []string{"哪里不对"}},
		{Name: "notice is shown first", Actor: "clerk", Path: desk + "/correct", Form: url.Values{"step": {"1"}, "mark": {"field:area"}, "reason-field-area": {"图纸是 48"}, "reason-material-plan": {"缺页"}}, Has: []string{"一次告知全部 2 处", "图纸是 48", "缺页"}},
		{Name: "approving is not a clerk's", Actor: "clerk", Path: desk + "/approve", Form: opinion("1"), Status: http.StatusConflict},
		{Name: "accept", Actor: "clerk", Path: desk + "/accept", Form: url.Values{"step": {"1"}}, Status: http.StatusSeeOther, To: desk},
		{Name: "accept again", Actor: "clerk", Path: desk + "/accept", Form: url.Values{"step": {"1"}}, Status: http.StatusConflict, Has: []string{"现在不能这样办"}},
		{Name: "review without an opinion", Actor: "reviewer1", Path: desk + "/review", Form: url.Values{"step": {"3"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写审查意见"}},
		{Name: "review", Actor: "reviewer1", Path: desk + "/review", Form: opinion("3"), Status: http.StatusSeeOther},
		{Name: "not for the same official", Actor: "reviewer1", Path: "/staff/tasks?tab=countersign", Has: []string{"待复核 0"}},
		{Name: "nor by the address", Actor: "reviewer1", Path: desk + "/countersign", Form: opinion("4"), Status: http.StatusForbidden},
		{Name: "countersign", Actor: "reviewer2", Path: desk + "/countersign", Form: opinion("4"), Status: http.StatusSeeOther},
		{Name: "head extends with reasons", Actor: "head", Path: desk + "/extend", Has: []string{"理由"}},
		{Name: "approver sees both opinions", Actor: "approver", Path: desk, Has: []string{"岗位 reviewer1、岗位 reviewer2", "不予许可"}},
		{Name: "approve", Actor: "approver", Path: desk + "/approve", Form: opinion("5"), Status: http.StatusSeeOther},
		{Name: "done", Actor: "approver", Path: desk, Has: []string{"现在没有您可以办的步骤"}},
		{Name: "supervision", Actor: "supervisor", Path: "/staff/supervision", Has: []string{"监察记录"}},
		{Name: "supervision does not read", Actor: "supervisor", Path: desk, Has: []string{"监督岗位不看申请内容和材料"}, HasNot: []string{"48.5"}},
		{Name: "nor materials", Actor: "supervisor", Path: desk + "/materials/file-1", Status: http.StatusForbidden},
		{Name: "supervision is not for clerks", Actor: "clerk", Path: "/staff/supervision", Status: http.StatusForbidden},
	})
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the applicant has the licence", Actor: "lin", Path: "/cases/" + id, Has: []string{"已准予", "看电子证照", "给这次办事打分", "准予行政许可决定书"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: "/cases/" + id, Has: []string{"Granted", "Decision to grant"}},
	})
	reads := 0
	events, err := w.Events.About(t.Context(), "salon", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Name == (contract.PersonalDataRead{}).EventName() {
			reads++
			if e.Purpose == "" || e.Basis == "" || e.ActorID == "lin" {
				t.Errorf("read without purpose, or of one's own: %+v", e)
			}
		}
	}
	if reads == 0 {
		t.Error("officials read and nothing was recorded")
	}
}

func TestALateCaseShowsItsLights(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	w.Do(t, caseworktest.Clerk, id, accept)
	w.Set(time.Date(2026, 12, 20, 2, 0, 0, 0, time.UTC))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "supervision", Actor: "supervisor", Path: "/staff/supervision", Has: []string{"超法定", "红牌 1", "超过法定期限", "超过承诺期限"}},
		{Name: "applicant", Actor: "lin", Path: "/cases/" + string(id), Has: []string{"已超"}},
		{Name: "English", Actor: "supervisor", Locale: web.EN, Path: "/staff/supervision", Has: []string{"Statutory limit missed"}},
	})
}

func TestProgressIsTheSameAnswerToEveryWrongGuess(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	c, err := w.Open(t.Context(), caseworktest.Lin, id)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(number, code string) url.Values { return url.Values{"number": {number}, "code": {code}} }
	var answers []string
	keep := func(t *testing.T, p *webtest.Page) {
		t.Helper()
		answers = append(answers, p.Text(".govuk-error-summary"))
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "form", Path: "/progress?number=" + c.Number, Has: []string{"查办理进度"}},
		{Name: "right", Path: "/progress", Form: ask(c.Number, " 7kq4m2 "), Has: []string{"已提交，待受理", "区行政审批局"}, HasNot: []string{"48.5", "138"}},
		{Name: "wrong code", Path: "/progress", Form: ask(c.Number, "7KQ4M3"), Status: http.StatusNotFound, Then: keep},
		{Name: "no code", Path: "/progress", Form: ask(c.Number, ""), Status: http.StatusNotFound, Then: keep},
		{Name: "unknown number", Path: "/progress", Form: ask("5116022026111610230009997", "7KQ4M2"), Status: http.StatusNotFound, Then: keep},
		{Name: "no number", Path: "/progress", Form: ask("nonsense", "7KQ4M2"), Status: http.StatusNotFound, Then: keep},
	})
	for _, a := range answers {
		if a != answers[0] || a == "" {
			t.Errorf("answers differ: %q", answers)
		}
	}
	b := webtest.Browse(t, k.Handler())
	for range 12 {
		b.Post("/progress", ask(c.Number, "000000"))
	}
	if p := b.Post("/progress", ask(c.Number, "7KQ4M2")); p.Status != http.StatusTooManyRequests {
		t.Errorf("after many tries: %d", p.Status)
	}
}

func TestInstantReceiptSaysItIsDone(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	c := "/cases/" + string(w.File(t, "a", caseworktest.Filing))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "lin", Path: c + "/receipt", Has: []string{"已经办好了"}},
		{Actor: "lin", Path: c, Has: []string{"已准予", "办结通知书"}},
		{Actor: "lin", Path: c + "/answers", Has: []string{"为什么当场办结"}},
		{Actor: "lin", Locale: web.EN, Path: c, Has: []string{"Granted"}},
	})
}

func TestDocumentsAreSentToWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	w.Drain(t)
	docs, err := w.Documents(t.Context(), caseworktest.Lin, id)
	if err != nil || len(docs) != 1 {
		t.Fatal(docs, err)
	}
	path := "/cases/" + string(id) + "/documents/" + docs[0].ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "own", Actor: "lin", Path: path, Then: func(t *testing.T, p *webtest.Page) {
			if !strings.Contains(p.Header.Get("Content-Type"), "pdf") || !strings.Contains(p.Body, "申请材料接收凭证") {
				t.Errorf("%v %s", p.Header, p.Body)
			}
		}},
		{Name: "another's", Actor: "zhou", Path: path, Status: http.StatusNotFound},
		{Name: "by staff", Actor: "clerk", Path: "/staff" + path},
		{Name: "of no case", Actor: "clerk", Path: "/staff/cases/" + string(id) + "/documents/none", Status: http.StatusNotFound},
	})
}
