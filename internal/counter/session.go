package counter

import (
	"context"
	"errors"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// idleJob ends a session that nobody uses any more.
type idleJob struct {
	Session string `json:"session"`
}

// Kind is the job's name.
func (idleJob) Kind() string { return "counter.idle" }

// endsAt is when a session ends by itself: twenty minutes after the last request,
// or with the day.
func (x Session) endsAt() time.Time {
	idle, midnight := x.Seen.Add(SessionIdle), x.OnDay.Add(1).Time()
	if midnight.Before(idle) {
		return midnight
	}
	return idle
}

func (s *Service) endIdle(ctx context.Context, tx db.Tx, j idleJob) error {
	x, err := s.session(ctx, tx, j.Session)
	if errors.Is(err, ErrNoSession) || err == nil && !x.Ended.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	if at := x.endsAt(); s.now().Before(at) {
		return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{At: at, Unique: j.Session})
	}
	return s.endStale(ctx, tx, x)
}

// endStale ends a session that ended by itself already.
func (s *Service) endStale(ctx context.Context, tx db.Tx, x Session) error {
	reason := EndIdle
	if x.OnDay != s.today() {
		reason = EndDay
	}
	return s.end(ctx, tx, auth.SystemPrincipal("counter.idle"), x, reason)
}

// end ends a session once; the ticket is served with it.
func (s *Service) end(ctx context.Context, tx db.Tx, actor auth.Principal, x Session, reason string) error {
	ok, err := endSession(ctx, tx, x.ID, reason, s.now())
	if err != nil || !ok {
		return err
	}
	if x.Ticket != "" {
		if err := ticketServed(ctx, tx, x.Ticket, s.now()); err != nil {
			return err
		}
	}
	m := event.Meta{Actor: actor, Subject: string(x.Person), Object: "counter_session:" + x.ID}
	m.Actor.For = auth.Acting{Kind: auth.ForCounter, ID: x.Subject, Mandate: x.ID, Person: string(x.Person)}
	return s.c.Events.Record(ctx, tx, m, SessionEnded{Session: x.ID, Hall: x.Hall, Window: x.Window, Reason: reason, At: s.now()})
}

// Left ends what a clerk had open who signs out: the session, and the place at
// the window.
func (s *Service) Left(ctx context.Context, tx db.Tx, clerk auth.Principal) error {
	return s.leave(ctx, tx, clerk, contract.AccountID(clerk.ID), EndSignedOut)
}

func (s *Service) leave(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, reason string) error {
	x, err := s.openSession(ctx, tx, clerk)
	switch {
	case errors.Is(err, ErrNoSession):
	case err != nil:
		return err
	default:
		if err := s.end(ctx, tx, actor, x, reason); err != nil {
			return err
		}
	}
	w, err := windowOfClerk(ctx, tx, clerk)
	if errors.Is(err, ErrNotSeated) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := releaseTickets(ctx, tx, w.ID, s.now()); err != nil {
		return err
	}
	if err := emptyWindow(ctx, tx, w.ID); err != nil {
		return err
	}
	m := event.Meta{Actor: actor, Object: "counter_window:" + w.ID}
	m.Actor.For = auth.Acting{}
	return s.c.Events.Record(ctx, tx, m, WindowLeft{Window: w.ID, Hall: w.Hall, Clerk: clerk, Reason: reason, At: s.now()})
}
