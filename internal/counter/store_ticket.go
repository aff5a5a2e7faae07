package counter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

const ticketColumns = `id, hall, day, letter, seq, kind, unsure, priority, person, state, window_id, window_no, clerk, calls,
	taken_at, queued_at, called_at, begun_at, ended_at`

func scanTicket(row scanner) (Ticket, error) {
	var t Ticket
	err := row.Scan(&t.ID, &t.Hall, &t.Day, &t.Letter, &t.Seq, &t.Kind, &t.Unsure, &t.Priority, &t.person, &t.State,
		&t.Window, &t.WindowNo, &t.clerk, &t.Calls,
		instant{&t.Taken}, instant{&t.Queued}, instant{&t.CalledAt}, instant{&t.Begun}, instant{&t.Ended})
	if errors.Is(err, sql.ErrNoRows) {
		return Ticket{}, ErrNoTicket
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("read ticket: %w", err)
	}
	return t, nil
}

func ticketByID(ctx context.Context, q db.Q, id string) (Ticket, error) {
	return scanTicket(q.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM counter_tickets WHERE id = $1`, id))
}

// ticketAt returns the ticket that was called to a window or is served there.
func ticketAt(ctx context.Context, q db.Q, window string) (Ticket, error) {
	return scanTicket(q.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM counter_tickets
		WHERE window_id = $1 AND state IN ('called', 'serving') ORDER BY id LIMIT 1`, window))
}

// sameTicket returns the ticket that stands for this one already: the same wish,
// or the same person's for the same kind.
func sameTicket(ctx context.Context, q db.Q, t Ticket) (Ticket, bool, error) {
	found, err := scanTicket(q.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM counter_tickets
		WHERE (id = $1 AND hall = $2) OR (hall = $2 AND day = $3 AND kind = $4 AND person = $5 AND person <> ''
			AND state IN ('waiting', 'called', 'serving'))
		ORDER BY taken_at LIMIT 1`, t.ID, t.Hall, t.Day, t.Kind, t.person))
	if errors.Is(err, ErrNoTicket) {
		return t, false, nil
	}
	return found, err == nil, err
}

// onlyOne returns ErrHasTicket where a person has another ticket for the kind.
func onlyOne(ctx context.Context, q db.Q, t Ticket) error {
	if t.person == "" {
		return nil
	}
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM counter_tickets WHERE hall = $1 AND day = $2 AND kind = $3
		AND person = $4 AND id <> $5 AND state IN ('waiting', 'called', 'serving')`, t.Hall, t.Day, t.Kind, t.person, t.ID).Scan(&n)
	if err != nil {
		return fmt.Errorf("count tickets: %w", err)
	}
	if n > 0 {
		return ErrHasTicket
	}
	return nil
}

func nextSeq(ctx context.Context, q db.Q, t Ticket) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) + 1 FROM counter_tickets WHERE hall = $1 AND day = $2 AND letter = $3`,
		t.Hall, t.Day, t.Letter).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("number ticket: %w", err)
	}
	return n, nil
}

func rank(t Ticket) int {
	if t.Priority != "" {
		return 0
	}
	return 1
}

func putTicket(ctx context.Context, q db.Q, t Ticket) error {
	return exec(ctx, q, "store ticket", `INSERT INTO counter_tickets (`+ticketColumns+`, rank)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', 0, $11, $12, 0, 0, 0, $13)`,
		t.ID, t.Hall, t.Day, t.Letter, t.Seq, t.Kind, t.Unsure, t.Priority, t.person, string(t.State),
		micro(t.Taken), micro(t.Queued), rank(t))
}

func updateTicket(ctx context.Context, q db.Q, t Ticket) error {
	return exec(ctx, q, "change ticket", `UPDATE counter_tickets SET kind = $2, unsure = $3, state = $4, window_id = $5, window_no = $6,
			clerk = $7, calls = $8, called_at = $9, begun_at = $10, ended_at = $11
		WHERE id = $1`,
		t.ID, t.Kind, t.Unsure, string(t.State), t.Window, t.WindowNo, string(t.clerk), t.Calls,
		micro(t.CalledAt), micro(t.Begun), micro(t.Ended))
}

// nextTicket returns the ticket that is called next for some kinds.
func nextTicket(ctx context.Context, q db.Q, hall string, on day.Date, kinds []string) (Ticket, error) {
	all, err := queueIn(ctx, q, hall, on)
	if err != nil {
		return Ticket{}, err
	}
	for _, t := range all {
		if t.State == StateWaiting && slices.Contains(kinds, t.Kind) {
			return t, nil
		}
	}
	return Ticket{}, ErrEmptyQueue
}

// maxQueue bounds how many tickets of a day are looked at; a hall that has more
// waiting at once has another problem.
const maxQueue = 2000

