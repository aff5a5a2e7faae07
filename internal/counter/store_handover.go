package counter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// takeSerial returns the next number of a series, from 1.
func takeSerial(ctx context.Context, q db.Q, series string) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		INSERT INTO counter_serials (series, taken) VALUES ($1, 1)
		ON CONFLICT (series) DO UPDATE SET taken = counter_serials.taken + 1 RETURNING taken`, series).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("serial: %w", err)
	}
	return n, nil
}

func countTry(ctx context.Context, q db.Q, who string, span int64) (n int, err error) {
	err = q.QueryRowContext(ctx, `
		INSERT INTO counter_tries (who, span, n) VALUES ($1, $2, 1)
		ON CONFLICT (who, span) DO UPDATE SET n = counter_tries.n + 1 RETURNING n`, who, span).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count try: %w", err)
	}
	return n, nil
}

// triesOf is how many tries were counted.
func triesOf(ctx context.Context, q db.Q, who string, span int64) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT n FROM counter_tries WHERE who = $1 AND span = $2`, who, span).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count tries: %w", err)
	}
	return n, nil
}

func forgetTries(ctx context.Context, q db.Q, before int64) error {
	_, err := q.ExecContext(ctx, `DELETE FROM counter_tries WHERE span < $1`, before)
	if err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	return nil
}

const handoverColumns = `id, number, agency, agency_zh, agency_en, division, receiver, receiver_zh, receiver_en, state,
	made_by, made_name, made_at, done_by, done_name, done_at`

func insertHandover(ctx context.Context, q db.Q, h Handover) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO counter_handovers (`+handoverColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		h.ID, h.Number, h.From.ID, h.From.Name.ZH, h.From.Name.EN, h.From.Division, h.To.ID, h.To.Name.ZH, h.To.Name.EN, h.State,
		h.MadeBy.ID, h.MadeBy.Name, micro(h.Made), h.DoneBy.ID, h.DoneBy.Name, micro(h.Done))
	if err != nil {
		return fmt.Errorf("insert list: %w", err)
	}
	for _, x := range h.Items {
		if err := insertItem(ctx, q, h.ID, x); err != nil {
			return err
		}
	}
	return nil
}

func insertItem(ctx context.Context, q db.Q, list string, x HandoverItem) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO counter_handover_items (handover, no, paper, case_id, case_number, item_zh, item_en, name_zh, name_en, original, sheets, result, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		list, x.No, x.Paper, x.Case, x.Number, x.Item.ZH, x.Item.EN, x.Name.ZH, x.Name.EN, x.Original, x.Sheets, x.Result, x.Reason)
	if err != nil {
		return fmt.Errorf("insert line: %w", err)
	}
	return nil
}

// saveHandover stores what became of a list and its lines.
func saveHandover(ctx context.Context, q db.Q, h Handover) error {
	_, err := q.ExecContext(ctx, `UPDATE counter_handovers SET state = $1, done_by = $2, done_name = $3, done_at = $4 WHERE id = $5`,
		h.State, h.DoneBy.ID, h.DoneBy.Name, micro(h.Done), h.ID)
	if err != nil {
		return fmt.Errorf("save list: %w", err)
	}
	for _, x := range h.Items {
		if x.Result == ItemExtra {
			err = insertItem(ctx, q, h.ID, x)
		} else {
			_, err = q.ExecContext(ctx, `UPDATE counter_handover_items SET result = $1, reason = $2 WHERE handover = $3 AND no = $4`,
				x.Result, x.Reason, h.ID, x.No)
		}
		if err != nil {
			return fmt.Errorf("save line: %w", err)
		}
	}
	return nil
}

func settleItem(ctx context.Context, q db.Q, list string, no int, note string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE counter_handover_items SET settled = $1, settled_at = $2 WHERE handover = $3 AND no = $4`,
		note, micro(at), list, no)
	if err != nil {
		return fmt.Errorf("settle line: %w", err)
	}
	return nil
}

func scanHandover(row scanner, more ...any) (Handover, error) {
	var h Handover
	err := row.Scan(append([]any{
		&h.ID, &h.Number, &h.From.ID, &h.From.Name.ZH, &h.From.Name.EN, &h.From.Division, &h.To.ID, &h.To.Name.ZH, &h.To.Name.EN, &h.State,
		&h.MadeBy.ID, &h.MadeBy.Name,
		instant{&h.Made},
		&h.DoneBy.ID, &h.DoneBy.Name,
		instant{&h.Done},
	}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return h, ErrNoHandover
	}
	h.MadeBy.Kind = string(auth.Staff)
	if h.DoneBy.ID != "" {
		h.DoneBy.Kind = string(auth.Staff)
	}
	return h, err
}

func handoverByID(ctx context.Context, q db.Q, id string) (Handover, error) {
	h, err := scanHandover(q.QueryRowContext(ctx, `SELECT `+handoverColumns+` FROM counter_handovers WHERE id = $1`, id))
	if err != nil {
		return h, err
	}
	return withItems(ctx, q, h)
}

// lockHandover makes the next who confirms wait and then see what this one did.
func lockHandover(ctx context.Context, tx db.Tx, id string) (Handover, error) {
	h, err := scanHandover(tx.QueryRowContext(ctx, `UPDATE counter_handovers SET state = state WHERE id = $1 RETURNING `+handoverColumns, id))
	if err != nil {
		return h, err
	}
	return withItems(ctx, tx, h)
}

func withItems(ctx context.Context, q db.Q, h Handover) (Handover, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT no, paper, case_id, case_number, item_zh, item_en, name_zh, name_en, original, sheets, result, reason, settled
		FROM counter_handover_items WHERE handover = $1 ORDER BY no`, h.ID)
	if err != nil {
		return h, fmt.Errorf("list lines: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var x HandoverItem
		if err := rows.Scan(&x.No, &x.Paper, &x.Case, &x.Number, &x.Item.ZH, &x.Item.EN, &x.Name.ZH, &x.Name.EN, &x.Original, &x.Sheets,
			&x.Result, &x.Reason, &x.Settled); err != nil {
			return h, err
		}
		h.Items = append(h.Items, x)
	}
	h.Count = len(h.Items)
	return h, rows.Err()
}

// maxLists bounds the lists that are shown.
const maxLists = 60

func handoversOf(ctx context.Context, q db.Q, agency string) ([]Handover, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+handoverColumns+`,
			(SELECT COUNT(*) FROM counter_handover_items i WHERE i.handover = counter_handovers.id),
			(SELECT COUNT(*) FROM counter_handover_items i WHERE i.handover = counter_handovers.id
				AND i.result IN ('missing', 'extra') AND i.settled = '')
		FROM counter_handovers WHERE agency = $1 OR receiver = $1 ORDER BY made_at DESC, id LIMIT $2`, agency, maxLists)
	if err != nil {
		return nil, fmt.Errorf("list lists: %w", err)
	}
	defer rows.Close()
	var list []Handover
	for rows.Next() {
		var count, disputed int
		h, err := scanHandover(rows, &count, &disputed)
		if err != nil {
			return nil, err
		}
		h.Count, h.Disputed = count, disputed
		list = append(list, h)
	}
	return list, rows.Err()
}
