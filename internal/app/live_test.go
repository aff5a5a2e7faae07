package app

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

// The county lives through its weeks to the same end whenever it is started: in a
// plain week, on a Sunday, after the longest holiday, in a year whose holidays are not
// known and on a leap day. A second start does not tell it again.
func TestDemonstrationHasLived(t *testing.T) {
	t.Parallel()
	for _, today := range []string{"2026-11-22", "2026-10-09", "2028-02-29"} {
		t.Run(today, func(t *testing.T) {
			t.Parallel()
			hasLived(t, today, "")
		})
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		hasLived(t, "2026-11-18", dbtest.PostgresURL(t))
	})
}

func hasLived(t *testing.T, today, database string) {
	t.Helper()
	c, err := settings(t.TempDir(), database)
	if err != nil {
		t.Fatal(err)
	}
	now := day.MustParse(today).Time().Add(15 * time.Hour).UTC()
	for range 2 {
		if err := live(t.Context(), c, now, t.Output()); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := afterwards(t.Context(), t, c, now)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody looked at two parts of the restaurant: they are under way by silence.
	want := map[string]int{
		"accept": 2, "applicant": 1, "decide": 1, "done": 3, "parts": 1, "paused": 1, "review": 5, "verify": 1,
	}
	if !maps.Equal(opened, want) {
		t.Errorf("cases by stage %v\nwant           %v", opened, want)
	}
}

// afterwards opens the platform as serve does after it, does what is due, and counts
// cases by stage.
func afterwards(ctx context.Context, t *testing.T, c config.Config, now time.Time) (map[string]int, error) {
	t.Helper()
	tools, areas, err := start(ctx, c, &hands{t: now}, t.Output())
	if err != nil {
		return nil, err
	}
	defer func() { _ = tools.db.Close() }()
	if err := tools.jobs.Drain(ctx); err != nil {
		return nil, err
	}
	if dead, err := tools.jobs.DeadLetters(ctx); err != nil || len(dead) > 0 {
		t.Errorf("dead letters %v, %v", dead, err)
	}
	var out strings.Builder
	if err := replayTo(ctx, &out, areas.casework); err != nil {
		t.Errorf("replay: %v\n%s", err, out.String())
	}
	rows, err := tools.db.QueryContext(ctx, "SELECT stage, COUNT(*) FROM casework_cases GROUP BY stage ORDER BY stage")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stages := map[string]int{}
	for rows.Next() {
		var stage string
		var n int
		if err := rows.Scan(&stage, &n); err != nil {
			return nil, err
		}
		stages[stage] = n
	}
	return stages, rows.Err()
}
