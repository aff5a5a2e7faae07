package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// partsOf lists the parts of a bundle's case; a bundle has a handful.
func partsOf(ctx context.Context, q db.Q, whole contract.CaseID) ([]Case, error) {
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE parent = $1 AND parent <> '' ORDER BY part LIMIT 100`, whole)
}

// setStage says whose turn the bundle's case is; that is no step of it.
func setStage(ctx context.Context, q db.Q, whole contract.CaseID, stage Stage) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET stage = $1 WHERE id = $2`, stage, whole)
	if err != nil {
		return fmt.Errorf("set stage: %w", err)
	}
	return nil
}
