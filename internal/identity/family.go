package identity

import (
	"context"
	"errors"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/mask"
)

// Ward is a child or another person whom a guardian acts for, without an account.
type Ward struct {
	ID       string
	Name     string
	Born     day.Date
	Division string
	Adult    bool // of full age, by a register of guardians

	number, address []byte // sealed
}

// Guardianship says that a person is the guardian of a ward: a register told of
// it and the guardian confirmed it.
type Guardianship struct {
	ID        string
	Ward      Ward
	Number    string // of the ward, masked
	Account   contract.AccountID
	Relation  string // parent, guardian
	Registry  string
	CheckedOn day.Date
	Confirmed Confirmation
	Ended     time.Time
}

// Holds reports whether the guardian may act for the ward on a day: not when it
// was ended, and for a child not from the eighteenth birthday on (Civil Code
// art. 17).
func (g Guardianship) Holds(on day.Date) bool {
	return g.Ended.IsZero() && (g.Ward.Adult || !on.After(minorUntil(g.Ward.Born)))
}

// Until is the last day on which the guardian of a child may act for it, zero
// where no day is set.
func (g Guardianship) Until() day.Date {
	if g.Ward.Adult {
		return day.Date{}
	}
	return minorUntil(g.Ward.Born)
}

// Found is somebody whom a register knows as a ward of the person who asks.
type Found struct {
	Key      string // names the ward when it is confirmed
	Name     string
	Number   string // masked
	Born     day.Date
	Relation string
	Registry string
}

// Family lists the wards of p, also those that were.
func (s *Service) Family(ctx context.Context, p auth.Principal) ([]Guardianship, error) {
	if err := s.c.Policy.Check(p, ActionFamily, own(p)); err != nil {
		return nil, err
	}
	list, err := guardianships(ctx, s.c.DB, accountID(p))
	if err != nil {
		return nil, err
	}
	for i := range list {
		number, err := s.unseal(fieldNumber, list[i].Ward.number)
		if err != nil {
			return nil, err
		}
		list[i].Number = mask.Number(number)
	}
	return list, nil
}

// FindWards asks the registers whose guardian p is. What they told is shown and
// not kept; down reports that one of them was silent.
func (s *Service) FindWards(ctx context.Context, p auth.Principal) (list []Found, down bool, err error) {
	known, down, err := s.relations(ctx, p)
	if err != nil {
		return nil, false, err
	}
	mine, err := guardianships(ctx, s.c.DB, accountID(p))
	if err != nil {
		return nil, false, err
	}
	have := map[string]bool{}
	for _, g := range mine {
		if g.Ended.IsZero() {
			have[g.Ward.ID] = true
		}
	}
	for _, r := range known {
		w, err := s.ward(ctx, s.c.DB, r)
		if err != nil {
			return nil, false, err
		}
		g := Guardianship{Ward: w, Relation: r.Relation}
		if have[w.ID] || !g.Holds(s.today()) {
			continue
		}
		list = append(list, Found{
			Key: s.PersonKey(r.Number), Name: r.Name, Number: mask.Number(r.Number), Born: w.Born,
			Relation: r.Relation, Registry: r.Registry,
		})
	}
	return list, down, nil
}

func (s *Service) relations(ctx context.Context, p auth.Principal) ([]Relation, bool, error) {
	if err := s.c.Policy.Check(p, ActionFamily, own(p)); err != nil {
		return nil, false, err
	}
	if p.Level < mandateLevel {
		return nil, false, ErrLevel.With("level", mandateLevel)
	}
	p.For = auth.Acting{} // it is about the person's own family
	if s.c.Relations == nil {
		return nil, false, nil
	}
	return s.c.Relations.Wards(ctx, p)
}

// ward returns the ward that a register tells of: the one that is known by the
// number, or a new one.
func (s *Service) ward(ctx context.Context, q db.Q, r Relation) (Ward, error) {
	born, err := day.Parse(r.Born)
	if err != nil {
		return Ward{}, err
	}
	w, err := wardByNumber(ctx, q, s.PersonKey(r.Number))
	if err == nil || !errors.Is(err, ErrNoWard) {
		return w, err
	}
	w = Ward{ID: s.c.NewID(), Name: r.Name, Born: born, Division: r.Division}
	w.Adult = r.Relation == RoleGuardian && s.today().After(minorUntil(born))
	if w.number, err = s.c.Seal.Seal(fieldNumber, r.Number); err != nil || r.Address == "" {
		return w, err
	}
	w.address, err = s.c.Seal.Seal(fieldAddress, r.Address)
	return w, err
}

// ConfirmWard makes p the guardian of somebody whom a register names as a ward of
// p. The register is asked once more: what a browser sends proves nothing.
func (s *Service) ConfirmWard(ctx context.Context, p auth.Principal, key string) error {
	known, _, err := s.relations(ctx, p)
	if err != nil {
		return err
	}
	for _, r := range known {
		if key != "" && s.PersonKey(r.Number) == key {
			return s.keepWard(ctx, p, r, key)
		}
	}
	return ErrNoWard
}

func (s *Service) keepWard(ctx context.Context, p auth.Principal, r Relation, key string) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		w, err := s.ward(ctx, tx, r)
		if err != nil {
			return err
		}
		g := Guardianship{
			ID: s.c.NewID(), Ward: w, Account: accountID(p), Relation: r.Relation, Registry: r.Registry,
			CheckedOn: s.today(), Confirmed: Confirmation{By: accountID(p), Level: p.Level, At: s.at()},
		}
		if !g.Holds(s.today()) {
			return ErrNoWard
		}
		if err := putWard(ctx, tx, w, key, s.c.Demo, s.at()); err != nil {
			return err
		}
		if err := putGuardian(ctx, tx, g); err != nil {
			return err
		}
		return s.guardianChanged(ctx, tx, p, g, "confirmed")
	})
}

// EndWard ends the right of p to act for a ward, at once.
func (s *Service) EndWard(ctx context.Context, p auth.Principal, id string) error {
	list, err := s.Family(ctx, p)
	if err != nil {
		return err
	}
	for _, g := range list {
		if g.ID != id || !g.Ended.IsZero() {
			continue
		}
		return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			ok, err := endGuardian(ctx, tx, id, s.at())
			if err != nil {
				return err
			}
			if !ok {
				return ErrNoWard
			}
			return s.guardianChanged(ctx, tx, p, g, "ended")
		})
	}
	return ErrNoWard
}

func (s *Service) guardianChanged(ctx context.Context, tx db.Tx, p auth.Principal, g Guardianship, what string) error {
	p.For = auth.Acting{}
	m := event.Meta{Actor: p, Subject: g.Ward.ID, Object: "guardianship:" + g.ID}
	return s.c.Events.Record(ctx, tx, m, GuardianChanged{
		Ward: g.Ward.ID, Account: g.Account, What: what, Relation: g.Relation, Registry: g.Registry, Level: p.Level, At: s.at(),
	})
}
