package counter

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// readKept is how long the row of a read stays, against replays.
const readKept = 24 * time.Hour

// wipeReads forgets what was read and not used in time.
func wipeReads(ctx context.Context, q db.Q, now time.Time) error {
	if err := exec(ctx, q, "wipe reads", `UPDATE counter_reads SET card = NULL WHERE expires <= $1 AND card IS NOT NULL`, now.UnixMicro()); err != nil {
		return err
	}
	return exec(ctx, q, "drop reads", `DELETE FROM counter_reads WHERE expires <= $1`, now.Add(-readKept).UnixMicro())
}
