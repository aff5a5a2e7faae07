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

// run starts Run and returns a stop that waits for it.
func run(t *testing.T, q *job.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); running.Wait() }
}

func TestTwoProcessesNeverDouble(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		const n = 600
		other := bundle{queue(b.d, b.w), b.d, b.w}
		var left sync.WaitGroup
		left.Add(n)
		for _, q := range []*job.Queue{b.Queue, other.Queue} {
			job.Handle(q, func(ctx context.Context, tx db.Tx, g greet) error {
				// The name is the key: a second effect would not fit in.
				_, err := tx.ExecContext(ctx, "INSERT INTO test_effects (id, who) VALUES ($1, '')", g.Name)
				tx.AfterCommit(left.Done)
				return err
			})
		}
		stops := []func(){run(t, b.Queue), run(t, other.Queue)}
		for i := range n / 100 {
			err := b.d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				for k := range 100 {
					if err := b.InsertTx(ctx, tx, greet{fmt.Sprint(i, "-", k)}, job.Insert{}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		left.Wait()
		for _, stop := range stops {
			stop()
		}
		var rows, jobs int
		if err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM test_effects").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM job_jobs").Scan(&jobs); err != nil {
			t.Fatal(err)
		}
		if rows != n || jobs != 0 {
			t.Errorf("%d effects, %d jobs left", rows, jobs)
		}
	})
}

// poll is how often a queue looks for jobs whose time has come.
const poll = 400 * time.Millisecond

func TestInsertedIsDoneAtOnceAndDueIsDoneInTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := func() time.Time { return time.Now().UTC() } //nolint:forbidigo // the true clock is what is tested
		b := bundle{job.New(d, clock, id.New, slog.New(slog.DiscardHandler)), d, nil}
		done := make(chan time.Duration, 2)
		job.Handle(b.Queue, func(_ context.Context, tx db.Tx, _ greet) error {
			tx.AfterCommit(func() { done <- 0 })
			return nil
		})
		b.Observe(func(d job.Done) { done <- d.Late })
		stop := run(t, b.Queue)
		defer stop()
		b.insert(t, greet{}, job.Insert{})
		<-done
		<-done
		b.insert(t, greet{}, job.Insert{At: clock().Add(100 * time.Millisecond)})
		<-done
		if late := <-done; late > 10*poll { // a busy machine looks late too
			t.Error("late by", late)
		}
	}, job.Area())
}

func TestStopFinishesWhatBeganAndHandsBackTheRest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		began := make(chan struct{}, 100)
		release := make(chan struct{})
		job.HandleOutside(b.Queue,
			func(context.Context, send) (int, error) { began <- struct{}{}; <-release; return 0, nil },
			func(ctx context.Context, tx db.Tx, s send, _ int) error { return effect(ctx, tx, s.To) })
		for range 20 {
			b.insert(t, send{"x"}, job.Insert{})
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = b.Run(ctx) })
		for range 8 { // that many work at the same time
			<-began
		}
		cancel()
		close(release)
		running.Wait()
		var effects, back int
		if err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM test_effects").Scan(&effects); err != nil {
			t.Fatal(err)
		}
		err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM job_jobs WHERE claim = '' AND attempt = 0 AND due <= $1", b.w.now().UnixMicro()).Scan(&back)
		if err != nil || effects < 8 || effects+back != 20 {
			t.Error(effects, back, err)
		}
	})
}

// In a flood several jobs share a transaction; what fails among them must not
// cost its neighbours anything.
func TestBadJobInAFloodHarmsNoNeighbour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		const n = 3000
		var left sync.WaitGroup
		left.Add(n)
		b.Observe(func(job.Done) { left.Done() })
		job.Handle(b.Queue, func(ctx context.Context, tx db.Tx, g greet) error {
			if _, err := tx.ExecContext(ctx, "INSERT INTO test_effects (id, who) VALUES ($1, '')", g.Name); err != nil {
				return err
			}
			switch g.Name {
			case "500":
				return errBoom
			case "1000":
				panic("boom")
			case "1500":
				return b.InsertTx(ctx, tx, greet{"successor"}, job.Insert{At: b.w.now().Add(time.Hour), Unique: "u"})
			}
			return nil
		})
		err := b.d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			for i := range n {
				unique := ""
				if i == 1500 {
					unique = "u"
				}
				if err := b.InsertTx(ctx, tx, greet{fmt.Sprint(i)}, job.Insert{Unique: unique}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, b.Queue)
		left.Wait()
		stop()
		var effects, jobs int
		if err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM test_effects").Scan(&effects); err != nil {
			t.Fatal(err)
		}
		if err := b.d.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM job_jobs").Scan(&jobs); err != nil {
			t.Fatal(err)
		}
		if effects != n-2 || jobs != 3 {
			t.Errorf("%d effects, %d jobs left", effects, jobs)
		}
	})
}
