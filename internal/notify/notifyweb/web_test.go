package notifyweb_test

import (
	"io/fs"
	"net/url"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/notify/notifytest"
	"github.com/tongban/tongban/internal/notify/notifyweb"
)

// open returns the pages with an inbox that tells of the events.
func open(t *testing.T, events ...event.Event) *web.Kit {
	t.Helper()
	now := func() time.Time { return webtest.Now }
	s, engine := notifytest.Open(t, now, web.NewTexts(notifyweb.Texts).T, events...)
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{notifyweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": {Kind: auth.Resident, ID: "lin"}, "zhou": {Kind: auth.Resident, ID: "zhou"},
			"clerk": {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}},
		},
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
	})
	notifyweb.Routes(k, s)
	return k
}

func moved(action string) contract.CaseMoved {
	return contract.CaseMoved{Case: "C1", Number: "5116022026111610230004829", Action: action, Notify: "lin", Due: "2026-11-30", At: webtest.Now}
}

func TestInboxSaysWhatHappenedAndUntilWhen(t *testing.T) {
	t.Parallel()
	k := open(t, moved("accept"))
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Actor: "lin", Path: "/inbox", Has: []string{"申请已受理：公共场所卫生许可", "最迟 2026 年 11 月 30 日（星期一）作出决定", "法定告知", "未读"}},
		{Actor: "lin", Locale: "en", Path: "/inbox", Has: []string{"We will decide by Monday 30 November 2026"}},
		{Actor: "zhou", Path: "/inbox", Has: []string{"还没有消息"}, HasNot: []string{"卫生许可"}},
		{Actor: "clerk", Path: "/inbox", Status: 403},
		{Path: "/inbox", Status: 303, To: "/signin?next=%2Finbox"},
		{Actor: "zhou", Path: "/inbox/read", Form: url.Values{}, Status: 303, To: "/inbox"},
		{Name: "still unread", Actor: "lin", Path: "/inbox", Has: []string{"未读"}},
		{Actor: "lin", Path: "/inbox/read", Form: url.Values{}, Status: 303, To: "/inbox"},
		{Name: "read", Actor: "lin", Path: "/inbox", HasNot: []string{"未读"}},
	})
}

// TestEveryMessageHasWords renders each kind in both languages; a missing
// sentence fails the test.
func TestEveryMessageHasWords(t *testing.T) {
	t.Parallel()
	events := []event.Event{contract.LicenceIssued{Case: "C1", At: webtest.Now}}
	for _, a := range []string{
		"submit", "accept", "deem", "correct", "refuse", "not_required", "pause", "resume", "extend",
		"approve", "grant", "deny", "terminate", "revoke", "cancel", "withdraw",
	} {
		events = append(events, moved(a))
	}
	for _, to := range []string{"valid", "suspended", "withdrawn", "revoked", "cancelled"} {
		events = append(events, contract.LicenceChanged{Case: "C1", To: to, At: webtest.Now})
	}
	k := open(t, events...)
	b := webtest.Browse(t, k.Handler()).As("lin")
	for _, locale := range web.Locales() {
		n := 0
		for path := "/inbox"; path != ""; {
			p := b.In(locale).Get(path)
			webtest.Check(t, p)
			n += p.Doc.Find(".tb-log > li").Length()
			path = p.Doc.Find(`a[rel="next"]`).AttrOr("href", "")
		}
		if n != len(events) {
			t.Errorf("%s: %d messages, want %d", locale, n, len(events))
		}
	}
}
