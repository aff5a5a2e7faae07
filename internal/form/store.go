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
	Company   string
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
	created_at, saved_at, held_at, expires_at, submitted_at, receipt`

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
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT DO NOTHING`,
		string(r.ID), r.Kind, string(r.Item), r.Version, string(r.Owner), r.Company, string(party), string(r.Case), r.Rev,
		r.Answers, r.Sealed, r.Done, r.Total,
		micros(r.Created), micros(r.Saved), micros(r.HeldAt), micros(r.Expires), micros(r.Submitted), r.Receipt)
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
		&r.Answers, &r.Sealed, &r.Done, &r.Total, &created, &saved, &heldAt, &expires, &submitted, &r.Receipt)
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
		SET rev = rev + 1, answers = $3, sealed = $4, done = $5, total = $6, saved_at = $7, expires_at = $8
		WHERE id = $1 AND rev = $2 AND submitted_at = 0`,
		string(r.ID), r.Rev, r.Answers, r.Sealed, r.Done, r.Total, micros(r.Saved), micros(r.Expires))
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
		WHERE id = $1 AND submitted_at = 0`, string(r.ID), micros(r.Saved), micros(r.Expires), r.Done)
	return changed(res, err, "touch draft")
}

// claimDraft marks a draft as submitted, once: of any number of requests for
// the same revision one is told true.
func claimDraft(ctx context.Context, q db.Q, id contract.DraftID, rev int64, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts SET submitted_at = $3
		WHERE id = $1 AND rev = $2 AND submitted_at = 0`, string(id), rev, micros(now))
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

func deleteDraft(ctx context.Context, q db.Q, id contract.DraftID) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM form_files WHERE draft_id = $1`, string(id)); err != nil {
		return fmt.Errorf("delete files of draft: %w", err)
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM form_drafts WHERE id = $1`, string(id)); err != nil {
		return fmt.Errorf("delete draft: %w", err)
	}
	return nil
}

func insertFile(ctx context.Context, q db.Q, draft contract.DraftID, m contract.Material) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_files (id, draft_id, material, name, type, size, blob, uploaded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.File, string(draft), m.ID, m.Name, m.Type, m.Size, string(m.Blob), micros(m.At))
	if err != nil {
		return fmt.Errorf("insert file: %w", err)
	}
	return nil
}

func deleteFile(ctx context.Context, q db.Q, draft contract.DraftID, file string) (bool, error) {
	res, err := q.ExecContext(ctx, `DELETE FROM form_files WHERE draft_id = $1 AND id = $2`, string(draft), file)
	return changed(res, err, "delete file")
}

// uploadLevel is the trust level of what applicants upload: a clerk checks it
// (domain: trust levels of G108).
const uploadLevel = "C"

func selectFiles(ctx context.Context, q db.Q, draft contract.DraftID) ([]contract.Material, error) {
	rows, err := q.QueryContext(ctx, `SELECT material, id, name, type, size, blob, uploaded_at FROM form_files
		WHERE draft_id = $1 ORDER BY uploaded_at, id LIMIT 500`, string(draft))
	if err != nil {
		return nil, fmt.Errorf("files of draft: %w", err)
	}
	defer rows.Close()
	var list []contract.Material
	for rows.Next() {
		m := contract.Material{Level: uploadLevel, Origin: OriginUpload}
		var at int64
		if err := rows.Scan(&m.ID, &m.File, &m.Name, &m.Type, &m.Size, &m.Blob, &at); err != nil {
			return nil, fmt.Errorf("files of draft: %w", err)
		}
		m.At = instant(at)
		list = append(list, m)
	}
	return list, rows.Err()
}
