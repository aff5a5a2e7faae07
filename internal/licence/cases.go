package licence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// What a step of a case means here: it undoes the decision behind a licence, or
// it ends an application to renew one.
var (
	undone = map[string]ending{
		"revoke": {Withdrawn, reasonWithdrawn, basisWithdraw},
		"cancel": {Cancelled, reasonCancelled, basisCancel},
	}
	// Decided against: the agency spoke. It ends a case for want of corrections, too;
	// after the last day that comes too late (art. 50).
	against = []string{"DECIDED_DENY", "REFUSED", "NOT_REQUIRED", "TERMINATED"}
	// Given up: there is no application any more.
	givenUp = []string{"WITHDRAWN"}
)

func (s *Service) onMoved(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.CaseMoved) error {
	if u, ok := undone[e.Action]; ok {
		actor := auth.Principal{Kind: rec.ActorKind, ID: rec.ActorID, Name: rec.ActorName}
		return s.undo(ctx, tx, actor, e, u)
	}
	return s.renewalMoved(ctx, tx, e)
}

// undo ends a licence whose decision was undone: nobody shall verify as valid
// what the case says is withdrawn. What the decision had ended or replaced
// stands again when it was withdrawn (art. 69), not when it was deregistered.
func (s *Service) undo(ctx context.Context, tx db.Tx, actor auth.Principal, e contract.CaseMoved, u ending) error {
	if u.to == Withdrawn {
		cancelled, err := endedBy(ctx, tx, e.Case)
		if err != nil {
			return err
		}
		for _, r := range cancelled {
			if err := s.revive(ctx, tx, actor, r.Licence, Cancelled); err != nil {
				return err
			}
		}
	}
	r, err := byCase(ctx, tx, e.Case)
	if errors.Is(err, ErrNotFound) {
		return nil // a case without a licence of its own
	}
	if err != nil {
		return err
	}
	was := r.State
	if _, err := s.end(ctx, tx, actor, r.Licence, u); err != nil {
		return err
	}
	if u.to != Withdrawn || was.over() || was == Superseded {
		return nil
	}
	return s.restore(ctx, tx, actor, r.Licence)
}

// onRenewal notes that a renewal was applied for. The first application counts
// until it is over.
func (s *Service) onRenewal(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.RenewalPending) error {
	r, err := byID(ctx, tx, e.Licence)
	if errors.Is(err, ErrNotFound) || err == nil && r.Holder.ID != rec.Subject {
		return nil // chosen by somebody it does not belong to: the decision will say so
	}
	if err != nil {
		return err
	}
	pending := r.Renewal.Case != "" && r.Renewal.Ended.IsZero()
	if pending || r.State == Superseded || r.State.over() {
		return nil
	}
	applied, err := day.Parse(e.Applied)
	if err != nil {
		return fmt.Errorf("renewal of %s: %w", e.Licence, err)
	}
	if err := setRenewal(ctx, tx, r.ID, Renewal{Case: e.Case, Applied: applied}); err != nil {
		return err
	}
	return s.catchUp(ctx, tx, e.Case)
}

// catchUp reads what happened to the case already: deliveries may come out of order.
func (s *Service) catchUp(ctx context.Context, tx db.Tx, id contract.CaseID) error {
	past, err := s.Events.Of(ctx, "case:"+string(id))
	if err != nil {
		return err
	}
	for _, rec := range past {
		var e contract.CaseMoved
		if rec.Name != e.EventName() {
			continue
		}
		if err := json.Unmarshal(rec.Body, &e); err != nil {
			return fmt.Errorf("read event %s: %w", rec.ID, err)
		}
		if err := s.renewalMoved(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// renewalMoved ends an application to renew. Decided against on or before the
// licence's last day, it deems nothing any more; later, the law has renewed it.
func (s *Service) renewalMoved(ctx context.Context, tx db.Tx, e contract.CaseMoved) error {
	spoke, gone := slices.Contains(against, e.To), slices.Contains(givenUp, e.To)
	if !spoke && !gone || e.From == e.To {
		return nil
	}
	rows, err := ofRenewal(ctx, tx, e.Case)
	if err != nil {
		return err
	}
	for _, r := range rows {
		to := r.Renewal
		if gone {
			to = Renewal{}
		} else if to.Ended.IsZero() {
			to.Ended = day.In(e.At)
		}
		if err := setRenewal(ctx, tx, r.ID, to); err != nil {
			return err
		}
	}
	return nil
}
