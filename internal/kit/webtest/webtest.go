// Package webtest asks pages the way a browser does and looks at what comes
// back: a kit without database or policy engine, scenario tables, golden files.
package webtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

var update = flag.Bool("update", false, "write golden files anew")

// Now is the time of a test kit unless Options says otherwise:
// Friday 20 November 2026, 10:32 in China.
var Now = time.Date(2026, 11, 20, 2, 32, 0, 0, time.UTC)

// Options shapes a test kit. The zero value has only the texts of the kit
// itself, allows everything and knows nobody.
type Options struct {
	Texts  []fs.FS
	Actors map[string]auth.Principal // who can ask, by a short name
	Allow  func(p auth.Principal, action string) error
	Now    func() time.Time
	Site   web.Site
	Log    *slog.Logger
	Secure bool
}

// Site is an example place.
func Site() web.Site {
	return web.Site{
		NameZH: "通办", NameEN: "Tongban",
		PlaceZH: "广安区政务服务", PlaceEN: "Guang’an District services",
		RegionZH: "四川省广安市广安区 · 政务服务", RegionEN: "Guang’an District, Sichuan · Government services",
		Base: "http://127.0.0.1:8080",
	}
}

// actorHeader says who asks; only the test kit looks at it.
const actorHeader = "X-Test-Actor"

type actors map[string]auth.Principal

// Find returns the actor the test named.
func (a actors) Find(r *http.Request) (auth.Principal, error) {
	return a[r.Header.Get(actorHeader)], nil
}

// New returns a kit to register pages on. A sentence that is missing fails t.
func New(t testing.TB, o Options) *web.Kit {
	t.Helper()
	texts := web.NewTexts(o.Texts...)
	texts.Missing = func(locale, key string) { t.Errorf("no %s text for %q", locale, key) }
	if o.Allow == nil {
		o.Allow = func(auth.Principal, string) error { return nil }
	}
	if o.Now == nil {
		o.Now = func() time.Time { return Now }
	}
	if o.Site.NameZH == "" {
		o.Site = Site()
	}
	return web.New(web.Config{
		Site: o.Site, Texts: texts, Sessions: actors(o.Actors), Allow: o.Allow,
		Now: o.Now, Log: o.Log, Secure: o.Secure,
	})
}

// View returns a view without a request, to render a part with.
func View(t testing.TB, locale string, o Options) web.View {
	t.Helper()
	return New(t, o).ViewOf(locale, auth.Principal{})
}

// Render returns what a template writes.
func Render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

// Golden compares got with testdata/name; with -update it writes the file.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path) //nolint:gosec // a golden file of the test itself
	if err != nil {
		t.Fatalf("read golden file (write it with -update): %v", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it with -update and git diff.\n got: %s", path, clip(got, 4000))
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// Browser asks one server and keeps cookies.
type Browser struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	actor  string
	locale string
}

// Browse starts a server with the handler and returns a browser on it.
func Browse(t testing.TB, h http.Handler) *Browser {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Client()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{t: t, server: s, client: c, locale: web.ZH}
}

// As returns the browser in the hands of an actor of Options.
func (b *Browser) As(actor string) *Browser {
	c := *b
	c.actor = actor
	return &c
}

// In returns the browser of a person who reads the language.
func (b *Browser) In(locale string) *Browser {
	c := *b
	c.locale = locale
	return &c
}

// Page is an answer.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Doc    *goquery.Document
	t      testing.TB
}

// Get asks for a page. Redirects are not followed.
func (b *Browser) Get(path string) *Page { return b.do(http.MethodGet, path, nil, "") }

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) *Page {
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// Send sends any body.
func (b *Browser) Send(method, path, contentType string, body io.Reader) *Page {
	return b.do(method, path, body, contentType)
}

func (b *Browser) do(method, path string, body io.Reader, contentType string) *Page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", b.locale)
	r.Header.Set("Accept-Encoding", "gzip")
	if b.actor != "" {
		r.Header.Set(actorHeader, b.actor)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return b.read(res)
}

func (b *Browser) read(res *http.Response) *Page {
	b.t.Helper()
	var in io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			b.t.Fatal(err)
		}
		in = z
	}
	text, err := io.ReadAll(in)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &Page{Status: res.StatusCode, Header: res.Header, Body: string(text), t: b.t}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if p.Doc, err = goquery.NewDocumentFromReader(bytes.NewReader(text)); err != nil {
			b.t.Fatal(err)
		}
	}
	return p
}

// Text returns the words of what the selector finds, blanks folded.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	if p.Doc == nil {
		p.t.Fatalf("not a page: %d %s", p.Status, p.Header.Get("Content-Type"))
	}
	return strings.Join(strings.Fields(p.Doc.Find(selector).Text()), " ")
}

// Location is where the answer leads.
func (p *Page) Location() string { return p.Header.Get("Location") }
