package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
)

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "test.greet" }

type send struct{ To string }

func (send) Kind() string { return "test.send" }

var errBoom = errors.New("boom")

// effects is what jobs leave behind.
var effects = db.Area{Name: "test", Files: fstest.MapFS{"migrations/0001_e.sql": {
	Data: []byte("-- +goose Up\nCREATE TABLE test_effects (id TEXT PRIMARY KEY, who TEXT NOT NULL);"),
}}}

func effect(ctx context.Context, q db.Q, who string) error {
	_, err := q.ExecContext(ctx, "INSERT INTO test_effects (id, who) VALUES ($1, $2)", id.New(), who)
	return err
}

func want(t *testing.T, d *db.DB, whoWanted string) {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), "SELECT who FROM test_effects ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(all, " "); got != whoWanted {
		t.Errorf("effects %q, want %q", got, whoWanted)
	}
}

// watch is a clock that a test moves.
type watch struct{ micro atomic.Int64 }

func newWatch() *watch {
	w := &watch{}
	w.micro.Store(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC).UnixMicro())
	return w
}

func (w *watch) now() time.Time        { return time.UnixMicro(w.micro.Load()).UTC() }
func (w *watch) pass(by time.Duration) { w.micro.Add(by.Microseconds()) }

type bundle struct {
	*job.Queue
	d *db.DB
	w *watch
}

func each(t *testing.T, fn func(t *testing.T, b bundle)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWatch()
		fn(t, bundle{queue(d, w), d, w})
	}, job.Area(), effects)
}

func queue(d *db.DB, w *watch) *job.Queue {
	return job.New(d, w.now, id.New, slog.New(slog.DiscardHandler))
}

func (b bundle) insert(t *testing.T, j job.Job, o job.Insert) {
	t.Helper()
	err := b.d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return b.InsertTx(ctx, tx, j, o) })
	if err != nil {
		t.Fatal(err)
	}
}

func (b bundle) cancel(t *testing.T, kind, unique string) {
	t.Helper()
	err := b.d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return b.Cancel(ctx, tx, kind, unique) })
	if err != nil {
		t.Fatal(err)
	}
}

func (b bundle) drain(t *testing.T) {
	t.Helper()
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b bundle) greets(fail *error) {
	job.Handle(b.Queue, func(ctx context.Context, tx db.Tx, g greet) error {
		if err := effect(ctx, tx, g.Name); err != nil {
			return err
		}
		return *fail
	})
}

func TestJobRunsWhenDueInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		var fail error
		b.greets(&fail)
		b.insert(t, greet{"late"}, job.Insert{At: b.w.now().Add(time.Hour)})
		b.insert(t, greet{"a"}, job.Insert{})
		b.insert(t, greet{"b"}, job.Insert{At: b.w.now().Add(-time.Minute)})
		b.drain(t)
		want(t, b.d, "b a")
		b.w.pass(time.Hour - time.Microsecond)
		b.drain(t)
		want(t, b.d, "b a")
		b.w.pass(time.Microsecond)
		b.drain(t)
		b.drain(t)
		want(t, b.d, "b a late")
	})
}

func TestRolledBackInsertLeavesNoJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		var fail error
		b.greets(&fail)
		err := b.d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return errors.Join(b.InsertTx(ctx, tx, greet{"a"}, job.Insert{}), errBoom)
		})
		if !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		b.drain(t)
		want(t, b.d, "")
	})
}

func TestFailureRollsBackAndTriesAgainLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		fail := errBoom
		b.greets(&fail)
		b.insert(t, greet{"a"}, job.Insert{})
		if err := b.Drain(t.Context()); !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		b.drain(t) // not due again yet
		want(t, b.d, "")
		fail = nil
		b.w.pass(2 * time.Second)
		b.drain(t)
		want(t, b.d, "a")
	})
}

func TestWhatKeepsFailingDiesAndCanBeRetried(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		fail := errBoom
		b.greets(&fail)
		b.insert(t, greet{"a"}, job.Insert{Unique: "u"})
		begin, attempts := b.w.now(), 0
		for ; attempts < 100; attempts++ {
			if err := b.Drain(t.Context()); err == nil {
				break
			}
			b.w.pass(12 * 12 * 12 * 12 * 2 * time.Second)
		}
		letters, err := b.DeadLetters(t.Context())
		if err != nil || len(letters) != 1 {
			t.Fatal(letters, err)
		}
		if l := letters[0]; attempts != 12 || l.Attempts != 12 || l.Error != "boom" || l.Kind != "test.greet" || l.Payload != `{"name":"a"}` || l.Due.Before(begin) {
			t.Error(attempts, l)
		}
		fail = nil
		if err := b.Retry(t.Context(), letters[0].ID); err != nil {
			t.Fatal(err)
		}
		b.drain(t)
		want(t, b.d, "a")
		if err := b.Retry(t.Context(), letters[0].ID); !errors.Is(err, job.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestDeadMeansDeadAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		fail := job.Dead(errBoom)
		b.greets(&fail)
		b.insert(t, greet{"a"}, job.Insert{Unique: "u"})
		if err := b.Drain(t.Context()); !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		letters, err := b.DeadLetters(t.Context())
		if err != nil || len(letters) != 1 {
			t.Fatal(letters, err)
		}
		backlogs, err := b.Backlogs(t.Context())
		if err != nil || len(backlogs) != 1 || backlogs[0] != (job.Backlog{Kind: "test.greet", Dead: 1}) {
			t.Error(backlogs, err)
		}
		b.insert(t, greet{"b"}, job.Insert{Unique: "u"}) // the dead one does not stand in the way
		if err := b.Retry(t.Context(), letters[0].ID); !errors.Is(err, job.ErrTwin) {
			t.Error(err)
		}
		b.cancel(t, "test.greet", "u")
		if letters, err = b.DeadLetters(t.Context()); err != nil || len(letters) != 0 {
			t.Error("cancelled, but still to be retried:", letters, err)
		}
		b.drain(t)
		want(t, b.d, "")
	})
}

func TestSnoozeIsNoFailure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		fail := job.Snooze(time.Hour)
		b.greets(&fail)
		b.insert(t, greet{"a"}, job.Insert{})
		for range 30 {
			_ = b.Drain(t.Context())
			b.w.pass(time.Hour)
		}
		fail = nil
		b.drain(t)
		want(t, b.d, "a")
	})
}

func TestUniqueJobStandsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		var fail error
		b.greets(&fail)
		job.HandleOutside(b.Queue, func(context.Context, send) (int, error) { return 0, nil }, nil)
		for range 2 {
			b.insert(t, greet{"a"}, job.Insert{Unique: "1"})
			b.insert(t, greet{"b"}, job.Insert{Unique: "2"})
			b.insert(t, greet{"c"}, job.Insert{})
			b.insert(t, send{"x"}, job.Insert{Unique: "1"})
		}
		b.drain(t)
		want(t, b.d, "a b c c")
		b.insert(t, greet{"a"}, job.Insert{Unique: "1"}) // finished: free again
		b.drain(t)
		want(t, b.d, "a b c c a")
	})
}

func TestCancelTakesTheJobAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		var fail error
		b.greets(&fail)
		b.insert(t, greet{"a"}, job.Insert{Unique: "1"})
		b.insert(t, greet{"b"}, job.Insert{Unique: "2"})
		b.cancel(t, "test.greet", "1")
		b.cancel(t, "test.greet", "none")
		b.drain(t)
		want(t, b.d, "b")
	})
}

// A yearly or daily job plans its successor under its own unique key.
func TestJobMayPlanItsSuccessor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		stop := false
		job.Handle(b.Queue, func(ctx context.Context, tx db.Tx, g greet) error {
			if err := effect(ctx, tx, g.Name); err != nil {
				return err
			}
			if stop {
				return b.Cancel(ctx, tx, g.Kind(), "daily")
			}
			return b.InsertTx(ctx, tx, greet{g.Name + "+"}, job.Insert{At: b.w.now().Add(24 * time.Hour), Unique: "daily"})
		})
		b.insert(t, greet{"a"}, job.Insert{Unique: "daily"})
		b.drain(t)
		b.drain(t)
		want(t, b.d, "a")
		stop = true
		b.w.pass(24 * time.Hour)
		b.drain(t)
		b.w.pass(24 * time.Hour)
		b.drain(t)
		want(t, b.d, "a a+")
	})
}

