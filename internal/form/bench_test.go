package form_test

import (
	"context"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/rule"
)

func BenchmarkEvaluate(b *testing.B) {
	c, err := form.Compile(rule.MustNew(), formtest.Shipped(b, formtest.Hygiene))
	if err != nil {
		b.Fatal(err)
	}
	in := form.Input{Applicant: contract.Party{Kind: "company"}, Today: day.MustParse("2026-11-21"), Answers: contract.Answers{}}
	for name, v := range formtest.Good() {
		if n, ok := v.(int); ok {
			v = int64(n)
		}
		in.Answers[name] = v
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Evaluate(in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSubmit hands in drafts made before the clock starts; BareSubmit
// writes the rows that this writes, through the same writer.
func BenchmarkSubmit(b *testing.B) {
	w := formtest.SQLite(b)
	ids := make(chan contract.DraftID, b.N)
	for range b.N {
		ids <- w.Complete(b)
	}
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.Submit(context.Background(), formtest.Lin, <-ids, form.Change{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
}

func BenchmarkBareSubmit(b *testing.B) {
	w := formtest.SQLite(b)
	ids := make(chan contract.DraftID, b.N)
	for range b.N {
		ids <- w.Complete(b)
	}
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			draft := string(<-ids)
			err := w.DB.InTx(context.Background(), func(ctx context.Context, tx db.Tx) error {
				if _, err := tx.ExecContext(ctx, "UPDATE form_drafts SET submitted_at = $2 WHERE id = $1", draft, 1); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, "INSERT INTO form_test_cases (id, case_key) VALUES ($1, $2)", id.New(), draft); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, "UPDATE form_drafts SET receipt = $2, answers = '{}', sealed = NULL WHERE id = $1", draft, "{}")
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
}
