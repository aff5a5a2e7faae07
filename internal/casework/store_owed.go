package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// owed is a material that comes later, as stored.
type owed struct {
	id       contract.CaseID
	material string
	due      day.Date
	state    string
	since    day.Date // of the hand-in that owed it; zero where only the day was told
	days     int      // working days
	changed  time.Time
}

// States of an owed material.
const (
	owedOpen   = "open"
	owedWarned = "warned" // open, and the applicant was reminded
	owedGiven  = "given"
	owedLapsed = "lapsed" // the day passed: the case counts as withdrawn
	owedVoid   = "void"   // the case ended otherwise
)

func (o owed) open() bool { return o.state == owedOpen || o.state == owedWarned }

// insertOwed stores what is owed; it reports false where that is known.
func insertOwed(ctx context.Context, q db.Q, o owed, at time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_owed (case_id, material, due, state, since, days, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (case_id, material) DO NOTHING`, o.id, o.material, o.due, owedOpen, o.since, o.days, micro(at))
	if err != nil {
		return false, fmt.Errorf("insert owed material: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func owedBy(ctx context.Context, q db.Q, id contract.CaseID, material string) (owed, error) {
	o := owed{id: id, material: material}
	err := q.QueryRowContext(ctx, `
		SELECT due, state, since, days FROM casework_owed WHERE case_id = $1 AND material = $2`, id, material).
		Scan(&o.due, &o.state, &o.since, &o.days)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("read owed material: %w", err)
	}
	return o, nil
}

func setOwed(ctx context.Context, q db.Q, o owed, state string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_owed SET state = $1, changed_at = $2 WHERE case_id = $3 AND material = $4`,
		state, micro(at), o.id, o.material)
	if err != nil {
		return fmt.Errorf("change owed material: %w", err)
	}
	return nil
}

// moveOwed stores another day.
func moveOwed(ctx context.Context, q db.Q, o owed) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_owed SET due = $1 WHERE case_id = $2 AND material = $3`, o.due, o.id, o.material)
	if err != nil {
		return fmt.Errorf("move owed material: %w", err)
	}
	return nil
}

// owedWhere lists owed materials of the cases that a condition names.
func owedWhere(ctx context.Context, q db.Q, w *where) ([]owed, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT case_id, material, due, state, since, days, changed_at FROM casework_owed
		WHERE case_id IN (SELECT id FROM casework_cases WHERE `+w.sql()+`)
		ORDER BY due, case_id, material`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list owed materials: %w", err)
	}
	defer rows.Close()
	var list []owed
	for rows.Next() {
		var o owed
		if err := rows.Scan(&o.id, &o.material, &o.due, &o.state, &o.since, &o.days, instant{&o.changed}); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func owedOf(ctx context.Context, q db.Q, id contract.CaseID) ([]owed, error) {
	w := &where{}
	w.and("id = ?", id)
	return owedWhere(ctx, q, w)
}
