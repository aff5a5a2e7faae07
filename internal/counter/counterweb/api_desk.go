package counterweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/mask"
)

// readBytes bounds what a card reader sends: the picture of the chip and the rest.
const readBytes = 128 << 10

// deskAPI registers the operations of a window and of its card reader.
func deskAPI(a *api.API, s *counter.Service) {
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/reads", ID: "counter-read", Action: counter.ActionDevice, Tag: tag,
		Summary: "A card reader tells what it read: good for two minutes, once, at its window; the same nonce is not taken twice",
		Status:  http.StatusCreated, MaxBytes: readBytes,
	}, tellRead(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/counter/reads/latest", ID: "counter-read-latest", Action: counter.ActionServe,
		Tag: tag, Summary: "The latest read at the window that can be used",
	}, latestRead(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/counter", ID: "counter-get", Action: counter.ActionWork,
		Tag: tag, Summary: "The window of the clerk: who waits, who is called, who is served",
	}, getCounter(s))
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/counter/window", ID: "counter-sit", Action: counter.ActionWork,
		Tag: tag, Summary: "Sit at a window", Status: http.StatusNoContent,
	}, sitAt(s))
	api.Register(a, api.Op{
		Method: http.MethodDelete, Path: "/counter/window", ID: "counter-leave", Action: counter.ActionWork,
		Tag: tag, Summary: "Leave the window", Status: http.StatusNoContent,
	}, plain(s.Leave))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/ticket/next", ID: "counter-next", Action: counter.ActionWork,
		Tag: tag, Summary: "Call the next ticket",
	}, func(ctx context.Context, p auth.Principal, _ *struct{}) (*ticketOut, error) {
		t, err := s.CallNext(ctx, p)
		if err != nil {
			return nil, err
		}
		return &ticketOut{ticketOf(t)}, nil
	})
	for _, x := range []struct {
		path, summary string
		do            func(context.Context, auth.Principal) error
	}{
		{"again", "Call the ticket at the window again", s.CallAgain},
		{"miss", "Nobody came", s.Miss},
		{"begin", "Whoever has the ticket came", s.Begin},
		{"finish", "What needed no session is done", s.Finish},
	} {
		api.Register(a, api.Op{
			Method: http.MethodPost, Path: "/counter/ticket/" + x.path, ID: "counter-" + x.path, Action: counter.ActionWork,
			Tag: tag, Summary: x.summary, Status: http.StatusNoContent,
		}, plain(x.do))
	}
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/ticket/move", ID: "counter-move", Action: counter.ActionWork,
		Tag: tag, Summary: "Let the ticket wait for another kind of business", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *moveIn) (*struct{}, error) {
		return nil, s.Move(ctx, p, in.Body.Kind)
	})
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/tickets/{id}/back", ID: "counter-back", Action: counter.ActionWork,
		Tag: tag, Summary: "Put a ticket that was missed back into the queue", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *byID) (*struct{}, error) {
		return nil, s.Back(ctx, p, in.ID)
	})
	sessionAPI(a, s)
}

func sessionAPI(a *api.API, s *counter.Service) {
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/sessions", ID: "counter-session-open", Action: counter.ActionServe, Tag: tag,
		Summary: "Identify who stands at the window and begin to serve them: every request is then made for that person",
		Status:  http.StatusCreated, MaxBytes: formBytes,
	}, openSession(s))
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/counter/session/subject", ID: "counter-session-subject", Action: counter.ActionServe,
		Tag: tag, Summary: "For whom the person at the window applies: themselves, or whom they have a right to act for", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *subjectIn) (*struct{}, error) {
		return nil, s.Choose(ctx, p, in.Body.Subject)
	})
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/sessions/{id}/end", ID: "counter-session-end", Action: counter.ActionServe,
		Tag: tag, Summary: "End the session", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *byID) (*struct{}, error) {
		return nil, s.End(ctx, p, in.ID)
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/counter/sessions/{id}", ID: "counter-session-get", Action: counter.ActionSummary,
		Tag: tag, Summary: "What was done in a session",
	}, getSession(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/counter/sessions/{id}/requests", ID: "counter-session-requests", Action: counter.ActionAudit,
		Tag: tag, Summary: "Every request of a session: by whom, for whom",
	}, getRequests(s))
}

// plain is an operation without input and output.
func plain(do func(context.Context, auth.Principal) error) func(context.Context, auth.Principal, *struct{}) (*struct{}, error) {
	return func(ctx context.Context, p auth.Principal, _ *struct{}) (*struct{}, error) { return nil, do(ctx, p) }
}

