package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertRecord stores a card, unless the case has it already.
func insertRecord(ctx context.Context, q db.Q, c Case, k card, r Record) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_supervision (id, case_id, rule, occurrence, light, case_number, item_zh, item_en,
			agency, agency_zh, agency_en, division, handler, at, of_id, of_case, explain_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (case_id, rule, occurrence) DO NOTHING`,
		r.ID, c.ID, k.rule, k.occurrence, string(k.light), c.Number, c.ItemName.ZH, c.ItemName.EN,
		r.Agency, r.AgencyName.ZH, r.AgencyName.EN, r.Division, r.Handler, micro(r.At), r.HandlerID, r.OfCase, r.ExplainBy)
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
	division, handler, at, of_id, of_case, explain_by, explained, explained_by, explained_name, explained_at, appealed,
	ruling, ruled, ruled_by, ruled_name, ruled_at`

func scanRecord(row scanner) (r Record, err error) {
	err = row.Scan(&r.ID, &r.Case, &r.Rule, &r.Light, &r.Number, &r.Item.ZH, &r.Item.EN,
		&r.Agency, &r.AgencyName.ZH, &r.AgencyName.EN, &r.Division, &r.Handler, instant{&r.At}, &r.HandlerID, &r.OfCase, &r.ExplainBy,
		&r.Explained, &r.ExplainedBy.ID, &r.ExplainedBy.Name, instant{&r.ExplainedAt}, &r.Appealed,
		&r.Ruling, &r.Ruled, &r.RuledBy.ID, &r.RuledBy.Name, instant{&r.RuledAt})
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	return r, err
}

func queryRecords(ctx context.Context, q db.Q, query string, args ...any) ([]Record, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list supervision records: %w", err)
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		r, err := scanRecord(rows)
		if err != nil {
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

func recordByID(ctx context.Context, q db.Q, id string) (Record, error) {
	return scanRecord(q.QueryRowContext(ctx, `SELECT `+recordColumns+` FROM casework_supervision WHERE id = $1`, id))
}

// lockRecord makes the next actor on the same card wait.
func lockRecord(ctx context.Context, tx db.Tx, id string) (Record, error) {
	return scanRecord(tx.QueryRowContext(ctx, `
		UPDATE casework_supervision SET at = at WHERE id = $1 RETURNING `+recordColumns, id))
}

func explainRecord(ctx context.Context, q db.Q, r Record) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_supervision SET explained = $1, explained_by = $2, explained_name = $3, explained_at = $4, appealed = $5
		WHERE id = $6`, r.Explained, r.ExplainedBy.ID, r.ExplainedBy.Name, micro(r.ExplainedAt), r.Appealed, r.ID)
	if err != nil {
		return fmt.Errorf("explain card: %w", err)
	}
	return nil
}

func ruleRecord(ctx context.Context, q db.Q, r Record) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_supervision SET ruling = $1, ruled = $2, ruled_by = $3, ruled_name = $4, ruled_at = $5 WHERE id = $6`,
		r.Ruling, r.Ruled, r.RuledBy.ID, r.RuledBy.Name, micro(r.RuledAt), r.ID)
	if err != nil {
		return fmt.Errorf("rule on card: %w", err)
	}
	return nil
}

func moveRecord(ctx context.Context, q db.Q, r Record) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_supervision SET explain_by = $1 WHERE id = $2`, r.ExplainBy, r.ID)
	if err != nil {
		return fmt.Errorf("move card: %w", err)
	}
	return nil
}

// recordsToExplain lists the cards of an agency that nobody explained, the most
// urgent first.
func recordsToExplain(ctx context.Context, q db.Q, agency string, limit int) ([]Record, error) {
	return queryRecords(ctx, q, `
		SELECT `+recordColumns+` FROM casework_supervision
		WHERE agency = $1 AND explained_at = 0 AND ruling = '' ORDER BY explain_by, id LIMIT $2`, agency, limit)
}

func recordsUnexplained(ctx context.Context, q db.Q, limit int) ([]Record, error) {
	return queryRecords(ctx, q, `
		SELECT `+recordColumns+` FROM casework_supervision
		WHERE explained_at = 0 AND ruling = '' AND explain_by <> '' ORDER BY id LIMIT $1`, limit)
}

// recordsOpen lists the cards of a division without a ruling: those that were
// explained first, the oldest explanation before the others.
func recordsOpen(ctx context.Context, q db.Q, division string, limit int) ([]Record, error) {
	return queryRecords(ctx, q, `
		SELECT `+recordColumns+` FROM casework_supervision
		WHERE SUBSTR(division, 1, $1) = $2 AND ruling = ''
		ORDER BY CASE WHEN explained_at = 0 THEN 1 ELSE 0 END, explained_at, explain_by, id LIMIT $3`, len(division), division, limit)
}

func countRecords(ctx context.Context, q db.Q, division, today string) (CardCounts, error) {
	var n CardCounts
	sum := func(when string) string {
		return `CAST(COALESCE(SUM(CASE WHEN ` + when + ` THEN 1 ELSE 0 END), 0) AS BIGINT)`
	}
	err := q.QueryRowContext(ctx, `SELECT `+sum(`ruling = ''`)+`, `+sum(`ruling = '' AND explained_at > 0`)+`, `+
		sum(`ruling = '' AND explained_at = 0 AND explain_by <> '' AND explain_by < $3`)+`, `+
		sum(`ruling = 'kept'`)+`, `+sum(`ruling = 'cancelled'`)+`
		FROM casework_supervision WHERE SUBSTR(division, 1, $1) = $2`, len(division), division, today).
		Scan(&n.Open, &n.Explained, &n.Overdue, &n.Kept, &n.Cancelled)
	if err != nil {
		return n, fmt.Errorf("count cards: %w", err)
	}
	return n, nil
}
