package caseworkweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func TestOfficialsShareTheWork(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	a, b := string(w.File(t, "a", caseworktest.Hygiene)), string(w.File(t, "b", caseworktest.Hygiene))
	desk := "/staff/cases/" + a
	form := func(do string, pairs ...string) url.Values {
		v := url.Values{"do": {do}, "tab": {"accept"}}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the queue", Actor: "clerk", Path: "/staff/tasks?queue=unit", Has: []string{"待受理 2", "待认领", "我手上的", "认领选中的", "给我下一件"}, HasNot: []string{"分派选中的"}},
		{Name: "nothing selected", Actor: "clerk", Path: "/staff/tasks", Form: form("claim"), Status: http.StatusUnprocessableEntity, Has: []string{"先选择办件"}},
		{Name: "claim", Actor: "clerk", Path: "/staff/tasks", Form: form("claim", "case", a), Status: http.StatusSeeOther, To: "/staff/tasks?tab=accept"},
		{Name: "mine", Actor: "clerk", Path: "/staff/tasks?tab=accept&queue=mine", Has: []string{"待受理 1", "退回选中的"}},
		{Name: "in English", Actor: "clerk", Locale: web.EN, Path: "/staff/tasks?tab=accept", Has: []string{"Not claimed", "Give me the next", "nobody yet"}},
		{Name: "each with its result", Actor: "clerk2", Path: "/staff/tasks", Form: form("claim", "case", a, "case", b), Status: http.StatusConflict, Has: []string{"每件的结果", "由岗位 clerk办理", "已经认领"}},
		{Name: "a held case says so", Actor: "clerk2", Path: desk, Has: []string{"岗位 clerk在办"}, HasNot: []string{"认领这件", `value="take_over"`}},
		{Name: "a step on it", Actor: "clerk2", Path: desk + "/accept", Form: url.Values{"step": {"1"}}, Status: http.StatusConflict, Has: []string{"由岗位 clerk办理"}},
		{Name: "the queue is empty", Actor: "clerk2", Path: "/staff/tasks", Form: form("next"), Status: http.StatusConflict, Has: []string{"没有可以认领的办件了"}},
		{Name: "hand over", Actor: "clerk", Path: desk + "/hands", Has: []string{"交给同事", "退回队列", "岗位 clerk2（手上 1 件）", "认领"}},
		{Name: "to nobody", Actor: "clerk", Path: desk + "/hands", Form: form("hand_over"), Status: http.StatusUnprocessableEntity, Has: []string{"选择本单位的同事"}},
		{Name: "to a colleague", Actor: "clerk", Path: desk + "/hands", Form: form("hand_over", "to", "clerk2", "note", "请核对营业面积"), Status: http.StatusSeeOther, To: desk},
		{Name: "the note", Actor: "clerk2", Path: "/staff/tasks", Has: []string{"请核对营业面积", "岗位 clerk在"}},
		{Name: "the head assigns", Actor: "head", Path: desk + "/hands", Has: []string{"岗位 clerk2在办", "岗位 clerk交给岗位 clerk2", "请核对营业面积"}},
		{Name: "assign", Actor: "head", Path: desk + "/hands", Form: form("assign", "to", "clerk"), Status: http.StatusSeeOther, To: desk},
		{Name: "no record for the applicant", Actor: "lin", Path: "/cases/" + a, HasNot: []string{"clerk2", "请核对营业面积"}},
		{Name: "not a supervisor's", Actor: "supervisor", Path: desk + "/hands", Status: http.StatusForbidden},
		{Name: "nor of another office", Actor: "fireman", Path: desk + "/hands", Status: http.StatusNotFound},
	})
}

