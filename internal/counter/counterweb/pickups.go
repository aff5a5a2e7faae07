package counterweb

import (
	"context"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/web"
)

// pickups shows at the desk what lies on the shelf for the person who is served:
// results of the cases that the desk lists.
func (e site) pickups(ctx context.Context, v web.View, cases []Case) (templ.Component, error) {
	var lying []counter.Parcel
	for _, c := range cases {
		list, err := e.s.Pickups(ctx, v.Actor, c.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.State == counter.ParcelShelved {
				lying = append(lying, p)
			}
		}
	}
	if len(lying) == 0 {
		return templ.NopComponent, nil
	}
	return shelfPanel(v, lying), nil
}
