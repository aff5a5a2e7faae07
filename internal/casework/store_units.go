package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

const unitColumns = `case_id, unit, round, agency, agency_zh, agency_en, division, task_zh, task_en, required, blocking,
	days, state, sent_at, due, provisional, late, opinion, note, reasons, handler, handler_name, ended_at, why, files`

func scanUnit(row scanner) (Unit, error) {
	var u Unit
	var reasons, files string
	err := row.Scan(&u.Case, &u.ID, &u.Round, &u.Agency, &u.AgencyName.ZH, &u.AgencyName.EN, &u.Division, &u.Task.ZH, &u.Task.EN,
		&u.Required, &u.Blocking, &u.Days, &u.State, instant{&u.Sent}, &u.Due, &u.Provisional, &u.Late, &u.Opinion, &u.Note,
		&reasons, &u.Handler.ID, &u.Handler.Name, instant{&u.Ended}, &u.Why, &files)
	if err != nil {
		return u, err
	}
	return u, errors.Join(json.Unmarshal([]byte(reasons), &u.Reasons), json.Unmarshal([]byte(files), &u.Files))
}

func queryUnits(ctx context.Context, q db.Q, query string, args ...any) ([]Unit, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	defer rows.Close()
	var list []Unit
	for rows.Next() {
		u, err := scanUnit(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

// unitsOf lists every sending on a case: by unit, then by round.
func unitsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Unit, error) {
	return queryUnits(ctx, q, `
		SELECT `+unitColumns+` FROM casework_units WHERE case_id = $1 ORDER BY unit, round`, id)
}

func insertUnit(ctx context.Context, q db.Q, u Unit) error {
	reasons, err := json.Marshal(u.Reasons)
	if err != nil {
		return fmt.Errorf("reasons: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO casework_units (`+unitColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, '[]')`,
		u.Case, u.ID, u.Round, u.Agency, u.AgencyName.ZH, u.AgencyName.EN, u.Division, u.Task.ZH, u.Task.EN, u.Required, u.Blocking,
		u.Days, u.State, micro(u.Sent), u.Due, u.Provisional, u.Late, u.Opinion, u.Note, string(reasons),
		u.Handler.ID, u.Handler.Name, micro(u.Ended), u.Why)
	if err != nil {
		return fmt.Errorf("insert unit: %w", err)
	}
	return nil
}

func updateUnit(ctx context.Context, q db.Q, u Unit) error {
	reasons, err := json.Marshal(u.Reasons)
	if err != nil {
		return fmt.Errorf("reasons: %w", err)
	}
	files, err := json.Marshal(u.Files)
	if err != nil {
		return fmt.Errorf("files of a unit: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		UPDATE casework_units SET state = $1, due = $2, provisional = $3, late = $4, opinion = $5, note = $6, reasons = $7,
			handler = $8, handler_name = $9, ended_at = $10, why = $11, files = $12
		WHERE case_id = $13 AND unit = $14 AND round = $15`,
		u.State, u.Due, u.Provisional, u.Late, u.Opinion, u.Note, string(reasons),
		u.Handler.ID, u.Handler.Name, micro(u.Ended), u.Why, string(files), u.Case, u.ID, u.Round)
	if err != nil {
		return fmt.Errorf("update unit: %w", err)
	}
	return nil
}

// insertUnitFiles notes who keeps the files of an opinion.
func insertUnitFiles(ctx context.Context, q db.Q, u Unit) error {
	for _, f := range u.Files {
		_, err := q.ExecContext(ctx, `
			INSERT INTO casework_unit_files (blob, case_id, unit, round) VALUES ($1, $2, $3, $4)
			ON CONFLICT (blob, case_id, unit, round) DO NOTHING`, string(f.Blob), u.Case, u.ID, u.Round)
		if err != nil {
			return fmt.Errorf("insert file of a unit: %w", err)
		}
	}
	return nil
}

// countUnits counts the open tasks of an official's agency, those of them that are
// late, and all that it ever had; without cases from which the official is kept.
func countUnits(ctx context.Context, q db.Q, actor auth.Principal) (open, late, ever int, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT CAST(COALESCE(SUM(CASE WHEN u.state = 'open' THEN 1 ELSE 0 END), 0) AS BIGINT),
			CAST(COALESCE(SUM(CASE WHEN u.state = 'open' AND u.late THEN 1 ELSE 0 END), 0) AS BIGINT), COUNT(*)
		FROM casework_units AS u JOIN casework_cases AS c ON c.id = u.case_id
		WHERE u.agency = $1 AND c.concerned NOT LIKE $2 ESCAPE '!'`,
		actor.Agency, "%|"+escapeLike(actor.ID)+"|%").Scan(&open, &late, &ever)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("count units: %w", err)
	}
	return open, late, ever, nil
}

// unitTasks lists the open tasks of an official's agency, by the day they are due.
func unitTasks(ctx context.Context, q db.Q, actor auth.Principal, after *cursor, limit int) ([]UnitTask, error) {
	w := &where{}
	w.and("u.agency = ? AND u.state = 'open'", actor.Agency)
	w.and("c.concerned NOT LIKE ? ESCAPE '!'", "%|"+escapeLike(actor.ID)+"|%")
	if after != nil {
		w.and("(u.due, u.case_id, u.unit) > (?, ?, ?)", after.Due, after.ID, after.Unit)
	}
	return tasksWhere(ctx, q, w, limit)
}

func tasksWhere(ctx context.Context, q db.Q, w *where, limit int) ([]UnitTask, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT u.case_id, u.unit, u.round, u.agency_zh, u.agency_en, u.task_zh, u.task_en, u.required, u.days, u.state,
			u.sent_at, u.due, u.late, c.number, c.item_zh, c.item_en, c.agency_zh, c.agency_en
		FROM casework_units AS u JOIN casework_cases AS c ON c.id = u.case_id
		WHERE `+w.sql()+` ORDER BY u.due, u.case_id, u.unit LIMIT `+w.arg(limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list tasks of units: %w", err)
	}
	defer rows.Close()
	var list []UnitTask
	for rows.Next() {
		var t UnitTask
		if err := rows.Scan(&t.Case, &t.ID, &t.Round, &t.AgencyName.ZH, &t.AgencyName.EN, &t.Task.ZH, &t.Task.EN, &t.Required,
			&t.Days, &t.State, instant{&t.Sent}, &t.Due, &t.Late, &t.Number, &t.ItemName.ZH, &t.ItemName.EN,
			&t.Lead.ZH, &t.Lead.EN); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}
