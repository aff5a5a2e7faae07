package casework

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// runningVersions counts running cases by who handles them and by which versions.
func runningVersions(ctx context.Context, q db.Q) ([]Running, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT agency, item, MAX(item_zh), MAX(item_en), proc, handled_as, proc_version, COUNT(*)
		FROM casework_cases WHERE stage <> 'done'
		GROUP BY agency, item, proc, handled_as, proc_version
		ORDER BY agency, item, handled_as, proc_version`)
	if err != nil {
		return nil, fmt.Errorf("count running cases: %w", err)
	}
	defer rows.Close()
	var list []Running
	for rows.Next() {
		var r Running
		if err := rows.Scan(&r.Agency, &r.Item, &r.ItemName.ZH, &r.ItemName.EN, &r.Procedure, &r.Version, &r.Edition, &r.Cases); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// editionsInUse lists the editions that running cases follow.
func editionsInUse(ctx context.Context, q db.Q) ([]Running, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT proc, proc_version, COUNT(*) FROM casework_cases WHERE stage <> 'done'
		GROUP BY proc, proc_version ORDER BY proc, proc_version`)
	if err != nil {
		return nil, fmt.Errorf("list editions in use: %w", err)
	}
	defer rows.Close()
	var list []Running
	for rows.Next() {
		var r Running
		if err := rows.Scan(&r.Procedure, &r.Edition, &r.Cases); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// casesAimed lists the running cases of a target in the order of their ids.
func casesAimed(ctx context.Context, q db.Q, t Target, after contract.CaseID, limit int) ([]Case, error) {
	w := &where{}
	w.and("stage <> 'done' AND agency = ? AND proc = ? AND proc_version = ?", t.Agency, t.Procedure, t.FromEdition)
	if t.Item != "" {
		w.and("item = ? AND handled_as = ?", t.Item, t.FromVersion)
	}
	w.and("id > ?", after)
	return queryCases(ctx, q, `SELECT `+caseColumns+` FROM casework_cases WHERE `+w.sql()+` ORDER BY id LIMIT `+w.arg(limit), w.args...)
}

const moveColumns = `id, state, agency, agency_zh, agency_en, division, item, item_zh, item_en, proc,
	from_version, from_edition, to_version, to_edition, reason, hash, cases, movable,
	planned_by, planned_name, planned_head, planned_at, approved_by, approved_name, approved_at`

func scanMove(row scanner) (Move, error) {
	m := Move{Results: map[MoveResult]int{}}
	err := row.Scan(&m.ID, &m.State, &m.Agency, &m.AgencyName.ZH, &m.AgencyName.EN, &m.Division, &m.Item, &m.ItemName.ZH, &m.ItemName.EN,
		&m.Procedure, &m.FromVersion, &m.FromEdition, &m.ToVersion, &m.ToEdition, &m.Reason, &m.Hash, &m.Cases, &m.Movable,
		&m.Planner.ID, &m.Planner.Name, &m.PlannerHead, instant{&m.Planned}, &m.Approver.ID, &m.Approver.Name, instant{&m.Approved})
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrMove
	}
	return m, err
}

func insertMove(ctx context.Context, q db.Q, m Move) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_moves (`+moveColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, '', '', 0)`,
		m.ID, m.State, m.Agency, m.AgencyName.ZH, m.AgencyName.EN, m.Division, m.Item, m.ItemName.ZH, m.ItemName.EN, m.Procedure,
		m.FromVersion, m.FromEdition, m.ToVersion, m.ToEdition, m.Reason, m.Hash, m.Cases, m.Movable,
		m.Planner.ID, m.Planner.Name, m.PlannerHead, micro(m.Planned))
	if err != nil {
		return fmt.Errorf("insert move: %w", err)
	}
	return nil
}

// countedMove ends the dry run of a plan.
func countedMove(ctx context.Context, q db.Q, m Move) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_moves SET state = $1, hash = $2, cases = $3, movable = $4 WHERE id = $5`, MovePlanned, m.Hash, m.Cases, m.Movable, m.ID)
	if err != nil {
		return fmt.Errorf("end dry run: %w", err)
	}
	return nil
}

// settleMove approves or drops a plan, if nobody did before.
func settleMove(ctx context.Context, q db.Q, m Move, from MoveState) error {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_moves SET state = $1, approved_by = $2, approved_name = $3, approved_at = $4 WHERE id = $5 AND state = $6`,
		m.State, m.Approver.ID, m.Approver.Name, micro(m.Approved), m.ID, from)
	if err != nil {
		return fmt.Errorf("settle move: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrMoveSettled
	}
	return err
}

const moveQuery = `SELECT ` + moveColumns + ` FROM casework_moves WHERE id = $1`

// planOf is a plan without the counts of its results.
func planOf(ctx context.Context, q db.Q, id string) (Move, error) {
	return scanMove(q.QueryRowContext(ctx, moveQuery, id))
}

