package licence

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
)

// PriorFace is the face of the licence that a decision changes, renews or ends,
// by line and with its days, for the face of the next version. It asks for the
// holder, so that nobody's case reads another's licence; the decision itself is
// the record.
func (s *Service) PriorFace(ctx context.Context, id contract.LicenceID, holder string) (map[string]string, error) {
	l, err := s.open(byID(ctx, s.DB, id))
	if err != nil {
		return nil, err
	}
	if l.Holder.ID != holder {
		return nil, ErrNotFound
	}
	return asHeld(l).Lines(), nil
}

// Named is a licence of a holder as an answer of theirs names it, in force or not;
// nothing is told of the licence of anybody else.
func (s *Service) Named(ctx context.Context, id contract.LicenceID, holder string) (contract.HeldLicence, error) {
	l, err := s.open(byID(ctx, s.DB, id))
	if err != nil {
		return contract.HeldLicence{}, err
	}
	if l.Holder.ID != holder {
		return contract.HeldLicence{}, ErrNotFound
	}
	return contract.HeldLicence{ID: l.ID, Name: asHeld(l).Name, Number: l.Number}, nil
}
