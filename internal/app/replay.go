package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/kit/clock"
)

// replay works out every deadline of an installation from what happened and tells
// those that are stored differently. It may run beside the platform.
func replay(ctx context.Context, p process) (err error) {
	c, err := load(p, 0, "replay takes flags alone, as: tongban replay --data data")
	if err != nil {
		return err
	}
	// A folder mistyped would be a new installation in which nothing is wrong.
	if _, err := os.Stat(c.Database); err != nil && !strings.Contains(c.Database, "://") {
		return fmt.Errorf("no installation: %w", err)
	}
	t, err := openTools(ctx, c, clock.System(), p.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	return replayTo(ctx, p.out, a.casework)
}

func replayTo(ctx context.Context, out io.Writer, cases *casework.Service) error {
	differences := 0
	var lost error
	n, err := cases.ReplayEach(ctx, func(d casework.Difference) {
		differences++
		_, err := fmt.Fprintf(out, "%s %s: %s, %s: stored %s; by what happened %s\n", d.Number, d.Case, d.What, d.Of, d.Stored, d.Replayed)
		lost = errors.Join(lost, err)
	})
	if err := errors.Join(err, lost); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d cases, %d clocks, %d opinions, %d owed materials, %d objections checked: %d differences\n",
		n.Cases, n.Clocks, n.Opinions, n.Owed, n.Objections, differences)
	if err == nil && differences > 0 {
		err = fmt.Errorf("%d stored deadlines do not follow from what happened", differences)
	}
	return err
}
