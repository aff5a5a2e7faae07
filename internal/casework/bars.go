package casework

import (
	"context"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrNoBar means that a case bars nobody, or no longer.
var ErrNoBar = fault.New(fault.Conflict, "casework.no_bar")

// Bar keeps an applicant from committing for a service again, because an earlier
// commitment for it was broken. It ends when what was broken is put right, or when
// the head of the agency lifts it. Proof is always open to everybody.
type Bar struct {
	Case      contract.CaseID
	Number    string
	Item      contract.ItemID
	ItemName  contract.Text
	Agency    contract.AgencyID
	Unit      contract.Text // the agency by name
	Applicant contract.Party
	State     string // CommitmentBroken or CommitmentRevoked
	Why       string
	By        string // post that found it
	Since     time.Time
	// Until is the day by which it can be put right; zero after a revocation: then
	// the bar lasts until it is lifted.
	Until     day.Date
	Lifted    time.Time // zero while it holds
	LiftedBy  string    // post
	LiftedWhy string
}

// maxBars bounds the page of bars.
const maxBars = 200

// Bars lists the bars that the actor's agency brought about, those that hold
// first; for an applicant, the own ones that hold.
func (s *Service) Bars(ctx context.Context, actor auth.Principal) ([]Bar, error) {
	w := &where{}
	if actor.Applies() {
		w.and("m.subject = ? AND m.lifted_at = 0", actor.Subject())
		if len(actor.For.Items) > 0 { // the right to act is limited to these
			w.oneOf("m.item", actor.For.Items)
		}
		return barsWhere(ctx, s.c.DB, w, maxBars)
	}
	o := object(Case{Agency: contract.AgencyID(actor.Agency)}, nil)
	if err := s.c.Policy.Check(actor, "casework.bars", o); err != nil {
		return nil, err
	}
	w.and("c.agency = ?", actor.Agency)
	return barsWhere(ctx, s.c.DB, w, maxBars)
}

// BarOf is the bar that a case brought about; ErrNotFound where there is none.
func (s *Service) BarOf(ctx context.Context, actor auth.Principal, id contract.CaseID) (Bar, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return Bar{}, err
	}
	return barOf(ctx, s.c.DB, c.ID)
}

func barOf(ctx context.Context, q db.Q, id contract.CaseID) (Bar, error) {
	w := &where{}
	w.and("m.case_id = ?", id)
	list, err := barsWhere(ctx, q, w, 1)
	if err != nil {
		return Bar{}, err
	}
	if len(list) == 0 {
		return Bar{}, ErrNotFound
	}
	return list[0], nil
}

// MayLift reports whether the actor may lift the bar that a case brought about.
func (s *Service) MayLift(actor auth.Principal, c Case) bool {
	return s.c.Policy.Check(actor, "casework.lift", object(c, nil)) == nil
}

// Lift lifts a bar, by the head of the agency and with a reason that the applicant
// reads.
func (s *Service) Lift(ctx context.Context, actor auth.Principal, id contract.CaseID, why string) error {
	why = strings.TrimSpace(why)
	var form fault.Form
	if why == "" {
		form.Add("reason", "casework.lift_reason")
	}
	if len([]rune(why)) > maxReason {
		form.Add("reason", "casework.too_long", "max", maxReason)
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		if err := s.c.Policy.Check(actor, "casework.lift", object(c, nil)); err != nil {
			return err
		}
		bar, err := barOf(ctx, tx, id)
		if fault.KindOf(err) == fault.NotFound || err == nil && !bar.Lifted.IsZero() {
			return ErrNoBar
		}
		if err != nil {
			return err
		}
		if err := form.Err(); err != nil {
			return err
		}
		at := s.c.Now()
		if err := liftBar(ctx, tx, id, Handler{actor.ID, actor.Name}, why, at); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.BarLifted{
			Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency, Notify: c.Operator, At: at.UTC().Truncate(time.Microsecond),
		})
	})
}
