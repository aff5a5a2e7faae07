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

func insertUpload(ctx context.Context, q db.Q, u Uploading, by contract.AccountID, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO form_uploads (id, draft_id, material, name, size, received, account, made_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)`,
		u.ID, string(u.Draft), u.Material, u.Name, u.Size, string(by), micros(now), micros(u.Expires))
	if err != nil {
		return fmt.Errorf("insert upload: %w", err)
	}
	return nil
}

const uploadColumns = `id, draft_id, material, name, size, received, expires_at`

func scanUpload(s scanner) (Uploading, error) {
	var u Uploading
	var expires int64
	err := s.Scan(&u.ID, &u.Draft, &u.Material, &u.Name, &u.Size, &u.Offset, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return u, ErrNoUpload
	}
	if err != nil {
		return u, fmt.Errorf("scan upload: %w", err)
	}
	u.Expires = instant(expires)
	return u, nil
}

func selectUpload(ctx context.Context, q db.Q, id string, now time.Time) (Uploading, error) {
	return scanUpload(q.QueryRowContext(ctx, `SELECT `+uploadColumns+` FROM form_uploads
		WHERE id = $1 AND expires_at > $2`, id, micros(now)))
}

func selectUploads(ctx context.Context, q db.Q, draft contract.DraftID, now time.Time) ([]Uploading, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+uploadColumns+` FROM form_uploads
		WHERE draft_id = $1 AND expires_at > $2 ORDER BY made_at, id LIMIT $3`, string(draft), micros(now), maxUploads)
	if err != nil {
		return nil, fmt.Errorf("uploads of draft: %w", err)
	}
	defer rows.Close()
	var list []Uploading
	for rows.Next() {
		u, err := scanUpload(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

func countUploads(ctx context.Context, q db.Q, draft contract.DraftID, now time.Time) (int, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM form_uploads WHERE draft_id = $1 AND expires_at > $2`,
		string(draft), micros(now)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count uploads: %w", err)
	}
	return n, nil
}

// moveUpload notes that the bytes up to a size are durable, if nobody else did.
func moveUpload(ctx context.Context, q db.Q, id string, from, to int64, expires time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE form_uploads SET received = $3, expires_at = $4 WHERE id = $1 AND received = $2`,
		id, from, to, micros(expires))
	return changed(res, err, "move upload")
}

// uploadExpires tells until when an upload is kept; ErrNoUpload when it is gone.
func uploadExpires(ctx context.Context, q db.Q, id string) (time.Time, error) {
	u, err := scanUpload(q.QueryRowContext(ctx, `SELECT `+uploadColumns+` FROM form_uploads WHERE id = $1`, id))
	return u.Expires, err
}

func deleteUpload(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM form_uploads WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete upload: %w", err)
	}
	return nil
}
