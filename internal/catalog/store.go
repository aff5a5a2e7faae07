package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

type overlayRow struct {
	item contract.ItemID
	Overlay
}

type revision struct {
	n    int64
	seed string
}

func readRevision(ctx context.Context, q db.Q) (r revision, err error) {
	err = q.QueryRowContext(ctx, `SELECT n, seed FROM catalog_revision WHERE id = 1`).Scan(&r.n, &r.seed)
	return r, err
}

func bumpRevision(ctx context.Context, q db.Q) error {
	_, err := q.ExecContext(ctx, `UPDATE catalog_revision SET n = n + 1 WHERE id = 1`)
	return err
}

func setSeed(ctx context.Context, q db.Q, seed string) error {
	_, err := q.ExecContext(ctx, `UPDATE catalog_revision SET n = n + 1, seed = $1 WHERE id = 1`, seed)
	return err
}

// seedBatch keeps a statement well under the limit of bound values.
const seedBatch = 100

func upsertItems(ctx context.Context, q db.Q, items []Item) error {
	for len(items) > 0 {
		n := min(seedBatch, len(items))
		if err := upsertBatch(ctx, q, items[:n]); err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

func upsertBatch(ctx context.Context, q db.Q, items []Item) error {
	var rows []string
	var args []any
	for _, i := range items {
		n := len(args)
		rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)",
			n+1, n+2, n+3, n+4, n+5, n+6, n+7, n+8))
		args = append(args, string(i.ID), i.Seq, i.Department, i.DeptCode, i.Type, i.MainItem, i.Name, i.Area)
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO catalog_items (id, seq, department, dept_code, type, main_item, name, area)
		VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, department = excluded.department,
			dept_code = excluded.dept_code, type = excluded.type, main_item = excluded.main_item,
			name = excluded.name, area = excluded.area`, args...)
	return err
}

func readAllItems(ctx context.Context, q db.Q) ([]Item, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id, seq, department, dept_code, type, main_item, name, area FROM catalog_items ORDER BY seq, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Item
	for rows.Next() {
		var i Item
		if err := rows.Scan(&i.ID, &i.Seq, &i.Department, &i.DeptCode, &i.Type, &i.MainItem, &i.Name, &i.Area); err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

func itemExists(ctx context.Context, q db.Q, id contract.ItemID) (bool, error) {
	var n int64
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM catalog_items WHERE id = $1`, string(id)).Scan(&n)
	return n > 0, err
}

func readOverlays(ctx context.Context, q db.Q) ([]overlayRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT item, summary, keywords, themes FROM catalog_overlays ORDER BY item`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []overlayRow
	for rows.Next() {
		var o overlayRow
		var summary, keywords, themes string
		if err := rows.Scan(&o.item, &summary, &keywords, &themes); err != nil {
			return nil, err
		}
		err := errors.Join(json.Unmarshal([]byte(summary), &o.Summary),
			json.Unmarshal([]byte(keywords), &o.Keywords), json.Unmarshal([]byte(themes), &o.Themes))
		if err != nil {
			return nil, fmt.Errorf("read overlay of %s: %w", o.item, err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

func writeOverlay(ctx context.Context, q db.Q, item contract.ItemID, o Overlay, by string, at time.Time) error {
	summary, err1 := json.Marshal(o.Summary)
	keywords, err2 := json.Marshal(o.Keywords)
	themes, err3 := json.Marshal(o.Themes)
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("encode overlay: %w", err)
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO catalog_overlays (item, summary, keywords, themes, updated_at, updated_by)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (item) DO UPDATE SET summary = excluded.summary, keywords = excluded.keywords,
			themes = excluded.themes, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
		string(item), string(summary), string(keywords), string(themes), at.UnixMicro(), by)
	return err
}

// readVersions lists versions, newest first, of one item or of all ("").
func readVersions(ctx context.Context, q db.Q, item contract.ItemID) ([]Version, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT item, version, hash, published_at, published_by FROM catalog_versions
		WHERE item = $1 OR $1 = '' ORDER BY published_at DESC, item, version DESC LIMIT 1000`, string(item))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Version
	for rows.Next() {
		var v Version
		var at int64
		if err := rows.Scan(&v.Item, &v.Version, &v.Hash, &at, &v.By); err != nil {
			return nil, err
		}
		v.At = time.UnixMicro(at).UTC()
		list = append(list, v)
	}
	return list, rows.Err()
}

// latestVersions returns the version in force of each item that has one.
func latestVersions(ctx context.Context, q db.Q) (map[contract.ItemID]Version, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT v.item, v.version, v.hash, v.published_at, v.published_by FROM catalog_versions v
		WHERE v.version = (SELECT MAX(w.version) FROM catalog_versions w WHERE w.item = v.item)`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := map[contract.ItemID]Version{}
	for rows.Next() {
		var v Version
		var at int64
		if err := rows.Scan(&v.Item, &v.Version, &v.Hash, &at, &v.By); err != nil {
			return nil, err
		}
		v.At = time.UnixMicro(at).UTC()
		list[v.Item] = v
	}
	return list, rows.Err()
}

func latestVersion(ctx context.Context, q db.Q, item contract.ItemID) (version int, hash string, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT version, hash FROM catalog_versions WHERE item = $1 ORDER BY version DESC LIMIT 1`,
		string(item)).Scan(&version, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return version, hash, err
}

func readBody(ctx context.Context, q db.Q, item contract.ItemID, version int) (contract.Service, error) {
	var body string
	err := q.QueryRowContext(ctx, `SELECT body FROM catalog_versions WHERE item = $1 AND version = $2`,
		string(item), version).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return contract.Service{}, ErrNotPublished.With("item", string(item))
	}
	if err != nil {
		return contract.Service{}, err
	}
	var s contract.Service
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		return contract.Service{}, fmt.Errorf("read version %d of %s: %w", version, item, err)
	}
	return s, nil
}

// insertVersion reports false when somebody else took the number first.
func insertVersion(ctx context.Context, q db.Q, v Version, body string) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO catalog_versions (item, version, hash, body, published_at, published_by)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (item, version) DO NOTHING`,
		string(v.Item), v.Version, v.Hash, body, v.At.UnixMicro(), v.By)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
