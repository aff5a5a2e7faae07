package counter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

// WindowInput is what an administrator says of a window.
type WindowInput struct {
	Number  string
	Name    contract.Text
	Purpose string
	Kinds   []string
	Open    bool
	Edition int // that was changed; 0 for a new window
}

func (in *WindowInput) check(h Hall) error {
	var f fault.Form
	in.Number, in.Name.ZH, in.Name.EN = strings.TrimSpace(in.Number), strings.TrimSpace(in.Name.ZH), strings.TrimSpace(in.Name.EN)
	if n := utf8.RuneCountInString(in.Number); n == 0 || n > 10 {
		f.Add("number", "counter.window.number_missing")
	}
	if in.Name.ZH == "" || utf8.RuneCountInString(in.Name.ZH) > maxShort {
		f.Add("name-zh", "counter.field.missing")
	}
	if in.Name.EN == "" || utf8.RuneCountInString(in.Name.EN) > maxShort {
		f.Add("name-en", "counter.field.missing")
	}
	if !slices.Contains(Purposes(), in.Purpose) {
		f.Add("purpose", "counter.field.missing")
	}
	if len(in.Kinds) == 0 || slices.ContainsFunc(in.Kinds, func(l string) bool { _, ok := h.Kind(l); return !ok }) {
		f.Add("kinds", "counter.window.kinds")
	}
	return f.Err()
}

// PutWindow adds a window to a hall, or changes it.
func (s *Service) PutWindow(ctx context.Context, actor auth.Principal, hall, id string, in WindowInput) error {
	h, err := s.manages(ctx, actor, hall)
	if err != nil {
		return err
	}
	if err := in.check(h); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, "counter.windows."+hall); err != nil {
			return err
		}
		if err := onlyNumber(ctx, tx, hall, id, in.Number); err != nil {
			return err
		}
		w, what := Window{ID: s.c.NewID(), Hall: hall}, "made"
		if id != "" {
			var err error
			if w, err = windowToChange(ctx, tx, hall, id, in.Edition); err != nil {
				return err
			}
			what = "changed"
		}
		w.Number, w.Name, w.Purpose, w.Kinds, w.Open = in.Number, in.Name, in.Purpose, in.Kinds, in.Open
		w.Edition++
		if err := putWindow(ctx, tx, w); err != nil {
			return err
		}
		m := event.Meta{Actor: actor, Object: "counter_window:" + w.ID}
		return s.c.Events.Record(ctx, tx, m, WindowChanged{Window: w.ID, Hall: hall, What: what, At: s.now()})
	})
}

// onlyNumber refuses a number that another window of the hall has.
func onlyNumber(ctx context.Context, tx db.Tx, hall, id, number string) error {
	same, err := windowByNumber(ctx, tx, hall, number)
	if errors.Is(err, ErrNoWindow) || err == nil && same.ID == id {
		return nil
	}
	if err != nil {
		return err
	}
	var f fault.Form
	f.Add("number", ErrNumber.Code)
	return f.Err()
}

// windowToChange returns a window of a hall, unless somebody else has changed it
// meanwhile.
func windowToChange(ctx context.Context, tx db.Tx, hall, id string, edition int) (Window, error) {
	w, err := windowByID(ctx, tx, id)
	if err == nil && w.Hall != hall {
		err = ErrNoWindow
	}
	if err == nil && w.Edition != edition {
		err = ErrEdition
	}
	return w, err
}

// Seats lists the windows at which a clerk can sit: of the halls of the own agency.
func (s *Service) Seats(ctx context.Context, actor auth.Principal) ([]HallNow, error) {
	all, err := s.Halls(ctx)
	if err != nil {
		return nil, err
	}
	var list []HallNow
	for _, h := range all {
		if s.c.Policy.Check(actor, ActionWork, inHall(h.Hall)) == nil {
			list = append(list, h)
		}
	}
	return list, nil
}

// seats keeps changes of who sits where in one line: they are rare, and a clerk
// and a window each have one of the other.
const seats = "counter.seats"

// Sit lets a clerk sit at a window, and leave another one. Where somebody else
// sits it takes the window over only if told to: that ends what the other had open.
func (s *Service) Sit(ctx context.Context, actor auth.Principal, window string, takeOver bool) error {
	w, err := windowByID(ctx, s.c.DB, window)
	if err != nil {
		return err
	}
	h, err := hallByID(ctx, s.c.DB, w.Hall)
	if err != nil {
		return err
	}
	if err := s.c.Policy.Check(actor, ActionWork, inHall(h)); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, seats); err != nil {
			return err
		}
		return s.sit(ctx, tx, actor, window, takeOver)
	})
}

func (s *Service) sit(ctx context.Context, tx db.Tx, actor auth.Principal, window string, takeOver bool) error {
	w, err := windowByID(ctx, tx, window)
	if err != nil {
		return err
	}
	me := contract.AccountID(actor.ID)
	switch {
	case !w.Open:
		return ErrClosed
	case w.Clerk == me && w.OnDay == s.today():
		return nil // a second click
	case w.Clerk != "" && w.Clerk != me && w.OnDay == s.today() && !takeOver:
		return ErrTaken.With("name", w.ClerkName, "window", w.Number)
	case w.Clerk != "" && w.Clerk != me:
		reason := EndTakenOver
		if w.OnDay != s.today() {
			reason = EndDay
		}
		if err := s.leave(ctx, tx, actor, w.Clerk, reason); err != nil {
			return err
		}
	}
	if x, err := s.current(ctx, tx, me); err == nil {
		return ErrServing.With("name", x.Name)
	} else if !errors.Is(err, ErrNoSession) {
		return err
	}
	if err := s.leave(ctx, tx, actor, me, "moved"); err != nil {
		return err
	}
	if err := takeWindow(ctx, tx, w.ID, actor, s.now()); err != nil {
		return err
	}
	m := event.Meta{Actor: actor, Object: "counter_window:" + w.ID}
	return s.c.Events.Record(ctx, tx, m, WindowTaken{Window: w.ID, Hall: w.Hall, Clerk: me, At: s.now()})
}

// Leave gets a clerk up from the window. Whoever is being served is done first.
func (s *Service) Leave(ctx context.Context, actor auth.Principal) error {
	if _, err := s.works(ctx, actor, ActionWork); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := tx.Lock(ctx, seats); err != nil {
			return err
		}
		me := contract.AccountID(actor.ID)
		if x, err := s.current(ctx, tx, me); err == nil {
			return ErrServing.With("name", x.Name)
		} else if !errors.Is(err, ErrNoSession) {
			return err
		}
		return s.leave(ctx, tx, actor, me, "left")
	})
}

// works returns where a clerk sits, if they may do the action there.
func (s *Service) works(ctx context.Context, actor auth.Principal, action string) (Place, error) {
	p, err := s.Place(ctx, actor)
	if err != nil {
		return Place{}, err
	}
	o := inHall(p.Hall)
	o.Attrs["clerk"] = actor.ID
	return p, s.c.Policy.Check(actor, action, o)
}