func TestTheHeadSaysHowWorkIsGivenOut(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "a clerk sees it", Actor: "clerk", Path: "/staff/work-rules", Has: []string{"留在队列，由人认领", "岗位 reviewer1"}, HasNot: []string{"<select"}},
		{Name: "and does not change it", Actor: "clerk", Path: "/staff/work-rules", Form: url.Values{"how-accept": {"turns"}}, Status: http.StatusForbidden},
		{Name: "a way that is none", Actor: "head", Path: "/staff/work-rules", Form: url.Values{"how-accept": {"lottery"}}, Status: http.StatusUnprocessableEntity},
		{Name: "the head", Actor: "head", Path: "/staff/work-rules", Form: url.Values{"how-accept": {"turns"}, "how-review": {"fewest"}}, Status: http.StatusSeeOther, To: "/staff/work-rules"},
		{Name: "who said it", Actor: "clerk", Path: "/staff/work-rules", Has: []string{"在岗人员轮流", "分给手上最少的人", "岗位 head"}},
	})
	w.File(t, "a", caseworktest.Hygiene)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "given out", Actor: "clerk", Path: "/staff/tasks?tab=accept&queue=mine", Has: []string{"待受理 1"}},
	})
}

func TestAbsenceIsEntered(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	if _, err := w.Claim(t.Context(), caseworktest.Clerk, id); err != nil {
		t.Fatal(err)
	}
	entry := func(from, to, kind, deputy string) url.Values {
		return url.Values{"from": {from}, "to": {to}, "kind": {kind}, "deputy": {deputy}}
	}
	var change string
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "nothing entered", Actor: "clerk", Path: "/staff/absence", Form: url.Values{}, Status: http.StatusUnprocessableEntity, Has: []string{"填写开始日期", "填写结束日期"}},
		{Name: "keeps what was typed", Actor: "clerk", Path: "/staff/absence", Form: entry("2026-11-20", "2026-11-16", "sick", "clerk2"), Status: http.StatusUnprocessableEntity, Has: []string{"结束日期不能早于开始日期"}, Then: func(t *testing.T, p *webtest.Page) {
			t.Helper()
			if !strings.Contains(p.Body, `value="2026-11-20"`) || !strings.Contains(p.Body, `value="sick" checked`) {
				t.Error("what was typed is gone")
			}
		}},
		{Name: "no deputy with the role", Actor: "clerk", Path: "/staff/absence", Form: entry("2026-11-16", "2026-11-17", "leave", "reviewer1"), Status: http.StatusUnprocessableEntity, Has: []string{"岗位不全"}},
		{Name: "enter", Actor: "clerk", Path: "/staff/absence", Form: entry("2026-11-16", "2026-11-17", "leave", "clerk2"), Status: http.StatusSeeOther, To: "/staff/absence"},
		{Name: "twice", Actor: "clerk", Path: "/staff/absence", Form: entry("2026-11-17", "2026-11-18", "leave", ""), Status: http.StatusUnprocessableEntity, Has: []string{"已经登记了外出或请假"}},
		{Name: "told on the list", Actor: "clerk", Path: "/staff/tasks", Has: []string{"您外出或请假到", "由岗位 clerk2代理", "提前回来"}},
		{Name: "the deputy's queue", Actor: "clerk2", Path: "/staff/tasks", Has: []string{"代岗位 clerk办理"}},
		{Name: "of the absent", Actor: "clerk2", Path: "/staff/tasks?tab=accept&queue=mine&holder=clerk", Has: []string{"待受理 1", "广安区清和美发店"}},
		{Name: "the deputy acts", Actor: "clerk2", Path: "/staff/cases/" + string(id), Has: []string{"由岗位 clerk2代理", "接手"}},
		{Name: "the head sees it", Actor: "head", Path: "/staff/absence", Has: []string{"岗位 clerk", "外出或请假中"}, Then: func(t *testing.T, p *webtest.Page) {
			t.Helper()
			_, rest, _ := strings.Cut(p.Body, `action="/staff/absence/`)
			change, _, _ = strings.Cut(rest, `"`)
		}},
	})
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "not somebody else's", Actor: "reviewer1", Path: "/staff/absence/" + change, Form: url.Values{"do": {"end"}}, Status: http.StatusNotFound},
		{Name: "back", Actor: "clerk", Path: "/staff/absence/" + change, Form: url.Values{"back": {"tasks"}}, Status: http.StatusSeeOther, To: "/staff/tasks"},
		{Name: "no absence for residents", Actor: "lin", Path: "/staff/absence", Status: http.StatusNotFound},
	})
}

