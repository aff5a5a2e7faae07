package casework

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// partsOf lists the parts of a bundle's case; a bundle has a handful.
func partsOf(ctx context.Context, q db.Q, whole contract.CaseID) ([]Case, error) {
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE parent = $1 AND parent <> '' ORDER BY part LIMIT 100`, whole)
}
