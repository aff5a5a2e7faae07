package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// Original says who compared a material with its original, and when.
type Original struct {
	By     Handler
	Agency contract.Text
	Note   string
	At     day.Date
}

func insertOriginal(ctx context.Context, q db.Q, id contract.CaseID, file string, o Original, at int64) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_originals (case_id, file, by_id, by_name, unit_zh, unit_en, note, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (case_id, file) DO NOTHING`,
		id, file, o.By.ID, o.By.Name, o.Agency.ZH, o.Agency.EN, o.Note, at)
	if err != nil {
		return fmt.Errorf("insert check of original: %w", err)
	}
	return nil
}

func originalsOf(ctx context.Context, q db.Q, id contract.CaseID) (map[string]Original, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT file, by_id, by_name, unit_zh, unit_en, note, at FROM casework_originals WHERE case_id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("list checks of originals: %w", err)
	}
	defer rows.Close()
	list := map[string]Original{}
	for rows.Next() {
		var file string
		var o Original
		var at int64
		if err := rows.Scan(&file, &o.By.ID, &o.By.Name, &o.Agency.ZH, &o.Agency.EN, &o.Note, &at); err != nil {
			return nil, err
		}
		o.At = day.In(fromMicro(at))
		list[file] = o
	}
	return list, rows.Err()
}

// verifyMaterial gives a material trust level B, in every round that has it. A
// scan made at the counter becomes its file.
func verifyMaterial(ctx context.Context, q db.Q, id contract.CaseID, m contract.Material) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_materials SET level = $1, name = $2, type = $3, size = $4, blob = $5
		WHERE case_id = $6 AND file = $7`, m.Level, m.Name, m.Type, m.Size, string(m.Blob), id, m.File)
	if err != nil {
		return fmt.Errorf("verify material: %w", err)
	}
	return nil
}

// reusable is a verified copy as stored.
type reusable struct {
	id      contract.CaseID
	file    string
	subject string
	element string
	item    contract.ItemID
	name    contract.Text
	checked string
}

func insertCopy(ctx context.Context, q db.Q, c reusable) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_copies (case_id, file, subject, element, item, name_zh, name_en, checked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (case_id, file) DO UPDATE SET checked = $8`,
		c.id, c.file, c.subject, c.element, c.item, c.name.ZH, c.name.EN, c.checked)
	if err != nil {
		return fmt.Errorf("insert copy: %w", err)
	}
	return nil
}

// copiesOf lists the verified copies of a subject by element, newest first, as
// they stand in the newest round of their case.
// The material of a copy has the id of the element: each service has its own
// name for it. Items limits them to cases of these services; none is all.
func copiesOf(ctx context.Context, q db.Q, subject string, items, elements []string) ([]contract.Copy, error) {
	w := &where{}
	w.and("c.subject = ?", subject)
	if len(items) > 0 {
		w.oneOf("c.item", items)
	}
	w.oneOf("c.element", elements)
	w.and("m.level = 'A' OR m.level = 'B'")
	w.and("m.blob <> ''")
	rows, err := q.QueryContext(ctx, `
		SELECT c.element, c.name_zh, c.name_en, c.checked, k.number,
			m.file, m.name, m.type, m.size, m.blob, m.level, m.handed_at
		FROM casework_copies AS c
		JOIN casework_cases AS k ON k.id = c.case_id
		JOIN casework_materials AS m ON m.case_id = c.case_id AND m.file = c.file
			AND m.round = (SELECT MAX(x.round) FROM casework_materials AS x WHERE x.case_id = c.case_id AND x.file = c.file)
		WHERE `+w.sql()+` ORDER BY c.checked DESC, c.case_id DESC, c.file LIMIT 100`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list copies: %w", err)
	}
	defer rows.Close()
	var list []contract.Copy
	for rows.Next() {
		var c contract.Copy
		m := &c.Material
		if err := rows.Scan(&m.ID, &c.Name.ZH, &c.Name.EN, &c.Checked, &c.Case,
			&m.File, &m.Name, &m.Type, &m.Size, &m.Blob, &m.Level, instant{&m.At}); err != nil {
			return nil, err
		}
		m.Origin, m.Source = contract.MaterialCopy, c.Case
		list = append(list, c)
	}
	return list, rows.Err()
}
