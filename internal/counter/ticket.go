package counter

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

// State is how a ticket stands.
type State string

// The states. The zero State is none.
const (
	StateWaiting   State = "waiting"
	StateCalled    State = "called"
	StateServing   State = "serving"
	StateServed    State = "served"
	StateMissed    State = "missed" // nobody came when it was called
	StateCancelled State = "cancelled"
)

// Ticket is a place in the queue of a hall.
type Ticket struct {
	ID       string
	Hall     string
	Day      day.Date
	Letter   string
	Seq      int
	Kind     string // that it waits for now
	Unsure   bool   // did not know what kind of business it is
	Priority string // why it goes first; "" is in turn
	State    State
	Window   string // id
	WindowNo string
	Calls    int
	Taken    time.Time
	Queued   time.Time
	CalledAt time.Time
	Begun    time.Time
	Ended    time.Time

	person string // blind index of the number of who took it
	clerk  contract.AccountID
}

// Number is what stands on the ticket and is called: A001.
func (t Ticket) Number() string { return fmt.Sprintf("%s%03d", t.Letter, t.Seq) }

// Named reports whether it was taken with a number or a code.
func (t Ticket) Named() bool { return t.person != "" }

// maxTakes is how many tickets one address can take in ten minutes: the machine
// of a busy hall takes some, a program more.
const maxTakes = 60

// elderAge is from when somebody goes first as an elder by the number (Law on the
// Protection of the Rights of the Elderly art. 2).
const elderAge = 60

// Take is what somebody says who takes a ticket.
type Take struct {
	Kind     string // letter; "" is "I do not know"
	Priority string
	Number   string // identity number, if given
	Code     string // of the own account, if shown
	// Once names this wish, so that a second click takes no second ticket.
	Once string
	IP   string
}

var onceText = regexp.MustCompile(`^[A-Za-z0-9_-]{20,64}$`)

// kiosk uses up the codes that people show at the machine of a hall.
func kiosk() auth.Principal { return auth.SystemPrincipal("counter.kiosk") }

// Take takes a ticket. Whoever has one for the kind already gets that one again.
func (s *Service) Take(ctx context.Context, actor auth.Principal, hall string, in Take) (Ticket, error) {
	if err := s.c.Policy.Check(actor, ActionTake, policy.Page); err != nil {
		return Ticket{}, err
	}
	if ok, wait := s.takes.Allow(in.IP); !ok {
		return Ticket{}, ErrOften.With("wait", wait)
	}
	h, err := hallByID(ctx, s.c.DB, hall)
	if err != nil {
		return Ticket{}, err
	}
	if !h.TakesFrom(in.IP) {
		return Ticket{}, ErrNetwork
	}
	t, err := s.newTicket(ctx, actor, h, in)
	if err != nil {
		return Ticket{}, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, queueOf(hall)); err != nil {
			return err
		}
		found, ok, err := sameTicket(ctx, tx, t)
		if err != nil || ok {
			t = found
			return err
		}
		if t.Seq, err = nextSeq(ctx, tx, t); err != nil {
			return err
		}
		if err := putTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "taken")
	})
	return t, err
}

// queueOf keeps changes of one hall's queue in one line, so that no number is
// given twice and no two windows call the same ticket.
func queueOf(hall string) string { return "counter.queue." + hall }

func (s *Service) newTicket(ctx context.Context, actor auth.Principal, h Hall, in Take) (Ticket, error) {
	if !h.Open {
		return Ticket{}, ErrHallClosed
	}
	t := Ticket{
		ID: s.c.NewID(), Hall: h.ID, Day: s.today(), Kind: in.Kind, Priority: in.Priority, State: StateWaiting, Taken: s.now(), Queued: s.now(),
	}
	if onceText.MatchString(in.Once) {
		t.ID = in.Once
	}
	var f fault.Form
	if t.Kind == "" {
		t.Kind, t.Unsure = h.Kinds[0].Letter, true
	} else if _, ok := h.Kind(t.Kind); !ok {
		f.Add("kind", ErrKind.Code)
	}
	if t.Priority != "" && !slices.Contains(h.Priorities, t.Priority) {
		f.Add("priority", ErrPriority.Code)
	}
	if err := f.Err(); err != nil {
		return Ticket{}, err
	}
	t.Letter = t.Kind
	return t, s.nameTicket(ctx, actor, h, in, &t)
}

// nameTicket notes whose ticket it is, if that is known: for nothing but that one
// person has one ticket for a kind, and that elders go first.
func (s *Service) nameTicket(ctx context.Context, actor auth.Principal, h Hall, in Take, t *Ticket) (err error) {
	switch {
	case in.Code != "":
		v, err := s.c.People.VisitorByCode(ctx, kiosk(), in.Code)
		if err != nil {
			return onField("code", err)
		}
		t.person, _, err = s.c.People.KeyOf(ctx, v.Account)
		return err
	case in.Number != "":
		r, err := idcode.ParseResident(in.Number)
		if err == nil {
			err = r.BornBy(s.today())
		}
		if err != nil {
			return onField("number", err)
		}
		t.person = s.c.People.PersonKey(r.Number)
		if t.Priority == "" && r.Age(s.today()) >= elderAge && slices.Contains(h.Priorities, "elder") {
			t.Priority = "elder"
		}
	case actor.Kind == auth.Resident:
		t.person, _, err = s.c.People.KeyOf(ctx, contract.AccountID(actor.ID))
	}
	return err
}

