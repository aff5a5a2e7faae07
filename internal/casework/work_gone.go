package casework

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// goneJob gives back the cases of an official whose account was locked, or who lost
// the post or a role.
type goneJob struct {
	Account contract.AccountID `json:"account"`
	// Stays is set where the official may still act: then only those cases go back
	// whose step is theirs no more.
	Stays bool            `json:"stays,omitempty"`
	After contract.CaseID `json:"after,omitempty"` // of a batch before
}

// Kind names the job.
func (goneJob) Kind() string { return "casework.gone" }

// accountChanged hears that an account was locked, or that somebody has another post
// or none: whoever had it has left, or may not act now, and the clocks of their cases
// run on.
func (s *Service) accountChanged(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.AccountChanged) error {
	switch e.What {
	case contract.AccountLocked, contract.AccountPost:
		return s.c.Jobs.InsertTx(ctx, tx, goneJob{Account: e.Account, Stays: e.What == contract.AccountPost}, job.Insert{})
	}
	return nil
}

// holderGone puts what an official held back into the queue of each unit. A case
// that is back already is not moved again. A deputy does not keep it: a deputy
// stands in for somebody who comes back.
func (s *Service) holderGone(ctx context.Context, tx db.Tx, j goneJob) error {
	ids, err := heldAnywhere(ctx, tx, string(j.Account), j.After, releaseBatch)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Holder.ID != string(j.Account) {
			continue
		}
		if j.Stays {
			keeps, err := s.stillFits(ctx, j.Account, c)
			if err != nil {
				return err
			}
			if keeps {
				continue
			}
		}
		if err := s.hand(ctx, tx, auth.SystemPrincipal("gone"), &c, inHand{why: contract.HeldGone}); err != nil {
			return err
		}
	}
	if len(ids) == releaseBatch {
		j.After = ids[len(ids)-1]
		return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{})
	}
	return nil
}

// stillFits reports whether an official may hold a case as they are today.
func (s *Service) stillFits(ctx context.Context, account contract.AccountID, c Case) (bool, error) {
	o, err := s.colleague(ctx, c.Agency, account)
	if errors.Is(err, ErrColleague) {
		return false, nil
	}
	if err == nil {
		err = s.fits(ctx, principalOf(o), c)
	}
	switch {
	case errors.Is(err, ErrUnfit):
		return false, nil
	case errors.Is(err, ErrNoQueue):
		return true, nil // nothing is to be done in it now
	}
	return err == nil, err
}

// handled is an official as they change something of a case outside its steps: the
// holder, who stands in for them, the head; anybody while nobody holds it. Another
// agency than that which handles the case is not bound by its hands.
func (s *Service) handled(ctx context.Context, q db.Q, actor auth.Principal, c Case) (auth.Principal, error) {
	if !staffStep(actor) || actor.Agency != string(c.Agency) {
		return actor, nil
	}
	deputy, err := s.mayTouch(ctx, q, actor, c)
	if deputy.ID != "" {
		actor.For = deputy.acting()
	}
	return actor, err
}
