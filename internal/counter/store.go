package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

type scanner interface{ Scan(dest ...any) error }

// instant reads microseconds; 0 is the zero time.
type instant struct{ t *time.Time }

// Scan reads a number of microseconds.
func (i instant) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("scan instant: unexpected type %T", src)
	}
	*i.t = time.Time{}
	if n != 0 {
		*i.t = time.UnixMicro(n).UTC()
	}
	return nil
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// asJSON reads and writes a list as a JSON text.
type asJSON[T any] struct{ v *T }

// Scan reads JSON.
func (j asJSON[T]) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("scan JSON: unexpected type %T", src)
	}
	return json.Unmarshal([]byte(text), j.v)
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

const hallColumns = `id, agency, division, name_zh, name_en, address_zh, address_en, hours_zh, hours_en,
	phone, notice_zh, notice_en, kinds, priorities, open, networks, demo, edition, changed_at`

func scanHall(row scanner) (Hall, error) {
	var h Hall
	err := row.Scan(&h.ID, &h.Agency, &h.Division, &h.Name.ZH, &h.Name.EN, &h.Address.ZH, &h.Address.EN, &h.Hours.ZH, &h.Hours.EN,
		&h.Phone, &h.Notice.ZH, &h.Notice.EN, asJSON[[]Kind]{&h.Kinds}, asJSON[[]string]{&h.Priorities}, &h.Open,
		asJSON[[]string]{&h.Networks}, &h.Demo, &h.Edition, instant{&h.Changed})
	if errors.Is(err, sql.ErrNoRows) {
		return Hall{}, ErrNoHall
	}
	if err != nil {
		return Hall{}, fmt.Errorf("read hall: %w", err)
	}
	return h, nil
}

func hallByID(ctx context.Context, q db.Q, id string) (Hall, error) {
	return scanHall(q.QueryRowContext(ctx, `SELECT `+hallColumns+` FROM counter_halls WHERE id = $1`, id))
}

const windowColumns = `id, hall, number, name_zh, name_en, purpose, kinds, open, clerk, clerk_name, since, on_day, edition`

func scanWindow(row scanner) (Window, error) {
	var w Window
	err := row.Scan(&w.ID, &w.Hall, &w.Number, &w.Name.ZH, &w.Name.EN, &w.Purpose, asJSON[[]string]{&w.Kinds}, &w.Open,
		&w.Clerk, &w.ClerkName, instant{&w.Since}, &w.OnDay, &w.Edition)
	if errors.Is(err, sql.ErrNoRows) {
		return Window{}, ErrNoWindow
	}
	if err != nil {
		return Window{}, fmt.Errorf("read window: %w", err)
	}
	return w, nil
}

func windowByID(ctx context.Context, q db.Q, id string) (Window, error) {
	return scanWindow(q.QueryRowContext(ctx, `SELECT `+windowColumns+` FROM counter_windows WHERE id = $1`, id))
}

// windowOfClerk returns the window at which a clerk sits, on whatever day.
func windowOfClerk(ctx context.Context, q db.Q, clerk contract.AccountID) (Window, error) {
	w, err := scanWindow(q.QueryRowContext(ctx,
		`SELECT `+windowColumns+` FROM counter_windows WHERE clerk = $1 AND clerk <> ''`, string(clerk)))
	if errors.Is(err, ErrNoWindow) {
		err = ErrNotSeated
	}
	return w, err
}

// emptyWindow lets nobody sit at a window.
func emptyWindow(ctx context.Context, q db.Q, id string) error {
	return exec(ctx, q, "leave window", `UPDATE counter_windows SET clerk = '', clerk_name = '', since = 0, on_day = '' WHERE id = $1`, id)
}

