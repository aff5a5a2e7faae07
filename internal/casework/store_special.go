package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

func insertSpecial(ctx context.Context, q db.Q, id contract.CaseID, x Special) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_specials (case_id, id, kind, text_zh, text_en, reason, days, until, step,
			started_by, started_name, started_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, x.ID, string(x.Kind), x.Text.ZH, x.Text.EN, x.Reason, x.Days, x.Until, x.Step,
		x.Starter.ID, x.Starter.Name, micro(x.Started))
	if err != nil {
		return fmt.Errorf("insert special procedure: %w", err)
	}
	return nil
}

func endSpecial(ctx context.Context, q db.Q, id contract.CaseID, x Special) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_specials SET result = $1, ended_by = $2, ended_name = $3, ended_at = $4 WHERE case_id = $5 AND id = $6`,
		x.Result, x.Ender.ID, x.Ender.Name, micro(x.Ended), id, x.ID)
	if err != nil {
		return fmt.Errorf("end special procedure: %w", err)
	}
	return nil
}

// breakSpecials ends what goes on when the case ends.
func breakSpecials(ctx context.Context, q db.Q, id contract.CaseID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_specials SET ended_at = $1 WHERE case_id = $2 AND ended_at = 0`, micro(at), id)
	if err != nil {
		return fmt.Errorf("end special procedures: %w", err)
	}
	return nil
}

func specialsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Special, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id, kind, text_zh, text_en, reason, days, until, step, started_by, started_name, started_at,
			result, ended_by, ended_name, ended_at
		FROM casework_specials WHERE case_id = $1 ORDER BY step`, id)
	if err != nil {
		return nil, fmt.Errorf("list special procedures: %w", err)
	}
	defer rows.Close()
	var list []Special
	for rows.Next() {
		var x Special
		if err := rows.Scan(&x.ID, &x.Kind, &x.Text.ZH, &x.Text.EN, &x.Reason, &x.Days, &x.Until, &x.Step,
			&x.Starter.ID, &x.Starter.Name, instant{&x.Started}, &x.Result, &x.Ender.ID, &x.Ender.Name, instant{&x.Ended}); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}
