package formweb_test

import (
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/form/formweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// at is a clerk while somebody stands at the window; the window is 3.
func at(clerk, person, name, subject string) auth.Principal {
	return auth.Principal{
		Kind: auth.Staff, ID: clerk, Name: "岗位 " + clerk, Roles: []string{auth.RoleCounter}, Agency: "bureau", Level: 3,
		For: auth.Acting{Kind: auth.ForCounter, ID: subject, Name: name, Mandate: "session-" + clerk, Person: person, PersonName: name},
	}
}

// window opens the pages for a clerk, with each of these at the window.
func window(t *testing.T, w *formtest.World) http.Handler {
	t.Helper()
	free := at("window1", "", "", "")
	free.For = auth.Acting{}
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{formweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": formtest.Lin, "zhou": formtest.Zhou, "nobody there": free,
			"with lin": at("window1", "lin", "林晓", "qinghe"), "with zhou": at("window1", "zhou", "周淑芬", "zhou"), "with zhao": at("window1", "zhao", "赵志远", "zhao"),
		},
		Allow: formtest.Allow(t),
	})
	formweb.Routes(k, w.Service, directory{})
	return k.Handler()
}

// post sends a form with files as a browser without scripts does.
func post(t *testing.T, b *webtest.Browser, path string, fields map[string]string, files ...[3]string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range fields {
		must(t, m.WriteField(k, v))
	}
	for _, f := range files {
		part, err := m.CreateFormFile(f[0], f[1])
		must(t, err)
		_, err = part.Write([]byte(f[2]))
		must(t, err)
	}
	must(t, m.Close())
	return b.Send(http.MethodPost, path, m.FormDataContentType(), &body)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func revOf(p *webtest.Page) string {
	return p.Doc.Find("main form input[name=rev]").Last().AttrOr("value", "")
}

// confirmThere confirms what stands there as the person does.
func confirmThere(t *testing.T, b *webtest.Browser, path string, fields map[string]string, files ...[3]string) *webtest.Page {
	t.Helper()
	fields["do"], fields["rev"] = "confirm", revOf(b.Get(path))
	return post(t, b, path, fields, files...)
}

const drawn = "M10 10L200 80L300 20"

// begunThere is a complete application for the salon, begun at the window.
func begunThere(t *testing.T, w *formtest.World) string {
	t.Helper()
	return "/drafts/" + string(w.CompleteFor(t, at("window1", "lin", "林晓", "qinghe")))
}

// Originals are compared, what is read is confirmed, and only then it is sent; all
// of it without a script.
func TestCounterTakesIn(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	h := window(t, w)
	draft := begunThere(t, w)
	b := webtest.Browse(t, h).As("with lin")
	unconfirmed(t, b, draft)
	page := b.Get(draft + "/counter")
	boxes := page.Doc.Find("input[type=checkbox][name^='seen.']")
	if boxes.Length() != len(formtest.Uploads()) {
		t.Fatalf("%d originals: %s", boxes.Length(), page.Text("main"))
	}
	one := strings.TrimPrefix(boxes.First().AttrOr("name", ""), "seen.")
	if p := post(t, b, draft+"/counter", map[string]string{"do": "originals", "seen." + one: "yes", "paper." + one: "burnt"}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("the paper is nowhere: %d", p.Status)
	}
	p := follow(t, b, post(t, b, draft+"/counter", map[string]string{"do": "originals", "seen." + one: "yes", "paper." + one: contract.PaperKept}))
	if p.Doc.Find("input[name='seen."+one+"'][checked]").Length() != 1 || p.Doc.Find("input[name='paper."+one+"'][value=kept][checked]").Length() != 1 {
		t.Errorf("not kept: %s", p.Text("main"))
	}
	badlyConfirmed(t, b, draft)
	p = follow(t, b, confirmThere(t, b, draft+"/counter", map[string]string{"witness": "yes", "method": "paper"}, [3]string{"sheet", "签字页.png", string(formtest.PNG(6, 4))}))
	if !strings.Contains(p.Text("#counter"), "岗位 window1") || !strings.Contains(p.Text("#counter"), "林晓") {
		t.Errorf("does not say who confirmed: %s", p.Text("#counter"))
	}
	// A change makes it void, and the person confirms again, on the screen.
	send(t, b, b.Get(draft+"/pages/staff"), url.Values{"staff": {"4"}, "certified": {"4"}})
	p = b.Get(draft + "/check")
	if p = b.Post(draft+"/submit", url.Values{"rev": {revOf(p)}, "declared": {"yes"}}); p.Status != http.StatusUnprocessableEntity || w.Count(t) != 0 {
		t.Errorf("changed since: %d", p.Status)
	}
	if p := post(t, b, draft+"/counter", map[string]string{"do": "confirm", "rev": "1", "witness": "yes", "method": "paper"}); p.Status != http.StatusConflict {
		t.Errorf("an old page is confirmed: %d", p.Status)
	}
	p = follow(t, b, confirmThere(t, b, draft+"/counter", map[string]string{"witness": "yes", "method": "drawn", "mark-drawn": drawn}))
	done := b.Post(draft+"/submit", url.Values{"rev": {revOf(p)}, "declared": {"yes"}})
	if done.Status != http.StatusSeeOther || !strings.HasSuffix(done.Location(), "/receipt") || w.Count(t) != 1 {
		t.Fatalf("%d %q %s", done.Status, done.Location(), done.Text("main"))
	}
	if again := b.Post(draft+"/submit", url.Values{"rev": {revOf(p)}, "declared": {"yes"}}); again.Location() != done.Location() || w.Count(t) != 1 {
		t.Errorf("the second click: %q", again.Location())
	}
	sub := w.Cases.Submitted[0]
	if sub.Counter.Window != "3" || !sub.Counter.Paper || len(sub.Originals) != 1 || sub.Confirmed == nil || sub.Confirmed.Method != contract.ConfirmDrawn {
		t.Errorf("submitted: %+v %v %+v", sub.Counter, sub.Originals, sub.Confirmed)
	}
}

// unconfirmed is refused at its place, in both languages.
func unconfirmed(t *testing.T, b *webtest.Browser, draft string) {
	t.Helper()
	for locale, says := range map[string]string{"zh-CN": "申请人还没有当面确认，不能提交", "en": "has not confirmed yet"} {
		b := b.In(locale)
		check := b.Get(draft + "/check")
		webtest.Check(t, check)
		p := b.Post(draft+"/submit", url.Values{"rev": {revOf(check)}, "declared": {"yes"}})
		webtest.Check(t, p)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("#counter .govuk-error-message"), says) ||
			p.Doc.Find(".govuk-error-summary a[href='#counter']").Length() != 1 || p.Doc.Find("#counter a").Length() != 1 {
			t.Errorf("%s: sent unconfirmed: %d %s", locale, p.Status, p.Text("main"))
		}
		webtest.Check(t, b.Get(draft+"/counter"))
	}
}

