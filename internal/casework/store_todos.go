package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

func insertRated(ctx context.Context, q db.Q, id contract.CaseID) error {
	_, err := q.ExecContext(ctx, `INSERT INTO casework_rated (case_id) VALUES ($1) ON CONFLICT (case_id) DO NOTHING`, id)
	if err != nil {
		return fmt.Errorf("note rating: %w", err)
	}
	return nil
}

// withUnread keeps the cases in which the applicant has a message to read.
func withUnread(w *where) {
	w.and(`id IN (SELECT m.case_id FROM casework_messages AS m
		LEFT JOIN casework_message_reads AS r ON r.case_id = m.case_id AND r.thread = m.thread AND r.reader = ?
		WHERE m.thread = ? AND m.side = ? AND (r.no IS NULL OR m.no > r.no))`,
		sideApplicant, contract.ThreadApplicant, sideStaff)
}

// withStepAgainst keeps the cases with a step that one can object to; it says
// what objectionable says.
func withStepAgainst(w *where) {
	w.and(`id IN (SELECT case_id FROM casework_steps
		WHERE action IN ('refuse', 'not_required', 'deny', 'correct', 'terminate') OR action = 'withdraw' AND deemed)`)
}

func withoutRating(w *where) { w.and("id NOT IN (SELECT case_id FROM casework_rated)") }
