// Package counterweb has the pages of the integrated counter: halls and their
// queues for the public, the desk of a window, and the setting up of halls,
// windows and card readers.
package counterweb

import (
	"embed"
	"errors"
	"net/http"
	"slices"

	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// formBytes bounds a form of this area.
const formBytes = 32 << 10

// site is what the handlers share.
type site struct {
	k *web.Kit
	s *counter.Service
	m Matters
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *counter.Service, m Matters) {
	e := site{k, s, m}
	e.hallRoutes()
	e.deskRoutes()
	e.manageRoutes()
	e.backRoutes()
}

// API registers the operations of this area.
func API(a *api.API, s *counter.Service, m Matters) {
	hallAPI(a, s)
	intakeAPI(a, s, m)
	deskAPI(a, s)
	manageAPI(a, s)
	backAPI(a, s)
}

// here lets a fault be told on the page on which it happened, beside a field or for
// the whole page: a wrong code, or a ticket that is gone already, is nothing that the
// page of a missing page or of a missing right would help with; nor is that there
// were too many tries.
func here(err error, field string, these ...*fault.Error) error {
	e, ok := errors.AsType[*fault.Error](err)
	told := func(x *fault.Error) bool { return errors.Is(e, x) }
	if !ok || e.Kind != fault.TooMany && !slices.ContainsFunc(these, told) {
		return err
	}
	if field == "" {
		return fault.New(fault.Conflict, e.Code).With(e.Args...)
	}
	var f fault.Form
	f.Add(field, e.Code, e.Args...)
	return f.Err()
}

// noStore keeps what a page shows out of every cache.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }
