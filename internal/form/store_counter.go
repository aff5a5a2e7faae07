package form

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// confirmation is a confirmation as it is stored.
type confirmation struct {
	Rev     int64
	Round   int64
	Method  string
	Account contract.AccountID
	sealed  []byte
	Place   contract.Counter
	Sheet   contract.Material // no blob is none
	At      time.Time
}

func selectConfirmation(ctx context.Context, q db.Q, id contract.DraftID) (confirmation, bool, error) {
	var x confirmation
	var place string
	var at int64
	err := q.QueryRowContext(ctx, `SELECT rev, round, method, account, sealed, place, sheet, sheet_name, sheet_type, sheet_size,
		confirmed_at FROM form_confirmations WHERE draft_id = $1`, string(id)).
		Scan(&x.Rev, &x.Round, &x.Method, &x.Account, &x.sealed, &place, &x.Sheet.Blob, &x.Sheet.Name, &x.Sheet.Type, &x.Sheet.Size, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return x, false, nil
	}
	if err != nil {
		return x, false, fmt.Errorf("confirmation of draft: %w", err)
	}
	x.At = instant(at)
	if err := json.Unmarshal([]byte(place), &x.Place); err != nil {
		return x, false, fmt.Errorf("place of confirmation: %w", err)
	}
	return x, true, nil
}

// putConfirmation stores how a draft was confirmed, in place of an earlier one.
func putConfirmation(ctx context.Context, q db.Q, id contract.DraftID, x confirmation) error {
	place, err := json.Marshal(x.Place)
	if err != nil {
		return fmt.Errorf("place of confirmation: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO form_confirmations (draft_id, rev, round, method, account, sealed, place,
			sheet, sheet_name, sheet_type, sheet_size, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (draft_id) DO UPDATE SET rev = excluded.rev, round = excluded.round, method = excluded.method,
			account = excluded.account, sealed = excluded.sealed, place = excluded.place, sheet = excluded.sheet,
			sheet_name = excluded.sheet_name, sheet_type = excluded.sheet_type, sheet_size = excluded.sheet_size,
			confirmed_at = excluded.confirmed_at`,
		string(id), x.Rev, x.Round, x.Method, string(x.Account), x.sealed, string(place),
		string(x.Sheet.Blob), x.Sheet.Name, x.Sheet.Type, x.Sheet.Size, micros(x.At))
	if err != nil {
		return fmt.Errorf("store confirmation: %w", err)
	}
	return nil
}

// sendConfirmation lets a confirmation stand for the round of signing that begins.
func sendConfirmation(ctx context.Context, q db.Q, id contract.DraftID, round int64, place contract.Counter) error {
	text, err := json.Marshal(place)
	if err != nil {
		return fmt.Errorf("place of confirmation: %w", err)
	}
	_, err = q.ExecContext(ctx, `UPDATE form_confirmations SET round = $2, place = $3 WHERE draft_id = $1`, string(id), round, string(text))
	if err != nil {
		return fmt.Errorf("send confirmation: %w", err)
	}
	return nil
}

func selectOriginals(ctx context.Context, q db.Q, id contract.DraftID) (map[string]Shown, error) {
	rows, err := q.QueryContext(ctx, `SELECT file, compared, paper, by_id, by_name, agency_zh, agency_en, seen_at
		FROM form_originals WHERE draft_id = $1`, string(id))
	if err != nil {
		return nil, fmt.Errorf("originals of draft: %w", err)
	}
	defer rows.Close()
	list := map[string]Shown{}
	for rows.Next() {
		var file string
		var x Shown
		var at int64
		if err := rows.Scan(&file, &x.Compared, &x.Paper, &x.By, &x.ByName, &x.Agency.ZH, &x.Agency.EN, &at); err != nil {
			return nil, fmt.Errorf("originals of draft: %w", err)
		}
		x.At = instant(at)
		list[file] = x
	}
	return list, rows.Err()
}

// putOriginal stores what a clerk saw of one original; nothing seen is no row.
func putOriginal(ctx context.Context, q db.Q, id contract.DraftID, file string, x Shown) error {
	var err error
	if x.Compared || x.Paper != "" {
		_, err = q.ExecContext(ctx, `INSERT INTO form_originals (draft_id, file, compared, paper, by_id, by_name, agency_zh, agency_en, seen_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (draft_id, file) DO UPDATE SET compared = excluded.compared, paper = excluded.paper, by_id = excluded.by_id,
				by_name = excluded.by_name, agency_zh = excluded.agency_zh, agency_en = excluded.agency_en, seen_at = excluded.seen_at`,
			string(id), file, x.Compared, x.Paper, string(x.By), x.ByName, x.Agency.ZH, x.Agency.EN, micros(x.At))
	} else {
		_, err = q.ExecContext(ctx, `DELETE FROM form_originals WHERE draft_id = $1 AND file = $2`, string(id), file)
	}
	if err != nil {
		return fmt.Errorf("store original: %w", err)
	}
	return nil
}
