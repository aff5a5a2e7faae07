package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertConflict keeps an official from a case. It reports false where they are
// already.
func insertConflict(ctx context.Context, q db.Q, x Conflict) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_conflicts (id, case_id, agency, account, name, how, reason, by_id, by_name, void, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (case_id, account) DO NOTHING`,
		x.ID, x.Case, x.Agency, x.Official.ID, x.Official.Name, x.How, x.sealed, x.By.ID, x.By.Name, x.Void, micro(x.At))
	if err != nil {
		return false, fmt.Errorf("insert conflict: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// setConcerned stores who has a part in a case or is kept from it.
func setConcerned(ctx context.Context, q db.Q, id contract.CaseID, list string) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET concerned = $1 WHERE id = $2`, list, id)
	if err != nil {
		return fmt.Errorf("set concerned: %w", err)
	}
	return nil
}

const conflictSelect = `
	SELECT x.id, x.case_id, x.agency, x.account, x.name, x.how, x.reason, x.by_id, x.by_name, x.void, x.at,
		c.number, c.item_zh, c.item_en, c.stage = 'done'
	FROM casework_conflicts AS x JOIN casework_cases AS c ON c.id = x.case_id `

func queryConflicts(ctx context.Context, q db.Q, query string, args ...any) ([]Conflict, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list conflicts: %w", err)
	}
	defer rows.Close()
	var list []Conflict
	for rows.Next() {
		var x Conflict
		if err := rows.Scan(&x.ID, &x.Case, &x.Agency, &x.Official.ID, &x.Official.Name, &x.How, &x.sealed, &x.By.ID, &x.By.Name,
			&x.Void, instant{&x.At}, &x.Number, &x.ItemName.ZH, &x.ItemName.EN, &x.Over); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

func conflictsIn(ctx context.Context, q db.Q, agency contract.AgencyID, limit int) ([]Conflict, error) {
	return queryConflicts(ctx, q, conflictSelect+`WHERE x.agency = $1 ORDER BY x.at DESC, x.id DESC LIMIT $2`, agency, limit)
}

func conflictsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Conflict, error) {
	return queryConflicts(ctx, q, conflictSelect+`WHERE x.case_id = $1 ORDER BY x.at, x.id`, id)
}

// insertRecusal stores what an applicant asks. It reports false where the same is
// open already.
func insertRecusal(ctx context.Context, q db.Q, x Recusal) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_recusals (id, case_id, agency, official, name, author, agent_kind, reason, at, due)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING`,
		x.ID, x.Case, x.Agency, x.Official.ID, x.Official.Name, x.Author, x.AgentKind, x.sealed, micro(x.At), x.Due)
	if err != nil {
		return false, fmt.Errorf("insert recusal: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// answerRecusal stores the answer, unless there is one.
func answerRecusal(ctx context.Context, q db.Q, x Recusal) (bool, error) {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_recusals SET official = $1, result = $2, answer = $3, answered_id = $4, answered_by = $5, answered_at = $6
		WHERE id = $7 AND result = ''`,
		x.Official.ID, x.Result, x.sealedAnswer, x.AnsweredBy.ID, x.AnsweredBy.Name, micro(x.AnsweredAt), x.ID)
	if err != nil {
		return false, fmt.Errorf("answer recusal: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// recusalList is a condition with its order.
type recusalList struct {
	where, order string
	args         []any
}

func recusalsOfCase(id contract.CaseID) recusalList {
	return recusalList{"x.case_id = $1", "x.at, x.id", []any{id}}
}

func recusalsOfAgency(agency contract.AgencyID, answered bool) recusalList {
	if answered {
		return recusalList{"x.agency = $1 AND x.result <> ''", "x.answered_at DESC, x.id DESC", []any{agency}}
	}
	return recusalList{"x.agency = $1 AND x.result = ''", "x.due, x.id", []any{agency}}
}

func recusalsWhere(ctx context.Context, q db.Q, l recusalList) ([]Recusal, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT x.id, x.case_id, x.agency, x.official, x.name, x.author, x.agent_kind, x.reason, x.at, x.due, x.result, x.answer,
			x.answered_id, x.answered_by, x.answered_at,
			c.number, c.item, c.item_zh, c.item_en, c.agency_zh, c.agency_en, c.applicant_kind, c.applicant_name
		FROM casework_recusals AS x JOIN casework_cases AS c ON c.id = x.case_id
		WHERE `+l.where+` ORDER BY `+l.order+` LIMIT 200`, l.args...)
	if err != nil {
		return nil, fmt.Errorf("list recusals: %w", err)
	}
	defer rows.Close()
	var list []Recusal
	for rows.Next() {
		var x Recusal
		if err := rows.Scan(&x.ID, &x.Case, &x.Agency, &x.Official.ID, &x.Official.Name, &x.Author, &x.AgentKind, &x.sealed,
			instant{&x.At}, &x.Due, &x.Result, &x.sealedAnswer, &x.AnsweredBy.ID, &x.AnsweredBy.Name, instant{&x.AnsweredAt},
			&x.Number, &x.Item, &x.ItemName.ZH, &x.ItemName.EN, &x.AgencyName.ZH, &x.AgencyName.EN,
			&x.Applicant.Kind, &x.Applicant.Name); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

func recusalByID(ctx context.Context, q db.Q, id string) (Recusal, error) {
	list, err := recusalsWhere(ctx, q, recusalList{"x.id = $1", "x.id", []any{id}})
	if err != nil {
		return Recusal{}, err
	}
	if len(list) == 0 {
		return Recusal{}, ErrNotFound
	}
	return list[0], nil
}

// openRecusalOn reports whether a request about an official waits for its answer.
func openRecusalOn(ctx context.Context, q db.Q, id contract.CaseID, official string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM casework_recusals WHERE case_id = $1 AND official = $2 AND result = ''`, id, official).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("open recusal: %w", err)
	}
	return n > 0, nil
}
