package licence

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
)

// PriorFace is the face of the licence that a decision changes, renews or ends,
// by line, for the face of the next version. It asks for the holder, so that
// nobody's case reads another's licence; the decision itself is the record.
func (s *Service) PriorFace(ctx context.Context, id contract.LicenceID, holder string) (map[string]string, error) {
	l, err := s.open(byID(ctx, s.DB, id))
	if err != nil {
		return nil, err
	}
	if l.Holder.ID != holder {
		return nil, ErrNotFound
	}
	return asHeld(l).Face, nil
}
