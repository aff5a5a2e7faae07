package licenceweb_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
	"github.com/tongban/tongban/internal/licence/licenceweb"
)

// open returns the pages on a fresh database with one issued licence.
func open(t *testing.T) (*web.Kit, *licencetest.World, licence.Licence) {
	t.Helper()
	w := licencetest.Open(t)
	r := licencetest.Request("case-1")
	elsewhere := licencetest.Staff(auth.RoleApprover)
	elsewhere.Agency = "ag-other"
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{licenceweb.Texts},
		Actors: map[string]auth.Principal{
			"lin": licencetest.Holder(r), "zhou": {Kind: auth.Resident, ID: "acc-zhou"},
			"clerk": licencetest.Staff(auth.RoleClerk), "approver": licencetest.Staff(auth.RoleApprover),
			"supervisor": licencetest.Staff(auth.RoleSupervisor), "elsewhere": elsewhere,
		},
		Allow: func(p auth.Principal, action string) error { return w.Policy.Check(p, action, policy.Page) },
		Now:   w.Now,
	})
	licenceweb.Routes(k, w.Service)
	return k, w, w.Issue(t, r)
}

func TestHolderShowsAndDownloads(t *testing.T) {
	t.Parallel()
	k, _, l := open(t)
	page := "/licences/" + string(l.ID)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "empty wallet", Actor: "zhou", Path: "/licences", Has: []string{"还没有证照"}},
		{Name: "wallet", Actor: "lin", Path: "/licences", Has: []string{"公共场所卫生许可证", "有效", "2030-11-23", "广安区行政审批局"}},
		{Name: "wallet in English", Actor: "lin", Locale: "en", Path: "/licences", Has: []string{"My licences", "Hygiene licence", "Valid"}},
		{Name: "card", Actor: "lin", Path: page, Has: []string{"川广安广卫公字〔2026〕第 0001 号", "负责人", "周淑芬", l.Identifier, "出示证照"}},
		{
			Name: "code", Actor: "lin", Path: page + "/present", Has: []string{"只能用一次", "最少内容"},
			Then: func(t *testing.T, p *webtest.Page) {
				if d := p.Doc.Find(".tb-qr path").AttrOr("d", ""); !strings.HasPrefix(d, "M4 4h7v1h-7z") {
					t.Errorf("QR code begins %.40s", d)
				}
				if got, want := p.Header.Get("Refresh"), "50; url="+page+"/present?round=1&show=minimum"; got != want {
					t.Errorf("refresh %q, want %q", got, want)
				}
			},
		},
		{
			Name: "the code is not shown all day", Actor: "lin", Path: page + "/present?show=face&round=5", Has: []string{"每一栏", "不再自己换码"},
			Then: func(t *testing.T, p *webtest.Page) {
				if got := p.Header.Get("Refresh"); got != "" {
					t.Errorf("refresh %q", got)
				}
			},
		},
		{Name: "card in English", Actor: "lin", Locale: "en", Path: page, Has: []string{"You showed the licence, 2 times", "Person in charge"}},
		{Name: "another's code", Actor: "zhou", Path: page + "/present", Status: 404},
		{Name: "copies", Actor: "lin", Path: page + "/copies", Has: []string{"加注件", "还没有做过"}},
		{Name: "a copy for nothing", Actor: "lin", Path: page + "/copies", Form: url.Values{"days": {"x"}}, Status: 422, Has: []string{"有 3 处要改"}},
		{Name: "a copy", Actor: "lin", Path: page + "/copies", Form: url.Values{"purpose": {"商铺租赁"}, "recipient": {"某商场"}, "days": {"30"}}, Status: 303, To: page + "/copies"},
		{
			Name: "its file", Actor: "lin", Locale: "en", Path: page + "/copies", Has: []string{"For 某商场", "商铺租赁", "Good"},
			Then: func(t *testing.T, p *webtest.Page) {
				at := p.Doc.Find(`a[href$="/pdf"]`).AttrOr("href", "")
				b := webtest.Browse(t, k.Handler())
				if f := b.As("lin").Get(at); f.Status != http.StatusOK || !strings.HasPrefix(f.Body, "%PDF-1") {
					t.Errorf("%s: %d", at, f.Status)
				}
				if f := b.As("zhou").Get(at); f.Status != http.StatusNotFound {
					t.Errorf("another opens it: %d", f.Status)
				}
				if e := b.As("lin").Post(strings.TrimSuffix(at, "/pdf")+"/end", url.Values{}); e.Status != http.StatusSeeOther {
					t.Errorf("take back: %d", e.Status)
				}
			},
		},
		{Name: "taken back", Actor: "lin", Path: page + "/copies", Has: []string{"已作废"}},
		{Name: "another's copies", Actor: "zhou", Path: page + "/copies", Status: 404},
		{
			Name: "file", Actor: "lin", Path: page + "/pdf", Has: []string{"%PDF-1"},
			Then: func(t *testing.T, p *webtest.Page) {
				if got := p.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") || p.Header.Get("Content-Type") != "application/pdf" {
					t.Errorf("headers %v", p.Header)
				}
			},
		},
		{Name: "another's licence is not there", Actor: "zhou", Path: page, Status: 404, HasNot: []string{"川广安"}},
		{Name: "nor is its file", Actor: "zhou", Path: page + "/pdf", Status: 404},
		{Name: "strangers sign in", Path: page, Status: 303, To: "/signin?next=" + url.QueryEscape(page)},
		{Name: "staff have their own page", Actor: "clerk", Path: page, Status: 303, To: "/staff/licences/" + string(l.ID)},
	})
}

