package counterweb

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// Intake is an application that a hall took in.
type Intake struct {
	ID     contract.CaseID
	Number string
	Person string // masked; companies are public
	Name   contract.Text
	Window string // number
	Clerk  string
	State  contract.Text
	At     time.Time
	Ended  bool
}

// Intakes is a page of them.
type Intakes struct {
	List  []Intake
	Total int    // of the day
	Next  string // "" on the last page
}

// intakes fills in what the hall took in today.
func (e site) intakes(r *http.Request, actor auth.Principal, d *deskData) (err error) {
	d.After = r.URL.Query().Get("after")
	d.Intakes, err = e.m.Intakes(r.Context(), actor, d.Place.Hall.ID, d.Place.Window.OnDay, d.After)
	return err
}

// pager leads through the intakes; the first page is one step back from every other.
func (d deskData) pager(v web.View) web.PagerArgs {
	a := web.PagerArgs{Text: v.T("counter.intakes.shown", "shown", len(d.Intakes.List), "n", d.Intakes.Total)}
	if d.After != "" {
		a.Prev = "/staff/counter#intakes"
	}
	if d.Intakes.Next != "" {
		a.Next = "/staff/counter?" + url.Values{"after": {d.Intakes.Next}}.Encode() + "#intakes"
	}
	return a
}

func intakeAPI(a *api.API, s *counter.Service, m Matters) {
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/counter/intakes", ID: "counter-intakes", Action: counter.ActionWork,
		Tag: tag, Summary: "What the windows of the clerk's hall took in on a day, the latest first; people are masked",
	}, listIntakes(s, m))
}

type intakesIn struct {
	Day   string `query:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Absent is today."`
	After string `query:"after" maxLength:"300" doc:"next of the page before."`
}

type intakeBody struct {
	Case    contract.CaseID `json:"case"`
	Number  string          `json:"number"`
	Person  string          `json:"person"`
	Service contract.Text   `json:"service"`
	Window  string          `json:"window"`
	Clerk   string          `json:"clerk"`
	State   contract.Text   `json:"state"`
	Ended   bool            `json:"ended"`
	At      time.Time       `json:"at"`
	Receipt string          `json:"receipt" doc:"Where the signed receipt is."`
}

type intakesOut struct {
	Body struct {
		Total   int          `json:"total"`
		Intakes []intakeBody `json:"intakes"`
		Next    string       `json:"next,omitempty"`
	}
}

func listIntakes(s *counter.Service, m Matters) func(context.Context, auth.Principal, *intakesIn) (*intakesOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *intakesIn) (*intakesOut, error) {
		place, err := s.Place(ctx, actor)
		if err != nil {
			return nil, err
		}
		on := place.Window.OnDay
		if in.Day != "" {
			if on, err = day.Parse(in.Day); err != nil {
				return nil, counter.ErrDay
			}
		}
		page, err := m.Intakes(ctx, actor, place.Hall.ID, on, in.After)
		if err != nil {
			return nil, err
		}
		out := &intakesOut{}
		out.Body.Total, out.Body.Next, out.Body.Intakes = page.Total, page.Next, []intakeBody{}
		for _, x := range page.List {
			out.Body.Intakes = append(out.Body.Intakes, intakeBody{
				Case: x.ID, Number: x.Number, Person: x.Person, Service: x.Name, Window: x.Window, Clerk: x.Clerk, State: x.State,
				Ended: x.Ended, At: x.At, Receipt: "/api/v1/cases/" + string(x.ID) + "/receipt.pdf",
			})
		}
		return out, nil
	}
}
