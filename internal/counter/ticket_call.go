package counter

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

func asFault(err error) (*fault.Error, bool) { return errors.AsType[*fault.Error](err) }

// CallNext calls the next ticket to the window of a clerk: of those that go first
// the oldest, then of the others. Two windows never get the same one.
func (s *Service) CallNext(ctx context.Context, actor auth.Principal) (Ticket, error) {
	p, err := s.works(ctx, actor, ActionWork)
	if err != nil {
		return Ticket{}, err
	}
	var t Ticket
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, queueOf(p.Hall.ID)); err != nil {
			return err
		}
		if err := closeOld(ctx, tx, p.Window.ID, s.today(), s.now()); err != nil {
			return err
		}
		now, err := ticketAt(ctx, tx, p.Window.ID)
		if err == nil {
			return ErrOccupied.With("number", now.Number())
		}
		if !errors.Is(err, ErrNoTicket) {
			return err
		}
		if t, err = nextTicket(ctx, tx, p.Hall.ID, s.today(), p.Window.Kinds); err != nil {
			return err
		}
		return s.call(ctx, tx, actor, p, &t)
	})
	return t, err
}

func (s *Service) call(ctx context.Context, tx db.Tx, actor auth.Principal, p Place, t *Ticket) error {
	what := "called"
	if t.State == StateCalled {
		what = "again"
	}
	t.State, t.Window, t.WindowNo, t.clerk = StateCalled, p.Window.ID, p.Window.Number, contract.AccountID(actor.ID)
	t.Calls, t.CalledAt = t.Calls+1, s.now()
	if err := updateTicket(ctx, tx, *t); err != nil {
		return err
	}
	return s.ticketChanged(ctx, tx, actor, *t, what)
}

// Current returns the ticket at the window of a clerk, or ErrNoTicket.
func (s *Service) Current(ctx context.Context, actor auth.Principal) (Ticket, error) {
	p, err := s.works(ctx, actor, ActionWork)
	if err != nil {
		return Ticket{}, err
	}
	t, err := ticketAt(ctx, s.c.DB, p.Window.ID)
	if err == nil && t.Day != s.today() {
		err = ErrNoTicket
	}
	return t, err
}

// atWindow changes the ticket that stands at the window of a clerk.
func (s *Service) atWindow(ctx context.Context, actor auth.Principal, change func(ctx context.Context, tx db.Tx, p Place, t Ticket) error) error {
	p, err := s.works(ctx, actor, ActionWork)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, queueOf(p.Hall.ID)); err != nil {
			return err
		}
		t, err := ticketAt(ctx, tx, p.Window.ID)
		if err != nil {
			return err
		}
		return change(ctx, tx, p, t)
	})
}

// CallAgain calls the ticket at the window again.
func (s *Service) CallAgain(ctx context.Context, actor auth.Principal) error {
	return s.atWindow(ctx, actor, func(ctx context.Context, tx db.Tx, p Place, t Ticket) error {
		if t.State != StateCalled {
			return ErrTicketOver
		}
		return s.call(ctx, tx, actor, p, &t)
	})
}

// Miss notes that nobody came.
func (s *Service) Miss(ctx context.Context, actor auth.Principal) error {
	return s.atWindow(ctx, actor, func(ctx context.Context, tx db.Tx, _ Place, t Ticket) error {
		if t.State != StateCalled {
			return ErrTicketOver
		}
		t.State, t.Ended = StateMissed, s.now()
		if err := updateTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "missed")
	})
}

// Back puts a ticket that was missed back into the queue, where it was.
func (s *Service) Back(ctx context.Context, actor auth.Principal, id string) error {
	p, err := s.works(ctx, actor, ActionWork)
	if err != nil {
		return err
	}
	return s.inQueue(ctx, id, func(ctx context.Context, tx db.Tx, t Ticket) error {
		if t.Hall != p.Hall.ID || t.Day != s.today() {
			return ErrNoTicket
		}
		if t.State != StateMissed {
			return ErrTicketOver
		}
		if err := onlyOne(ctx, tx, t); err != nil {
			return err
		}
		t.release(t.Kind)
		if err := updateTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "back")
	})
}

// release lets a ticket wait again, with the time it has waited already.
func (t *Ticket) release(kind string) {
	t.Kind, t.State, t.Unsure = kind, StateWaiting, t.Unsure && t.Kind == kind
	t.Window, t.WindowNo, t.clerk, t.Calls = "", "", "", 0
	t.CalledAt, t.Begun, t.Ended = time.Time{}, time.Time{}, time.Time{}
}

