package licenceweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// ask shows the form, or the answer once it was sent: it is a GET form, so that
// an answer can be asked for again.
func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if !q.Has("identifier") && !q.Has("number") {
		return p.k.Render(w, r, http.StatusOK, verifyPage(p.k.View(r), nil))
	}
	f := web.NewForm(q)
	if err := filled(f); err != nil {
		f.Fail(err)
		return p.k.Render(w, r, http.StatusUnprocessableEntity, verifyPage(p.k.View(r), f))
	}
	if err := allow(p.verify, r.RemoteAddr); err != nil {
		return err
	}
	v, err := p.s.VerifyNumber(r.Context(), p.k.Actor(r), f.Get("identifier"), f.Get("number"))
	if errors.Is(err, licence.ErrNotFound) {
		return p.k.Render(w, r, http.StatusNotFound, unknownPage(p.k.View(r), f))
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, verdictPage(p.k.View(r), v))
}

func filled(f *web.Form) error {
	var form fault.Form
	if f.Get("identifier") == "" {
		form.Add("identifier", "licence.verify.identifier_required")
	}
	if f.Get("number") == "" {
		form.Add("number", "licence.verify.number_required")
	}
	return form.Err()
}

func (p *pages) byIdentifier(w http.ResponseWriter, r *http.Request) error {
	text := r.PathValue("identifier")
	if !strings.Contains(text, ".") {
		text = "." // codes have their own address, which says how they were read
	}
	return p.answer(w, r, text, licence.ChannelForm)
}

func (p *pages) byCode(w http.ResponseWriter, r *http.Request) error {
	return p.answer(w, r, r.PathValue("code"), licence.ChannelQR)
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request, code, channel string) error {
	if err := allow(p.verify, r.RemoteAddr); err != nil {
		return err
	}
	v, err := p.s.Verify(r.Context(), p.k.Actor(r), code, channel)
	if errors.Is(err, licence.ErrNotFound) {
		return p.k.Render(w, r, http.StatusNotFound, unknownPage(p.k.View(r), nil))
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, verdictPage(p.k.View(r), v))
}

// byFile checks a file that somebody was given.
func (p *pages) byFile(w http.ResponseWriter, r *http.Request) error {
	if err := allow(p.files, r.RemoteAddr); err != nil {
		return err
	}
	f, err := web.ReadForm(w, r, licence.MaxFile+1<<16)
	if err != nil {
		return err
	}
	files := f.File("file")
	if len(files) == 0 {
		f.Add("file", "licence.verify.file_required")
		return p.k.Render(w, r, http.StatusUnprocessableEntity, verifyPage(p.k.View(r), f))
	}
	body, err := files[0].Open()
	if err != nil {
		return web.ErrBroken.Wrap(err)
	}
	defer body.Close() //nolint:errcheck // read only
	c, err := p.s.VerifyFile(r.Context(), p.k.Actor(r), body)
	if err != nil {
		return err
	}
	if c.Issued != nil {
		return p.k.Render(w, r, http.StatusOK, verdictPage(p.k.View(r), *c.Issued))
	}
	return p.k.Render(w, r, http.StatusOK, filePage(p.k.View(r), c))
}

// fileVerdict is what a page says about a file that we did not issue.
func fileVerdict(c licence.FileCheck) string {
	switch {
	case !c.Signed:
		return "unsigned"
	case c.Altered:
		return "altered"
	case c.Ours:
		return "other"
	}
	return "stranger"
}

// verdict is the key of what the page of a verification says.
func verdict(v licence.Verification) string {
	if !v.Signature.Intact || !v.Signature.Trusted {
		return "broken"
	}
	if v.Copy != nil && v.State != licence.Suspended { // what the copy is good for comes first
		switch usable := v.State == licence.Valid || v.State == licence.Deemed; {
		case usable && v.Copy.Good:
			return "copy"
		case usable:
			return "copy_over"
		}
	}
	return string(v.State)
}
