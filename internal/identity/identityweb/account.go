package identityweb

import (
	"net/http"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

type accountData struct {
	identity.Profile
	Sessions []auth.Session
	Session  string // the one this page is shown in
}

func (e site) account(w http.ResponseWriter, r *http.Request) error {
	p := e.k.Actor(r)
	profile, err := e.s.Profile(r.Context(), p)
	if err != nil {
		return err
	}
	open, err := e.s.Sessions(r.Context(), p)
	if err != nil {
		return err
	}
	noStore(w)
	d := accountData{Profile: profile, Sessions: open, Session: p.Session}
	return e.k.Render(w, r, http.StatusOK, accountPage(e.k.View(r), d))
}

func (e site) act(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	if _, err := e.s.Act(r.Context(), e.k.Actor(r), f.Get("party")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.acting")
	return e.k.SeeOther(w, r, "/account")
}

func (e site) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.EndSession(r.Context(), e.k.Actor(r), r.PathValue("id")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.session_ended")
	return e.k.SeeOther(w, r, "/account")
}
