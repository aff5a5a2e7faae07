package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertObjection stores an objection; it reports false where the step has one.
func insertObjection(ctx context.Context, q db.Q, o Objection) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_objections (id, case_id, step, action, agency, body, author, acting, at, due, decider)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (case_id, step) DO NOTHING`,
		o.ID, o.Case, o.Step, o.Action, o.Agency, o.sealed, o.Author, o.Agent, micro(o.At), o.Due, o.Decider)
	if err != nil {
		return false, fmt.Errorf("insert objection: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// answerObjection stores an answer, if there is none.
func answerObjection(ctx context.Context, q db.Q, o Objection) error {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_objections SET result = $1, answer = $2, answered_by = $3, answered_name = $4, answered_at = $5
		WHERE id = $6 AND result = ''`, o.Result, o.sealedAnswer, o.AnsweredBy.ID, o.AnsweredBy.Name, micro(o.AnsweredAt), o.ID)
	if err != nil {
		return fmt.Errorf("answer objection: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrStale
	}
	return err
}

// moveObjection stores another day for the answer.
func moveObjection(ctx context.Context, q db.Q, o Objection) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_objections SET due = $1 WHERE id = $2`, o.Due, o.ID)
	if err != nil {
		return fmt.Errorf("move objection: %w", err)
	}
	return nil
}

const objectionColumns = `o.id, o.case_id, o.step, o.action, o.agency, o.body, o.author, o.acting, o.at, o.due, o.decider,
	o.result, o.answer, o.answered_by, o.answered_name, o.answered_at, c.number, c.item_zh, c.item_en,
	c.agency_zh, c.agency_en, c.applicant_kind, c.applicant_name, c.division`

func scanObjection(row scanner) (Objection, error) {
	var o Objection
	err := row.Scan(&o.ID, &o.Case, &o.Step, &o.Action, &o.Agency, &o.sealed, &o.Author, &o.Agent, instant{&o.At}, &o.Due, &o.Decider,
		&o.Result, &o.sealedAnswer, &o.AnsweredBy.ID, &o.AnsweredBy.Name, instant{&o.AnsweredAt}, &o.Number, &o.Item.ZH, &o.Item.EN,
		&o.AgencyName.ZH, &o.AgencyName.EN, &o.Applicant.Kind, &o.Applicant.Name, &o.division)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotFound
	}
	return o, err
}

func objectionByID(ctx context.Context, q db.Q, id string) (Objection, error) {
	return scanObjection(q.QueryRowContext(ctx, `
		SELECT `+objectionColumns+` FROM casework_objections AS o JOIN casework_cases AS c ON c.id = o.case_id WHERE o.id = $1`, id))
}

// objectionsWhere lists objections; order names columns.
func objectionsWhere(ctx context.Context, q db.Q, w *where, order string, limit int) ([]Objection, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+objectionColumns+` FROM casework_objections AS o JOIN casework_cases AS c ON c.id = o.case_id
		WHERE `+w.sql()+` ORDER BY `+order+` LIMIT `+w.arg(limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list objections: %w", err)
	}
	defer rows.Close()
	var list []Objection
	for rows.Next() {
		o, err := scanObjection(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func objectionsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Objection, error) {
	w := &where{}
	w.and("o.case_id = ?", id)
	return objectionsWhere(ctx, q, w, "o.step", 100)
}

func countObjections(ctx context.Context, q db.Q, agency string) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM casework_objections WHERE agency = $1 AND result = ''`, agency).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count objections: %w", err)
	}
	return n, nil
}
