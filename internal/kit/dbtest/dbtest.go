// Package dbtest gives each test a database of its own, on both kinds.
//
//	dbtest.Each(t, func(t *testing.T, d *db.DB) { ... }, job.Area(), event.Area(), db.Area{Name: "licence", Files: licence.Migrations})
//
// SQLite is a file in the test's folder. PostgreSQL is a schema on the server that
// TEST_POSTGRES names (scripts/test-postgres starts one), emptied before the next
// test gets it. Without TEST_POSTGRES that half is skipped; where CI is
// set it fails, so that nobody can forget half of the tests.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/kit/db"
)

// Each runs fn on SQLite and on PostgreSQL, in parallel, each with a fresh
// database that has the tables of areas.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB), areas ...db.Area) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t, areas...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t, areas...))
	})
}

// SQLite returns a fresh SQLite database with the tables of areas.
func SQLite(tb testing.TB, areas ...db.Area) *db.DB {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "test.db")
	if err := os.WriteFile(path, template(tb, areas), 0o600); err != nil {
		tb.Fatal(err)
	}
	return open(tb, path)
}

// Postgres returns a PostgreSQL schema with the tables of areas, empty but for what
// the migrations wrote. It skips the test when there is no server.
func Postgres(tb testing.TB, areas ...db.Area) *db.DB {
	tb.Helper()
	k, err := key(areas)
	if err != nil {
		tb.Fatal(err)
	}
	f, _ := pools.LoadOrStore(k, NewFilled(nil, areas...))
	return open(tb, f.(*Filled).URL(tb))
}

// pools are the schemas of this test binary, by the areas they have.
var pools sync.Map // string to *Filled

// PostgresURL returns the URL of a fresh, empty schema, for a test that opens
// it several times. It skips the test when there is no server.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	server := serverURL(tb)
	admin, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	admin.SetMaxOpenConns(1)
	schema := "t_" + strings.ToLower(rand.Text())
	exec(tb, admin, "CREATE SCHEMA "+schema)
	tb.Cleanup(func() {
		exec(tb, admin, "DROP SCHEMA "+schema+" CASCADE")
		if err := admin.Close(); err != nil {
			tb.Error(err)
		}
	})
	return inSchema(tb, server, schema)
}

func inSchema(tb testing.TB, server, schema string) string {
	tb.Helper()
	u, err := searchPath(server, schema)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func searchPath(server, schema string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// exec outlives the test's context, which has ended when clean-up runs.
func exec(tb testing.TB, pool *sql.DB, statement string) {
	tb.Helper()
	if _, err := pool.ExecContext(context.WithoutCancel(tb.Context()), statement); err != nil {
		tb.Fatal(err)
	}
}

func open(tb testing.TB, url string) *db.DB {
	tb.Helper()
	d, err := db.Open(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

// templates remembers the migrated, empty SQLite files of this test binary, by
// the areas they have: copying one is ten times as fast as migrating.
var templates sync.Map // string to func() ([]byte, error)

func template(tb testing.TB, areas []db.Area) []byte {
	tb.Helper()
	if len(areas) == 0 {
		return nil
	}
	k, err := key(areas)
	if err != nil {
		tb.Fatal(err)
	}
	make1, _ := templates.LoadOrStore(k, sync.OnceValues(func() ([]byte, error) { return migrated(areas) }))
	file, err := make1.(func() ([]byte, error))()
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func migrated(areas []db.Area) (file []byte, err error) {
	dir, err := os.MkdirTemp("", "tongban-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	path := filepath.Join(dir, "t.db")
	d, err := db.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	err = d.Migrate(ctx, areas...)
	if closing := d.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // our own; Close has moved the write-ahead log into it
}
