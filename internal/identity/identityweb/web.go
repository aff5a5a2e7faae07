// Package identityweb has the pages and operations of signing in, of one's own
// account and data, and of the administrators of accounts and API clients.
package identityweb

import (
	"embed"
	"errors"
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *identity.Service) {
	e := site{k, s, s.Keeper()}
	k.Page("GET /signin", identity.ActionSignIn, e.showSignIn)
	k.Page("POST /signin", identity.ActionSignIn, e.signIn)
	k.Page("GET /signin/code", identity.ActionSignIn, e.showCode)
	k.Page("POST /signin/code", identity.ActionSignIn, e.code)
	k.Page("POST /signout", identity.ActionSignOut, e.signOut)

	k.Page("GET /account", identity.ActionMe, e.account)
	k.Page("POST /account/acting", identity.ActionAct, e.act)
	k.Page("POST /account/sessions/{id}/end", identity.ActionOwn, e.endSession)
	k.Page("GET /account/data", identity.ActionData, e.data)
	k.Page("GET /account/data/export", identity.ActionData, e.exportData)
	k.Page("GET /account/code", identity.ActionCode, e.showVisit)
	k.Page("POST /account/code", identity.ActionCode, e.newVisit)
	e.rightsRoutes()
	e.staffRoutes()

	k.Page("GET /staff/accounts", identity.ActionAccounts, e.accounts)
	k.Page("POST /staff/accounts/{id}/lock", identity.ActionLock, e.change(s.Lock, "identity.notice.locked"))
	k.Page("POST /staff/accounts/{id}/unlock", identity.ActionUnlock, e.change(s.Unlock, "identity.notice.unlocked"))
	k.Page("POST /staff/accounts/{id}/reset", identity.ActionResetFactor, e.change(s.ResetFactor, "identity.notice.reset"))
	k.Page("GET /staff/clients", identity.ActionClients, e.clients)
	k.Page("POST /staff/clients", identity.ActionClientCreate, e.createClient)
	k.Page("POST /staff/clients/{id}/revoke", identity.ActionClientRevoke, e.revokeClient)
}

// site is what the handlers share.
type site struct {
	k        *web.Kit
	s        *identity.Service
	sessions *auth.Sessions
}

// formBytes bounds a form of this area.
const formBytes = 8 << 10

type signInData struct {
	Form *web.Form
	Next string
	Demo []identity.DemoAccount
}

func (e site) showSignIn(w http.ResponseWriter, r *http.Request) error {
	return e.renderSignIn(w, r, http.StatusOK, nil, r.URL.Query().Get("next"))
}

func (e site) renderSignIn(w http.ResponseWriter, r *http.Request, status int, f *web.Form, next string) error {
	demo, err := e.s.DemoAccounts(r.Context())
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, status, signInPage(e.k.View(r), signInData{Form: f, Next: next, Demo: demo}))
}

func (e site) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	next := f.Get("next")
	if f.Get("username") == "" {
		f.Add("username", "identity.signin.username_missing")
	}
	if f.Raw("password") == "" {
		f.Add("password", "identity.signin.password_missing")
	}
	if f.Bad() {
		return e.renderSignIn(w, r, http.StatusUnprocessableEntity, f, next)
	}
	in := e.attempt(r)
	in.Username, in.Password, in.Code = f.Get("username"), f.Raw("password"), f.Get("code")
	entry, err := e.s.SignIn(r.Context(), in)
	if tell(f, err) {
		f.Values.Del("password")
		return e.renderSignIn(w, r, http.StatusUnprocessableEntity, f, next)
	}
	if err != nil {
		return err
	}
	e.sessions.SetCookie(w, entry.Token)
	if entry.Factor {
		return e.k.SeeOther(w, r, "/signin/code?next="+url.QueryEscape(web.SafePath(next)))
	}
	return e.k.SeeOther(w, r, destination(entry.Who, next))
}

