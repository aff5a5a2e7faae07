package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// Area is the migrations of one area: files "migrations/0001_words.sql" in
// goose's format. A file named "0002_words.sqlite.sql" or
// "0002_words.postgres.sql" is for that database alone.
type Area struct {
	Name  string
	Files fs.FS
}

// ErrMigrationEdited means that a migration was changed after it was applied.
// Migrations go forward only: a later file corrects an earlier one.
var ErrMigrationEdited = errors.New("an applied migration was edited")

// migrationsLock is the first half of PostgreSQL's advisory lock; the second is
// the schema, so that tests in schemas of their own do not wait for each other.
const migrationsLock = 0x746f6e67 // "tong"

// Migrate brings the tables of all areas up to date. Several processes may call
// it at the same time. It reads one table and returns when nothing is new.
func (d *DB) Migrate(ctx context.Context, areas ...Area) error {
	sets := make([]migrationSet, 0, len(areas))
	for _, a := range areas {
		s, err := readArea(a, d.dialect)
		if err != nil {
			return fmt.Errorf("migrations of %s: %w", a.Name, err)
		}
		sets = append(sets, s)
	}
	// The table may not exist yet; a true fault shows in the slow path.
	if applied, err := checksums(ctx, d.write); err == nil {
		if todo, err := pending(sets, applied); err != nil || len(todo) == 0 {
			return err
		}
	}
	lock := d.lockPostgres
	if d.dialect == SQLite {
		lock = d.lockSQLite
	}
	unlock, err := lock(ctx)
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	err = d.unsynced(ctx, func() error { return d.migrate(ctx, sets) })
	return errors.Join(err, unlock())
}

func (d *DB) lockPostgres(ctx context.Context) (unlock func() error, err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const key = "($1, hashtext(current_schema()))"
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock"+key, migrationsLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock"+key, migrationsLock)
		return errors.Join(err, conn.Close())
	}, nil
}

// lockSQLite holds the write lock of a second, empty file, for goose itself
// needs the write lock of the first, one transaction after the other. The lock
// ends with the process.
func (d *DB) lockSQLite(ctx context.Context) (unlock func() error, err error) {
	file := d.path + "-migrate"
	if err := create(file); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn(file)+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), pool.Close()) }, nil
}

// unsynced runs migrations without waiting for the disk after each of a hundred small
// transactions. With a write-ahead log SQLite's NORMAL breaks nothing: a power cut at
// most undoes the last of them, and then they come again. The first write afterwards
// makes all of them last.
func (d *DB) unsynced(ctx context.Context, migrate func() error) error {
	if d.dialect != SQLite {
		return migrate()
	}
	if _, err := d.write.ExecContext(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
		return err
	}
	err := migrate()
	_, back := d.write.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = FULL")
	return errors.Join(err, back)
}

func (d *DB) migrate(ctx context.Context, sets []migrationSet) error {
	const table = `CREATE TABLE IF NOT EXISTS db_migrations (
		area TEXT NOT NULL, file TEXT NOT NULL, sum TEXT NOT NULL, PRIMARY KEY (area, file))`
	if _, err := d.write.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("migrations table: %w", err)
	}
	applied, err := checksums(ctx, d.write)
	if err != nil {
		return err
	}
	todo, err := pending(sets, applied)
	if err != nil {
		return err
	}
	for _, s := range todo {
		if err := s.apply(ctx, d); err != nil {
			return fmt.Errorf("migrate %s: %w", s.area, err)
		}
	}
	return nil
}

// migrationSet is the files of one area that are meant for one database.
type migrationSet struct {
	area  string
	files only
	sums  map[string]string // file name to SHA-256
}

func readArea(a Area, dialect Dialect) (migrationSet, error) {
	dir, err := fs.Sub(a.Files, "migrations")
	if err != nil {
		return migrationSet{}, err
	}
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return migrationSet{}, err
	}
	other := ".postgres.sql"
	if dialect == Postgres {
		other = ".sqlite.sql"
	}
	s := migrationSet{area: a.Name, files: only{FS: dir}, sums: map[string]string{}}
	for _, name := range names {
		if strings.HasSuffix(name, other) {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return migrationSet{}, err
		}
		sum := sha256.Sum256(text)
		s.files.names = append(s.files.names, name)
		s.sums[name] = hex.EncodeToString(sum[:])
	}
	return s, nil
}

// pending returns the areas with files that were not applied. A file that was
// applied and is gone is no fault: an older program may run on newer tables.
func pending(sets []migrationSet, applied map[[2]string]string) ([]migrationSet, error) {
	var todo []migrationSet
	for _, s := range sets {
		fresh := false
		for _, name := range s.files.names {
			sum, ok := applied[[2]string{s.area, name}]
			if ok && sum != s.sums[name] {
				return nil, fmt.Errorf("%w: %s/%s", ErrMigrationEdited, s.area, name)
			}
			fresh = fresh || !ok
		}
		if fresh {
			todo = append(todo, s)
		}
	}
	return todo, nil
}

func checksums(ctx context.Context, pool *sql.DB) (map[[2]string]string, error) {
	rows, err := pool.QueryContext(ctx, "SELECT area, file, sum FROM db_migrations")
	if err != nil {
		return nil, fmt.Errorf("applied migrations: %w", err)
	}
	defer rows.Close()
	applied := map[[2]string]string{}
	for rows.Next() {
		var area, file, sum string
		if err := rows.Scan(&area, &file, &sum); err != nil {
			return nil, fmt.Errorf("applied migrations: %w", err)
		}
		applied[[2]string{area, file}] = sum
	}
	return applied, rows.Err()
}

func (s migrationSet) apply(ctx context.Context, d *DB) error {
	dialect := goose.DialectSQLite3
	if d.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.write, s.files, goose.WithTableName(s.area+"_goose"))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	for _, name := range s.files.names {
		_, err := d.write.ExecContext(ctx,
			"INSERT INTO db_migrations (area, file, sum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			s.area, name, s.sums[name])
		if err != nil {
			return fmt.Errorf("note migration: %w", err)
		}
	}
	return nil
}

// only shows the named files of a folder; goose finds its files by Glob.
type only struct {
	fs.FS
	names []string
}

// Glob answers with the files that are meant for the database at hand.
func (o only) Glob(pattern string) ([]string, error) {
	if pattern != "*.sql" {
		return nil, nil
	}
	return slices.Clone(o.names), nil
}
