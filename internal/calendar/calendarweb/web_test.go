package calendarweb_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/calendar/calendarweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

var engine = policy.Must(map[string]string{"calendar": calendar.Policies})

func people() map[string]auth.Principal {
	return map[string]auth.Principal{
		"admin": {Kind: auth.Staff, ID: "admin", Name: "系统管理员", Roles: []string{auth.RoleAdministrator}, Division: "511602"},
		"clerk": {Kind: auth.Staff, ID: "clerk", Name: "窗口", Roles: []string{auth.RoleClerk}, Division: "511602"},
		"zhou":  {Kind: auth.Resident, ID: "zhou", Name: "周淑芬"},
	}
}

func names(_ context.Context, code string) (contract.Text, error) {
	t, ok := map[string]contract.Text{
		"51": {ZH: "四川省", EN: "Sichuan"}, "5116": {ZH: "广安市", EN: "Guang’an"}, "511602": {ZH: "广安区", EN: "Guang’an District"},
	}[code]
	if !ok {
		return t, errors.New("unknown")
	}
	return t, nil
}

func service(t testing.TB) *calendar.Service {
	t.Helper()
	d := dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "calendar", Files: calendar.Migrations})
	now := func() time.Time { return webtest.Now }
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	return calendar.New(calendar.Config{
		DB: d, Events: event.New(d, q, now, id.New), Policy: engine, Now: now, Log: slog.New(slog.DiscardHandler), Root: "511602",
	})
}

func pages(t *testing.T) http.Handler {
	t.Helper()
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{calendarweb.Texts}, Actors: people(),
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
	})
	calendarweb.Routes(k, service(t), names)
	return k.Handler()
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

const table = "2027-02-05,off,春节\n2027-01-30,work,春节\n"

func TestPublicPage(t *testing.T) {
	t.Parallel()
	webtest.Run(t, pages(t), []webtest.Step{
		{
			Name: "anybody may see how days are counted", Path: "/calendar",
			Has:    []string{"工作日怎么算", "广安区 2026 年", "全年 248 个工作日", "2 月 15 日 至 2 月 23 日", "放假 9 天", "国务院办公厅通知"},
			HasNot: []string{"录入"},
		},
		{
			Name: "in English", Path: "/calendar?region=&year=2026", Locale: web.EN,
			Has: []string{"How working days are counted", "The whole country, 2026", "248 working days", "Spring Festival", "off, 9 days", "15 February to 23 February"},
		},
		{Name: "a year without notice is provisional", Path: "/calendar?year=2027", Has: []string{"2027 年是预计的", "固定节日，预计"}},
		{
			Name: "a due day is worked out", Path: "/calendar?from-year=2026&from-month=9&from-day=18&days=20",
			Has: []string{"第 20 个工作日：2026 年 10 月 22 日（星期四）", "9 月 20 日：周末调休上班", "10 月 1 日 至 10 月 7 日：国庆节放假"},
		},
		{
			Name: "a date that is none", Path: "/calendar?from-year=2026&from-month=2&from-day=30&days=0", Status: http.StatusUnprocessableEntity,
			Has: []string{"有 2 处要改", "日期要写年、月、日", "1 到 1000"},
		},
		{Name: "a year out of range", Path: "/calendar?year=1900", Status: http.StatusUnprocessableEntity},
		{Name: "a region that is none", Path: "/calendar?region=abc", Status: http.StatusUnprocessableEntity},
		{Name: "another region by its code", Path: "/calendar?region=440300", Has: []string{"4403 2026 年"}},
	})
}

