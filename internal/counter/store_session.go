package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

const sessionColumns = `id, hall, window_id, clerk, clerk_name, agency, ticket, person, how, device, level, who,
	subject_kind, subject, opened_at, on_day, seen_at, ended_at, reason`

// fieldWho is the name under which a visitor's name and number are sealed.
const fieldWho = "counter.who"

// who is what a session shows of the person.
type who struct {
	Name   string `json:"name"`
	Number string `json:"number"` // masked
}

func (s *Service) scanSession(row scanner) (Session, error) {
	var (
		x      Session
		sealed []byte
	)
	err := row.Scan(&x.ID, &x.Hall, &x.Window, &x.Clerk, &x.ClerkName, &x.Agency, &x.Ticket, &x.Person, &x.How, &x.Device,
		&x.Level, &sealed, &x.SubjectKind, &x.Subject, instant{&x.Opened}, &x.OnDay, instant{&x.Seen}, instant{&x.Ended}, &x.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	text, err := s.c.Seal.Open(fieldWho, sealed)
	if err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	var w who
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return Session{}, fmt.Errorf("read session: %w", err)
	}
	x.Name, x.Number = w.Name, w.Number
	return x, nil
}

func (s *Service) session(ctx context.Context, q db.Q, id string) (Session, error) {
	return s.scanSession(q.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM counter_sessions WHERE id = $1`, id))
}

// openSession returns the session of a clerk that did not end, also one that
// nobody used for too long.
func (s *Service) openSession(ctx context.Context, q db.Q, clerk contract.AccountID) (Session, error) {
	return s.scanSession(q.QueryRowContext(ctx,
		`SELECT `+sessionColumns+` FROM counter_sessions WHERE clerk = $1 AND ended_at = 0`, string(clerk)))
}

// endSession reports whether the session was open.
func endSession(ctx context.Context, q db.Q, id, reason string, at time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE counter_sessions SET ended_at = $2, reason = $3 WHERE id = $1 AND ended_at = 0`,
		id, at.UnixMicro(), reason)
	if err != nil {
		return false, fmt.Errorf("end session: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
