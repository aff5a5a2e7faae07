package inquiry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

type expertRow struct {
	Expert

	contact []byte
}

func expertsOf(ctx context.Context, q db.Q, agency contract.AgencyID) ([]expertRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, agency, name, field, unit, contact, active, at
		FROM inquiry_experts WHERE agency = $1 ORDER BY active DESC, field, name, id LIMIT 1000`, string(agency))
	if err != nil {
		return nil, fmt.Errorf("list experts: %w", err)
	}
	defer rows.Close()
	var list []expertRow
	for rows.Next() {
		var (
			e  expertRow
			at int64
		)
		if err := rows.Scan(&e.ID, &e.Agency, &e.Name, &e.Field, &e.Unit, &e.contact, &e.Active, &at); err != nil {
			return nil, fmt.Errorf("read expert: %w", err)
		}
		e.At = instant(at)
		list = append(list, e)
	}
	return list, rows.Err()
}

// putExpert stores an entry of an agency's own roster; another agency's stays.
func putExpert(ctx context.Context, q db.Q, e expertRow) error {
	res, err := q.ExecContext(ctx, `INSERT INTO inquiry_experts (id, agency, name, field, unit, contact, active, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, field = excluded.field, unit = excluded.unit,
			contact = excluded.contact, active = excluded.active, at = excluded.at
		WHERE inquiry_experts.agency = excluded.agency`,
		e.ID, string(e.Agency), e.Name, e.Field, e.Unit, e.contact, e.Active, micro(e.At))
	if err != nil {
		return fmt.Errorf("store expert: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

func insertLink(ctx context.Context, q db.Q, hash, inquiry, member string, until time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO inquiry_links (hash, inquiry_id, member, expires_at, used_at) VALUES ($1, $2, $3, $4, 0)`,
		hash, inquiry, member, micro(until))
	if err != nil {
		return fmt.Errorf("insert link: %w", err)
	}
	return nil
}

func dropLinks(ctx context.Context, q db.Q, inquiry, member string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM inquiry_links WHERE inquiry_id = $1 AND member = $2`, inquiry, member); err != nil {
		return fmt.Errorf("drop links: %w", err)
	}
	return nil
}

// linked finds for whom a link is, while it is good.
func linked(ctx context.Context, q db.Q, hash string, now time.Time) (inquiry, member string, err error) {
	err = q.QueryRowContext(ctx, `SELECT inquiry_id, member FROM inquiry_links
		WHERE hash = $1 AND used_at = 0 AND expires_at > $2`, hash, micro(now)).Scan(&inquiry, &member)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", ErrLink
	}
	if err != nil {
		return "", "", fmt.Errorf("find link: %w", err)
	}
	return inquiry, member, nil
}

// useLink uses a link up; whoever comes second does not.
func useLink(ctx context.Context, q db.Q, hash string, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE inquiry_links SET used_at = $2 WHERE hash = $1 AND used_at = 0 AND expires_at > $2`, hash, micro(now))
	if err != nil {
		return false, fmt.Errorf("use link: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
