package licence

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// claim makes next the version that follows a licence; false if another decision
// was first. The row stays locked until the transaction ends.
func claim(ctx context.Context, tx db.Tx, l Licence, next contract.LicenceID) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE licence_licences SET next = $1 WHERE id = $2 AND next = $3 AND state = $4`,
		string(next), string(l.ID), string(l.Next), string(l.State))
	if err != nil {
		return false, fmt.Errorf("claim licence: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// setNext says which version follows, "" for none.
func setNext(ctx context.Context, tx db.Tx, id, next contract.LicenceID) error {
	_, err := tx.ExecContext(ctx, `UPDATE licence_licences SET next = $1 WHERE id = $2`, string(next), string(id))
	if err != nil {
		return fmt.Errorf("set next version: %w", err)
	}
	return nil
}

func setEndedBy(ctx context.Context, tx db.Tx, id contract.LicenceID, by contract.CaseID) error {
	_, err := tx.ExecContext(ctx, `UPDATE licence_licences SET ended_by = $1 WHERE id = $2`, string(by), string(id))
	if err != nil {
		return fmt.Errorf("note what ended a licence: %w", err)
	}
	return nil
}

// setRenewed notes when the renewal of a licence was signed; the zero time takes it back.
func setRenewed(ctx context.Context, tx db.Tx, id contract.LicenceID, at time.Time) error {
	var micro int64
	if !at.IsZero() {
		micro = at.UnixMicro()
	}
	_, err := tx.ExecContext(ctx, `UPDATE licence_licences SET renewed_at = $1 WHERE id = $2`, micro, string(id))
	if err != nil {
		return fmt.Errorf("note a renewal: %w", err)
	}
	return nil
}

func setRenewal(ctx context.Context, tx db.Tx, id contract.LicenceID, r Renewal) error {
	_, err := tx.ExecContext(ctx, `UPDATE licence_licences SET renewal_case = $1, renewal_applied = $2, renewal_ended = $3
		WHERE id = $4`, string(r.Case), dayText(r.Applied), dayText(r.Ended), string(id))
	if err != nil {
		return fmt.Errorf("note an application to renew: %w", err)
	}
	return nil
}

// ofRenewal lists the versions whose renewal a case asks for.
func ofRenewal(ctx context.Context, q db.Q, id contract.CaseID) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+` FROM licence_licences
		WHERE renewal_case = $1 AND renewal_case <> '' ORDER BY id LIMIT 20`, string(id))
}

// endedBy lists what a decision cancelled.
func endedBy(ctx context.Context, q db.Q, id contract.CaseID) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+` FROM licence_licences
		WHERE ended_by = $1 AND ended_by <> '' ORDER BY id LIMIT 100`, string(id))
}

// versions lists all versions of a licence, newest first.
func versions(ctx context.Context, q db.Q, root contract.LicenceID) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+` FROM licence_licences WHERE root = $1 ORDER BY version DESC, id DESC LIMIT 100`, string(root))
}
