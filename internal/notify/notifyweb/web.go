// Package notifyweb shows people their inbox and lets them choose how they are
// told, and shows operators what did not arrive.
package notifyweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/notify"
)

// Texts are the words of these pages and of the mail.
//
//go:embed locale
var Texts embed.FS

// errTooMany bounds the tests of a webhook: each calls somebody's machine.
var errTooMany = fault.New(fault.TooMany, "notify.hook.too_many")

// pages are the handlers with what they need.
type pages struct {
	k     *web.Kit
	s     *notify.Service
	tests *auth.Limiter
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *notify.Service) {
	p := &pages{k: k, s: s, tests: auth.NewLimiter(5, time.Minute, k.Now)}
	k.Page("GET /inbox", "notify.read", p.inbox)
	k.Page("POST /inbox/read", "notify.read", p.markRead)
	k.Page("GET /account/notices", "notify.choose", p.choices)
	k.Page("POST /account/notices", "notify.choose", p.choose)
	k.Page("GET /account/notices/webhook", "notify.hook", p.hook)
	k.Page("POST /account/notices/webhook", "notify.hook", p.setHook)
	k.Page("POST /account/notices/webhook/test", "notify.hook", p.testHook)
	k.Page("POST /account/notices/webhook/drop", "notify.hook", p.dropHook)
	k.Page("GET /staff/notices", "notify.operate", p.failures)
	k.Page("POST /staff/notices/{message}/{channel}/retry", "notify.operate", p.retry)
}

func (p *pages) inbox(w http.ResponseWriter, r *http.Request) error {
	page, err := p.s.Inbox(r.Context(), p.k.Actor(r), r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	d := inboxData{Service: p.s, Messages: page.Messages}
	if page.Next != "" {
		d.Pager.Next = "/inbox?before=" + url.QueryEscape(page.Next)
	}
	return p.k.Render(w, r, http.StatusOK, inboxPage(p.k.View(r), d))
}

func (p *pages) markRead(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	if err := p.s.MarkRead(r.Context(), p.k.Actor(r), f.Get("id")); err != nil {
		return err
	}
	return p.k.SeeOther(w, r, "/inbox")
}

// codeOf is the code of a fault that a person may be told.
func codeOf(err error) string {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return "form.broken"
	}
	return e.Code
}

// InboxPanel shows on the page of what waits for an official what they were told and
// have not read.
func InboxPanel(s *notify.Service) func(ctx context.Context, v web.View) (templ.Component, error) {
	return func(ctx context.Context, v web.View) (templ.Component, error) {
		n, err := s.Unread(ctx, v.Actor)
		if err != nil || n == 0 {
			return nil, err
		}
		page, err := s.Inbox(ctx, v.Actor, "")
		if err != nil {
			return nil, err
		}
		list := slices.DeleteFunc(page.Messages, func(m notify.Message) bool { return m.Read })
		return dutyPanel(v, s, list[:min(len(list), 5)], n), nil
	}
}
