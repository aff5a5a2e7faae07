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

const columns = `id, account, kind, case_id, number, item_zh, item_en, due, statutory, at, read, subject, path, facts`

// insert stores m unless it is there already, and reports whether it was new.
func insert(ctx context.Context, q db.Q, m Message) (bool, error) {
	facts, err := json.Marshal(m.Facts)
	if err != nil {
		return false, fmt.Errorf("write message: %w", err)
	}
	res, err := q.ExecContext(ctx, `
		INSERT INTO notify_messages (`+columns+`, mail, mail_change)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0)
		ON CONFLICT (id) DO NOTHING`,
		m.ID, string(m.Account), m.Kind, string(m.Case), m.Number, m.Item.ZH, m.Item.EN, m.Due, m.Statutory,
		m.At.UnixMicro(), m.Read, m.Subject, m.Place, string(facts))
	if err != nil {
		return false, fmt.Errorf("insert message: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func find(ctx context.Context, q db.Q, id string) (Message, error) {
	m, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM notify_messages WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return m, ErrNotFound
	}
	return m, err
}

func inbox(ctx context.Context, q db.Q, account, before string, limit int) ([]Message, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+columns+` FROM notify_messages
		WHERE account = $1 AND ($2 = '' OR id < $2)
		ORDER BY id DESC LIMIT $3`, account, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	defer rows.Close()
	var list []Message
	for rows.Next() {
		m, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

func scan(row interface{ Scan(dest ...any) error }) (Message, error) {
	var (
		m     Message
		at    int64
		facts string
	)
	err := row.Scan(&m.ID, &m.Account, &m.Kind, &m.Case, &m.Number, &m.Item.ZH, &m.Item.EN, &m.Due, &m.Statutory,
		&at, &m.Read, &m.Subject, &m.Place, &facts)
	if err != nil {
		return m, fmt.Errorf("read message: %w", err)
	}
	m.At = time.UnixMicro(at).UTC()
	if err := json.Unmarshal([]byte(facts), &m.Facts); err != nil {
		return m, fmt.Errorf("read message: %w", err)
	}
	return m, nil
}

func unread(ctx context.Context, q db.Q, account string) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM notify_messages WHERE account = $1 AND NOT read`, account).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", err)
	}
	return n, nil
}

func markRead(ctx context.Context, q db.Q, account, id string) (int64, error) {
	res, err := q.ExecContext(ctx, `
		UPDATE notify_messages SET read = TRUE WHERE account = $1 AND ($2 = '' OR id = $2)`, account, id)
	if err != nil {
		return 0, fmt.Errorf("mark read: %w", err)
	}
	return res.RowsAffected()
}
