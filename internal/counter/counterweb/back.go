package counterweb

import (
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
)

// backRoutes are the pages behind the window: hand-over, shelf, courier and what
// could not be got done.
func (e site) backRoutes() {}

// backAPI are their operations.
func backAPI(_ *api.API, _ *counter.Service) {}
