package db_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

// Durable transactions a second by the number of callers at the same time.
func BenchmarkInTx(b *testing.B) {
	for _, statements := range []int{1, 6} {
		for _, callers := range []int{1, 16, 64} {
			for _, kind := range []string{"sqlite", "postgres"} {
				b.Run(fmt.Sprintf("%s/statements=%d/callers=%d", kind, statements, callers), func(b *testing.B) {
					var d *db.DB
					if kind == "sqlite" {
						d = dbtest.SQLite(b, kv)
					} else {
						d = dbtest.Postgres(b, kv)
					}
					var n atomic.Int64
					before := cpu(b)
					b.SetParallelism(callers / 2) // times GOMAXPROCS, which is 2 here
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							err := d.InTx(b.Context(), func(ctx context.Context, tx db.Tx) error {
								for range statements {
									if err := put(ctx, tx, fmt.Sprint("key", n.Add(1)), "some words of a value that is stored"); err != nil {
										return err
									}
								}
								return nil
							})
							if err != nil {
								b.Fatal(err)
							}
						}
					})
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
					b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op") // steadier than the clock on a busy machine
				})
			}
		}
	}
}

func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
