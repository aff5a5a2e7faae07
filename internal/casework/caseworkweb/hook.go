package caseworkweb

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
)

// Panel is what another area shows on the page of a case: its site visits, where
// its papers lie. Nil is nothing. It checks itself what the person may see.
type Panel func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error)

// Panels are those of the page on which officials work a case, of the page of its
// applicant, and of the page of what waits for an official, in the order in which they
// stand.
type Panels struct {
	Staff    []Panel
	Resident []Panel
	Inbox    []InboxPanel
}

// InboxPanel is what another area shows on the page of what waits for an official. Nil
// is nothing.
type InboxPanel func(ctx context.Context, v web.View) (templ.Component, error)

// besides asks each panel what it has for a case. One that fails is told by the
// page like any error, not left out in silence.
func (p pages) besides(r *http.Request, list []Panel, id contract.CaseID) ([]templ.Component, error) {
	var out []templ.Component
	for _, ask := range list {
		c, err := ask(r.Context(), p.k.View(r), id)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	return out, nil
}
