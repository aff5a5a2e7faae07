// Package job runs durable work with a due time, on SQLite and PostgreSQL.
//
// A job is inserted in the caller's transaction: both are kept or neither. Its
// effect and its end share one transaction too, so an effect in our database
// happens exactly once, whatever crashes in between:
//
//	inserted -> waiting for its time -> claimed -> gone
//	                 ^                     | error: back-off, later dead
//	                 +---------------------+ crash: the claim expires
//
// Any number of processes may work on one PostgreSQL. A claim is a lease: it
// moves the due time to the lease's end, so that a claim nobody finishes turns
// back into a due job by itself. Whoever finishes must still hold the claim.
package job

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Area returns the tables of this package for db.Migrate.
func Area() db.Area { return db.Area{Name: "job", Files: migrations} }

// Faults of this package.
var (
	// ErrNotFound means that there is no such dead letter.
	ErrNotFound = fault.New(fault.NotFound, "job.not_found")
	// ErrTwin means that a job with the same unique key is already waiting.
	ErrTwin = fault.New(fault.Conflict, "job.twin")
)

// Job is what is to be done: a struct that JSON can carry. Kind names the work
// and never changes once jobs of it are stored: "deadline.warn".
type Job interface{ Kind() string }

// Insert says when a job runs.
type Insert struct {
	// At is when the job is due; zero is now.
	At time.Time
	// Unique, if set, keeps a second job of the same kind and key from being
	// inserted while one is unfinished. A dead letter counts as finished.
	Unique string
}

// maxAttempts dead-letters a job after about eleven hours of failing, so that
// what breaks in the evening can heal before anybody must look.
const maxAttempts = 12

// lane separates quick database effects from slow outside work, so that a mail
// server that hangs cannot hold up a statutory clock.
type lane int

const (
	inside lane = iota
	outside
)

// handler runs one claimed job. It returns nil only when the effect is stored
// and the job is gone, in one transaction.
type handler struct {
	lane lane
	run  func(ctx context.Context, c claimed) error
	// work is the effect alone, for several jobs in one transaction; inside only.
	work func(ctx context.Context, tx db.Tx, c claimed) error
}

// Queue is the jobs of one database.
type Queue struct {
	db       *db.DB
	now      func() time.Time
	newID    func() string
	log      *slog.Logger
	handlers map[string]handler
	wake     [2]chan struct{} // one per lane
	observe  func(Done)
}

// New returns the queue of d. Handlers are registered before Run or Drain.
func New(d *db.DB, now func() time.Time, newID func() string, log *slog.Logger) *Queue {
	return &Queue{
		db: d, now: now, newID: newID, log: log,
		handlers: map[string]handler{},
		wake:     [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)},
		observe:  func(Done) {},
	}
}

// Handle registers the work for jobs of J's kind. What work writes through tx
// and the end of the job are one transaction.
func Handle[J Job](q *Queue, work func(ctx context.Context, tx db.Tx, j J) error) {
	var zero J
	HandleNamed(q, zero.Kind(), work)
}

// HandleNamed is Handle for a kind that the type alone does not tell.
func HandleNamed[J any](q *Queue, kind string, work func(ctx context.Context, tx db.Tx, j J) error) {
	effect := func(ctx context.Context, tx db.Tx, c claimed) error {
		j, err := decode[J](c)
		if err != nil {
			return err
		}
		return work(ctx, tx, j)
	}
	q.register(kind, handler{lane: inside, work: effect, run: func(ctx context.Context, c claimed) error {
		return q.finish(ctx, c, func(ctx context.Context, tx db.Tx) error { return effect(ctx, tx, c) })
	}})
}

// HandleOutside registers work whose effect is slow or outside the database:
// do runs first, without a transaction, and may run twice; done stores its
// result together with the end of the job, once. Done may be nil.
func HandleOutside[J Job, R any](
	q *Queue,
	do func(ctx context.Context, j J) (R, error),
	done func(ctx context.Context, tx db.Tx, j J, r R) error,
) {
	var zero J
	q.register(zero.Kind(), handler{lane: outside, run: func(ctx context.Context, c claimed) error {
		j, err := decode[J](c)
		if err != nil {
			return err
		}
		r, err := do(ctx, j)
		if err != nil {
			return err
		}
		return q.finish(ctx, c, func(ctx context.Context, tx db.Tx) error {
			if done == nil {
				return nil
			}
			return done(ctx, tx, j, r)
		})
	}})
}

