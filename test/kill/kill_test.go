// Package kill cuts the power in the middle of work and looks at what is left.
package kill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/test/platform"
)

const (
	rounds      = 10
	submissions = 200
	clients     = 16
)

// Whatever was acknowledged is there, exactly once; whatever was not is there
// whole or not at all.
func TestKilledPlatformLosesNothingItAcknowledged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the binary ten times")
	}
	binary, err := platform.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		trial(t, binary, data, filepath.Join(data, "tongban.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		trial(t, binary, t.TempDir(), dbtest.PostgresURL(t))
	})
}

func trial(t *testing.T, binary, data, database string) {
	t.Helper()
	acknowledged := map[string]platform.Receipt{} // by draft
	for round := range rounds {
		p := start(t, binary, data, database)
		lin, err := p.SignIn(t.Context(), "lin")
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 { // one by one; the rest are copies, for uploading takes most of the time
			draft, err := lin.Ready(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stop(t, p)
			copyDraft(t, database, draft, rounds*submissions)
			p = start(t, binary, data, database)
			if lin, err = p.SignIn(t.Context(), "lin"); err != nil {
				t.Fatal(err)
			}
		}
		for draft, r := range crash(t, p, lin, drafts(round)) {
			acknowledged[draft] = r
		}
	}
	p := start(t, binary, data, database)
	lin, err := p.SignIn(t.Context(), "lin")
	if err != nil {
		t.Fatal(err)
	}
	repeated(t, lin, acknowledged)
	stop(t, p)
	whole(t, database, acknowledged)
	t.Logf("%d kills, %d submissions acknowledged", rounds, len(acknowledged))
	if len(acknowledged) < rounds || len(acknowledged) == rounds*submissions {
		t.Error("the kills did not come in the middle of work")
	}
}

func start(t *testing.T, binary, data, database string) *platform.Process {
	t.Helper()
	p, err := platform.Start(t.Context(), binary, data, database, "--log-level=debug")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() })
	return p
}

func stop(t *testing.T, p *platform.Process) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
}

func draftID(n int) string { return fmt.Sprintf("0193aaaa-0000-7000-8000-%012d", n) }

func drafts(round int) []string {
	all := make([]string, submissions)
	for i := range all {
		all[i] = draftID(round*submissions + i)
	}
	return all
}

