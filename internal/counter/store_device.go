package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
)

// readKept is how long the row of a read stays, against replays: longer than the
// clock of a reader may be wrong.
const readKept = 24 * time.Hour

const deviceColumns = `id, hall, window_id, name, made_by, made_at, revoked_at, seen_at`

func scanDevice(row scanner) (Device, error) {
	var d Device
	err := row.Scan(&d.ID, &d.Hall, &d.Window, &d.Name, &d.MadeBy, instant{&d.Made}, instant{&d.Revoked}, instant{&d.Seen})
	if errors.Is(err, sql.ErrNoRows) {
		return Device{}, ErrNoDevice
	}
	if err != nil {
		return Device{}, fmt.Errorf("read device: %w", err)
	}
	return d, nil
}

func deviceByID(ctx context.Context, q db.Q, id string) (Device, error) {
	return scanDevice(q.QueryRowContext(ctx, `SELECT `+deviceColumns+` FROM counter_devices WHERE id = $1`, id))
}

func devicesOf(ctx context.Context, q db.Q, hall string) ([]Device, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+deviceColumns+` FROM counter_devices WHERE hall = $1 ORDER BY made_at, id LIMIT 500`, hall)
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	defer rows.Close()
	var list []Device
	for rows.Next() {
		d, err := scanDevice(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

func putDevice(ctx context.Context, q db.Q, d Device) error {
	return exec(ctx, q, "store device", `INSERT INTO counter_devices (`+deviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)`,
		d.ID, d.Hall, d.Window, d.Name, string(d.MadeBy), micro(d.Made))
}

func revokeDevice(ctx context.Context, q db.Q, id string, at time.Time) error {
	return exec(ctx, q, "revoke device", `UPDATE counter_devices SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0`, id, micro(at))
}

// putRead stores a read; it reports false for one that was told before.
func putRead(ctx context.Context, q db.Q, r Read, nonce string, sealed []byte) (bool, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO counter_reads (id, device, window_id, nonce, card, at, expires, used_at, used_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '') ON CONFLICT (device, nonce) DO NOTHING`,
		r.ID, r.Device, r.Window, nonce, sealed, micro(r.At), micro(r.Expires))
	if err != nil {
		return false, fmt.Errorf("store read: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	return true, exec(ctx, q, "use device", `UPDATE counter_devices SET seen_at = $2 WHERE id = $1`, r.Device, micro(r.At))
}

func (s *Service) scanRead(row scanner) (Read, error) {
	var (
		r      Read
		sealed []byte
	)
	err := row.Scan(&r.ID, &r.Device, &r.Window, &sealed, instant{&r.At}, instant{&r.Expires}, instant{&r.Used})
	if errors.Is(err, sql.ErrNoRows) {
		return Read{}, ErrNoRead
	}
	if err != nil {
		return Read{}, fmt.Errorf("read card: %w", err)
	}
	if sealed == nil {
		return r, nil
	}
	text, err := s.c.Seal.Open(fieldCard, sealed)
	if err == nil {
		err = json.Unmarshal([]byte(text), &r.Card)
	}
	if err != nil {
		return Read{}, fmt.Errorf("read card: %w", err)
	}
	return r, nil
}

const readColumns = `id, device, window_id, card, at, expires, used_at`

func (s *Service) readByID(ctx context.Context, q db.Q, id string) (Read, error) {
	return s.scanRead(q.QueryRowContext(ctx, `SELECT `+readColumns+` FROM counter_reads WHERE id = $1`, id))
}

func (s *Service) latestRead(ctx context.Context, q db.Q, window string, now time.Time) (Read, error) {
	return s.scanRead(q.QueryRowContext(ctx, `SELECT `+readColumns+` FROM counter_reads
		WHERE window_id = $1 AND used_at = 0 AND expires > $2 ORDER BY at DESC, id DESC LIMIT 1`, window, micro(now)))
}

// useRead uses a read up and wipes what it read.
func useRead(ctx context.Context, q db.Q, id, session string, now time.Time) error {
	res, err := q.ExecContext(ctx, `UPDATE counter_reads SET used_at = $2, used_by = $3, card = NULL
		WHERE id = $1 AND used_at = 0 AND expires > $2`, id, micro(now), session)
	if err != nil {
		return fmt.Errorf("use read: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrReadGone
}

// wipeReads forgets what was read and not used in time.
func wipeReads(ctx context.Context, q db.Q, now time.Time) error {
	if err := exec(ctx, q, "wipe reads", `UPDATE counter_reads SET card = NULL WHERE expires <= $1 AND card IS NOT NULL`, micro(now)); err != nil {
		return err
	}
	return exec(ctx, q, "drop reads", `DELETE FROM counter_reads WHERE expires <= $1`, micro(now.Add(-readKept)))
}
