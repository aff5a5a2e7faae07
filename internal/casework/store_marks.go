package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

func draftMarksOf(ctx context.Context, q db.Q, id contract.CaseID) ([]DraftMark, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT kind, target, reason, by_id, by_name, at FROM casework_draft_marks WHERE case_id = $1 ORDER BY kind, target`, id)
	if err != nil {
		return nil, fmt.Errorf("list draft marks: %w", err)
	}
	defer rows.Close()
	var list []DraftMark
	for rows.Next() {
		var d DraftMark
		if err := rows.Scan(&d.Kind, &d.ID, &d.sealed, &d.By.ID, &d.By.Name, instant{&d.At}); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

func putDraftMark(ctx context.Context, q db.Q, id contract.CaseID, d DraftMark) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_draft_marks (case_id, kind, target, reason, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (case_id, kind, target) DO UPDATE SET reason = $4, by_id = $5, by_name = $6, at = $7`,
		id, d.Kind, d.ID, d.sealed, d.By.ID, d.By.Name, micro(d.At))
	if err != nil {
		return fmt.Errorf("put draft mark: %w", err)
	}
	return nil
}

func dropDraftMark(ctx context.Context, q db.Q, id contract.CaseID, m contract.Mark) error {
	_, err := q.ExecContext(ctx, `DELETE FROM casework_draft_marks WHERE case_id = $1 AND kind = $2 AND target = $3`, id, m.Kind, m.ID)
	if err != nil {
		return fmt.Errorf("drop draft mark: %w", err)
	}
	return nil
}

func dropDraftMarks(ctx context.Context, q db.Q, id contract.CaseID) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM casework_draft_marks WHERE case_id = $1`, id); err != nil {
		return fmt.Errorf("drop draft marks: %w", err)
	}
	return nil
}
