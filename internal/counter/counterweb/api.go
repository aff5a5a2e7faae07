package counterweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

const tag = "counter"

// hallAPI registers what the public asks.
func hallAPI(a *api.API, s *counter.Service) {
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/halls", ID: "halls-list", Action: counter.ActionHalls,
		Tag: tag, Summary: "Halls where people come in person, with how many wait now",
	}, listHalls(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/halls/{id}", ID: "hall-get", Action: counter.ActionHalls,
		Tag: tag, Summary: "One hall with its windows",
	}, getHall(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/halls/{id}/screen", ID: "hall-screen", Action: counter.ActionHalls,
		Tag: tag, Summary: "The numbers that are called now, as the screen of the hall shows them",
	}, getScreen(s))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/halls/{id}/tickets", ID: "ticket-take", Action: counter.ActionTake,
		Tag: tag, Summary: "Take a queue ticket; whoever has one for the kind gets it again", Status: http.StatusCreated, MaxBytes: formBytes,
	}, takeTicket(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/tickets/{id}", ID: "ticket-get", Action: counter.ActionHalls,
		Tag: tag, Summary: "How a ticket stands: who go first, and about how long it takes",
	}, getTicket(s))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/tickets/{id}/cancel", ID: "ticket-cancel", Action: counter.ActionTake,
		Tag: tag, Summary: "Give a ticket back", Status: http.StatusNoContent,
	}, cancelTicket(s))
}

type kindBody struct {
	Letter  string        `json:"letter"`
	Name    contract.Text `json:"name"`
	Waiting int           `json:"waiting"`
	Staffed int           `json:"staffed" doc:"Windows where somebody sits who calls it."`
}

type windowBody struct {
	ID      string        `json:"id"`
	Number  string        `json:"number" doc:"On the sign."`
	Name    contract.Text `json:"name"`
	Purpose string        `json:"purpose" enum:"general,issue,stuck"`
	Kinds   []string      `json:"kinds"`
	Open    bool          `json:"open"`
	Staffed bool          `json:"staffed"`
}

type hallBody struct {
	ID       string            `json:"id"`
	Agency   contract.AgencyID `json:"agency"`
	Division string            `json:"division"`
	Name     contract.Text     `json:"name"`
	Address  contract.Text     `json:"address"`
	Hours    contract.Text     `json:"hours"`
	Phone    string            `json:"phone,omitempty"`
	Notice   contract.Text     `json:"notice"`
	Open     bool              `json:"open" doc:"Gives out tickets."`
	Demo     bool              `json:"demo,omitempty"`
	Waiting  int               `json:"waiting"`
	Kinds    []kindBody        `json:"kinds"`
	Windows  []windowBody      `json:"windows"`
}

func hallOf(h counter.HallNow) hallBody {
	b := hallBody{
		ID: h.ID, Agency: h.Agency, Division: h.Division, Name: h.Name, Address: h.Address, Hours: h.Hours, Phone: h.Phone, Notice: h.Notice,
		Open: h.Open, Demo: h.Demo, Waiting: h.Total, Kinds: []kindBody{}, Windows: []windowBody{},
	}
	for _, k := range h.Kinds {
		b.Kinds = append(b.Kinds, kindBody{k.Letter, k.Name, h.Waiting[k.Letter], h.Staffed(k.Letter)})
	}
	for _, w := range h.Windows {
		b.Windows = append(b.Windows, windowBody{w.ID, w.Number, w.Name, w.Purpose, w.Kinds, w.Open, w.Clerk != ""})
	}
	return b
}

type hallsOut struct {
	Body struct {
		Halls []hallBody `json:"halls"`
	}
}

func listHalls(s *counter.Service) func(context.Context, auth.Principal, *struct{}) (*hallsOut, error) {
	return func(ctx context.Context, _ auth.Principal, _ *struct{}) (*hallsOut, error) {
		halls, err := s.Halls(ctx)
		if err != nil {
			return nil, err
		}
		out := &hallsOut{}
		out.Body.Halls = []hallBody{}
		for _, h := range halls {
			out.Body.Halls = append(out.Body.Halls, hallOf(h))
		}
		return out, nil
	}
}

type byID struct {
	ID string `path:"id" maxLength:"64"`
}

type hallOut struct{ Body hallBody }

func getHall(s *counter.Service) func(context.Context, auth.Principal, *byID) (*hallOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *byID) (*hallOut, error) {
		h, err := s.Hall(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &hallOut{hallOf(h)}, nil
	}
}

