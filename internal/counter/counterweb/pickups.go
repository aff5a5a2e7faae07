package counterweb

import (
	"context"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/web"
)

// pickups shows at the desk what the person who is served can take along.
func (e site) pickups(_ context.Context, _ web.View, _ counter.Session) (templ.Component, error) {
	return templ.NopComponent, nil
}