func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		calm := false
		job.Handle(b.Queue, func(ctx context.Context, tx db.Tx, g greet) error {
			if !calm {
				panic("boom")
			}
			return effect(ctx, tx, g.Name)
		})
		b.insert(t, greet{"a"}, job.Insert{})
		if err := b.Drain(t.Context()); err == nil {
			t.Fatal("no failure")
		}
		calm = true
		b.w.pass(time.Hour)
		b.drain(t)
		want(t, b.d, "a")
	})
}

func TestUnreadablePayloadDies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		job.HandleNamed(b.Queue, greet{}.Kind(), func(context.Context, db.Tx, int) error { return nil })
		b.insert(t, greet{"a"}, job.Insert{})
		if err := b.Drain(t.Context()); err == nil {
			t.Fatal("read")
		}
		if letters, err := b.DeadLetters(t.Context()); err != nil || len(letters) != 1 {
			t.Error(letters, err)
		}
	})
}

func TestOutsideEffectMayRepeatButIsStoredOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		sent, fail := 0, errBoom
		job.HandleOutside(b.Queue,
			func(context.Context, send) (string, error) { sent++; return fmt.Sprint("receipt", sent), nil },
			func(ctx context.Context, tx db.Tx, s send, receipt string) error {
				if err := effect(ctx, tx, s.To+"-"+receipt); err != nil {
					return err
				}
				return fail
			})
		b.insert(t, send{"x"}, job.Insert{})
		if err := b.Drain(t.Context()); !errors.Is(err, errBoom) {
			t.Fatal(err)
		}
		fail = nil
		b.w.pass(time.Hour)
		b.drain(t)
		want(t, b.d, "x-receipt2")
	})
}

func TestTwoHandlersForAKindAreRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("taken")
		}
	}()
	q := queue(dbtest.SQLite(t), newWatch())
	for range 2 {
		job.Handle(q, func(context.Context, db.Tx, greet) error { return nil })
	}
}

// A process that stops for good between claim and effect: its lease ends, another
// takes the job. One that was only slow finds its claim gone, and its effect is
// rolled back.
func TestSlowOrDeadHolderLosesTheClaim(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		other := bundle{queue(b.d, b.w), b.d, b.w}
		var outcomes []job.Outcome
		b.Observe(func(d job.Done) { outcomes = append(outcomes, d.Outcome) })
		job.HandleOutside(b.Queue,
			func(ctx context.Context, _ send) (int, error) {
				b.w.pass(time.Hour) // stops here for an hour; meanwhile the other works
				return 0, other.Drain(ctx)
			},
			func(ctx context.Context, tx db.Tx, s send, _ int) error { return effect(ctx, tx, s.To+"-slow") })
		job.HandleOutside(other.Queue,
			func(context.Context, send) (int, error) { return 0, nil },
			func(ctx context.Context, tx db.Tx, s send, _ int) error { return effect(ctx, tx, s.To+"-other") })
		b.insert(t, send{"x"}, job.Insert{})
		if err := b.Drain(t.Context()); err == nil {
			t.Error("the slow one believes it did it")
		}
		want(t, b.d, "x-other")
		if len(outcomes) != 1 || outcomes[0] != job.OutcomeLost {
			t.Error(outcomes)
		}
	})
}

func TestJobThatKillsTheProcessDiesInTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		var ran int
		job.HandleOutside(b.Queue, func(context.Context, send) (int, error) { ran++; return 0, nil }, nil)
		b.insert(t, send{"x"}, job.Insert{})
		if _, err := b.d.ExecContext(t.Context(), "UPDATE job_jobs SET attempt = 12"); err != nil { // claimed twelve times, never settled
			t.Fatal(err)
		}
		if err := b.Drain(t.Context()); err == nil || ran != 0 {
			t.Error(err, ran)
		}
		if letters, err := b.DeadLetters(t.Context()); err != nil || len(letters) != 1 {
			t.Error(letters, err)
		}
	})
}

func TestEndlessDrainEnds(t *testing.T) {
	t.Parallel()
	b := bundle{d: dbtest.SQLite(t, job.Area()), w: newWatch()}
	b.Queue = queue(b.d, b.w)
	job.Handle(b.Queue, func(ctx context.Context, tx db.Tx, g greet) error { return b.InsertTx(ctx, tx, g, job.Insert{}) })
	b.insert(t, greet{}, job.Insert{})
	if err := b.Drain(t.Context()); err == nil {
		t.Error("ended well")
	}
}