type moveIn struct {
	Body struct {
		Kind string `json:"kind" maxLength:"1"`
	}
}

type subjectIn struct {
	Body struct {
		Subject string `json:"subject,omitempty" maxLength:"64" doc:"Absent is the person."`
	}
}

type tellIn struct {
	Body struct {
		Nonce string    `json:"nonce" minLength:"16" maxLength:"64" doc:"New for each read."`
		At    time.Time `json:"at" doc:"Clock of the reader; may be wrong by two minutes."`
		Card  struct {
			Name    string `json:"name" maxLength:"60"`
			Sex     string `json:"sex,omitempty" maxLength:"10"`
			Nation  string `json:"nation,omitempty" maxLength:"20"`
			Birth   string `json:"birth,omitempty" maxLength:"10"`
			Address string `json:"address,omitempty" maxLength:"200"`
			Number  string `json:"number" maxLength:"18"`
			Issuer  string `json:"issuer,omitempty" maxLength:"100"`
			From    string `json:"valid_from,omitempty" maxLength:"10" doc:"2016-05-21"`
			To      string `json:"valid_to,omitempty" maxLength:"10" doc:"2036-05-21, or 长期."`
			Photo   string `json:"photo,omitempty" maxLength:"82000" doc:"JPEG, base64; at most 60 kB."`
		} `json:"card"`
	}
}

type tellOut struct {
	Body struct {
		ID      string    `json:"id"`
		Expires time.Time `json:"expires"`
	}
}

func tellRead(s *counter.Service) func(context.Context, auth.Principal, *tellIn) (*tellOut, error) {
	return func(ctx context.Context, reader auth.Principal, in *tellIn) (*tellOut, error) {
		read, err := s.Tell(ctx, reader, counter.Reading{Card: counter.Card(in.Body.Card), Nonce: in.Body.Nonce, At: in.Body.At})
		if err != nil {
			return nil, err
		}
		out := &tellOut{}
		out.Body.ID, out.Body.Expires = read.ID, read.Expires
		return out, nil
	}
}

