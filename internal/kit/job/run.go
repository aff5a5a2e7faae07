package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

const (
	// poll bounds how late a job fires that nothing woke us for: its time came,
	// or another process inserted it.
	poll = 400 * time.Millisecond
	// insideLease covers a batch of quick jobs many times over.
	insideLease = time.Minute
	// outsideLease bounds one slow effect; its context ends then.
	outsideLease = 5 * time.Minute
	// grace is what outside work gets to finish when the process stops.
	grace = 10 * time.Second
)

// running marks, in the context of a handler, which job runs: so that it may
// plan its own successor under the same unique key, or cancel itself.
type runningKey struct{}

type runningJob struct {
	claimed
	left bool
}

func running(ctx context.Context) *runningJob {
	r, _ := ctx.Value(runningKey{}).(*runningJob)
	return r
}

func (r *runningJob) is(kind, unique string) bool {
	return unique != "" && r.kind == kind && r.unique == unique
}

// leave ends the job's row early, in its own transaction.
func (r *runningJob) leave(ctx context.Context, tx db.Tx) error {
	if r.left {
		return nil
	}
	ok, err := end(ctx, tx, r.id, r.claim)
	if err != nil {
		return err
	}
	if !ok {
		return errLost
	}
	r.left = true
	return nil
}

// finish runs work and ends the job in one transaction. The job ends last, so
// that its row is locked in the same order as by a caller that first changes
// its own rows and then cancels the job.
func (q *Queue) finish(ctx context.Context, c claimed, work func(context.Context, db.Tx) error) error {
	return q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		me := &runningJob{claimed: c}
		if err := work(context.WithValue(ctx, runningKey{}, me), tx); err != nil {
			return err
		}
		return me.leave(ctx, tx)
	})
}

// attemptAll runs claimed jobs: several at first in one transaction, for with a
// flood of small jobs the commit costs more than the work. When that fails,
// nothing was kept, and each is tried alone.
func (q *Queue) attemptAll(ctx context.Context, jobs []claimed) {
	start := q.now()
	if len(jobs) > 1 && q.together(ctx, jobs) == nil {
		for _, c := range jobs {
			q.done(ctx, Done{Kind: c.kind, Outcome: OutcomeDone, Late: start.Sub(time.UnixMicro(c.due))})
		}
		return
	}
	for _, c := range jobs {
		_ = q.attempt(ctx, c) // settled and logged there
	}
}

func (q *Queue) together(ctx context.Context, jobs []claimed) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p) // the one to blame shows when it is tried alone
		}
	}()
	return q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		var ids []string
		for _, c := range jobs {
			if c.attempt > 1 {
				return errors.New("has failed before: better alone")
			}
			me := &runningJob{claimed: c}
			if err := q.handlers[c.kind].work(context.WithValue(ctx, runningKey{}, me), tx, c); err != nil {
				return err
			}
			if !me.left {
				ids = append(ids, c.id)
			}
		}
		return endAll(ctx, tx, jobs[0].claim, ids)
	})
}

// attempt runs one claimed job and settles what became of it.
func (q *Queue) attempt(ctx context.Context, c claimed) error {
	done := Done{Kind: c.kind, Late: q.now().Sub(time.UnixMicro(c.due))}
	err := q.call(ctx, c)
	if err == nil {
		done.Outcome = OutcomeDone
		q.done(ctx, done)
		return nil
	}
	var settle error
	done.Outcome, settle = q.settle(context.WithoutCancel(ctx), c, err)
	q.observe(done)
	if settle != nil { // then the claim expires, and the job runs again
		q.log.ErrorContext(ctx, "job not settled", slog.String("kind", c.kind), slog.String("job", c.id), slog.Any("error", settle))
	}
	return err
}

// done tells of a job that has ended, after its transaction was committed.
func (q *Queue) done(ctx context.Context, d Done) {
	q.observe(d)
	q.log.DebugContext(ctx, "job done", slog.String("kind", d.Kind), slog.Duration("late", d.Late))
}

func (q *Queue) call(ctx context.Context, c claimed) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			q.log.ErrorContext(ctx, "job panics", slog.String("kind", c.kind), slog.String("job", c.id),
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	if c.attempt > maxAttempts { // its claims expire again and again: it kills the process
		return Dead(errors.New("attempts used up without an end"))
	}
	return q.handlers[c.kind].run(ctx, c)
}

func (q *Queue) settle(ctx context.Context, c claimed, err error) (Outcome, error) {
	log := q.log.With(slog.String("kind", c.kind), slog.String("job", c.id), slog.Int64("attempt", c.attempt))
	if errors.Is(err, errLost) {
		log.InfoContext(ctx, "job no longer ours")
		return OutcomeLost, nil
	}
	if s, ok := errors.AsType[*snooze](err); ok {
		return OutcomeSnoozed, q.putOff(ctx, c, q.now().Add(s.d), c.attempt-1, "")
	}
	if _, ok := errors.AsType[*dead](err); ok || c.attempt >= maxAttempts {
		log.ErrorContext(ctx, "job is dead", slog.Any("error", err))
		return OutcomeDead, q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			return bury(ctx, tx, c, clip(err.Error()))
		})
	}
	wait := backOff(c.attempt)
	log.WarnContext(ctx, "job fails", slog.Any("error", err), slog.Duration("again_in", wait))
	return OutcomeRetry, q.putOff(ctx, c, q.now().Add(wait), c.attempt, clip(err.Error()))
}

