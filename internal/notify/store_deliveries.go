package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

const deliveryColumns = `message, channel, state, class, tries, due_at, changed_at`

func addDelivery(ctx context.Context, tx db.Tx, d Delivery) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO notify_deliveries (`+deliveryColumns+`) VALUES ($1, $2, $3, '', 0, $4, $5)`,
		d.Message, string(d.Channel), d.State, d.Due.UnixMicro(), d.Changed.UnixMicro())
	if err != nil {
		return fmt.Errorf("plan delivery: %w", err)
	}
	return nil
}

func scanDelivery(row interface{ Scan(dest ...any) error }, more ...any) (d Delivery, err error) {
	var due, changed int64
	dest := append([]any{&d.Message, &d.Channel, &d.State, &d.Class, &d.Tries, &due, &changed}, more...)
	err = row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return d, ErrNotFound
	}
	if err != nil {
		return d, fmt.Errorf("read delivery: %w", err)
	}
	d.Due, d.Changed = time.UnixMicro(due).UTC(), time.UnixMicro(changed).UTC()
	return d, nil
}

func deliveryOf(ctx context.Context, q db.Q, message string, ch Channel) (Delivery, error) {
	return scanDelivery(q.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM notify_deliveries
		WHERE message = $1 AND channel = $2`, message, string(ch)))
}

// deliveriesOf lists the deliveries of the messages of an account from the id
// first to the id last.
func deliveriesOf(ctx context.Context, q db.Q, account, first, last string) ([]Delivery, error) {
	return listDeliveries(ctx, q, `SELECT `+prefixed+` FROM notify_deliveries d JOIN notify_messages m ON m.id = d.message
		WHERE m.account = $1 AND m.id >= $2 AND m.id <= $3 ORDER BY d.message, d.channel LIMIT 200`, account, first, last)
}

const prefixed = `d.message, d.channel, d.state, d.class, d.tries, d.due_at, d.changed_at`

func hookDeliveries(ctx context.Context, q db.Q, owner string, limit int) ([]Delivery, error) {
	return listDeliveries(ctx, q, `SELECT `+prefixed+` FROM notify_deliveries d JOIN notify_messages m ON m.id = d.message
		WHERE m.subject = $1 AND d.channel = 'webhook' ORDER BY d.message DESC LIMIT $2`, owner, limit)
}

func listDeliveries(ctx context.Context, q db.Q, query string, args ...any) ([]Delivery, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	defer rows.Close()
	var out []Delivery
	for rows.Next() {
		d, err := scanDelivery(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

func failures(ctx context.Context, q db.Q, limit int) ([]Failed, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+prefixed+`, m.kind FROM notify_deliveries d JOIN notify_messages m ON m.id = d.message
		WHERE d.state IN ('refused', 'given_up') ORDER BY d.changed_at DESC, d.message LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list failures: %w", err)
	}
	defer rows.Close()
	var out []Failed
	for rows.Next() {
		var f Failed
		if f.Delivery, err = scanDelivery(rows, &f.Kind); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

func countTry(ctx context.Context, tx db.Tx, d Delivery, class string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE notify_deliveries SET tries = tries + 1, class = $3, changed_at = $4
		WHERE message = $1 AND channel = $2 AND state = 'waiting'`, d.Message, string(d.Channel), class, at.UnixMicro())
	if err != nil {
		return fmt.Errorf("count delivery: %w", err)
	}
	return nil
}

func setDelivery(ctx context.Context, tx db.Tx, message string, ch Channel, o outcome, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE notify_deliveries SET state = $3, class = $4, tries = tries + 1, changed_at = $5
		WHERE message = $1 AND channel = $2 AND state = 'waiting'`, message, string(ch), o.state, o.class, at.UnixMicro())
	if err != nil {
		return fmt.Errorf("settle delivery: %w", err)
	}
	return nil
}

// reviveDelivery makes a failed delivery wait again; false if there is none.
func reviveDelivery(ctx context.Context, tx db.Tx, message string, ch Channel, at time.Time) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE notify_deliveries SET state = 'waiting', tries = 0, due_at = $3, changed_at = $3
		WHERE message = $1 AND channel = $2 AND state IN ('refused', 'given_up')`, message, string(ch), at.UnixMicro())
	if err != nil {
		return false, fmt.Errorf("retry delivery: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// choicesOf returns what an account chose, or the standard.
func choicesOf(ctx context.Context, q db.Q, account string) (Choices, error) {
	var text string
	err := q.QueryRowContext(ctx, `SELECT data FROM notify_choices WHERE account = $1`, account).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Standard(), nil
	}
	if err != nil {
		return Choices{}, fmt.Errorf("read choices: %w", err)
	}
	var c Choices
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Choices{}, fmt.Errorf("read choices: %w", err)
	}
	return c, nil
}

func saveChoices(ctx context.Context, tx db.Tx, account string, c Choices, at time.Time) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write choices: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO notify_choices (account, data, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET data = excluded.data, changed_at = excluded.changed_at`,
		account, string(text), at.UnixMicro())
	if err != nil {
		return fmt.Errorf("save choices: %w", err)
	}
	return nil
}

func hookOf(ctx context.Context, q db.Q, owner string) (h Hook, err error) {
	var made int64
	err = q.QueryRowContext(ctx, `SELECT owner, account, url, secret, made_at FROM notify_hooks WHERE owner = $1`, owner).
		Scan(&h.Owner, &h.account, &h.URL, &h.secret, &made)
	if errors.Is(err, sql.ErrNoRows) {
		return Hook{}, ErrNotFound
	}
	if err != nil {
		return Hook{}, fmt.Errorf("read webhook: %w", err)
	}
	h.Made = time.UnixMicro(made).UTC()
	return h, nil
}

func saveHook(ctx context.Context, tx db.Tx, h Hook) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO notify_hooks (owner, account, url, secret, made_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (owner) DO UPDATE SET account = excluded.account, url = excluded.url, secret = excluded.secret, made_at = excluded.made_at`,
		h.Owner, h.account, h.URL, h.secret, h.Made.UnixMicro())
	if err != nil {
		return fmt.Errorf("save webhook: %w", err)
	}
	return nil
}

func deleteHook(ctx context.Context, tx db.Tx, owner string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM notify_hooks WHERE owner = $1`, owner); err != nil {
		return fmt.Errorf("delete webhook: %w", err)
	}
	return nil
}
