package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insertPaper enters a paper; false where the source is known: a second click.
func insertPaper(ctx context.Context, q db.Q, p contract.Paper, source string, transit bool) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_papers (id, case_id, source, material, name_zh, name_en, original, sheets, state,
			keeper, keeper_zh, keeper_en, hall, hall_zh, hall_en, transit, ref, since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (case_id, source) DO NOTHING`,
		p.ID, p.Case, source, p.Material, p.Name.ZH, p.Name.EN, p.Original, p.Sheets, p.State,
		p.Keeper, p.KeeperName.ZH, p.KeeperName.EN, p.Hall, p.HallName.ZH, p.HallName.EN, transit, p.Ref, micro(p.Since))
	if err != nil {
		return false, fmt.Errorf("insert paper: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// updatePaper changes the hands of a paper that is still where it was.
func updatePaper(ctx context.Context, q db.Q, p contract.Paper, from string) (bool, error) {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_papers SET state = $1, keeper = $2, keeper_zh = $3, keeper_en = $4, ref = $5, since = $6
		WHERE id = $7 AND state = $8`,
		p.State, p.Keeper, p.KeeperName.ZH, p.KeeperName.EN, p.Ref, micro(p.Since), p.ID, from)
	if err != nil {
		return false, fmt.Errorf("update paper: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const paperSelect = `
	SELECT p.id, p.case_id, c.number, c.item_zh, c.item_en, p.material, p.name_zh, p.name_en, p.original, p.sheets, p.state,
		p.keeper, p.keeper_zh, p.keeper_en, c.agency, c.agency_zh, c.agency_en, p.hall, p.hall_zh, p.hall_en, p.ref, p.since
	FROM casework_papers p JOIN casework_cases c ON c.id = p.case_id `

func scanPaper(row scanner) (contract.Paper, error) {
	var p contract.Paper
	err := row.Scan(&p.ID, &p.Case, &p.Number, &p.Item.ZH, &p.Item.EN, &p.Material, &p.Name.ZH, &p.Name.EN, &p.Original, &p.Sheets,
		&p.State, &p.Keeper, &p.KeeperName.ZH, &p.KeeperName.EN, &p.For, &p.ForName.ZH, &p.ForName.EN,
		&p.Hall, &p.HallName.ZH, &p.HallName.EN, &p.Ref, instant{&p.Since})
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoPaper
	}
	return p, err
}

func paperByID(ctx context.Context, q db.Q, id contract.PaperID) (contract.Paper, error) {
	return scanPaper(q.QueryRowContext(ctx, paperSelect+`WHERE p.id = $1`, id))
}

func papersOf(ctx context.Context, q db.Q, id contract.CaseID) ([]contract.Paper, error) {
	return queryPapers(ctx, q, paperSelect+`WHERE p.case_id = $1 ORDER BY p.id`, id)
}

// maxInHall bounds what waits in a hall: it is handed over every day.
const maxInHall = 1000

func papersInHall(ctx context.Context, q db.Q, hall string) ([]contract.Paper, error) {
	return queryPapers(ctx, q, paperSelect+`
		WHERE p.hall = $1 AND p.state = 'hall' AND NOT p.transit AND c.agency <> $1 AND c.outcome = ''
		ORDER BY c.agency, c.number, p.source LIMIT $2`, hall, maxInHall)
}

func queryPapers(ctx context.Context, q db.Q, query string, args ...any) ([]contract.Paper, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list papers: %w", err)
	}
	defer rows.Close()
	var list []contract.Paper
	for rows.Next() {
		p, err := scanPaper(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func insertCustody(ctx context.Context, q db.Q, id contract.CaseID, c Custody, keeper contract.AgencyID) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_custody (paper, no, case_id, from_state, to_state, keeper, keeper_zh, keeper_en,
			actor_kind, actor, actor_name, ref, note, at)
		VALUES ($1, (SELECT COUNT(*) + 1 FROM casework_custody WHERE paper = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		c.Paper, id, c.From, c.To, keeper, c.Keeper.ZH, c.Keeper.EN, c.Actor.Kind, c.Actor.ID, c.Actor.Name, c.Ref, c.Note, micro(c.At))
	if err != nil {
		return fmt.Errorf("insert custody: %w", err)
	}
	return nil
}

func custodyOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Custody, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT paper, no, from_state, to_state, keeper_zh, keeper_en, actor_kind, actor, actor_name, ref, note, at
		FROM casework_custody WHERE case_id = $1 ORDER BY at, paper, no`, id)
	if err != nil {
		return nil, fmt.Errorf("list custody: %w", err)
	}
	defer rows.Close()
	var list []Custody
	for rows.Next() {
		var c Custody
		if err := rows.Scan(&c.Paper, &c.No, &c.From, &c.To, &c.Keeper.ZH, &c.Keeper.EN,
			&c.Actor.Kind, &c.Actor.ID, &c.Actor.Name, &c.Ref, &c.Note, instant{&c.At}); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}
