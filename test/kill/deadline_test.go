package kill

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/test/platform"
)

const (
	waiting  = 60                  // cases on which the agency is silent
	power    = 2                   // power cuts while the deadlines fire
	standing = 25 * 24 * time.Hour // how long the platform stood still
)

// A platform that stood still for weeks catches up, and what a passed day brings
// about comes once, also when the power fails again and again meanwhile: silence
// becomes acceptance, what is owed and does not come ends a case.
func TestDeadlinesFireOnceOverPowerCuts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the binary many times")
	}
	dir := t.TempDir()
	binary, err := platform.Build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := platform.BuildAhead(t.Context(), dir, standing)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		overdue(t, binary, ahead, data, filepath.Join(data, "tongban.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		overdue(t, binary, ahead, t.TempDir(), dbtest.PostgresURL(t))
	})
}

func overdue(t *testing.T, binary, ahead, data, database string) {
	t.Helper()
	fill(t, binary, data, database, waiting)
	owe(t, database)
	d := open(t, database)
	cut := 0
	for round := range power {
		later(t, d)
		fired := count(t, d, firedQuery)
		p := start(t, ahead, data, database)
		// The power fails as soon as some more deadlines have fired.
		until(t, p, func() bool { return count(t, d, firedQuery) >= min(fired+1+round*7, waiting) })
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if count(t, d, leftQuery(t)) > 0 {
			cut++
		}
	}
	later(t, d)
	p := start(t, ahead, data, database)
	until(t, p, func() bool { return count(t, d, leftQuery(t)) == 0 })
	stop(t, p)
	t.Logf("%d of %d power cuts came while deadlines were firing", cut, power)
	if cut == 0 {
		t.Error("no power cut came in the middle of work")
	}
	once(t, d)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	out, err := exec.CommandContext(t.Context(), binary, "replay", "--demo", "--data", data, "--database", database).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ": 0 differences") {
		t.Errorf("replay: %v\n%s", err, out)
	}
}

// until waits for what the platform's jobs bring about.
func until(t *testing.T, p *platform.Process, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := p.Until(ctx, ok); err != nil {
		t.Fatal(err)
	}
}

// later lets the claims of processes that are gone run out, which takes minutes.
func later(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE job_jobs SET due = due - 3600000000 WHERE claim <> ''")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fill submits cases on which nobody acts.
func fill(t *testing.T, binary, data, database string, n int) {
	t.Helper()
	p := start(t, binary, data, database)
	lin, err := p.SignIn(t.Context(), "lin")
	if err != nil {
		t.Fatal(err)
	}
	draft, err := lin.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop(t, p)
	copyDraft(t, database, draft, n)
	p = start(t, binary, data, database)
	if lin, err = p.SignIn(t.Context(), "lin"); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := lin.Submit(t.Context(), draftID(i)); err != nil {
			t.Fatal(err)
		}
	}
	stop(t, p)
}

// owe lets every third case owe a material, as a submission that owes one does. The
// hygiene licence allows none to be owed, so the rows are written here.
func owe(t *testing.T, database string) {
	t.Helper()
	d := open(t, database)
	due := time.Now().AddDate(0, 0, 4)
	cases := column(t, d, "SELECT id FROM casework_cases ORDER BY id")
	err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		for i := 0; i < len(cases); i += 3 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO casework_owed (case_id, material, due, state, changed_at)
				VALUES ($1, 'plans', $2, 'open', 0)`, cases[i], due.Format(time.DateOnly)); err != nil {
				return err
			}
			for n, warn := range []bool{true, false} {
				payload := fmt.Sprintf(`{"case":%q,"material":"plans","warn":%v}`, cases[i], warn)
				if _, err := tx.ExecContext(ctx, `INSERT INTO job_jobs (id, kind, payload, due, attempt, claim, dead, error, made)
					VALUES ($1, 'casework.owed', $2, $3, 0, '', FALSE, '', 0)`, fmt.Sprintf("owed-%d-%s", n, cases[i]), payload, due.AddDate(0, 0, n).UnixMicro()); err != nil {
					return err
				}
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

// firedQuery counts what deadlines have brought about.
const firedQuery = "SELECT COUNT(*) FROM casework_steps WHERE action IN ('deem', 'withdraw')"

// leftQuery counts the jobs that are due by the clock that runs ahead, and those
// that a process had in hand when its power failed: they come again when its claim
// has run out.
func leftQuery(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("SELECT COUNT(*) FROM job_jobs WHERE NOT dead AND kind LIKE 'casework.%%' AND (due <= %d OR claim <> '')", time.Now().Add(standing).UnixMicro())
}

func count(t *testing.T, q db.Q, query string) int {
	t.Helper()
	var n int
	if err := q.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

// once looks at what came of every case.
func once(t *testing.T, d *db.DB) {
	t.Helper()
	const owes = "(SELECT case_id FROM casework_owed)"
	event := func(name, body string) string {
		return "SELECT id FROM casework_cases c WHERE %s AND (SELECT COUNT(*) FROM event_events e WHERE e.object = 'case:' || c.id AND e.name = '" + name + "' AND e.body LIKE '%%" + body + "%%') <> 1"
	}
	for name, query := range map[string]string{
		"not accepted once":          "SELECT id FROM casework_cases c WHERE id NOT IN " + owes + " AND (SELECT COUNT(*) FROM casework_steps s WHERE s.case_id = c.id AND s.action = 'deem') <> 1",
		"accepted twice":             "SELECT case_id FROM casework_steps WHERE action = 'deem' GROUP BY case_id HAVING COUNT(*) > 1",
		"not dated back":             "SELECT id FROM casework_cases WHERE deemed AND accepted_at <> received_at",
		"not told once":              fmt.Sprintf(event("casework.moved.v1", `"action":"deem"`), "id NOT IN "+owes),
		"no card, or two":            fmt.Sprintf(event("casework.supervision.v1", `"rule":"deemed"`), "id NOT IN "+owes),
		"no card for the promise":    fmt.Sprintf(event("casework.supervision.v1", `"rule":"promised"`), "id NOT IN "+owes),
		"no notice, or two":          "SELECT id FROM casework_cases c WHERE deemed AND (SELECT COUNT(*) FROM casework_documents x WHERE x.case_id = c.id AND x.kind = 'acceptance_notice') <> 1",
		"not ended once":             "SELECT id FROM casework_cases c WHERE id IN " + owes + " AND (SELECT COUNT(*) FROM casework_steps s WHERE s.case_id = c.id AND s.action = 'withdraw') <> 1",
		"ended without owing":        "SELECT case_id FROM casework_steps WHERE action = 'withdraw' AND case_id NOT IN " + owes,
		"end not told once":          fmt.Sprintf(event("casework.material_due.v1", `"passed":true`), "id IN "+owes),
		"what is owed has not ended": "SELECT case_id FROM casework_owed WHERE state <> 'lapsed'",
		"dead letter":                "SELECT kind || ' ' || error FROM job_jobs WHERE dead",
	} {
		if got := column(t, d, query); len(got) > 0 {
			t.Errorf("%s: %d, as %s", name, len(got), got[0])
		}
	}
	if n := count(t, d, "SELECT COUNT(*) FROM casework_cases"); n != waiting {
		t.Errorf("%d cases", n)
	}
}
