// Package db opens SQLite or PostgreSQL and runs transactions on either.
//
// A store function takes a Q and writes one SQL text for both databases. Only a
// service opens transactions, with DB.InTx.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"github.com/tongban/tongban/internal/kit/fault"
)

// Dialect names the database behind a DB.
type Dialect uint8

// The two databases that every store must work on.
const (
	SQLite Dialect = iota
	Postgres
)

// ErrUnavailable means that the database could not store or answer: disk full,
// connection lost, a deadlock broken. Nothing of the transaction was kept;
// trying again is safe.
var ErrUnavailable = fault.New(fault.Unavailable, "db.unavailable")

// ErrUncertain means that the connection was lost during the commit: the
// transaction was kept or not, and only looking tells. It happens on PostgreSQL
// alone.
var ErrUncertain = fault.New(fault.Unavailable, "db.uncertain")

// errNested is a fault of the program: on SQLite it would wait for itself.
var errNested = errors.New("db: InTx inside InTx; pass the Tx on")

// Q is what a store function needs: a DB (reads) or a Tx.
type Q interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	Dialect() Dialect
}

// DB is one database with its pools.
type DB struct {
	dialect Dialect
	read    *sql.DB  // bounded readers
	reader  executor // read, with prepared statements
	write   *sql.DB  // SQLite: the writer's connection and one for migrations; PostgreSQL: same pool as read
	writer  *writer  // SQLite only

	path string // SQLite only: the file

	begun, inFlight atomic.Int64
}

// Open opens url: "postgres://..." or the path of a SQLite file.
func Open(ctx context.Context, url string) (*DB, error) {
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return openPostgres(ctx, url)
	}
	return openSQLite(ctx, url)
}

func openPostgres(ctx context.Context, url string) (*DB, error) {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(16)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open postgres: %w", err), pool.Close())
	}
	return &DB{dialect: Postgres, read: pool, reader: pool, write: pool}, nil
}

// pragmas go through the DSN so that every pooled connection gets them;
// busy_timeout stands before journal_mode because switching to WAL can be busy.
const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-16384)"

func openSQLite(ctx context.Context, path string) (*DB, error) {
	path = strings.TrimPrefix(path, "sqlite:")
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	file := dsn(path) + pragmas
	write, err := sql.Open("sqlite", file+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	write.SetMaxOpenConns(2)
	writer, err := startWriter(ctx, write)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sqlite %s: %w", path, err), write.Close())
	}
	read, err := sql.Open("sqlite", file+"&_pragma=query_only(1)")
	if err != nil {
		writer.stop()
		return nil, errors.Join(fmt.Errorf("open sqlite readers: %w", err), write.Close())
	}
	// Four busy readers starve the writer on two cores.
	readers := max(2, min(4, runtime.NumCPU()))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &DB{dialect: SQLite, read: read, reader: &statements{on: read}, write: write, writer: writer, path: path}, nil
}

// dsn is the name of a file as SQLite's URI wants it.
func dsn(path string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
}

// create makes the file readable by its owner alone before SQLite would make it
// readable by all; the write-ahead log takes its mode from it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return f.Close()
}

// Close waits for writes in flight and closes the pools.
func (d *DB) Close() error {
	if d.writer != nil {
		d.writer.stop()
		return errors.Join(d.read.Close(), d.writer.conn.Close(), d.write.Close())
	}
	return d.read.Close()
}

// Dialect reports which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Pool is the pool that may write, for the migration runner alone.
func (d *DB) Pool() *sql.DB { return d.write }

// Stats is how busy a database is.
type Stats struct {
	InUse                 int
	Waits                 int64
	Waited                time.Duration
	Transactions, Commits int64 // of the SQLite writer: the quotient is the size of a group
}

// Stats returns the present counts.
func (d *DB) Stats() Stats {
	p := d.read.Stats()
	s := Stats{InUse: p.InUse, Waits: p.WaitCount, Waited: p.WaitDuration}
	if d.writer != nil {
		s.Transactions, s.Commits = d.writer.transactions.Load(), d.writer.commits.Load()
	}
	return s
}