// badlyConfirmed are confirmations that are none.
func badlyConfirmed(t *testing.T, b *webtest.Browser, draft string) {
	t.Helper()
	for name, try := range map[string]struct {
		fields map[string]string
		at     string
	}{
		"nobody saw it":    {map[string]string{"method": "paper"}, "#witness-error"},
		"in no way":        {map[string]string{"witness": "yes"}, "#method-error"},
		"an empty pad":     {map[string]string{"witness": "yes", "method": "drawn"}, "#mark-error"},
		"a name for lines": {map[string]string{"witness": "yes", "method": "drawn", "mark-drawn": "林晓"}, "#mark-error"},
	} {
		p := confirmThere(t, b, draft+"/counter", try.fields)
		webtest.Check(t, p)
		if p.Status != http.StatusUnprocessableEntity || p.Text(try.at) == "" {
			t.Errorf("%s: %d %s", name, p.Status, p.Text("main"))
		}
	}
	if p := confirmThere(t, b, draft+"/counter", map[string]string{"witness": "yes", "method": "paper"}, [3]string{"sheet", "签字页.exe", "MZ"}); p.Status != http.StatusUnprocessableEntity || p.Text("#sheet-error") == "" {
		t.Errorf("a program for a sheet: %d %s", p.Status, p.Text("main"))
	}
}

