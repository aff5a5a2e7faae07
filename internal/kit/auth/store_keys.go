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

const keyColumns = `id, hint, name, scopes, made_by, made_at, ends_at, revoked_at, seen_at`

func scanKey(scan func(...any) error) (Client, error) {
	var (
		c                        Client
		scopes                   string
		made, end, revoked, seen int64
	)
	if err := scan(&c.ID, &c.Hint, &c.Name, &scopes, &c.MadeBy, &made, &end, &revoked, &seen); err != nil {
		return Client{}, err
	}
	c.Made, c.Ends, c.Revoked, c.Seen = instant(made), optional(end), optional(revoked), optional(seen)
	return c, json.Unmarshal([]byte(scopes), &c.Scopes)
}

func optional(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return instant(micro)
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func putKey(ctx context.Context, q db.Q, c Client, hash string) error {
	scopes, err := json.Marshal(c.Scopes)
	if err != nil {
		return fmt.Errorf("store key: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO auth_keys (id, hash, hint, name, scopes, made_by, made_at, ends_at, revoked_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`,
		c.ID, hash, c.Hint, c.Name, string(scopes), c.MadeBy, c.Made.UnixMicro(), micro(c.Ends))
	if err != nil {
		return fmt.Errorf("store key: %w", err)
	}
	return nil
}

func getKey(ctx context.Context, q db.Q, hash string) (Client, bool, error) {
	c, err := scanKey(q.QueryRowContext(ctx, `SELECT `+keyColumns+` FROM auth_keys WHERE hash = $1`, hash).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Client{}, false, nil
	}
	if err != nil {
		return Client{}, false, fmt.Errorf("read key: %w", err)
	}
	return c, true, nil
}

func touchKey(ctx context.Context, q db.Q, id string, now time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE auth_keys SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, now.UnixMicro())
	if err != nil {
		return fmt.Errorf("touch key: %w", err)
	}
	return nil
}

func revokeKey(ctx context.Context, q db.Q, id string, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE auth_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, id, now.UnixMicro())
	if err != nil {
		return false, fmt.Errorf("revoke key: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func listKeys(ctx context.Context, q db.Q) ([]Client, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+keyColumns+` FROM auth_keys ORDER BY made_at DESC, id DESC LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	defer rows.Close()
	var list []Client
	for rows.Next() {
		c, err := scanKey(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}