// register refuses a second handler as http.ServeMux refuses a second route.
func (q *Queue) register(kind string, h handler) {
	if _, ok := q.handlers[kind]; ok {
		panic("job: two handlers for " + kind)
	}
	q.handlers[kind] = h
}

func decode[J any](c claimed) (j J, err error) {
	if err := json.Unmarshal([]byte(c.payload), &j); err != nil {
		return j, Dead(fmt.Errorf("read job: %w", err))
	}
	return j, nil
}

// InsertTx stores j in the caller's transaction and wakes a worker after the
// commit.
func (q *Queue) InsertTx(ctx context.Context, tx db.Tx, j Job, o Insert) error {
	payload, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write job %s: %w", j.Kind(), err)
	}
	now := q.now()
	if o.At.IsZero() {
		o.At = now
	}
	r := row{id: q.newID(), kind: j.Kind(), unique: o.Unique, payload: string(payload), due: o.At.UnixMicro(), made: now.UnixMicro()}
	if me := running(ctx); me != nil && me.is(r.kind, r.unique) {
		// A job that plans its successor makes room for it.
		if err := me.leave(ctx, tx); err != nil {
			return err
		}
	}
	if err := insert(ctx, tx, r); err != nil {
		return err
	}
	if h, ok := q.handlers[r.kind]; ok && !o.At.After(now) {
		tx.AfterCommit(func() { q.wakeUp(h.lane) })
	}
	return nil
}

// Cancel deletes the unfinished or dead job with this kind and unique key, if
// there is one. A job that is being worked on at this moment either has ended
// before, or ends without effect.
func (q *Queue) Cancel(ctx context.Context, tx db.Tx, kind, unique string) error {
	if me := running(ctx); me != nil && me.is(kind, unique) {
		return me.leave(ctx, tx)
	}
	return remove(ctx, tx, kind, unique)
}

func (q *Queue) wakeUp(l lane) {
	select {
	case q.wake[l] <- struct{}{}:
	default: // somebody has already knocked
	}
}

// Snooze as the error of a handler puts the job off without counting an attempt.
// What the handler wrote is rolled back.
func Snooze(d time.Duration) error { return &snooze{d} }

// IsSnooze reports whether an error came from Snooze.
func IsSnooze(err error) bool {
	_, ok := errors.AsType[*snooze](err)
	return ok
}

type snooze struct{ d time.Duration }

func (s *snooze) Error() string { return "snooze " + s.d.String() }

// Dead as the error of a handler says that trying again is useless: the job
// becomes a dead letter at once.
func Dead(err error) error { return &dead{err} }

type dead struct{ err error }

func (d *dead) Error() string { return "dead: " + d.err.Error() }
func (d *dead) Unwrap() error { return d.err }

// backOff is how long the n-th failure (from 1) puts a job off: n^4 seconds as
// in River, with a tenth of jitter so that neighbours spread.
func backOff(n int64) time.Duration {
	s := math.Pow(float64(n), 4)
	return time.Duration(s * (0.9 + 0.2*rand.Float64()) * float64(time.Second)) //nolint:gosec // spreads load, guards nothing
}

// Outcome is how an attempt ended.
type Outcome string

// The outcomes of an attempt.
const (
	OutcomeDone    Outcome = "done"
	OutcomeRetry   Outcome = "retry"
	OutcomeSnoozed Outcome = "snoozed"
	OutcomeDead    Outcome = "dead"
	OutcomeLost    Outcome = "lost" // cancelled, or the claim had expired
)

// Done tells an observer about one attempt.
type Done struct {
	Kind    string
	Outcome Outcome
	Late    time.Duration // from due to the start of the attempt
}

// Observe calls fn after each attempt; set before Run. It is for metrics.
func (q *Queue) Observe(fn func(Done)) { q.observe = fn }

// errLost rolls back an effect whose job was cancelled or claimed by others.
var errLost = errors.New("claim lost")
