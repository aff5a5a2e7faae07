package counter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/kit/db"
)

const reportColumns = `id, number, code, person, contact, words, channel, place, kind, division, item_zh, item_en, case_id, case_number,
	hall_agency, agency, agency_zh, agency_en, state, due, result, answer, law, solved, reopened, overdue, edition, at, answered_at`

func insertReport(ctx context.Context, q db.Q, r Report) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO counter_stuck (`+reportColumns+`, item, key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
			$26, $27, $28, $29, '', $30)
		ON CONFLICT (key) DO NOTHING`,
		r.ID, r.Number, r.codeHash, r.Person, r.contact, r.words, r.Channel, r.Place, r.Kind, r.Division, r.Item.ZH, r.Item.EN, r.Case, r.CaseNo,
		r.Hall, r.Agency.ID, r.Agency.Name.ZH, r.Agency.Name.EN, r.State, r.Due, r.Result, r.Answer, r.Law, r.Solved, r.Reopened, r.Overdue,
		r.Edition, micro(r.At), micro(r.Answered), r.key)
	if err != nil {
		return false, fmt.Errorf("insert report: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func saveReport(ctx context.Context, q db.Q, r Report) error {
	_, err := q.ExecContext(ctx, `
		UPDATE counter_stuck SET agency = $1, agency_zh = $2, agency_en = $3, state = $4, due = $5, result = $6, answer = $7, law = $8,
			solved = $9, reopened = $10, overdue = $11, answered_at = $12, edition = edition + 1 WHERE id = $13`,
		r.Agency.ID, r.Agency.Name.ZH, r.Agency.Name.EN, r.State, r.Due, r.Result, r.Answer, r.Law, r.Solved, r.Reopened, r.Overdue, micro(r.Answered), r.ID)
	if err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}

func scanReport(row scanner) (Report, error) {
	var r Report
	err := row.Scan(&r.ID, &r.Number, &r.codeHash, &r.Person, &r.contact, &r.words, &r.Channel, &r.Place, &r.Kind, &r.Division,
		&r.Item.ZH, &r.Item.EN, &r.Case, &r.CaseNo, &r.Hall, &r.Agency.ID, &r.Agency.Name.ZH, &r.Agency.Name.EN, &r.State, &r.Due, &r.Result, &r.Answer,
		&r.Law, &r.Solved, &r.Reopened, &r.Overdue, &r.Edition, instant{&r.At}, instant{&r.Answered})
	if errors.Is(err, sql.ErrNoRows) {
		return Report{}, ErrNoReport
	}
	return r, err
}

func reportByID(ctx context.Context, q db.Q, id string) (Report, error) {
	return scanReport(q.QueryRowContext(ctx, `SELECT `+reportColumns+` FROM counter_stuck WHERE id = $1`, id))
}

func reportByNumber(ctx context.Context, q db.Q, number string) (Report, error) {
	return scanReport(q.QueryRowContext(ctx, `SELECT `+reportColumns+` FROM counter_stuck WHERE number = $1`, number))
}

func reportByKey(ctx context.Context, q db.Q, key string) (Report, error) {
	return scanReport(q.QueryRowContext(ctx, `SELECT `+reportColumns+` FROM counter_stuck WHERE key = $1`, key))
}

func lockReport(ctx context.Context, tx db.Tx, id string) (Report, error) {
	return scanReport(tx.QueryRowContext(ctx, `UPDATE counter_stuck SET edition = edition WHERE id = $1 RETURNING `+reportColumns, id))
}

// maxStuck bounds the list of a desk.
const maxStuck = 500

// reportsWhere lists reports, what is open and due first. Conditions are constants
// of this area, never what somebody typed.
func reportsWhere(ctx context.Context, q db.Q, condition string, args ...any) ([]Report, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+reportColumns+` FROM counter_stuck WHERE `+condition+`
		ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, due, id LIMIT `+fmt.Sprint(maxStuck), args...)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	defer rows.Close()
	var list []Report
	for rows.Next() {
		r, err := scanReport(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func insertStuckStep(ctx context.Context, q db.Q, id string, x stuckRow) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO counter_stuck_steps (report, no, what, actor_kind, actor_name, note, at)
		VALUES ($1, (SELECT COUNT(*) + 1 FROM counter_stuck_steps WHERE report = $1), $2, $3, $4, $5, $6)`,
		id, x.What, x.Actor.Kind, x.Actor.Name, x.note, micro(x.At))
	if err != nil {
		return fmt.Errorf("insert report step: %w", err)
	}
	return nil
}

// stuckRow is a step with its note sealed.
type stuckRow struct {
	StuckStep
	note []byte
}

func stuckStepsOf(ctx context.Context, q db.Q, id string) ([]stuckRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT what, actor_kind, actor_name, note, at FROM counter_stuck_steps WHERE report = $1 ORDER BY no`, id)
	if err != nil {
		return nil, fmt.Errorf("list report steps: %w", err)
	}
	defer rows.Close()
	var list []stuckRow
	for rows.Next() {
		var x stuckRow
		if err := rows.Scan(&x.What, &x.Actor.Kind, &x.Actor.Name, &x.note, instant{&x.At}); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}