type callBody struct {
	Number string    `json:"number"`
	Window string    `json:"window"`
	State  string    `json:"state" enum:"called,serving"`
	Calls  int       `json:"calls"`
	At     time.Time `json:"at"`
}

type screenOut struct {
	Body struct {
		Hall  hallBody   `json:"hall"`
		Calls []callBody `json:"calls" doc:"The newest first."`
	}
}

func getScreen(s *counter.Service) func(context.Context, auth.Principal, *byID) (*screenOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *byID) (*screenOut, error) {
		x, err := s.Screen(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := &screenOut{}
		out.Body.Hall, out.Body.Calls = hallOf(x.HallNow), []callBody{}
		for _, t := range x.Calls {
			out.Body.Calls = append(out.Body.Calls, callBody{t.Number(), t.WindowNo, string(t.State), t.Calls, t.CalledAt})
		}
		return out, nil
	}
}

// origin is where a request comes from.
type origin struct{ ip string }

// Resolve is called by huma before the handler.
func (o *origin) Resolve(hc huma.Context) []error {
	o.ip = web.Host(hc.RemoteAddr())
	return nil
}

type takeIn struct {
	origin
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Kind     string `json:"kind,omitempty" maxLength:"1" doc:"Letter of the kind of business; absent is: I do not know."`
		Priority string `json:"priority,omitempty" maxLength:"20"`
		Number   string `json:"number,omitempty" maxLength:"24" doc:"Identity number, if given."`
		Code     string `json:"code,omitempty" maxLength:"12" doc:"Code of the own account, if shown."`
		Once     string `json:"once,omitempty" maxLength:"64" doc:"Names this wish: sent twice it takes one ticket."`
	}
}

// TicketBody lets it stand in another body with its fields: what is embedded under a name
// that is not exported is left out of the document.
type TicketBody = ticketBody

type ticketBody struct {
	ID       string    `json:"id"`
	Number   string    `json:"number"`
	Hall     string    `json:"hall"`
	Kind     string    `json:"kind"`
	Unsure   bool      `json:"unsure,omitempty"`
	Priority string    `json:"priority,omitempty"`
	State    string    `json:"state" enum:"waiting,called,serving,served,missed,cancelled"`
	Window   string    `json:"window,omitempty"`
	Calls    int       `json:"calls"`
	Taken    time.Time `json:"taken"`
}

func ticketOf(t counter.Ticket) ticketBody {
	return ticketBody{
		ID: t.ID, Number: t.Number(), Hall: t.Hall, Kind: t.Kind, Unsure: t.Unsure, Priority: t.Priority, State: string(t.State),
		Window: t.WindowNo, Calls: t.Calls, Taken: t.Taken,
	}
}

func ticketsOf(list []counter.Ticket) []ticketBody {
	out := []ticketBody{}
	for _, t := range list {
		out = append(out, ticketOf(t))
	}
	return out
}

type ticketOut struct{ Body ticketBody }

func takeTicket(s *counter.Service) func(context.Context, auth.Principal, *takeIn) (*ticketOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *takeIn) (*ticketOut, error) {
		b := in.Body
		t, err := s.Take(ctx, actor, in.ID, counter.Take{
			Kind: b.Kind, Priority: b.Priority, Number: b.Number, Code: b.Code, Once: b.Once, IP: in.ip,
		})
		if err != nil {
			return nil, err
		}
		return &ticketOut{ticketOf(t)}, nil
	}
}

type queueOut struct {
	Body struct {
		TicketBody
		Before  int `json:"before" doc:"Who go first."`
		Windows int `json:"windows" doc:"Where somebody sits who calls its kind."`
		From    int `json:"from_minutes,omitempty" doc:"By today's times of service; absent where too little is known."`
		To      int `json:"to_minutes,omitempty"`
	}
}

func getTicket(s *counter.Service) func(context.Context, auth.Principal, *byID) (*queueOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *byID) (*queueOut, error) {
		q, err := s.TicketNow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := &queueOut{}
		out.Body.TicketBody = ticketOf(q.Ticket)
		out.Body.Before, out.Body.Windows, out.Body.From, out.Body.To = q.Before, q.Windows, q.From, q.To
		return out, nil
	}
}

func cancelTicket(s *counter.Service) func(context.Context, auth.Principal, *byID) (*struct{}, error) {
	return func(ctx context.Context, actor auth.Principal, in *byID) (*struct{}, error) {
		return nil, s.Cancel(ctx, actor, in.ID)
	}
}
