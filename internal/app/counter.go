package app

import (
	"context"
	"net/http"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/web"
)

// windows is the counter as identity asks it: identity is made before it.
type windows struct{ a *areas }

func (w windows) Serving(ctx context.Context, clerk contract.AccountID) (auth.Acting, bool, error) {
	return w.a.counter.Serving(ctx, clerk)
}

func (w windows) Left(ctx context.Context, tx db.Tx, clerk auth.Principal) error {
	return w.a.counter.Left(ctx, tx, clerk)
}

// watched finds who asks, and keeps each request that staff make for a person at
// their window.
type watched struct {
	sessions *auth.Sessions
	counter  *counter.Service
}

func (w watched) Find(r *http.Request) (auth.Principal, error) {
	p, err := w.sessions.Find(r)
	if err != nil || p.For.Kind != auth.ForCounter {
		return p, err
	}
	return p, w.counter.Trace(r.Context(), p, r.Method, r.URL.Path)
}

// serving is who is served at the window of a member of staff, for every page. A
// page is shown without it where it cannot be told.
func (w watched) serving(ctx context.Context, p auth.Principal) web.Serving {
	x, err := w.counter.Session(ctx, p)
	if err != nil {
		return web.Serving{}
	}
	place, err := w.counter.Place(ctx, p)
	if err != nil {
		return web.Serving{}
	}
	s := web.Serving{Name: x.Name, Number: x.Number, Window: place.Window.Number, Since: x.Opened}
	if p.For.ID != p.For.Person {
		s.Party = p.For.Name
	}
	return s
}