func TestDesk(t *testing.T) {
	t.Parallel()
	newYear := form("region", "", "year", "2027", "source", "国办发明电〔2026〕7号", "table", table)
	webtest.Run(t, pages(t), []webtest.Step{
		{Name: "staff see the desk", Actor: "clerk", Path: "/staff/calendar", Has: []string{"由系统管理员维护"}, HasNot: []string{"改一天"}},
		{Name: "residents do not", Actor: "zhou", Path: "/staff/calendar", Status: http.StatusNotFound, HasNot: []string{"录入"}},
		{Name: "a clerk edits nothing", Actor: "clerk", Path: "/staff/calendar/day", Status: http.StatusForbidden},
		{Name: "nor by sending the form", Actor: "clerk", Path: "/staff/calendar/table", Form: newYear, Status: http.StatusForbidden},
		{Name: "an administrator may edit", Actor: "admin", Path: "/staff/calendar?region=&year=2027", Has: []string{"录入整年的表", "改一天", "没有通知"}},

		{Name: "a table is asked for", Actor: "admin", Path: "/staff/calendar/table?region=&year=2027", Has: []string{"录入 2027 年的表", "全国"}},
		{
			Name: "each bad line is told", Actor: "admin", Path: "/staff/calendar/table/preview", Status: http.StatusUnprocessableEntity,
			Form: form("region", "", "year", "2027", "table", "2027-02-05,off,春节\n30 January,work,春节\n2027-03-01,maybe,x"),
			Has:  []string{"有 2 处要改", "第 2 行：日期要写成", "第 3 行：第二格", "依据要填"},
		},
		{
			Name: "a good one is shown before it is stored", Actor: "admin", Path: "/staff/calendar/table/preview", Form: newYear,
			Has:    []string{"核对 2027 年的表", "读到 2 行", "2027 年 2 月 5 日（星期五）：由上班改为放假（春节）", "2027 年 1 月 30 日（星期六）：由放假改为上班（春节）", "表里可能漏了国庆节", "2027 年 10 月 1 日（星期五）：由放假改为上班"},
			HasNot: []string{"（）"},
		},
		{Name: "nothing was stored yet", Path: "/calendar?year=2027", Has: []string{"2027 年是预计的"}},
		{Name: "it can be changed again", Actor: "admin", Path: "/staff/calendar/table/edit", Form: newYear, Has: []string{"2027-01-30,work"}},
		{Name: "and stored", Actor: "admin", Path: "/staff/calendar/table", Form: newYear, Status: http.StatusSeeOther, To: "/staff/calendar?region=&year=2027"},
		{
			Name: "then the year is known, with its source", Actor: "admin", Path: "/staff/calendar?region=&year=2027",
			Has: []string{"整张表已保存", "放假安排已经公布", "国办发明电〔2026〕7号", "取消录入的整张表"},
		},
		{Name: "to everybody", Path: "/calendar?year=2027", Has: []string{"放假安排已经公布", "春节"}},

		{
			Name: "a day needs everything", Actor: "admin", Path: "/staff/calendar/day", Status: http.StatusUnprocessableEntity,
			Form: form("region", "511602", "date-year", "2026", "date-month", "11", "date-day", "31"),
			Has:  []string{"有 4 处要改", "日期要写年、月、日", "选择放假还是上班", "名称要填", "依据要填"},
		},
		{
			Name: "and words", Actor: "admin", Path: "/staff/calendar/day", Status: http.StatusUnprocessableEntity,
			Form: form("region", "511602", "date-year", "2026", "date-month", "11", "date-day", "25", "kind", "off"),
			Has:  []string{"有 2 处要改", "名称要填", "依据要填"},
		},
		{
			Name: "a day is entered", Actor: "admin", Path: "/staff/calendar/day", Status: http.StatusSeeOther, To: "/staff/calendar?region=511602&year=2026",
			Form: form("region", "511602", "date-year", "2026", "date-month", "11", "date-day", "25", "kind", "off", "name", "县庆", "source", "https://example.gov.cn/1"),
		},
		{Name: "and shown", Actor: "admin", Path: "/staff/calendar?region=511602&year=2026", Has: []string{"在这里录入的", "县庆", "全年 247 个工作日"}},
		{
			Name: "and taken back", Actor: "admin", Path: "/staff/calendar/day/remove", Status: http.StatusSeeOther, To: "/staff/calendar?region=511602&year=2026",
			Form: form("region", "511602", "year", "2026", "date", "2026-11-25"),
		},
		{
			Name: "once", Actor: "admin", Path: "/staff/calendar/day/remove", Status: http.StatusNotFound,
			Form: form("region", "511602", "year", "2026", "date", "2026-11-25"),
		},
		{Name: "taking back a table asks first", Actor: "admin", Path: "/staff/calendar/table/remove?region=&year=2027", Has: []string{"取消 2027 年录入的表"}},
		{
			Name: "then does it", Actor: "admin", Path: "/staff/calendar/table/remove", Form: form("region", "", "year", "2027"),
			Status: http.StatusSeeOther, To: "/staff/calendar?region=&year=2027",
		},
		{Name: "a table that is not there", Actor: "admin", Path: "/staff/calendar/table/remove?region=&year=2027", Status: http.StatusNotFound},
		{Name: "the staff page in English", Actor: "admin", Locale: web.EN, Path: "/staff/calendar?region=511602&year=2026", Has: []string{"Enter a whole table", "Guang’an District, 2026"}},
	})
}

