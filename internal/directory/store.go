package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

const divisionColumns = `code, parent, name, official, valid_from, valid_to, successor`

func scanDivision(scan func(...any) error) (Division, error) {
	var d Division
	err := scan(&d.Code, &d.Parent, &d.Name, &d.Official, &d.ValidFrom, &d.ValidTo, &d.Successor)
	d.Level = LevelOf(d.Code)
	return d, err
}

func getDivision(ctx context.Context, q db.Q, code string) (Division, error) {
	d, err := scanDivision(q.QueryRowContext(ctx,
		`SELECT `+divisionColumns+` FROM directory_divisions WHERE code = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Division{}, ErrNoDivision
	}
	if err != nil {
		return Division{}, fmt.Errorf("read division: %w", err)
	}
	return d, nil
}

// childDivisions is bounded by nature: no division has a thousand parts.
func childDivisions(ctx context.Context, q db.Q, code string) ([]Division, error) {
	rows, err := q.QueryContext(ctx,
		`SELECT `+divisionColumns+` FROM directory_divisions WHERE parent = $1 ORDER BY code LIMIT 1000`, code)
	if err != nil {
		return nil, fmt.Errorf("list divisions: %w", err)
	}
	defer rows.Close()
	var list []Division
	for rows.Next() {
		d, err := scanDivision(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list divisions: %w", err)
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// putDivisions stores up to a hundred divisions with one statement.
func putDivisions(ctx context.Context, q db.Q, list []Division) error {
	if len(list) == 0 {
		return nil
	}
	const columns = 7
	values := make([]string, len(list))
	args := make([]any, 0, columns*len(list))
	for i, d := range list {
		n := i * columns
		values[i] = fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
		args = append(args, d.Code, d.Parent, d.Name, d.Official, d.ValidFrom, d.ValidTo, d.Successor)
	}
	_, err := q.ExecContext(ctx, `INSERT INTO directory_divisions (`+divisionColumns+`)
		VALUES `+strings.Join(values, ", ")+`
		ON CONFLICT (code) DO UPDATE SET name = excluded.name, official = excluded.official,
			valid_from = excluded.valid_from, valid_to = excluded.valid_to, successor = excluded.successor`, args...)
	if err != nil {
		return fmt.Errorf("store divisions: %w", err)
	}
	return nil
}

const agencyColumns = `a.id, a.division, a.credit_code, a.name_zh, a.name_en, a.phone`

func scanAgency(scan func(...any) error) (contract.Agency, error) {
	var a contract.Agency
	err := scan(&a.ID, &a.Division, &a.Code, &a.Name.ZH, &a.Name.EN, &a.Phone)
	return a, err
}

func getAgency(ctx context.Context, q db.Q, code string) (contract.Agency, error) {
	a, err := scanAgency(q.QueryRowContext(ctx, `SELECT `+agencyColumns+` FROM directory_agencies a
		WHERE a.id = $1 OR a.id IN (SELECT c.agency FROM directory_agency_codes c WHERE c.code = $1)
		ORDER BY CASE WHEN a.id = $1 THEN 0 ELSE 1 END LIMIT 1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return contract.Agency{}, ErrNoAgency
	}
	if err != nil {
		return contract.Agency{}, fmt.Errorf("read agency: %w", err)
	}
	return a, nil
}

func listAgencies(ctx context.Context, q db.Q, division string) ([]contract.Agency, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+agencyColumns+` FROM directory_agencies a
		WHERE a.division = $1 AND a.valid_to = '' ORDER BY a.id LIMIT 500`, division)
	if err != nil {
		return nil, fmt.Errorf("list agencies: %w", err)
	}
	defer rows.Close()
	var list []contract.Agency
	for rows.Next() {
		a, err := scanAgency(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list agencies: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func putAgency(ctx context.Context, q db.Q, a agencyRow) error {
	_, err := q.ExecContext(ctx, `INSERT INTO directory_agencies
		(id, division, credit_code, name_zh, name_en, phone, valid_from, valid_to)
		VALUES ($1, $2, $3, $4, $5, '', '', '') ON CONFLICT (id) DO NOTHING`,
		string(a.ID), a.Division, a.Code, a.Name.ZH, a.Name.EN)
	if err != nil {
		return fmt.Errorf("store agency: %w", err)
	}
	for _, c := range a.codes {
		_, err := q.ExecContext(ctx, `INSERT INTO directory_agency_codes (code, agency)
			VALUES ($1, $2) ON CONFLICT (code) DO NOTHING`, c, string(a.ID))
		if err != nil {
			return fmt.Errorf("store agency code: %w", err)
		}
	}
	return nil
}
