package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

type codeRow struct {
	id      string
	account contract.AccountID
	index   string
	sealed  []byte
	made    time.Time
	expires time.Time
}

// putCode stores a code; those the account had before are good for nothing.
func putCode(ctx context.Context, q db.Q, c codeRow) error {
	_, err := q.ExecContext(ctx, `UPDATE identity_codes SET code = NULL, expires = $2
		WHERE account = $1 AND used_at = 0 AND expires > $2`, string(c.account), c.made.UnixMicro())
	if err == nil {
		_, err = q.ExecContext(ctx, `DELETE FROM identity_codes WHERE account = $1 AND used_at = 0 AND expires <= $2`,
			string(c.account), c.made.UnixMicro())
	}
	if err == nil {
		_, err = q.ExecContext(ctx, `INSERT INTO identity_codes (id, account, code_index, code, made_at, expires, used_at, used_by)
			VALUES ($1, $2, $3, $4, $5, $6, 0, '')`,
			c.id, string(c.account), c.index, c.sealed, c.made.UnixMicro(), c.expires.UnixMicro())
	}
	if err != nil {
		return fmt.Errorf("store code: %w", err)
	}
	return nil
}

// liveCode returns the code of an account that can still be used, sealed; ok is
// false where there is none.
func liveCode(ctx context.Context, q db.Q, account string, now time.Time) (sealed []byte, expires time.Time, ok bool, err error) {
	var at int64
	err = q.QueryRowContext(ctx, `SELECT code, expires FROM identity_codes
		WHERE account = $1 AND used_at = 0 AND expires > $2 AND code IS NOT NULL ORDER BY made_at DESC LIMIT 1`,
		account, now.UnixMicro()).Scan(&sealed, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, false, nil
	}
	if err != nil {
		return nil, time.Time{}, false, fmt.Errorf("read code: %w", err)
	}
	return sealed, time.UnixMicro(at).UTC(), true, nil
}

// takeCode uses a code up and returns whose it is. Of two who bring it at once
// one gets it.
func takeCode(ctx context.Context, q db.Q, index, by string, now time.Time) (contract.AccountID, error) {
	var account string
	err := q.QueryRowContext(ctx, `UPDATE identity_codes SET used_at = $2, used_by = $3, code = NULL
		WHERE id = (SELECT id FROM identity_codes WHERE code_index = $1 AND used_at = 0 AND expires > $2 ORDER BY made_at LIMIT 1)
			AND used_at = 0
		RETURNING account`, index, now.UnixMicro(), by).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrVisitorCode
	}
	if err != nil {
		return "", fmt.Errorf("use code: %w", err)
	}
	return contract.AccountID(account), nil
}

// setChecked raises the real-name level of an account that nobody can sign in to,
// after a check in person.
func setChecked(ctx context.Context, q db.Q, a Account) error {
	return update(ctx, q, `UPDATE identity_accounts SET level = $2, checked_on = $3 WHERE id = $1`, string(a.ID), a.Level, a.CheckedOn)
}