func TestAnybodyVerifies(t *testing.T) {
	t.Parallel()
	k, _, l := open(t)
	good := "/verify?identifier=" + url.QueryEscape(l.Identifier) + "&number="
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "form", Path: "/verify", Has: []string{"证照核验", "电子证照标识"}},
		{Name: "QR", Path: "/v/" + l.Code, Has: []string{"有效", "广安区清和美发店", "电子签名正确", "内容和签名都没有改动过"}, HasNot: []string{"周淑芬", l.Code}},
		{Name: "QR in English", Locale: "en", Path: "/v/" + l.Code, Has: []string{"Valid", "What we checked"}},
		{Name: "identifier", Path: "/verify/" + l.Identifier, Has: []string{"有效"}},
		{Name: "a code is no identifier", Path: "/verify/" + l.Code, Status: 404, Has: []string{"查不到"}},
		{Name: "both numbers", Path: good + url.QueryEscape(l.Number), Has: []string{"有效"}},
		{Name: "another number", Path: good + "x", Status: 404, Has: []string{"查不到"}},
		{Name: "nothing filled in", Path: "/verify?identifier=&number=", Status: 422, Has: []string{"有 2 处要改", "填写证号"}},
		{Name: "offline", Path: "/verify/offline", Has: []string{"不联网怎么核验", "SHA-256", "pdfsig"}},
		{Name: "offline in English", Locale: "en", Path: "/verify/offline", Has: []string{"How to verify offline"}},
		{Name: "root certificate", Path: "/verify/root.crt", Has: []string{"BEGIN CERTIFICATE"}},
		{Name: "unknown code", Locale: "en", Path: "/v/" + strings.Repeat("0", 26), Status: 404, Has: []string{"Not found"}},
	})
}

// TestAShownCodeIsAskedFor: looking at the link does not use it up.
func TestAShownCodeIsAskedFor(t *testing.T) {
	t.Parallel()
	k, w, l := open(t)
	x, err := w.Present(t.Context(), licencetest.Holder(licencetest.Request("")), l.ID, licence.ScopeFace)
	if err != nil {
		t.Fatal(err)
	}
	path := "/p/" + x.Code
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "a program looks", Path: path, Has: []string{"核验对方出示的证照"}},
		{Name: "again", Locale: "en", Path: path, Has: []string{"Check the licence shown to you"}},
		{Name: "the person", Path: path, Form: url.Values{}, Status: 200, Has: []string{"有效", "周淑芬", "持证人同意"}},
		{Name: "once", Path: path, Form: url.Values{}, Status: 404, Has: []string{"码已失效"}, HasNot: []string{"周淑芬"}},
		{Name: "nor looked at", Locale: "en", Path: path, Status: 404, Has: []string{"The code has ended"}},
	})
}

func TestEarlierVersionsSayWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	k, w, old := open(t)
	r := licencetest.Request("case-2")
	r.Spec.Effect, r.Prior = contract.LicenceChange, old.ID
	l, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
	if err != nil {
		t.Fatal(err)
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "the old code", Path: "/v/" + old.Code, Has: []string{"已变更", "新版本", "第四十九条"}},
		{Name: "in English", Locale: "en", Path: "/v/" + old.Code, Has: []string{"Replaced", "no longer valid"}},
		{Name: "the new code", Path: "/v/" + l.Code, Has: []string{"有效", "第 2 版"}},
		{Name: "the holder's old one", Actor: "lin", Path: "/licences/" + string(old.ID), Has: []string{"已变更", "看新版本"}, HasNot: []string{"出示证照"}},
		{Name: "the holder's new one", Actor: "lin", Path: "/licences/" + string(l.ID), Has: []string{"第 2 版", "第 1 版", "出示证照"}},
		{Name: "nothing to show of the old", Actor: "lin", Path: "/licences/" + string(old.ID) + "/present", Status: 303, To: "/licences/" + string(old.ID)},
	})
	w.Record(t, contract.RenewalPending{})
	w.Clock = w.Clock.AddDate(4, 0, 30)
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "ran out", Path: "/v/" + l.Code, Has: []string{"已过期"}},
	})
}

