package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/statute"
)

// Earlier is an earlier case of an applicant, as far as who handles the next one
// may know it: what was asked for and what came of it, nothing of what was said.
type Earlier struct {
	Case     contract.CaseID
	Number   string
	ItemName contract.Text
	Outcome  statute.Outcome // "" while open
	Stage    Stage
	Filed    time.Time
	Ended    time.Time
}

// maxEarlier bounds what one look shows.
const maxEarlier = 50

// Earlier lists the applicant's earlier cases at the same agency, the newest first.
// Each look is recorded as a read of the applicant's data.
func (s *Service) Earlier(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, []Earlier, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return c, nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.earlier", object(c, nil)); err != nil {
		return c, nil, err
	}
	list, err := earlierCases(ctx, s.c.DB, c, maxEarlier)
	if err != nil {
		return c, nil, err
	}
	return c, list, s.recordRead(ctx, actor, c, "", "earlier_cases")
}
