package webtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/web"
)

// Step is one line of a table: who asks for what, and what must come back.
type Step struct {
	Name   string
	Actor  string
	Locale string // zh-CN unless said
	Method string // GET unless said, or POST when there is a form
	Path   string
	Form   url.Values
	Status int // 200 unless said
	// Has and HasNot are looked for in the words of the page.
	Has, HasNot []string
	// To is where a redirect leads.
	To string
	// Then looks at the rest.
	Then func(t *testing.T, p *Page)
}

// Run asks one step after the other, in one browser with its cookies, and
// checks each page for what every page must have.
func Run(t *testing.T, h http.Handler, steps []Step) {
	t.Helper()
	b := Browse(t, h)
	for _, s := range steps {
		name := s.Name
		if name == "" {
			name = s.Method + " " + s.Path
		}
		t.Run(name, func(t *testing.T) { s.run(t, b) })
	}
}

func (s Step) run(t *testing.T, b *Browser) {
	t.Helper()
	c := b.As(s.Actor)
	c.t = t
	if s.Locale != "" {
		c = c.In(s.Locale)
	}
	p := s.ask(c)
	want := s.Status
	if want == 0 {
		want = http.StatusOK
	}
	if p.Status != want {
		t.Fatalf("status %d, want %d; body: %s", p.Status, want, clip(p.Body, 2000))
	}
	if s.To != "" && p.Location() != s.To {
		t.Errorf("leads to %q, want %q", p.Location(), s.To)
	}
	for _, x := range s.Has {
		if !strings.Contains(p.words(), x) {
			t.Errorf("does not say %q; says: %s", x, clip(p.words(), 2000))
		}
	}
	for _, x := range s.HasNot {
		if strings.Contains(p.words(), x) {
			t.Errorf("must not say %q", x)
		}
	}
	if p.Doc != nil && p.Location() == "" {
		Check(t, p)
	}
	if s.Then != nil {
		s.Then(t, p)
	}
}

func (s Step) ask(b *Browser) *Page {
	switch {
	case s.Form != nil || s.Method == http.MethodPost:
		return b.Post(s.Path, s.Form)
	case s.Method == "" || s.Method == http.MethodGet:
		return b.Get(s.Path)
	}
	return b.Send(s.Method, s.Path, "", nil)
}

// words is the text of a page, or the body of anything else.
func (p *Page) words() string {
	if p.Doc == nil {
		return p.Body
	}
	return p.Text("title, body")
}

// Check looks for what every page must have: a language, a title, one h1, a
// label for each field, no id twice, nothing inline (the policy forbids it).
func Check(t *testing.T, p *Page) {
	t.Helper()
	if lang := p.Doc.Find("html").AttrOr("lang", ""); lang != web.ZH && lang != web.EN {
		t.Errorf("lang is %q", lang)
	}
	if n := p.Doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
	if p.Text("title") == "" {
		t.Error("no title")
	}
	if n := p.Doc.Find("[style], style, script:not([src])").Length(); n > 0 {
		t.Errorf("%d inline styles or scripts", n)
	}
	ids := map[string]bool{}
	for _, n := range p.Doc.Find("[id]").Nodes {
		for _, a := range n.Attr {
			if a.Key != "id" {
				continue
			}
			if ids[a.Val] {
				t.Errorf("id %q twice", a.Val)
			}
			ids[a.Val] = true
		}
	}
	checkFields(t, p, ids)
}

func checkFields(t *testing.T, p *Page, ids map[string]bool) {
	t.Helper()
	fields := p.Doc.Find("input:not([type=hidden]), select, textarea")
	for i := range fields.Length() {
		f := fields.Eq(i)
		id := f.AttrOr("id", "")
		labelled := f.AttrOr("aria-label", "") != "" || f.AttrOr("aria-labelledby", "") != "" || f.Closest("label").Length() > 0
		if !labelled && p.Doc.Find(`label[for="`+id+`"]`).Length() == 0 {
			t.Errorf("field %q has no label", f.AttrOr("name", id))
		}
	}
	described := p.Doc.Find("[aria-describedby]")
	for i := range described.Length() {
		for ref := range strings.FieldsSeq(described.Eq(i).AttrOr("aria-describedby", "")) {
			if !ids[ref] {
				t.Errorf("aria-describedby names %q, which is not there", ref)
			}
		}
	}
}
