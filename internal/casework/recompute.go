package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// Periods beside the clocks of a case, as events and explanations name them.
const (
	termOpinion   = "opinion"   // of another agency
	termOwed      = "owed"      // a material that comes later
	termObjection = "objection" // until it is answered
	termStage     = "stage"     // of handling, the agency's own limit
	termExplain   = "explain"   // a card of supervision
)

// recompute works out the deadlines of a case again, after the calendar changed.
// It reports whether one moved.
func (s *Service) recompute(ctx context.Context, tx db.Tx, c Case, reason string) (bool, error) {
	moved, err := s.recomputeTerms(ctx, tx, c, reason)
	if err != nil {
		return false, err
	}
	c, stage, err := s.recomputeStage(ctx, tx, c, reason)
	if err != nil {
		return false, err
	}
	moved = moved || stage
	due, err := s.replayed(ctx, tx, c)
	if err != nil || due == c.Due {
		return moved, err
	}
	was := c.Due
	c.Due = due
	if err := updateCase(ctx, tx, c, c.Step); err != nil {
		return false, err
	}
	if was.Promised == due.Promised && was.Legal == due.Legal {
		return moved, nil // only the light or a "provisional" changed
	}
	e := movedTo(c, string(due.Clock), was.Promised, due.Promised)
	e.Reason, e.Notify = reason, c.Operator
	if err := s.tellMoved(ctx, tx, c, e); err != nil {
		return false, err
	}
	return true, s.watch(ctx, tx, c)
}

func movedTo(c Case, clock string, from, to day.Date) contract.DeadlineMoved {
	return contract.DeadlineMoved{Case: c.ID, Number: c.Number, Clock: clock, From: from.String(), To: to.String()}
}

func (s *Service) tellMoved(ctx context.Context, tx db.Tx, c Case, e contract.DeadlineMoved) error {
	e.At = s.c.Now().UTC().Truncate(time.Microsecond)
	return s.c.Events.Record(ctx, tx, meta(auth.SystemPrincipal("calendar"), c), e)
}

// recomputeTerms works out until when other agencies and the applicant must come
// with what they owe.
func (s *Service) recomputeTerms(ctx context.Context, tx db.Tx, c Case, reason string) (bool, error) {
	were, are, err := s.movedUnits(ctx, tx, c)
	if err != nil {
		return false, err
	}
	moved := false
	for i, u := range are {
		if err := updateUnit(ctx, tx, u); err != nil {
			return false, err
		}
		if were[i].Due == u.Due {
			continue // only the "provisional" changed
		}
		moved = true
		e := movedTo(c, termOpinion, were[i].Due, u.Due)
		e.Of, e.Reason = u.ID, reason
		if err := s.tellMoved(ctx, tx, c, e); err != nil {
			return false, err
		}
		if err := s.watchUnit(ctx, tx, u); err != nil {
			return false, err
		}
	}
	owes, err := s.recomputeOwed(ctx, tx, c, reason)
	return moved || owes, err
}

// recomputeOwed moves the days of owed materials, and tells the applicant.
func (s *Service) recomputeOwed(ctx context.Context, tx db.Tx, c Case, reason string) (bool, error) {
	list, err := owedOf(ctx, tx, c.ID)
	if err != nil || c.Stage == StageDone || !c.Decided.IsZero() {
		return false, err
	}
	cal, moved := s.c.Calendars.For(c.Division), false
	for _, o := range list {
		now := o.dated(cal)
		if !o.open() || now.due == o.due {
			continue
		}
		moved = true
		if err := moveOwed(ctx, tx, now); err != nil {
			return false, err
		}
		e := movedTo(c, termOwed, o.due, now.due)
		e.Of, e.Reason = o.material, reason
		if err := s.tellMoved(ctx, tx, c, e); err != nil {
			return false, err
		}
		if err := s.tellOwed(ctx, tx, c, now, false); err != nil {
			return false, err
		}
		if err := s.watchOwed(ctx, tx, cal, now); err != nil {
			return false, err
		}
	}
	return moved, nil
}

// dated is an owed material with the day that the calendar has now. One whose day
// was told as such keeps it.
func (o owed) dated(cal *statute.Calendar) owed {
	if !o.since.IsZero() {
		o.due = cal.AddWorkdays(o.since, o.days)
	}
	return o
}

// recomputeObjections moves the days by which objections are answered. Their cases
// may be closed.
func (s *Service) recomputeObjections(ctx context.Context, tx db.Tx, j recomputeJob) error {
	w := &where{}
	w.and("o.result = ''")
	list, err := objectionsWhere(ctx, tx, w, "o.id", maxOpenObjections)
	if err != nil {
		return err
	}
	for _, o := range list {
		if !j.covers(o.division) {
			continue
		}
		c, err := caseByID(ctx, tx, o.Case)
		if err != nil {
			return err
		}
		was := o.Due
		if o.Due = s.answerBy(c, o.At); o.Due == was {
			continue
		}
		if err := moveObjection(ctx, tx, o); err != nil {
			return err
		}
		if err := s.watchObjection(ctx, tx, o); err != nil {
			return err
		}
		e := movedTo(c, termObjection, was, o.Due)
		e.Of, e.Reason = o.ID, j.Reason
		if err := s.tellMoved(ctx, tx, c, e); err != nil {
			return err
		}
	}
	return nil
}

// maxOpenObjections bounds what one change of the calendar works through at once:
// objections are answered within days, and few are made.
const maxOpenObjections = 10_000

// replayed is the deadline as it follows from the stored history.
func (s *Service) replayed(ctx context.Context, q db.Q, c Case) (Due, error) {
	_, r, history, err := s.clocks(ctx, q, c)
	if err != nil {
		return Due{}, err
	}
	return r.due(c, history)
}
