package inquiry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// row is an inquiry as it is stored: its facts are sealed.
type row struct {
	Head

	body []byte
}

const columns = `id, kind, case_id, number, item, item_zh, item_en, agency, agency_zh, agency_en, division,
	applicant, applicant_kind, applicant_name, operator, state, open, on_day, slot, due, late, people, public, special,
	revision, body, made_at, moved_at, closed_at, secretary`

// insert refuses a second open inquiry of its kind: two clicks are one.
func insert(ctx context.Context, q db.Q, r row) error {
	res, err := q.ExecContext(ctx, `INSERT INTO inquiry_inquiries (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		ON CONFLICT DO NOTHING`,
		r.ID, string(r.Kind), string(r.Case), r.Number, string(r.Item), r.ItemName.ZH, r.ItemName.EN,
		string(r.Agency), r.AgencyName.ZH, r.AgencyName.EN, r.Division,
		r.Applicant.ID, r.Applicant.Kind, r.Applicant.Name, string(r.Operator), string(r.State), r.Open, r.Day, r.Slot, r.Due, r.Late,
		joined(r.People), r.Public, r.Special, r.Revision, r.body, micro(r.Made), micro(r.Moved), micro(r.Closed), string(r.Secretary))
	if err != nil {
		return fmt.Errorf("insert inquiry: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrRunning
	}
	return err
}

// update stores what became of an inquiry, unless somebody changed it since.
func update(ctx context.Context, q db.Q, r row) error {
	res, err := q.ExecContext(ctx, `UPDATE inquiry_inquiries SET state = $3, open = $4, on_day = $5, slot = $6, due = $7, late = $8,
			people = $9, public = $10, special = $11, revision = $12, body = $13, moved_at = $14, closed_at = $15
		WHERE id = $1 AND revision = $2`,
		r.ID, r.Revision-1, string(r.State), r.Open, r.Day, r.Slot, r.Due, r.Late,
		joined(r.People), r.Public, r.Special, r.Revision, r.body, micro(r.Moved), micro(r.Closed))
	if err != nil {
		return fmt.Errorf("update inquiry: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrStale
	}
	return err
}

type scanner interface{ Scan(dest ...any) error }

func scanRow(s scanner) (row, error) {
	var (
		r                   row
		people              string
		made, moved, closed int64
	)
	err := s.Scan(&r.ID, &r.Kind, &r.Case, &r.Number, &r.Item, &r.ItemName.ZH, &r.ItemName.EN,
		&r.Agency, &r.AgencyName.ZH, &r.AgencyName.EN, &r.Division,
		&r.Applicant.ID, &r.Applicant.Kind, &r.Applicant.Name, &r.Operator, &r.State, &r.Open, &r.Day, &r.Slot, &r.Due, &r.Late,
		&people, &r.Public, &r.Special, &r.Revision, &r.body, &made, &moved, &closed, &r.Secretary)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("read inquiry: %w", err)
	}
	for _, p := range strings.FieldsFunc(people, func(c rune) bool { return c == '|' }) {
		r.People = append(r.People, contract.AccountID(p))
	}
	r.Made, r.Moved, r.Closed = instant(made), instant(moved), instant(closed)
	return r, nil
}

func byID(ctx context.Context, q db.Q, id string) (row, error) {
	return scanRow(q.QueryRowContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries WHERE id = $1`, id))
}

// locked is byID for who is going to change it: on PostgreSQL the next one waits.
func locked(ctx context.Context, tx db.Tx, id string) (row, error) {
	return scanRow(tx.QueryRowContext(ctx, `UPDATE inquiry_inquiries SET moved_at = moved_at WHERE id = $1 RETURNING `+columns, id))
}

func ofCase(ctx context.Context, q db.Q, id contract.CaseID) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries WHERE case_id = $1 ORDER BY made_at, id LIMIT 100`, string(id)))
}

func rowsOf(rows *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, fmt.Errorf("list inquiries: %w", err)
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// running lists open inquiries of a kind behind an id, for a job that goes
// through all of them.
func running(ctx context.Context, q db.Q, kind Kind, after string, limit int) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries
		WHERE kind = $1 AND open AND id > $2 ORDER BY id LIMIT $3`, string(kind), after, limit))
}

// keeps reports whether an open inquiry holds a special procedure.
func keeps(ctx context.Context, q db.Q, special string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM inquiry_inquiries WHERE special = $1 AND open`, special).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("find inquiry: %w", err)
	}
	return n > 0, nil
}

// publicHearings lists hearings that anybody may attend, from a day on.
func publicHearings(ctx context.Context, q db.Q, from day.Date, limit int) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries
		WHERE public AND kind = 'hearing' AND state IN ('set', 'recording') AND on_day >= $1 ORDER BY on_day, id LIMIT $2`, from, limit))
}

// ofApplicant lists the open inquiries about a person or company.
func ofApplicant(ctx context.Context, q db.Q, applicant string, limit int) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries
		WHERE applicant = $1 AND open ORDER BY on_day, id LIMIT $2`, applicant, limit))
}

func joined(people []contract.AccountID) string {
	out := "|"
	for _, p := range people {
		out += string(p) + "|"
	}
	return out
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
