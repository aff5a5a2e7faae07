package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/fault"
)

var (
	errBoom  = errors.New("boom")
	errPanic = errors.New("panic")
)

// keys returns what is stored, as another reader sees it.
func keys(t *testing.T, d *db.DB) string {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), "SELECT k FROM test_kv ORDER BY k")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			t.Fatal(err)
		}
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func want(t *testing.T, d *db.DB, keysWanted string) {
	t.Helper()
	if got := keys(t, d); got != keysWanted {
		t.Errorf("stored %q, want %q", got, keysWanted)
	}
}

// together runs fns as one group of the SQLite writer: the first keeps the
// writer busy until the others wait behind it.
func together(t *testing.T, d *db.DB, fns ...func(context.Context, db.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	hold := make(chan struct{})
	held := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = d.InTx(t.Context(), func(context.Context, db.Tx) error {
			close(held)
			<-hold
			return nil
		})
	})
	<-held
	var asked atomic.Int64
	for i, fn := range fns {
		all.Go(func() {
			defer func() {
				if recover() != nil {
					errs[i] = errPanic
				}
			}()
			asked.Add(1)
			errs[i] = d.InTx(t.Context(), fn)
		})
	}
	for asked.Load() < int64(len(fns)) {
		runtime.Gosched()
	}
	close(hold)
	all.Wait()
	return errs
}

func TestAnswerMeansStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var committed atomic.Bool
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			tx.AfterCommit(func() { //nolint:contextcheck // as another reader
				want(t, d, "a")
				committed.Store(true)
			})
			err := put(ctx, tx, "a", "1")
			want(t, d, "") //nolint:contextcheck // as another reader, who does not see it yet
			return err
		})
		if err != nil || !committed.Load() {
			t.Fatal(err, committed.Load())
		}
		want(t, d, "a")
	}, kv)
}

func TestNeighboursDoNotFeelEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var after atomic.Int64
		good := func(k string) func(context.Context, db.Tx) error {
			return func(ctx context.Context, tx db.Tx) error {
				tx.AfterCommit(func() { after.Add(1) })
				return put(ctx, tx, k, "")
			}
		}
		bad := func(end func() error) func(context.Context, db.Tx) error {
			return func(ctx context.Context, tx db.Tx) error {
				tx.AfterCommit(func() { after.Add(100) })
				if err := put(ctx, tx, "bad", ""); err != nil {
					return err
				}
				return end()
			}
		}
		duplicate := func(ctx context.Context, tx db.Tx) error {
			if err := put(ctx, tx, "d", ""); err != nil {
				return err
			}
			return put(ctx, tx, "d", "")
		}
		errs := together(t, d, good("a"), bad(func() error { return errBoom }), good("b"), duplicate, good("c"), bad(func() error { panic(errBoom) }))
		for i, w := range []error{nil, errBoom, nil, nil, nil, errPanic} {
			if i != 3 && !errors.Is(errs[i], w) {
				t.Errorf("%d: %v", i, errs[i])
			}
		}
		if !db.IsUnique(errs[3]) || fault.KindOf(errs[3]) != fault.Internal {
			t.Error(errs[3])
		}
		want(t, d, "a b c")
		if after.Load() != 3 {
			t.Error("after commit", after.Load())
		}
	}, kv)
}

func TestPanicReachesTheCallerAndNothingStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, "boom") {
					t.Error(p)
				}
			}()
			_ = d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				if err := put(ctx, tx, "a", ""); err != nil {
					t.Error(err)
				}
				panic("boom")
			})
		}()
		if err := put(t.Context(), d, "b", ""); err != nil {
			t.Fatal(err)
		}
		want(t, d, "b")
	}, kv)
}

// t.FailNow in a transaction ends the goroutine it runs on.
func TestEndedGoroutineDoesNotTakeTheWriterAlong(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var ended sync.WaitGroup
		ended.Go(func() {
			_ = d.InTx(context.WithoutCancel(t.Context()), func(ctx context.Context, tx db.Tx) error {
				if err := put(ctx, tx, "a", ""); err != nil {
					t.Error(err)
				}
				(&testing.T{}).SkipNow() // runtime.Goexit as a test does it
				return nil
			})
			t.Error("came back")
		})
		ended.Wait()
		if err := put(t.Context(), d, "b", ""); err != nil {
			t.Fatal(err)
		}
		want(t, d, "b")
	}, kv)
}

func TestGoneCallerIsNotServed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := d.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return put(ctx, tx, "a", "") })
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		want(t, d, "")
	}, kv)
}

func TestNestedTransactionIsRefusedNotWaitedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.InTx(t.Context(), func(ctx context.Context, _ db.Tx) error { return put(ctx, d, "a", "") })
		if d.Dialect() == db.SQLite && err == nil {
			t.Error("nested")
		}
		err = d.InTx(t.Context(), func(ctx context.Context, _ db.Tx) error {
			return d.InTx(ctx, func(context.Context, db.Tx) error { return nil })
		})
		if err == nil {
			t.Error("nested")
		}
	}, kv)
}

