package casework

import (
	"context"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
)

// Intakes lists what the windows of a hall took in on a day, the latest first, to the
// clerks of that hall. Parts stand with their bundle, as in every list.
func (s *Service) Intakes(ctx context.Context, actor auth.Principal, hall string, on day.Date, after string, limit int) (Page, error) {
	var p Page
	cur, err := readCursor(after)
	if err != nil {
		return p, err
	}
	if limit < 1 || limit > 100 {
		limit = 20
	}
	actor = atDesk(actor)
	if !actor.Is(auth.RoleCounter) {
		return p, nil
	}
	w := s.rule(actor, "")
	w.and("taken_by = ? AND (hall = ? OR hall = '')", actor.Agency, hall)
	w.and("filed_at >= ? AND filed_at < ?", on.Time().UnixMicro(), on.Add(1).Time().UnixMicro())
	w.and("parent = ''")
	if p.Total, err = countCases(ctx, s.c.DB, w); err != nil {
		return p, err
	}
	if p.Cases, err = listRecent(ctx, s.c.DB, w, cur, limit+1); err != nil {
		return p, err
	}
	if len(p.Cases) > limit {
		p.Cases = p.Cases[:limit]
		last := p.Cases[limit-1]
		p.Next = cursor{Filed: micro(last.Filed), ID: last.ID}.String()
	}
	return p, nil
}
