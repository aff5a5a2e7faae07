package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver, past the platform's own writer

	"github.com/tongban/tongban/test/platform"
)

// column is one column of a table as the database declares it.
type column struct {
	Name, Type string
	Key        bool
}

// change is one row that a submission wrote.
type change struct {
	Table   string
	Kind    string // I, U or D
	Columns []column
	Values  []any // string, float64, bool, []byte or nil
	Number  string
}

func (c change) value(name string) any {
	for i, col := range c.Columns {
		if col.Name == name {
			return c.Values[i]
		}
	}
	return nil
}

// capture submits one application on a platform of its own whose tables write
// down every change, and returns the changes of the submission's transaction:
// what a bare handler has to write to have written the same.
func capture(ctx context.Context, binary, dir string) ([]change, error) {
	p, err := platform.Start(ctx, binary, dir, "")
	if err != nil {
		return nil, err
	}
	lin, err := p.SignIn(ctx, "lin")
	if err != nil {
		return nil, err
	}
	var drafts [2]string // the first warms up: a block of case numbers is taken, caches fill
	for i := range drafts {
		if drafts[i], err = lin.Ready(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := lin.Submit(ctx, drafts[0]); err != nil {
		return nil, err
	}
	time.Sleep(3 * time.Second) // its deliveries shall not stand in the record
	if err := p.Stop(); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tongban.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	tables, err := watchTables(ctx, pool)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	if p, err = platform.Start(ctx, binary, dir, ""); err != nil {
		return nil, err
	}
	if lin, err = p.SignIn(ctx, "lin"); err != nil {
		return nil, err
	}
	if _, err := pool.ExecContext(ctx, "DELETE FROM bench_log"); err != nil {
		return nil, err
	}
	receipt, err := lin.Submit(ctx, drafts[1])
	if err != nil {
		return nil, err
	}
	if err := p.Stop(); err != nil {
		return nil, err
	}
	changes, err := readLog(ctx, pool, tables, drafts[1])
	for i := range changes {
		changes[i].Number = receipt.Number
	}
	return changes, errors.Join(err, pool.Close())
}

// watchTables puts triggers on every table of an area.
func watchTables(ctx context.Context, pool *sql.DB) (map[string][]column, error) {
	if _, err := pool.ExecContext(ctx, "CREATE TABLE bench_log (n INTEGER PRIMARY KEY, tab TEXT, kind TEXT, line TEXT)"); err != nil {
		return nil, err
	}
	names, err := texts(ctx, pool, `SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\_%' ESCAPE '\'
		AND name NOT LIKE '%\_goose' ESCAPE '\' AND name NOT LIKE 'sqlite%' AND name NOT IN ('bench_log', 'db_migrations')`)
	if err != nil {
		return nil, err
	}
	tables := map[string][]column{}
	for _, name := range names {
		columns, err := columnsOf(ctx, pool, name)
		if err != nil {
			return nil, err
		}
		tables[name] = columns
		for _, when := range [][3]string{{"I", "INSERT", "NEW"}, {"U", "UPDATE", "NEW"}, {"D", "DELETE", "OLD"}} {
			var members []string
			for _, c := range columns {
				value := when[2] + "." + c.Name
				if c.Type == "BYTEA" {
					value = "hex(" + value + ")"
				}
				members = append(members, "'"+c.Name+"', "+value)
			}
			_, err := pool.ExecContext(ctx, fmt.Sprintf(`CREATE TRIGGER bench_%s_%s AFTER %s ON %s BEGIN
				INSERT INTO bench_log (tab, kind, line) VALUES ('%s', '%s', json_object(%s)); END`,
				name, when[0], when[1], name, name, when[0], strings.Join(members, ", ")))
			if err != nil {
				return nil, err
			}
		}
	}
	return tables, nil
}

func columnsOf(ctx context.Context, pool *sql.DB, table string) ([]column, error) {
	rows, err := pool.QueryContext(ctx, "SELECT name, type, pk > 0 FROM pragma_table_info($1)", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.Name, &c.Type, &c.Key); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

func texts(ctx context.Context, pool *sql.DB, query string) ([]string, error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// readLog returns the changes up to the one that marks the draft as submitted,
// which is the last of the transaction.
func readLog(ctx context.Context, pool *sql.DB, tables map[string][]column, draft string) ([]change, error) {
	rows, err := pool.QueryContext(ctx, "SELECT tab, kind, line FROM bench_log ORDER BY n")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []change
	for rows.Next() {
		var c change
		var line string
		if err := rows.Scan(&c.Table, &c.Kind, &line); err != nil {
			return nil, err
		}
		if c.Table == "casework_numbers" { // one row for a whole block of submissions
			continue
		}
		c.Columns = tables[c.Table]
		if c.Values, err = values(c.Columns, line); err != nil {
			return nil, err
		}
		all = append(all, c)
		if c.Table == "form_drafts" && strings.Contains(line, draft) && c.value("receipt") != "" {
			return all, rows.Err()
		}
	}
	return nil, errors.Join(errors.New("the record of the submission has no end"), rows.Err())
}

func values(columns []column, line string) ([]any, error) {
	var object map[string]any
	if err := json.Unmarshal([]byte(line), &object); err != nil {
		return nil, err
	}
	var all []any
	for _, c := range columns {
		v := object[c.Name]
		switch {
		case v == nil:
		case c.Type == "BYTEA":
			b, err := hex.DecodeString(v.(string))
			if err != nil {
				return nil, err
			}
			v = b
		case c.Type == "BOOLEAN":
			v = v.(float64) != 0
		case c.Type == "BIGINT":
			v = int64(v.(float64))
		}
		all = append(all, v)
	}
	return all, nil
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// save and load pass the changes to the process of the bare handler.
func save(file string, changes []change) error {
	for i := range changes { // JSON has no bytes: they are marked
		for k, v := range changes[i].Values {
			if b, ok := v.([]byte); ok {
				changes[i].Values[k] = map[string]any{"hex": hex.EncodeToString(b)}
			}
		}
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func load(file string) ([]change, error) {
	text, err := os.ReadFile(file) //nolint:gosec // our own
	if err != nil {
		return nil, err
	}
	var changes []change
	if err := json.Unmarshal(text, &changes); err != nil {
		return nil, err
	}
	for _, c := range changes {
		for k, v := range c.Values {
			switch v := v.(type) {
			case map[string]any:
				b, err := hex.DecodeString(v["hex"].(string))
				if err != nil {
					return nil, err
				}
				c.Values[k] = b
			case float64:
				c.Values[k] = int64(v)
			}
		}
	}
	return changes, nil
}
