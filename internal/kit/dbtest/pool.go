package dbtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tongban/tongban/internal/kit/db"
)

// Filled is a PostgreSQL database that is filled once for all tests of a binary:
// each then gets a schema with the same tables and rows.
//
// Migrating took three quarters of what a test of a few statements cost, so a
// schema serves many tests, one after the other. Before each it is emptied and the
// rows of the first are copied into it, without triggers. Where a test has changed
// the tables themselves, it gets a new schema.
type Filled struct {
	areas []db.Area
	fill  func(ctx context.Context, url string) error

	mu     sync.Mutex
	name   string // of its schemas, before the number
	state  *state // of a filled schema; nil before there is one
	unused []string
}

// state is what the tables of a schema are and hold.
type state struct {
	shape  string
	tables []held
	counts []count
}

type held struct {
	table string
	rows  []byte // as COPY writes them
}

type count struct {
	Sequence string
	Last     int64
}

// NewFilled prepares a database with the tables of areas and what fill writes.
func NewFilled(fill func(ctx context.Context, url string) error, areas ...db.Area) *Filled {
	return &Filled{areas: areas, fill: fill}
}

// URL lends a schema to a test until it ends. It skips the test when there is no server.
func (f *Filled) URL(tb testing.TB) string {
	tb.Helper()
	server := serverURL(tb)
	schema, err := f.lend(tb.Context(), server)
	if err != nil {
		tb.Fatalf("lend a schema: %v", err)
	}
	tb.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.unused = append(f.unused, schema)
	})
	return inSchema(tb, server, schema)
}

func (f *Filled) lend(ctx context.Context, server string) (schema string, err error) {
	f.mu.Lock()
	if f.state == nil { // the first fills, the others wait
		defer f.mu.Unlock()
		return f.first(ctx, server)
	}
	if n := len(f.unused); n > 0 {
		schema, f.unused = f.unused[n-1], f.unused[:n-1]
	}
	f.mu.Unlock()
	if schema == "" {
		if schema, err = schemas.claim(ctx, server, f.name); err != nil {
			return "", err
		}
		return schema, f.make(ctx, server, schema)
	}
	switch err := f.restore(ctx, server, schema); {
	case errors.Is(err, errReshaped):
		return schema, f.make(ctx, server, schema)
	default:
		return schema, err
	}
}

func (f *Filled) first(ctx context.Context, server string) (string, error) {
	k, err := key(f.areas)
	if err != nil {
		return "", err
	}
	f.name = "t_" + k
	schema, err := schemas.claim(ctx, server, f.name)
	if err != nil {
		return "", err
	}
	if err := f.migrate(ctx, server, schema); err != nil {
		return "", err
	}
	if f.fill != nil {
		url, err := searchPath(server, schema)
		if err != nil {
			return "", err
		}
		if err := f.fill(ctx, url); err != nil {
			return "", fmt.Errorf("fill: %w", err)
		}
	}
	return schema, within(ctx, server, schema, func(tx pgx.Tx) error {
		f.state, err = read(ctx, tx)
		return err
	})
}

// make is for the second schema and those after it.
func (f *Filled) make(ctx context.Context, server, schema string) error {
	if err := f.migrate(ctx, server, schema); err != nil {
		return err
	}
	return f.restore(ctx, server, schema)
}

// migrate makes the schema anew: it may be there from another binary.
func (f *Filled) migrate(ctx context.Context, server, schema string) (err error) {
	err = within(ctx, server, schema, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE; CREATE SCHEMA "+schema)
		return err
	})
	if err != nil {
		return err
	}
	url, err := searchPath(server, schema)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Migrate(ctx, f.areas...)
}

// errReshaped means that a test has changed the tables.
var errReshaped = errors.New("not the tables of the first")

// restore makes a schema hold what the first held when it had been filled.
func (f *Filled) restore(ctx context.Context, server, schema string) error {
	return within(ctx, server, schema, func(tx pgx.Tx) error {
		shape, err := shapeOf(ctx, tx)
		if err != nil {
			return err
		}
		if shape != f.state.shape {
			return errReshaped
		}
		if _, err := tx.Exec(ctx, empty); err != nil {
			return fmt.Errorf("empty tables: %w", err)
		}
		for _, t := range f.state.tables {
			if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(t.rows), "COPY "+t.table+" FROM STDIN (FORMAT binary)"); err != nil {
				return fmt.Errorf("fill %s: %w", t.table, err)
			}
		}
		for _, c := range f.state.counts {
			if _, err := tx.Exec(ctx, "SELECT setval($1::regclass, $2)", c.Sequence, c.Last); err != nil {
				return fmt.Errorf("set %s: %w", c.Sequence, err)
			}
		}
		return nil
	})
}

