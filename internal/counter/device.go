package counter

import (
	"context"

	"github.com/tongban/tongban/internal/kit/db"
)

// wipeJob wipes what card readers read and nobody used.
type wipeJob struct{}

// Kind is the job's name.
func (wipeJob) Kind() string { return "counter.wipe_reads" }

func (s *Service) wipeReads(ctx context.Context, tx db.Tx, _ wipeJob) error {
	return wipeReads(ctx, tx, s.now())
}
