package casework

import (
	"context"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// overruns is why the days of a case move while its special procedure goes on.
const overruns = "a special procedure goes on beyond the day that was told"

// watchPause plans to look at a paused case on the day after its special procedure
// should have ended, or, where that has passed, tomorrow.
func (s *Service) watchPause(ctx context.Context, tx db.Tx, c Case) error {
	_, r, history, err := s.clocks(ctx, tx, c)
	if err != nil {
		return err
	}
	st, err := r.run(c.Due.Clock, history)
	if err != nil {
		return err
	}
	end := st.PauseEnds()
	if end.IsZero() { // no end was told: no day rests on it
		return nil
	}
	if today := s.Today(); today.After(end) {
		end = today
	}
	return s.lookOn(ctx, tx, c, end.Add(1))
}

// overrun moves the days of a case whose special procedure should have ended: what is
// left begins only when it ends (licensing law art. 45), so the days move with each
// working day that it goes on, though nothing happens to the case. Lists sort and
// filter by the days that are stored.
func (s *Service) overrun(ctx context.Context, tx db.Tx, c Case) error {
	c, _, err := s.recomputeStage(ctx, tx, c, overruns)
	if err != nil {
		return err
	}
	due, err := s.replayed(ctx, tx, c)
	if err != nil {
		return err
	}
	if was := c.Due; due != was {
		c.Due = due
		if err := updateCase(ctx, tx, c, c.Step); err != nil {
			return err
		}
		// The applicant was told that the days rest on the end, and is told when it comes.
		e := movedTo(c, string(due.Clock), was.Promised, due.Promised)
		e.Reason, e.At = overruns, s.now()
		if err := s.c.Events.Record(ctx, tx, meta(auth.SystemPrincipal("special-procedure"), c), e); err != nil {
			return err
		}
	}
	return s.watchPause(ctx, tx, c)
}
