package casework

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// storedCheck is a check with its reason as it is stored.
type storedCheck struct {
	Check
	sealed []byte
}

func insertCheck(ctx context.Context, q db.Q, id contract.CaseID, x storedCheck) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_checks (case_id, no, kind, target, held_key, source_zh, source_en, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, x.No, x.Kind, x.Target, x.Key, x.Source.ZH, x.Source.EN, x.sealed)
	if err != nil {
		return fmt.Errorf("insert check: %w", err)
	}
	return nil
}

// settleCheck notes the result of an open check; false where it is not open.
func settleCheck(ctx context.Context, q db.Q, id contract.CaseID, x Check) (bool, error) {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_checks SET result = $1, note = $2, settled_by = $3, settled_name = $4, settled_at = $5
		WHERE case_id = $6 AND no = $7 AND result = ''`,
		x.Result, x.Note, x.By.ID, x.By.Name, micro(x.At), id, x.No)
	if err != nil {
		return false, fmt.Errorf("settle check: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func checksOf(ctx context.Context, q db.Q, id contract.CaseID) ([]storedCheck, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT no, kind, target, held_key, source_zh, source_en, reason, result, note, settled_by, settled_name, settled_at
		FROM casework_checks WHERE case_id = $1 ORDER BY no`, id)
	if err != nil {
		return nil, fmt.Errorf("list checks: %w", err)
	}
	defer rows.Close()
	var list []storedCheck
	for rows.Next() {
		var x storedCheck
		if err := rows.Scan(&x.No, &x.Kind, &x.Target, &x.Key, &x.Source.ZH, &x.Source.EN, &x.sealed,
			&x.Result, &x.Note, &x.By.ID, &x.By.Name, instant{&x.At}); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

func insertSignatures(ctx context.Context, q db.Q, id contract.CaseID, list []contract.Signature) error {
	for i, x := range list {
		_, err := q.ExecContext(ctx, `
			INSERT INTO casework_signatures (case_id, position, signer, account, name, method, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, i, x.Signer, string(x.Account), x.Name, x.Method, micro(x.At))
		if err != nil {
			return fmt.Errorf("insert signature: %w", err)
		}
	}
	return nil
}

func signaturesOf(ctx context.Context, q db.Q, id contract.CaseID) ([]contract.Signature, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT signer, account, name, method, at FROM casework_signatures WHERE case_id = $1 ORDER BY position`, id)
	if err != nil {
		return nil, fmt.Errorf("list signatures: %w", err)
	}
	defer rows.Close()
	var list []contract.Signature
	for rows.Next() {
		var x contract.Signature
		if err := rows.Scan(&x.Signer, &x.Account, &x.Name, &x.Method, instant{&x.At}); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

func insertCommitment(ctx context.Context, q db.Q, c Case, x contract.Committed) error {
	content, err := json.Marshal(x.Content)
	if err != nil {
		return fmt.Errorf("commitment: %w", err)
	}
	liability, err := json.Marshal(x.Liability)
	if err != nil {
		return fmt.Errorf("commitment: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO casework_commitments (case_id, subject, item, content, liability, committed_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		c.ID, c.Applicant.ID, string(c.Item), string(content), string(liability), micro(x.At), CommitmentOpen)
	if err != nil {
		return fmt.Errorf("insert commitment: %w", err)
	}
	return nil
}

func settleCommitment(ctx context.Context, q db.Q, id contract.CaseID, x Commitment) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_commitments SET state = $1, note = $2, settled_name = $3, settled_at = $4, lifted_at = 0 WHERE case_id = $5`,
		x.State, x.Note, x.By, micro(x.At), id)
	if err != nil {
		return fmt.Errorf("settle commitment: %w", err)
	}
	return nil
}

// commitmentOf returns the commitment of a case; ErrNotFound where there is none.
func commitmentOf(ctx context.Context, q db.Q, id contract.CaseID) (Commitment, error) {
	var x Commitment
	var content, liability string
	err := q.QueryRowContext(ctx, `
		SELECT content, liability, committed_at, state, note, settled_name, settled_at
		FROM casework_commitments WHERE case_id = $1`, id).
		Scan(&content, &liability, instant{&x.Committed.At}, &x.State, &x.Note, &x.By, instant{&x.At})
	if errors.Is(err, sql.ErrNoRows) {
		return x, ErrNotFound
	}
	if err != nil {
		return x, fmt.Errorf("read commitment: %w", err)
	}
	if err := json.Unmarshal([]byte(content), &x.Committed.Content); err != nil {
		return x, fmt.Errorf("commitment: %w", err)
	}
	if err := json.Unmarshal([]byte(liability), &x.Committed.Liability); err != nil {
		return x, fmt.Errorf("commitment: %w", err)
	}
	return x, nil
}

// brokenBy counts the commitments for an item that a subject broke and did not
// put right, and whose bar nobody lifted.
func brokenBy(ctx context.Context, q db.Q, subject string, item contract.ItemID) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM casework_commitments WHERE subject = $1 AND item = $2 AND state IN ($3, $4) AND lifted_at = 0`,
		subject, string(item), CommitmentBroken, CommitmentRevoked).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count broken commitments: %w", err)
	}
	return n, nil
}
