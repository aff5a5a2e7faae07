package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

const columns = "id, name, at, actor_kind, actor, actor_name, on_behalf_of, mandate, subject, object, purpose, basis, body, salt, leaf"

func insert(ctx context.Context, q db.Q, r Recorded) error {
	_, err := q.ExecContext(ctx, `INSERT INTO event_events (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		r.ID, r.Name, r.At.UnixMicro(), string(r.ActorKind), r.ActorID, r.ActorName, r.OnBehalfOf, r.Mandate,
		r.Subject, r.Object, r.Purpose, r.Basis, string(r.Body), r.Salt, r.Leaf)
	if err != nil {
		return fmt.Errorf("insert event %s: %w", r.Name, err)
	}
	return nil
}

func scan(s interface{ Scan(...any) error }) (r Recorded, err error) {
	var at int64
	var body string
	err = s.Scan(&r.ID, &r.Name, &at, &r.ActorKind, &r.ActorID, &r.ActorName, &r.OnBehalfOf, &r.Mandate,
		&r.Subject, &r.Object, &r.Purpose, &r.Basis, &body, &r.Salt, &r.Leaf)
	r.At, r.Body = time.UnixMicro(at).UTC(), []byte(body)
	return r, err
}

func byID(ctx context.Context, q db.Q, id string) (Recorded, error) {
	r, err := scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM event_events WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return r, fmt.Errorf("event %s: %w", id, err)
	}
	return r, nil
}

func list(ctx context.Context, q db.Q, where string, args ...any) ([]Recorded, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+columns+" FROM event_events "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	defer rows.Close()
	var all []Recorded
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// named lists events of an object by what they are called.
func named(ctx context.Context, q db.Q, object string, names []string, limit int) ([]Recorded, error) {
	args := []any{object, limit}
	in := make([]string, len(names))
	for i, name := range names {
		args = append(args, name)
		in[i] = "$" + strconv.Itoa(len(args))
	}
	return list(ctx, q, "WHERE object = $1 AND name IN ("+strings.Join(in, ", ")+") ORDER BY id LIMIT $2", args...)
}

// among lists events by a column that has an index of its own: "subject" or
// "mandate". What is empty there belongs to nobody.
func among(ctx context.Context, q db.Q, column, value string, a Among, limit int) ([]Recorded, error) {
	if a.Before == "" {
		a.Before = "~" // behind every UUID
	}
	to := a.To.UnixMicro()
	if a.To.IsZero() {
		to = math.MaxInt64
	}
	from := a.From.UnixMicro()
	if a.From.IsZero() {
		from = 0
	}
	return list(ctx, q, `WHERE `+column+` = $1 AND `+column+` <> '' AND id < $2 AND ($3 = '' OR name = $3) AND at >= $4 AND at < $5
		ORDER BY id DESC LIMIT $6`, value, a.Before, a.Name, from, to, limit)
}

func eraseSalts(ctx context.Context, q db.Q, subject string) error {
	if _, err := q.ExecContext(ctx, "UPDATE event_events SET salt = NULL WHERE subject = $1 AND subject <> ''", subject); err != nil {
		return fmt.Errorf("erase events: %w", err)
	}
	return nil
}