func TestVerificationIsBounded(t *testing.T) {
	t.Parallel()
	k, _, _ := open(t)
	b := webtest.Browse(t, k.Handler())
	for i := range 61 {
		p := b.Get("/v/" + strings.Repeat("0", 26))
		if want := map[bool]int{true: 404, false: 429}[i < 60]; p.Status != want {
			t.Fatalf("try %d: status %d, want %d", i+1, p.Status, want)
		}
	}
}

func upload(t *testing.T, data []byte) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	f, err := m.CreateFormFile("file", "x.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return body, m.FormDataContentType()
}

func TestFilesAreCompared(t *testing.T) {
	t.Parallel()
	k, _, l := open(t)
	b := webtest.Browse(t, k.Handler())
	file := []byte(b.As("lin").Get("/licences/" + string(l.ID) + "/pdf").Body)
	changed := bytes.Clone(file)
	changed[200] ^= 1
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"the issued file", file, "有效"},
		{"a changed file", changed, "被改动过"},
		{"a text", []byte("hello"), "没有签名"},
	} {
		body, kind := upload(t, tt.data)
		p := b.Send(http.MethodPost, "/verify/file", kind, body)
		if p.Status != http.StatusOK || p.Text("h1") != tt.want {
			t.Errorf("%s: %d %s", tt.name, p.Status, p.Text("h1"))
		}
		webtest.Check(t, p)
	}
	if p := b.Post("/verify/file", url.Values{}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", p.Status)
	}
}

func TestAgencyWithdrawsAndTheWorldSees(t *testing.T) {
	t.Parallel()
	k, _, l := open(t)
	page := "/staff/licences/" + string(l.ID)
	form := url.Values{"act": {"withdraw"}, "reason": {"以欺骗手段取得"}, "basis": {"《行政许可法》第六十九条"}}
	confirmed := url.Values{"confirm": {"yes"}}
	for k, v := range form {
		confirmed[k] = v
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "desk", Actor: "clerk", Path: "/staff/licences", Has: []string{l.Number, "有效"}},
		{Name: "desk by number", Actor: "clerk", Path: "/staff/licences?number=" + url.QueryEscape(l.Number), Has: []string{l.Number}},
		{Name: "desk by another number", Actor: "clerk", Path: "/staff/licences?number=x", Has: []string{"没有找到证照"}},
		{Name: "a clerk looks", Actor: "clerk", Path: page, Has: []string{"周淑芬"}, HasNot: []string{"改变状态"}},
		{Name: "and does not change", Actor: "clerk", Path: page, Form: confirmed, Status: 403},
		{Name: "another agency sees nothing", Actor: "elsewhere", Path: page, Status: 404},
		{Name: "nor changes", Actor: "elsewhere", Path: page, Form: confirmed, Status: 404},
		{Name: "an approver may", Actor: "approver", Locale: "en", Path: page, Has: []string{"Change its state", "Withdraw it"}},
		{Name: "not without reason", Actor: "approver", Path: page, Form: url.Values{"act": {"withdraw"}}, Status: 422, Has: []string{"写明原因", "写明依据"}},
		{Name: "is asked again", Actor: "approver", Path: page, Form: form, Has: []string{"核对一遍再确认", "以欺骗手段取得"}},
		{Name: "still valid", Path: "/v/" + l.Code, Has: []string{"现在可以用"}},
		{Name: "confirms", Actor: "approver", Path: page, Form: confirmed, Status: 303, To: page},
		{Name: "the world sees", Path: "/v/" + l.Code, Has: []string{"已撤销", "以欺骗手段取得", "第六十九条", "电子签名正确"}},
		{Name: "not twice", Actor: "approver", Path: page, Form: confirmed, Status: 409},
		{Name: "the holder sees", Actor: "lin", Path: "/licences/" + string(l.ID), Has: []string{"已撤销", "第六十九条", "审批岗 01"}},
	})
}

// TestEachRoleOnEachPage tries who gets past the door of each page.
func TestEachRoleOnEachPage(t *testing.T) {
	t.Parallel()
	k, _, l := open(t)
	b := webtest.Browse(t, k.Handler())
	got := ""
	for _, path := range []string{"/licences", "/licences/{id}", "/licences/{id}/pdf", "/verify", "/v/{code}", "/staff/licences", "/staff/licences/{id}"} {
		got += path
		for _, actor := range []string{"", "lin", "zhou", "clerk", "approver", "supervisor", "elsewhere"} {
			p := b.As(actor).Get(strings.NewReplacer("{id}", string(l.ID), "{code}", l.Code).Replace(path))
			got += fmt.Sprintf(" %d", p.Status)
		}
		got += "\n"
	}
	const want = `/licences 303 200 200 403 403 403 403
/licences/{id} 303 200 404 303 303 403 303
/licences/{id}/pdf 303 200 404 200 200 403 404
/verify 200 200 200 200 200 200 200
/v/{code} 200 200 200 200 200 200 200
/staff/licences 303 404 404 200 200 403 200
/staff/licences/{id} 303 404 404 200 200 403 404
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
