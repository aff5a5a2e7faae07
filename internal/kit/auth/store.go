package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

type credential struct {
	password string
	factor   []byte
	lastStep int64
}

// getCredential returns the zero credential where there is none.
func getCredential(ctx context.Context, q db.Q, account string) (credential, error) {
	var c credential
	err := q.QueryRowContext(ctx, `SELECT password, factor, last_step FROM auth_credentials WHERE account = $1`, account).
		Scan(&c.password, &c.factor, &c.lastStep)
	if errors.Is(err, sql.ErrNoRows) {
		return credential{}, nil
	}
	if err != nil {
		return credential{}, fmt.Errorf("read credential: %w", err)
	}
	return c, nil
}

func putCredential(ctx context.Context, q db.Q, account, phc string, factor []byte) error {
	_, err := q.ExecContext(ctx, `INSERT INTO auth_credentials (account, password, factor, last_step)
		VALUES ($1, $2, $3, 0)
		ON CONFLICT (account) DO UPDATE SET password = excluded.password, factor = excluded.factor, last_step = 0`,
		account, phc, factor)
	if err != nil {
		return fmt.Errorf("store credential: %w", err)
	}
	return nil
}

func putPassword(ctx context.Context, q db.Q, account, phc string) error {
	if _, err := q.ExecContext(ctx, `UPDATE auth_credentials SET password = $2 WHERE account = $1`, account, phc); err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	return nil
}

func putFactor(ctx context.Context, q db.Q, account string, factor []byte) error {
	_, err := q.ExecContext(ctx, `UPDATE auth_credentials SET factor = $2, last_step = 0 WHERE account = $1`, account, factor)
	if err != nil {
		return fmt.Errorf("store second factor: %w", err)
	}
	return nil
}

// useStep reports whether the step was not used yet, and uses it.
func useStep(ctx context.Context, q db.Q, account string, step int64) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE auth_credentials SET last_step = $2 WHERE account = $1 AND last_step < $2`,
		account, step)
	if err != nil {
		return false, fmt.Errorf("use second factor: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// countFailure adds one failure, unless the subject is paused.
func countFailure(ctx context.Context, q db.Q, subject string, now, forget time.Time) (failures int64, ok bool, err error) {
	err = q.QueryRowContext(ctx, `INSERT INTO auth_throttle (subject, failures, failed_at, until)
		VALUES ($1, 1, $2, 0)
		ON CONFLICT (subject) DO UPDATE SET
			failures = CASE WHEN auth_throttle.failed_at < $3 THEN 1 ELSE auth_throttle.failures + 1 END,
			failed_at = excluded.failed_at
		WHERE auth_throttle.until <= $2
		RETURNING failures`, subject, now.UnixMicro(), forget.UnixMicro()).Scan(&failures)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("count attempt: %w", err)
	}
	return failures, true, nil
}

func pause(ctx context.Context, q db.Q, subject string, until time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE auth_throttle SET until = $2 WHERE subject = $1`, subject, until.UnixMicro())
	if err != nil {
		return fmt.Errorf("pause attempts: %w", err)
	}
	return nil
}

func pausedUntil(ctx context.Context, q db.Q, subject string) (time.Time, error) {
	var until int64
	err := q.QueryRowContext(ctx, `SELECT until FROM auth_throttle WHERE subject = $1`, subject).Scan(&until)
	if err != nil {
		return time.Time{}, fmt.Errorf("read pause: %w", err)
	}
	return time.UnixMicro(until).UTC(), nil
}

func clearFailures(ctx context.Context, q db.Q, subject string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM auth_throttle WHERE subject = $1`, subject)
	if err != nil {
		return fmt.Errorf("clear attempts: %w", err)
	}
	return nil
}
