package counter

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Request is one request that a clerk made for whom they serve.
type Request struct {
	At      time.Time
	Clerk   contract.AccountID
	Subject string
	Method  string
	Path    string
}

// maxPath bounds what is kept of an address.
const maxPath = 300

// Trace keeps that a clerk asks for something in a session: operator, on whose
// behalf and under which session. It also tells that the session is used.
func (s *Service) Trace(ctx context.Context, actor auth.Principal, method, path string) error {
	if actor.For.Kind != auth.ForCounter {
		return nil
	}
	if len(path) > maxPath {
		path = path[:maxPath]
	}
	r := Request{At: s.now(), Clerk: contract.AccountID(actor.ID), Subject: actor.For.ID, Method: method, Path: path}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return putRequest(ctx, tx, s.c.NewID(), actor.For.Mandate, r)
	})
}

// sessionObject is a session as policies see it.
func (s *Service) sessionObject(ctx context.Context, x Session) (policy.Object, error) {
	h, err := hallByID(ctx, s.c.DB, x.Hall)
	if err != nil {
		return policy.Object{}, err
	}
	o := inHall(h)
	o.Type, o.ID = "CounterSession", x.ID
	o.Attrs["clerk"] = string(x.Clerk)
	return o, nil
}

// Deed is one thing that was done in a session.
type Deed struct {
	At     time.Time
	Kind   string // case, draft, subject, opened, ended, data, other
	Action string // of a case
	Case   contract.CaseID
	Number string
	Draft  contract.DraftID
	Item   contract.Text
	What   []string // data that was read
	Name   string   // of an event of another kind
}

// Summary is a session with what was done in it.
type Summary struct {
	Session
	At    Place
	Taken Ticket // that it began with; zero without
	Deeds []Deed // the oldest first
}

// maxDeeds bounds what one summary tells.
const maxDeeds = 300

// Summary tells what was done in a session: to the clerk who had it, and to who
// audits the hall.
func (s *Service) Summary(ctx context.Context, actor auth.Principal, id string) (Summary, error) {
	x, err := s.session(ctx, s.c.DB, id)
	if err != nil {
		return Summary{}, err
	}
	if err := s.mayWith(ctx, actor, ActionSummary, x); err != nil {
		return Summary{}, err
	}
	if string(x.Clerk) != actor.ID || x.OnDay != s.today() { // whoever has just served the person knows the name
		read := contract.PersonalDataRead{Subject: string(x.Person), What: []string{"name", "number"}, Purpose: readSupervision}
		if err := s.saw(ctx, actor, "counter_session:"+x.ID, read); err != nil {
			return Summary{}, err
		}
	}
	sum := Summary{Session: x}
	if sum.At.Hall, err = hallByID(ctx, s.c.DB, x.Hall); err != nil {
		return Summary{}, err
	}
	if sum.At.Window, err = windowByID(ctx, s.c.DB, x.Window); err != nil {
		return Summary{}, err
	}
	if x.Ticket != "" {
		if sum.Taken, err = ticketByID(ctx, s.c.DB, x.Ticket); err != nil {
			return Summary{}, err
		}
	}
	sum.Deeds, err = s.deeds(ctx, x.ID)
	return sum, err
}

func (s *Service) deeds(ctx context.Context, session string) ([]Deed, error) {
	events, err := s.c.Events.Under(ctx, session, event.Among{}, maxDeeds)
	if err != nil {
		return nil, err
	}
	names := map[contract.ItemID]contract.Text{}
	list := make([]Deed, 0, len(events))
	for i := len(events) - 1; i >= 0; i-- {
		d, item, err := deed(events[i])
		if err != nil {
			return nil, err
		}
		if item != "" {
			name, ok := names[item]
			if !ok {
				// A service that was taken off the list since has no name to tell.
				name, _ = s.c.Services.Name(ctx, item)
				names[item] = name
			}
			d.Item = name
		}
		list = append(list, d)
	}
	return list, nil
}

// deed reads one event as what was done.
func deed(e event.Recorded) (d Deed, item contract.ItemID, err error) {
	d = Deed{At: e.At, Kind: "other", Name: e.Name}
	switch e.Name {
	case contract.CaseMoved{}.EventName():
		var x contract.CaseMoved
		err = json.Unmarshal(e.Body, &x)
		d.Kind, d.Action, d.Case, d.Number, item = "case", x.Action, x.Case, x.Number, x.Item
	case contract.DraftChanged{}.EventName():
		var x contract.DraftChanged
		err = json.Unmarshal(e.Body, &x)
		d.Kind, d.Draft, d.What, item = "draft", x.Draft, x.What, x.Item
	case contract.PersonalDataRead{}.EventName():
		var x contract.PersonalDataRead
		err = json.Unmarshal(e.Body, &x)
		d.Kind, d.What, d.Case, d.Draft = "data", x.What, x.Case, x.Draft
	case SubjectChosen{}.EventName():
		d.Kind = "subject"
	case SessionOpened{}.EventName():
		d.Kind = "opened"
	case SessionEnded{}.EventName():
		d.Kind = "ended"
	}
	if err != nil {
		return d, "", fmt.Errorf("read event %s: %w", e.ID, err)
	}
	return d, item, nil
}

// Requests lists every request of a session, for who audits.
func (s *Service) Requests(ctx context.Context, actor auth.Principal, session string) ([]Request, error) {
	x, err := s.session(ctx, s.c.DB, session)
	if err != nil {
		return nil, err
	}
	if err := s.mayWith(ctx, actor, ActionAudit, x); err != nil {
		return nil, err
	}
	return requestsOf(ctx, s.c.DB, session)
}

// Sessions lists those of a hall on a day, the newest first: a clerk sees the own.
func (s *Service) Sessions(ctx context.Context, actor auth.Principal, hall string, limit int) ([]Session, error) {
	h, err := hallByID(ctx, s.c.DB, hall)
	if err != nil {
		return nil, err
	}
	clerk := contract.AccountID(actor.ID)
	if s.c.Policy.Check(actor, ActionAudit, inHall(h)) == nil {
		clerk = ""
	} else if err := s.c.Policy.Check(actor, ActionWork, inHall(h)); err != nil {
		return nil, err
	}
	return s.sessionsIn(ctx, s.c.DB, hall, s.today(), clerk, limit)
}
