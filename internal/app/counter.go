package app

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
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
