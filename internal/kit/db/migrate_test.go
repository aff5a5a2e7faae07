package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

func TestMigrationsGoForwardOnceOnEachDatabase(t *testing.T) {
	t.Parallel()
	first := area("test", "0001_kv.sql", "-- +goose Up\nCREATE TABLE test_kv (k TEXT PRIMARY KEY, v TEXT NOT NULL);")
	second := area("test", "0001_kv.sql", "-- +goose Up\nCREATE TABLE test_kv (k TEXT PRIMARY KEY, v TEXT NOT NULL);",
		"0002_which.sqlite.sql", "-- +goose Up\nINSERT INTO test_kv (k, v) VALUES ('sqlite', '');",
		"0002_which.postgres.sql", "-- +goose Up\nINSERT INTO test_kv (k, v) VALUES ('postgres', '');",
		"0003_more.sql", "-- +goose Up\nALTER TABLE test_kv ADD COLUMN w TEXT NOT NULL DEFAULT '';\nINSERT INTO test_kv (k, v) VALUES ('z', '');")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, a := range []db.Area{first, first, second, second, first} {
			if err := d.Migrate(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		name := map[db.Dialect]string{db.SQLite: "sqlite", db.Postgres: "postgres"}[d.Dialect()]
		want(t, d, name+" z")
	})
}

func TestEditedMigrationIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		edited := area("test", "0001_kv.sql", "-- +goose Up\nCREATE TABLE test_kv (k TEXT PRIMARY KEY, v TEXT);")
		if err := d.Migrate(t.Context(), edited); !errors.Is(err, db.ErrMigrationEdited) {
			t.Error(err)
		}
	}, kv)
}

func TestBrokenMigrationLeavesNothingAndNamesTheArea(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		broken := area("sick", "0001_a.sql", "-- +goose Up\nCREATE TABLE sick_a (a TEXT);\nCREATE TABLE nonsense;")
		err := d.Migrate(t.Context(), kv, broken)
		if err == nil || !strings.Contains(err.Error(), "sick") {
			t.Fatal(err)
		}
		if _, err := d.ExecContext(t.Context(), "INSERT INTO sick_a (a) VALUES ('x')"); err == nil {
			t.Error("half a migration stayed")
		}
		cured := area("sick", "0001_a.sql", "-- +goose Up\nCREATE TABLE sick_a (a TEXT);")
		if err := d.Migrate(t.Context(), kv, cured); err != nil {
			t.Fatal(err)
		}
	})
}

// Migrations need not wait for the disk; what is answered afterwards does, also after
// one that failed.
func TestWritesWaitForTheDiskAfterMigrations(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	for _, a := range []db.Area{kv, area("sick", "0001_a.sql", "-- +goose Up\nCREATE TABLE nonsense;")} {
		failed := d.Migrate(t.Context(), a) != nil
		const full = 2
		var synchronous int
		if err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous)
		}); err != nil {
			t.Fatal(err)
		}
		if failed != (a.Name == "sick") || synchronous != full {
			t.Errorf("%s: failed %v, synchronous %d, want %d", a.Name, failed, synchronous, full)
		}
	}
}

func TestProcessesMayMigrateAtTheSameTime(t *testing.T) {
	t.Parallel()
	urls := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) },
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := url(t)
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					d, err := db.Open(t.Context(), url)
					if err != nil {
						t.Error(err)
						return
					}
					if err := errors.Join(d.Migrate(t.Context(), many(5)...), d.Close()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
	}
}

func many(n int) []db.Area {
	var all []db.Area
	for i := range n {
		all = append(all, area(fmt.Sprint("area", i), "0001_a.sql", fmt.Sprintf("-- +goose Up\nCREATE TABLE area%d_a (a TEXT PRIMARY KEY);", i),
			"0002_b.sql", fmt.Sprintf("-- +goose Up\nCREATE TABLE area%d_b (a TEXT PRIMARY KEY);", i)))
	}
	return all
}

// Start-up with fifteen areas; the second of the two is every start but the first.
func BenchmarkMigrate(b *testing.B) {
	for b.Loop() {
		d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"))
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now() //nolint:forbidigo // measures
		if err := d.Migrate(b.Context(), many(15)...); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(begin).Milliseconds()), "ms-first")
		begin = time.Now() //nolint:forbidigo // measures
		if err := d.Migrate(b.Context(), many(15)...); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(begin).Microseconds()), "us-again")
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
