package form

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/job"
)

// expire forgets a draft that nobody touched for long.
type expire struct {
	Draft contract.DraftID `json:"draft"`
}

// Kind names the job.
func (expire) Kind() string { return "form.expire" }

// sweep deletes files that no draft names any more.
type sweep struct{}

// Kind names the job.
func (sweep) Kind() string { return "form.sweep" }

const (
	// expiredShown is how long after its last day a draft still tells its owner
	// that it expired.
	expiredShown = 14 * 24 * time.Hour
	// orphanAge is how long a file that nobody names is kept.
	orphanAge = 7 * 24 * time.Hour
	// sweepEvery is how often files are looked through, sweepBatch how many at once.
	sweepEvery = 6 * time.Hour
	sweepBatch = 200
)

// Jobs registers the jobs of this area.
func (s *Service) Jobs(q *job.Queue) {
	job.Handle(q, s.expireJob)
	job.Handle(q, s.remindJob)
	job.HandleOutside(q, func(ctx context.Context, j forgetUpload) (bool, error) {
		expires, err := uploadExpires(ctx, s.c.DB, j.Upload)
		if err == nil && expires.After(s.c.Now()) {
			return false, job.Snooze(expires.Sub(s.c.Now()))
		}
		return true, s.c.Parts.Remove(ctx, j.Upload)
	}, func(ctx context.Context, tx db.Tx, j forgetUpload, _ bool) error {
		return deleteUpload(ctx, tx, j.Upload)
	})
	job.HandleOutside(q, func(ctx context.Context, _ sweep) ([]contract.BlobID, error) { return s.sweepFiles(ctx) },
		func(ctx context.Context, tx db.Tx, _ sweep, gone []contract.BlobID) error {
			for _, b := range gone {
				if err := deleteOrphan(ctx, tx, b, s.c.Now().Add(-orphanAge)); err != nil {
					return err
				}
			}
			return s.c.Jobs.InsertTx(ctx, tx, sweep{}, job.Insert{At: s.c.Now().Add(sweepEvery), Unique: "files"})
		})
}

// Plan plans the work that repeats; each start of the program asks for it, and it
// is planned once.
func (s *Service) Plan(ctx context.Context) error {
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Jobs.InsertTx(ctx, tx, sweep{}, job.Insert{At: s.c.Now().Add(sweepEvery), Unique: "files"})
	})
	return ignoreTwin(err)
}

func (s *Service) expireJob(ctx context.Context, tx db.Tx, j expire) error {
	r, err := selectDraft(ctx, tx, j.Draft)
	if err != nil {
		return ignoreMissing(err)
	}
	if left := r.Expires.Add(expiredShown).Sub(s.c.Now()); left > 0 && r.Submitted.IsZero() {
		return job.Snooze(left)
	}
	// Submitted ones go too: the case keeps the receipt, and nobody clicks
	// twice after a month.
	if left := r.Submitted.Add(keep).Sub(s.c.Now()); !r.Submitted.IsZero() && left > 0 {
		return job.Snooze(left)
	}
	return deleteDraft(ctx, tx, j.Draft, s.c.Now())
}

// sweepFiles deletes what nobody keeps. A file that was stored again meanwhile
// stays: the store does not delete what is younger.
func (s *Service) sweepFiles(ctx context.Context) ([]contract.BlobID, error) {
	before := s.c.Now().Add(-orphanAge)
	list, err := selectOrphans(ctx, s.c.DB, before, sweepBatch)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		kept, err := s.kept(ctx, b)
		if err != nil {
			return nil, err
		}
		if kept {
			continue // whoever keeps it, it is no orphan
		}
		if _, err := s.c.Blobs.Delete(ctx, string(b), before); err != nil {
			return nil, fmt.Errorf("delete file: %w", err)
		}
	}
	return list, nil
}

func (s *Service) kept(ctx context.Context, b contract.BlobID) (bool, error) {
	if here, err := namesBlob(ctx, s.c.DB, b); err != nil || here {
		return here, err
	}
	for _, k := range s.c.Keepers {
		if there, err := k.KeepsBlob(ctx, b); err != nil || there {
			return there, err
		}
	}
	return false, nil
}
