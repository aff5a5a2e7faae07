package formweb_test

import (
	"bytes"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/form/formweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func open(t *testing.T) (*formtest.World, http.Handler) {
	t.Helper()
	w := formtest.SQLite(t)
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{formweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": formtest.Lin, "zhou": formtest.Zhou,
			"clerk": {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}},
		},
		Allow: formtest.Allow(t),
	})
	formweb.Routes(k, w.Service, directory{})
	return w, k.Handler()
}

// answers are what a person types, page by page, in the order of the form.
var answers = []struct {
	page   string
	values url.Values
}{
	{"place", url.Values{}},
	{"kind", url.Values{"place_kind": {"hair"}}},
	{"size", url.Values{"area": {"４８．５"}, "seats": {"4"}}},
	{"water", url.Values{"water": {"mains"}, "water_tank": {"no"}}},
	{"hygiene", url.Values{"disinfection": {"yes"}, "disinfection_ways": {"heat", "chemical"}, "toilet": {"yes"}}},
	{"air", url.Values{"central_air": {"no"}}},
	{"staff", url.Values{"staff": {"3"}, "certified": {"3"}}},
	{"contact", url.Values{"representative": {"林晓"}, "email": {""}}},
	{"manager", url.Values{"manager_self": {"yes"}}},
	{"delivery", url.Values{"paper": {"electronic"}}},
}

// send fills the form on a page as a browser would: with what its controls show.
func send(t *testing.T, b *webtest.Browser, p *webtest.Page, values url.Values) *webtest.Page {
	t.Helper()
	f := p.Doc.Find("main form[action]").Last()
	out := url.Values{}
	f.Find("input[name], textarea[name], select[name]").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "text")
		_, checked := s.Attr("checked")
		switch {
		case kind == "file", (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(s) == "textarea":
			out.Add(name, s.Text())
		case goquery.NodeName(s) == "select":
			out.Add(name, s.Find("option[selected]").AttrOr("value", ""))
		default:
			out.Add(name, s.AttrOr("value", ""))
		}
	})
	for name, vs := range values {
		out[name] = vs
	}
	return b.Post(f.AttrOr("action", ""), out)
}

// follow goes where a page leads.
func follow(t *testing.T, b *webtest.Browser, p *webtest.Page) *webtest.Page {
	t.Helper()
	if p.Status != http.StatusSeeOther {
		t.Fatalf("status %d, want a redirect; %s", p.Status, p.Body)
	}
	next := b.Get(p.Location())
	if next.Doc != nil {
		webtest.Check(t, next)
	}
	return next
}

func multipartFile(t *testing.T, fields map[string]string, control, name, content string) (string, io.Reader) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		part, err := m.CreateFormFile(control, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), &b
}

func start(t *testing.T, w *formtest.World, b *webtest.Browser) (path string, tasks *webtest.Page) {
	t.Helper()
	p := b.Post("/apply/"+string(w.Hygiene), nil)
	return p.Location(), follow(t, b, p)
}

