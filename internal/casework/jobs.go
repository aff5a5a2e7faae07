package casework

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/statute"
)

// dueJob looks at a case on the day after a deadline.
type dueJob struct {
	Case contract.CaseID `json:"case"`
	On   string          `json:"on"`
}

// Kind names the job.
func (dueJob) Kind() string { return "casework.due" }

// paperJob renders, signs and keeps one document.
type paperJob struct {
	Case  contract.CaseID `json:"case"`
	Step  int             `json:"step"`
	Paper string          `json:"paper"` // kind of document, of the procedure
}

// Kind names the job.
func (paperJob) Kind() string { return "casework.paper" }

// recomputeJob works through the open deadlines of a region, a batch at a time.
type recomputeJob struct {
	Region string          `json:"region"`
	After  contract.CaseID `json:"after"`
	Reason string          `json:"reason"`
}

// Kind names the job.
func (recomputeJob) Kind() string { return "casework.recompute" }

// covers reports whether a division lies in the region.
func (j recomputeJob) covers(division string) bool {
	region := statute.Chain(j.Region)
	return len(region) == 0 || slices.Contains(statute.Chain(division), region[len(region)-1])
}

// unitJob looks at the task of another agency on the day after it was due.
type unitJob struct {
	Case  contract.CaseID `json:"case"`
	Unit  string          `json:"unit"`
	Round int             `json:"round"`
}

// Kind names the job.
func (unitJob) Kind() string { return "casework.unit" }

// recomputeBatch bounds one transaction.
const recomputeBatch = 200

// Jobs registers what jobs and events of others do here.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	job.Handle(q, func(ctx context.Context, tx db.Tx, j dueJob) error {
		err := s.lapse(ctx, tx, j.Case)
		if errors.Is(err, ErrNotFound) {
			return job.Dead(err)
		}
		return err
	})
	job.Handle(q, s.owedDue)
	job.Handle(q, s.recomputeSome)
	job.Handle(q, s.late)
	s.moveJobs(q)
	job.Handle(q, s.absenceBegins)
	job.Handle(q, s.holderGone)
	job.Handle(q, s.objectionLate)
	job.HandleOutside(q, s.render, s.keepPaper)
	event.Subscribe(l, "casework", s.licenceIssued)
	event.Subscribe(l, "casework", s.rated)
	event.Subscribe(l, "casework", s.onPaper)
	event.Subscribe(l, "casework", s.accountChanged)
	event.Subscribe(l, "casework", func(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.CalendarChanged) error {
		again := recomputeJob{Region: e.Region, Reason: "calendar " + e.Region}
		if err := q.InsertTx(ctx, tx, again, job.Insert{}); err != nil {
			return err
		}
		// Another process may have taken cases with the calendar before the
		// change; after a minute every process has the new one.
		return q.InsertTx(ctx, tx, again, job.Insert{At: s.c.Now().Add(time.Minute)})
	})
}

// licenceIssued delivers: the licence is in the holder's hands once it is
// signed and stands in the wallet.
func (s *Service) licenceIssued(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.LicenceIssued) error {
	c, err := lockCase(ctx, tx, e.Case)
	if errors.Is(err, ErrNotFound) {
		return nil // a licence without a case of ours
	}
	if err != nil {
		return err
	}
	if c.Stage != StageDeliver { // told before
		return nil
	}
	c.Licence = e.Licence
	chosen, err := deliveryRow(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if chosen.onPaper() { // the e-licence is there at once; delivered is what was asked for
		return setLicence(ctx, tx, c.ID, e.Licence)
	}
	_, err = s.step(ctx, tx, auth.SystemPrincipal("electronic-delivery"), c, Action{Name: actDeliver})
	return err
}

func (s *Service) recomputeSome(ctx context.Context, tx db.Tx, j recomputeJob) error {
	if s.c.FreshCalendars != nil {
		if err := s.c.FreshCalendars(ctx, tx); err != nil {
			return err
		}
	}
	if j.After == "" {
		if err := s.recomputeObjections(ctx, tx, j); err != nil {
			return err
		}
		if err := s.recomputeCards(ctx, tx, j); err != nil {
			return err
		}
	}
	batch, err := casesRunning(ctx, tx, j.After, recomputeBatch)
	if err != nil {
		return err
	}
	moved := 0
	for _, c := range batch {
		onTheWay := c.Stage == StageTransit && j.covers(c.Counter.Division)
		if !onTheWay && !j.covers(c.Division) {
			continue
		}
		changed, err := s.recompute(ctx, tx, c, j.Reason)
		if err != nil {
			return err
		}
		if changed {
			moved++
		}
	}
	if moved > 0 {
		s.c.Log.InfoContext(ctx, "deadlines moved with the calendar", slog.String("region", j.Region), slog.Int("cases", moved))
	}
	if len(batch) < recomputeBatch {
		return nil
	}
	j.After = batch[len(batch)-1].ID
	return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{})
}
