package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// findingRow is a finding as stored: value is JSON, "" where it is sealed.
type findingRow struct {
	Finding
	field  string
	value  string
	sealed []byte
}

func insertFinding(ctx context.Context, q db.Q, id contract.CaseID, f findingRow) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_findings (case_id, no, stage, step, field, value, sealed, corrects, by_id, by_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id, f.No, f.Stage, f.Step, f.field, f.value, f.sealed, f.Corrects, f.By.ID, f.By.Name, micro(f.At))
	if err != nil {
		return fmt.Errorf("insert finding: %w", err)
	}
	return nil
}

// findingsOf lists what was found, in the order of the record.
func findingsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]findingRow, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT no, stage, step, field, value, sealed, corrects, by_id, by_name, at
		FROM casework_findings WHERE case_id = $1 ORDER BY no`, id)
	if err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	defer rows.Close()
	var list []findingRow
	for rows.Next() {
		var f findingRow
		if err := rows.Scan(&f.No, &f.Stage, &f.Step, &f.field, &f.value, &f.sealed, &f.Corrects, &f.By.ID, &f.By.Name, instant{&f.At}); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}
