package counter

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
	phone, notice_zh, notice_en, kinds, priorities, open, demo, edition, changed_at`

func scanHall(row scanner) (Hall, error) {
	var h Hall
	err := row.Scan(&h.ID, &h.Agency, &h.Division, &h.Name.ZH, &h.Name.EN, &h.Address.ZH, &h.Address.EN, &h.Hours.ZH, &h.Hours.EN,
		&h.Phone, &h.Notice.ZH, &h.Notice.EN, asJSON[[]Kind]{&h.Kinds}, asJSON[[]string]{&h.Priorities}, &h.Open, &h.Demo,
		&h.Edition, instant{&h.Changed})
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
