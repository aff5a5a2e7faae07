package inquiry

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

type fileRow struct {
	File

	shot []byte
}

// insertFile reports false when the inquiry has that very file at that place.
func insertFile(ctx context.Context, q db.Q, f File, shot []byte) (bool, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO inquiry_files
			(id, inquiry_id, role, item, name, type, size, blob, copy, shot, at, by_id, by_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (inquiry_id, role, item, blob) DO NOTHING`,
		f.ID, f.Inquiry, f.Role, f.Item, f.Name, f.Type, f.Size, string(f.Blob), string(f.Copy), shot, micro(f.At), string(f.By.ID), f.By.Name)
	if err != nil {
		return false, fmt.Errorf("insert file: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func filesOf(ctx context.Context, q db.Q, inquiry string) ([]fileRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, inquiry_id, role, item, name, type, size, blob, copy, shot, at, by_id, by_name
		FROM inquiry_files WHERE inquiry_id = $1 ORDER BY at, id LIMIT $2`, inquiry, maxFiles)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	defer rows.Close()
	var list []fileRow
	for rows.Next() {
		var (
			f  fileRow
			at int64
		)
		if err := rows.Scan(&f.ID, &f.Inquiry, &f.Role, &f.Item, &f.Name, &f.Type, &f.Size, &f.Blob, &f.Copy, &f.shot, &at, &f.By.ID, &f.By.Name); err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		f.At = instant(at)
		list = append(list, f)
	}
	return list, rows.Err()
}

func countFiles(ctx context.Context, q db.Q, inquiry string) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM inquiry_files WHERE inquiry_id = $1`, inquiry).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count files: %w", err)
	}
	return n, nil
}

func deleteFile(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM inquiry_files WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete file: %w", err)
	}
	return nil
}

func keepsBlob(ctx context.Context, q db.Q, id contract.BlobID) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM inquiry_files WHERE blob = $1 OR copy = $1`, string(id)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("find blob: %w", err)
	}
	return n > 0, nil
}

func insertUpload(ctx context.Context, q db.Q, u Uploading, account string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO inquiry_uploads (id, inquiry_id, item, name, size, received, account, expires_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7)`, u.ID, u.Inquiry, u.Item, u.Name, u.Size, account, micro(u.Expires))
	if err != nil {
		return fmt.Errorf("insert upload: %w", err)
	}
	return nil
}

func uploadsOf(ctx context.Context, q db.Q, inquiry string, now time.Time) ([]Uploading, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, inquiry_id, item, name, size, received, expires_at
		FROM inquiry_uploads WHERE inquiry_id = $1 AND expires_at > $2 ORDER BY id LIMIT $3`, inquiry, micro(now), maxUploads)
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	defer rows.Close()
	var list []Uploading
	for rows.Next() {
		var (
			u       Uploading
			expires int64
		)
		if err := rows.Scan(&u.ID, &u.Inquiry, &u.Item, &u.Name, &u.Size, &u.Offset, &expires); err != nil {
			return nil, fmt.Errorf("read upload: %w", err)
		}
		u.Expires = instant(expires)
		list = append(list, u)
	}
	return list, rows.Err()
}

// moveUpload notes that the bytes up to a size are durable, if nobody else did.
func moveUpload(ctx context.Context, q db.Q, id string, from, to int64) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE inquiry_uploads SET received = $3 WHERE id = $1 AND received = $2`, id, from, to)
	if err != nil {
		return false, fmt.Errorf("move upload: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func deleteUpload(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM inquiry_uploads WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete upload: %w", err)
	}
	return nil
}
