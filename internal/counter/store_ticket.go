package counter

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// ticketServed ends the ticket of a session.
func ticketServed(ctx context.Context, q db.Q, id string, at time.Time) error {
	return exec(ctx, q, "end ticket", `UPDATE counter_tickets SET state = 'served', ended_at = $2 WHERE id = $1 AND state = 'serving'`, id, at.UnixMicro())
}

// releaseTickets puts a ticket that was called but not begun back into the queue,
// where it was: whoever called it has left.
func releaseTickets(ctx context.Context, q db.Q, window string, at time.Time) error {
	if err := exec(ctx, q, "release ticket", `UPDATE counter_tickets SET state = 'waiting', window_id = '', window_no = '', clerk = '', called_at = 0, calls = 0
		WHERE window_id = $1 AND state = 'called'`, window); err != nil {
		return err
	}
	return exec(ctx, q, "end ticket", `UPDATE counter_tickets SET state = 'served', ended_at = $2 WHERE window_id = $1 AND state = 'serving'`, window, at.UnixMicro())
}

func exec(ctx context.Context, q db.Q, what, query string, args ...any) error {
	if _, err := q.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
