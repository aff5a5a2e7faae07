package app

import (
	"context"
	"net/http"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
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
