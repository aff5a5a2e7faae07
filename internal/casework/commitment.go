package casework

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// What became of a commitment.
const (
	CommitmentOpen      = "open"
	CommitmentKept      = "kept"
	CommitmentBroken    = "broken"    // to be put right
	CommitmentRectified = "rectified" // was put right
	CommitmentRevoked   = "revoked"   // and the decision was revoked
)

// Commitment is what an applicant committed to instead of proving it (告知承诺制).
type Commitment struct {
	Committed contract.Committed // VerifyBy is set once the decision was made
	State     string
	Note      string
	By        string // post that settled it
	At        time.Time
}

// Commitment returns the commitment of a case; ErrNotFound where there is none.
func (s *Service) Commitment(ctx context.Context, actor auth.Principal, id contract.CaseID) (Commitment, error) {
	c, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return Commitment{}, err
	}
	x, err := commitmentOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return x, err
	}
	st, err := r.run(statute.Verification, history)
	if err != nil {
		return x, err
	}
	x.Committed.VerifyBy = st.Due.String()
	return x, nil
}

// Promise is what an applicant committed to in a case, or in a part of a bundle.
type Promise struct {
	Part      string        // "" of the case itself
	Name      contract.Text // of the part
	Committed contract.Committed
}

// Promises lists what was committed to in a case and in its parts, each by itself, for
// whoever may see the case.
func (s *Service) Promises(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Promise, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return promisesOf(ctx, s.c.DB, c)
}

func promisesOf(ctx context.Context, q db.Q, c Case) ([]Promise, error) {
	parts, err := partsOf(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	var list []Promise
	for _, x := range append([]Case{c}, parts...) {
		k, err := commitmentOf(ctx, q, x.ID)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p := Promise{Committed: k.Committed}
		if x.ID != c.ID {
			p.Part, p.Name = x.Part, x.ItemName
		}
		list = append(list, p)
	}
	return list, nil
}

// Barred reports whether a subject may not commit for a service, because an
// earlier commitment for it was broken and not put right. Proof is always open
// to everybody.
func (s *Service) Barred(ctx context.Context, subject string, item contract.ItemID) (bool, error) {
	n, err := brokenBy(ctx, s.c.DB, subject, item)
	return n > 0, err
}

// settleCommitment notes what a step says about a commitment.
func (s *Service) settleCommitment(ctx context.Context, tx db.Tx, w *work) error {
	x := Commitment{Note: w.a.Opinion, By: w.actor.Name, At: w.at}
	if len(w.a.Reasons) > 0 {
		x.Note = strings.Join(w.a.Reasons, "；")
	}
	switch w.a.Name {
	case actKeep:
		x.State = CommitmentKept
	case actBreach:
		x.State = CommitmentBroken
	case actRectified:
		x.State = CommitmentRectified
	case actRevoke:
		was, err := commitmentOf(ctx, tx, w.c.ID)
		if errors.Is(err, ErrNotFound) || err == nil && was.State != CommitmentOpen && was.State != CommitmentBroken {
			return nil // revoked for another reason
		}
		if err != nil {
			return err
		}
		x.State = CommitmentRevoked
	default:
		return nil
	}
	return settleCommitment(ctx, tx, w.c.ID, x)
}

// onCommitment reports whether the procedure grants on a commitment: then the
// time for its verification begins with the grant.
func (r rules) onCommitment(state string) bool {
	t, err := r.proc.Transition(state, actGrant)
	return err == nil && t.Effect(statute.Verification) == statute.Start
}