func TestRowsLeftOpenDoNotStopTheNext(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, kv)
	for _, k := range []string{"a", "b"} {
		if err := put(t.Context(), d, k, ""); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			rows, err := tx.QueryContext(ctx, fmt.Sprintf("SELECT k FROM test_kv ORDER BY k LIMIT %d", 2+i)) // not closed: that is the point
			if err != nil {
				return err
			}
			t.Cleanup(func() { _ = rows.Close() })
			rows.Next()
			if err := put(ctx, tx, fmt.Sprint("c", i), ""); err != nil {
				return err
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_ = put(ctx, tx, "x", "")
			return errBoom
		})
	}
	want(t, d, "a b c0 c1 c2")
}

func TestLockOrdersReadThenWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var all sync.WaitGroup
		for range 8 { // each adds one to what it read
			all.Go(func() {
				err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
					if err := tx.Lock(ctx, "counter"); err != nil {
						return err
					}
					var n int
					if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM test_kv").Scan(&n); err != nil {
						return err
					}
					return put(ctx, tx, fmt.Sprint("k", n), "")
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		want(t, d, "k0 k1 k2 k3 k4 k5 k6 k7")
	}, kv)
}

func TestDeadlockIsToldAsTryAgain(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t, kv)
	var both, ready sync.WaitGroup
	ready.Add(2)
	errs := make([]error, 2)
	for i := range 2 {
		both.Go(func() {
			errs[i] = d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				if err := tx.Lock(ctx, fmt.Sprint(i)); err != nil {
					return err
				}
				ready.Done()
				ready.Wait()
				return tx.Lock(ctx, fmt.Sprint(1-i))
			})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), db.ErrUnavailable) {
		t.Error(errs)
	}
}

func TestFullDiskFailsTheRequestAndHeals(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, kv)
	limit := func(pages int) {
		t.Helper()
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := put(t.Context(), d, "before", ""); err != nil {
		t.Fatal(err)
	}
	limit(40)
	big := strings.Repeat("x", 200_000) // 50 pages
	ran := false
	errs := together(t, d,
		func(ctx context.Context, tx db.Tx) error { return put(ctx, tx, "small", "") },
		func(ctx context.Context, tx db.Tx) error {
			tx.AfterCommit(func() { ran = true })
			return put(ctx, tx, "big", big)
		})
	if !errors.Is(errs[1], db.ErrUnavailable) || fault.KindOf(errs[1]) != fault.Unavailable || ran {
		t.Error(errs[1], ran)
	}
	// A neighbour is either stored and told so, or neither.
	stored := strings.Contains(keys(t, d), "small")
	if stored != (errs[0] == nil) || errs[0] != nil && !errors.Is(errs[0], db.ErrUnavailable) {
		t.Error("neighbour:", stored, errs[0])
	}
	limit(1 << 30)
	if err := put(t.Context(), d, "zzz", big); err != nil {
		t.Fatal("does not heal:", err)
	}
	if got := keys(t, d); !strings.HasPrefix(got, "before") || !strings.HasSuffix(got, "zzz") || strings.Contains(got, "big") {
		t.Error(got)
	}
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d", "x?y#z%41.db")
	d, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context(), kv); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var stored atomic.Int64
	for i := range 200 {
		all.Go(func() {
			if err := put(t.Context(), d, fmt.Sprint(i), ""); err == nil {
				stored.Add(1)
			} else if !errors.Is(err, db.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := put(t.Context(), d, "late", ""); !errors.Is(err, db.ErrUnavailable) {
		t.Error("after close:", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	again, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if got := int64(len(strings.Fields(keys(t, again)))); got != stored.Load() {
		t.Errorf("%d answered, %d stored", stored.Load(), got)
	}
	if s := again.Stats(); s.Transactions != 0 || s.Commits != 0 {
		t.Errorf("%+v", s)
	}
	if err := again.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestManyTextsDoNotFillMemory(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, kv)
	for i := range 1000 {
		var n int
		if err := d.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %d", i)).Scan(&n); err != nil || n != i {
			t.Fatal(n, err)
		}
	}
	if _, err := d.QueryContext(t.Context(), "SELECT nonsense FROM nowhere"); err == nil {
		t.Error("nonsense was taken")
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, url := range []string{filepath.Join(t.TempDir(), "f", "\x00"), "postgres://nobody@127.0.0.1:1/x?connect_timeout=1", "postgresql://%zz"} {
		if d, err := db.Open(t.Context(), url); err == nil {
			t.Error(url, d.Close())
		}
	}
	noDatabase := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), noDatabase); err == nil {
		t.Error("opened a text")
	}
}