// The whole way, without script, in both languages.
func TestJourney(t *testing.T) {
	t.Parallel()
	for locale, says := range map[string]struct{ held, submit, step string }{
		"zh-CN": {"来自营业执照，区市监局", "提交申请", "第 2 步，共 15 步"},
		"en":    {"From: business licence, market regulation bureau", "Submit application", "step 2 of 15"},
	} {
		t.Run(locale, func(t *testing.T) {
			t.Parallel()
			w, h := open(t)
			b := webtest.Browse(t, h).As("lin").In(locale)
			draft, tasks := start(t, w, b)
			if !strings.Contains(tasks.Text("main"), "广安区清和美发店") {
				t.Errorf("tasks: %s", tasks.Text("main"))
			}
			p := b.Get(draft + "/pages/place")
			if !strings.Contains(p.Text("main"), says.held) || p.Doc.Find("#name").Length() != 0 {
				t.Errorf("held data is asked: %s", p.Text("main"))
			}
			for _, a := range answers {
				if want := draft + "/pages/" + a.page; p.Doc.Find(`form[action="`+want+`"]`).Length() != 1 {
					t.Fatalf("not at %s but: %s", want, p.Text("main"))
				}
				if a.page == "kind" && !strings.Contains(p.Text(".tb-progress"), says.step) {
					t.Errorf("progress says %s", p.Text(".tb-progress"))
				}
				next := send(t, b, p, a.values)
				if a.page == "hygiene" && next.Status == http.StatusOK { // the answer brings up a question
					next = send(t, b, next, a.values)
				}
				p = follow(t, b, next)
			}
			for _, m := range formtest.Uploads() {
				path := draft + "/materials/" + m
				typ, body := multipartFile(t, map[string]string{"do": "next"}, "file", m+".pdf", formtest.PDF(m))
				p = follow(t, b, b.Send(http.MethodPost, path, typ, body))
				if !strings.Contains(p.Text(".tb-files"), m+".pdf") {
					t.Errorf("%s does not show what was uploaded", path)
				}
				typ, body = multipartFile(t, map[string]string{"do": "next"}, "", "", "")
				p = follow(t, b, b.Send(http.MethodPost, path, typ, body))
			}
			if !strings.Contains(p.Text("main"), says.submit) {
				t.Fatalf("not at the check: %s", p.Text("main"))
			}
			if bad := send(t, b, p, nil); bad.Status != http.StatusUnprocessableEntity || bad.Doc.Find(".govuk-error-summary a[href='#declared']").Length() != 1 {
				t.Errorf("submitted without the declaration: %d", bad.Status)
			}
			done := send(t, b, p, url.Values{"declared": {"yes"}})
			if done.Status != http.StatusSeeOther || !strings.HasPrefix(done.Location(), "/cases/case-") || !strings.HasSuffix(done.Location(), "/receipt") {
				t.Fatalf("%d %s %s", done.Status, done.Location(), done.Body)
			}
			if again := send(t, b, p, url.Values{"declared": {"yes"}}); again.Location() != done.Location() || w.Count(t) != 1 {
				t.Errorf("the second click leads to %s, %d cases", again.Location(), w.Count(t))
			}
			if back := b.Get(draft + "/pages/size"); back.Location() != done.Location() {
				t.Errorf("the way back leads to %q", back.Location())
			}
			if got := w.Cases.Submitted[0].Answers["area"]; got != 48.5 {
				t.Errorf("area is %v", got)
			}
		})
	}
}

func TestWrongAnswersComeBackAsTyped(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	b := webtest.Browse(t, h).As("lin")
	draft, _ := start(t, w, b)
	send(t, b, b.Get(draft+"/pages/kind"), url.Values{"place_kind": {"hair"}})
	p := send(t, b, b.Get(draft+"/pages/size"), url.Values{"area": {"四十八"}, "seats": {""}})
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.Text("title"), "有 2 处要改") {
		t.Errorf("%d %s", p.Status, p.Text("title"))
	}
	if p.Doc.Find("#area").AttrOr("value", "") != "四十八" || !strings.Contains(p.Text("#area-error"), "营业面积要填数字，例如 48 或 48.5") {
		t.Errorf("area: %s", p.Text("main"))
	}
	if n := p.Doc.Find(".govuk-error-summary a[href='#area'], .govuk-error-summary a[href='#seats']").Length(); n != 2 {
		t.Errorf("%d links in the summary", n)
	}
	// Later, on another day: what was typed is still there, and still wrong.
	later := send(t, b, b.Get(draft+"/pages/size"), url.Values{"area": {"四十八点五"}, "seats": {"4"}, "do": {"later"}})
	tasks := follow(t, b, later)
	if !strings.Contains(tasks.Text("main"), "已保存") {
		t.Error("does not say that it was saved")
	}
	p = b.Get(draft + "/pages/size")
	if p.Doc.Find("#area").AttrOr("value", "") != "四十八点五" || p.Doc.Find("#seats").AttrOr("value", "") != "4" {
		t.Errorf("lost what was typed: %s", p.Body)
	}
	if en := b.In("en").Get(draft + "/pages/size"); !strings.Contains(en.Text("#area-error"), "Floor area: enter a number") {
		t.Errorf("English: %s", en.Text("main"))
	}
}

