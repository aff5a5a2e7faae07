package caseworkweb_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func TestTemplatesAreMadeAndInsertedByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	desk := "/staff/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	made, err := w.SavePhrase(t.Context(), caseworktest.Head, casework.Phrase{Kind: casework.PhraseReason, Title: "超出范围", Body: "{applicant}的场所不在本区。"})
	if err != nil {
		t.Fatal(err)
	}
	good := url.Values{"kind": {"opinion"}, "title": {"齐全"}, "body": {"{item}材料齐全"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the head", Actor: "head", Path: "/staff/phrases", Has: []string{"超出范围", "添加模板", "{applicant}：申请人"}},
		{Name: "in English", Actor: "head", Locale: web.EN, Path: "/staff/phrases", Has: []string{"Text templates", "Add a template"}},
		{Name: "users", Actor: "clerk", Path: "/staff/phrases", Has: []string{"超出范围", "由本单位负责人"}, HasNot: []string{"添加模板"}},
		{Name: "overseers", Actor: "supervisor", Path: "/staff/phrases", Status: http.StatusForbidden},
		{Name: "wrong", Actor: "head", Path: "/staff/phrases", Form: url.Values{"kind": {"opinion"}, "body": {"{secret}"}}, Status: http.StatusUnprocessableEntity, Has: []string{"写一个名称", "不能自动填"}},
		{Name: "made", Actor: "head", Path: "/staff/phrases", Form: good, Status: http.StatusSeeOther, To: "/staff/phrases"},
		{Name: "not by a clerk", Actor: "clerk", Path: "/staff/phrases", Form: good, Status: http.StatusForbidden},
		{Name: "another agency's", Actor: "firechief", Path: "/staff/phrases/" + made.ID, Status: http.StatusNotFound},
		{Name: "changed", Actor: "head", Path: "/staff/phrases/" + made.ID, Has: []string{"修改", "的场所不在本区"}},
		{Name: "offered", Actor: "clerk", Path: desk, Has: []string{"用语模板", "齐全"}},
		{Name: "inserted without a script", Actor: "clerk", Path: desk + "/refuse", Form: url.Values{"insert": {"reasons"}, "phrase-reasons": {made.ID}, "reasons": {"第一条"}}, Has: []string{"广安区清和美发店的场所不在本区。", "第一条"}},
		{Name: "nothing was done", Actor: "clerk", Path: desk, Has: []string{"受理"}},
		{Name: "dropped", Actor: "head", Path: "/staff/phrases/" + made.ID + "/drop", Form: url.Values{}, Status: http.StatusSeeOther},
	})
}

func TestBarsAreToldAndLiftedByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := string(w.File(t, "a", caseworktest.Promise))
	w.Drain(t)
	desk := "/staff/cases/" + id
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "what was promised", Actor: "reviewer1", Path: desk + "/commitment", Has: []string{"符合卫生要求", "核查期限", "待核查", "承诺属实"}},
		{Name: "in English", Actor: "reviewer1", Locale: web.EN, Path: desk + "/commitment", Has: []string{"The hygiene rules are kept", "To be verified by"}},
		{Name: "how it was verified is asked", Actor: "reviewer1", Path: desk + "/keep", Has: []string{"怎么核查的", "符合卫生要求"}},
		{Name: "without it", Actor: "reviewer1", Path: desk + "/keep", Form: url.Values{"confirmed": {"yes"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写审查意见"}},
		{Name: "nobody is barred", Actor: "lin", Path: "/cases/bars", Has: []string{"没有限制"}},
		{Name: "broken", Actor: "reviewer1", Path: desk + "/breach", Form: url.Values{"reasons": {"没有消毒间"}, "days": {"5"}}, Status: http.StatusSeeOther},
		{Name: "the applicant sees it", Actor: "lin", Path: "/cases/bars", Has: []string{"没有消毒间", "区行政审批局", "整改期限到"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: "/cases/bars", Has: []string{"cannot commit"}},
		{Name: "another does not", Actor: "zhou", Path: "/cases/bars", HasNot: []string{"没有消毒间"}},
		{Name: "staff see it", Actor: "clerk", Path: "/staff/bars", Has: []string{"没有消毒间", "限制中"}, HasNot: []string{"解除的理由"}},
		{Name: "not by a clerk", Actor: "clerk", Path: "/staff/bars/" + id, Form: url.Values{"reason-" + id: {"x"}}, Status: http.StatusForbidden},
		{Name: "nor another agency", Actor: "firechief", Path: "/staff/bars/" + id, Form: url.Values{"reason-" + id: {"x"}}, Status: http.StatusNotFound},
		{Name: "without a reason", Actor: "head", Path: "/staff/bars/" + id, Form: url.Values{}, Status: http.StatusUnprocessableEntity, Has: []string{"写明解除的理由"}},
		{Name: "lifted", Actor: "head", Path: "/staff/bars/" + id, Form: url.Values{"reason-" + id: {"信用已修复"}}, Status: http.StatusSeeOther, To: "/staff/bars"},
		{Name: "on record", Actor: "head", Path: "/staff/bars", Has: []string{"信用已修复", "已解除"}},
	})
}

func TestEarlierCasesAndTheNextOneByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	w.File(t, "a", caseworktest.Filing)
	second := "/staff/cases/" + string(w.File(t, "b", caseworktest.Hygiene))
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "earlier", Actor: "clerk", Path: second + "/earlier", Has: []string{"仅销售预包装食品备案", "这次查看已记录"}, HasNot: []string{"48.5"}},
		{Name: "in English", Actor: "clerk", Locale: web.EN, Path: second + "/earlier", Has: []string{"Prepackaged food filing", "This look is recorded"}},
		{Name: "not by overseers", Actor: "supervisor", Path: second + "/earlier", Status: http.StatusForbidden},
		{Name: "nor another agency", Actor: "fireman", Path: second + "/earlier", Status: http.StatusNotFound},
		{Name: "accepted", Actor: "clerk", Path: second + "/accept", Form: url.Values{"from": {"accept"}}, Status: http.StatusSeeOther, To: second + "?from=accept"},
		{Name: "offers the next", Actor: "clerk", Path: second + "?from=accept", Has: []string{"下一件"}},
		{Name: "the list goes on", Actor: "approver", Path: second + "/next", Status: http.StatusSeeOther, To: "/staff/tasks"},
	})
}

func TestATaskGoesToAnyAgencyAndLateOnesAreShown(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Joint)
	w.Do(t, caseworktest.Clerk, id, accept)
	w.Do(t, caseworktest.Reviewer1, id, casework.Action{Name: "recall", Target: "fire", Reasons: []string{"送错了"}})
	desk := "/staff/cases/" + string(id)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "every agency", Actor: "reviewer1", Path: desk + "/send?target=fire", Has: []string{"区卫健局", "区消防大队"}},
		{Name: "one that is none", Actor: "reviewer1", Path: desk + "/send", Form: url.Values{"target": {"fire"}, "agency": {"bureau"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择本区县的其他单位"}},
		{Name: "sent", Actor: "reviewer1", Path: desk + "/send", Form: url.Values{"target": {"fire"}, "agency": {"brigade"}}, Status: http.StatusSeeOther},
	})
	w.Set(w.Now().AddDate(0, 0, 30))
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the brigade", Actor: "fireman", Path: "/staff/tasks", Has: []string{"已经逾期", "逾期"}},
		{Name: "its supervisor", Actor: "supervisor", Path: "/staff/supervision", Has: []string{"逾期未答复的协办意见", "消防安全意见"}},
		{Name: "in English", Actor: "supervisor", Locale: web.EN, Path: "/staff/supervision", Has: []string{"Opinions that are late", "Fire safety"}},
		{Name: "the lead", Actor: "reviewer1", Path: desk, Has: []string{"逾期"}},
	})
}
