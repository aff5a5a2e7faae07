package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// getRecord returns the sealed facts of a registry about a number, nil where
// there are none.
func getRecord(ctx context.Context, q db.Q, registry, index string) (facts []byte, on string, err error) {
	err = q.QueryRowContext(ctx, `SELECT facts, registered_on FROM registry_records
		WHERE registry = $1 AND number_index = $2`, registry, index).Scan(&facts, &on)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read registry %s: %w", registry, err)
	}
	return facts, on, nil
}

// putRecord stores a record; one that is there stays.
func putRecord(ctx context.Context, q db.Q, registry, index string, facts []byte, on string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO registry_records (registry, number_index, facts, registered_on)
		VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, registry, index, facts, on)
	if err != nil {
		return fmt.Errorf("store record of %s: %w", registry, err)
	}
	return nil
}

// Switch is what an administrator set for a registry.
type Switch struct {
	Off    bool
	Reason string
	By     string // account
	At     time.Time
}

func switches(ctx context.Context, q db.Q) (map[string]Switch, error) {
	rows, err := q.QueryContext(ctx, `SELECT registry, off, reason, by_whom, at FROM registry_switches ORDER BY registry LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("read switches: %w", err)
	}
	defer rows.Close()
	all := map[string]Switch{}
	for rows.Next() {
		var id string
		var s Switch
		var at int64
		if err := rows.Scan(&id, &s.Off, &s.Reason, &s.By, &at); err != nil {
			return nil, fmt.Errorf("read switches: %w", err)
		}
		s.At = time.UnixMicro(at).UTC()
		all[id] = s
	}
	return all, rows.Err()
}

func putSwitch(ctx context.Context, q db.Q, id string, s Switch) error {
	_, err := q.ExecContext(ctx, `INSERT INTO registry_switches (registry, off, reason, by_whom, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (registry) DO UPDATE SET off = excluded.off, reason = excluded.reason, by_whom = excluded.by_whom, at = excluded.at`,
		id, s.Off, s.Reason, s.By, s.At.UnixMicro())
	if err != nil {
		return fmt.Errorf("store switch: %w", err)
	}
	return nil
}
