package counterweb

import (
	"context"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/web"
)

// PickupPanel is what of a case lies ready for its applicant, for the page of the
// case.
func PickupPanel(s *counter.Service) func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
	return func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
		list, err := s.Pickups(ctx, v.Actor, id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return pickupPanel(v, list), nil
	}
}

// ShelfPanel is the same for the staff of the hall.
func ShelfPanel(s *counter.Service) func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
	return func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
		list, err := s.Pickups(ctx, v.Actor, id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return shelfPanel(v, list), nil
	}
}
