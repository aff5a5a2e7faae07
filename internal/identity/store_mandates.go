package identity

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// mandateRights lists the mandates of an agent that hold on a day as rights, or
// the one with an id. Principals that are locked or closed give none.
func mandateRights(ctx context.Context, q db.Q, agent contract.AccountID, id string, on day.Date) ([]Right, error) {
	rows, err := q.QueryContext(ctx, `SELECT m.id, m.kind, m.principal, m.role, m.items, m.valid_to,
			COALESCE(c.name, a.name), COALESCE(c.credit_code, '')
		FROM identity_mandates m
		LEFT JOIN identity_companies c ON m.kind = 'company' AND c.id = m.principal AND c.status = 'open'
		LEFT JOIN identity_accounts a ON m.kind = 'person' AND a.id = m.principal AND a.state = 'open'
		WHERE m.agent = $1 AND ($2 = '' OR m.id = $2) AND m.state = 'active'
			AND m.valid_from <= $3 AND (m.valid_to = '' OR m.valid_to >= $3) AND COALESCE(c.id, a.id) IS NOT NULL
		ORDER BY m.kind, m.principal, m.id LIMIT 200`, string(agent), id, on)
	if err != nil {
		return nil, fmt.Errorf("list rights: %w", err)
	}
	defer rows.Close()
	var list []Right
	for rows.Next() {
		var r Right
		var kind, items string
		err := rows.Scan(&r.Mandate, &kind, &r.ID, &r.Role, &items, &r.Until, &r.Name, &r.Code)
		if err == nil {
			err = json.Unmarshal([]byte(items), &r.Items)
		}
		if err != nil {
			return nil, fmt.Errorf("list rights: %w", err)
		}
		r.Kind = auth.ForPerson
		if kind == PartyCompany {
			r.Kind = auth.ForCompany
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

const mandateColumns = `m.id, m.kind, m.principal, m.agent, m.role, m.items, m.valid_from, m.valid_to, m.state, m.asked_by, m.made_at,
	m.granted_by, m.granted_level, m.granted_at, m.accepted_level, m.accepted_at, m.ended_by, m.ended_at,
	COALESCE(c.name, p.name, ''), COALESCE(c.credit_code, ''), COALESCE(a.name, '')`

const mandateTables = ` FROM identity_mandates m
	LEFT JOIN identity_companies c ON m.kind = 'company' AND c.id = m.principal
	LEFT JOIN identity_accounts p ON m.kind = 'person' AND p.id = m.principal
	LEFT JOIN identity_accounts a ON a.id = m.agent `

func scanMandate(scan func(...any) error) (m Mandate, err error) {
	var (
		items                          string
		made, granted, accepted, ended int64
	)
	err = scan(&m.ID, &m.Kind, &m.Principal, &m.Agent, &m.Role, &items, &m.From, &m.To, &m.State, &m.AskedBy, &made,
		&m.Granted.By, &m.Granted.Level, &granted, &m.Accepted.Level, &accepted, &m.EndedBy, &ended,
		&m.PrincipalName, &m.Code, &m.AgentName)
	if err != nil {
		return m, err
	}
	m.Made, m.Granted.At, m.Accepted.At, m.Ended = instant(made), instant(granted), instant(accepted), instant(ended)
	if !m.Accepted.At.IsZero() {
		m.Accepted.By = m.Agent
	}
	return m, json.Unmarshal([]byte(items), &m.Items)
}

// instant reads a stored time; 0 is none.
func instant(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func mandateByID(ctx context.Context, q db.Q, id string) (Mandate, error) {
	m, err := scanMandate(q.QueryRowContext(ctx, `SELECT `+mandateColumns+mandateTables+`WHERE m.id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Mandate{}, ErrNoSuchMandate
	}
	if err != nil {
		return Mandate{}, fmt.Errorf("read mandate: %w", err)
	}
	return m, nil
}

// mandatesOfPerson lists the mandates that an account gave as a person, and all
// that it was given, newest first.
func mandatesOfPerson(ctx context.Context, q db.Q, account contract.AccountID) ([]Mandate, error) {
	return listMandates(ctx, q, `WHERE (m.kind = 'person' AND m.principal = $1) OR m.agent = $1 ORDER BY m.made_at DESC, m.id DESC LIMIT 200`,
		string(account))
}

// mandatesOfCompany lists the rights that a company gave, newest first.
func mandatesOfCompany(ctx context.Context, q db.Q, company string) ([]Mandate, error) {
	return listMandates(ctx, q, `WHERE m.kind = 'company' AND m.principal = $1 ORDER BY m.made_at DESC, m.id DESC LIMIT 200`, company)
}

// standing lists the mandates from a principal to an agent that are offered or hold.
func standing(ctx context.Context, q db.Q, kind, principal string, agent contract.AccountID) ([]Mandate, error) {
	return listMandates(ctx, q, `WHERE m.kind = $1 AND m.principal = $2 AND m.agent = $3 AND m.state IN ('waiting', 'active')
		ORDER BY m.id LIMIT 20`, kind, principal, string(agent))
}

func listMandates(ctx context.Context, q db.Q, where string, args ...any) ([]Mandate, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+mandateColumns+mandateTables+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list mandates: %w", err)
	}
	defer rows.Close()
	var list []Mandate
	for rows.Next() {
		m, err := scanMandate(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list mandates: %w", err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

func putMandate(ctx context.Context, q db.Q, m Mandate) error {
	items, err := json.Marshal(append([]string{}, m.Items...))
	if err != nil {
		return fmt.Errorf("store mandate: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO identity_mandates
		(id, kind, principal, agent, role, items, valid_from, valid_to, state, asked_by, made_at,
		 granted_by, granted_level, granted_at, accepted_level, accepted_at, ended_by, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', 0) ON CONFLICT (id) DO NOTHING`,
		m.ID, m.Kind, m.Principal, string(m.Agent), m.Role, string(items), m.From, m.To, string(m.State), m.AskedBy, micro(m.Made),
		string(m.Granted.By), m.Granted.Level, micro(m.Granted.At), m.Accepted.Level, micro(m.Accepted.At))
	if err != nil {
		return fmt.Errorf("store mandate: %w", err)
	}
	return nil
}

// moveMandate stores what an answer or an end changed, unless somebody else was
// faster.
func moveMandate(ctx context.Context, q db.Q, m Mandate, from MandateState) error {
	res, err := q.ExecContext(ctx, `UPDATE identity_mandates SET state = $3, granted_by = $4, granted_level = $5, granted_at = $6,
		accepted_level = $7, accepted_at = $8, ended_by = $9, ended_at = $10 WHERE id = $1 AND state = $2`,
		m.ID, string(from), string(m.State), string(m.Granted.By), m.Granted.Level, micro(m.Granted.At),
		m.Accepted.Level, micro(m.Accepted.At), string(m.EndedBy), micro(m.Ended))
	if err != nil {
		return fmt.Errorf("change mandate: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrMandateOver, err)
	}
	return nil
}

// administrators lists the accounts that administer a company on a day.
func administrators(ctx context.Context, q db.Q, company string, on day.Date) ([]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT agent FROM identity_mandates
		WHERE kind = 'company' AND principal = $1 AND role = 'administrator' AND state = 'active'
			AND valid_from <= $2 AND (valid_to = '' OR valid_to >= $2)
		ORDER BY id LIMIT 100`, company, on)
	if err != nil {
		return nil, fmt.Errorf("list administrators: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list administrators: %w", err)
		}
		list = append(list, id)
	}
	return list, rows.Err()
}