func TestTheYearHasTwelveMonthsFromMonday(t *testing.T) {
	t.Parallel()
	p := webtest.Browse(t, pages(t)).Get("/calendar?region=&year=2026")
	if n := p.Doc.Find(".tb-cal__month").Length(); n != 12 {
		t.Errorf("%d months", n)
	}
	if n := p.Doc.Find(".tb-cal__day").Length(); n != 365 {
		t.Errorf("%d days", n)
	}
	if off, work := p.Doc.Find(".tb-cal__day.is-off").Length(), p.Doc.Find(".tb-cal__day.is-work").Length(); off != 33 || work != 6 {
		t.Errorf("%d off, %d make-up days", off, work)
	}
	first := p.Doc.Find(".tb-cal__month").First().Find("tbody tr").First().Find("td")
	if strings.TrimSpace(first.Eq(2).Text()) != "" || !strings.HasPrefix(strings.TrimSpace(first.Eq(3).Text()), "1") {
		t.Errorf("1 January 2026 is a Thursday: %q", first.Text())
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	a := api.New(api.Config{
		Mux: mux, Policy: engine, NewID: id.New, Version: "test", Log: slog.New(slog.DiscardHandler),
		Actor:  func(*http.Request) (auth.Principal, error) { return auth.Principal{}, nil },
		Locale: func(*http.Request) string { return web.ZH },
		Text:   func(_, key string, _ ...any) string { return key },
	})
	calendarweb.API(a, service(t))
	if bad := a.Unknown(); len(bad) != 0 {
		t.Errorf("actions nobody may do: %+v", bad)
	}
	for _, tt := range []struct {
		path   string
		status int
		has    []string
	}{
		{"/calendar/2026", 200, []string{`"workdays":248`, `"provisional":false`, `{"date":"2026-02-14","workday":true,"reason":"makeup","name":"春节"}`, "content_7047091"}},
		{"/calendar/2027?region=511602000000", 200, []string{`"region":"511602"`, `"provisional":true`, `"notices":[]`}},
		{"/calendar/1900", 422, []string{"calendar.year"}},
		{"/calendar/2026?region=x", 422, []string{"calendar.region"}},
		{"/workdays?from=2026-09-18&days=20", 200, []string{`"date":"2026-10-22"`, `"reason":"makeup"`}},
		{"/workdays?from=2026-12-20&days=20", 200, []string{`"provisional":true`}},
		{"/workdays?from=soon&days=20", 422, []string{"calendar.date"}},
		{"/workdays?from=2026-09-18&days=0", 422, []string{"calendar.count"}},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, api.Prefix+tt.path, nil))
		if w.Code != tt.status || w.Code == http.StatusOK && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %s", tt.path, w.Code, w.Body)
		}
		for _, x := range tt.has {
			if !strings.Contains(w.Body.String(), x) {
				t.Errorf("%s does not say %s: %s", tt.path, x, w.Body)
			}
		}
	}
}
