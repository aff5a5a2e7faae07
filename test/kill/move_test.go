package kill

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/test/platform"
)

const (
	edition = 100 // that the running cases move to
	moving  = 300 // cases: jobs are done by the dozen, and the power fails between
)

// Running cases move to a new edition of their procedure while the power fails again
// and again: each is wholly moved or not at all, and the plan goes on to its end.
func TestAMoveIsWholeOverPowerCuts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the binary many times")
	}
	binary, err := platform.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		moved(t, binary, data, filepath.Join(data, "tongban.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		moved(t, binary, t.TempDir(), dbtest.PostgresURL(t))
	})
}

func moved(t *testing.T, binary, data, database string) {
	t.Helper()
	fill(t, binary, data, database, moving)
	newEdition(t, data)
	d := open(t, database)
	p := start(t, binary, data, database)
	plan := approve(t, p)
	cut := 0
	for round := range power {
		until(t, p, func() bool { return count(t, d, movedQuery) > round*moving/(power+1) })
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		halves(t, d)
		if n := count(t, d, movedQuery); n > 0 && n < moving {
			cut++
		}
		later(t, d)
		p = start(t, binary, data, database)
	}
	const left = "SELECT COUNT(*) FROM casework_move_cases WHERE result = '' OR case_id IN (SELECT id FROM casework_cases WHERE proc_version = 1)"
	until(t, p, func() bool {
		return count(t, d, left) == 0 && count(t, d, "SELECT COUNT(*) FROM job_jobs WHERE kind LIKE 'casework.move%' AND NOT dead") == 0
	})
	head, err := p.SignIn(t.Context(), "head")
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		Done         bool
		Cases, Moved int
	}
	if err := head.Call(t.Context(), http.MethodGet, "/moves/"+plan, nil, &told); err != nil || !told.Done || told.Cases != moving || told.Moved != moving {
		t.Errorf("the plan: %+v, %v", told, err)
	}
	stop(t, p)
	t.Logf("%d of %d power cuts came while cases were moving", cut, power)
	if cut == 0 {
		t.Error("no power cut came in the middle of work")
	}
	halves(t, d)
	for name, query := range map[string]string{
		"not moved once": "SELECT id FROM casework_cases c WHERE (SELECT COUNT(*) FROM casework_steps s WHERE s.case_id = c.id AND s.action = 'move') <> 1",
		"not told once":  "SELECT id FROM casework_cases c WHERE (SELECT COUNT(*) FROM event_events e WHERE e.object = 'case:' || c.id AND e.name = 'casework.rehandled.v1') <> 1",
		"dead letter":    "SELECT kind || ' ' || error FROM job_jobs WHERE dead",
	} {
		if got := column(t, d, query); len(got) > 0 {
			t.Errorf("%s: %d, as %s", name, len(got), got[0])
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	out, err := exec.CommandContext(t.Context(), binary, "replay", "--demo", "--data", data, "--database", database).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ": 0 differences") {
		t.Errorf("replay: %v\n%s", err, out)
	}
}

// newEdition brings another edition of the licensing procedure, as an installation does.
func newEdition(t *testing.T, data string) {
	t.Helper()
	text, err := os.ReadFile("../../internal/statute/procedures/licensing.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("id: licensing\n"), fmt.Appendf(nil, "id: licensing\nversion: %d\n", edition), 1)
	dir := filepath.Join(data, "procedures")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "licensing.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// approve has one plan the move and another approve it.
func approve(t *testing.T, p *platform.Process) string {
	t.Helper()
	manager, err := p.SignIn(t.Context(), "catalog")
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		ID, Hash string
		Movable  int
	}
	err = manager.Call(t.Context(), http.MethodPost, "/moves", map[string]any{
		"agency": "115113016823646795", "item": platform.Hygiene, "procedure": "licensing", "from_version": 1, "from_edition": 1,
		"to_version": 1, "to_edition": edition, "reason": "新版程序",
	}, &plan)
	if err != nil || plan.Movable != moving {
		t.Fatalf("plan %+v, %v", plan, err)
	}
	head, err := p.SignIn(t.Context(), "head")
	if err != nil {
		t.Fatal(err)
	}
	if err := head.Call(t.Context(), http.MethodPost, "/moves/"+plan.ID+"/approve", map[string]any{"hash": plan.Hash}, nil); err != nil {
		t.Fatal(err)
	}
	return plan.ID
}

// movedQuery counts the cases that the plan has moved.
const movedQuery = "SELECT COUNT(*) FROM casework_move_cases WHERE result = 'moved'"

// halves looks for a case of which one part of the move is there and another is not.
func halves(t *testing.T, d *db.DB) {
	t.Helper()
	const (
		isMoved = "(c.proc_version = 100)"
		step    = "((SELECT COUNT(*) FROM casework_steps s WHERE s.case_id = c.id AND s.action = 'move') = 1)"
		event   = "((SELECT COUNT(*) FROM event_events e WHERE e.object = 'case:' || c.id AND e.name = 'casework.rehandled.v1') = 1)"
		result  = "((SELECT COUNT(*) FROM casework_move_cases m WHERE m.case_id = c.id AND m.result = 'moved') = 1)"
		work    = "((SELECT COUNT(*) FROM job_jobs j WHERE j.kind = 'casework.move_case' AND j.payload LIKE '%' || c.id || '%') = 0)"
	)
	for name, part := range map[string]string{"record": step, "event": event, "result": result} {
		if got := column(t, d, "SELECT id FROM casework_cases c WHERE "+isMoved+" <> "+part); len(got) > 0 {
			t.Errorf("the %s of a move alone: %d, as %s", name, len(got), got[0])
		}
	}
	if got := column(t, d, "SELECT id FROM casework_cases c WHERE "+isMoved+" AND NOT "+work); len(got) > 0 {
		t.Errorf("moved, and to be moved again: %d, as %s", len(got), got[0])
	}
}
