package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

func normalQuery(q string) string { return normal(q) }

// escapeLike makes a text stand for itself in LIKE ... ESCAPE '!'.
func escapeLike(s string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(s)
}

// companyByID returns a company and its address, sealed.
func companyByID(ctx context.Context, q db.Q, id string) (Company, []byte, error) {
	var (
		c       Company
		address []byte
	)
	err := q.QueryRowContext(ctx, `SELECT id, name, credit_code, form, status, rep_name, rep_account, address, division,
		scope, registrar, registered_on, checked_on, demo FROM identity_companies WHERE id = $1`, id).
		Scan(&c.ID, &c.Name, &c.CreditCode, &c.Form, &c.Status, &c.RepName, &c.RepAccount, &address, &c.Division,
			&c.Scope, &c.Registrar, &c.RegisteredOn, &c.CheckedOn, &c.Demo)
	if errors.Is(err, sql.ErrNoRows) {
		return Company{}, nil, ErrNoCompany
	}
	if err != nil {
		return Company{}, nil, fmt.Errorf("read company: %w", err)
	}
	return c, address, nil
}

// companyByCode returns a company without its address.
func companyByCode(ctx context.Context, q db.Q, code string) (Company, error) {
	var id string
	err := q.QueryRowContext(ctx, `SELECT id FROM identity_companies WHERE credit_code = $1`, code).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return Company{}, ErrNoCompany
	}
	if err != nil {
		return Company{}, fmt.Errorf("read company: %w", err)
	}
	c, _, err := companyByID(ctx, q, id)
	return c, err
}

func putCompany(ctx context.Context, q db.Q, c Company, address []byte) error {
	_, err := q.ExecContext(ctx, `INSERT INTO identity_companies
		(id, name, credit_code, form, status, rep_name, rep_account, address, division, scope, registrar, registered_on, checked_on, demo)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
		c.ID, c.Name, c.CreditCode, c.Form, c.Status, c.RepName, string(c.RepAccount), address, c.Division,
		c.Scope, c.Registrar, c.RegisteredOn, c.CheckedOn, c.Demo)
	if err != nil {
		return fmt.Errorf("store company: %w", err)
	}
	return nil
}

// companiesOfRep lists the open companies an account represents by law.
func companiesOfRep(ctx context.Context, q db.Q, account contract.AccountID) ([]Right, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, name, credit_code FROM identity_companies
		WHERE rep_account = $1 AND status = 'open' ORDER BY id LIMIT 100`, string(account))
	if err != nil {
		return nil, fmt.Errorf("list companies: %w", err)
	}
	defer rows.Close()
	var list []Right
	for rows.Next() {
		var c Company
		if err := rows.Scan(&c.ID, &c.Name, &c.CreditCode); err != nil {
			return nil, fmt.Errorf("list companies: %w", err)
		}
		list = append(list, legalRight(c))
	}
	return list, rows.Err()
}
