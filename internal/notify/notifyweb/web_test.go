package notifyweb_test

import (
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/notify"
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
			"clerk":    {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}},
			"operator": {Kind: auth.Staff, ID: "operator", Roles: []string{auth.RoleAdministrator}},
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
		{Actor: "clerk", Path: "/inbox", Has: []string{"工作消息", "还没有消息"}, HasNot: []string{"卫生许可"}},
		{Path: "/inbox", Status: 303, To: "/signin?next=%2Finbox"},
		{Actor: "zhou", Path: "/inbox/read", Form: url.Values{}, Status: 303, To: "/inbox"},
		{Name: "still unread", Actor: "lin", Path: "/inbox", Has: []string{"未读"}},
		{Actor: "lin", Path: "/inbox/read", Form: url.Values{}, Status: 303, To: "/inbox"},
		{Name: "read", Actor: "lin", Path: "/inbox", HasNot: []string{"未读"}},
	})
}

// TestEveryMessageHasWords writes each kind in both languages; a missing
// sentence fails the test. A short message fits into one part: 70 characters of
// Chinese, 160 of English.
func TestEveryMessageHasWords(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return webtest.Now }
	s, _ := notifytest.Open(t, now, web.NewTexts(notifyweb.Texts).T)
	for _, kind := range notify.Kinds() {
		m := notify.Message{
			Kind: kind, Number: "5116022026111610230004829", Due: "2026-11-30", At: webtest.Now,
			Item: contract.Text{
				ZH: "公共场所（除饭馆、咖啡馆、酒吧、茶座以外）卫生许可证（含变更、延续）新办",
				EN: "Hygiene licence for public places other than restaurants, cafes, bars and tea houses",
			},
			Facts: notify.Facts{Name: contract.Text{ZH: "房屋租赁合同", EN: "Lease"}, Left: 30},
		}
		for locale, most := range map[string]int{web.ZH: 70, web.EN: 160} {
			_, letter := s.Letter(locale, m)
			for what, text := range map[string]string{"subject": s.Subject(locale, m), "body": s.Body(locale, m), "letter": letter, "short": s.Short(locale, m)} {
				if text == "" || strings.Contains(text, "notify.") || strings.ContainsAny(text, "{}") {
					t.Errorf("%s %s %s: %q", locale, kind, what, text)
				}
			}
			if n := len([]rune(s.Short(locale, m))); n > most {
				t.Errorf("%s %s: %d characters: %s", locale, kind, n, s.Short(locale, m))
			}
			if strings.Contains(letter, m.Number) || strings.Contains(s.Short(locale, m), m.Number) {
				t.Errorf("%s %s tells the whole number", locale, kind)
			}
		}
	}
}

// Officials read what falls to them, and nothing goes out that they did not ask for.
func TestOfficialsAreToldAndChooseHow(t *testing.T) {
	t.Parallel()
	k := open(t, contract.SupervisionRaised{Case: "C1", Agency: "bureau", Rule: "legal", Light: "red", Card: "K1", Handler: "clerk", ExplainBy: "2026-11-26", At: webtest.Now})
	const path = "/account/notices"
	box := func(p *webtest.Page, name string) bool {
		_, checked := p.Doc.Find(`input[name="group.` + name + `"][value="mail"]`).Attr("checked")
		return checked
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "told", Actor: "clerk", Path: "/inbox", Has: []string{"红牌：公共场所卫生许可", "在 2026 年 11 月 26 日（星期四）以前说明原因", "未读"}, HasNot: []string{"邮件"}},
		{Name: "in English", Actor: "clerk", Locale: "en", Path: "/inbox", Has: []string{"Work messages", "Red card: Hygiene licence", "Explain it by Thursday 26 November 2026"}},
		{Name: "others are not", Actor: "operator", Path: "/inbox", HasNot: []string{"红牌"}},
		{Name: "the applicant is not", Actor: "lin", Path: "/inbox", HasNot: []string{"红牌"}},
		{
			Name: "nothing is chosen", Actor: "clerk", Path: path, Has: []string{"黄牌和红牌", "交到我手上的办件"}, HasNot: []string{"法律规定必须告知", "办理进度"},
			Then: func(t *testing.T, p *webtest.Page) {
				if box(p, "cards") || box(p, "hands") {
					t.Error("mail is sent to who did not ask for it")
				}
			},
		},
		{Name: "chosen", Actor: "clerk", Path: path, Form: url.Values{"shown": {"mail", "sms"}, "group.cards": {"mail"}, "from": {"22:00"}, "to": {"08:00"}}, Status: 303, To: path},
		{
			Name: "kept", Actor: "clerk", Path: path,
			Then: func(t *testing.T, p *webtest.Page) {
				if !box(p, "cards") || box(p, "hands") {
					t.Errorf("cards %v, hands %v", box(p, "cards"), box(p, "hands"))
				}
			},
		},
		{Name: "no webhook", Actor: "clerk", Path: path + "/webhook", Status: 403},
		{Name: "read", Actor: "clerk", Path: "/inbox/read", Form: url.Values{}, Status: 303, To: "/inbox"},
		{Name: "nothing is new", Actor: "clerk", Path: "/inbox", HasNot: []string{"未读"}},
	})
}

