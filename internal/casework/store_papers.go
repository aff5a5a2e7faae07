package casework

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

// handIn is what an applicant handed in at once: at submission, or when
// correcting. The newest round has everything that counts.
type handIn struct {
	round     int
	plain     map[string]json.RawMessage
	sealed    []byte
	trace     []contract.Text
	materials []contract.Material
	at        time.Time
}

func insertHandIn(ctx context.Context, q db.Q, id contract.CaseID, h handIn) error {
	plain, err := json.Marshal(h.plain)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	trace, err := json.Marshal(h.trace)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO casework_answers (case_id, round, answers, sealed, trace, handed_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, h.round, string(plain), h.sealed, string(trace), micro(h.at))
	if err != nil {
		return fmt.Errorf("insert answers: %w", err)
	}
	return insertMaterials(ctx, q, id, h.round, h.materials)
}

func insertMaterials(ctx context.Context, q db.Q, id contract.CaseID, round int, list []contract.Material) error {
	if len(list) == 0 {
		return nil
	}
	rows := newRows(len(list), 19)
	for i, m := range list {
		rows.add(id, m.File, round, i, m.ID, m.Name, m.Type, m.Size, string(m.Blob), m.Level, m.Origin, micro(m.At),
			m.Pages, m.Turn, m.Source, m.Text, m.Due, m.Signer, m.Paper)
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_materials (case_id, file, round, position, material, name, type, size, blob, level, origin, handed_at,
			pages, turn, source, words, due, signer, paper)
		VALUES `+rows.values(), rows.args...)
	if err != nil {
		return fmt.Errorf("insert materials: %w", err)
	}
	return nil
}

func lastHandIn(ctx context.Context, q db.Q, id contract.CaseID) (handIn, error) {
	return handInOf(ctx, q, id, 0)
}

// handInOf reads one round; 0 is the newest.
func handInOf(ctx context.Context, q db.Q, id contract.CaseID, round int) (handIn, error) {
	var h handIn
	var plain, trace string
	err := q.QueryRowContext(ctx, `
		SELECT round, answers, sealed, trace, handed_at FROM casework_answers
		WHERE case_id = $1 AND (round = $2 OR $2 = 0) ORDER BY round DESC LIMIT 1`,
		id, round).Scan(&h.round, &plain, &h.sealed, &trace, instant{&h.at})
	if errors.Is(err, sql.ErrNoRows) {
		return h, ErrNotFound
	}
	if err != nil {
		return h, fmt.Errorf("read answers: %w", err)
	}
	if err := json.Unmarshal([]byte(plain), &h.plain); err != nil {
		return h, fmt.Errorf("answers: %w", err)
	}
	if err := json.Unmarshal([]byte(trace), &h.trace); err != nil {
		return h, fmt.Errorf("trace: %w", err)
	}
	h.materials, err = materialsOf(ctx, q, id, h.round)
	return h, err
}

func materialsOf(ctx context.Context, q db.Q, id contract.CaseID, round int) ([]contract.Material, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT material, file, name, type, size, blob, level, origin, handed_at, pages, turn, source, words, due, signer, paper
		FROM casework_materials WHERE case_id = $1 AND round = $2 ORDER BY position`, id, round)
	if err != nil {
		return nil, fmt.Errorf("list materials: %w", err)
	}
	defer rows.Close()
	var list []contract.Material
	for rows.Next() {
		var m contract.Material
		if err := rows.Scan(&m.ID, &m.File, &m.Name, &m.Type, &m.Size, &m.Blob, &m.Level, &m.Origin, instant{&m.At},
			&m.Pages, &m.Turn, &m.Source, &m.Text, &m.Due, &m.Signer, &m.Paper); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// insertDocument enters a document; a job that ran twice enters it once.
func insertDocument(ctx context.Context, q db.Q, d Document) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_documents (id, case_id, step, kind, title_zh, title_en, number, at, blob, size)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (case_id, step, kind) DO NOTHING`,
		d.ID, d.Case, d.Step, d.Kind, d.Title.ZH, d.Title.EN, d.Number, micro(d.At), string(d.Blob), d.Size)
	if err != nil {
		return fmt.Errorf("insert document: %w", err)
	}
	return nil
}

const documentColumns = `id, case_id, step, kind, title_zh, title_en, number, at, blob, size`

func scanDocument(row scanner) (Document, error) {
	var d Document
	err := row.Scan(&d.ID, &d.Case, &d.Step, &d.Kind, &d.Title.ZH, &d.Title.EN, &d.Number, instant{&d.At}, &d.Blob, &d.Size)
	if errors.Is(err, sql.ErrNoRows) {
		return d, ErrNotFound
	}
	return d, err
}

func documentByID(ctx context.Context, q db.Q, id string) (Document, error) {
	return scanDocument(q.QueryRowContext(ctx, `SELECT `+documentColumns+` FROM casework_documents WHERE id = $1`, id))
}

func documentsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Document, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+documentColumns+` FROM casework_documents WHERE case_id = $1 ORDER BY step DESC, kind`, id)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	defer rows.Close()
	var list []Document
	for rows.Next() {
		d, err := scanDocument(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// handInAt is the round that was handed in with a step: the first that came
// then or after.
func handInAt(ctx context.Context, q db.Q, id contract.CaseID, at time.Time) (handIn, error) {
	var round int
	err := q.QueryRowContext(ctx, `
		SELECT COALESCE(MIN(round), 0) FROM casework_answers WHERE case_id = $1 AND handed_at >= $2`, id, micro(at)).Scan(&round)
	if err != nil {
		return handIn{}, fmt.Errorf("find round: %w", err)
	}
	if round == 0 {
		return lastHandIn(ctx, q, id)
	}
	return handInOf(ctx, q, id, round)
}
