// Package licenceweb shows the wallet of a holder, the public verification of
// licences, and the desk where an agency changes their state.
package licenceweb

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// How often one address may verify in a minute: a scanner at a counter is fine,
// one that tries codes is not.
const (
	verifyLimit = 60
	fileLimit   = 10
)

// pages are the handlers with what they need.
type pages struct {
	k      *web.Kit
	s      *licence.Service
	verify *auth.Limiter
	files  *auth.Limiter
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *licence.Service) {
	p := &pages{
		k: k, s: s,
		verify: auth.NewLimiter(verifyLimit, time.Minute, k.Now),
		files:  auth.NewLimiter(fileLimit, time.Minute, k.Now),
	}
	k.Page("GET /licences", "licence.mine", p.wallet)
	k.Page("GET /licences/{id}", "licence.view", p.show)
	k.Page("GET /licences/{id}/pdf", "licence.download", p.download)
	k.Page("GET /licences/{id}/present", "licence.present", p.present)
	k.Page("GET /licences/{id}/copies", "licence.copy", p.copies)
	k.Page("POST /licences/{id}/copies", "licence.copy", p.makeCopy)
	k.Page("GET /licences/{id}/copies/{copy}/pdf", "licence.copy", p.copyFile)
	k.Page("POST /licences/{id}/copies/{copy}/end", "licence.copy", p.endCopy)

	k.Page("GET /verify", "licence.verify", p.ask)
	k.Page("GET /verify/offline", "licence.verify", p.offline)
	k.Page("GET /verify/root.crt", "licence.verify", p.root)
	k.Page("GET /verify/{identifier}", "licence.verify", p.byIdentifier)
	k.Page("GET /v/{code}", "licence.verify", p.byCode)
	k.Page("GET /p/{code}", "licence.verify", p.shownCode)
	k.Page("POST /p/{code}", "licence.verify", p.redeem)
	k.Page("POST /verify/file", "licence.verify", p.byFile)

	k.Page("GET /staff/licences", "licence.desk", p.desk)
	k.Page("GET /staff/licences/{id}", "licence.desk", p.deskShow)
	k.Page("POST /staff/licences/{id}", "licence.change", p.change)
}

func (p *pages) wallet(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Mine(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, walletPage(p.k.View(r), list))
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	id, actor := contract.LicenceID(r.PathValue("id")), p.k.Actor(r)
	if actor.Kind == auth.Staff && !actor.AtCounter() {
		return p.k.SeeOther(w, r, "/staff/licences/"+url.PathEscape(string(id)))
	}
	l, err := p.s.Get(r.Context(), actor, id)
	if err != nil {
		return err
	}
	if actor.AtCounter() && l.Holder.ID != actor.Subject() {
		return p.k.SeeOther(w, r, "/staff/licences/"+url.PathEscape(string(id)))
	}
	uses, err := p.s.Uses(r.Context(), actor, id, r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	all, err := p.s.History(r.Context(), actor, l)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, showPage(p.k.View(r), showData{l, all, uses}))
}

func (p *pages) download(w http.ResponseWriter, r *http.Request) error {
	l, body, err := p.s.Download(r.Context(), p.k.Actor(r), contract.LicenceID(r.PathValue("id")), licence.ChannelPage)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.k.SendFile(w, r, web.File{Name: fileName(l), Type: "application/pdf", Size: l.Size}, body)
}

func fileName(l licence.Licence) string { return l.Name.ZH + " " + l.Number + ".pdf" }

// allow counts one try of the address that asks.
func allow(l *auth.Limiter, address string) error {
	if ok, wait := l.Allow(web.Host(address)); !ok {
		return licence.ErrTooMany.With("wait", wait)
	}
	return nil
}
