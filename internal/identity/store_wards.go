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

const wardColumns = `w.id, w.name, w.number, w.birth_date, w.address, w.division, w.adult`

func wardFields(w *Ward) []any {
	return []any{&w.ID, &w.Name, &w.number, &w.Born, &w.address, &w.Division, &w.Adult}
}

func wardByID(ctx context.Context, q db.Q, id string) (w Ward, err error) {
	return scanWard(q.QueryRowContext(ctx, `SELECT `+wardColumns+` FROM identity_wards w WHERE w.id = $1`, id))
}

func wardByNumber(ctx context.Context, q db.Q, key string) (w Ward, err error) {
	return scanWard(q.QueryRowContext(ctx, `SELECT `+wardColumns+` FROM identity_wards w
		WHERE w.number_index = $1 AND w.number_index <> '' ORDER BY w.id LIMIT 1`, key))
}

func scanWard(row *sql.Row) (w Ward, err error) {
	err = row.Scan(wardFields(&w)...)
	if errors.Is(err, sql.ErrNoRows) {
		return Ward{}, ErrNoWard
	}
	if err != nil {
		return Ward{}, fmt.Errorf("read ward: %w", err)
	}
	return w, nil
}

func putWard(ctx context.Context, q db.Q, w Ward, key string, demo bool, made time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO identity_wards
		(id, name, number, number_index, birth_date, address, division, adult, demo, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
		w.ID, w.Name, w.number, key, w.Born, w.address, w.Division, w.Adult, demo, micro(made))
	if err != nil {
		return fmt.Errorf("store ward: %w", err)
	}
	return nil
}

// putGuardian stores a confirmed guardianship; one that had ended holds again.
func putGuardian(ctx context.Context, q db.Q, g Guardianship) error {
	_, err := q.ExecContext(ctx, `INSERT INTO identity_guardians
		(id, ward, account, relation, registry, checked_on, confirmed_level, confirmed_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
		ON CONFLICT (ward, account) DO UPDATE SET relation = excluded.relation, registry = excluded.registry,
			checked_on = excluded.checked_on, confirmed_level = excluded.confirmed_level,
			confirmed_at = excluded.confirmed_at, ended_at = 0`,
		g.ID, g.Ward.ID, string(g.Account), g.Relation, g.Registry, g.CheckedOn, g.Confirmed.Level, micro(g.Confirmed.At))
	if err != nil {
		return fmt.Errorf("store guardianship: %w", err)
	}
	return nil
}

// guardianships lists the wards of an account, also those that were.
func guardianships(ctx context.Context, q db.Q, account contract.AccountID) ([]Guardianship, error) {
	rows, err := q.QueryContext(ctx, `SELECT g.id, g.account, g.relation, g.registry, g.checked_on, g.confirmed_level, g.confirmed_at,
			g.ended_at, `+wardColumns+`
		FROM identity_guardians g JOIN identity_wards w ON w.id = g.ward
		WHERE g.account = $1 ORDER BY w.birth_date, g.id LIMIT 50`, string(account))
	if err != nil {
		return nil, fmt.Errorf("list wards: %w", err)
	}
	defer rows.Close()
	var list []Guardianship
	for rows.Next() {
		var g Guardianship
		var confirmed, ended int64
		fields := append([]any{
			&g.ID, &g.Account, &g.Relation, &g.Registry, &g.CheckedOn, &g.Confirmed.Level, &confirmed, &ended,
		}, wardFields(&g.Ward)...)
		if err := rows.Scan(fields...); err != nil {
			return nil, fmt.Errorf("list wards: %w", err)
		}
		g.Confirmed.By, g.Confirmed.At, g.Ended = g.Account, instant(confirmed), instant(ended)
		list = append(list, g)
	}
	return list, rows.Err()
}

func endGuardian(ctx context.Context, q db.Q, id string, at time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE identity_guardians SET ended_at = $2 WHERE id = $1 AND ended_at = 0`, id, micro(at))
	if err != nil {
		return false, fmt.Errorf("end guardianship: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// guardiansOf lists the accounts that are guardians of a ward now.
func guardiansOf(ctx context.Context, q db.Q, ward string) ([]contract.AccountID, error) {
	rows, err := q.QueryContext(ctx, `SELECT account FROM identity_guardians WHERE ward = $1 AND ended_at = 0 ORDER BY id LIMIT 10`, ward)
	if err != nil {
		return nil, fmt.Errorf("list guardians: %w", err)
	}
	defer rows.Close()
	var list []contract.AccountID
	for rows.Next() {
		var id contract.AccountID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
