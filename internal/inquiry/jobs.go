package inquiry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// dueJob looks at a hearing when the last day of a period has passed.
type dueJob struct {
	Inquiry string `json:"inquiry"`
	On      string `json:"on"`
}

// Kind names the job.
func (dueJob) Kind() string { return "inquiry.due" }

// paperJob prints a document of an inquiry.
type paperJob struct {
	Inquiry string `json:"inquiry"`
	Paper   string `json:"paper"`
	Part    string `json:"part,omitempty"` // which notice, where there are several
}

// Kind names the job.
func (paperJob) Kind() string { return "inquiry.paper" }

// forgetJob drops a photo that stopped arriving.
type forgetJob struct {
	Upload string `json:"upload"`
}

// Kind names the job.
func (forgetJob) Kind() string { return "inquiry.forget_upload" }

// recountJob works the deadlines of running hearings out anew.
type recountJob struct {
	Region string `json:"region"`
	After  string `json:"after,omitempty"`
}

// Kind names the job.
func (recountJob) Kind() string { return "inquiry.recount" }

// batch bounds one transaction.
const batch = 200

// Jobs registers what this area does by itself.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	job.Handle(q, s.due)
	job.Handle(q, s.recount)
	job.HandleOutside(q, s.printOut, s.enter)
	job.HandleOutside(q, func(ctx context.Context, j forgetJob) (struct{}, error) {
		return struct{}{}, s.c.Parts.Remove(ctx, j.Upload)
	}, func(ctx context.Context, tx db.Tx, j forgetJob, _ struct{}) error {
		return deleteUpload(ctx, tx, j.Upload)
	})
	event.Subscribe(l, "inquiry", s.caseMoved)
	event.Subscribe(l, "inquiry", func(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.CalendarChanged) error {
		if err := q.InsertTx(ctx, tx, recountJob{Region: e.Region}, job.Insert{}); err != nil {
			return err
		}
		// Another process may have told a right by the calendar before the change;
		// after a minute every process has the new one.
		return q.InsertTx(ctx, tx, recountJob{Region: e.Region}, job.Insert{At: s.c.Now().Add(time.Minute)})
	})
}

// watch plans to look at a hearing when its next period has passed.
func (s *Service) watch(ctx context.Context, tx db.Tx, x Inquiry) error {
	var on []day.Date
	for _, p := range x.Hearing.Parties {
		if p.Asked.IsZero() && !p.settled() {
			on = append(on, p.AskBy)
		}
	}
	on = append(on, x.Hearing.HoldBy)
	for _, d := range on {
		if d.IsZero() {
			continue
		}
		next := d.Add(1)
		j := dueJob{x.ID, next.String()}
		if err := s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{At: next.Time(), Unique: x.ID + "@" + j.On}); err != nil {
			return err
		}
	}
	return nil
}

// due ends rights whose days are over, and notes a hearing that was not organised
// in time. What was done once is not done again: the state tells.
func (s *Service) due(ctx context.Context, tx db.Tx, j dueJob) error {
	x, err := s.unsealed(locked(ctx, tx, j.Inquiry))
	if errors.Is(err, ErrNotFound) {
		return job.Dead(err)
	}
	if err != nil || !x.Open || x.Hearing == nil {
		return err
	}
	return s.apply(ctx, tx, asSystem, &x, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		return s.overdue(ctx, tx, x)
	})
}

func (s *Service) overdue(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
	h, today := x.Hearing, s.Today()
	if x.State == Told || x.State == Asked && !h.ExOfficio {
		ended, all := h.lapse(today)
		if all {
			x.State, x.Open, x.Due = Lapsed, false, day.Date{}
		} else if x.State == Told {
			x.Due = h.lastAsk()
		}
		if ended {
			return "lapsed", nil
		}
	}
	if (x.State == Asked || x.State == Set && x.Day.After(h.HoldBy)) && !x.Late && !h.HoldBy.IsZero() && today.After(h.HoldBy) {
		x.Late = true
		return "late", s.c.Cases.RaiseLate(ctx, tx, x.Case, "hearing:"+x.ID)
	}
	return "", nil
}

