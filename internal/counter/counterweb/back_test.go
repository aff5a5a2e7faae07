package counterweb_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// A reason why a paper is missing, without the tick that it is, would count as
// received: the department is asked what it means.
func TestAReasonWithoutItsTickIsNoReceipt(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	w.Cases.Paper("身份证明")
	w.Cases.Paper("平面图")
	h, err := w.HandOver(t.Context(), countertest.Clerk("yuan"), countertest.Health)
	if err != nil {
		t.Fatal(err)
	}
	list := "/staff/counter/handovers/" + h.ID
	webtest.Run(t, k.Handler(), []webtest.Step{
		{
			Actor: "department", Path: list, Form: url.Values{"reason-2": {"袋中没有"}}, Status: http.StatusUnprocessableEntity,
			Has: []string{"第 2 项：请勾选", "待确认"}, HasNot: []string{"第 1 项：请勾选"},
		},
		{Actor: "department", Path: list, Locale: "en", Form: url.Values{"reason-2": {"not in the bag"}}, Status: http.StatusUnprocessableEntity, Has: []string{"Line 2: tick"}},
		{Actor: "department", Path: list, Form: url.Values{"missing-2": {"yes"}, "reason-2": {"袋中没有"}}, Status: http.StatusSeeOther, To: list},
	})
}

// An ordinary slip at the shelf is told beside its field, and what was typed is kept.
func TestASlipAtTheShelfIsToldBesideItsField(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	const number = "5116022026112001010000016"
	who := countertest.Account(countertest.Zhou)
	w.Cases.Known[number] = contract.CaseFacts{ID: "case-1", Number: number, Applicant: contract.Party{Kind: "person", ID: string(who)}, Operator: who, Ended: true}
	p, err := w.Shelve(t.Context(), countertest.Clerk("yuan"), counter.Shelving{Key: "k", Number: number, Kind: counter.ParcelLicence, Sheets: 1, Slot: "a-1"})
	if err != nil {
		t.Fatal(err)
	}
	const shelf = "/staff/counter/shelf"
	kept := func(field, want string) func(*testing.T, *webtest.Page) {
		return func(t *testing.T, p *webtest.Page) {
			if got, _ := p.Doc.Find("#" + field).Attr("value"); got != want {
				t.Errorf("%s became %q", field, got)
			}
			if p.Doc.Find("#"+field+"-error").Length() != 1 {
				t.Errorf("nothing is said beside %s", field)
			}
		}
	}
	put := url.Values{"key": {"k2"}, "number": {"511602"}, "kind": {"licence"}, "sheets": {"1"}, "slot": {"B-1"}}
	hand := func(code, number string) url.Values {
		return url.Values{"code": {code}, "id_number": {number}, "signed": {"yes"}}
	}
	steps := []webtest.Step{
		{Name: "no such case", Actor: "window", Path: shelf, Form: put, Status: http.StatusUnprocessableEntity, Has: []string{"请核对办件编号"}, Then: kept("number", "511602")},
		{Name: "a wrong code", Actor: "window", Path: shelf + "/issue", Form: hand("12345678", countertest.Zhou), Status: http.StatusUnprocessableEntity, Has: []string{"取件码不正确"}, Then: kept("code", "12345678")},
		{Name: "in English", Actor: "window", Locale: "en", Path: shelf + "/issue", Form: hand("12345678", countertest.Zhou), Status: http.StatusUnprocessableEntity, Has: []string{"The code is wrong"}},
		{Name: "another person", Actor: "window", Path: shelf + "/issue", Form: hand(p.Code, countertest.Lin), Status: http.StatusUnprocessableEntity, Has: []string{"此人不是申请人"}, Then: kept("id_number", countertest.Lin)},
	}
	for range 8 {
		steps = append(steps, webtest.Step{Actor: "window", Path: shelf + "/issue", Form: hand("12345678", countertest.Zhou), Status: http.StatusUnprocessableEntity})
	}
	steps = append(steps,
		webtest.Step{Name: "too often", Actor: "window", Path: shelf + "/issue", Form: hand(p.Code, countertest.Zhou), Status: http.StatusUnprocessableEntity, Has: []string{"尝试次数过多"}},
		webtest.Step{Name: "a new code for nobody", Actor: "window", Path: shelf + "/" + p.ID + "/code", Form: url.Values{}, Status: http.StatusConflict, Has: []string{"出件架"}},
		webtest.Step{Actor: "window", Path: "/staff/counter/handovers", Form: url.Values{"to": {string(countertest.Health)}}, Status: http.StatusConflict, Has: []string{"可能刚刚已经移交", "材料交接"}},
	)
	webtest.Run(t, k.Handler(), steps)
}

// What is not there any more is told at the desk, not as a page that is missing.
func TestAButtonPressedTwiceStaysAtTheDesk(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	if err := w.Sit(t.Context(), countertest.Clerk("yuan"), countertest.Window("1"), false); err != nil {
		t.Fatal(err)
	}
	const desk = "/staff/counter"
	var steps []webtest.Step
	for _, button := range []string{"/miss", "/again", "/begin", "/finish", "/back", "/move", "/subject"} {
		steps = append(steps, webtest.Step{Name: button, Actor: "window", Path: desk + button, Form: url.Values{"kind": {"B"}, "ticket": {"gone"}}, Status: http.StatusConflict, Has: []string{"1 号窗口", "核对身份"}})
	}
	steps = append(steps,
		webtest.Step{Name: "a card that is not there", Actor: "window", Path: desk + "/open", Form: url.Values{"how": {"card"}, "read": {"gone"}, "matched": {"yes"}}, Status: http.StatusConflict, Has: []string{"核对身份"}},
		webtest.Step{Name: "a wrong query code", Path: "/stuck/ask", Form: url.Values{"number": {"BB1"}, "code": {"x"}}, Status: http.StatusUnprocessableEntity, Has: []string{"请核对编号和查询码"}},
	)
	webtest.Run(t, k.Handler(), steps)
}

// What one person told is not filed in the name of the next.
func TestAReportOfWhoStoodThereBefore(t *testing.T) {
	t.Parallel()
	k, w := site(t)
	say := url.Values{"key": {"k"}, "for": {"acc-" + countertest.Zhou}, "what": {"跑了三趟都没有办成"}, "wish": {"说清楚"}, "kind": {"papers"}, "place": {"hall"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "next", Path: "/stuck", Form: say, Status: http.StatusConflict, Has: []string{"窗口前已经换了人"}, HasNot: []string{"跑了三趟"}},
		{Actor: "next", Path: "/stuck", Locale: "en", Form: say, Status: http.StatusConflict, Has: []string{"Another person stands at the window"}},
	})
	if list, err := w.StuckDesk(t.Context(), countertest.Staff(auth.RoleSupervisor), counter.StuckQuery{State: "all"}); err != nil || len(list) != 0 {
		t.Errorf("%d reports, %v", len(list), err)
	}
	say.Set("for", "acc-"+countertest.Lin)
	webtest.Run(t, k.Handler(), []webtest.Step{{Actor: "next", Path: "/stuck", Form: say, Has: []string{"查询码"}}})
}

// next is a clerk whom the next person stands before.
func next() auth.Principal {
	p := countertest.Clerk("yuan")
	p.For = auth.Acting{Kind: auth.ForCounter, ID: "acc-" + countertest.Lin, Person: "acc-" + countertest.Lin, Mandate: "s"}
	return p
}

// department is who receives papers.
func department() auth.Principal { return countertest.Official("li", auth.RoleClerk) }
