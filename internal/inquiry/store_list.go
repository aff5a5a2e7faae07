package inquiry

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/kit/db"
)

// agendaWhere is the rule of the policy as SQL: the agency's own, no case of the
// actor's own; and the tab. What an appointment is late for is a record that is
// not closed, or a day set by law that passed.
const agendaWhere = ` FROM inquiry_inquiries
	WHERE agency = $1 AND operator <> $2 AND applicant <> $2
		AND ($3 = '' OR kind = $3)
		AND ($4 = '' OR people LIKE '%' || $4 || '%')
		AND (($5 = 'open' AND open)
			OR ($5 = 'done' AND NOT open)
			OR ($5 = 'today' AND open AND on_day = $6)
			OR ($5 = 'week' AND open AND on_day >= $6 AND on_day <= $7)
			OR ($5 = 'overdue' AND open AND ((on_day <> '' AND on_day < $6) OR (due <> '' AND due < $6))))`

func countAgenda(ctx context.Context, q db.Q, s scope, tab string) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*)`+agendaWhere, s.agency, s.actor, s.kind, s.mine, tab, s.today, s.week).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count inquiries: %w", err)
	}
	return n, nil
}

// agenda lists by day, those without one first; after is "day|id" of the last row
// before.
func agenda(ctx context.Context, q db.Q, s scope, tab, after string, limit int) ([]row, error) {
	day, id, _ := strings.Cut(after, "|")
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+agendaWhere+` AND (on_day, id) > ($8, $9) ORDER BY on_day, id LIMIT $10`,
		s.agency, s.actor, s.kind, s.mine, tab, s.today, s.week, day, id, limit))
}

// waiting lists what may ask something of an official: what is open of theirs, and
// visits of theirs whose corrections nobody confirmed. $3 is the actor, about whose
// own case nothing is listed.
func waiting(ctx context.Context, q db.Q, agency, who, actor string, limit int) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries
		WHERE agency = $1 AND operator <> $3 AND applicant <> $3 AND (people LIKE '%|' || $2 || '|%' OR secretary = $2)
			AND (open OR kind = 'visit' AND state = 'closed' AND due <> '')
		ORDER BY on_day, id LIMIT $4`, agency, who, actor, limit))
}

// hearingsSet lists the hearings of an agency that are set and not held yet.
func hearingsSet(ctx context.Context, q db.Q, agency, actor string, limit int) ([]row, error) {
	return rowsOf(q.QueryContext(ctx, `SELECT `+columns+` FROM inquiry_inquiries
		WHERE agency = $1 AND open AND kind = 'hearing' AND state = 'set' AND operator <> $2 AND applicant <> $2
		ORDER BY on_day, id LIMIT $3`, agency, actor, limit))
}