// Begun is how many transactions were asked for so far.
func (d *DB) Begun() int64 { return d.begun.Load() }

// InFlight is how many transactions run or wait at this moment.
func (d *DB) InFlight() int { return int(d.inFlight.Load()) }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// ExecContext runs one statement in a transaction of its own.
func (d *DB) ExecContext(ctx context.Context, query string, args ...any) (res sql.Result, err error) {
	if d.writer == nil {
		res, err = d.write.ExecContext(ctx, query, args...)
		return res, outage(err)
	}
	err = d.InTx(ctx, func(ctx context.Context, tx Tx) error {
		res, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return res, err
}

// QueryContext reads outside a transaction.
func (d *DB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.reader.QueryContext(ctx, query, args...)
	return rows, outage(err)
}

// QueryRowContext reads one row outside a transaction.
func (d *DB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.reader.QueryRowContext(ctx, query, args...)
}

// Tx is a transaction in flight. It must not leave the function it was given to.
type Tx struct {
	q       executor
	dialect Dialect
	after   *[]func()
}

// ExecContext runs a statement.
func (t Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.q.ExecContext(ctx, query, args...)
}

// QueryContext reads rows. Close them before the next statement.
func (t Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.q.QueryContext(ctx, query, args...)
}

// QueryRowContext reads one row.
func (t Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.q.QueryRowContext(ctx, query, args...)
}

// Dialect reports which database this is.
func (t Tx) Dialect() Dialect { return t.dialect }

// AfterCommit runs fn once the transaction is durable; not at all if it rolls back.
func (t Tx) AfterCommit(fn func()) { *t.after = append(*t.after, fn) }

// Lock keeps other transactions that lock the same key waiting until this one
// ends. It is for rules that read before they write ("only one open case of a
// kind"), which two transactions on PostgreSQL could otherwise both pass. On
// SQLite transactions stand in one line anyway.
func (t Tx) Lock(ctx context.Context, key string) error {
	if t.dialect == SQLite {
		return nil
	}
	if _, err := t.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1, 0))", key); err != nil {
		return fmt.Errorf("lock %s: %w", key, err)
	}
	return nil
}

// inTx marks the context of a transaction's function.
type inTx struct{}

// InTx runs fn in a transaction: committed and durable if fn returns nil, gone
// without trace otherwise.
//
// On SQLite every transaction of the process runs on one writer, many in one
// commit; so fn must be short, must not call InTx (which is refused on both
// databases), and must do slow work (hashing, rendering, network) before or
// after. Context cancellation is looked at before fn starts, not while it runs.
// On PostgreSQL transactions are "read committed": see Tx.Lock.
func (d *DB) InTx(ctx context.Context, fn func(context.Context, Tx) error) error {
	if ctx.Value(inTx{}) != nil {
		return errNested
	}
	ctx = context.WithValue(ctx, inTx{}, true)
	d.begun.Add(1)
	d.inFlight.Add(1)
	defer d.inFlight.Add(-1)
	if d.writer != nil {
		return d.writer.do(ctx, fn)
	}
	after, err := d.inPostgres(ctx, fn)
	if err != nil {
		return err
	}
	for _, f := range after {
		f()
	}
	return nil
}

func (d *DB) inPostgres(ctx context.Context, fn func(context.Context, Tx) error) (after []func(), err error) {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, ErrUnavailable.Wrap(fmt.Errorf("begin: %w", err))
	}
	defer tx.Rollback() // no-op after Commit
	if err := fn(ctx, Tx{tx, d.dialect, &after}); err != nil {
		return nil, outage(err)
	}
	err = tx.Commit()
	switch {
	case err == nil:
		return after, nil
	case errors.Is(err, sql.ErrTxDone), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return nil, err // the context ended before the commit was sent
	case isPostgres(err):
		return nil, ErrUnavailable.Wrap(fmt.Errorf("commit: %w", err)) // the server said no
	}
	return nil, ErrUncertain.Wrap(fmt.Errorf("commit: %w", err))
}