// queueIn lists who wait or were missed today, in the order of being called.
func queueIn(ctx context.Context, q db.Q, hall string, on day.Date) ([]Ticket, error) {
	return tickets(ctx, q, `WHERE hall = $1 AND day = $2 AND state IN ('waiting', 'missed')
		ORDER BY rank, queued_at, id LIMIT $3`, hall, on, maxQueue)
}

// callsIn lists the calls of today that are not over, the newest first.
func callsIn(ctx context.Context, q db.Q, hall string, on day.Date) ([]Ticket, error) {
	return tickets(ctx, q, `WHERE hall = $1 AND day = $2 AND state IN ('called', 'serving')
		ORDER BY called_at DESC, id LIMIT 50`, hall, on)
}

func tickets(ctx context.Context, q db.Q, where string, args ...any) ([]Ticket, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+ticketColumns+` FROM counter_tickets `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	defer rows.Close()
	var list []Ticket
	for rows.Next() {
		t, err := scanTicket(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// before counts who are called before a ticket, of some kinds.
func before(ctx context.Context, q db.Q, t Ticket, kinds []string) (int, error) {
	all, err := queueIn(ctx, q, t.Hall, t.Day)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, x := range all {
		if x.ID == t.ID {
			break
		}
		if x.State == StateWaiting && slices.Contains(kinds, x.Kind) {
			n++
		}
	}
	return n, nil
}

// waitingIn counts who wait, by kind.
func waitingIn(ctx context.Context, q db.Q, hall string, on day.Date) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, COUNT(*) FROM counter_tickets
		WHERE hall = $1 AND day = $2 AND state = 'waiting' GROUP BY kind`, hall, on)
	if err != nil {
		return nil, fmt.Errorf("count tickets: %w", err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("count tickets: %w", err)
		}
		all[kind] = n
	}
	return all, rows.Err()
}

// lately is how many services the average is made of: the latest, because a
// morning differs from an afternoon.
const lately = 20

// serviceTime is how many services of today there were for some kinds, at most
// the latest twenty, and how long they took on average.
func serviceTime(ctx context.Context, q db.Q, hall string, on day.Date, kinds []string) (int, time.Duration, error) {
	ended, err := tickets(ctx, q, `WHERE hall = $1 AND day = $2 AND state = 'served' AND begun_at > 0
		ORDER BY ended_at DESC, id LIMIT $3`, hall, on, maxQueue)
	if err != nil {
		return 0, 0, err
	}
	n, sum := 0, time.Duration(0)
	for _, t := range ended {
		if n < lately && slices.Contains(kinds, t.Kind) {
			n, sum = n+1, sum+t.Ended.Sub(t.Begun)
		}
	}
	if n == 0 {
		return 0, 0, nil
	}
	return n, sum / time.Duration(n), nil
}

func dayRows(ctx context.Context, q db.Q, hall string, on day.Date) ([]DayRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT kind, COUNT(*),
			CAST(SUM(CASE WHEN state = 'served' THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN state = 'missed' THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN begun_at > 0 THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN begun_at > 0 THEN begun_at - taken_at ELSE 0 END) AS BIGINT),
			CAST(MAX(CASE WHEN begun_at > 0 THEN begun_at - taken_at ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN state = 'served' AND begun_at > 0 THEN 1 ELSE 0 END) AS BIGINT),
			CAST(SUM(CASE WHEN state = 'served' AND begun_at > 0 THEN ended_at - begun_at ELSE 0 END) AS BIGINT)
		FROM counter_tickets WHERE hall = $1 AND day = $2 GROUP BY kind ORDER BY kind`, hall, on)
	if err != nil {
		return nil, fmt.Errorf("sum tickets: %w", err)
	}
	defer rows.Close()
	var list []DayRow
	for rows.Next() {
		var r DayRow
		var begun, waited, longest, ended, service int64
		if err := rows.Scan(&r.Kind, &r.Taken, &r.Served, &r.Missed, &r.Cancelled, &begun, &waited, &longest, &ended, &service); err != nil {
			return nil, fmt.Errorf("sum tickets: %w", err)
		}
		r.Open = r.Taken - r.Served - r.Missed - r.Cancelled
		r.Longest = time.Duration(longest) * time.Microsecond
		if begun > 0 {
			r.Waited = time.Duration(waited/begun) * time.Microsecond
		}
		if ended > 0 {
			r.Service = time.Duration(service/ended) * time.Microsecond
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// closeOld ends what was left open at a window on an earlier day.
func closeOld(ctx context.Context, q db.Q, window string, today day.Date, at time.Time) error {
	return exec(ctx, q, "close tickets", `UPDATE counter_tickets
		SET state = CASE WHEN state = 'called' THEN 'missed' ELSE 'served' END, ended_at = $3
		WHERE window_id = $1 AND day <> $2 AND state IN ('called', 'serving')`, window, today, at.UnixMicro())
}

func exec(ctx context.Context, q db.Q, what, query string, args ...any) error {
	if _, err := q.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
