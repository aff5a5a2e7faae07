package job

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

func TestOutsideWorkGivesWayToACrowd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		q := New(d, time.Now, nil, slog.New(slog.DiscardHandler)) //nolint:forbidigo // not asked
		q.giveWay(t.Context())                                    // nobody there: at once
		hold := make(chan struct{})
		var crowd sync.WaitGroup
		for range 3 {
			crowd.Go(func() {
				_ = d.InTx(t.Context(), func(context.Context, db.Tx) error { <-hold; return nil })
			})
		}
		for d.InFlight() < 3 {
			runtime.Gosched()
		}
		gave := make(chan struct{})
		go func() { q.giveWay(t.Context()); close(gave) }()
		select {
		case <-gave:
			t.Error("did not wait")
		case <-time.After(30 * time.Millisecond):
		}
		close(hold)
		crowd.Wait()
		<-gave
	}, Area())
}
