package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func TestFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	r := request(t, http.MethodPost, "/x?area=9", "area=+48+&seats=&w=a&w=b")
	f, err := web.ReadForm(httptest.NewRecorder(), r, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if f.Get("area") != "48" || f.Raw("area") != " 48 " {
		t.Errorf("area %q, raw %q: the query must not mix in", f.Get("area"), f.Raw("area"))
	}
	if !f.Has("w", "b") || len(f.All("w")) != 2 || f.Bad() {
		t.Errorf("w is %v", f.All("w"))
	}
	var none *web.Form
	if none.Get("x") != "" || none.Bad() || none.Fault("x") != nil || none.File("x") != nil {
		t.Error("a nil form is not empty")
	}
}

func TestFormTakesOverFaults(t *testing.T) {
	t.Parallel()
	var x fault.Form
	x.Add("area", "form.date")
	f := web.NewForm(url.Values{})
	if !f.Fail(x.Err()) || f.Fault("area") == nil || len(f.Faults()) != 1 {
		t.Errorf("faults %v", f.Faults())
	}
	if !web.NewForm(nil).Fail(fault.New(fault.Conflict, "x")) {
		t.Error("a conflict is the person's to mend")
	}
	if web.NewForm(nil).Fail(fault.New(fault.NotFound, "x")) || web.NewForm(nil).Fail(http.ErrBodyNotAllowed) {
		t.Error("what the person cannot mend must go on")
	}
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if err := m.WriteField("note", "图"); err != nil {
		t.Fatal(err)
	}
	part, err := m.CreateFormFile("plan", "平面图.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, 3000)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := request(t, http.MethodPost, "/x", b.String())
	r.Header.Set("Content-Type", m.FormDataContentType())
	f, err := web.ReadForm(httptest.NewRecorder(), r, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	files := f.File("plan")
	if f.Get("note") != "图" || len(files) != 1 || files[0].Filename != "平面图.png" || files[0].Size != 3000 {
		t.Errorf("note %q, files %v", f.Get("note"), files)
	}
	r = request(t, http.MethodPost, "/x", b.String())
	r.Header.Set("Content-Type", m.FormDataContentType())
	if _, err := web.ReadForm(httptest.NewRecorder(), r, 1000); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("too large gave %v", err)
	}
}

func TestDateField(t *testing.T) {
	t.Parallel()
	for in, want := range map[[3]string]string{
		{"2026", "11", "24"}: "2026-11-24", {"2026", "2", "29"}: "fault", {"", "", ""}: "",
		{"2026", "11", ""}: "fault", {"26", "11", "24"}: "fault", {"2026", "x", "1"}: "fault", {"2026", "-1", "1"}: "fault",
	} {
		f := web.NewForm(url.Values{"d-year": {in[0]}, "d-month": {in[1]}, "d-day": {in[2]}})
		d, err := f.Date("d")
		got := d.String()
		if err != nil {
			got = "fault"
		}
		if got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	zh, en := webtest.View(t, web.ZH, webtest.Options{Texts: []fsFS{notices}}), webtest.View(t, web.EN, webtest.Options{Texts: []fsFS{notices}})
	d := day.Of(2026, time.November, 24)
	at := time.Date(2026, 11, 16, 2, 32, 0, 0, time.UTC)
	late := time.Date(2026, 11, 16, 20, 0, 0, 0, time.UTC) // already the 17th in China
	for _, x := range []struct{ got, want string }{
		{zh.Date(d), "2026 年 11 月 24 日（星期二）"},
		{en.Date(d), "Tuesday 24 November 2026"},
		{zh.DatePlain(d), "2026 年 11 月 24 日"},
		{en.DatePlain(d), "24 November 2026"},
		{zh.DateShort(d), "11 月 24 日"},
		{en.DateShort(d), "24 November"},
		{zh.DateTable(d), "11-24"},
		{zh.DateTable(d.Add(100)), "2027-03-04"},
		{zh.Weekday(d), "星期二"},
		{en.Weekday(d), "Tuesday"},
		{zh.Time(at), "2026 年 11 月 16 日 10:32"},
		{en.Time(at), "16 November 2026, 10:32"},
		{zh.TimeShort(late), "11 月 17 日 04:00"},
		{en.TimeShort(late), "17 November, 04:00"},
		{zh.Date(day.Date{}) + zh.Time(time.Time{}) + zh.DateTable(day.Date{}), ""},
		{zh.Machine(at), "2026-11-16T10:32:00+08:00"},
		{zh.Days(5), "5 个工作日"},
		{en.Days(1), "1 working day"},
		{en.Days(5), "5 working days"},
		{en.CalendarDays(1), "1 day"},
		{zh.Number(1135), "1,135"},
		{zh.Number(-1234567), "-1,234,567"},
		{zh.Number(7), "7"},
		{zh.Share(3374, 3412), "98.9%"},
		{zh.Share(1, 0), "–"},
		{zh.Size(84_400), "84 KB"},
		{zh.Size(1_800_000), "1.8 MB"},
		{zh.Size(12), "12 B"},
		{zh.Join([]string{"甲", "乙"}), "甲、乙"},
		{en.Join([]string{"A", "B"}), "A, B"},
		{zh.Pick("中", "en"), "中"},
		{en.Pick("中", "en"), "en"},
		{en.Pick("中", ""), "中"},
		{en.T("test.count", "n", 1, "who", d), "1 case, Tuesday 24 November 2026"},
		{en.T("test.count", "n", 2, "who", 90*time.Second), "2 cases, 90 seconds"},
		{zh.T("test.count", "n", 1, "who", 15*time.Minute), "1 件，15 分钟"},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}
