package caseworkweb_test

import (
	"bytes"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"testing"

	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// TestAtAWindow: what the person does online a clerk does for them, with their
// confirmation; after the session nothing of it is there.
func TestAtAWindow(t *testing.T) {
	t.Parallel()
	w := caseworktest.New(t)
	engine := caseworktest.Engine()
	here := caseworktest.AtWindow("window1", "lin", "salon")
	free := here
	free.For = auth.Acting{}
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{caseworkweb.Texts}, Now: w.Now,
		Allow: func(p auth.Principal, action string) error { return engine.Check(p, action, policy.Page) },
		Actors: map[string]auth.Principal{
			"lin": caseworktest.Lin, "here": here, "nobody there": free, "next": caseworktest.AtWindow("window1", "zhou", "zhou"),
		},
	})
	caseworkweb.Routes(k, w.Service, nil, caseworkweb.Panels{})
	id := w.FileOwing(t, "a")
	c := "/cases/" + string(id)
	w.Drain(t)
	b := webtest.Browse(t, k.Handler())
	for _, path := range []string{"", "/why", "/receipt", "/print", "/answers", "/messages", "/supplement", "/withdraw", "/receipt.pdf"} {
		if p := b.As("here").Get(c + path); p.Status != http.StatusOK {
			t.Errorf("%s at the window: %d", path, p.Status)
		}
		for _, who := range []string{"nobody there", "next"} {
			if p := b.As(who).Get(c + path); p.Status != http.StatusNotFound && p.Status != http.StatusForbidden {
				t.Errorf("%s of %s: %d", path, who, p.Status)
			}
		}
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "print", Actor: "here", Path: c + "/print", Has: []string{"7KQ4M2"}},
		{Name: "print in English", Actor: "here", Locale: web.EN, Path: c + "/print", Has: []string{"7KQ4M2"}},
		{Name: "a message", Actor: "here", Path: c + "/messages", Form: url.Values{"text": {"什么时候办好？"}}, Status: http.StatusSeeOther},
		{Name: "who wrote it", Actor: "lin", Path: c + "/messages", Has: []string{"申请人在窗口，由工作人员代写"}},
		{Name: "nobody saw it", Actor: "here", Path: c + "/withdraw", Form: url.Values{"step": {"1"}, "method": {"paper"}}, Status: http.StatusUnprocessableEntity},
		{Name: "in no way", Actor: "here", Path: c + "/withdraw", Form: url.Values{"step": {"1"}, "witness": {"yes"}}, Status: http.StatusUnprocessableEntity},
	})
	add := postFile(t, b.As("here"), c+"/supplement", map[string]string{"material": "lease", "compared": "yes", "paper": "returned"}, "files", "合同.pdf")
	if add.Status != http.StatusSeeOther {
		t.Fatalf("supplement: %d %s", add.Status, add.Text("main"))
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "withdraw after the session", Actor: "nobody there", Path: c + "/withdraw", Form: url.Values{"step": {"2"}, "method": {"paper"}, "witness": {"yes"}}, Status: http.StatusForbidden},
	})
	seen, err := w.Originals(t.Context(), caseworktest.Lin, id)
	must(t, err)
	if len(seen) != 1 {
		t.Errorf("compared with the original: %+v", seen)
	}
	step := b.As("here").Get(c+"/withdraw").Doc.Find("main input[name=step]").AttrOr("value", "")
	done := b.As("here").Post(c+"/withdraw", url.Values{"step": {step}, "method": {"drawn"}, "mark-drawn": {"M1 1L20 20L30 5"}, "witness": {"yes"}})
	if done.Status != http.StatusSeeOther {
		t.Fatalf("withdraw: %d %s", done.Status, done.Text("main"))
	}
	webtest.Run(t, k.Handler(), []webtest.Step{{Name: "withdrawn", Actor: "lin", Path: c, Has: []string{"已结束", "撤回申请"}}})
}

func postFile(t *testing.T, b *webtest.Browser, path string, fields map[string]string, control, name string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range fields {
		must(t, m.WriteField(k, v))
	}
	part, err := m.CreateFormFile(control, name)
	must(t, err)
	_, err = part.Write([]byte("%PDF-1.4"))
	must(t, err)
	must(t, m.Close())
	return b.Send(http.MethodPost, path, m.FormDataContentType(), &body)
}
