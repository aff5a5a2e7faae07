package event_test

import (
	"context"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// What one event with one subscriber costs inside a transaction.
func BenchmarkRecord(b *testing.B) {
	d := dbtest.SQLite(b, job.Area(), event.Area())
	_, l := open(d)
	event.Subscribe(l, "one", func(context.Context, db.Tx, event.Recorded, moved) error { return nil })
	m := event.Meta{Actor: auth.Principal{Kind: auth.Staff, ID: "u1", Name: "何敏"}, Subject: "p1", Object: "case:1", Purpose: "review", Basis: "《行政许可法》第三十四条"}
	for b.Loop() {
		err := d.InTx(b.Context(), func(ctx context.Context, tx db.Tx) error {
			for range 100 {
				if err := l.Record(ctx, tx, m, moved{To: "accepted"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(100*b.N), "us/event")
}
