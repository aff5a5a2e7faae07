package app

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
)

// atWindows is the counter as forms and cases ask where somebody is served: both are
// made before it.
type atWindows struct{ a *areas }

func (p atWindows) At(ctx context.Context, session string) (contract.Counter, error) {
	return p.a.counter.At(ctx, session)
}
