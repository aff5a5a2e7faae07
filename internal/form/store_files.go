package form

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// deleteDraft forgets a draft and all that hangs on it. Its files become orphans.
// Signatures that were submitted stay: they prove who consented to what.
func deleteDraft(ctx context.Context, q db.Q, id contract.DraftID, now time.Time) error {
	if err := orphanFiles(ctx, q, id, "", now); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM form_files WHERE draft_id = $1`,
		`DELETE FROM form_originals WHERE draft_id = $1`,
		`DELETE FROM form_confirmations WHERE draft_id = $1`,
		`DELETE FROM form_signatures WHERE draft_id = $1
			AND draft_id NOT IN (SELECT id FROM form_drafts WHERE id = $1 AND receipt <> '')`,
		`DELETE FROM form_drafts WHERE id = $1`,
	} {
		if _, err := q.ExecContext(ctx, statement, string(id)); err != nil {
			return fmt.Errorf("delete draft: %w", err)
		}
	}
	return nil
}

// file is a material of a draft as it is stored: the words of a statement sealed.
type file struct {
	contract.Material
	note []byte
}

func insertFile(ctx context.Context, q db.Q, draft contract.DraftID, f file) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_files
		(id, draft_id, material, name, type, size, blob, uploaded_at, origin, level, pages, turn, source, note, due, signer)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		f.File, string(draft), f.ID, f.Name, f.Type, f.Size, string(f.Blob), micros(f.At),
		f.Origin, f.Level, f.Pages, f.Turn, f.Source, f.note, f.Due, f.Signer)
	if err != nil {
		return fmt.Errorf("insert file: %w", err)
	}
	return nil
}

func deleteFile(ctx context.Context, q db.Q, draft contract.DraftID, id string, now time.Time) (bool, error) {
	if err := orphanFiles(ctx, q, draft, id, now); err != nil {
		return false, err
	}
	res, err := q.ExecContext(ctx, `DELETE FROM form_files WHERE draft_id = $1 AND id = $2`, string(draft), id)
	return changed(res, err, "delete file")
}

// deleteWay forgets what stood for a material in some way other than a file.
func deleteWay(ctx context.Context, q db.Q, draft contract.DraftID, material string, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_orphans (blob, left_at)
		SELECT DISTINCT blob, CAST($3 AS BIGINT) FROM form_files
		WHERE draft_id = $1 AND material = $2 AND origin <> 'upload' AND blob <> ''
		ON CONFLICT (blob) DO UPDATE SET left_at = excluded.left_at`, string(draft), material, micros(now))
	if err != nil {
		return fmt.Errorf("orphan files: %w", err)
	}
	_, err = q.ExecContext(ctx, `DELETE FROM form_files WHERE draft_id = $1 AND material = $2 AND origin <> 'upload'`,
		string(draft), material)
	if err != nil {
		return fmt.Errorf("delete way: %w", err)
	}
	return nil
}

func turnFile(ctx context.Context, q db.Q, draft contract.DraftID, id string, turn int) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_files SET turn = $3 WHERE draft_id = $1 AND id = $2 AND origin = 'upload'`,
		string(draft), id, turn)
	return changed(res, err, "turn file")
}

// uploadLevel is the trust level of what applicants upload: a clerk checks it
// (domain: trust levels of G108).
const uploadLevel = "C"

// maxFiles bounds the rows of one draft; no package asks as much.
const maxFiles = 500

func selectFiles(ctx context.Context, q db.Q, draft contract.DraftID) ([]file, error) {
	rows, err := q.QueryContext(ctx, `SELECT material, id, name, type, size, blob, uploaded_at, origin, level, pages, turn,
		source, note, due, signer FROM form_files
		WHERE draft_id = $1 ORDER BY uploaded_at, id LIMIT $2`, string(draft), maxFiles)
	if err != nil {
		return nil, fmt.Errorf("files of draft: %w", err)
	}
	defer rows.Close()
	var list []file
	for rows.Next() {
		var f file
		var at int64
		if err := rows.Scan(&f.ID, &f.File, &f.Name, &f.Type, &f.Size, &f.Blob, &at, &f.Origin, &f.Level, &f.Pages, &f.Turn,
			&f.Source, &f.note, &f.Due, &f.Signer); err != nil {
			return nil, fmt.Errorf("files of draft: %w", err)
		}
		f.At = instant(at)
		list = append(list, f)
	}
	return list, rows.Err()
}

// orphanFiles notes the files of a draft, or one of them, before their rows go.
func orphanFiles(ctx context.Context, q db.Q, draft contract.DraftID, id string, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_orphans (blob, left_at)
		SELECT DISTINCT blob, CAST($3 AS BIGINT) FROM form_files
		WHERE draft_id = $1 AND ($2 = '' OR id = $2) AND blob <> ''
		ON CONFLICT (blob) DO UPDATE SET left_at = excluded.left_at`, string(draft), id, micros(now))
	if err != nil {
		return fmt.Errorf("orphan files: %w", err)
	}
	return nil
}

// addOrphan notes a file that was stored but is named nowhere.
func addOrphan(ctx context.Context, q db.Q, blob contract.BlobID, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_orphans (blob, left_at) VALUES ($1, $2)
		ON CONFLICT (blob) DO UPDATE SET left_at = excluded.left_at`, string(blob), micros(now))
	if err != nil {
		return fmt.Errorf("add orphan: %w", err)
	}
	return nil
}

// selectOrphans lists files that were left before a time.
func selectOrphans(ctx context.Context, q db.Q, before time.Time, limit int) ([]contract.BlobID, error) {
	rows, err := q.QueryContext(ctx, `SELECT blob FROM form_orphans WHERE left_at < $1 ORDER BY left_at, blob LIMIT $2`,
		micros(before), limit)
	if err != nil {
		return nil, fmt.Errorf("orphans: %w", err)
	}
	defer rows.Close()
	var list []contract.BlobID
	for rows.Next() {
		var b contract.BlobID
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("orphans: %w", err)
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

func deleteOrphan(ctx context.Context, q db.Q, blob contract.BlobID, before time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM form_orphans WHERE blob = $1 AND left_at < $2`, string(blob), micros(before))
	if err != nil {
		return fmt.Errorf("delete orphan: %w", err)
	}
	return nil
}

// namesBlob reports whether a draft still has this file.
func namesBlob(ctx context.Context, q db.Q, blob contract.BlobID) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM form_files WHERE blob = $1)
		+ (SELECT COUNT(*) FROM form_confirmations WHERE sheet = $1)`, string(blob)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("uses of a file: %w", err)
	}
	return n > 0, nil
}

// countOpen counts a person's unfinished applications.
func countOpen(ctx context.Context, q db.Q, owner contract.AccountID, now time.Time) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM form_drafts
		WHERE owner = $1 AND submitted_at = 0 AND expires_at > $2 AND kind = 'application'`, string(owner), micros(now)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count drafts: %w", err)
	}
	return n, nil
}
