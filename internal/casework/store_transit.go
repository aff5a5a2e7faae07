package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

func setTakenDivision(ctx context.Context, q db.Q, id contract.CaseID, division string) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET taken_division = $1 WHERE id = $2`, division, id)
	if err != nil {
		return fmt.Errorf("division of intake: %w", err)
	}
	return nil
}

func insertTransit(ctx context.Context, q db.Q, t Transit) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_transits (case_id, agency, agency_zh, agency_en, division, began, arrived)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.Case, t.Agency, t.Name.ZH, t.Name.EN, t.Division, t.Began, t.Arrived)
	if err != nil {
		return fmt.Errorf("insert transit: %w", err)
	}
	return nil
}

func transitOf(ctx context.Context, q db.Q, id contract.CaseID) (Transit, error) {
	t := Transit{Case: id}
	err := q.QueryRowContext(ctx, `
		SELECT agency, agency_zh, agency_en, division, began, arrived FROM casework_transits WHERE case_id = $1`, id).
		Scan(&t.Agency, &t.Name.ZH, &t.Name.EN, &t.Division, &t.Began, &t.Arrived)
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNotForwarded
	}
	if err != nil {
		return t, fmt.Errorf("transit: %w", err)
	}
	return t, nil
}

// beginTransit notes when a part of a bundle that waited set out.
func beginTransit(ctx context.Context, q db.Q, id contract.CaseID, on day.Date) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_transits SET began = $1 WHERE case_id = $2`, on, id)
	if err != nil {
		return fmt.Errorf("begin transit: %w", err)
	}
	return nil
}

func endTransit(ctx context.Context, q db.Q, id contract.CaseID, on day.Date) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_transits SET arrived = $1 WHERE case_id = $2`, on, id)
	if err != nil {
		return fmt.Errorf("end transit: %w", err)
	}
	return nil
}

func insertLeg(ctx context.Context, q db.Q, l Leg) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_legs (id, case_id, no, way, carrier, waybill, status, sent_by, sent_name, sent_at, changed_at, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		l.ID, l.Case, l.No, l.Way, l.Carrier, l.Waybill, l.Status, l.SentBy.ID, l.SentBy.Name, micro(l.Sent), micro(l.Changed), l.Note)
	if err != nil {
		return fmt.Errorf("insert leg: %w", err)
	}
	return nil
}

func updateLeg(ctx context.Context, q db.Q, l Leg) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_legs SET status = $1, changed_at = $2, note = $3 WHERE id = $4`,
		l.Status, micro(l.Changed), l.Note, l.ID)
	if err != nil {
		return fmt.Errorf("update leg: %w", err)
	}
	return nil
}

const legColumns = `id, case_id, no, way, carrier, waybill, status, sent_by, sent_name, sent_at, changed_at, note`

func legsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Leg, error) {
	return queryLegs(ctx, q, `SELECT `+legColumns+` FROM casework_legs WHERE case_id = $1 ORDER BY no`, id)
}

// legsByWaybill lists the parcels on a waybill that have not ended.
func legsByWaybill(ctx context.Context, q db.Q, carrier, waybill string) ([]Leg, error) {
	return queryLegs(ctx, q, `
		SELECT `+legColumns+` FROM casework_legs
		WHERE waybill = $1 AND carrier = $2 AND status IN ('sent', 'moving') ORDER BY case_id, no`, waybill, carrier)
}

func queryLegs(ctx context.Context, q db.Q, query string, args ...any) ([]Leg, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list legs: %w", err)
	}
	defer rows.Close()
	var list []Leg
	for rows.Next() {
		var l Leg
		if err := rows.Scan(&l.ID, &l.Case, &l.No, &l.Way, &l.Carrier, &l.Waybill, &l.Status, &l.SentBy.ID, &l.SentBy.Name,
			instant{&l.Sent}, instant{&l.Changed}, &l.Note); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, rows.Err()
}

// maxOnTheWay bounds the list of cases on their way: they stay there for days.
const maxOnTheWay = 500

// casesOnTheWay lists what an agency took in for another place or waits for, the
// most urgent first.
func casesOnTheWay(ctx context.Context, q db.Q, agency string) ([]Case, error) {
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases
		WHERE stage = 'transit' AND (taken_by = $1 OR agency = $1) ORDER BY due, id LIMIT $2`, agency, maxOnTheWay)
}
