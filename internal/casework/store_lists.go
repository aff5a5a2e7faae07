package casework

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// where builds the condition of a list: the rule who may see, and what was asked.
type where struct {
	parts []string
	args  []any
}

// and adds a condition; each ? is the next argument.
func (w *where) and(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.parts = append(w.parts, condition)
}

// oneOf adds that a column is one of values; no value means nothing matches.
func (w *where) oneOf(column string, values []string) {
	if len(values) == 0 {
		w.and("1 = 0")
		return
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	w.and(column+" IN ("+marks+")", args...)
}

func (w *where) sql() string {
	if len(w.parts) == 0 {
		return "1 = 1"
	}
	return "(" + strings.Join(w.parts, ") AND (") + ")"
}

// arg adds an argument for use outside the conditions.
func (w *where) arg(a any) string {
	w.args = append(w.args, a)
	return fmt.Sprintf("$%d", len(w.args))
}

// clone copies w, so that one rule serves several queries.
func (w *where) clone() *where {
	return &where{append([]string(nil), w.parts...), append([]any(nil), w.args...)}
}

// urgency orders by light: red, over the promised day, amber, the rest, and
// cases that are paused last. It says what Case.Light says; a test compares.
func urgency(today string) string {
	return `CASE
		WHEN stage = 'done' OR clock = '' THEN 5
		WHEN red_cards > 0 THEN 0
		WHEN clock IN ('decision', 'delivery') AND NOT paused AND legal_due <> '' AND legal_due < ` + today + ` THEN 0
		WHEN NOT paused AND due <> '' AND due < ` + today + ` THEN 1
		WHEN paused THEN 4
		WHEN warn_from <> '' AND warn_from <= ` + today + ` THEN 2
		ELSE 3 END`
}

// listUrgent lists cases by urgency, then due day, then id.
func listUrgent(ctx context.Context, q db.Q, w *where, today string, after *cursor, limit int) ([]Case, error) {
	w = w.clone()
	rank := urgency(w.arg(today))
	if after != nil {
		// Row values compare alike on both databases; the rank is worked out twice.
		w.and(`(`+rank+`, due, id) > (?, ?, ?)`, after.Rank, after.Due, after.ID)
	}
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE `+w.sql()+`
		ORDER BY `+rank+`, due, id LIMIT `+w.arg(limit), w.args...)
}

// listRecent lists cases by the day they were filed, newest first.
func listRecent(ctx context.Context, q db.Q, w *where, after *cursor, limit int) ([]Case, error) {
	w = w.clone()
	if after != nil {
		w.and(`(filed_at, id) < (?, ?)`, after.Filed, after.ID)
	}
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE `+w.sql()+`
		ORDER BY filed_at DESC, id DESC LIMIT `+w.arg(limit), w.args...)
}

func countCases(ctx context.Context, q db.Q, w *where) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM casework_cases WHERE `+w.sql(), w.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count cases: %w", err)
	}
	return n, nil
}

// countLights counts cases by rank of urgency.
func countLights(ctx context.Context, q db.Q, w *where, today string) (map[int]int, error) {
	w = w.clone()
	rows, err := q.QueryContext(ctx, `
		SELECT rank, COUNT(*) FROM (SELECT `+urgency(w.arg(today))+` AS rank FROM casework_cases WHERE `+w.sql()+`) AS ranked
		GROUP BY rank`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count lights: %w", err)
	}
	defer rows.Close()
	counts := map[int]int{}
	for rows.Next() {
		var rank, n int
		if err := rows.Scan(&rank, &n); err != nil {
			return nil, err
		}
		counts[rank] = n
	}
	return counts, rows.Err()
}

// itemsIn names the services that a list has cases of, for its filter.
func itemsIn(ctx context.Context, q db.Q, w *where) ([]ItemName, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT item, MAX(item_zh), MAX(item_en) FROM casework_cases WHERE `+w.sql()+`
		GROUP BY item ORDER BY item LIMIT 200`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	defer rows.Close()
	var list []ItemName
	for rows.Next() {
		var i ItemName
		if err := rows.Scan(&i.Item, &i.Name.ZH, &i.Name.EN); err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

// countTry counts a try of the public query and returns how many there were in
// the span of time.
func countTry(ctx context.Context, q db.Q, who string, span int64) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		INSERT INTO casework_tries (who, span, tries) VALUES ($1, $2, 1)
		ON CONFLICT (who, span) DO UPDATE SET tries = casework_tries.tries + 1
		RETURNING tries`, who, span).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count try: %w", err)
	}
	return n, nil
}

func forgetTries(ctx context.Context, q db.Q, before int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM casework_tries WHERE span < $1`, before)
	if err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	return nil
}

// ItemName is a service in a filter.
type ItemName struct {
	Item contract.ItemID
	Name contract.Text
}

// earlierCases lists what the applicant of a case asked of the same agency before,
// newest first.
func earlierCases(ctx context.Context, q db.Q, c Case, limit int) ([]Earlier, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id, number, item_zh, item_en, outcome, stage, filed_at, ended_at FROM casework_cases
		WHERE applicant_id = $1 AND applicant_kind = $2 AND agency = $3 AND id <> $4 AND filed_at <= $5
		ORDER BY filed_at DESC, id DESC LIMIT $6`,
		c.Applicant.ID, c.Applicant.Kind, c.Agency, c.ID, micro(c.Filed), limit)
	if err != nil {
		return nil, fmt.Errorf("list earlier cases: %w", err)
	}
	defer rows.Close()
	var list []Earlier
	for rows.Next() {
		var e Earlier
		if err := rows.Scan(&e.Case, &e.Number, &e.ItemName.ZH, &e.ItemName.EN, &e.Outcome, &e.Stage,
			instant{&e.Filed}, instant{&e.Ended}); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}