// Move lets the ticket at the window wait for another kind of business. It keeps
// its number and the time it has waited.
func (s *Service) Move(ctx context.Context, actor auth.Principal, kind string) error {
	return s.atWindow(ctx, actor, func(ctx context.Context, tx db.Tx, p Place, t Ticket) error {
		if _, ok := p.Hall.Kind(kind); !ok || kind == t.Kind {
			var f fault.Form
			f.Add("kind", ErrKind.Code)
			return f.Err()
		}
		if _, err := s.current(ctx, tx, contract.AccountID(actor.ID)); err == nil {
			return ErrServing
		} else if !errors.Is(err, ErrNoSession) {
			return err
		}
		t.release(kind)
		if err := onlyOne(ctx, tx, t); err != nil {
			return err
		}
		if err := updateTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "moved")
	})
}

// Begin notes that whoever has the ticket came: for what needs no session, like a
// question.
func (s *Service) Begin(ctx context.Context, actor auth.Principal) error {
	return s.atWindow(ctx, actor, func(ctx context.Context, tx db.Tx, _ Place, t Ticket) error {
		return s.begin(ctx, tx, actor, &t)
	})
}

func (s *Service) begin(ctx context.Context, tx db.Tx, actor auth.Principal, t *Ticket) error {
	if t.State == StateServing {
		return nil // a second click
	}
	t.State, t.Begun = StateServing, s.now()
	if err := updateTicket(ctx, tx, *t); err != nil {
		return err
	}
	return s.ticketChanged(ctx, tx, actor, *t, "begun")
}

// Finish ends a ticket that was begun without a session.
func (s *Service) Finish(ctx context.Context, actor auth.Principal) error {
	return s.atWindow(ctx, actor, func(ctx context.Context, tx db.Tx, _ Place, t Ticket) error {
		if t.State != StateServing {
			return ErrTicketOver
		}
		if x, err := s.current(ctx, tx, contract.AccountID(actor.ID)); err == nil {
			return ErrServing.With("name", x.Name)
		} else if !errors.Is(err, ErrNoSession) {
			return err
		}
		t.State, t.Ended = StateServed, s.now()
		if err := updateTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "served")
	})
}

// Today lists the tickets of a clerk's hall that the window has to do with: who
// wait for it, in the order of being called, and who were called and did not come.
func (s *Service) Today(ctx context.Context, actor auth.Principal) (waiting, missed []Ticket, err error) {
	p, err := s.works(ctx, actor, ActionWork)
	if err != nil {
		return nil, nil, err
	}
	all, err := queueIn(ctx, s.c.DB, p.Hall.ID, s.today())
	if err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		switch {
		case !slices.Contains(p.Window.Kinds, t.Kind):
		case t.State == StateWaiting:
			waiting = append(waiting, t)
		case t.State == StateMissed:
			missed = append(missed, t)
		}
	}
	return waiting, missed, nil
}

// DayRow is what became of the tickets of one kind on one day.
type DayRow struct {
	Kind      string
	Taken     int
	Served    int
	Missed    int
	Cancelled int
	Open      int           // wait or are being served
	Waited    time.Duration // on average, of those that were begun
	Longest   time.Duration // that one of them waited
	Service   time.Duration // on average, of those that ended
}

// Day returns what became of the tickets of a hall on a day, by kind.
func (s *Service) Day(ctx context.Context, actor auth.Principal, hall string, on day.Date) (Hall, []DayRow, error) {
	h, err := hallByID(ctx, s.c.DB, hall)
	if err != nil {
		return Hall{}, nil, err
	}
	if err := s.c.Policy.Check(actor, ActionStatistics, inHall(h)); err != nil {
		return Hall{}, nil, err
	}
	rows, err := dayRows(ctx, s.c.DB, hall, on)
	return h, rows, err
}

// Supervised lists the halls whose days somebody may look at.
func (s *Service) Supervised(ctx context.Context, actor auth.Principal) ([]Hall, error) {
	if err := s.c.Policy.Check(actor, ActionStatistics, policy.Page); err != nil {
		return nil, err
	}
	all, err := listHalls(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(h Hall) bool { return s.c.Policy.Check(actor, ActionStatistics, inHall(h)) != nil }), nil
}
