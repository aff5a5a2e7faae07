// Package operation is what operators and auditors see of the machine: jobs
// that were given up, the backlog, and the event log.
//
// It has no tables of its own. Events in: none. Events out: contract.JobRetried.
package operation

import (
	"context"
	_ "embed"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Policies says who may look and who may retry.
//
//go:embed policy.cedar
var Policies string

// pageSize is how many events a page shows.
const pageSize = 50

// Service reads the queue and the log.
type Service struct {
	db     *db.DB
	jobs   *job.Queue
	events *event.Log
	policy *policy.Engine
	now    func() time.Time
}

// New returns a Service.
func New(d *db.DB, jobs *job.Queue, events *event.Log, p *policy.Engine, now func() time.Time) *Service {
	return &Service{db: d, jobs: jobs, events: events, policy: p, now: now}
}

// Jobs is the state of the queue.
type Jobs struct {
	Backlogs []job.Backlog
	Letters  []job.Letter
}

// Jobs returns what waits and what was given up.
func (s *Service) Jobs(ctx context.Context, actor auth.Principal) (Jobs, error) {
	if err := s.policy.Check(actor, "operation.jobs", policy.Object{Type: "Queue"}); err != nil {
		return Jobs{}, err
	}
	backlogs, err := s.jobs.Backlogs(ctx)
	if err != nil {
		return Jobs{}, err
	}
	letters, err := s.jobs.DeadLetters(ctx)
	return Jobs{backlogs, letters}, err
}

// Retry makes a job due again that was given up. It returns job.ErrNotFound, or
// job.ErrTwin when the same work waits already.
func (s *Service) Retry(ctx context.Context, actor auth.Principal, id string) error {
	if err := s.policy.Check(actor, "operation.retry", policy.Object{Type: "Job", ID: id}); err != nil {
		return err
	}
	letters, err := s.jobs.DeadLetters(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(letters, func(l job.Letter) bool { return l.ID == id }) {
		return job.ErrNotFound
	}
	// The record first: a retry that fails is a try all the same.
	err = s.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		meta := event.Meta{Actor: actor, Object: "job:" + id}
		return s.events.Record(ctx, tx, meta, contract.JobRetried{Job: id, At: s.now()})
	})
	if err != nil {
		return err
	}
	return s.jobs.Retry(ctx, id)
}

// EventPage is one page of the log, newest first. Next is "" on the last page.
type EventPage struct {
	Events []event.Recorded
	Next   string
}

// Events returns the events before the id before, or those of one object
// ("case:<id>") in the order they were recorded.
func (s *Service) Events(ctx context.Context, actor auth.Principal, object, before string) (EventPage, error) {
	if err := s.policy.Check(actor, "operation.events", policy.Object{Type: "Log"}); err != nil {
		return EventPage{}, err
	}
	if object != "" {
		events, err := s.events.Of(ctx, object)
		return EventPage{Events: events}, err
	}
	events, err := s.events.Latest(ctx, before, pageSize+1)
	if err != nil || len(events) <= pageSize {
		return EventPage{Events: events}, err
	}
	events = events[:pageSize]
	return EventPage{events, events[pageSize-1].ID}, nil
}
