package identity

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// Officials lists who holds a post in an agency today and may sign in, by name.
func (s *Service) Officials(ctx context.Context, agency contract.AgencyID) ([]contract.Official, error) {
	return officialsOf(ctx, s.c.DB, agency, s.today())
}

// officialsOf takes of each account the post that counts today: the first one.
func officialsOf(ctx context.Context, q db.Q, agency contract.AgencyID, on day.Date) ([]contract.Official, error) {
	rows, err := q.QueryContext(ctx, `SELECT a.id, a.name, p.agency, p.division, p.roles
		FROM identity_accounts a
		JOIN identity_posts p ON p.id = (
			SELECT x.id FROM identity_posts x
			WHERE x.account = a.id AND x.valid_from <= $1 AND (x.valid_to = '' OR x.valid_to >= $1)
			ORDER BY x.id LIMIT 1)
		WHERE a.kind = 'staff' AND a.state = 'open' AND p.agency = $2
		ORDER BY a.name, a.id LIMIT 500`, on, string(agency))
	if err != nil {
		return nil, fmt.Errorf("list officials: %w", err)
	}
	defer rows.Close()
	var list []contract.Official
	for rows.Next() {
		var (
			o     contract.Official
			roles string
		)
		err := rows.Scan(&o.ID, &o.Name, &o.Agency, &o.Division, &roles)
		if err == nil {
			err = json.Unmarshal([]byte(roles), &o.Roles)
		}
		if err != nil {
			return nil, fmt.Errorf("list officials: %w", err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}
