package identityweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// showVisit shows the code that a person can show at a window now.
func (e site) showVisit(w http.ResponseWriter, r *http.Request) error {
	c, err := e.s.Code(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, visitPage(e.k.View(r), c))
}

func (e site) newVisit(w http.ResponseWriter, r *http.Request) error {
	if _, err := e.s.NewCode(r.Context(), e.k.Actor(r)); err != nil {
		return err
	}
	return e.k.SeeOther(w, r, "/account/code")
}

type visitOut struct {
	Body struct {
		Code    string    `json:"code"`
		Expires time.Time `json:"expires"`
	}
}

func makeVisit(s *identity.Service) func(context.Context, auth.Principal, *struct{}) (*visitOut, error) {
	return func(ctx context.Context, actor auth.Principal, _ *struct{}) (*visitOut, error) {
		c, err := s.NewCode(ctx, actor)
		if err != nil {
			return nil, err
		}
		out := &visitOut{}
		out.Body.Code, out.Body.Expires = c.Code, c.Expires
		return out, nil
	}
}

// visitRefresh is in how many seconds a code is over.
func visitRefresh(v web.View, c identity.ShownCode) int {
	if c.Code == "" {
		return 0
	}
	return max(int(c.Expires.Sub(v.Now).Seconds())+1, 1)
}

// visitEvery is how often the page looks whether the code was used or is over.
const visitEvery = 5

func liveVisit(v web.View, c identity.ShownCode) templ.Attributes {
	if c.Code == "" {
		return nil
	}
	times := visitRefresh(v, c)/visitEvery + 2
	return templ.Attributes{"data-live": strconv.Itoa(visitEvery), "data-live-times": strconv.Itoa(times)}
}

// clockSeconds is a time of day to the second: sixty of them count.
func clockSeconds(t time.Time) string { return t.In(day.CST).Format("15:04:05") }
