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

// row is a draft as it is stored.
type row struct {
	ID        contract.DraftID
	Kind      string
	Item      contract.ItemID
	Version   int
	Owner     contract.AccountID
	Company   string // whom the owner acts for
	Acting    string
	Mandate   string
	State     string
	Round     int64
	Party     contract.Party
	Case      contract.CaseID
	Rev       int64
	Answers   string // JSON of doc
	Sealed    []byte // sealed JSON of doc
	Done      int
	Total     int
	Created   time.Time
	Saved     time.Time
	HeldAt    time.Time
	Expires   time.Time
	Submitted time.Time
	Receipt   string
}

const draftColumns = `id, kind, item, version, owner, company, party, case_id, rev, answers, sealed, done, total,
	created_at, saved_at, held_at, expires_at, submitted_at, receipt, acting, mandate, state, round`

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// insertDraft reports false when the case already has an open correction.
func insertDraft(ctx context.Context, q db.Q, r row) (bool, error) {
	party, err := json.Marshal(r.Party)
	if err != nil {
		return false, fmt.Errorf("insert draft: %w", err)
	}
	res, err := q.ExecContext(ctx, `INSERT INTO form_drafts (`+draftColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT DO NOTHING`,
		string(r.ID), r.Kind, string(r.Item), r.Version, string(r.Owner), r.Company, string(party), string(r.Case), r.Rev,
		r.Answers, r.Sealed, r.Done, r.Total,
		micros(r.Created), micros(r.Saved), micros(r.HeldAt), micros(r.Expires), micros(r.Submitted), r.Receipt,
		r.Acting, r.Mandate, r.State, r.Round)
	return changed(res, err, "insert draft")
}

func changed(res sql.Result, err error, what string) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	return n > 0, nil
}

type scanner interface{ Scan(dest ...any) error }

func scanDraft(s scanner) (row, error) {
	var r row
	var party string
	var created, saved, heldAt, expires, submitted int64
	err := s.Scan(&r.ID, &r.Kind, &r.Item, &r.Version, &r.Owner, &r.Company, &party, &r.Case, &r.Rev,
		&r.Answers, &r.Sealed, &r.Done, &r.Total, &created, &saved, &heldAt, &expires, &submitted, &r.Receipt,
		&r.Acting, &r.Mandate, &r.State, &r.Round)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrNotFound
	}
	if err != nil {
		return row{}, fmt.Errorf("scan draft: %w", err)
	}
	r.Created, r.Saved, r.HeldAt = instant(created), instant(saved), instant(heldAt)
	r.Expires, r.Submitted = instant(expires), instant(submitted)
	if err := json.Unmarshal([]byte(party), &r.Party); err != nil {
		return row{}, fmt.Errorf("party of draft: %w", err)
	}
	return r, nil
}

func selectDraft(ctx context.Context, q db.Q, id contract.DraftID) (row, error) {
	return scanDraft(q.QueryRowContext(ctx, `SELECT `+draftColumns+` FROM form_drafts WHERE id = $1`, string(id)))
}

func selectCorrection(ctx context.Context, q db.Q, c contract.CaseID) (row, error) {
	return scanDraft(q.QueryRowContext(ctx, `SELECT `+draftColumns+` FROM form_drafts
		WHERE case_id = $1 AND kind = 'correction' AND submitted_at = 0`, string(c)))
}

// selectOpen lists unfinished applications, newest first. Corrections are not
// among them: the case itself says that it waits for one, as long as it does.
func selectOpen(ctx context.Context, q db.Q, owner, company string, now time.Time) ([]row, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+draftColumns+` FROM form_drafts
		WHERE owner = $1 AND company = $2 AND submitted_at = 0 AND expires_at > $3 AND kind = 'application'
		ORDER BY saved_at DESC, id DESC LIMIT 50`, owner, company, micros(now))
	if err != nil {
		return nil, fmt.Errorf("open drafts: %w", err)
	}
	defer rows.Close()
	var list []row
	for rows.Next() {
		r, err := scanDraft(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// updateDraft stores a change if the draft is still at revision r.Rev and open;
// it is at the next one then.
func updateDraft(ctx context.Context, q db.Q, r row) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts
		SET rev = rev + 1, answers = $3, sealed = $4, done = $5, total = $6, saved_at = $7, expires_at = $8, mandate = $9
		WHERE id = $1 AND rev = $2 AND submitted_at = 0 AND state = 'open'`,
		string(r.ID), r.Rev, r.Answers, r.Sealed, r.Done, r.Total, micros(r.Saved), micros(r.Expires), r.Mandate)
	return changed(res, err, "update draft")
}

// updateHeld stores what the government holds now; it is no change of the
// person's, so the revision stays.
func updateHeld(ctx context.Context, q db.Q, r row) error {
	_, err := q.ExecContext(ctx, `UPDATE form_drafts SET sealed = $3, held_at = $4
		WHERE id = $1 AND rev = $2 AND submitted_at = 0`, string(r.ID), r.Rev, r.Sealed, micros(r.HeldAt))
	if err != nil {
		return fmt.Errorf("update held data: %w", err)
	}
	return nil
}

// touchDraft moves an open draft to the next revision, for a change of its files.
func touchDraft(ctx context.Context, q db.Q, r row) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts SET rev = rev + 1, saved_at = $2, expires_at = $3, done = $4
		WHERE id = $1 AND submitted_at = 0 AND state = $5`, string(r.ID), micros(r.Saved), micros(r.Expires), r.Done, r.State)
	return changed(res, err, "touch draft")
}

// claimDraft marks a draft as submitted, once: of any number of requests for
// the same revision and state one is told true.
func claimDraft(ctx context.Context, q db.Q, r row, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts SET submitted_at = $3, rev = rev + 1
		WHERE id = $1 AND rev = $2 AND submitted_at = 0 AND state = $4`, string(r.ID), r.Rev, micros(now), r.State)
	return changed(res, err, "claim draft")
}

// finishDraft keeps the receipt and forgets the answers: they are the case's now.
func finishDraft(ctx context.Context, q db.Q, id contract.DraftID, receipt string) error {
	_, err := q.ExecContext(ctx, `UPDATE form_drafts SET receipt = $2, answers = '{}', sealed = NULL WHERE id = $1`,
		string(id), receipt)
	if err != nil {
		return fmt.Errorf("finish draft: %w", err)
	}
	return nil
}
