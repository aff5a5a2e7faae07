package caseworkweb_test

import (
	"io/fs"
	"net/http"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// A case that the next district takes in goes its way by pages alone: each of the
// two places does what is its own, and the applicant reads where the papers are.
func TestPapersGoFromOnePlaceToTheOther(t *testing.T) {
	t.Parallel()
	w := caseworktest.New(t)
	engine := caseworktest.Engine()
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{caseworkweb.Texts}, Now: w.Now,
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
		Actors: map[string]auth.Principal{
			"lin": caseworktest.Lin, "zhou": caseworktest.Zhou, "clerk": caseworktest.Clerk, "reviewer1": caseworktest.Reviewer1,
			"fireman": caseworktest.Fireman, "window603": caseworktest.Window603, "supervisor603": caseworktest.Supervisor603, "supervisor": caseworktest.Supervisor,
		},
	})
	caseworkweb.Routes(k, w.Service, nil, caseworkweb.Panels{})
	id := w.FileNextDoor(t, "a")
	papers, _, err := w.Papers(t.Context(), caseworktest.Lin, id)
	if err != nil {
		t.Fatal(err)
	}
	c, page := "/cases/"+string(id), "/staff/cases/"+string(id)+"/papers"
	step := "/staff/cases/" + string(id) + "/transit/"
	send := url.Values{"step": {"1"}, "way": {casework.WayCourier}, "carrier": {"EMS"}, "waybill": {"EA123456789CN"}}
	came := url.Values{"step": {"2"}, "arrived-y": {"2026"}, "arrived-m": {"11"}, "arrived-d": {"16"}}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the applicant reads where it is", Actor: "lin", Path: c, Has: []string{"前锋区行政审批局", "大厅保管", "转交期限", "2026 年 11 月 19 日", "电子送达"}},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: c, Has: []string{"Taken in by", "Qianfeng Approval Bureau", "keeps it in the hall"}},
		{Name: "both places have it on their lists", Actor: "window603", Path: "/staff/counter/transit", Has: []string{"要转交"}},
		{Name: "the other one", Actor: "clerk", Path: "/staff/counter/transit", Has: []string{"要签收"}},
		{Name: "an agency without a part has not", Actor: "fireman", Path: "/staff/counter/transit", Has: []string{"没有在途的办件"}},
		{Name: "the window sends", Actor: "window603", Path: page, Has: []string{"寄出材料", "登记收下的纸质材料"}, HasNot: []string{"确认收到材料"}},
		{Name: "the handling place does not send", Actor: "clerk", Path: step + "dispatch", Form: send, Status: http.StatusForbidden},
		{Name: "nor a reviewer", Actor: "reviewer1", Path: step + "dispatch", Form: send, Status: http.StatusForbidden},
		{Name: "nor a stranger", Actor: "fireman", Path: step + "dispatch", Form: send, Status: http.StatusNotFound},
		{Name: "nor the applicant", Actor: "lin", Path: step + "dispatch", Form: send, Status: http.StatusNotFound},
		{Name: "nor who supervises", Actor: "supervisor603", Path: step + "dispatch", Form: send, Status: http.StatusForbidden},
		{Name: "without a waybill", Actor: "window603", Path: step + "dispatch", Form: url.Values{"step": {"1"}, "way": {"courier"}, "carrier": {"EMS"}}, Status: http.StatusUnprocessableEntity, Has: []string{"请填写运单号"}},
		{Name: "sent", Actor: "window603", Path: step + "dispatch", Form: send, Status: http.StatusSeeOther, To: page},
		{Name: "a double click", Actor: "window603", Path: step + "dispatch", Form: send, Status: http.StatusConflict},
		{Name: "not received by who sent it", Actor: "window603", Path: step + "receive", Form: came, Status: http.StatusForbidden},
		{Name: "on its way", Actor: "lin", Path: c, Has: []string{"已经寄出，正在路上", "EA123456789CN"}},
		{Name: "the other supervisor sees it", Actor: "supervisor603", Path: "/staff/supervision", Has: []string{"清和美发店"}},
		{Name: "incomplete without a reason", Actor: "clerk", Path: step + "incomplete", Form: url.Values{"step": {"2"}, "missing": {string(papers[0].ID)}}, Status: http.StatusUnprocessableEntity, Has: []string{"要写明理由"}},
		{Name: "received", Actor: "clerk", Path: step + "receive", Form: came, Status: http.StatusSeeOther, To: page},
		{Name: "the five days are told", Actor: "lin", Path: c, Has: []string{"于2026 年 11 月 16 日", "最迟 2026 年 11 月 23 日"}},
		{Name: "every day is explained", Actor: "lin", Path: c + "/why", Has: []string{"转交期限"}},
		{Name: "given back", Actor: "clerk", Path: page + "/back", Form: url.Values{"paper": {string(papers[0].ID)}, "to": {"林女士"}}, Status: http.StatusSeeOther},
		{Name: "not by the other place", Actor: "window603", Path: page + "/back", Form: url.Values{"paper": {string(papers[0].ID)}, "to": {"林女士"}}, Status: http.StatusConflict},
		{Name: "the applicant has it", Actor: "lin", Path: c, Has: []string{"已经退还给您"}},
		{Name: "how the result comes", Actor: "lin", Path: c + "/delivery", Has: []string{"快递寄送", "到大厅领取"}},
		{Name: "courier without address", Actor: "lin", Path: c + "/delivery", Form: url.Values{"way": {contract.DeliverCourier}, "name": {"林晓梅"}}, Status: http.StatusUnprocessableEntity, Has: []string{"请填写完整的收件地址"}},
		{Name: "chosen", Actor: "lin", Path: c + "/delivery", Form: url.Values{"way": {contract.DeliverPickup}}, Status: http.StatusSeeOther, To: c},
		{Name: "not by another", Actor: "zhou", Path: c + "/delivery", Form: url.Values{"way": {contract.DeliverPickup}}, Status: http.StatusNotFound},
	})
}
