package licence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// addCode keeps the hash of a shown code and forgets those of the licence that are over.
func addCode(ctx context.Context, tx db.Tx, hash string, c Shown, now time.Time) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM licence_codes WHERE licence = $1 AND expires < $2`, string(c.ID), now.UnixMicro())
	if err != nil {
		return fmt.Errorf("forget codes: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO licence_codes (hash, licence, scope, expires, used) VALUES ($1, $2, $3, $4, 0)`,
		hash, string(c.ID), string(c.Scope), c.Expires.UnixMicro())
	if err != nil {
		return fmt.Errorf("keep code: %w", err)
	}
	return nil
}

// useCode uses up a code: of two who try, one gets it.
func useCode(ctx context.Context, tx db.Tx, hash string, now time.Time) (id contract.LicenceID, scope Scope, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE licence_codes SET used = $1 WHERE hash = $2 AND used = 0 AND expires > $1
		RETURNING licence, scope`, now.UnixMicro(), hash).Scan(&id, &scope)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", ErrCode
	}
	if err != nil {
		return "", "", fmt.Errorf("use code: %w", err)
	}
	return id, scope, nil
}

func codeWaits(ctx context.Context, q db.Q, hash string, now time.Time) error {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM licence_codes WHERE hash = $1 AND used = 0 AND expires > $2`,
		hash, now.UnixMicro()).Scan(&n)
	if err != nil {
		return fmt.Errorf("look at code: %w", err)
	}
	if n == 0 {
		return ErrCode
	}
	return nil
}

const copyColumns = `id, licence, account, code, purpose, recipient, valid_to, made_at, ended_at, blob, size`

// copyRow is a copy as stored; what it is for is sealed.
type copyRow struct {
	Copy
	purpose, recipient []byte
}

func addCopy(ctx context.Context, tx db.Tx, c Copy, purpose, recipient []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO licence_copies (`+copyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)`,
		c.ID, string(c.Licence), c.account, c.code, purpose, recipient, c.To, c.Made.UnixMicro(), string(c.Blob), c.Size)
	if err != nil {
		return fmt.Errorf("keep copy: %w", err)
	}
	return nil
}

func scanCopy(s interface{ Scan(...any) error }) (r copyRow, err error) {
	var made, ended int64
	err = s.Scan(&r.ID, &r.Licence, &r.account, &r.code, &r.purpose, &r.recipient, &r.To, &made, &ended, &r.Blob, &r.Size)
	if errors.Is(err, sql.ErrNoRows) {
		return copyRow{}, ErrNotFound
	}
	if err != nil {
		return copyRow{}, fmt.Errorf("read copy: %w", err)
	}
	r.Made = time.UnixMicro(made).UTC()
	if ended != 0 {
		r.Ended = time.UnixMicro(ended).UTC()
	}
	return r, nil
}

func copyByID(ctx context.Context, q db.Q, id string) (copyRow, error) {
	return scanCopy(q.QueryRowContext(ctx, "SELECT "+copyColumns+" FROM licence_copies WHERE id = $1", id))
}

func copyByCode(ctx context.Context, q db.Q, code string) (copyRow, error) {
	return scanCopy(q.QueryRowContext(ctx, "SELECT "+copyColumns+" FROM licence_copies WHERE code = $1", code))
}

func copyByBlob(ctx context.Context, q db.Q, blob string) (copyRow, error) {
	return scanCopy(q.QueryRowContext(ctx, "SELECT "+copyColumns+" FROM licence_copies WHERE blob = $1 ORDER BY id LIMIT 1", blob))
}

func copiesOf(ctx context.Context, q db.Q, id contract.LicenceID) ([]copyRow, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+copyColumns+" FROM licence_copies WHERE licence = $1 ORDER BY id DESC LIMIT 200", string(id))
	if err != nil {
		return nil, fmt.Errorf("list copies: %w", err)
	}
	defer rows.Close()
	var out []copyRow
	for rows.Next() {
		r, err := scanCopy(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func copiesSince(ctx context.Context, q db.Q, id contract.LicenceID, since time.Time) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM licence_copies WHERE licence = $1 AND made_at > $2`,
		string(id), since.UnixMicro()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count copies: %w", err)
	}
	return n, nil
}

func endCopy(ctx context.Context, tx db.Tx, id string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE licence_copies SET ended_at = $1 WHERE id = $2 AND ended_at = 0`, at.UnixMicro(), id)
	if err != nil {
		return fmt.Errorf("end copy: %w", err)
	}
	return nil
}
