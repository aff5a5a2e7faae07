package rating

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// defaultJob rates a case that nobody rated in time.
type defaultJob struct {
	Case contract.CaseID `json:"case"`
}

// Kind is the job's name.
func (defaultJob) Kind() string { return "rating.default" }

// Jobs registers what this area does by itself.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	job.Handle(q, s.rateByDefault)
	if s.c.DefaultAfter > 0 {
		event.Subscribe(l, "rating", s.onMoved)
	}
}

// onMoved starts the wait when a case is delivered, its last step.
func (s *Service) onMoved(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.CaseMoved) error {
	if e.Action != "deliver" {
		return nil
	}
	return s.c.Jobs.InsertTx(ctx, tx, defaultJob{e.Case},
		job.Insert{At: s.c.Now().Add(s.c.DefaultAfter), Unique: string(e.Case)})
}

func (s *Service) rateByDefault(ctx context.Context, tx db.Tx, j defaultJob) error {
	actor := auth.SystemPrincipal("rating.default")
	facts, err := s.c.Cases.Facts(ctx, actor, j.Case)
	if err != nil {
		return err
	}
	before, err := ofCase(ctx, tx, j.Case)
	if err != nil || len(before) > 0 {
		return err
	}
	return s.save(ctx, tx, actor, facts, Rating{
		ID: s.c.NewID(), Case: facts.ID, Item: facts.Item, Agency: facts.Agency,
		Satisfaction: FairlySatisfied, Default: true, At: s.c.Now(),
	})
}
