package ratingweb_test

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/rating/ratingtest"
	"github.com/tongban/tongban/internal/rating/ratingweb"
)

func open(t *testing.T) *web.Kit {
	t.Helper()
	s, engine := ratingtest.Open(t, func() time.Time { return webtest.Now })
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{ratingweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": {Kind: auth.Resident, ID: "lin", For: auth.Acting{Kind: auth.ForCompany, ID: "co-1"}}, "zhou": {Kind: auth.Resident, ID: "zhou"},
			"clerk": {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}},
		},
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
	})
	ratingweb.Routes(k, s)
	return k
}

func TestRateAndSupplement(t *testing.T) {
	t.Parallel()
	form := url.Values{"satisfaction": {"2"}, "indicators-2": {"one-form"}, "indicators-5": {"bad-manner"}, "text": {"很快"}}
	webtest.Run(t, open(t).Handler(), []webtest.Step{
		{Name: "form", Actor: "lin", Path: "/cases/done/rate", Has: []string{"办得怎么样", "非常满意", "★★★★★", "公共场所卫生许可"}},
		{Name: "form in English", Actor: "lin", Locale: "en", Path: "/cases/done/rate", Has: []string{"Very satisfied", "Hygiene licence"}},
		{Name: "nothing chosen", Actor: "lin", Path: "/cases/done/rate", Form: url.Values{"text": {"很快"}}, Status: 422, Has: []string{"选一项满意程度", "很快"}},
		{Name: "too long", Actor: "lin", Path: "/cases/done/rate", Form: url.Values{"satisfaction": {"1"}, "text": {strings.Repeat("好", 501)}}, Status: 422, Has: []string{"写了 501 字，最多 500 字"}},
		{Name: "rated", Actor: "lin", Path: "/cases/done/rate", Form: form, Status: 303, To: "/cases/done/rate"},
		{Name: "shown, with thanks", Actor: "lin", Path: "/cases/done/rate", Has: []string{"评价已记下", "您的评价：", "满意", "填写一张表单就可完成申报", "很快", "补充评价"}},
		{Name: "supplemented", Actor: "lin", Path: "/cases/done/rate", Form: url.Values{"satisfaction": {"4"}}, Status: 303, To: "/cases/done/rate"},
		{Name: "both stand", Actor: "lin", Path: "/cases/done/rate", Has: []string{"很快", "您的补充：", "不满意"}, HasNot: []string{"提交评价"}},
		{Name: "no third", Actor: "lin", Path: "/cases/done/rate", Form: form, Status: 422, Has: []string{"不能再改"}},
		{Name: "a case that runs", Actor: "lin", Path: "/cases/open/rate", Has: []string{"还没有办完"}, HasNot: []string{"提交评价"}},
		{Name: "another person", Actor: "zhou", Path: "/cases/done/rate", Status: 404},
		{Name: "another person rates", Actor: "zhou", Path: "/cases/done/rate", Form: form, Status: 404},
		{Name: "staff", Actor: "clerk", Path: "/cases/done/rate", Status: 403},
		{Name: "a stranger", Path: "/cases/done/rate", Status: 303, To: "/signin?next=%2Fcases%2Fdone%2Frate"},
	})
}
