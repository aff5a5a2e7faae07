package identity

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

const accountColumns = `id, username, kind, name, state, level, number, phone, email,
	address, division, checked_on, acting_for, enrolled, demo, made_at`

func scanAccount(row *sql.Row) (Account, error) {
	var (
		a    Account
		made int64
	)
	err := row.Scan(&a.ID, &a.Username, &a.Kind, &a.Name, &a.State, &a.Level, &a.number, &a.phone, &a.email,
		&a.address, &a.Division, &a.CheckedOn, &a.ActingFor, &a.Enrolled, &a.Demo, &made)
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, ErrNoAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	a.Made = time.UnixMicro(made).UTC()
	return a, nil
}

func accountByID(ctx context.Context, q db.Q, id string) (Account, error) {
	return scanAccount(q.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM identity_accounts WHERE id = $1`, id))
}

func accountByName(ctx context.Context, q db.Q, username string) (Account, error) {
	return scanAccount(q.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM identity_accounts WHERE username = $1`, username))
}

// accountByNumber returns the account of a resident by the key of the number.
// Where one person has several, it is the first that was made.
func accountByNumber(ctx context.Context, q db.Q, key string) (Account, error) {
	return scanAccount(q.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM identity_accounts
		WHERE number_index = $1 AND number_index <> '' AND kind = 'resident' ORDER BY made_at, id LIMIT 1`, key))
}

// indexes are the blind indexes of an account's facts.
type indexes struct{ number, phone string }

// putAccount stores a new account; it reports whether there was none of its id
// or name.
func putAccount(ctx context.Context, q db.Q, a Account, x indexes) (bool, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO identity_accounts
		(id, username, kind, name, state, level, number, number_index, phone, phone_index, email,
		 address, division, checked_on, acting_for, enrolled, demo, made_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT DO NOTHING`,
		string(a.ID), a.Username, string(a.Kind), a.Name, string(a.State), a.Level, a.number, x.number, a.phone, x.phone,
		a.email, a.address, a.Division, a.CheckedOn, a.ActingFor, a.Enrolled, a.Demo, a.Made.UnixMicro())
	if err != nil {
		return false, fmt.Errorf("store account: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func setState(ctx context.Context, q db.Q, id contract.AccountID, state State) error {
	return update(ctx, q, `UPDATE identity_accounts SET state = $2 WHERE id = $1`, string(id), string(state))
}

func setEnrolled(ctx context.Context, q db.Q, id contract.AccountID, enrolled bool) error {
	return update(ctx, q, `UPDATE identity_accounts SET enrolled = $2 WHERE id = $1`, string(id), enrolled)
}

func setActingFor(ctx context.Context, q db.Q, id contract.AccountID, company string) error {
	return update(ctx, q, `UPDATE identity_accounts SET acting_for = $2 WHERE id = $1`, string(id), company)
}

func update(ctx context.Context, q db.Q, query string, args ...any) error {
	if _, err := q.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("change account: %w", err)
	}
	return nil
}

func postsOf(ctx context.Context, q db.Q, account contract.AccountID) ([]Post, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, account, agency, division, title_zh, title_en, roles, valid_from, valid_to
		FROM identity_posts WHERE account = $1 ORDER BY id LIMIT 20`, string(account))
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	defer rows.Close()
	var list []Post
	for rows.Next() {
		var (
			p     Post
			roles string
		)
		err := rows.Scan(&p.ID, &p.Account, &p.Agency, &p.Division, &p.Title.ZH, &p.Title.EN, &roles, &p.From, &p.To)
		if err == nil {
			err = json.Unmarshal([]byte(roles), &p.Roles)
		}
		if err != nil {
			return nil, fmt.Errorf("list posts: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func putPost(ctx context.Context, q db.Q, p Post) error {
	roles, err := json.Marshal(p.Roles)
	if err != nil {
		return fmt.Errorf("store post: %w", err)
	}
	_, err = q.ExecContext(ctx, `INSERT INTO identity_posts
		(id, account, agency, division, title_zh, title_en, roles, valid_from, valid_to)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
		p.ID, string(p.Account), string(p.Agency), p.Division, p.Title.ZH, p.Title.EN, string(roles), p.From, p.To)
	if err != nil {
		return fmt.Errorf("store post: %w", err)
	}
	return nil
}

// updatePost changes what a post is and its last day.
func updatePost(ctx context.Context, q db.Q, p Post) error {
	roles, err := json.Marshal(p.Roles)
	if err != nil {
		return fmt.Errorf("change post: %w", err)
	}
	return update(ctx, q, `UPDATE identity_posts SET title_zh = $2, title_en = $3, roles = $4, valid_to = $5 WHERE id = $1`,
		p.ID, p.Title.ZH, p.Title.EN, string(roles), p.To)
}

// endingPosts lists the posts that will end.
func endingPosts(ctx context.Context, q db.Q, today day.Date) ([]Post, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, account, valid_to FROM identity_posts WHERE valid_to >= $1 ORDER BY id LIMIT 100000`, today)
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	defer rows.Close()
	var list []Post
	for rows.Next() {
		var p Post
		if err := rows.Scan(&p.ID, &p.Account, &p.To); err != nil {
			return nil, fmt.Errorf("list posts: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// listAccounts has the rule of the policy as SQL: residents, and staff whose
// post of today is in the division or below; where somebody holds none it is the
// one made last, so that they can be given another. One row more than a page tells
// that there are more.
func listAccounts(ctx context.Context, q db.Q, division string, on day.Date, f Filter) ([]Row, error) {
	rows, err := q.QueryContext(ctx, `SELECT a.id, a.username, a.kind, a.name, a.state, a.level, a.demo, a.enrolled,
			COALESCE(p.title_zh, ''), COALESCE(p.title_en, ''), COALESCE(p.agency, ''), COALESCE(p.division, ''), COALESCE(p.roles, '[]'),
			CASE WHEN p.valid_from <= $1 AND (p.valid_to = '' OR p.valid_to >= $1) THEN 1 ELSE 0 END
		FROM identity_accounts a
		LEFT JOIN identity_posts p ON p.id = COALESCE(
			(SELECT x.id FROM identity_posts x
			WHERE x.account = a.id AND x.valid_from <= $1 AND (x.valid_to = '' OR x.valid_to >= $1)
			ORDER BY x.id LIMIT 1),
			(SELECT x.id FROM identity_posts x WHERE x.account = a.id ORDER BY x.id DESC LIMIT 1))
		WHERE a.username > $2 AND a.username NOT LIKE 'visitor:%'
			AND (a.kind = 'resident' OR (length($3) IN (2, 4, 6, 9, 12) AND substr(p.division, 1, length($3)) = $3))
			AND ($4 = '' OR substr(a.username, 1, length($4)) = $4 OR (a.kind = 'staff' AND a.name LIKE '%' || $5 || '%' ESCAPE '!'))
		ORDER BY a.username LIMIT 51`,
		on, f.After, division, normalQuery(f.Query), escapeLike(f.Query))
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	var list []Row
	for rows.Next() {
		var (
			r     Row
			roles string
			holds int
		)
		err := rows.Scan(&r.Account, &r.Username, &r.Kind, &r.Name, &r.State, &r.Level, &r.Demo, &r.Enrolled,
			&r.Title.ZH, &r.Title.EN, &r.Agency, &r.Division, &roles, &holds)
		if err == nil {
			err = json.Unmarshal([]byte(roles), &r.Roles)
		}
		if err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		r.Holds = holds == 1
		list = append(list, r)
	}
	return list, rows.Err()
}
