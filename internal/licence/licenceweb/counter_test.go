package licenceweb_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/licence/licencetest"
	"github.com/tongban/tongban/internal/licence/licenceweb"
)

// At a window a clerk opens and prints for who stands there, and makes no code.
func TestAtAWindow(t *testing.T) {
	t.Parallel()
	w := licencetest.Open(t)
	r := licencetest.Request("case-1")
	here := licencetest.Staff(auth.RoleCounter)
	here.For = auth.Acting{Kind: auth.ForCounter, ID: r.Holder.ID, Name: "店", Mandate: "session-1", Person: "acc-lin", PersonName: "林"}
	with := func(change func(p *auth.Principal)) auth.Principal {
		p := here
		change(&p)
		return p
	}
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{licenceweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": licencetest.Holder(r), "here": here,
			"afterwards": with(func(p *auth.Principal) { p.For = auth.Acting{} }),
			"next":       with(func(p *auth.Principal) { p.For.ID, p.For.Person = "acc-zhou", "acc-zhou" }),
			"oneself":    with(func(p *auth.Principal) { p.For.Person = p.ID }),
			"limited":    with(func(p *auth.Principal) { p.For.Items = []string{"other"} }),
			"no window":  with(func(p *auth.Principal) { p.Roles = []string{auth.RoleSupervisor} }),
		},
		Allow: func(p auth.Principal, action string) error { return w.Policy.Check(p, action, policy.Page) },
		Now:   w.Now,
	})
	licenceweb.Routes(k, w.Service)
	l := w.Issue(t, r)
	page := "/licences/" + string(l.ID)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "wallet", Actor: "here", Path: "/licences", Has: []string{"公共场所卫生许可证"}},
		{Name: "card", Actor: "here", Path: page, Has: []string{"川广安广卫公字〔2026〕第 0001 号", "只由持证人自己"}, HasNot: []string{page + "/present", page + "/copies"}},
		{Name: "in English", Actor: "here", Locale: "en", Path: page, Has: []string{"made by the holder alone"}},
		{Name: "file", Actor: "here", Path: page + "/pdf", Has: []string{"%PDF-1"}},
		{Name: "the holder reads it", Actor: "lin", Path: page, Has: []string{"窗口工作人员（审批岗 01）应您的要求打印或下载了证照", "应您的要求看了证照"}},
		{Name: "a limited right lists nothing", Actor: "limited", Path: "/licences", HasNot: []string{"公共场所卫生许可证"}},
	})
	b, got := webtest.Browse(t, k.Handler()), ""
	for _, path := range []string{"/licences", page, page + "/pdf", page + "/present", page + "/copies"} {
		got += strings.TrimPrefix(path, page)
		for _, who := range []string{"here", "afterwards", "next", "oneself", "limited", "no window"} {
			got += fmt.Sprintf(" %d", b.As(who).Get(path).Status)
		}
		got += "\n"
	}
	const want = ` 200 403 404 403 404 403
/pdf 200 403 404 403 404 403
/present 403 403 403 403 403 403
/copies 403 403 403 403 403 403
`
	if got != "/licences 200 403 200 403 200 403\n"+want {
		t.Errorf("got\n%s", got)
	}
	events, err := w.Log.About(t.Context(), r.Holder.ID, 50)
	if err != nil {
		t.Fatal(err)
	}
	uses := 0
	for _, e := range events {
		if e.Name != (contract.LicenceUsed{}).EventName() || e.ActorID != here.ID {
			continue
		}
		uses++
		if e.Mandate != "session-1" || e.Purpose != "counter" || !strings.Contains(string(e.Body), `"channel":"counter"`) {
			t.Errorf("%s under %q for %q: %s", e.Name, e.Mandate, e.Purpose, e.Body)
		}
	}
	if uses < 2 {
		t.Errorf("%d uses at the window are recorded", uses)
	}
}