func moveByID(ctx context.Context, q db.Q, id string) (Move, error) {
	m, err := planOf(ctx, q, id)
	if err != nil {
		return m, err
	}
	rows, err := q.QueryContext(ctx, `SELECT result, COUNT(*) FROM casework_move_cases WHERE move_id = $1 GROUP BY result`, id)
	if err != nil {
		return m, fmt.Errorf("count moved cases: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r MoveResult
		var n int
		if err := rows.Scan(&r, &n); err != nil {
			return m, err
		}
		m.Results[r] = n
	}
	return m, rows.Err()
}

// recentMoves lists plans, the newest first.
func recentMoves(ctx context.Context, q db.Q, limit int) ([]Move, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+moveColumns+` FROM casework_moves ORDER BY planned_at DESC, id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list moves: %w", err)
	}
	defer rows.Close()
	var list []Move
	for rows.Next() {
		m, err := scanMove(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

func insertMoveCases(ctx context.Context, q db.Q, move string, list []MoveCase) error {
	if len(list) == 0 {
		return nil
	}
	rows := newRows(len(list), 10)
	for _, c := range list {
		notes, err := json.Marshal(c.Notes)
		if err != nil {
			return fmt.Errorf("notes: %w", err)
		}
		rows.add(move, c.Case, c.Number, c.ItemName.ZH, c.ItemName.EN, c.State.ZH, c.State.EN, c.seen, c.Movable, string(notes))
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_move_cases (move_id, case_id, number, item_zh, item_en, state_zh, state_en, seen, movable, notes)
		VALUES `+rows.values(), rows.args...)
	if err != nil {
		return fmt.Errorf("insert cases of a move: %w", err)
	}
	return nil
}

const moveCaseColumns = `case_id, number, item_zh, item_en, state_zh, state_en, seen, movable, notes, result, result_at`

func scanMoveCase(row scanner) (MoveCase, error) {
	var c MoveCase
	var notes string
	err := row.Scan(&c.Case, &c.Number, &c.ItemName.ZH, &c.ItemName.EN, &c.State.ZH, &c.State.EN, &c.seen, &c.Movable, &notes,
		&c.Result, instant{&c.At})
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrMove
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(notes), &c.Notes)
}

func moveCase(ctx context.Context, q db.Q, move string, id contract.CaseID) (MoveCase, error) {
	return scanMoveCase(q.QueryRowContext(ctx, `
		SELECT `+moveCaseColumns+` FROM casework_move_cases WHERE move_id = $1 AND case_id = $2`, move, id))
}

// moveCases lists the cases of a plan: all, those that may move or may not, or those
// with a result.
func moveCases(ctx context.Context, q db.Q, move, only string, after contract.CaseID, limit int) ([]MoveCase, error) {
	w := &where{}
	w.and("move_id = ? AND case_id > ?", move, after)
	switch only {
	case MoveOnlyMay:
		w.and("movable")
	case MoveOnlyNot:
		w.and("NOT movable")
	case "":
	case MoveOnlyOpen:
		w.and("result = ''")
	default:
		w.and("result = ?", only)
	}
	rows, err := q.QueryContext(ctx, `
		SELECT `+moveCaseColumns+` FROM casework_move_cases WHERE `+w.sql()+` ORDER BY case_id LIMIT `+w.arg(limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list cases of a move: %w", err)
	}
	defer rows.Close()
	var list []MoveCase
	for rows.Next() {
		c, err := scanMoveCase(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// keepUnmovable closes the cases of an approved plan that may not move.
func keepUnmovable(ctx context.Context, q db.Q, move string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_move_cases SET result = $1, result_at = $2 WHERE move_id = $3 AND NOT movable`, ResultKept, micro(at), move)
	if err != nil {
		return fmt.Errorf("keep cases: %w", err)
	}
	return nil
}

// setMoveResult writes down what became of a case.
func setMoveResult(ctx context.Context, q db.Q, move string, c MoveCase) error {
	notes, err := json.Marshal(c.Notes)
	if err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		UPDATE casework_move_cases SET result = $1, result_at = $2, notes = $3 WHERE move_id = $4 AND case_id = $5 AND result = ''`,
		c.Result, micro(c.At), string(notes), move, c.Case)
	if err != nil {
		return fmt.Errorf("result of a move: %w", err)
	}
	return nil
}

// setHandling stores what only a move changes of a case.
func setHandling(ctx context.Context, q db.Q, c Case) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET two = $1, proc = $2 WHERE id = $3`, c.Two, c.Procedure, c.ID)
	if err != nil {
		return fmt.Errorf("set handling: %w", err)
	}
	return nil
}

// setTerms stores on which terms an agency is asked.
func setTerms(ctx context.Context, q db.Q, u Unit) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_units SET required = $1, blocking = $2 WHERE case_id = $3 AND unit = $4 AND round = $5`,
		u.Required, u.Blocking, u.Case, u.ID, u.Round)
	if err != nil {
		return fmt.Errorf("set terms of a unit: %w", err)
	}
	return nil
}
