package inquiryweb_test

import (
	"io/fs"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/inquiry/inquirytest"
	"github.com/tongban/tongban/internal/inquiry/inquiryweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func open(t *testing.T) (*inquirytest.World, *web.Kit) {
	t.Helper()
	w := inquirytest.Open(t)
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{inquiryweb.Texts}, Now: w.Now,
		Actors: map[string]auth.Principal{
			"lin": inquirytest.Lin, "zhou": inquirytest.Zhou, "r1": inquirytest.Reviewer, "r2": inquirytest.Second, "r3": inquirytest.Third,
			"c1": inquirytest.Clerk, "head": inquirytest.Head, "far": inquirytest.Far, "supervisor": inquirytest.Overseer,
		},
		Allow: func(p auth.Principal, action string) error { return w.Policy.Check(p, action, policy.Page) },
	})
	inquiryweb.Routes(k, w.Service)
	return w, k
}

func TestAVisitFromTheNoticeToTheSignedRecord(t *testing.T) {
	t.Parallel()
	w, k := open(t)
	x, err := w.PlanVisit(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewVisit{
		Purpose: "核对场所", Place: "洪洲大道 12 号", Officials: []contract.AccountID{"r1", "r2"},
		Slot: inquiry.Slot{Day: day.MustParse("2026-11-16"), Time: "14:00-16:00"},
	})
	if err != nil {
		t.Fatal(err)
	}
	own, staff := "/visits/"+x.ID, "/staff/inquiries/"+x.ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "form", Actor: "r1", Path: "/staff/cases/case-1/inquiries/visit", Has: []string{"安排现场核查", "审查二"}, HasNot: []string{"本人"}},
		{Name: "one at a time", Actor: "r1", Path: "/staff/cases/case-1/inquiries/visit", Form: url.Values{"purpose": {"p"}, "place": {"q"}, "official1": {"r1"}, "official2": {"r2"}, "day": {"2026-11-18"}, "time": {"09:00-11:00"}}, Status: 409, Has: []string{"已经有一项正在进行"}},
		{Name: "bad input stays", Actor: "r1", Path: "/staff/cases/case-1/inquiries/visit", Form: url.Values{"purpose": {"核对一"}, "official1": {"r1"}, "official2": {"r1"}}, Status: 422, Has: []string{"核对一", "两位不同的工作人员", "选一个日期"}},
		{Name: "list", Actor: "r2", Path: "/staff/inquiries", Has: []string{"今天", "现场核查", "清和美发店", "14:00–16:00"}},
		{Name: "list of theirs", Actor: "r3", Path: "/staff/inquiries?mine=1", HasNot: []string{"清和美发店"}},
		{Name: "another agency's list", Actor: "far", Path: "/staff/inquiries", HasNot: []string{"清和美发店"}},
		{Name: "another agency", Actor: "far", Path: staff, Status: 404},
		{Name: "supervision", Actor: "supervisor", Path: staff, Status: 403},
		{Name: "the applicant", Actor: "lin", Path: own, Has: []string{"现场核查", "请带好营业执照", "不收费", "申请改期"}},
		{Name: "in English", Actor: "lin", Locale: "en", Path: own, Has: []string{"Site visit", "Have the business licence ready", "Your rights"}},
		{Name: "somebody else", Actor: "zhou", Path: own, Status: 404},
		{Name: "confirm", Actor: "lin", Path: own + "/confirm", Form: url.Values{"rev": {"1"}}, Status: 303, To: own},
		{Name: "no proposals", Actor: "lin", Path: own + "/other", Form: url.Values{"rev": {"2"}, "reason": {"出差在外"}}, Status: 422, Has: []string{"提出 1 到 3 个"}},
		{Name: "calendar file", Actor: "lin", Path: own + "/appointment.ics", Has: []string{"BEGIN:VEVENT", "DTSTART:20261116T060000Z"}},
		{Name: "record", Actor: "r2", Path: staff + "/record", Has: []string{"疏散通道畅通", "照片（必须有）", "不超过 300"}},
		{Name: "a clerk does not record", Actor: "c1", Path: staff + "/record", Status: 404},
		{Name: "fill", Actor: "r2", Path: staff + "/fill", Form: url.Values{"was:item.seats": {""}, "item.seats": {"48"}, "was:result": {""}, "result": {"pass"}, "do": {"done"}}, Status: 303, To: staff},
		{Name: "clash", Actor: "r1", Path: staff + "/fill", Form: url.Values{"was:item.seats": {""}, "item.seats": {"50"}}, Status: 422, Has: []string{"审查二刚填成“48”"}},
		{Name: "what is missing", Actor: "r1", Path: staff + "/sign", Form: url.Values{"seen": {"1"}}, Status: 422, Has: []string{"这一项还没有填", "这一项要有照片"}},
		{Name: "an old page", Actor: "r1", Path: staff + "/sign", Form: url.Values{"seen": {"0"}}, Status: 409, Has: []string{"别人刚改过"}},
		{Name: "autosave", Actor: "r1", Path: staff + "/autosave", Form: url.Values{"was:summary": {""}, "summary": {"干净"}}, Has: []string{`"rev":2`, "已保存"}},
		{Name: "autosave of another", Actor: "r3", Path: staff + "/autosave", Form: url.Values{"was:summary": {""}, "summary": {"x"}}, Status: 403},
	})
}

