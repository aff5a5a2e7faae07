package licenceweb

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// The page of the code loads itself anew before the code ends, without a script
// and a few times only: a telephone left on the counter must not show codes all day.
const (
	refreshEvery = licence.CodeTTL - 10*time.Second
	refreshes    = 5
)

type presentData struct {
	licence.Shown
	Code  qrCode
	Again int // times the page will still load itself
}

// seconds is how long the code lives.
func (d presentData) seconds() int { return int(licence.CodeTTL / time.Second) }

func (d presentData) address(scope licence.Scope, round int) string {
	q := url.Values{"show": {string(scope)}}
	if round > 0 {
		q.Set("round", strconv.Itoa(round))
	}
	return "/licences/" + url.PathEscape(string(d.ID)) + "/present?" + q.Encode()
}

func (p *pages) present(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	shown, err := p.s.Present(r.Context(), p.k.Actor(r), contract.LicenceID(r.PathValue("id")), licence.Scope(q.Get("show")))
	if errors.Is(err, licence.ErrState) { // the page of the licence says why
		return p.k.SeeOther(w, r, "/licences/"+url.PathEscape(r.PathValue("id")))
	}
	if err != nil {
		return err
	}
	code, err := newQR(shown.Link)
	if err != nil {
		return err
	}
	round, err := strconv.Atoi(q.Get("round"))
	if err != nil || round < 0 {
		round = 0
	}
	d := presentData{shown, code, max(0, refreshes-round)}
	if d.Again > 0 {
		w.Header().Set("Refresh", fmt.Sprintf("%d; url=%s", int(refreshEvery/time.Second), d.address(shown.Scope, round+1)))
	}
	return p.k.Render(w, r, http.StatusOK, presentPage(p.k.View(r), d))
}

// shownCode asks before it uses a code up: programs that look at links ahead of
// people follow GET alone.
func (p *pages) shownCode(w http.ResponseWriter, r *http.Request) error {
	if err := allow(p.verify, r.RemoteAddr); err != nil {
		return err
	}
	err := p.s.Waiting(r.Context(), r.PathValue("code"))
	if errors.Is(err, licence.ErrCode) {
		return p.k.Render(w, r, http.StatusNotFound, codeGonePage(p.k.View(r)))
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, codePage(p.k.View(r), r.PathValue("code")))
}

func (p *pages) redeem(w http.ResponseWriter, r *http.Request) error {
	if err := allow(p.verify, r.RemoteAddr); err != nil {
		return err
	}
	v, err := p.s.Redeem(r.Context(), p.k.Actor(r), r.PathValue("code"))
	if errors.Is(err, licence.ErrCode) {
		return p.k.Render(w, r, http.StatusNotFound, codeGonePage(p.k.View(r)))
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, verdictPage(p.k.View(r), v))
}

type copiesData struct {
	licence.Licence
	Copies []licence.Copy
	Form   *web.Form
}

func (p *pages) copies(w http.ResponseWriter, r *http.Request) error {
	return p.showCopies(w, r, http.StatusOK, nil)
}

func (p *pages) showCopies(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor, id := p.k.Actor(r), contract.LicenceID(r.PathValue("id"))
	l, err := p.s.Get(r.Context(), actor, id)
	if err != nil {
		return err
	}
	list, err := p.s.Copies(r.Context(), actor, id)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, copiesPage(p.k.View(r), copiesData{l, list, f}))
}

func (p *pages) makeCopy(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(f.Get("days"))
	if err != nil {
		days = 0 // told beside the field
	}
	id := contract.LicenceID(r.PathValue("id"))
	o := licence.CopyOrder{Purpose: f.Get("purpose"), Recipient: f.Get("recipient"), Days: days}
	_, err = p.s.MakeCopy(r.Context(), p.k.Actor(r), id, o)
	if err != nil && fault.KindOf(err) == fault.Invalid && f.Fail(err) {
		return p.showCopies(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "licence.notice.copied")
	return p.k.SeeOther(w, r, "/licences/"+url.PathEscape(string(id))+"/copies")
}

func (p *pages) copyFile(w http.ResponseWriter, r *http.Request) error {
	l, c, body, err := p.s.CopyFile(r.Context(), p.k.Actor(r), contract.LicenceID(r.PathValue("id")), r.PathValue("copy"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	name := l.Name.ZH + " " + l.Number + "（加注件 " + c.Recipient + "）.pdf"
	return p.k.SendFile(w, r, web.File{Name: name, Type: "application/pdf", Size: c.Size}, body)
}

func (p *pages) endCopy(w http.ResponseWriter, r *http.Request) error {
	id := contract.LicenceID(r.PathValue("id"))
	if err := p.s.EndCopy(r.Context(), p.k.Actor(r), id, r.PathValue("copy")); err != nil {
		return err
	}
	p.k.Flash(w, "licence.notice.copy_ended")
	return p.k.SeeOther(w, r, "/licences/"+url.PathEscape(string(id))+"/copies")
}
