package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// addDuration counts one decision.
func addDuration(ctx context.Context, q db.Q, item contract.ItemID, decided day.Date, days int) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_durations (item, decided, days, n) VALUES ($1, $2, $3, 1)
		ON CONFLICT (item, decided, days) DO UPDATE SET n = casework_durations.n + 1`, item, decided, days)
	if err != nil {
		return fmt.Errorf("count duration: %w", err)
	}
	return nil
}

// duration is how many decisions took so many working days.
type duration struct{ days, n int }

// durationsSince lists them from the shortest.
func durationsSince(ctx context.Context, q db.Q, item contract.ItemID, since day.Date) ([]duration, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT days, CAST(SUM(n) AS BIGINT) FROM casework_durations WHERE item = $1 AND decided >= $2
		GROUP BY days ORDER BY days`, item, since)
	if err != nil {
		return nil, fmt.Errorf("list durations: %w", err)
	}
	defer rows.Close()
	var list []duration
	for rows.Next() {
		var d duration
		if err := rows.Scan(&d.days, &d.n); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}