// copyDraft makes n drafts like one that is ready, files and all.
func copyDraft(t *testing.T, database, draft string, n int) {
	t.Helper()
	d := open(t, database)
	err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		for i := range n {
			if _, err := tx.ExecContext(ctx, `INSERT INTO form_drafts (id, kind, item, version, owner, company, party, case_id, rev, answers, sealed,
				done, total, created_at, saved_at, held_at, expires_at, submitted_at, receipt)
				SELECT CAST($1 AS TEXT), kind, item, version, owner, company, party, case_id, rev, answers, sealed,
				done, total, created_at, saved_at, held_at, expires_at, submitted_at, receipt FROM form_drafts WHERE id = $2`, draftID(i), draft); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO form_files (id, draft_id, material, name, type, size, blob, uploaded_at)
				SELECT CAST($1 AS TEXT) || material, CAST($1 AS TEXT), material, name, type, size, blob, uploaded_at FROM form_files WHERE draft_id = $2`, draftID(i), draft); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, database string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// crash submits the drafts from many clients and kills the platform at a moment
// nobody chose. It returns what was acknowledged before.
func crash(t *testing.T, p *platform.Process, lin *platform.Client, drafts []string) map[string]platform.Receipt {
	t.Helper()
	var mu sync.Mutex
	acknowledged := map[string]platform.Receipt{}
	fuse := int64(1 + rand.IntN(submissions-1)) // kill while this one is under way
	var begun atomic.Int64
	lit := make(chan struct{})
	var work sync.WaitGroup
	next := make(chan string, len(drafts))
	for _, d := range drafts {
		next <- d
	}
	close(next)
	for range clients {
		work.Go(func() {
			for d := range next {
				if begun.Add(1) == fuse {
					close(lit)
				}
				r, err := lin.Submit(t.Context(), d)
				if err != nil {
					if problem, ok := errors.AsType[*platform.ProblemError](err); ok {
						t.Errorf("submit: %v", problem)
					}
					return // the platform is gone
				}
				mu.Lock()
				acknowledged[d] = r
				mu.Unlock()
			}
		})
	}
	<-lit
	time.Sleep(time.Duration(rand.IntN(5_000)) * time.Microsecond) // chance is the point, not waiting
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	work.Wait()
	return acknowledged
}

// repeated asks for each acknowledged submission again: it is the same case.
func repeated(t *testing.T, lin *platform.Client, acknowledged map[string]platform.Receipt) {
	t.Helper()
	for draft, r := range acknowledged {
		again, err := lin.Submit(t.Context(), draft)
		if err != nil || again != r {
			t.Errorf("draft %s: %v became %v, %v", draft, r, again, err)
		}
		if err := lin.Call(t.Context(), http.MethodGet, "/cases/"+r.Case, nil, nil); err != nil {
			t.Errorf("case %s: %v", r.Case, err)
		}
	}
}

// whole looks into the database: every acknowledged case is there, every case
// has all of its parts, and no part is without its case. Then it breaks things,
// to show that it would have seen.
func whole(t *testing.T, database string, acknowledged map[string]platform.Receipt) {
	t.Helper()
	d := open(t, database)
	defer func() { _ = d.Close() }()
	cases := column(t, d, "SELECT submission_key || ' ' || id || ' ' || number FROM casework_cases ORDER BY 1")
	for draft, r := range acknowledged {
		if line := draft + " " + r.Case + " " + r.Number; !slices.Contains(cases, line) {
			t.Errorf("acknowledged, but not there: %s", line)
		}
	}
	for _, f := range findings(t, d) {
		t.Error(f)
	}
	const one = "(SELECT MIN(id) FROM casework_cases)"
	for _, damage := range []string{
		"DELETE FROM casework_cases WHERE id = " + one,
		"DELETE FROM casework_answers WHERE case_id = " + one,
		"DELETE FROM casework_materials WHERE case_id = " + one + " AND material = 'plans'",
		"DELETE FROM casework_steps WHERE case_id = " + one,
		"DELETE FROM casework_entries WHERE case_id = " + one,
		"DELETE FROM event_events WHERE object = 'case:' || " + one,
		"UPDATE form_drafts SET receipt = '' WHERE id = (SELECT MIN(submission_key) FROM casework_cases)",
	} {
		undo := errors.New("undo")
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if _, err := tx.ExecContext(ctx, damage); err != nil {
				return err
			}
			if len(findings(t, tx)) == 0 {
				t.Errorf("not seen: %s", damage)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Error(err)
		}
	}
}

// findings returns what is half made.
func findings(t *testing.T, q db.Q) []string {
	t.Helper()
	var all []string
	for name, query := range map[string]string{
		"draft marked without a case":          "SELECT id FROM form_drafts WHERE submitted_at <> 0 AND id NOT IN (SELECT submission_key FROM casework_cases)",
		"case of a draft that is still open":   "SELECT id FROM casework_cases WHERE submission_key IN (SELECT id FROM form_drafts WHERE submitted_at = 0 OR receipt = '')",
		"case without answers":                 "SELECT id FROM casework_cases WHERE id NOT IN (SELECT case_id FROM casework_answers)",
		"case without its four files":          "SELECT id FROM casework_cases c WHERE (SELECT COUNT(*) FROM casework_materials m WHERE m.case_id = c.id) < 4",
		"case without its first step":          "SELECT id FROM casework_cases c WHERE (SELECT COUNT(*) FROM casework_steps s WHERE s.case_id = c.id AND s.no = 1) <> 1",
		"case without a clock":                 "SELECT id FROM casework_cases c WHERE NOT EXISTS (SELECT 1 FROM casework_entries e WHERE e.case_id = c.id)",
		"case without exactly one filed event": "SELECT id FROM casework_cases c WHERE (SELECT COUNT(*) FROM event_events e WHERE e.object = 'case:' || c.id AND e.name = 'casework.moved.v1') <> 1",
		"answers without a case":               "SELECT case_id FROM casework_answers WHERE case_id NOT IN (SELECT id FROM casework_cases)",
		"step without a case":                  "SELECT case_id FROM casework_steps WHERE case_id NOT IN (SELECT id FROM casework_cases)",
		"file without a case":                  "SELECT case_id FROM casework_materials WHERE case_id NOT IN (SELECT id FROM casework_cases)",
		"dead letter":                          "SELECT kind || ' ' || error FROM job_jobs WHERE dead",
	} {
		if got := column(t, q, query); len(got) > 0 {
			all = append(all, fmt.Sprintf("%s: %d, as %s", name, len(got), got[0]))
		}
	}
	return all
}

func column(t *testing.T, q db.Q, query string) []string {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(query, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