// After the session, with the next person and with no clerk, nothing is there.
func TestCounterIsClosedAfterwards(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	h := window(t, w)
	draft := begunThere(t, w)
	b := webtest.Browse(t, h).As("with lin")
	file := b.Get(draft+"/materials/plans").Doc.Find(".tb-files a").AttrOr("href", "")
	if file == "" || b.Get(file).Status != http.StatusOK || b.Get(draft+"/application.pdf").Status != http.StatusOK {
		t.Fatal("the clerk does not see what the person handed in")
	}
	for _, path := range []string{
		draft, draft + "/pages/place", draft + "/materials/plans", draft + "/check", draft + "/counter", draft + "/application.pdf", draft + "/signers", draft + "/delete", file,
	} {
		for who, want := range map[string]int{"nobody there": http.StatusForbidden, "with zhou": http.StatusNotFound, "zhou": http.StatusNotFound} {
			if p := b.As(who).Get(path); p.Status != want && p.Status != http.StatusForbidden {
				t.Errorf("%s at %s: %d, want %d", who, path, p.Status, want)
			}
		}
	}
	for _, path := range []string{"/submit", "/counter", "/delete", "/pages/staff", "/materials/plans", "/recall"} {
		for _, who := range []string{"nobody there", "with zhou", "zhou"} {
			p := post(t, b.As(who), draft+path, map[string]string{"do": "confirm", "method": "paper", "witness": "yes"})
			if p.Status != http.StatusNotFound && p.Status != http.StatusForbidden {
				t.Errorf("%s does %s: %d", who, path, p.Status)
			}
		}
	}
	if p := b.As("lin").Get(draft + "/counter"); p.Status != http.StatusForbidden && p.Status != http.StatusNotFound {
		t.Errorf("online there is no window: %d", p.Status)
	}
	if p := b.As("lin").Get(draft + "/check"); p.Status != http.StatusOK {
		t.Errorf("the person does not go on online: %d", p.Status)
	}
}

// An original without a file is compared, and scanned by the clerk.
func TestCounterScansAnOriginal(t *testing.T) {
	t.Parallel()
	w, _, draft := everything(t)
	b := webtest.Browse(t, window(t, w)).As("with zhou")
	complete(t, b, draft, "yes")
	if p := post(t, b, draft+"/materials/lease", map[string]string{"way": "counter", "do": "next"}); p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	page := b.Get(draft + "/counter")
	webtest.Check(t, page)
	scan := page.Doc.Find("input[type=file][name='scan.lease']")
	box := scan.Closest("li").Find("input[name^='seen.']").First().AttrOr("name", "")
	if scan.Length() != 1 || box == "" {
		t.Fatalf("nothing to scan: %s", page.Text("main"))
	}
	if p := post(t, b, draft+"/counter", map[string]string{"do": "originals", box: "yes"}); p.Status != http.StatusSeeOther {
		t.Fatalf("compared without a file: %d %s", p.Status, p.Text("main"))
	}
	if p := post(t, b, draft+"/counter", map[string]string{"do": "originals", box: "yes"}, [3]string{"scan.lease", "合同.exe", "MZ"}); p.Status != http.StatusUnprocessableEntity || p.Text("[id='scan.lease-error']") == "" {
		t.Errorf("a program: %d %s", p.Status, p.Text("main"))
	}
	p := follow(t, b, post(t, b, draft+"/counter", map[string]string{"do": "originals", box: "yes"}, [3]string{"scan.lease", "合同.pdf", formtest.PDF("lease")}))
	if !strings.Contains(p.Text("main"), "合同.pdf") || p.Doc.Find("input[name^='seen.'][checked]").Length() != 1 {
		t.Errorf("scanned: %s", p.Text("main"))
	}
	href := ""
	p.Doc.Find("main a").Each(func(_ int, s *goquery.Selection) {
		if strings.Contains(s.AttrOr("href", ""), "/files/") {
			href = s.AttrOr("href", "")
		}
	})
	if got := b.Get(href); got.Status != http.StatusOK || got.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the scan at %q: %d", href, got.Status)
	}
	follow(t, b, confirmThere(t, b, draft+"/counter", map[string]string{"witness": "yes", "method": "drawn", "mark-drawn": drawn}))
	sent := send(t, b, b.Get(draft+"/check"), url.Values{"declared": {"yes"}, "signature-drawn": {drawn}})
	// The signature on the form is an answer: whatever is entered after the
	// confirmation makes it void.
	if sent.Status == http.StatusUnprocessableEntity && strings.Contains(sent.Text("#counter"), "确认") {
		follow(t, b, confirmThere(t, b, draft+"/counter", map[string]string{"witness": "yes", "method": "paper"}))
		sent = send(t, b, b.Get(draft+"/check"), url.Values{"declared": {"yes"}, "signature-drawn": {drawn}})
	}
	if sent.Location() != draft+"/signers" {
		t.Fatalf("not sent to who signs: %d %q %s", sent.Status, sent.Location(), sent.Text("main"))
	}
	link := follow(t, b, sent).Text(".tb-link")
	signThere(t, w, b, link[strings.Index(link, "/signatures/"):])
}