type codeData struct {
	Form      *web.Form
	Next      string
	Enrolment *identity.Enrolment
}

func (e site) showCode(w http.ResponseWriter, r *http.Request) error {
	return e.renderCode(w, r, http.StatusOK, nil, r.URL.Query().Get("next"))
}

func (e site) renderCode(w http.ResponseWriter, r *http.Request, status int, f *web.Form, next string) error {
	token, _ := auth.TokenOf(r)
	enrolment, fresh, err := e.s.Enrolment(r.Context(), token)
	if errors.Is(err, identity.ErrExpired) {
		e.k.Flash(w, "identity.notice.expired")
		return e.k.SeeOther(w, r, "/signin?next="+url.QueryEscape(web.SafePath(next)))
	}
	if err != nil {
		return err
	}
	d := codeData{Form: f, Next: next}
	if fresh {
		d.Enrolment = &enrolment
	}
	noStore(w)
	return e.k.Render(w, r, status, codePage(e.k.View(r), d))
}

func (e site) code(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	next := f.Get("next")
	if f.Get("code") == "" {
		f.Add("code", auth.ErrNeedFactor.Code)
		return e.renderCode(w, r, http.StatusUnprocessableEntity, f, next)
	}
	in := e.attempt(r)
	in.Code = f.Get("code")
	entry, err := e.s.Second(r.Context(), in)
	if errors.Is(err, auth.ErrWrongCode) {
		f.Add("code", auth.ErrWrongCode.Code)
		err = nil
	}
	if f.Bad() || tell(f, err) && !errors.Is(err, identity.ErrExpired) {
		f.Values.Del("code")
		return e.renderCode(w, r, http.StatusUnprocessableEntity, f, next)
	}
	if errors.Is(err, identity.ErrExpired) {
		return e.renderCode(w, r, http.StatusOK, nil, next) // leads back to the first page
	}
	if err != nil {
		return err
	}
	e.sessions.SetCookie(w, entry.Token)
	return e.k.SeeOther(w, r, destination(entry.Who, next))
}

// attempt is what a request says about who tries.
func (e site) attempt(r *http.Request) identity.Attempt {
	earlier, _ := auth.TokenOf(r)
	return identity.Attempt{IP: web.Host(r.RemoteAddr), Device: r.UserAgent(), Earlier: earlier}
}

// tell puts a fault of signing in on the form; other errors are not for it.
func tell(f *web.Form, err error) bool {
	x, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return false
	}
	switch x.Kind {
	case fault.Unauthenticated, fault.TooMany, fault.Conflict:
		f.Err = x
		return true
	case fault.Internal, fault.Invalid, fault.Denied, fault.NotFound, fault.TooLarge, fault.Unavailable:
	}
	return false
}

// destination is where a person goes after signing in.
func destination(p auth.Principal, next string) string {
	if next != "" && web.SafePath(next) != "/" {
		return web.SafePath(next)
	}
	switch {
	case p.Kind != auth.Staff:
		return "/"
	case p.Is(auth.RoleCounter):
		return "/staff/counter"
	case p.Is(auth.RoleClerk), p.Is(auth.RoleReviewer), p.Is(auth.RoleApprover), p.Is(auth.RoleHead):
		return "/staff/tasks"
	case p.Is(auth.RoleSupervisor):
		return "/staff/supervision"
	case p.Is(auth.RoleCatalogManager):
		return "/staff/catalog"
	case p.Is(auth.RoleAdministrator), p.Is(auth.RoleAuditor):
		return "/staff/accounts"
	}
	return "/account"
}

func (e site) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.SignOut(r.Context(), e.k.Actor(r)); err != nil {
		return err
	}
	e.sessions.ClearCookie(w)
	e.k.Flash(w, "identity.notice.signed_out")
	return e.k.SeeOther(w, r, "/signin")
}

// noStore keeps what a page shows out of every cache.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
