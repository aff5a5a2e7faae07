package app

import (
	"context"
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/counterweb"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/web"
)

// windows is the counter as identity asks it: identity is made before it.
type windows struct{ a *areas }

func (w windows) Serving(ctx context.Context, clerk contract.AccountID) (auth.Acting, bool, error) {
	return w.a.counter.Serving(ctx, clerk)
}

func (w windows) Left(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, login string) error {
	return w.a.counter.Left(ctx, tx, actor, clerk, login)
}

// watched finds who asks, and keeps each request that staff make for a person at
// their window.
type watched struct {
	sessions *auth.Sessions
	counter  *counter.Service
}

func (w watched) Find(r *http.Request) (auth.Principal, error) {
	p, err := w.sessions.Find(r)
	if err != nil || p.For.Kind != auth.ForCounter {
		return p, err
	}
	return p, w.counter.Trace(r.Context(), p, r.Method, r.URL.Path)
}

// serving is who is served at the window of a member of staff, for every page. A
// page is shown without it where it cannot be told.
func (w watched) serving(ctx context.Context, p auth.Principal) web.Serving {
	x, err := w.counter.Session(ctx, p)
	if err != nil {
		return web.Serving{}
	}
	place, err := w.counter.Place(ctx, p)
	if err != nil {
		return web.Serving{}
	}
	s := web.Serving{Name: x.Name, Number: x.Number, Window: place.Window.Number, Since: x.Opened}
	if p.For.ID != p.For.Person {
		s.Party = p.For.Name
	}
	return s
}

// matters are what a person has going on, as a window shows it to who serves them.
type matters struct {
	form  *form.Service
	cases *casework.Service
}

func (m matters) Drafts(ctx context.Context, actor auth.Principal) ([]counterweb.Draft, error) {
	open, err := m.form.OpenDrafts(ctx, actor)
	if err != nil {
		return nil, err
	}
	list := make([]counterweb.Draft, 0, len(open))
	for _, d := range open {
		list = append(list, counterweb.Draft{ID: d.ID, Name: d.Name, Done: d.Done, Total: d.Total})
	}
	return list, nil
}

// someCases is how many cases a window lists; the others stand under /cases.
const someCases = 10

func (m matters) OpenCases(ctx context.Context, actor auth.Principal) ([]counterweb.Case, error) {
	page, err := m.cases.Mine(ctx, actor, "", someCases)
	if err != nil {
		return nil, err
	}
	list := make([]counterweb.Case, 0, len(page.Cases))
	for _, c := range page.Cases {
		list = append(list, counterweb.Case{ID: c.ID, Number: c.Number, Name: c.ItemName, Ended: !c.Ended.IsZero()})
	}
	return list, nil
}

func (m matters) Intakes(ctx context.Context, actor auth.Principal, hall string, on day.Date, after string) (counterweb.Intakes, error) {
	page, err := m.cases.Intakes(ctx, actor, hall, on, after, 0)
	if err != nil {
		return counterweb.Intakes{}, err
	}
	list := counterweb.Intakes{Total: page.Total, Next: page.Next}
	for _, c := range page.Cases {
		list.List = append(list.List, counterweb.Intake{
			ID: c.ID, Number: c.Number, Person: casework.ListName(c.Applicant), Name: c.ItemName, Window: c.Counter.Window,
			Clerk: c.Counter.ClerkName, State: m.cases.StateName(c), At: c.Filed, Ended: !c.Ended.IsZero(),
		})
	}
	return list, nil
}
