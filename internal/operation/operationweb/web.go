// Package operationweb shows operators the queue and the event log.
package operationweb

import (
	"embed"
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/operation"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *operation.Service) {
	k.Page("GET /staff/jobs", "operation.jobs", jobs(k, s))
	k.Page("POST /staff/jobs/{id}/retry", "operation.retry", retry(k, s))
	k.Page("GET /staff/events", "operation.events", events(k, s))
}

func jobs(k *web.Kit, s *operation.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		state, err := s.Jobs(r.Context(), k.Actor(r))
		if err != nil {
			return err
		}
		return k.Render(w, r, http.StatusOK, jobsPage(k.View(r), state))
	}
}

func retry(k *web.Kit, s *operation.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.Retry(r.Context(), k.Actor(r), r.PathValue("id")); err != nil {
			return err
		}
		k.Flash(w, "operation.notice.retried")
		return k.SeeOther(w, r, "/staff/jobs")
	}
}

func events(k *web.Kit, s *operation.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		q := r.URL.Query()
		page, err := s.Events(r.Context(), k.Actor(r), q.Get("object"), q.Get("before"))
		if err != nil {
			return err
		}
		pager := web.PagerArgs{}
		if page.Next != "" {
			pager.Next = "/staff/events?before=" + url.QueryEscape(page.Next)
		}
		return k.Render(w, r, http.StatusOK, eventsPage(k.View(r), eventsData{page, q.Get("object"), pager}))
	}
}
