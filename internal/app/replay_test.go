package app

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// The command proves the deadlines of an installation from outside, while it works
// on both databases, and finds what somebody changed behind its back.
func TestReplayProvesTheDeadlines(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		first, second := lin.submit(lin.prepare()), lin.submit(lin.prepare())
		w.drain(t)
		w.clock.add(15 * 24 * time.Hour) // the second is accepted by silence, as is a third one
		w.drain(t)
		w.signIn(t, "lin").submit(w.signIn(t, "lin").prepare())
		w.drain(t)

		args := []string{"replay", "--demo", "--data", w.config.Data, "--database", w.config.Database}
		code, out, errs := run1(t, args...)
		if code != exitOK || !strings.Contains(out, "3 cases, ") || !strings.Contains(out, ": 0 differences") || errs != "" {
			t.Fatalf("exit code %d, %q, %q", code, out, errs)
		}
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE casework_cases SET legal_due = '2031-01-06' WHERE id = $1", second.Case)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		code, out, errs = run1(t, args...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != exitFailed || len(lines) != 2 || !strings.Contains(lines[0], second.Case) || !strings.Contains(lines[0], "2031-01-06") ||
			!strings.HasSuffix(lines[1], ": 1 differences") || strings.Contains(out, first.Case) || !strings.Contains(errs, "1 stored deadlines") {
			t.Errorf("exit code %d, %q, %q", code, out, errs)
		}
	})
}

func TestReplayMakesNoInstallation(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "mistyped")
	code, out, errs := run1(t, "replay", "--data", data)
	if code != exitFailed || out != "" || !strings.Contains(errs, "no installation") {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	if found, err := filepath.Glob(data); err != nil || len(found) > 0 {
		t.Errorf("made %v, %v", found, err)
	}
}