func TestConflictsOfInterestByPagesAlone(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	w.Do(t, caseworktest.Clerk, id, accept)
	desk := "/staff/cases/" + string(id)
	ask := "/cases/" + string(id) + "/withdrawal"
	reason := url.Values{"do": {"declare"}, "reason": {"申请人的负责人是我的近亲属。"}}
	var request string
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the link", Actor: "reviewer1", Path: desk, Has: []string{"我要回避", "认领这件"}},
		{Name: "the page warns", Actor: "reviewer1", Path: desk + "/conflict", Has: []string{"不能撤销"}, HasNot: []string{"决定同事回避"}},
		{Name: "without a reason", Actor: "reviewer1", Path: desk + "/conflict", Form: url.Values{"do": {"declare"}, "reason": {" 亲 "}}, Status: http.StatusUnprocessableEntity, Has: []string{"至少写 2 个字"}},
		{Name: "declare", Actor: "reviewer1", Path: desk + "/conflict", Form: reason, Status: http.StatusSeeOther, To: "/staff/tasks"},
		{Name: "gone", Actor: "reviewer1", Path: desk, Status: http.StatusNotFound},
		{Name: "the head sees why", Actor: "head", Path: "/staff/withdrawals?tab=kept", Has: []string{"近亲属", "本人提出"}},
		{Name: "not a reviewer", Actor: "reviewer2", Path: "/staff/withdrawals", Status: http.StatusForbidden},
		{Name: "the applicant's link", Actor: "lin", Path: "/cases/" + string(id), Has: []string{"申请工作人员回避"}},
		{Name: "the applicant asks", Actor: "lin", Path: ask, Has: []string{"岗位 clerk", "其他人"}, HasNot: []string{"reviewer1"}},
		{Name: "whom", Actor: "lin", Path: ask, Form: url.Values{"reason": {"他是竞争对手的亲属。"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择或者填写要回避的工作人员", "竞争对手"}},
		{Name: "send", Actor: "lin", Path: ask, Form: url.Values{"official": {"other"}, "name": {"王某"}, "reason": {"他是竞争对手的亲属。"}}, Status: http.StatusSeeOther, To: ask},
		{Name: "again", Actor: "lin", Path: ask, Form: url.Values{"official": {"other"}, "name": {"王某"}, "reason": {"他是竞争对手的亲属。"}}, Status: http.StatusConflict, Has: []string{"正在处理"}},
		{Name: "of another", Actor: "zhou", Path: ask, Status: http.StatusNotFound},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: ask, Has: []string{"Ask an official to withdraw", "answers by"}},
		{Name: "the head's list", Actor: "head", Path: "/staff/withdrawals", Has: []string{"王某"}, Then: func(t *testing.T, p *webtest.Page) {
			t.Helper()
			_, rest, _ := strings.Cut(p.Body, `href="/staff/withdrawals/`)
			request, _, _ = strings.Cut(rest, `"`)
		}},
	})
	desk = "/staff/withdrawals/" + request
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "which colleague", Actor: "head", Path: desk, Has: []string{"竞争对手", "是哪一位同事"}},
		{Name: "not said", Actor: "head", Path: desk, Form: url.Values{"result": {"granted"}, "answer": {"经查属实，予以回避。"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择是哪一位同事"}},
		{Name: "an approver does not", Actor: "approver", Path: desk, Has: []string{"由其他负责人答复"}},
		{Name: "answer", Actor: "head", Path: desk, Form: url.Values{"result": {"granted"}, "official": {"reviewer2"}, "answer": {"经查属实，予以回避。"}}, Status: http.StatusSeeOther, To: "/staff/withdrawals"},
		{Name: "nobody is left", Actor: "head", Path: "/staff/cases/" + string(id), Has: []string{"本单位没有人可以办理"}},
		{Name: "on supervision", Actor: "supervisor", Path: "/staff/supervision", Has: []string{"没有人可以办理"}},
		{Name: "the answer", Actor: "lin", Path: ask, Has: []string{"予以回避", "经查属实"}},
	})
}
