package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

const phraseColumns = `id, agency, kind, title, body, by_id, by_name, changed_at`

func scanPhrase(row scanner) (Phrase, error) {
	var p Phrase
	err := row.Scan(&p.ID, &p.Agency, &p.Kind, &p.Title, &p.Body, &p.By.ID, &p.By.Name, instant{&p.Changed})
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNotFound
	}
	return p, err
}

func phrasesOf(ctx context.Context, q db.Q, agency contract.AgencyID) ([]Phrase, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT `+phraseColumns+` FROM casework_phrases WHERE agency = $1 ORDER BY kind, title, id LIMIT $2`, string(agency), maxPhrases)
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	defer rows.Close()
	var list []Phrase
	for rows.Next() {
		p, err := scanPhrase(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func phraseByID(ctx context.Context, q db.Q, id string) (Phrase, error) {
	return scanPhrase(q.QueryRowContext(ctx, `SELECT `+phraseColumns+` FROM casework_phrases WHERE id = $1`, id))
}

func countPhrases(ctx context.Context, q db.Q, agency contract.AgencyID) (n int, err error) {
	err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM casework_phrases WHERE agency = $1`, string(agency)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count templates: %w", err)
	}
	return n, nil
}

func insertPhrase(ctx context.Context, q db.Q, p Phrase) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_phrases (`+phraseColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, string(p.Agency), p.Kind, p.Title, p.Body, p.By.ID, p.By.Name, micro(p.Changed))
	if err != nil {
		return fmt.Errorf("insert template: %w", err)
	}
	return nil
}

func updatePhrase(ctx context.Context, q db.Q, p Phrase) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_phrases SET kind = $1, title = $2, body = $3, by_id = $4, by_name = $5, changed_at = $6 WHERE id = $7`,
		p.Kind, p.Title, p.Body, p.By.ID, p.By.Name, micro(p.Changed), p.ID)
	if err != nil {
		return fmt.Errorf("update template: %w", err)
	}
	return nil
}

func deletePhrase(ctx context.Context, q db.Q, id string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM casework_phrases WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete template: %w", err)
	}
	return nil
}