// readBody says of a read what the page shows: never the whole number.
type readBody struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Number  string    `json:"number" doc:"Masked."`
	ValidTo string    `json:"valid_to,omitempty"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
}

type readOut struct{ Body readBody }

func latestRead(s *counter.Service) func(context.Context, auth.Principal, *struct{}) (*readOut, error) {
	return func(ctx context.Context, actor auth.Principal, _ *struct{}) (*readOut, error) {
		r, err := s.Latest(ctx, actor)
		if err != nil {
			return nil, err
		}
		return &readOut{readBody{r.ID, r.Card.Name, mask.Number(r.Card.Number), r.Card.To, r.At, r.Expires}}, nil
	}
}

// SessionBody lets it stand in another body with its fields: what is embedded under a name
// that is not exported is left out of the document.
type SessionBody = sessionBody

type sessionBody struct {
	ID      string             `json:"id"`
	Hall    string             `json:"hall"`
	Window  string             `json:"window"`
	Person  contract.AccountID `json:"person"`
	Name    string             `json:"name"`
	Number  string             `json:"number" doc:"Masked."`
	How     string             `json:"how" enum:"card,seen,code"`
	Level   int                `json:"level"`
	Subject string             `json:"subject"`
	Opened  time.Time          `json:"opened"`
	Ended   *time.Time         `json:"ended,omitempty"`
	Reason  string             `json:"reason,omitempty"`
	Parties []contract.Party   `json:"parties,omitempty" doc:"For whom the person may apply."`
}

func sessionOf(x counter.Session) sessionBody {
	b := sessionBody{
		ID: x.ID, Hall: x.Hall, Window: x.Window, Person: x.Person, Name: x.Name, Number: x.Number, How: x.How, Level: x.Level,
		Subject: x.Subject, Opened: x.Opened, Reason: x.Reason,
	}
	if !x.Ended.IsZero() {
		b.Ended = &x.Ended
	}
	return b
}

type counterOut struct {
	Body struct {
		Hall    string       `json:"hall"`
		Window  string       `json:"window"`
		Number  string       `json:"number"`
		Ticket  *ticketBody  `json:"ticket,omitempty"`
		Waiting []ticketBody `json:"waiting"`
		Missed  []ticketBody `json:"missed"`
		Session *sessionBody `json:"session,omitempty"`
	}
}

func getCounter(s *counter.Service) func(context.Context, auth.Principal, *struct{}) (*counterOut, error) {
	return func(ctx context.Context, actor auth.Principal, _ *struct{}) (*counterOut, error) {
		place, err := s.Place(ctx, actor)
		if err != nil {
			return nil, err
		}
		out := &counterOut{}
		out.Body.Hall, out.Body.Window, out.Body.Number = place.Hall.ID, place.Window.ID, place.Window.Number
		waiting, missed, err := s.Today(ctx, actor)
		if err != nil {
			return nil, err
		}
		out.Body.Waiting, out.Body.Missed = ticketsOf(waiting), ticketsOf(missed)
		switch t, err := s.Current(ctx, actor); {
		case err == nil:
			b := ticketOf(t)
			out.Body.Ticket = &b
		case !errors.Is(err, counter.ErrNoTicket):
			return nil, err
		}
		switch x, err := s.Session(ctx, actor); {
		case err == nil:
			b := sessionOf(x)
			if b.Parties, err = s.Parties(ctx, actor); err != nil {
				return nil, err
			}
			out.Body.Session = &b
		case !errors.Is(err, counter.ErrNoSession):
			return nil, err
		}
		return out, nil
	}
}

type sitIn struct {
	Body struct {
		Window   string `json:"window" maxLength:"64"`
		TakeOver bool   `json:"take_over,omitempty" doc:"From whoever sits there."`
	}
}

func sitAt(s *counter.Service) func(context.Context, auth.Principal, *sitIn) (*struct{}, error) {
	return func(ctx context.Context, actor auth.Principal, in *sitIn) (*struct{}, error) {
		return nil, s.Sit(ctx, actor, in.Body.Window, in.Body.TakeOver)
	}
}

type openIn struct {
	Body struct {
		How     string `json:"how" enum:"card,seen,code"`
		Number  string `json:"number,omitempty" maxLength:"24" doc:"seen: from the card that was shown"`
		Name    string `json:"name,omitempty" maxLength:"50" doc:"seen"`
		Read    string `json:"read,omitempty" maxLength:"64" doc:"card: what the reader read"`
		Code    string `json:"code,omitempty" maxLength:"12" doc:"code: that the person shows"`
		Matched bool   `json:"matched,omitempty" doc:"The clerk compared the person with the photo."`
	}
}

type sessionOut struct{ Body sessionBody }

func openSession(s *counter.Service) func(context.Context, auth.Principal, *openIn) (*sessionOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *openIn) (*sessionOut, error) {
		x, err := s.Open(ctx, actor, counter.Identify(in.Body))
		if err != nil {
			return nil, err
		}
		return &sessionOut{sessionOf(x)}, nil
	}
}

type deedBody struct {
	At     time.Time        `json:"at"`
	Kind   string           `json:"kind"`
	Action string           `json:"action,omitempty"`
	Case   contract.CaseID  `json:"case,omitempty"`
	Number string           `json:"number,omitempty"`
	Draft  contract.DraftID `json:"draft,omitempty"`
	Item   contract.Text    `json:"item,omitzero"`
	What   []string         `json:"what,omitempty"`
}

type summaryOut struct {
	Body struct {
		SessionBody
		Deeds []deedBody `json:"deeds"`
	}
}

func getSession(s *counter.Service) func(context.Context, auth.Principal, *byID) (*summaryOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *byID) (*summaryOut, error) {
		sum, err := s.Summary(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		out := &summaryOut{}
		out.Body.SessionBody, out.Body.Deeds = sessionOf(sum.Session), []deedBody{}
		for _, d := range sum.Deeds {
			out.Body.Deeds = append(out.Body.Deeds, deedBody{d.At, d.Kind, d.Action, d.Case, d.Number, d.Draft, d.Item, d.What})
		}
		return out, nil
	}
}

type requestBody struct {
	At      time.Time          `json:"at"`
	Clerk   contract.AccountID `json:"operator"`
	Subject string             `json:"on_behalf_of"`
	Session string             `json:"authorisation"`
	Method  string             `json:"method"`
	Path    string             `json:"path"`
}

type requestsOut struct {
	Body struct {
		Requests []requestBody `json:"requests"`
	}
}

func getRequests(s *counter.Service) func(context.Context, auth.Principal, *byID) (*requestsOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *byID) (*requestsOut, error) {
		list, err := s.Requests(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		out := &requestsOut{}
		out.Body.Requests = []requestBody{}
		for _, r := range list {
			out.Body.Requests = append(out.Body.Requests, requestBody{r.At, r.Clerk, r.Subject, in.ID, r.Method, r.Path})
		}
		return out, nil
	}
}