// TestWebhookBodyIsGolden: others parse it.
func TestWebhookBodyIsGolden(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return webtest.Now }
	s, _ := notifytest.Open(t, now, web.NewTexts(notifyweb.Texts).T)
	body, err := s.HookBody(notify.Message{
		ID: "m1", Kind: "accept", Case: "C1", Number: "5116022026111610230004829", Due: "2026-11-30", Statutory: true,
		Item: contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}, At: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/webhook.json")
	if err != nil || strings.TrimSpace(string(want)) != string(body) {
		t.Errorf("testdata/webhook.json differs (%v), got\n%s", err, body)
	}
}

func TestPeopleChooseHowTheyAreTold(t *testing.T) {
	t.Parallel()
	k := open(t, moved("accept"))
	const path = "/account/notices"
	chosen := url.Values{
		"shown": {"mail", "sms"}, "group.progress": {"mail"}, "quiet": {"yes"}, "from": {"21:30"}, "to": {"07:00"}, "locale": {"en"},
	}
	box := func(p *webtest.Page, name, value string) (checked, disabled bool) {
		x := p.Doc.Find(`input[name="group.` + name + `"][value="` + value + `"]`)
		_, checked = x.Attr("checked")
		_, disabled = x.Attr("disabled")
		return checked, disabled
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{
			Name: "standard", Actor: "lin", Path: path, Has: []string{"l***@example.org", "138****0001", "法律规定必须告知，不能关"}, HasNot: []string{"13800000001"},
			Then: func(t *testing.T, p *webtest.Page) {
				if on, locked := box(p, "statutory", "mail"); !on || !locked {
					t.Errorf("statutory mail on %v, locked %v", on, locked)
				}
				if on, locked := box(p, "statutory", "sms"); !on || locked {
					t.Errorf("statutory sms on %v, locked %v", on, locked)
				}
			},
		},
		{Name: "wrong hours", Actor: "lin", Path: path, Form: url.Values{"from": {"x"}, "to": {"25:00"}}, Status: 422, Has: []string{"有 2 处要改"}},
		{Name: "chosen", Actor: "lin", Path: path, Form: chosen, Status: 303, To: path},
		{
			Name: "kept", Actor: "lin", Locale: "en", Path: path, Has: []string{"How we tell you", "Required by law"},
			Then: func(t *testing.T, p *webtest.Page) {
				mail, _ := box(p, "progress", "mail")
				sms, _ := box(p, "progress", "sms")
				law, _ := box(p, "statutory", "mail")
				if !mail || sms || !law {
					t.Errorf("progress by mail %v, by sms %v; statutory by mail %v", mail, sms, law)
				}
				if v := p.Doc.Find(`input[name="from"]`).AttrOr("value", ""); v != "21:30" {
					t.Errorf("from %s", v)
				}
			},
		},
		{Name: "no address", Actor: "zhou", Path: path, Has: []string{"没有填邮箱", "没有地址，收不到"}},
		{Name: "strangers sign in", Path: path, Status: 303, To: "/signin?next=%2Faccount%2Fnotices"},
		{Name: "the inbox says how it went", Actor: "lin", Path: "/inbox", Has: []string{"邮件 已发", "短信 被拒收（对方不收）", "通知设置"}},
	})
}

func TestAWebhookIsRegisteredAndItsSecretShownOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	const path = "/account/notices/webhook"
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "none yet", Actor: "lin", Path: path, Has: []string{"接口推送", "怎么验证签名"}},
		{Name: "inside", Actor: "lin", Path: path, Form: url.Values{"url": {"https://192.168.0.1/"}}, Status: 422, Has: []string{"不在公网上"}},
		{Name: "no TLS", Actor: "lin", Locale: "en", Path: path, Form: url.Values{"url": {"http://example.org/"}}, Status: 422, Has: []string{"must begin with https://"}},
		{
			Name: "registered", Actor: "lin", Path: path, Form: url.Values{"url": {"https://example.org/h"}}, Status: 200, Has: []string{"现在就抄下来", "https://example.org/h"},
		},
		{Name: "not again", Actor: "lin", Locale: "en", Path: path, Has: []string{"https://example.org/h", "Send a test"}, HasNot: []string{"Copy it now"}},
		{Name: "not another's", Actor: "zhou", Path: path, HasNot: []string{"example.org"}},
		{Name: "dropped", Actor: "lin", Path: path + "/drop", Form: url.Values{}, Status: 303, To: "/account/notices"},
		{Name: "gone", Actor: "lin", Path: path, HasNot: []string{"example.org"}},
		{Name: "staff", Actor: "clerk", Path: path, Status: 403},
	})
}

func TestOperatorsSeeWhatDidNotArrive(t *testing.T) {
	t.Parallel()
	k := open(t, moved("accept"))
	webtest.Run(t, k.Handler(), []webtest.Step{
		{
			Name: "list", Actor: "operator", Path: "/staff/notices", Has: []string{"accept", "短信", "被拒收"}, HasNot: []string{"lin", "138"},
			Then: func(t *testing.T, p *webtest.Page) {
				b := webtest.Browse(t, k.Handler()).As("operator")
				if r := b.Post(p.Doc.Find(`form[action$="/retry"]`).AttrOr("action", ""), url.Values{}); r.Status != 303 {
					t.Errorf("retry: %d", r.Status)
				}
			},
		},
		{Name: "empty", Actor: "operator", Locale: "en", Path: "/staff/notices", Has: []string{"Everything arrived"}},
		{Name: "nothing to retry", Actor: "operator", Path: "/staff/notices/x/sms/retry", Form: url.Values{}, Status: 404},
		{Name: "a clerk", Actor: "clerk", Path: "/staff/notices", Status: 403},
		{Name: "a resident", Actor: "lin", Path: "/staff/notices", Status: 404},
	})
}
