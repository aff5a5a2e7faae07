package casework

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

// BenchmarkSubmit is a whole submission: case, answers, materials, step, clock,
// event and jobs, durable.
func BenchmarkSubmit(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{
		"sqlite":   func(tb testing.TB) *db.DB { return dbtest.SQLite(tb, areas()...) },
		"postgres": func(tb testing.TB) *db.DB { return dbtest.Postgres(tb, areas()...) },
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, open(b))
			var n atomic.Int64
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := w.submit(b.Context(), lin, w.submission(fmt.Sprint("bench-", n.Add(1)), hygiene)); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cases/s")
		})
	}
}