// signThere signs for who came along, at the window: by hand before the clerk, and
// never with a name that the clerk types.
func signThere(t *testing.T, w *formtest.World, b *webtest.Browser, path string) {
	t.Helper()
	if p := b.Get(path); p.Status != http.StatusNotFound {
		t.Errorf("signs for the wrong person: %d", p.Status)
	}
	none := b.As("nobody there")
	b = b.As("with zhao")
	if p := send(t, b, b.Get(path+"/pages/consent"), url.Values{"view": {"同意"}}); p.Location() != path {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	if p := post(t, b, path+"/materials/spouse_id", nil, [3]string{"file", "证明.pdf", formtest.PDF("spouse")}); p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	p := b.Get(path)
	webtest.Check(t, p)
	for _, bad := range []url.Values{{}, {"mark": {"赵志远"}}, {"mark-drawn": {"赵志远"}}} {
		if p := b.Post(path, bad); p.Status != http.StatusUnprocessableEntity || p.Text("#mark-error") == "" {
			t.Errorf("%v: %d %s", bad, p.Status, p.Text("main"))
		}
	}
	if p := none.Post(path, url.Values{"paper": {"yes"}}); p.Status != http.StatusForbidden && p.Status != http.StatusNotFound {
		t.Errorf("after the session: %d", p.Status)
	}
	if p := b.Post(path, url.Values{"paper": {"yes"}}); p.Location() != "/signatures" || w.Count(t) != 1 {
		t.Fatalf("%d %q, %d cases: %s", p.Status, p.Location(), w.Count(t), p.Text("main"))
	}
	sub := w.Cases.Submitted[0]
	if len(sub.Signatures) != 1 || sub.Signatures[0].Method != "paper" || sub.Counter.Window != "3" || sub.Confirmed == nil {
		t.Errorf("submitted: %+v, %+v", sub.Signatures, sub.Counter)
	}
	for _, m := range sub.Materials {
		if m.ID == "lease" && (m.Level != "B" || m.Seen == nil || m.Blob == "") {
			t.Errorf("the scanned original: %+v", m)
		}
	}
}

// A correction is handed in at a window like an application: confirmed.
func TestCounterCorrects(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	h := window(t, w)
	w.AskToCorrect(t, contract.Mark{Kind: "field", ID: "area", Reason: "平面图上标的是 48 平方米"}, contract.Mark{Kind: "material", ID: "hygiene_report", Reason: "没有盖章"})
	b := webtest.Browse(t, h).As("with lin")
	p := b.Get("/cases/c1/correct")
	webtest.Check(t, p)
	p = post(t, b, "/cases/c1/correct", map[string]string{"do": "submit", "rev": revOf(p), "area": "48"}, [3]string{"material.hygiene_report", "第6页.png", string(formtest.PNG(4, 4))})
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("#counter .govuk-error-message"), "还没有当面确认") || len(w.Cases.Resent) != 0 {
		t.Fatalf("unconfirmed: %d %s", p.Status, p.Text("main"))
	}
	there := p.Doc.Find("#counter a").AttrOr("href", "")
	webtest.Check(t, b.Get(there))
	p = follow(t, b, confirmThere(t, b, there, map[string]string{"witness": "yes", "method": "drawn", "mark-drawn": drawn}))
	if p.Doc.Find("form[action='/cases/c1/correct']").Length() != 1 {
		t.Fatalf("does not lead back: %s", p.Text("main"))
	}
	done := post(t, b, "/cases/c1/correct", map[string]string{"do": "submit", "rev": revOf(p), "area": "48"})
	if done.Location() != "/cases/c1" || len(w.Cases.Resent) != 1 || len(w.Cases.Attested) != 1 || w.Cases.Attested[0].Method != contract.ConfirmDrawn {
		t.Fatalf("%d %q %+v %s", done.Status, done.Location(), w.Cases.Attested, done.Text("main"))
	}
	for _, who := range []string{"nobody there", "with zhou"} {
		if p := b.As(who).Get("/cases/c1/correct"); p.Status != http.StatusForbidden && p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", who, p.Status)
		}
	}
}
