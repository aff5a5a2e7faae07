package formweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// complete fills in everything that Zhou has to.
func complete(t *testing.T, b *webtest.Browser, draft, commit string) {
	t.Helper()
	send(t, b, b.Get(draft+"/consent"), url.Values{"consent.marriage": {"yes"}})
	fill(t, b, draft, "person", url.Values{"grown": {"yes"}})
	fill(t, b, draft, "spouse", url.Values{"spouse_number": {spouseNumber}})
	fill(t, b, draft, "place", url.Values{"division": {"511602"}, "point-lat": {"30.456"}, "point-lng": {"106.633"}})
	fill(t, b, draft, "money", url.Values{
		"rent": {"2500"}, "prior": {"lic1"}, "lease_time-from-year": {"2026"}, "lease_time-from-month": {"1"}, "lease_time-from-day": {"1"},
		"lease_time-to-year": {"2027"}, "lease_time-to-month": {"1"}, "lease_time-to-day": {"1"},
	})
	fill(t, b, draft, "rooms", url.Values{"rooms.rows": {"1"}, "rooms.0.use": {"shop"}, "rooms.0.area": {"30"}})
	send(t, b, b.Get(draft+"/commitment"), url.Values{"commit": {commit}})
	put := func(path string, fields map[string]string, control, name, content string) {
		typ, body := multipartFile(t, fields, control, name, content)
		if p := b.Send(http.MethodPost, draft+path, typ, body); p.Status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, p.Status, p.Text("main"))
		}
	}
	put("/pages/pictures", map[string]string{"shown": "sign_text", "sign_text": "清和", "rev": b.Get(draft+"/pages/pictures").Doc.Find("input[name=rev]").AttrOr("value", "")}, "file.photo", "门面.png", string(formtest.PNG(6, 4)))
	put("/materials/lease", map[string]string{"way": "owed", "do": "next"}, "", "", "")
	put("/materials/story", map[string]string{"way": "statement", "text": "一直在这里经营", "do": "next"}, "", "", "")
}

func TestCommitAndSigners(t *testing.T) {
	t.Parallel()
	w, b, draft := everything(t)
	if p := send(t, b, b.Get(draft+"/commitment"), nil); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("no choice: %d", p.Status)
	}
	complete(t, b, draft, "yes")
	p := b.Get(draft + "/check")
	webtest.Check(t, p)
	for _, want := range []string{"已承诺", "场所符合卫生要求", "赵志远", "不收费", "受理后承诺 5 个工作日办结，法定时限 20 个工作日", "项没让您填", "以后补交", "¥2,500.00"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the check does not say %s: %s", want, p.Text("main"))
		}
	}
	if bad := send(t, b, p, nil); bad.Status != http.StatusUnprocessableEntity || bad.Doc.Find(".govuk-error-summary a").Length() != 2 {
		t.Fatalf("unsigned: %d %s", bad.Status, bad.Text("main"))
	}
	sent := send(t, b, p, url.Values{"declared": {"yes"}, "signature-drawn": {"M10 10L200 80L300 20"}})
	if sent.Location() != draft+"/signers" {
		t.Fatalf("%d %q %s", sent.Status, sent.Location(), sent.Text("main"))
	}
	again := send(t, b, p, url.Values{"declared": {"yes"}, "signature-drawn": {"M10 10L200 80L300 20"}})
	if again.Location() != sent.Location() || w.Count(t) != 0 {
		t.Errorf("the second click: %d %q", again.Status, again.Location())
	}
	signers := follow(t, b, sent)
	link := signers.Text(".tb-link")
	if !strings.Contains(signers.Text("main"), "等待签名") || !strings.Contains(link, "/signatures/") {
		t.Fatalf("signers: %s", signers.Text("main"))
	}
	if p = b.Get(draft + "/pages/money"); p.Location() != draft+"/signers" {
		t.Errorf("can be changed while it waits: %d", p.Status)
	}
	if p = b.Get(draft + "/check"); p.Doc.Find("svg.tb-sign__ink path").Length() > 0 && p.Doc.Find("form#send button").Length() > 0 {
		t.Error("can be sent twice")
	}
	path := link[strings.Index(link, "/signatures/"):]
	signAsSpouse(t, w, b, path)
}

