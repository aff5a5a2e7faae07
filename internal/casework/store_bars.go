package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// barsWhere lists broken commitments, those that still bar first, then the newest.
func barsWhere(ctx context.Context, q db.Q, w *where, limit int) ([]Bar, error) {
	w.and("m.state IN (?, ?)", CommitmentBroken, CommitmentRevoked)
	rows, err := q.QueryContext(ctx, `
		SELECT c.id, c.number, c.item, c.item_zh, c.item_en, c.agency, c.agency_zh, c.agency_en,
			c.applicant_kind, c.applicant_id, c.applicant_name, c.applicant_code,
			m.state, m.note, m.settled_name, m.settled_at, c.clock, c.legal_due, m.lifted_at, m.lifted_name, m.lifted_why
		FROM casework_commitments AS m JOIN casework_cases AS c ON c.id = m.case_id
		WHERE `+w.sql()+`
		ORDER BY CASE WHEN m.lifted_at = 0 THEN 0 ELSE 1 END, m.settled_at DESC, c.id LIMIT `+w.arg(limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list bars: %w", err)
	}
	defer rows.Close()
	var list []Bar
	for rows.Next() {
		var b Bar
		var clock statute.ClockKind
		if err := rows.Scan(&b.Case, &b.Number, &b.Item, &b.ItemName.ZH, &b.ItemName.EN, &b.Agency, &b.Unit.ZH, &b.Unit.EN,
			&b.Applicant.Kind, &b.Applicant.ID, &b.Applicant.Name, &b.Applicant.Code,
			&b.State, &b.Why, &b.By, instant{&b.Since}, &clock, &b.Until, instant{&b.Lifted}, &b.LiftedBy, &b.LiftedWhy); err != nil {
			return nil, err
		}
		if clock != statute.Rectification || b.State != CommitmentBroken {
			b.Until = day.Date{}
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

func liftBar(ctx context.Context, q db.Q, id contract.CaseID, by Handler, why string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_commitments SET lifted_at = $1, lifted_by = $2, lifted_name = $3, lifted_why = $4 WHERE case_id = $5`,
		micro(at), by.ID, by.Name, why, id)
	if err != nil {
		return fmt.Errorf("lift bar: %w", err)
	}
	return nil
}
