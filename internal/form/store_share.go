package form

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertShare notes how much a submission was not asked: a row for each, so that
// a burst of them does not wait for one row.
func insertShare(ctx context.Context, q db.Q, draft contract.DraftID, item contract.ItemID, b Burden) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_shares (draft_id, item, fields, fields_held, materials, materials_held)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		string(draft), string(item), b.Fields, b.Fields-b.Asked, b.Materials, b.Materials-b.MaterialsAsked)
	if err != nil {
		return fmt.Errorf("insert share: %w", err)
	}
	return nil
}

func selectShare(ctx context.Context, q db.Q, item contract.ItemID) (Share, error) {
	var x Share
	err := q.QueryRowContext(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(fields), 0) AS BIGINT), CAST(COALESCE(SUM(fields_held), 0) AS BIGINT),
		CAST(COALESCE(SUM(materials), 0) AS BIGINT), CAST(COALESCE(SUM(materials_held), 0) AS BIGINT)
		FROM form_shares WHERE item = $1`, string(item)).Scan(&x.Submissions, &x.Fields, &x.NotAsked, &x.Materials, &x.MaterialsNotAsked)
	if err != nil {
		return x, fmt.Errorf("share of service: %w", err)
	}
	return x, nil
}
