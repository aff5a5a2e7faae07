package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// maxGroup bounds how many transactions share one commit, and so how long the
// first of them waits for the last.
const maxGroup = 128

// writer runs every SQLite transaction of the process on one goroutine and one
// connection. It drains what waits into one transaction with a savepoint each,
// commits once (one fsync), and answers only then: durable and ten times as
// many a second.
type writer struct {
	conn  *sql.Conn   // kept for good: rows that a careless caller left open cannot stop the next one
	stmts *statements // on conn
	queue chan *request
	done  sync.WaitGroup

	transactions, commits atomic.Int64

	mu     sync.RWMutex // guards closed against a send on the closed queue
	closed bool
}

// request is one call of InTx on its way through the writer.
type request struct {
	ctx   context.Context //nolint:containedctx // a request in flight to the writer is a call
	fn    func(context.Context, Tx) error
	after []func()
	err   error
	panic any  // what fn panicked with
	exit  bool // fn ended its goroutine: t.FailNow in a test
	ready chan struct{}
}

func startWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, stmts: &statements{on: conn}, queue: make(chan *request, maxGroup)}
	w.done.Go(w.run)
	return w, nil
}

func (w *writer) stop() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	w.done.Wait()
	w.stmts.close()
}

func (w *writer) do(ctx context.Context, fn func(context.Context, Tx) error) error {
	r := &request{ctx: ctx, fn: fn, ready: make(chan struct{})}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return ErrUnavailable.Wrap(sql.ErrConnDone)
	}
	w.queue <- r
	w.mu.RUnlock()
	<-r.ready // never abandoned: the caller must know whether it was stored
	switch {
	case r.panic != nil:
		panic(r.panic)
	case r.exit:
		runtime.Goexit()
	case r.err != nil:
		return r.err
	}
	for _, f := range r.after {
		f()
	}
	return nil
}

func (w *writer) run() {
	for r := range w.queue {
		w.group(r)
	}
}

// group answers the first request and those that were taken along with it.
func (w *writer) group(first *request) {
	group := []*request{first}
	ended := false
	defer func() {
		if !ended {
			// A function ended this goroutine, as t.FailNow does in a test. Its
			// neighbours are told, and another goroutine takes over.
			_, _ = w.stmts.ExecContext(context.Background(), "ROLLBACK")
			spoil(group, errors.New("a neighbour in the transaction ended its goroutine"))
			w.done.Go(w.run)
		}
		for _, r := range group {
			close(r.ready)
		}
	}()
	if err := w.commit(&group); err != nil {
		spoil(group, err)
	}
	w.commits.Add(1)
	w.transactions.Add(int64(len(group)))
	ended = true
}

// spoil says that nothing of the group was kept. A request that had failed for
// a reason of its own keeps that.
func spoil(group []*request, err error) {
	for _, r := range group {
		if r.err == nil {
			r.err = ErrUnavailable.Wrap(err)
		}
	}
}

// commit runs the first request and whatever waits behind it in one
// transaction. An error means that nothing of the group was stored.
func (w *writer) commit(group *[]*request) error {
	ctx := context.Background()
	if err := w.begin(ctx); err != nil {
		return err
	}
	if err := w.drain(group); err != nil {
		_, _ = w.stmts.ExecContext(ctx, "ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	if _, err := w.stmts.ExecContext(ctx, "COMMIT"); err != nil {
		_, _ = w.stmts.ExecContext(ctx, "ROLLBACK")
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (w *writer) begin(ctx context.Context) error {
	_, err := w.stmts.ExecContext(ctx, "BEGIN IMMEDIATE")
	if err == nil {
		return nil
	}
	// A transaction that could not be ended when it failed is ended here.
	_, _ = w.stmts.ExecContext(ctx, "ROLLBACK")
	if _, err = w.stmts.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

func (w *writer) drain(group *[]*request) error {
	if err := (*group)[0].run(w.stmts); err != nil {
		return err
	}
	for len(*group) < maxGroup {
		select {
		case r, ok := <-w.queue:
			if !ok {
				return nil
			}
			*group = append(*group, r)
			if err := r.run(w.stmts); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// run executes one request inside its savepoint. What it returns spoils the
// whole group; the request's own failure is kept in r.err.
func (r *request) run(on executor) error {
	if r.err = r.ctx.Err(); r.err != nil {
		return nil //nolint:nilerr // the request's own failure, not the group's
	}
	// An interrupted INSERT rolls back the whole SQLite transaction, and with it
	// the neighbours of this request: so no cancellation inside.
	ctx := context.WithoutCancel(r.ctx)
	if _, err := on.ExecContext(ctx, "SAVEPOINT r"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	r.call(ctx, on)
	if r.err != nil || r.panic != nil || r.exit {
		// Disk full and the like may end the whole transaction; then this fails too.
		if _, err := on.ExecContext(ctx, "ROLLBACK TO r"); err != nil {
			return fmt.Errorf("rollback: %w", err)
		}
	}
	if _, err := on.ExecContext(ctx, "RELEASE r"); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// call runs the function and catches its panic, which belongs to the caller.
func (r *request) call(ctx context.Context, on executor) {
	ended := false
	defer func() {
		if p := recover(); p != nil {
			r.panic = fmt.Sprintf("%v\n\nin a transaction:\n%s", p, debug.Stack())
		} else {
			r.exit = !ended
		}
	}()
	r.err = outage(r.fn(ctx, Tx{on, SQLite, &r.after}))
	ended = true
}
