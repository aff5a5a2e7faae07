package dbtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

// counted has a row from the start, a reference, a trigger that counts, and ids that
// the database gives.
func counted() db.Area {
	return db.Area{Name: "pool", Files: fstest.MapFS{
		"migrations/0001_x.sql": {Data: []byte(`-- +goose Up
CREATE TABLE pool_a (id TEXT PRIMARY KEY);
CREATE TABLE pool_b (a TEXT NOT NULL REFERENCES pool_a (id));
CREATE TABLE pool_n (n BIGINT NOT NULL);
INSERT INTO pool_n (n) VALUES (0);`)},
		"migrations/0002_y.postgres.sql": {Data: []byte(`-- +goose Up
CREATE TABLE pool_s (id BIGSERIAL PRIMARY KEY, x TEXT);
-- +goose StatementBegin
CREATE FUNCTION pool_count() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE pool_n SET n = n + 1; RETURN NULL; END';
-- +goose StatementEnd
CREATE TRIGGER pool_a_in AFTER INSERT OR DELETE ON pool_a FOR EACH ROW EXECUTE FUNCTION pool_count();`)},
	}}
}

// Whatever a test does to its schema, the next finds it as the first did. They run one
// after the other here, so that they get the same.
//
//nolint:paralleltest // see above
func TestTheNextTestFindsNothingOfTheLast(t *testing.T) {
	for _, harm := range []string{
		"INSERT INTO pool_a (id) VALUES ('1'); INSERT INTO pool_b (a) VALUES ('1'); INSERT INTO pool_s (x) VALUES ('1')",
		"INSERT INTO pool_a (id) SELECT CAST(i AS TEXT) || repeat('x', 500) FROM generate_series(1, 3000) AS i",
		"DELETE FROM pool_n",
		"DROP TRIGGER pool_a_in ON pool_a",
		"ALTER TABLE pool_a DISABLE TRIGGER pool_a_in",
		"DROP TABLE pool_b; CREATE TABLE pool_mine (k TEXT)",
		"",
	} {
		t.Run(harm, func(t *testing.T) {
			d := dbtest.Postgres(t, counted())
			var ids, n, id int
			err := errors.Join(
				d.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM pool_a) + (SELECT COUNT(*) FROM pool_b) + (SELECT COUNT(*) FROM pool_s)").Scan(&ids),
				d.QueryRowContext(t.Context(), "INSERT INTO pool_s (x) VALUES ('') RETURNING id").Scan(&id),
			)
			if err != nil || ids != 0 || id != 1 {
				t.Errorf("%d rows, id %d, %v", ids, id, err)
			}
			if _, err := d.ExecContext(t.Context(), "INSERT INTO pool_a (id) VALUES ('0')"); err != nil {
				t.Error(err)
			}
			if err := d.QueryRowContext(t.Context(), "SELECT n FROM pool_n").Scan(&n); err != nil || n != 1 {
				t.Errorf("counted %d, %v", n, err)
			}
			if _, err := d.ExecContext(t.Context(), harm); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A database is filled once, however many tests want it; two at once do not share one.
func TestFilledOnce(t *testing.T) {
	t.Parallel()
	times := 0
	f := dbtest.NewFilled(func(ctx context.Context, url string) (err error) {
		times++
		d, err := db.Open(ctx, url)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		if _, err := d.ExecContext(ctx, "INSERT INTO pool_a (id) VALUES ('filled')"); err != nil {
			return err
		}
		_, err = d.ExecContext(ctx, "INSERT INTO pool_s (x) VALUES ('filled')")
		return err
	}, counted())
	for range 3 {
		d, err := db.Open(t.Context(), f.URL(t)) // lent until the end: each gets another
		if err != nil {
			t.Fatal(err)
		}
		var all string
		var n, id int
		err = errors.Join(
			d.QueryRowContext(t.Context(), "SELECT string_agg(id, ',') FROM pool_a").Scan(&all),
			d.QueryRowContext(t.Context(), "SELECT n FROM pool_n").Scan(&n),
			d.QueryRowContext(t.Context(), "INSERT INTO pool_s (x) VALUES ('') RETURNING id").Scan(&id),
		)
		if err != nil || all != "filled" || n != 1 || id != 2 {
			t.Errorf("%q, %d, %d, %v", all, n, id, err)
		}
		if _, err := d.ExecContext(t.Context(), "INSERT INTO pool_a (id) VALUES ('more')"); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if times != 1 {
		t.Errorf("filled %d times", times)
	}
}