func TestTheRightToAHearingInPlainWords(t *testing.T) {
	t.Parallel()
	w, k := open(t)
	x, err := w.TellHearing(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewHearing{Why: "影响相邻住户", Thirds: []inquiry.Party{{Name: "王某", Contact: "13800000000"}}})
	if err != nil {
		t.Fatal(err)
	}
	own, staff := "/hearings/"+x.ID, "/staff/inquiries/"+x.ID
	set := url.Values{"day": {"2026-11-26"}, "time": {"09:00-11:00"}, "place": {"三楼会议室"}, "host": {"r3"}, "recorder": {"c1"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "right", Actor: "lin", Path: own, Has: []string{"您有权要求听证", "不收费", "第 5 个工作日"}, HasNot: []string{"王某", "13800000000"}},
		{Name: "staff", Actor: "r1", Path: staff, Has: []string{"王某", "13800000000", "登记书面申请"}},
		{Name: "ask", Actor: "lin", Path: own + "/ask", Form: url.Values{}, Status: 303, To: own},
		{Name: "reviewer presides", Actor: "r2", Path: staff + "/arrange", Form: url.Values{"day": {"2026-11-26"}, "time": {"09:00-11:00"}, "place": {"会议室"}, "host": {"r1"}, "recorder": {"c1"}}, Status: 422, Has: []string{"这位不能参加"}},
		{Name: "too soon", Actor: "r2", Path: staff + "/arrange", Form: url.Values{"day": {"2026-11-20"}, "time": {"09:00-11:00"}, "place": {"会议室"}, "host": {"r3"}, "recorder": {"c1"}}, Status: 422, Has: []string{"提前 7 个工作日"}},
		{Name: "set", Actor: "r2", Path: staff + "/arrange", Form: set, Status: 303, To: staff},
		{Name: "public, nobody named", Path: "/hearings", Has: []string{"公开听证", "三楼会议室", "公共场所卫生许可"}, HasNot: []string{"清和", "王某", "影响"}},
		{Name: "step back", Actor: "lin", Path: own + "/host", Form: url.Values{"reason": {"是亲戚"}}, Status: 303, To: own},
		{Name: "decides", Actor: "head", Path: staff, Has: []string{"是亲戚", "更换为"}},
		{Name: "kept", Actor: "head", Path: staff + "/host", Form: url.Values{"answer": {"没有亲属关系"}}, Status: 303, To: staff},
		{Name: "answer", Actor: "lin", Path: own, Has: []string{"没有亲属关系"}},
	})
	w.To("2026-11-26")
	people := url.Values{"transcript": {"第一项\n第二项"}, "name-0": {"林美"}, "role-0": {"applicant"}, "how-0": {"signed"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "record form", Actor: "r3", Path: staff, Has: []string{"听证笔录", "参加人"}},
		{Name: "record", Actor: "c1", Path: staff + "/hear", Form: people, Status: 303, To: staff},
		{Name: "not the chair", Actor: "c1", Path: staff + "/close", Form: url.Values{"conclusion": {"可以准予"}}, Status: 409},
		{Name: "close", Actor: "r3", Path: staff + "/close", Form: url.Values{"conclusion": {"可以准予"}}, Status: 303, To: staff},
		{Name: "closed", Actor: "lin", Path: own, Has: []string{"第二项", "可以准予"}},
	})
}

