package dbtest_test

import (
	"testing"
	"testing/fstest"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

func area(name string) db.Area {
	return db.Area{Name: name, Files: fstest.MapFS{"migrations/0001_x.sql": {
		Data: []byte("-- +goose Up\nCREATE TABLE " + name + "_x (k TEXT PRIMARY KEY);"),
	}}}
}

// The same areas share a template, not a database; other areas do not share one.
func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "a", "b"} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			if _, err := d.ExecContext(t.Context(), "INSERT INTO "+name+"_x (k) VALUES ('1')"); err != nil {
				t.Error(err)
			}
		}, area(name))
	}
}

func TestNoAreaMeansAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.ExecContext(t.Context(), "CREATE TABLE mine (k TEXT)"); err != nil {
			t.Error(err)
		}
	})
}

// What an area's migrations are is their content, wherever it comes from: the
// template of one must not serve for another that merely has the same name.
func TestTemplateIsByContent(t *testing.T) {
	t.Parallel()
	dbtest.SQLite(t, area("c"))
	other := area("c")
	other.Files.(fstest.MapFS)["migrations/0002_y.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE c_y (k TEXT);")}
	d := dbtest.SQLite(t, other)
	if _, err := d.ExecContext(t.Context(), "INSERT INTO c_y (k) VALUES ('1')"); err != nil {
		t.Error(err)
	}
}
