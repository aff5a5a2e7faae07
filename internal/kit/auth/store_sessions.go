package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

const sessionColumns = `id, account, stage, principal, acting_until, device, began_at, seen_at, idle, ends_at`

func scanSession(scan func(...any) error) (sessionRow, error) {
	var (
		r                             sessionRow
		who                           string
		until, began, seen, end, idle int64
	)
	err := scan(&r.ID, &r.Account, &r.stage, &who, &until, &r.Device, &began, &seen, &idle, &end)
	if err != nil {
		return sessionRow{}, err
	}
	r.Began, r.Seen, r.Ends = instant(began), instant(seen), instant(end)
	r.idle, r.actingUntil = time.Duration(idle)*time.Microsecond, optional(until)
	return r, json.Unmarshal([]byte(who), &r.who)
}

func instant(micro int64) time.Time { return time.UnixMicro(micro).UTC() }

func getSession(ctx context.Context, q db.Q, hash, stage string) (sessionRow, bool, error) {
	return oneSession(q.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM auth_sessions WHERE token_hash = $1 AND stage = $2`, hash, stage))
}

func sessionByID(ctx context.Context, q db.Q, id string) (sessionRow, bool, error) {
	return oneSession(q.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM auth_sessions WHERE id = $1 AND stage = $2`, id, stageFull))
}

func oneSession(row *sql.Row) (sessionRow, bool, error) {
	r, err := scanSession(row.Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return sessionRow{}, false, nil
	}
	if err != nil {
		return sessionRow{}, false, fmt.Errorf("read session: %w", err)
	}
	return r, true, nil
}

func putSession(ctx context.Context, q db.Q, r sessionRow, hash string) error {
	who, err := json.Marshal(r.who)
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO auth_sessions
		(id, token_hash, account, stage, principal, acting_until, device, began_at, seen_at, idle, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.ID, hash, r.Account, r.stage, string(who), micro(r.actingUntil), r.Device,
		r.Began.UnixMicro(), r.Seen.UnixMicro(), r.idle.Microseconds(), r.Ends.UnixMicro())
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

func touchSession(ctx context.Context, q db.Q, id string, now time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE auth_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, now.UnixMicro())
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

func setPrincipal(ctx context.Context, q db.Q, id string, p Principal, until time.Time) error {
	who, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	res, err := q.ExecContext(ctx, `UPDATE auth_sessions SET principal = $2, acting_until = $3 WHERE id = $1`, id, string(who), micro(until))
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrToken, err)
	}
	return nil
}

func deleteSession(ctx context.Context, q db.Q, account, id string) (bool, error) {
	res, err := q.ExecContext(ctx, `DELETE FROM auth_sessions WHERE account = $1 AND id = $2`, account, id)
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func deleteSessions(ctx context.Context, q db.Q, account, except string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM auth_sessions WHERE account = $1 AND id <> $2`, account, except)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

func deleteByToken(ctx context.Context, q db.Q, hash string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM auth_sessions WHERE token_hash = $1`, hash)
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

func deleteOver(ctx context.Context, q db.Q, account string, now time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM auth_sessions WHERE account = $1 AND (ends_at <= $2 OR seen_at + idle <= $2)`,
		account, now.UnixMicro())
	if err != nil {
		return fmt.Errorf("clear sessions: %w", err)
	}
	return nil
}

func listSessions(ctx context.Context, q db.Q, account string) ([]sessionRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+sessionColumns+` FROM auth_sessions
		WHERE account = $1 AND stage = $2 ORDER BY began_at DESC, id DESC LIMIT 50`, account, stageFull)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var list []sessionRow
	for rows.Next() {
		r, err := scanSession(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
