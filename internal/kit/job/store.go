package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/kit/db"
)

type row struct {
	id, kind, unique, payload string
	due, made                 int64
}

// claimed is a job somebody works on.
type claimed struct {
	id, kind, unique, payload string
	claim, lastError          string
	due                       int64 // its true due time; the row holds the lease's end
	attempt                   int64
}

func insert(ctx context.Context, q db.Q, r row) error {
	_, err := q.ExecContext(ctx, `INSERT INTO job_jobs (id, kind, uniq, payload, due, attempt, claim, dead, error, made)
		VALUES ($1, $2, $3, $4, $5, 0, '', FALSE, '', $6) ON CONFLICT DO NOTHING`,
		r.id, r.kind, sql.NullString{String: r.unique, Valid: r.unique != ""}, r.payload, r.due, r.made)
	if err != nil {
		return fmt.Errorf("insert job %s: %w", r.kind, err)
	}
	return nil
}

func remove(ctx context.Context, q db.Q, kind, unique string) error {
	if _, err := q.ExecContext(ctx, "DELETE FROM job_jobs WHERE kind = $1 AND uniq = $2", kind, unique); err != nil {
		return fmt.Errorf("cancel job %s: %w", kind, err)
	}
	return nil
}

// dueKinds returns which of kinds have a job that is due, by one look into the
// index for each.
func dueKinds(ctx context.Context, q db.Q, kinds []string, now int64) ([]string, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	args := []any{now}
	holes := make([]string, len(kinds))
	for i, k := range kinds {
		args = append(args, k)
		holes[i] = "($" + strconv.Itoa(i+2) + ")"
	}
	// Both databases call the only column of VALUES column1.
	rows, err := q.QueryContext(ctx, `SELECT k.column1 FROM (VALUES `+strings.Join(holes, ", ")+`) AS k
		WHERE EXISTS (SELECT 1 FROM job_jobs WHERE kind = k.column1 AND due <= $1 AND NOT dead)`, args...)
	if err != nil {
		return nil, fmt.Errorf("due jobs: %w", err)
	}
	defer rows.Close()
	var due []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			return nil, fmt.Errorf("due jobs: %w", err)
		}
		due = append(due, k)
	}
	return due, rows.Err()
}

// leasing is who claims, at what time, until when.
type leasing struct {
	token      string
	now, until int64
}

// claim leases up to n due jobs of a kind.
func claim(ctx context.Context, tx db.Tx, l leasing, kind string, n int) ([]claimed, error) {
	// PostgreSQL: jobs that another process is claiming are skipped, not waited
	// for. On SQLite all transactions stand in one line, and there is no such clause.
	skip := ""
	if tx.Dialect() == db.Postgres {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	rows, err := tx.QueryContext(ctx, `SELECT id, COALESCE(uniq, ''), payload, due, attempt, error FROM job_jobs
		WHERE kind = $1 AND due <= $2 AND NOT dead ORDER BY due, id LIMIT $3 `+skip, kind, l.now, n)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	defer rows.Close()
	var jobs []claimed
	for rows.Next() {
		c := claimed{kind: kind, claim: l.token}
		if err := rows.Scan(&c.id, &c.unique, &c.payload, &c.due, &c.attempt, &c.lastError); err != nil {
			return nil, fmt.Errorf("claim: %w", err)
		}
		c.attempt++
		jobs = append(jobs, c)
	}
	if err := rows.Err(); err != nil || len(jobs) == 0 {
		return nil, err
	}
	return jobs, lease(ctx, tx, jobs, l)
}

func lease(ctx context.Context, tx db.Tx, jobs []claimed, l leasing) error {
	args := []any{l.token, l.until}
	holes := make([]string, len(jobs))
	for i, c := range jobs {
		args = append(args, c.id)
		holes[i] = "$" + strconv.Itoa(i+3)
	}
	_, err := tx.ExecContext(ctx, `UPDATE job_jobs SET claim = $1, due = $2, attempt = attempt + 1
		WHERE id IN (`+strings.Join(holes, ", ")+`)`, args...)
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	return nil
}

// end deletes a job if the claim still holds.
func end(ctx context.Context, q db.Q, id, token string) (bool, error) {
	res, err := q.ExecContext(ctx, "DELETE FROM job_jobs WHERE id = $1 AND claim = $2", id, token)
	if err != nil {
		return false, fmt.Errorf("end job: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// endAll deletes jobs if the claim on every one of them still holds.
func endAll(ctx context.Context, q db.Q, token string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	args := []any{token}
	holes := make([]string, len(ids))
	for i, id := range ids {
		args = append(args, id)
		holes[i] = "$" + strconv.Itoa(i+2)
	}
	res, err := q.ExecContext(ctx, "DELETE FROM job_jobs WHERE claim = $1 AND id IN ("+strings.Join(holes, ", ")+")", args...)
	if err != nil {
		return fmt.Errorf("end jobs: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(ids)) {
		return errors.Join(errLost, err)
	}
	return nil
}

// release gives a claimed job a new due time, if the claim still holds.
func release(ctx context.Context, q db.Q, c claimed, due, attempt int64, text string) error {
	_, err := q.ExecContext(ctx, `UPDATE job_jobs SET claim = '', due = $1, attempt = $2, error = $3
		WHERE id = $4 AND claim = $5`, due, attempt, text, c.id, c.claim)
	if err != nil {
		return fmt.Errorf("release job: %w", err)
	}
	return nil
}

// bury makes a claimed job a dead letter, if the claim still holds.
func bury(ctx context.Context, q db.Q, c claimed, text string) error {
	_, err := q.ExecContext(ctx, `UPDATE job_jobs SET claim = '', due = $1, dead = TRUE, error = $2
		WHERE id = $3 AND claim = $4`, c.due, text, c.id, c.claim)
	if err != nil {
		return fmt.Errorf("bury job: %w", err)
	}
	return nil
}