// signAsSpouse signs what waits at path, after everything that can go wrong.
func signAsSpouse(t *testing.T, w *formtest.World, b *webtest.Browser, path string) {
	t.Helper()
	if p := b.As("lin").Get(path); p.Status != http.StatusNotFound {
		t.Errorf("a stranger sees it: %d", p.Status)
	}
	s := b.As("zhao")
	list := s.Get("/signatures")
	webtest.Check(t, list)
	if !strings.Contains(list.Text("main"), "样样都有的申请") || list.Doc.Find("a[href='"+path+"']").Length() != 1 {
		t.Fatalf("does not wait: %s", list.Text("main"))
	}
	for _, locale := range []string{"zh-CN", "en"} {
		p := s.In(locale).Get(path)
		webtest.Check(t, p)
		if p.Doc.Find("#mark").Length() != 0 {
			t.Error("can be signed before the own pages are done")
		}
		webtest.Check(t, s.In(locale).Get(path+"/pages/consent"))
		webtest.Check(t, s.In(locale).Get(path+"/materials/spouse_id"))
	}
	p := send(t, s, s.Get(path+"/pages/consent"), url.Values{"view": {""}})
	if p.Status != http.StatusUnprocessableEntity {
		t.Errorf("nothing said: %d", p.Status)
	}
	if p = send(t, s, s.Get(path+"/pages/consent"), url.Values{"view": {"同意"}}); p.Location() != path {
		t.Fatalf("%d %q %s", p.Status, p.Location(), p.Text("main"))
	}
	typ, body := multipartFile(t, nil, "file", "证明.pdf", formtest.PDF("spouse"))
	if p = s.Send(http.MethodPost, path+"/materials/spouse_id", typ, body); p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	p = s.Get(path)
	if !strings.Contains(p.Text("main"), "我同意以上申请") || p.Doc.Find("#mark").Length() != 1 {
		t.Fatalf("cannot sign: %s", p.Text("main"))
	}
	for _, bad := range []url.Values{{}, {"mark": {"别人"}}} {
		if p = s.Post(path, bad); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#mark-error").Length() != 1 {
			t.Errorf("%v: %d %s", bad, p.Status, p.Text("main"))
		}
	}
	if p = s.Post(path, url.Values{"mark": {"赵志远"}}); p.Location() != "/signatures" || w.Count(t) != 1 {
		t.Fatalf("%d %q, %d cases: %s", p.Status, p.Location(), w.Count(t), p.Text("main"))
	}
	sub := w.Cases.Submitted[0]
	if len(sub.Signatures) != 1 || sub.Signatures[0].Method != "keyed" || sub.Committed == nil {
		t.Errorf("submitted %+v", sub)
	}
}

func TestDeclineAndRecall(t *testing.T) {
	t.Parallel()
	w, b, draft := everything(t)
	complete(t, b, draft, "yes")
	send(t, b, b.Get(draft+"/check"), url.Values{"declared": {"yes"}, "signature": {"周淑芬"}})
	link := b.Get(draft + "/signers").Text(".tb-link")
	path := link[strings.Index(link, "/signatures/"):]
	if p := b.Post(draft+"/signers/spouse/remind", nil); p.Location() != draft+"/signers" {
		t.Errorf("reminding: %d %s", p.Status, p.Text("main"))
	}
	s := b.As("zhao")
	if p := s.Post(path+"/decline", url.Values{"reason": {""}}); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#reason-error").Length() != 1 {
		t.Errorf("no reason: %d %s", p.Status, p.Text("main"))
	}
	if p := s.Post(path+"/decline", url.Values{"reason": {"租金写错了"}}); p.Location() != "/signatures" {
		t.Errorf("declining: %d %s", p.Status, p.Text("main"))
	}
	if p := b.Get(draft + "/signers"); !strings.Contains(p.Text("main"), "租金写错了") {
		t.Errorf("the reason is not told: %s", p.Text("main"))
	}
	if p := b.Post(draft+"/recall", nil); p.Location() != draft {
		t.Errorf("recalling: %d %s", p.Status, p.Text("main"))
	}
	if p := b.Get(draft + "/pages/money"); p.Status != http.StatusOK {
		t.Errorf("cannot be changed: %d", p.Status)
	}
	if p := s.Get(path); p.Status == http.StatusOK && p.Doc.Find("#mark").Length() > 0 {
		t.Error("can be signed after it was taken back")
	}
	if w.Count(t) != 0 {
		t.Error("submitted without the signature")
	}
}