// onField puts an error that a person can mend beside the field it is about.
func onField(field string, err error) error {
	e, ok := asFault(err)
	if !ok || e.Kind != fault.Invalid || len(e.Fields) > 0 {
		return err
	}
	var f fault.Form
	f.Add(field, e.Code, e.Args...)
	return f.Err()
}

func (s *Service) ticketChanged(ctx context.Context, tx db.Tx, actor auth.Principal, t Ticket, what string) error {
	m := event.Meta{Actor: actor, Object: "counter_ticket:" + t.ID}
	return s.c.Events.Record(ctx, tx, m, TicketChanged{
		Ticket: t.ID, Hall: t.Hall, Number: t.Number(), Kind: t.Kind, What: what, Window: t.Window, At: s.now(),
	})
}

// Queue is how a ticket stands in its queue.
type Queue struct {
	Ticket
	Hall    Hall
	Before  int // who go first
	Windows int // where somebody sits who calls its kind
	// From and To are between how many minutes it will probably take, by today's
	// times of service; both are 0 where too little is known.
	From, To int
}

// enough is from how many services of today a time is told.
const enough = 5

// TicketNow returns a ticket with its place; whoever has the address may look.
func (s *Service) TicketNow(ctx context.Context, id string) (Queue, error) {
	t, err := ticketByID(ctx, s.c.DB, id)
	if err != nil {
		return Queue{}, err
	}
	h, err := s.Hall(ctx, t.Hall)
	if err != nil {
		return Queue{}, err
	}
	q := Queue{Ticket: t, Hall: h.Hall, Windows: h.Staffed(t.Kind)}
	if t.State != StateWaiting || t.Day != s.today() {
		return q, nil
	}
	kinds := h.rivals(t.Kind)
	if q.Before, err = before(ctx, s.c.DB, t, kinds); err != nil {
		return Queue{}, err
	}
	n, mean, err := serviceTime(ctx, s.c.DB, t.Hall, t.Day, kinds)
	if err != nil {
		return Queue{}, err
	}
	q.From, q.To = estimate(q.Before, q.Windows, n, mean)
	return q, nil
}

// rivals are the kinds called at the windows that also call this one: their
// tickets stand in the same line.
func (h HallNow) rivals(kind string) []string {
	list := []string{kind}
	for _, w := range h.Windows {
		if w.Clerk == "" || !slices.Contains(w.Kinds, kind) {
			continue
		}
		for _, k := range w.Kinds {
			if !slices.Contains(list, k) {
				list = append(list, k)
			}
		}
	}
	return list
}

// estimate says between how many minutes a turn comes: so many go first at so
// many windows, and a service takes so long on average. The lower bound is that a
// window gets free at once, the upper that it has just begun.
func estimate(before, windows, services int, mean time.Duration) (from, to int) {
	if windows == 0 || services < enough {
		return 0, 0
	}
	per := mean.Minutes() / float64(windows)
	from, to = int(float64(before)*per), int(float64(before+1)*per)+1
	return from - from%5, to + (5-to%5)%5
}

// Cancel gives a ticket back; whoever has the address may.
func (s *Service) Cancel(ctx context.Context, actor auth.Principal, id string) error {
	if err := s.c.Policy.Check(actor, ActionTake, policy.Page); err != nil {
		return err
	}
	return s.inQueue(ctx, id, func(ctx context.Context, tx db.Tx, t Ticket) error {
		if t.State == StateCancelled {
			return nil
		}
		if t.State != StateWaiting && t.State != StateCalled && t.State != StateMissed {
			return ErrTicketOver
		}
		t.State, t.Ended = StateCancelled, s.now()
		if err := updateTicket(ctx, tx, t); err != nil {
			return err
		}
		return s.ticketChanged(ctx, tx, actor, t, "cancelled")
	})
}

// inQueue changes a ticket while nobody else changes the queue of its hall.
func (s *Service) inQueue(ctx context.Context, id string, change func(ctx context.Context, tx db.Tx, t Ticket) error) error {
	t, err := ticketByID(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, queueOf(t.Hall)); err != nil {
			return err
		}
		t, err := ticketByID(ctx, tx, id)
		if err != nil {
			return err
		}
		return change(ctx, tx, t)
	})
}

// Screen is what the screen of a hall shows.
type Screen struct {
	HallNow
	Calls []Ticket // called or being served, the newest call first
}

// Screen returns what the screen of a hall shows; it is public and names nobody.
func (s *Service) Screen(ctx context.Context, hall string) (Screen, error) {
	h, err := s.Hall(ctx, hall)
	if err != nil {
		return Screen{}, err
	}
	calls, err := callsIn(ctx, s.c.DB, hall, s.today())
	return Screen{h, calls}, err
}
