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

// putLink stores a link; the links that the account had are no longer good.
func putLink(ctx context.Context, q db.Q, hash string, account contract.AccountID, by string, ends time.Time) error {
	if err := deleteLinks(ctx, q, account); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `INSERT INTO identity_links (token_hash, account, made_by, ends_at) VALUES ($1, $2, $3, $4)`,
		hash, string(account), by, micro(ends))
	if err != nil {
		return fmt.Errorf("store link: %w", err)
	}
	return nil
}

func deleteLinks(ctx context.Context, q db.Q, account contract.AccountID) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM identity_links WHERE account = $1`, string(account)); err != nil {
		return fmt.Errorf("forget links: %w", err)
	}
	return nil
}

// takeLink uses a link up; only one caller gets the account.
func takeLink(ctx context.Context, q db.Q, hash string, now time.Time) (account string, err error) {
	err = q.QueryRowContext(ctx, `DELETE FROM identity_links WHERE token_hash = $1 AND ends_at > $2 RETURNING account`, hash, micro(now)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrLink
	}
	if err != nil {
		return "", fmt.Errorf("use link: %w", err)
	}
	return account, nil
}

// linkAccount returns whose password a link sets.
func linkAccount(ctx context.Context, q db.Q, hash string, now time.Time) (account string, err error) {
	err = q.QueryRowContext(ctx, `SELECT account FROM identity_links WHERE token_hash = $1 AND ends_at > $2`, hash, micro(now)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrLink
	}
	if err != nil {
		return "", fmt.Errorf("read link: %w", err)
	}
	return account, nil
}

// countStaff counts the accounts of staff that hold a role on some day.
func countAdministrators(ctx context.Context, q db.Q) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM identity_posts WHERE roles LIKE '%"administrator"%'`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count administrators: %w", err)
	}
	return n, nil
}