func (q *Queue) putOff(ctx context.Context, c claimed, until time.Time, attempt int64, text string) error {
	return q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return release(ctx, tx, c, until.UnixMicro(), attempt, text)
	})
}

// clip bounds the text of an error that is stored.
func clip(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	return string([]rune(s[:most])) // no half character: PostgreSQL refuses it
}

// Run works until ctx ends, then finishes what it has begun, hands back what it
// has not, and returns nil. It may run in any number of processes.
func (q *Queue) Run(ctx context.Context) error {
	// 64 workers fill the groups of SQLite's writer; PostgreSQL's pool is 16, of
	// which requests need their share.
	workers := 64
	if q.db.Dialect() == db.Postgres {
		workers = 8
	}
	var both sync.WaitGroup
	both.Go(func() { q.runLane(ctx, inside, workers, insideLease) })
	both.Go(func() { q.runLane(ctx, outside, 8, outsideLease) })
	both.Wait()
	return nil
}

// runLane claims for its workers whenever it is woken, or its time is up.
func (q *Queue) runLane(ctx context.Context, l lane, workers int, lease time.Duration) {
	kinds := q.kinds(l)
	if len(kinds) == 0 {
		return
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	most := 1 // jobs that a worker takes at once
	if l == inside {
		most = 16
	}
	p := newPool(workers, most, func(jobs []claimed) {
		ctx, cancel := context.WithTimeout(work, lease)
		defer cancel()
		if l == outside {
			q.giveWay(ctx)
		}
		q.attemptAll(ctx, jobs)
	})
	batch := most * workers // inside, the next claim runs while these are worked on
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if q.feed(ctx, p, kinds, batch, lease) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-q.wake[l]:
		case <-tick.C:
		}
	}
	q.handBack(context.WithoutCancel(ctx), p.stop())
	timer := time.AfterFunc(grace, stopWork)
	defer timer.Stop()
	p.wait()
}

// feed claims up to batch jobs and gives them to the pool as workers come free.
// It reports whether more may be due.
func (q *Queue) feed(ctx context.Context, p *pool, kinds []string, batch int, lease time.Duration) bool {
	if !p.waitBelow(ctx, batch/2) {
		return false
	}
	jobs, more, err := q.claim(ctx, kinds, batch, lease)
	if err != nil {
		if ctx.Err() == nil {
			q.log.ErrorContext(ctx, "claim jobs", slog.Any("error", err))
		}
		return false
	}
	p.add(jobs)
	return more
}

// giveWay lets people go first: printing a letter takes as much processor time
// as dozens of requests. It waits while transactions crowd or follow each other
// closely, but not for long, so that a platform that is always busy prints too.
func (q *Queue) giveWay(ctx context.Context) {
	const crowd, patience, look = 2, time.Second, 10 * time.Millisecond
	for waited := time.Duration(0); waited < patience; waited += look {
		before := q.db.Begun()
		select {
		case <-ctx.Done():
			return
		case <-time.After(look):
		}
		if q.db.Begun()-before <= crowd && q.db.InFlight() <= crowd {
			return
		}
	}
}

func (q *Queue) handBack(ctx context.Context, jobs []claimed) {
	if len(jobs) == 0 {
		return
	}
	err := q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, c := range jobs {
			if err := release(ctx, tx, c, c.due, c.attempt-1, c.lastError); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // the claims expire
		q.log.WarnContext(ctx, "hand back jobs", slog.Any("error", err))
	}
}

func (q *Queue) kinds(lanes ...lane) []string {
	var kinds []string
	for k, h := range q.handlers {
		if slices.Contains(lanes, h.lane) {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// claim takes up to n due jobs, a fair share of each kind that has some, so
// that a flood of one kind does not keep the others waiting. More reports
// whether some kind filled its share.
func (q *Queue) claim(ctx context.Context, kinds []string, n int, lease time.Duration) (jobs []claimed, more bool, err error) {
	now := q.now()
	kinds, err = dueKinds(ctx, q.db, kinds, now.UnixMicro())
	if err != nil || len(kinds) == 0 {
		return nil, false, err
	}
	share := max(1, n/len(kinds))
	l := leasing{q.newID(), now.UnixMicro(), now.Add(lease).UnixMicro()}
	err = q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		jobs, more = nil, false
		for _, kind := range kinds {
			got, err := claim(ctx, tx, l, kind, share)
			if err != nil {
				return err
			}
			jobs = append(jobs, got...)
			more = more || len(got) == share
		}
		return nil
	})
	slices.SortFunc(jobs, func(a, b claimed) int {
		return cmpPair(a.due, b.due, a.id, b.id)
	})
	return jobs, more, err
}

// Drain runs everything due now, in order, until nothing is due. It is for
// tests and tools. The errors of failed jobs are returned together; the jobs
// themselves are put off or dead as ever.
func (q *Queue) Drain(ctx context.Context) error {
	const endless = 1000 // a job that plans itself for now, for ever
	kinds := q.kinds(inside, outside)
	var failed []error
	for range endless {
		jobs, _, err := q.claim(ctx, kinds, 100, outsideLease)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if len(jobs) == 0 {
			return errors.Join(failed...)
		}
		for _, c := range jobs {
			err := q.attempt(ctx, c)
			if _, later := errors.AsType[*snooze](err); err != nil && !later {
				failed = append(failed, fmt.Errorf("job %s: %w", c.kind, err))
			}
		}
	}
	return errors.Join(append(failed, errors.New("drain: no end of due jobs"))...)
}
