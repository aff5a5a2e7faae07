package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// readMark is how far a side has read a thread: messages by their number, what
// agencies asked and answered by the time.
type readMark struct {
	no   int
	seen time.Time
}

func readUpTo(ctx context.Context, q db.Q, id contract.CaseID, thread, reader string) (m readMark, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT no, seen FROM casework_message_reads WHERE case_id = $1 AND thread = $2 AND reader = $3`,
		id, thread, reader).Scan(&m.no, instant{&m.seen})
	if errors.Is(err, sql.ErrNoRows) {
		return readMark{}, nil
	}
	if err != nil {
		return m, fmt.Errorf("read marker: %w", err)
	}
	return m, nil
}

// markRead moves the marker of a side on, never back.
func markRead(ctx context.Context, q db.Q, id contract.CaseID, thread, reader string, m readMark) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_message_reads (case_id, thread, reader, no, seen) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (case_id, thread, reader) DO UPDATE SET
			no = CASE WHEN casework_message_reads.no < $4 THEN $4 ELSE casework_message_reads.no END,
			seen = CASE WHEN casework_message_reads.seen < $5 THEN $5 ELSE casework_message_reads.seen END`,
		id, thread, reader, m.no, micro(m.seen))
	if err != nil {
		return fmt.Errorf("mark read: %w", err)
	}
	return nil
}

// newsOf counts by case what a reader has not read: messages, and, of who leads a
// case, the opinions of other agencies. A resident reads the applicant's thread
// alone, an agency both.
func newsOf(ctx context.Context, q db.Q, ids []contract.CaseID, reader string, resident bool) (map[contract.CaseID]News, error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	w := &where{}
	w.and("r.no IS NULL OR m.no > r.no")
	if resident {
		w.and("m.thread = ? AND m.side = ?", contract.ThreadApplicant, sideStaff)
	} else {
		w.and("m.unit <> ?", reader)
	}
	w.oneOf("m.case_id", names)
	news := map[contract.CaseID]News{}
	err := countNews(ctx, q, `
		SELECT m.case_id, m.thread, COUNT(*) FROM casework_messages AS m
		LEFT JOIN casework_message_reads AS r ON r.case_id = m.case_id AND r.thread = m.thread AND r.reader = `+w.arg(reader)+`
		WHERE `+w.sql()+` GROUP BY m.case_id, m.thread`, w.args, news)
	if err != nil || resident {
		return news, err
	}
	w = &where{}
	w.and("u.state = 'answered' AND l.agency = ? AND (o.seen IS NULL OR u.ended_at > o.seen)", reader)
	w.oneOf("u.case_id", names)
	err = countNews(ctx, q, `
		SELECT u.case_id, '`+contract.ThreadInternal+`', COUNT(*) FROM casework_units AS u JOIN casework_cases AS l ON l.id = u.case_id
		LEFT JOIN casework_message_reads AS o ON o.case_id = u.case_id AND o.thread = 'internal' AND o.reader = l.agency
		WHERE `+w.sql()+` GROUP BY u.case_id`, w.args, news)
	return news, err
}

func countNews(ctx context.Context, q db.Q, query string, args []any, news map[contract.CaseID]News) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("count news: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id contract.CaseID
		var thread string
		var n int
		if err := rows.Scan(&id, &thread, &n); err != nil {
			return err
		}
		of := news[id]
		if thread == contract.ThreadInternal {
			of.Internal += n
		} else {
			of.Outward += n
		}
		news[id] = of
	}
	return rows.Err()
}

// withNews keeps the cases that an agency leads with a message from elsewhere or an
// opinion that it did not read. Who asks has few cases, so each is looked up.
func withNews(w *where, agency string) {
	w.and(`EXISTS (SELECT 1 FROM casework_messages AS m
			LEFT JOIN casework_message_reads AS r ON r.case_id = m.case_id AND r.thread = m.thread AND r.reader = ?
			WHERE m.case_id = casework_cases.id AND m.unit <> ? AND (r.no IS NULL OR m.no > r.no))
		OR casework_cases.agency = ? AND EXISTS (SELECT 1 FROM casework_units AS u
			LEFT JOIN casework_message_reads AS r ON r.case_id = u.case_id AND r.thread = 'internal' AND r.reader = ?
			WHERE u.case_id = casework_cases.id AND u.state = 'answered' AND (r.seen IS NULL OR u.ended_at > r.seen))`,
		agency, agency, agency, agency)
}

// withInternalWords keeps the tasks of cases on which other agencies wrote something
// that this one did not read. It begins at the messages between agencies, which are
// few and have an index: an agency that is often asked has many tasks.
func withInternalWords(w *where, agency string) {
	w.and(`u.case_id IN (SELECT m.case_id FROM casework_messages AS m
		LEFT JOIN casework_message_reads AS r ON r.case_id = m.case_id AND r.thread = m.thread AND r.reader = ?
		WHERE m.thread = 'internal' AND m.unit <> ? AND (r.no IS NULL OR m.no > r.no))`, agency, agency)
}