// empty deletes without triggers, which would count what goes and check what
// refers to it. A large table is better cut off than deleted row by row.
const empty = `SET LOCAL session_replication_role = replica;
DO $$
DECLARE t record;
BEGIN
	FOR t IN SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
	LOOP
		IF t.size > 1000000 THEN
			EXECUTE format('TRUNCATE %s CASCADE', t.name);
		ELSIF t.size > 0 THEN
			EXECUTE format('DELETE FROM %s', t.name);
		END IF;
	END LOOP;
	FOR t IN SELECT oid::regclass AS name FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
	LOOP
		EXECUTE format('ALTER SEQUENCE %s RESTART', t.name);
	END LOOP;
END $$`

// read remembers what the tables hold, and how far the sequences have counted.
func read(ctx context.Context, tx pgx.Tx) (*state, error) {
	var s state
	var err error
	if s.shape, err = shapeOf(ctx, tx); err != nil {
		return nil, err
	}
	const tables = `SELECT oid::regclass::text FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 ORDER BY 1`
	names, err := collect(ctx, tx, tables, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var rows bytes.Buffer
		tag, err := tx.Conn().PgConn().CopyTo(ctx, &rows, "COPY "+name+" TO STDOUT (FORMAT binary)")
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if tag.RowsAffected() > 0 {
			s.tables = append(s.tables, held{table: name, rows: rows.Bytes()})
		}
	}
	const sequences = `SELECT quote_ident(sequencename) AS sequence, last_value AS last FROM pg_sequences
		WHERE schemaname = current_schema() AND last_value IS NOT NULL`
	s.counts, err = collect(ctx, tx, sequences, pgx.RowToStructByName[count])
	return &s, err
}

func collect[T any](ctx context.Context, tx pgx.Tx, query string, row pgx.RowToFunc[T]) ([]T, error) {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, row)
}

// shapeOf describes tables, columns, rules and triggers of a schema in a few letters.
func shapeOf(ctx context.Context, tx pgx.Tx) (shape string, err error) {
	const query = `SELECT md5(string_agg(x, ';' ORDER BY x)) FROM (
	SELECT relname || relkind::text AS x FROM pg_class WHERE relnamespace = current_schema()::regnamespace
	UNION ALL SELECT relname || attname || atttypid::text || attnotnull::text || atthasdef::text
		FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0
	UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
	UNION ALL SELECT relname || tgname || tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
		WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal
	UNION ALL SELECT proname || md5(prosrc) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
) AS of_schema`
	err = tx.QueryRow(ctx, query).Scan(&shape)
	return shape, err
}

// within runs fn in a transaction on a connection of its own.
func within(ctx context.Context, server, schema string, fn func(tx pgx.Tx) error) (err error) {
	url, err := searchPath(server, schema)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return pgx.BeginFunc(ctx, conn, fn)
}

// claims are the schemas that this process uses. Their names are the same in each
// process, so that what a killed one leaves is used again, and the server holds a
// lock on each, so that two processes never use the same.
type claims struct {
	mu    sync.Mutex
	conn  *pgx.Conn // holds the locks until the process ends
	taken map[string]bool
}

var schemas = &claims{taken: map[string]bool{}}

func (c *claims) claim(ctx context.Context, server, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		conn, err := pgx.Connect(context.WithoutCancel(ctx), server)
		if err != nil {
			return "", err
		}
		c.conn = conn
	}
	for n := range 1000 {
		schema := fmt.Sprintf("%s_%d", name, n)
		if c.taken[schema] {
			continue
		}
		var got bool
		if err := c.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext($1), $2)", name, n).Scan(&got); err != nil {
			return "", err
		}
		if got {
			c.taken[schema] = true
			return schema, nil
		}
	}
	return "", errors.New("a thousand schemas are in use")
}

func serverURL(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("TEST_POSTGRES")
	if server == "" {
		if os.Getenv("CI") != "" {
			tb.Fatal("TEST_POSTGRES is not set, and CI must not skip half of the tests")
		}
		tb.Skip("TEST_POSTGRES is not set")
	}
	return server
}

// key tells areas apart by what is in their files.
func key(areas []db.Area) (string, error) {
	sum := sha256.New()
	for _, a := range areas {
		fmt.Fprintf(sum, "%s\n", a.Name)
		err := fs.WalkDir(a.Files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(a.Files, path)
			fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("migrations of %s: %w", a.Name, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:6]), nil
}
