package app

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/kit/dbtest"
)

// A second start on a filled folder finds everything there and adds nothing.
func TestSecondStartChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		before := w.rows(t)
		if before["catalog_versions"] == 0 || before["identity_accounts"] == 0 {
			t.Fatalf("the first start left %v", before)
		}
		for range 2 {
			again, _, err := start(t.Context(), w.config, w.clock, t.Output())
			if err != nil {
				t.Fatal(err)
			}
			if err := again.db.Close(); err != nil {
				t.Error(err)
			}
		}
		if after := w.rows(t); !maps.Equal(before, after) {
			t.Errorf("before %v\nafter  %v", before, after)
		}
	})
}

// rows counts what each table has.
func (w *world) rows(t *testing.T) map[string]int {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if strings.HasPrefix(w.config.Database, "postgres") {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
	}
	rows, err := w.db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, name := range tables {
		var n int
		if err := w.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM \""+name+"\"").Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		count[name] = n
	}
	return count
}

// Two processes that start at once on an empty PostgreSQL both come up, and
// what one fills in the other does not fill in again.
func TestTwoProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	c, err := settings(filepath.Join(t.TempDir(), "data"), dbtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			tools, areas, err := start(context.WithoutCancel(t.Context()), c, &hands{t: monday}, t.Output())
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := site(tools, areas); err != nil {
				t.Error(err)
			}
			if err := tools.db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	one := newWorld(t, c.Data, c.Database).rows(t)
	alone := newWorld(t, t.TempDir(), dbtest.PostgresURL(t)).rows(t)
	if !maps.Equal(one, alone) {
		t.Errorf("two starts left %v\none leaves    %v", one, alone)
	}
}
