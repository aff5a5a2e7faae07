package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
)

// maxGroup bounds how many transactions share one commit, and so how long the
// first of them waits for the last.
const maxGroup = 128

// writer runs every SQLite transaction of the process on one goroutine. It
// drains what waits into one transaction with a savepoint each, commits once
// (one fsync), and answers only then: durable and ten times as many a second.
type writer struct {
	pool  *sql.DB
	queue chan *request
	done  sync.WaitGroup

	transactions, commits atomic.Int64

	mu     sync.RWMutex // guards closed against a send on the closed queue
	closed bool
}

type request struct {
	ctx   context.Context //nolint:containedctx // a request in flight to the writer is a call
	fn    func(context.Context, Tx) error
	after []func()
	err   error
	panic any
	ready chan struct{}
}

func startWriter(pool *sql.DB) *writer {
	w := &writer{pool: pool, queue: make(chan *request, maxGroup)}
	w.done.Go(w.run)
	return w
}

func (w *writer) stop() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	w.done.Wait()
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
	if r.panic != nil {
		panic(r.panic)
	}
	if r.err != nil {
		return r.err
	}
	for _, f := range r.after {
		f()
	}
	return nil
}

func (w *writer) run() {
	for r := range w.queue {
		group := []*request{r}
		if err := w.commit(&group); err != nil {
			for _, r := range group {
				if r.err == nil {
					r.err = ErrUnavailable.Wrap(err)
				}
			}
		}
		w.commits.Add(1)
		w.transactions.Add(int64(len(group)))
		for _, r := range group {
			close(r.ready)
		}
	}
}

// commit runs the first request and whatever waits behind it in one
// transaction. An error means that nothing of the group was stored.
func (w *writer) commit(group *[]*request) error {
	ctx := context.Background()
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("writer connection: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := w.drain(conn, group); err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK") // SQLite may have rolled back by itself
		return err
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK")
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (w *writer) drain(conn *sql.Conn, group *[]*request) error {
	if err := (*group)[0].run(conn); err != nil {
		return err
	}
	for len(*group) < maxGroup {
		select {
		case r, ok := <-w.queue:
			if !ok {
				return nil
			}
			*group = append(*group, r)
			if err := r.run(conn); err != nil {
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
func (r *request) run(conn *sql.Conn) error {
	if r.err = r.ctx.Err(); r.err != nil {
		return nil
	}
	// An interrupted INSERT rolls back the whole SQLite transaction, and with it
	// the neighbours of this request: so no cancellation inside.
	ctx := context.WithoutCancel(r.ctx)
	if _, err := conn.ExecContext(ctx, "SAVEPOINT r"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	r.call(ctx, conn)
	if r.err != nil || r.panic != nil {
		// Disk full and the like end the whole transaction; then this fails too.
		if _, err := conn.ExecContext(ctx, "ROLLBACK TO r"); err != nil {
			return fmt.Errorf("rollback: %w", err)
		}
	}
	if _, err := conn.ExecContext(ctx, "RELEASE r"); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

func (r *request) call(ctx context.Context, conn *sql.Conn) {
	defer func() { r.panic = recover() }()
	r.err = r.fn(ctx, Tx{conn, SQLite, &r.after})
}
