package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertMessage stores a message under the next number of its case, which the
// caller has locked.
func insertMessage(ctx context.Context, q db.Q, id contract.CaseID, m Message) (int, error) {
	files, err := json.Marshal(m.Files)
	if err != nil {
		return 0, fmt.Errorf("message files: %w", err)
	}
	var no int
	err = q.QueryRowContext(ctx, `SELECT COALESCE(MAX(no), 0) + 1 FROM casework_messages WHERE case_id = $1`, id).Scan(&no)
	if err != nil {
		return 0, fmt.Errorf("number message: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO casework_messages (case_id, no, id, thread, side, author, author_name, acting, unit, unit_zh, unit_en, body, files, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		id, no, m.ID, m.Thread, m.Side, m.Author, m.Post, m.Agent, m.Unit, m.Agency.ZH, m.Agency.EN,
		m.sealed, string(files), micro(m.At))
	if err != nil {
		return 0, fmt.Errorf("insert message: %w", err)
	}
	return no, insertMessageFiles(ctx, q, m)
}

func insertMessageFiles(ctx context.Context, q db.Q, m Message) error {
	for _, f := range m.Files {
		_, err := q.ExecContext(ctx, `
			INSERT INTO casework_message_files (blob, message) VALUES ($1, $2) ON CONFLICT (blob, message) DO NOTHING`,
			string(f.Blob), m.ID)
		if err != nil {
			return fmt.Errorf("insert message file: %w", err)
		}
	}
	return nil
}

// keepsBlob looks for a file in everything that names one.
func keepsBlob(ctx context.Context, q db.Q, id contract.BlobID) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		SELECT (SELECT COUNT(*) FROM casework_materials WHERE blob = $1)
			+ (SELECT COUNT(*) FROM casework_documents WHERE blob = $1)
			+ (SELECT COUNT(*) FROM casework_confirmations WHERE sheet = $1)
			+ (SELECT COUNT(*) FROM casework_message_files WHERE blob = $1)
			+ (SELECT COUNT(*) FROM casework_unit_files WHERE blob = $1)`, string(id)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("who keeps a file: %w", err)
	}
	return n > 0, nil
}

// messagesOf lists a thread, oldest first; an empty thread is all of the case.
func messagesOf(ctx context.Context, q db.Q, id contract.CaseID, thread string) ([]Message, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT no, id, thread, side, author, author_name, acting, unit, unit_zh, unit_en, body, files, at
		FROM casework_messages WHERE case_id = $1 AND (thread = $2 OR $2 = '') ORDER BY no`, id, thread)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	defer rows.Close()
	var list []Message
	for rows.Next() {
		var m Message
		var files string
		if err := rows.Scan(&m.No, &m.ID, &m.Thread, &m.Side, &m.Author, &m.Post, &m.Agent, &m.Unit, &m.Agency.ZH, &m.Agency.EN,
			&m.sealed, &files, instant{&m.At}); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(files), &m.Files); err != nil {
			return nil, fmt.Errorf("message files: %w", err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// countMessages counts what one person wrote in a case since a time.
func countMessages(ctx context.Context, q db.Q, id contract.CaseID, author string, since time.Time) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM casework_messages WHERE case_id = $1 AND author = $2 AND at > $3`,
		id, author, micro(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count messages: %w", err)
	}
	return n, nil
}
