package job_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
)

// Catching up: jobs that are all due, claimed and finished, each with an effect
// of one row or none.
func BenchmarkCatchUp(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		for _, rows := range []int{0, 1} {
			b.Run(fmt.Sprintf("%s/rows=%d", kind, rows), func(b *testing.B) {
				var d *db.DB
				if kind == "sqlite" {
					d = dbtest.SQLite(b, job.Area(), effects)
				} else {
					d = dbtest.Postgres(b, job.Area(), effects)
				}
				catchUp(b, d, rows)
			})
		}
	}
}

func catchUp(b *testing.B, d *db.DB, rows int) {
	b.Helper()
	clock := func() time.Time { return time.Now().UTC() } //nolint:forbidigo // measures
	q := job.New(d, clock, id.New, slog.New(slog.DiscardHandler))
	var left sync.WaitGroup
	left.Add(b.N)
	job.Handle(q, func(ctx context.Context, tx db.Tx, g greet) error {
		tx.AfterCommit(left.Done)
		if rows == 0 {
			return nil
		}
		return effect(ctx, tx, g.Name)
	})
	for done := 0; done < b.N; done += 1000 {
		err := d.InTx(b.Context(), func(ctx context.Context, tx db.Tx) error {
			for range min(1000, b.N-done) {
				if err := q.InsertTx(ctx, tx, greet{"a"}, job.Insert{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = q.Run(ctx) })
	left.Wait()
	b.StopTimer()
	cancel()
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
