package form

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// signature is a signer as stored while an application waits for signatures.
type signature struct {
	Draft    contract.DraftID
	Signer   string
	Person   string // blind index of the identity number
	name     []byte // sealed
	State    string
	Account  contract.AccountID
	Method   string
	sealed   []byte // sealed JSON of signDoc
	Rev      int64
	Asked    time.Time
	Reminded time.Time
	Answered time.Time
	Expires  time.Time
}

const signatureColumns = `draft_id, signer, person, name, state, account, method, sealed, rev,
	asked_at, reminded_at, answered_at, expires_at`

func insertSignature(ctx context.Context, q db.Q, g signature) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_signatures (`+signatureColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		string(g.Draft), g.Signer, g.Person, g.name, g.State, string(g.Account), g.Method, g.sealed, g.Rev,
		micros(g.Asked), micros(g.Reminded), micros(g.Answered), micros(g.Expires))
	if err != nil {
		return fmt.Errorf("insert signature: %w", err)
	}
	return nil
}

func scanSignature(s scanner) (signature, error) {
	var g signature
	var asked, reminded, answered, expires int64
	err := s.Scan(&g.Draft, &g.Signer, &g.Person, &g.name, &g.State, &g.Account, &g.Method, &g.sealed, &g.Rev,
		&asked, &reminded, &answered, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return g, ErrNoSigner
	}
	if err != nil {
		return g, fmt.Errorf("scan signature: %w", err)
	}
	g.Asked, g.Reminded, g.Answered, g.Expires = instant(asked), instant(reminded), instant(answered), instant(expires)
	return g, nil
}

func selectSignature(ctx context.Context, q db.Q, draft contract.DraftID, signer string) (signature, error) {
	return scanSignature(q.QueryRowContext(ctx, `SELECT `+signatureColumns+` FROM form_signatures
		WHERE draft_id = $1 AND signer = $2`, string(draft), signer))
}

func listSignatures(ctx context.Context, q db.Q, where string, args ...any) ([]signature, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+signatureColumns+` FROM form_signatures `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	defer rows.Close()
	var list []signature
	for rows.Next() {
		g, err := scanSignature(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, rows.Err()
}

func selectSignatures(ctx context.Context, q db.Q, draft contract.DraftID) ([]signature, error) {
	return listSignatures(ctx, q, `WHERE draft_id = $1 ORDER BY signer LIMIT 300`, string(draft))
}

// selectAsked lists what a person is asked to sign, newest first.
func selectAsked(ctx context.Context, q db.Q, person string, now time.Time) ([]signature, error) {
	return listSignatures(ctx, q, `WHERE person = $1 AND expires_at > $2 ORDER BY asked_at DESC, draft_id, signer LIMIT 50`,
		person, micros(now))
}

// saveSignature stores what a signer filled in, while it waits.
func saveSignature(ctx context.Context, q db.Q, g signature) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_signatures SET sealed = $4, rev = rev + 1
		WHERE draft_id = $1 AND signer = $2 AND rev = $3 AND state <> 'signed'`, string(g.Draft), g.Signer, g.Rev, g.sealed)
	return changed(res, err, "save signature")
}

// answerSignature signs or declines, once.
func answerSignature(ctx context.Context, q db.Q, g signature) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_signatures
		SET state = $4, account = $5, method = $6, sealed = $7, answered_at = $8, rev = rev + 1
		WHERE draft_id = $1 AND signer = $2 AND rev = $3 AND state <> 'signed'`,
		string(g.Draft), g.Signer, g.Rev, g.State, string(g.Account), g.Method, g.sealed, micros(g.Answered))
	return changed(res, err, "answer signature")
}

// keepSignature replaces the sealed part of a signature that was submitted.
func keepSignature(ctx context.Context, q db.Q, g signature) error {
	_, err := q.ExecContext(ctx, `UPDATE form_signatures SET sealed = $3 WHERE draft_id = $1 AND signer = $2`,
		string(g.Draft), g.Signer, g.sealed)
	if err != nil {
		return fmt.Errorf("keep signature: %w", err)
	}
	return nil
}

func remindSignature(ctx context.Context, q db.Q, g signature, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_signatures SET reminded_at = $4
		WHERE draft_id = $1 AND signer = $2 AND state = 'waiting' AND reminded_at = $3`,
		string(g.Draft), g.Signer, micros(g.Reminded), micros(now))
	return changed(res, err, "remind signer")
}

func deleteSignatures(ctx context.Context, q db.Q, draft contract.DraftID) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM form_signatures WHERE draft_id = $1`, string(draft)); err != nil {
		return fmt.Errorf("delete signatures: %w", err)
	}
	return nil
}

// deleteSignerFiles forgets what signers handed in.
func deleteSignerFiles(ctx context.Context, q db.Q, draft contract.DraftID, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_orphans (blob, left_at)
		SELECT DISTINCT blob, CAST($2 AS BIGINT) FROM form_files WHERE draft_id = $1 AND signer <> '' AND blob <> ''
		ON CONFLICT (blob) DO UPDATE SET left_at = excluded.left_at`, string(draft), micros(now))
	if err != nil {
		return fmt.Errorf("orphan files: %w", err)
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM form_files WHERE draft_id = $1 AND signer <> ''`, string(draft)); err != nil {
		return fmt.Errorf("delete files of signers: %w", err)
	}
	return nil
}

// freezeDraft lets a draft wait for its signers, as it is at revision r.Rev.
func freezeDraft(ctx context.Context, q db.Q, r row, expires time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts
		SET state = 'signing', round = round + 1, rev = rev + 1, expires_at = $3, answers = $4, sealed = $5
		WHERE id = $1 AND rev = $2 AND submitted_at = 0 AND state = 'open'`,
		string(r.ID), r.Rev, micros(expires), r.Answers, r.Sealed)
	return changed(res, err, "freeze draft")
}

// lockSigning keeps the signers of a draft apart until the transaction ends; it
// reports false when the draft does not wait for them any more.
func lockSigning(ctx context.Context, q db.Q, id contract.DraftID, round int64) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts SET rev = rev + 1
		WHERE id = $1 AND round = $2 AND submitted_at = 0 AND state = 'signing'`, string(id), round)
	return changed(res, err, "lock draft")
}

// thawDraft opens a draft that waited for signatures.
func thawDraft(ctx context.Context, q db.Q, id contract.DraftID, round int64, now time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_drafts SET state = 'open', round = round + 1, rev = rev + 1, saved_at = $3
		WHERE id = $1 AND round = $2 AND submitted_at = 0 AND state = 'signing'`, string(id), round, micros(now))
	return changed(res, err, "thaw draft")
}
