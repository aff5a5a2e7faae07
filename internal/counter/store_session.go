package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

const sessionColumns = `id, hall, window_id, clerk, clerk_name, agency, ticket, person, how, device, level, who,
	subject_kind, subject, opened_at, on_day, seen_at, ended_at, reason, login`

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
		&x.Level, &sealed, &x.SubjectKind, &x.Subject, instant{&x.Opened}, &x.OnDay, instant{&x.Seen}, instant{&x.Ended}, &x.Reason, &x.Login)
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

func (s *Service) sessionOfPerson(ctx context.Context, q db.Q, person contract.AccountID) (Session, error) {
	return s.scanSession(q.QueryRowContext(ctx,
		`SELECT `+sessionColumns+` FROM counter_sessions WHERE person = $1 AND ended_at = 0`, string(person)))
}

// putSession reports false where the clerk, or the person, has one that is open.
func (s *Service) putSession(ctx context.Context, q db.Q, x Session) (bool, error) {
	text, err := jsonText(who{x.Name, x.Number})
	if err != nil {
		return false, fmt.Errorf("store session: %w", err)
	}
	sealed, err := s.c.Seal.Seal(fieldWho, text)
	if err != nil {
		return false, fmt.Errorf("store session: %w", err)
	}
	res, err := q.ExecContext(ctx, `INSERT INTO counter_sessions (`+sessionColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, '', $18)
		ON CONFLICT DO NOTHING`,
		x.ID, x.Hall, x.Window, string(x.Clerk), x.ClerkName, string(x.Agency), x.Ticket, string(x.Person), x.How, x.Device, x.Level, sealed,
		x.SubjectKind, x.Subject, micro(x.Opened), x.OnDay, micro(x.Seen), x.Login)
	if err != nil {
		return false, fmt.Errorf("store session: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// setTicket notes which ticket a session began with.
func setTicket(ctx context.Context, q db.Q, id, ticket string) error {
	return exec(ctx, q, "change session", `UPDATE counter_sessions SET ticket = $2 WHERE id = $1`, id, ticket)
}

func chooseSubject(ctx context.Context, q db.Q, id, kind, subject string) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE counter_sessions SET subject_kind = $2, subject = $3 WHERE id = $1 AND ended_at = 0`, id, kind, subject)
	if err != nil {
		return false, fmt.Errorf("change session: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// putRequest keeps a request, and that its session is used.
func putRequest(ctx context.Context, q db.Q, id, session string, r Request) error {
	err := exec(ctx, q, "keep request", `INSERT INTO counter_requests (id, session, clerk, subject, method, path, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, id, session, string(r.Clerk), r.Subject, r.Method, r.Path, micro(r.At))
	if err != nil {
		return err
	}
	return exec(ctx, q, "use session", `UPDATE counter_sessions SET seen_at = $2 WHERE id = $1 AND ended_at = 0 AND seen_at < $2`, session, micro(r.At))
}

func requestsOf(ctx context.Context, q db.Q, session string) ([]Request, error) {
	rows, err := q.QueryContext(ctx, `SELECT at, clerk, subject, method, path FROM counter_requests
		WHERE session = $1 ORDER BY id LIMIT 2000`, session)
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	defer rows.Close()
	var list []Request
	for rows.Next() {
		var r Request
		if err := rows.Scan(instant{&r.At}, &r.Clerk, &r.Subject, &r.Method, &r.Path); err != nil {
			return nil, fmt.Errorf("list requests: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// sessionsIn lists sessions of a hall on a day, the newest first; clerk "" is any.
func (s *Service) sessionsIn(ctx context.Context, q db.Q, hall string, on day.Date, clerk contract.AccountID, limit int) ([]Session, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+sessionColumns+` FROM counter_sessions
		WHERE hall = $1 AND on_day = $2 AND ($3 = '' OR clerk = $3) ORDER BY opened_at DESC, id DESC LIMIT $4`,
		hall, on, string(clerk), limit)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer rows.Close()
	var list []Session
	for rows.Next() {
		x, err := s.scanSession(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}
