// Package notifyweb shows people their inbox.
package notifyweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/notify"
)

// Texts are the words of these pages and of the mail.
//
//go:embed locale
var Texts embed.FS

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *notify.Service) {
	k.Page("GET /inbox", "notify.read", inbox(k, s))
	k.Page("POST /inbox/read", "notify.read", markRead(k, s))
}

// API registers the operations of this area.
func API(a *api.API, s *notify.Service) {
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/notices", ID: "notice-list", Action: "notify.read",
		Tag: "notices", Summary: "The messages of the person who asks, newest first",
	}, list(s))
}

func inbox(k *web.Kit, s *notify.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page, err := s.Inbox(r.Context(), k.Actor(r), r.URL.Query().Get("before"))
		if err != nil {
			return err
		}
		d := inboxData{Service: s, Messages: page.Messages}
		if page.Next != "" {
			d.Pager.Next = "/inbox?before=" + url.QueryEscape(page.Next)
		}
		return k.Render(w, r, http.StatusOK, inboxPage(k.View(r), d))
	}
}

func markRead(k *web.Kit, s *notify.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(w, r, 4<<10)
		if err != nil {
			return err
		}
		if err := s.MarkRead(r.Context(), k.Actor(r), f.Get("id")); err != nil {
			return err
		}
		return k.SeeOther(w, r, "/inbox")
	}
}

type listIn struct {
	Before string `query:"before" maxLength:"64" doc:"Id of the last message of the page before."`
	Locale string `header:"Accept-Language"`
}

type notice struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Case      string    `json:"case"`
	Number    string    `json:"number"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Due       string    `json:"due,omitempty"`
	Statutory bool      `json:"statutory"`
	Read      bool      `json:"read"`
	Mail      string    `json:"mail"`
	At        time.Time `json:"at"`
}

type messagesOut struct {
	Body struct {
		Notices []notice `json:"notices"`
		Next    string   `json:"next,omitempty"`
	}
}

func list(s *notify.Service) func(context.Context, auth.Principal, *listIn) (*messagesOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *listIn) (*messagesOut, error) {
		page, err := s.Inbox(ctx, actor, in.Before)
		if err != nil {
			return nil, err
		}
		out := &messagesOut{}
		out.Body.Notices = []notice{}
		out.Body.Next = page.Next
		locale := web.Negotiate(in.Locale)
		for _, m := range page.Messages {
			out.Body.Notices = append(out.Body.Notices, notice{
				ID: m.ID, Kind: m.Kind, Case: string(m.Case), Number: m.Number,
				Title: s.Subject(locale, m), Text: s.Body(locale, m), Due: m.Due,
				Statutory: m.Statutory, Read: m.Read, Mail: m.Mail, At: m.At,
			})
		}
		return out, nil
	}
}
