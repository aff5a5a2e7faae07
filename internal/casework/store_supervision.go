package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertRecord stores a card, unless the case has it already.
func insertRecord(ctx context.Context, q db.Q, id string, c Case, k card, at time.Time) (bool, error) {
	handler := c.Clerk.Name
	for _, h := range []Handler{c.Reviewer, c.Second, c.Approver} {
		if h.Name != "" {
			handler = h.Name
		}
	}
	agency, name, division := c.Agency, c.AgencyName, c.Division
	if k.of.ID != "" {
		agency, name, division, handler = k.of.ID, k.of.Name, k.of.Division, ""
	}
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_supervision (id, case_id, rule, occurrence, light, case_number, item_zh, item_en,
			agency, agency_zh, agency_en, division, handler, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (case_id, rule, occurrence) DO NOTHING`,
		id, c.ID, k.rule, k.occurrence, string(k.light), c.Number, c.ItemName.ZH, c.ItemName.EN,
		agency, name.ZH, name.EN, division, handler, micro(at))
	if err != nil {
		return false, fmt.Errorf("insert supervision record: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// addCards counts a card on the case. It adds, because a step of the case may
// be on its way at the same time.
func addCards(ctx context.Context, q db.Q, id contract.CaseID, yellow, red int) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_cases SET yellow_cards = yellow_cards + $1, red_cards = red_cards + $2 WHERE id = $3`,
		yellow, red, id)
	if err != nil {
		return fmt.Errorf("count cards: %w", err)
	}
	return nil
}

const recordColumns = `id, case_id, rule, light, case_number, item_zh, item_en, agency, agency_zh, agency_en,
	division, handler, at`

func queryRecords(ctx context.Context, q db.Q, query string, args ...any) ([]Record, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list supervision records: %w", err)
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		var r Record
		if err := rows.Scan(&r.ID, &r.Case, &r.Rule, &r.Light, &r.Number, &r.Item.ZH, &r.Item.EN,
			&r.Agency, &r.AgencyName.ZH, &r.AgencyName.EN, &r.Division, &r.Handler, instant{&r.At}); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// recordsOf lists the cards of one case, newest first.
func recordsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Record, error) {
	return queryRecords(ctx, q, `
		SELECT `+recordColumns+` FROM casework_supervision WHERE case_id = $1 ORDER BY at DESC, id DESC`, id)
}

// recordsIn lists the cards of a division and those below it, newest first.
func recordsIn(ctx context.Context, q db.Q, division string, limit int) ([]Record, error) {
	return queryRecords(ctx, q, `
		SELECT `+recordColumns+` FROM casework_supervision
		WHERE SUBSTR(division, 1, $1) = $2 ORDER BY at DESC, id DESC LIMIT $3`, len(division), division, limit)
}