func listHalls(ctx context.Context, q db.Q) ([]Hall, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+hallColumns+` FROM counter_halls ORDER BY division, id LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("list halls: %w", err)
	}
	defer rows.Close()
	var list []Hall
	for rows.Next() {
		h, err := scanHall(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

func hallValues(h Hall) ([]any, error) {
	kinds, err := jsonText(h.Kinds)
	if err != nil {
		return nil, err
	}
	priorities, err := jsonText(h.Priorities)
	if err != nil {
		return nil, err
	}
	networks, err := jsonText(h.Networks)
	return []any{
		h.ID, string(h.Agency), h.Division, h.Name.ZH, h.Name.EN, h.Address.ZH, h.Address.EN, h.Hours.ZH, h.Hours.EN,
		h.Phone, h.Notice.ZH, h.Notice.EN, kinds, priorities, h.Open, networks, h.Demo, h.Edition, micro(h.Changed),
	}, err
}

// putHall stores a new hall; one that is there stays.
func putHall(ctx context.Context, q db.Q, h Hall) error {
	values, err := hallValues(h)
	if err != nil {
		return fmt.Errorf("store hall: %w", err)
	}
	return exec(ctx, q, "store hall", `INSERT INTO counter_halls (`+hallColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT (id) DO NOTHING`, values...)
}

// updateHall reports false where somebody else changed the edition meanwhile.
func updateHall(ctx context.Context, q db.Q, h Hall, edition int) (bool, error) {
	values, err := hallValues(h)
	if err != nil {
		return false, fmt.Errorf("change hall: %w", err)
	}
	res, err := q.ExecContext(ctx, `UPDATE counter_halls SET name_zh = $2, name_en = $3, address_zh = $4, address_en = $5,
			hours_zh = $6, hours_en = $7, phone = $8, notice_zh = $9, notice_en = $10, kinds = $11, priorities = $12, open = $13,
			networks = $14, edition = edition + 1, changed_at = $15
		WHERE id = $1 AND edition = $16`,
		h.ID, values[3], values[4], values[5], values[6], values[7], values[8], values[9], values[10], values[11],
		values[12], values[13], values[14], values[15], values[18], edition)
	if err != nil {
		return false, fmt.Errorf("change hall: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func windowsOf(ctx context.Context, q db.Q, hall string) ([]Window, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+windowColumns+` FROM counter_windows WHERE hall = $1
		ORDER BY LENGTH(number), number, id LIMIT 200`, hall)
	if err != nil {
		return nil, fmt.Errorf("list windows: %w", err)
	}
	defer rows.Close()
	var list []Window
	for rows.Next() {
		w, err := scanWindow(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

func windowByNumber(ctx context.Context, q db.Q, hall, number string) (Window, error) {
	return scanWindow(q.QueryRowContext(ctx,
		`SELECT `+windowColumns+` FROM counter_windows WHERE hall = $1 AND number = $2`, hall, number))
}

// putWindow stores what a window is; who sits there stays.
func putWindow(ctx context.Context, q db.Q, w Window) error {
	kinds, err := jsonText(w.Kinds)
	if err != nil {
		return fmt.Errorf("store window: %w", err)
	}
	return exec(ctx, q, "store window", `INSERT INTO counter_windows (`+windowColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', 0, '', $9)
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, name_zh = excluded.name_zh, name_en = excluded.name_en,
			purpose = excluded.purpose, kinds = excluded.kinds, open = excluded.open, edition = excluded.edition`,
		w.ID, w.Hall, w.Number, w.Name.ZH, w.Name.EN, w.Purpose, kinds, w.Open, w.Edition)
}

// seedWindow stores a window of the demonstration; one that is there stays.
func seedWindow(ctx context.Context, q db.Q, w Window) error {
	if _, err := windowByID(ctx, q, w.ID); !errors.Is(err, ErrNoWindow) {
		return err
	}
	return putWindow(ctx, q, w)
}

// takeWindow lets a clerk sit at a window where nobody sits.
func takeWindow(ctx context.Context, q db.Q, id string, clerk auth.Principal, at time.Time) error {
	res, err := q.ExecContext(ctx, `UPDATE counter_windows SET clerk = $2, clerk_name = $3, since = $4, on_day = $5
		WHERE id = $1 AND clerk = ''`, id, clerk.ID, clerk.Name, at.UnixMicro(), day.In(at))
	if err != nil {
		return fmt.Errorf("take window: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrTaken
}