// caseMoved ends the inquiries of a case that came to its end.
func (s *Service) caseMoved(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.CaseMoved) error {
	rows, err := ofCase(ctx, tx, e.Case)
	if err != nil || len(rows) == 0 {
		return err
	}
	c, err := s.c.Cases.ForInquiry(ctx, asSystem, e.Case)
	if err != nil || c.Open {
		return err
	}
	for _, r := range rows {
		if !r.Open {
			continue
		}
		x, err := s.unsealed(locked(ctx, tx, r.ID))
		if err != nil {
			return err
		}
		err = s.apply(ctx, tx, asSystem, &x, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
			if !x.Open {
				return "", nil
			}
			x.State, x.Open, x.Public, x.Due = Cancelled, false, false, day.Date{}
			return "case_ended", nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recount works out the deadlines of hearings again by the calendar of today; each
// that moves is an event.
func (s *Service) recount(ctx context.Context, tx db.Tx, j recountJob) error {
	if s.c.FreshCalendars != nil {
		if err := s.c.FreshCalendars(ctx, tx); err != nil {
			return err
		}
	}
	rows, err := running(ctx, tx, KindHearing, j.After, batch)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if len(j.Region) > len(r.Division) || r.Division[:len(j.Region)] != j.Region {
			continue
		}
		x, err := s.unsealed(locked(ctx, tx, r.ID))
		if err != nil {
			return err
		}
		if err := s.apply(ctx, tx, asSystem, &x, s.recounted); err != nil {
			return err
		}
	}
	if len(rows) < batch {
		return nil
	}
	return s.c.Jobs.InsertTx(ctx, tx, recountJob{j.Region, rows[len(rows)-1].ID}, job.Insert{})
}

func (s *Service) recounted(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
	if x.State != Told && x.State != Asked || !x.Hearing.recount(s.calendar(x.Head)) {
		return "", nil
	}
	x.Due = x.Hearing.lastAsk()
	if x.State == Asked {
		x.Due = x.Hearing.HoldBy
	}
	return "due_moved", s.watch(ctx, tx, *x)
}

// print has a document made after the transaction.
func (s *Service) print(ctx context.Context, tx db.Tx, x Inquiry, paper, part string) error {
	return s.c.Jobs.InsertTx(ctx, tx, paperJob{x.ID, paper, part}, job.Insert{Unique: x.ID + paper + part})
}

type rendered struct {
	Case contract.CaseID
	Doc  Document
}

// printOut makes a document outside any transaction. It may run twice: the same
// content is the same bytes under the same name.
func (s *Service) printOut(ctx context.Context, j paperJob) (rendered, error) {
	x, err := s.unsealed(byID(ctx, s.c.DB, j.Inquiry))
	if err != nil {
		return rendered{}, err
	}
	p, ok, err := s.paper(ctx, x, j)
	if err != nil {
		return rendered{}, err
	}
	if !ok {
		return rendered{}, job.Dead(fmt.Errorf("no wording for document %s", j.Paper))
	}
	body, err := s.c.Papers.Render(ctx, p)
	if err != nil {
		return rendered{}, fmt.Errorf("render %s: %w", j.Paper, err)
	}
	id, size, err := s.c.Blobs.Put(ctx, bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return rendered{}, fmt.Errorf("keep %s: %w", j.Paper, err)
	}
	s.c.Log.DebugContext(ctx, "document made", slog.String("inquiry", x.ID), slog.String("paper", j.Paper))
	return rendered{x.Case, Document{
		Kind: j.Paper + ":" + x.ID + j.Part, Title: p.Title, Number: p.Number, At: p.At, Blob: contract.BlobID(id), Size: size,
	}}, nil
}

func (s *Service) enter(ctx context.Context, tx db.Tx, _ paperJob, r rendered) error {
	return s.c.Records.Attach(ctx, tx, r.Case, r.Doc)
}
