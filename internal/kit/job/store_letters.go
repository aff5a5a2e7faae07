package job

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// Letter is a dead letter: a job that was given up, kept for somebody to look.
type Letter struct {
	ID, Kind string
	Payload  string // JSON
	Error    string // of the last attempt; for the log's readers, not for the public
	Attempts int
	Due      time.Time
}

// DeadLetters returns the newest 200 dead letters.
func (q *Queue) DeadLetters(ctx context.Context) ([]Letter, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT id, kind, payload, error, attempt, due FROM job_jobs
		WHERE dead ORDER BY id DESC LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	defer rows.Close()
	var letters []Letter
	for rows.Next() {
		var l Letter
		var due int64
		if err := rows.Scan(&l.ID, &l.Kind, &l.Payload, &l.Error, &l.Attempts, &due); err != nil {
			return nil, fmt.Errorf("dead letters: %w", err)
		}
		l.Due = time.UnixMicro(due).UTC()
		letters = append(letters, l)
	}
	return letters, rows.Err()
}

// Retry makes a dead letter due now, with all its attempts before it. It returns
// ErrNotFound, or ErrTwin when a job with its unique key waits already.
func (q *Queue) Retry(ctx context.Context, id string) error {
	err := q.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE job_jobs SET dead = FALSE, attempt = 0, due = $1
			WHERE id = $2 AND dead`, q.now().UnixMicro(), id)
		if db.IsUnique(err) {
			return ErrTwin.Wrap(err)
		}
		if err != nil {
			return fmt.Errorf("retry job: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound.Wrap(err)
		}
		return nil
	})
	if err == nil {
		q.wakeUp(inside)
		q.wakeUp(outside)
	}
	return err
}

// Backlog is the due jobs of one kind.
type Backlog struct {
	Kind   string
	Due    int           // jobs due now
	Oldest time.Duration // how long the oldest of them is overdue
	Dead   int
}

// Backlogs returns the kinds that have due jobs or dead letters.
func (q *Queue) Backlogs(ctx context.Context) ([]Backlog, error) {
	now := q.now()
	rows, err := q.db.QueryContext(ctx, `SELECT kind, CAST(SUM(due_now) AS BIGINT), MIN(oldest), CAST(SUM(gone) AS BIGINT) FROM (
		SELECT kind, COUNT(*) AS due_now, MIN(due) AS oldest, 0 AS gone FROM job_jobs WHERE NOT dead AND due <= $1 GROUP BY kind
		UNION ALL
		SELECT kind, 0, CAST($1 AS BIGINT), COUNT(*) FROM job_jobs WHERE dead GROUP BY kind) AS b
		GROUP BY kind ORDER BY kind`, now.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("backlogs: %w", err)
	}
	defer rows.Close()
	var all []Backlog
	for rows.Next() {
		var b Backlog
		var oldest int64
		if err := rows.Scan(&b.Kind, &b.Due, &oldest, &b.Dead); err != nil {
			return nil, fmt.Errorf("backlogs: %w", err)
		}
		b.Oldest = now.Sub(time.UnixMicro(oldest))
		all = append(all, b)
	}
	return all, rows.Err()
}
