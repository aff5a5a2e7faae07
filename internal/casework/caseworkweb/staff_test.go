package caseworkweb_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func TestAnotherAgencyIsAskedAndHeardByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := string(w.File(t, "a", caseworktest.Joint))
	w.Do(t, caseworktest.Clerk, contract.CaseID(id), accept)
	w.Drain(t)
	desk, unit := "/staff/cases/"+id, "/staff/cases/"+id+"/units/fire"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the brigade's list", Actor: "fireman", Path: "/staff/tasks?tab=opinions", Has: []string{"协办意见 1", "消防安全意见", "区行政审批局", "剩 5 天"}},
		{Name: "in English", Actor: "fireman", Locale: web.EN, Path: "/staff/tasks?tab=opinions", Has: []string{"Opinions: 1", "Fire safety"}},
		{Name: "the bureau has no such tab", Actor: "reviewer1", Path: "/staff/tasks", HasNot: []string{"协办意见"}},
		{Name: "only what is needed", Actor: "fireman", Path: unit, Has: []string{"48.5", "平面布局图", "每次查看都有记录"}, HasNot: []string{"138", "清和美发店四"}},
		{Name: "not the case", Actor: "fireman", Path: desk, Status: http.StatusNotFound},
		{Name: "its material", Actor: "fireman", Path: unit + "/materials/file-1"},
		{Name: "the head reads", Actor: "firechief", Path: unit, Has: []string{"由你单位的审查岗答复"}, HasNot: []string{"提交意见"}},
		{Name: "no head answers", Actor: "firechief", Path: unit, Form: url.Values{"opinion": {"agree"}, "note": {"好"}}, Status: http.StatusForbidden},
		{Name: "the lead has no such page", Actor: "reviewer1", Path: unit, Status: http.StatusNotFound},
		{Name: "nor residents", Actor: "lin", Path: unit, Status: http.StatusNotFound},
		{Name: "no verdict", Actor: "fireman", Path: unit, Form: url.Values{"note": {"好"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选择同意、不同意或者不需要"}},
		{Name: "an objection needs reasons", Actor: "fireman", Path: unit, Form: url.Values{"opinion": {"object"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写明理由"}},
		{Name: "the lead waits", Actor: "reviewer1", Path: desk, Has: []string{"区消防大队：正在征求意见", "还有 1 份必须听取的意见没有到", "收回"}},
		{Name: "recall asks why", Actor: "reviewer1", Path: desk + "/recall?target=fire", Has: []string{"区消防大队", "理由"}},
		{Name: "recall", Actor: "reviewer1", Path: desk + "/recall", Form: url.Values{"target": {"fire"}, "reasons": {"任务写错了"}}, Status: http.StatusSeeOther},
		{Name: "send again", Actor: "reviewer1", Path: desk + "/send?target=fire", Has: []string{"征求哪个单位", "原单位"}},
		{Name: "sent", Actor: "reviewer1", Path: desk + "/send", Form: url.Values{"target": {"fire"}, "days": {"3"}, "opinion": {"请看新图纸"}}, Status: http.StatusSeeOther},
		{Name: "asked again", Actor: "fireman", Path: unit, Has: []string{"请看新图纸", "第 1 次征求", "3 个工作日"}},
		{Name: "object", Actor: "fireman", Path: unit, Form: url.Values{"opinion": {"object"}, "reasons": {"疏散通道不足"}}, Status: http.StatusSeeOther, To: "/staff/tasks?tab=opinions"},
		{Name: "nothing left", Actor: "fireman", Path: "/staff/tasks?tab=opinions", Has: []string{"没有办件"}},
		{Name: "review", Actor: "reviewer1", Path: desk + "/review", Form: url.Values{"opinion": {"材料齐全"}}, Status: http.StatusSeeOther},
		{Name: "no grant against it", Actor: "approver", Path: desk, Has: []string{"疏散通道不足", "有否决性反对意见", "不予许可"}},
		{Name: "nor by the address", Actor: "approver", Path: desk + "/approve", Form: url.Values{}, Status: http.StatusConflict, Has: []string{"否决性反对意见"}},
	})
}

func TestSpecialProceduresAndExtensionsByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := string(w.File(t, "a", caseworktest.Joint))
	w.Do(t, caseworktest.Clerk, contract.CaseID(id), accept)
	desk := "/staff/cases/" + id
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "asks", Actor: "reviewer1", Path: desk + "/pause", Has: []string{"第四十五条", "听证", "专家评审", "预计需要多少个工作日"}},
		{Name: "in English", Actor: "reviewer1", Locale: web.EN, Path: desk + "/pause", Has: []string{"Article 45", "expert review"}},
		{Name: "nothing chosen", Actor: "reviewer1", Path: desk + "/pause", Form: url.Values{"reasons": {"x"}, "confirmed": {"yes"}}, Status: http.StatusUnprocessableEntity, Has: []string{"选一种特别程序"}},
		{Name: "no reasons", Actor: "reviewer1", Path: desk + "/pause", Form: url.Values{"special": {"testing"}, "days": {"4"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写明理由"}},
		{Name: "paused", Actor: "reviewer1", Path: desk + "/pause", Form: url.Values{"special": {"testing"}, "days": {"4"}, "reasons": {"噪声检测"}}, Status: http.StatusSeeOther},
		{Name: "in the list", Actor: "reviewer2", Path: "/staff/tasks?tab=paused", Has: []string{"特别程序中 1", "暂停中"}},
		{Name: "on the desk", Actor: "reviewer2", Path: desk, Has: []string{"检测", "噪声检测", "预计 4 个工作日"}},
		{Name: "the applicant is told", Actor: "lin", Path: "/cases/" + id, Has: []string{"特别程序"}},
		{Name: "end asks the result", Actor: "reviewer2", Path: desk + "/resume", Form: url.Values{"confirmed": {"yes"}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写"}},
		{Name: "ended", Actor: "reviewer2", Path: desk + "/resume", Form: url.Values{"opinion": {"合格"}}, Status: http.StatusSeeOther},
		{Name: "extension", Actor: "head", Path: desk + "/extend", Has: []string{"可以延长 15 个工作日", "本级人民政府负责人的批准文号"}},
		{Name: "without the approval", Actor: "head", Path: desk + "/extend", Form: url.Values{"reasons": {"多个地块"}}, Status: http.StatusUnprocessableEntity, Has: []string{"写明批准延期的文号"}},
		{Name: "extended", Actor: "head", Path: desk + "/extend", Form: url.Values{"reasons": {"多个地块"}, "organ": {"府函 18 号"}}, Status: http.StatusSeeOther},
		{Name: "an approver does not", Actor: "approver", Path: desk + "/extend", Status: http.StatusNotFound},
	})
}

func TestABundleStandsWithItsPartsOnTheDesk(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	whole := w.File(t, "a", caseworktest.Opening)
	parts, err := w.Parts(t.Context(), caseworktest.Lin, whole)
	if err != nil || len(parts) != 3 {
		t.Fatal(parts, err)
	}
	waiting := "/staff/cases/" + string(parts[2].Case)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the bundle", Actor: "clerk", Path: "/staff/cases/" + string(whole), Has: []string{"一件事的各事项", "夜间建筑施工许可", "等“公共场所卫生许可新办审批”获准后开始"}, HasNot: []string{"48.5"}},
		{Name: "a part", Actor: "clerk", Path: "/staff/cases/" + string(parts[0].Case), Has: []string{"48.5", "仅销售预包装食品备案"}},
		{Name: "a part that waits", Actor: "clerk", Path: waiting, Has: []string{"现在没有您可以办的步骤"}},
		{Name: "its clock", Actor: "clerk", Path: waiting + "/why", Has: []string{"前一事项获准以后才开始计算受理期限"}},
		{Name: "lists", Actor: "clerk", Path: "/staff/tasks", Has: []string{"待受理 2", "一件事", "等前一事项"}},
		{Name: "English", Actor: "clerk", Locale: web.EN, Path: waiting, Has: []string{"Begins when “Hygiene licence for public places” is granted"}},
	})
}

func TestCommitmentsAndChecksOnTheDesk(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	desk := "/staff/cases/" + string(w.File(t, "a", caseworktest.Promise))
	sub := w.Submission(t, "b", caseworktest.Filing)
	sub.Disputes = []contract.Dispute{{Field: "area", Key: "company.area", Source: contract.Text{ZH: "区市场监管局", EN: "Registrar"}, Reason: "去年扩建过"}}
	sub.Unchecked = []string{"plan"}
	sub.Signatures = []contract.Signature{{Signer: "owner", Account: "owner", Name: "房东甲", Method: "keyed", At: w.Now()}}
	disputed := w.Send(t, sub)
	w.Do(t, caseworktest.Clerk, disputed, accept)
	other := "/staff/cases/" + string(disputed)
	w.Drain(t)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "to verify", Actor: "reviewer1", Path: "/staff/tasks?tab=verify", Has: []string{"待核查承诺 1"}},
		{Name: "the commitment", Actor: "reviewer1", Path: desk, Has: []string{"告知承诺", "待核查", "符合卫生要求", "承诺属实"}},
		{Name: "broken", Actor: "reviewer1", Path: desk + "/breach", Has: []string{"整改期限", "理由"}},
		{Name: "ordered", Actor: "reviewer1", Path: desk + "/breach", Form: url.Values{"reasons": {"没有消毒间"}, "days": {"5"}}, Status: http.StatusSeeOther},
		{Name: "not yet", Actor: "head", Path: desk + "/revoke", Form: url.Values{"reasons": {"拒不整改"}}, Status: http.StatusConflict, Has: []string{"期限给到"}},
	})
	w.Set(w.Now().AddDate(0, 0, 10)) // the five working days are over
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "revoked", Actor: "head", Path: desk + "/revoke", Form: url.Values{"reasons": {"拒不整改"}}, Status: http.StatusSeeOther},
		{Name: "in the end", Actor: "head", Path: desk, Has: []string{"不实，已撤销"}},
		{Name: "what to check", Actor: "approver", Path: other, Has: []string{"需要核对的数据", "去年扩建过", "区市场监管局", "平面布局图", "房**"}},
		{Name: "not before", Actor: "approver", Path: other + "/approve", Form: url.Values{}, Status: http.StatusConflict, Has: []string{"先逐项核对"}},
		{Name: "nothing said", Actor: "clerk", Path: other + "/checks/1", Form: url.Values{}, Status: http.StatusUnprocessableEntity, Has: []string{"选择核对结果", "写明怎么核对的"}},
		{Name: "settled", Actor: "clerk", Path: other + "/checks/1", Form: url.Values{"result-1": {"confirmed"}, "note-1": {"现场量过"}}, Status: http.StatusSeeOther, To: other},
		{Name: "settled too", Actor: "clerk", Path: other + "/checks/2", Form: url.Values{"result-2": {"rejected"}, "note-2": {"图纸不全"}}, Status: http.StatusSeeOther},
		{Name: "not by overseers", Actor: "supervisor", Path: other + "/checks/2", Form: url.Values{}, Status: http.StatusForbidden},
		{Name: "shown", Actor: "clerk", Path: other, Has: []string{"现场量过", "申请人填的不正确"}},
		{Name: "approve", Actor: "approver", Path: other + "/approve", Form: url.Values{}, Status: http.StatusSeeOther},
	})
}

func TestASlipIsMendedOnTheSpotByPages(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	desk := "/staff/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	marks := url.Values{"step": {"1"}, "mark": {"field:area"}, "reason-field-area": {"应为 48"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "shown first", Actor: "clerk", Path: desk + "/correct_onsite", Form: marks, Has: []string{"可以当场更正", "应为 48"}, HasNot: []string{"一次告知全部"}},
		{Name: "done", Actor: "clerk", Path: desk + "/correct_onsite", Form: url.Values{"step": {"1"}, "confirmed": {"yes"}, "mark": {"field:area"}, "reason-field-area": {"应为 48"}}, Status: http.StatusSeeOther},
		{Name: "waits", Actor: "clerk", Path: desk, Has: []string{"当场更正", "结束当场更正"}},
	})
	if c, err := w.Open(t.Context(), caseworktest.Clerk, contract.CaseID(desk[len("/staff/cases/"):])); err != nil || c.Stage != casework.StageApplicant {
		t.Errorf("%+v, %v", c, err)
	}
}