func TestANewQuestionIsAskedWithoutBlame(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	b := webtest.Browse(t, h).As("lin")
	draft, _ := start(t, w, b)
	p := b.Get(draft + "/pages/manager")
	if p.Doc.Find("#manager_name").Length() != 0 {
		t.Error("asks for a manager before it is needed")
	}
	p = send(t, b, p, url.Values{"manager_self": {"no"}})
	if p.Status != http.StatusOK || p.Doc.Find("#manager_name").Length() != 1 || p.Doc.Find(".govuk-error-summary").Length() != 0 {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	webtest.Check(t, p)
	if p = send(t, b, p, url.Values{"manager_self": {"no"}}); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#manager_name-error").Length() != 1 {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	p = send(t, b, p, url.Values{"manager_self": {"no"}, "manager_name": {"李敏"}, "manager_phone": {"１３８００１３８０００"}})
	if p.Location() != draft+"/pages/delivery" {
		t.Errorf("leads to %q: %s", p.Location(), p.Body)
	}
}

func TestTwoTabsShowBothAnswers(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	b := webtest.Browse(t, h).As("lin")
	draft, _ := start(t, w, b)
	send(t, b, b.Get(draft+"/pages/kind"), url.Values{"place_kind": {"shop"}})
	one, two := b.Get(draft+"/pages/size"), b.Get(draft+"/pages/size")
	send(t, b, one, url.Values{"area": {"48"}})
	p := send(t, b, two, url.Values{"area": {"52"}})
	webtest.Check(t, p)
	if p.Status != http.StatusConflict || !strings.Contains(p.Text("table"), "48 平方米") || !strings.Contains(p.Text("table"), "52 平方米") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	if p = send(t, b, p, url.Values{"do": {"next"}}); p.Location() != draft+"/pages/water" {
		t.Errorf("leads to %q", p.Location())
	}
	if p = b.Get(draft + "/pages/size"); p.Doc.Find("#area").AttrOr("value", "") != "52" {
		t.Error("what was chosen is not stored")
	}
}

func TestUploadPageSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	b := webtest.Browse(t, h).As("lin")
	draft, _ := start(t, w, b)
	path := draft + "/materials/plans"
	for name, c := range map[string]struct{ file, content, says string }{
		"nothing":  {"", "", "还没交"},
		"a script": {"一楼<script>.html", "<script>alert(1)</script>", "只收 PDF, JPG, PNG 文件"},
		"empty":    {"a.pdf", "", "文件是空的"},
		"disguise": {"a.pdf", string(formtest.PNG(4, 4)), "文件名和内容对不上"},
	} {
		typ, body := multipartFile(t, map[string]string{"do": "next"}, "file", c.file, c.content)
		p := b.Send(http.MethodPost, path, typ, body)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("#file-error"), c.says) || strings.Contains(p.Body, "<script>alert") {
			t.Errorf("%s: %d %s", name, p.Status, p.Text("main"))
		}
		webtest.Check(t, p)
	}
	typ, body := multipartFile(t, map[string]string{"do": "next"}, "file", "一楼平面图.png", string(formtest.PNG(4, 4)))
	p := follow(t, b, b.Send(http.MethodPost, path, typ, body))
	href := p.Doc.Find(".tb-files a").AttrOr("href", "")
	file := b.Get(href)
	if file.Status != http.StatusOK || file.Header.Get("Content-Type") != "image/png" || file.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: %d %v", href, file.Status, file.Header)
	}
	if stranger := b.As("zhou").Get(href); stranger.Status != http.StatusNotFound {
		t.Errorf("a stranger gets %d", stranger.Status)
	}
	typ, body = multipartFile(t, map[string]string{"way": "upload", "do": p.Doc.Find(".tb-files button[value^='drop:']").AttrOr("value", "")}, "", "", "")
	p = follow(t, b, b.Send(http.MethodPost, path, typ, body))
	if p.Doc.Find(".tb-files").Length() != 0 {
		t.Errorf("after deleting: %s", p.Text("main"))
	}
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	draft, _ := start(t, w, webtest.Browse(t, h).As("lin"))
	for _, path := range []string{"", "/pages/place", "/materials/plans", "/check", "/delete", "/files/x"} {
		webtest.Run(t, h, []webtest.Step{
			{Name: "stranger " + path, Actor: "zhou", Path: draft + path, Status: 404},
			{Name: "clerk " + path, Actor: "clerk", Path: draft + path, Status: 403},
			{Name: "nobody " + path, Path: draft + path, Status: 303},
		})
	}
	webtest.Run(t, h, []webtest.Step{
		{Name: "stranger submits", Actor: "zhou", Path: draft + "/submit", Form: url.Values{}, Status: 404},
		{Name: "stranger deletes", Actor: "zhou", Path: draft + "/delete", Form: url.Values{}, Status: 404},
		{Name: "stranger answers", Actor: "zhou", Path: draft + "/pages/kind", Form: url.Values{"shown": {"place_kind"}, "place_kind": {"shop"}}, Status: 404},
		{Name: "a person for a company's licence", Actor: "zhou", Path: "/apply/" + string(w.Hygiene), Form: url.Values{}, Has: []string{"这个事项由企业或其他单位申请", "先在账户里切换"}},
		{Name: "the same in English", Actor: "zhou", Locale: "en", Path: "/apply/" + string(w.Hygiene), Has: []string{"This service is for companies"}},
		{Name: "insists", Actor: "zhou", Path: "/apply/" + string(w.Hygiene), Form: url.Values{"new": {"yes"}}, Status: 422},
		{Name: "begun already", Actor: "lin", Path: "/apply/" + string(w.Hygiene), Form: url.Values{}, Has: []string{"您已经开始填了", "接着填", "另开一份新的"}},
		{Name: "hidden page", Actor: "lin", Path: draft + "/pages/nothing", Status: 303, To: draft},
		{Name: "unasked material", Actor: "lin", Path: draft + "/materials/aircon_report", Status: 303, To: draft},
		{Name: "asks before deleting", Actor: "lin", Path: draft + "/delete", Has: []string{"找不回来"}},
		{Name: "deletes", Actor: "lin", Path: draft + "/delete", Form: url.Values{}, Status: 303, To: "/cases"},
		{Name: "is gone", Actor: "lin", Path: draft, Status: 404},
	})
}

