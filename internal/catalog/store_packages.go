package catalog

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

// insertAdded makes the item that a package adds to the county's list. Added
// items stand behind the source's own.
func insertAdded(ctx context.Context, q db.Q, i Item) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO catalog_items (id, seq, department, dept_code, type, main_item, name, area)
		VALUES ($1, (SELECT MAX(seq) + 1 FROM catalog_items), $2, $3, $4, '', $5, $6)
		ON CONFLICT (id) DO NOTHING`,
		string(i.ID), i.Department, i.DeptCode, i.Type, i.Name, i.Area)
	if err != nil {
		return fmt.Errorf("add item: %w", err)
	}
	return nil
}

func putSource(ctx context.Context, q db.Q, item contract.ItemID, version int, files Files) error {
	text, err := json.Marshal(files)
	if err != nil {
		return fmt.Errorf("store package: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO catalog_sources (item, version, files) VALUES ($1, $2, $3)
		ON CONFLICT (item, version) DO UPDATE SET files = excluded.files`, string(item), version, string(text))
	if err != nil {
		return fmt.Errorf("store package: %w", err)
	}
	return nil
}

func getSource(ctx context.Context, q db.Q, item contract.ItemID, version int) (Files, error) {
	var text string
	err := q.QueryRowContext(ctx, `SELECT files FROM catalog_sources WHERE item = $1 AND version = $2`,
		string(item), version).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoPackage
	}
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	return readFiles(text)
}

func readFiles(text string) (Files, error) {
	f := Files{}
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	return f, nil
}

// putWorkspace stores a workspace; rev is what its editor saw, 0 for a new one.
func putWorkspace(ctx context.Context, q db.Q, w Workspace, rev int64) error {
	text, err := json.Marshal(w.Files)
	if err != nil {
		return fmt.Errorf("store workspace: %w", err)
	}
	done, err := q.ExecContext(ctx, `
		INSERT INTO catalog_workspaces (id, item, name, files, rev, edited_at, edited_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET item = excluded.item, name = excluded.name, files = excluded.files, rev = excluded.rev,
			edited_at = excluded.edited_at, edited_by = excluded.edited_by
		WHERE catalog_workspaces.rev = $8`,
		w.ID, string(w.Item), w.Name, string(text), w.Rev, w.At.UnixMicro(), w.By, rev)
	if err != nil {
		return fmt.Errorf("store workspace: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrEdited)
	}
	return nil
}

const workspaceColumns = `id, item, name, files, rev, edited_at, edited_by`

func scanWorkspace(scan func(...any) error) (Workspace, error) {
	var (
		w     Workspace
		files string
		at    int64
	)
	if err := scan(&w.ID, &w.Item, &w.Name, &files, &w.Rev, &at, &w.By); err != nil {
		return w, err
	}
	var err error
	w.At = time.UnixMicro(at).UTC()
	w.Files, err = readFiles(files)
	return w, err
}

func getWorkspace(ctx context.Context, q db.Q, id string) (Workspace, error) {
	w, err := scanWorkspace(q.QueryRowContext(ctx,
		`SELECT `+workspaceColumns+` FROM catalog_workspaces WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return w, ErrNoWorkspace
	}
	if err != nil {
		return w, fmt.Errorf("read workspace: %w", err)
	}
	return w, nil
}

// maxWorkspaces bounds what the desk lists.
const maxWorkspaces = 200

func listWorkspaces(ctx context.Context, q db.Q) ([]Workspace, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT `+workspaceColumns+` FROM catalog_workspaces ORDER BY edited_at DESC, id LIMIT $1`, maxWorkspaces)
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	defer rows.Close()
	var list []Workspace
	for rows.Next() {
		w, err := scanWorkspace(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list workspaces: %w", err)
		}
		list = append(list, w)
	}
	return list, rows.Err()
}

func deleteWorkspace(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM catalog_workspaces WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete workspace: %w", err)
	}
	return nil
}

func shippedHashes(ctx context.Context, q db.Q) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, hash FROM catalog_shipped`)
	if err != nil {
		return nil, fmt.Errorf("read shipped packages: %w", err)
	}
	defer rows.Close()
	list := map[string]string{}
	for rows.Next() {
		var name, hash string
		if err := rows.Scan(&name, &hash); err != nil {
			return nil, fmt.Errorf("read shipped packages: %w", err)
		}
		list[name] = hash
	}
	return list, rows.Err()
}

func setShipped(ctx context.Context, q db.Q, name, hash string) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO catalog_shipped (name, hash) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET hash = excluded.hash`, name, hash)
	if err != nil {
		return fmt.Errorf("store shipped package: %w", err)
	}
	return nil
}
