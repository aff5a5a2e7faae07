package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsUnique reports whether err is a broken unique constraint. On PostgreSQL the
// transaction is lost then; use ON CONFLICT where a caller wants to go on.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == 2067 || e.Code() == 1555
	}
	return false
}

// outage turns an error of the database itself (not of the statement) into
// ErrUnavailable, so that a person reads "try again later" and not "our bug".
func outage(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if slices.Contains(sqliteOutages, e.Code()&0xff) { // the low byte is the primary code
			return ErrUnavailable.Wrap(err)
		}
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		if slices.Contains(postgresOutages, e.Code[:2]) {
			return ErrUnavailable.Wrap(err)
		}
		return err
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[*net.OpError](err)
	if connecting || network || errors.Is(err, driver.ErrBadConn) {
		return ErrUnavailable.Wrap(err)
	}
	return err
}

// sqliteOutages are the result codes that are not the statement's fault.
var sqliteOutages = []int{
	sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
	sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
}

// postgresOutages are the SQLSTATE classes that are not the statement's fault:
// connection, transaction rollback (deadlock), resources, limits, operator,
// system.
var postgresOutages = []string{"08", "40", "53", "54", "57", "58", "XX"}

func isPostgres(err error) bool {
	_, ok := errors.AsType[*pgconn.PgError](err)
	return ok
}
