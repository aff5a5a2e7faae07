package rating

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// insert reports false when the case has such a rating already.
func insert(ctx context.Context, q db.Q, r Rating) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO rating_ratings (id, case_id, item, agency, account, supplement, satisfaction, indicators, text, is_default, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (case_id, supplement, is_default) DO NOTHING`,
		r.ID, r.Case, r.Item, r.Agency, r.Account, r.Supplement, int(r.Satisfaction), strings.Join(r.Indicators, ","),
		r.Text, r.Default, r.At.UnixMicro())
	if err != nil {
		return false, fmt.Errorf("insert rating: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// ofCase returns the ratings of a case, the first first.
func ofCase(ctx context.Context, q db.Q, id contract.CaseID) ([]Rating, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id, case_id, item, agency, account, supplement, satisfaction, indicators, text, is_default, at
		FROM rating_ratings WHERE case_id = $1 ORDER BY supplement, at LIMIT 3`, id)
	if err != nil {
		return nil, fmt.Errorf("read ratings: %w", err)
	}
	defer rows.Close()
	var list []Rating
	for rows.Next() {
		var (
			r      Rating
			chosen string
			at     int64
		)
		err := rows.Scan(&r.ID, &r.Case, &r.Item, &r.Agency, &r.Account, &r.Supplement, &r.Satisfaction, &chosen, &r.Text, &r.Default, &at)
		if err != nil {
			return nil, fmt.Errorf("read rating: %w", err)
		}
		if chosen != "" {
			r.Indicators = strings.Split(chosen, ",")
		}
		r.At = time.UnixMicro(at).UTC()
		list = append(list, r)
	}
	return list, rows.Err()
}

// summary counts each case once, by its latest word: a supplement stands for
// the rating that it supplements.
func summary(ctx context.Context, q db.Q, item contract.ItemID) (Summary, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT r.satisfaction, r.is_default, COUNT(*)
		FROM rating_ratings r
		WHERE r.item = $1 AND NOT EXISTS (
			SELECT 1 FROM rating_ratings s
			WHERE s.case_id = r.case_id AND s.id <> r.id
			  AND (s.supplement AND NOT r.supplement OR r.is_default AND NOT s.is_default))
		GROUP BY r.satisfaction, r.is_default`, item)
	if err != nil {
		return Summary{}, fmt.Errorf("sum ratings: %w", err)
	}
	defer rows.Close()
	sum := Summary{Levels: map[Satisfaction]int{}}
	for rows.Next() {
		var (
			level     Satisfaction
			isDefault bool
			n         int
		)
		if err := rows.Scan(&level, &isDefault, &n); err != nil {
			return Summary{}, fmt.Errorf("sum ratings: %w", err)
		}
		if isDefault {
			sum.Default += n
			continue
		}
		sum.Levels[level] += n
		sum.Given += n
		if level.Good() {
			sum.Good += n
		}
	}
	return sum, rows.Err()
}