func TestHostileInputIsShownAsText(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	b := webtest.Browse(t, h).As("lin")
	draft, _ := start(t, w, b)
	evil := `"><script>alert(1)</script>{{7*7}}' OR 1=1 --`
	p := send(t, b, b.Get(draft+"/pages/contact"), url.Values{"representative": {evil}, "email": {evil}})
	if p.Doc.Find("script:not([src])").Length() != 0 || p.Doc.Find("#representative").AttrOr("value", "") != evil {
		t.Errorf("%s", p.Body)
	}
	for _, body := range []string{strings.Repeat("x", 300<<10), "rev=-1&shown=place_kind", "shown=" + strings.Repeat("a,", 9000) + "&rev=99999999999999999999", "%zz=%"} {
		p := b.Send(http.MethodPost, draft+"/pages/kind", "application/x-www-form-urlencoded", strings.NewReader(body))
		if p.Status >= 500 {
			t.Errorf("%.20s…: %d", body, p.Status)
		}
	}
}

func TestCorrectionPage(t *testing.T) {
	t.Parallel()
	w, h := open(t)
	w.AskToCorrect(t, contract.Mark{Kind: "field", ID: "area", Reason: "平面图上标的是 48 平方米"}, contract.Mark{Kind: "material", ID: "hygiene_report", Reason: "最后一页没有盖章"})
	b := webtest.Browse(t, h).As("lin")
	p := b.Get("/cases/c1/correct")
	webtest.Check(t, p)
	for _, want := range []string{"请补正 2 处", "最迟 2026 年 12 月 1 日（星期二）补好", "48.5 平方米", "平面图上标的是 48 平方米", "hygiene_report.pdf", "没有问题的"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("does not say %s: %s", want, p.Text("main"))
		}
	}
	if p.Doc.Find("#area").AttrOr("value", "") != "" || p.Doc.Find("#staff, #seats").Length() != 0 {
		t.Error("opens what is in order, or offers the wrong answer again")
	}
	rev := p.Doc.Find("main form[novalidate] input[name=rev]").AttrOr("value", "")
	typ, body := multipartFile(t, map[string]string{"do": "submit", "rev": rev, "area": "48"}, "", "", "")
	p = b.Send(http.MethodPost, "/cases/c1/correct", typ, body)
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#area").AttrOr("value", "") != "48" || p.Doc.Find(".govuk-error-summary li").Length() != 1 {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	rev = p.Doc.Find("main form[novalidate] input[name=rev]").AttrOr("value", "")
	typ, body = multipartFile(t, map[string]string{"do": "submit", "rev": rev, "area": "48"}, "material.hygiene_report", "第6页.png", string(formtest.PNG(4, 4)))
	p = b.Send(http.MethodPost, "/cases/c1/correct", typ, body)
	if p.Status != http.StatusSeeOther || p.Location() != "/cases/c1" || len(w.Cases.Resent) != 1 || w.Cases.Resent[0]["area"] != 48.0 {
		t.Fatalf("%d %q %s", p.Status, p.Location(), p.Body)
	}
	if p = b.As("zhou").Get("/cases/c1/correct"); p.Status != http.StatusNotFound {
		t.Errorf("a stranger sees %d", p.Status)
	}
	if en := b.In("en").Get("/cases/c1/correct"); !strings.Contains(en.Text("main"), "2 things to correct") {
		t.Errorf("English: %s", en.Text("main"))
	}
}

// Every fault a field or a file can have is a sentence in both languages.
func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	v := webtest.New(t, webtest.Options{Texts: []fs.FS{formweb.Texts}})
	for _, e := range form.Faults() {
		for _, locale := range []string{"zh-CN", "en"} {
			if s := v.ViewOf(locale, auth.Principal{}).Fault(e); s == e.Code || strings.Contains(s, "{") {
				t.Errorf("%s in %s: %q", e.Code, locale, s)
			}
		}
	}
}