func TestExpertsDrawnAskedAndSummedUp(t *testing.T) {
	t.Parallel()
	w, k := open(t)
	for _, name := range []string{"专家甲", "专家乙", "专家丙"} {
		if _, err := w.SaveExpert(t.Context(), inquirytest.Head, inquiry.Expert{Name: name, Field: "卫生", Unit: "大学", Contact: "13900000000"}); err != nil {
			t.Fatal(err)
		}
	}
	x, err := w.StartReview(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewReview{Special: "expert_review", Question: "通风是否够", Days: 5})
	if err != nil {
		t.Fatal(err)
	}
	staff := "/staff/inquiries/" + x.ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "roster of the head", Actor: "head", Path: "/staff/experts", Has: []string{"专家甲", "13900000000", "添加专家"}},
		{Name: "roster of a reviewer", Actor: "r1", Path: "/staff/experts", Has: []string{"专家甲", "不显示"}, HasNot: []string{"13900000000", "添加专家"}},
		{Name: "no roster for a reviewer", Actor: "r1", Path: "/staff/experts", Form: url.Values{"name": {"x"}}, Status: 403},
		{Name: "too many", Actor: "r1", Path: staff + "/draw", Form: url.Values{"n": {"4"}}, Status: 409, Has: []string{"只有 3 位"}},
		{Name: "drawn", Actor: "r1", Path: staff + "/draw", Form: url.Values{"n": {"2"}, "field": {"卫生"}}, Status: 303, To: staff},
		{Name: "panel", Actor: "r1", Path: staff, Has: []string{"等意见", "随机抽取", "通风是否够"}},
		{Name: "nothing to sum up", Actor: "r1", Path: staff + "/sum_up", Form: url.Values{"verdict": {"for"}, "result": {"可以"}}, Status: 409, Has: []string{"还有专家没有提出意见"}},
		{Name: "no such link", Path: "/expert/nothing", Status: 404},
	})
	y, err := w.Open(t.Context(), inquirytest.Reviewer, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.Link(t.Context(), inquirytest.Reviewer, x.ID, y.Review.Panel[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the expert", Path: "/expert/" + secret, Has: []string{"通风是否够", "您的意见"}, HasNot: []string{"清和美发店", y.Number}},
		{Name: "nothing said", Path: "/expert/" + secret + "/opinion", Form: url.Values{"opinion": {"够"}}, Status: 422, Has: []string{"够", "选一个结论"}},
		{Name: "said", Path: "/expert/" + secret + "/opinion", Form: url.Values{"verdict": {"for"}, "opinion": {"通风充足"}}, Has: []string{"已收到"}},
		{Name: "once", Path: "/expert/" + secret + "/opinion", Form: url.Values{"verdict": {"against"}, "opinion": {"x"}}, Status: 404},
		{Name: "replaced", Actor: "r1", Path: staff + "/replace", Form: url.Values{"member": {y.Review.Panel[1].ID}, "conflict": {"是股东"}}, Status: 303, To: staff},
		{Name: "another drawn", Actor: "r1", Path: staff, Has: []string{"是股东", "已回避", "通风充足", "专家本人提交"}},
	})
}

// A hearing that the law prescribes is announced, not offered: the page says so, in
// both languages, and asks for no choice.
func TestAPrescribedHearingIsNotOffered(t *testing.T) {
	t.Parallel()
	w, k := open(t)
	const path = "/staff/cases/case-1/inquiries/hearing"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "offered", Actor: "r1", Path: path, Has: []string{"告知听证权利", "五个工作日内可以提出", "涉及什么重大利益"}, HasNot: []string{"依法举行听证"}},
	})
	w.Facts.Hearing = &contract.HearingSpec{
		Kind: contract.HearingMust, Why: contract.Text{ZH: "重大公共利益", EN: "A major public interest"},
		Law: contract.LawRef{Law: contract.Text{ZH: "《行政许可法》", EN: "Administrative Licensing Law"}, Article: "第四十六条"},
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "prescribed", Actor: "r1", Path: path, Has: []string{"依法举行听证", "为什么要听证", "重大公共利益", "依据：《行政许可法》第四十六条"}, HasNot: []string{"告知听证权利", "五个工作日内可以提出"}},
		{Name: "in English", Actor: "r1", Locale: web.EN, Path: path, Has: []string{"Hold a hearing", "Administrative Licensing Law, Article 46"}, HasNot: []string{"within five working days", "第四十六条"}},
	})
	x, err := w.TellHearing(t.Context(), inquirytest.Reviewer, inquirytest.Case, inquiry.NewHearing{Why: "重大公共利益"})
	if err != nil {
		t.Fatal(err)
	}
	staff := "/staff/inquiries/" + x.ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "nobody asks for it", Actor: "r1", Path: staff, Has: []string{"依法举行", "待定时间地点", "2026 年 11 月 16 日告知"}, HasNot: []string{"提出", "要求听证的期限"}},
		{Name: "nor the applicant", Actor: "lin", Path: "/hearings/" + x.ID, Has: []string{"依法举行听证，不用申请"}, HasNot: []string{"最迟", "要求听证的期限"}},
		{Name: "everything missing at once", Actor: "r1", Path: staff + "/arrange", Form: url.Values{}, Status: 422, Has: []string{"选一个日期", "选一个时间段", "选一位工作人员"}, HasNot: []string{"这位不能参加"}},
	})
}
