package counterweb_test

import (
	"net/http"
	"net/url"
	"testing"

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

// department is who receives papers.
func department() auth.Principal { return countertest.Official("li", auth.RoleClerk) }
