package calendar

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// stamp is who changed something and when.
type stamp struct {
	at time.Time
	by string
}

func version(ctx context.Context, q db.Q) (v int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT version FROM calendar_version WHERE id = 1`).Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("read calendar version: %w", err)
	}
	return v, nil
}

// nextVersion also makes edits wait for each other.
func nextVersion(ctx context.Context, q db.Q) (v int64, err error) {
	err = q.QueryRowContext(ctx, `UPDATE calendar_version SET version = version + 1 WHERE id = 1 RETURNING version`).Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("raise calendar version: %w", err)
	}
	return v, nil
}

// tables reads everything that was entered: the whole tables and the single
// days, as one table per region and year.
func tables(ctx context.Context, q db.Q) ([]statute.Table, error) {
	list, err := wholeTables(ctx, q)
	if err != nil {
		return nil, err
	}
	type key struct {
		region string
		year   int
	}
	at := map[key]int{}
	for i, t := range list {
		at[key{t.Region, t.Year}] = i
	}
	rows, err := q.QueryContext(ctx, `SELECT region, year, date, works, name, source FROM calendar_days ORDER BY region, date`)
	if err != nil {
		return nil, fmt.Errorf("read calendar days: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k key
		var d statute.TableDay
		if err := rows.Scan(&k.region, &k.year, &d.Date, &d.Work, &d.Name, &d.Source); err != nil {
			return nil, fmt.Errorf("read calendar day: %w", err)
		}
		i, ok := at[k]
		if !ok {
			i, at[k] = len(list), len(list)
			list = append(list, statute.Table{Region: k.region, Year: k.year})
		}
		list[i].Days = append(list[i].Days, d)
	}
	return list, rows.Err()
}

func wholeTables(ctx context.Context, q db.Q) ([]statute.Table, error) {
	rows, err := q.QueryContext(ctx, `SELECT region, year, source FROM calendar_years ORDER BY region, year`)
	if err != nil {
		return nil, fmt.Errorf("read calendar years: %w", err)
	}
	defer rows.Close()
	var list []statute.Table
	for rows.Next() {
		t := statute.Table{Whole: true}
		if err := rows.Scan(&t.Region, &t.Year, &t.Source); err != nil {
			return nil, fmt.Errorf("read calendar year: %w", err)
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

func putDay(ctx context.Context, q db.Q, region string, year int, d statute.TableDay, s stamp) error {
	_, err := q.ExecContext(ctx, `INSERT INTO calendar_days (region, date, year, works, name, source, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (region, date) DO UPDATE SET year = EXCLUDED.year, works = EXCLUDED.works, name = EXCLUDED.name,
			source = EXCLUDED.source, changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by`,
		region, d.Date, year, d.Work, d.Name, d.Source, s.at.UnixMicro(), s.by)
	if err != nil {
		return fmt.Errorf("store calendar day: %w", err)
	}
	return nil
}

// dropDay reports whether there was such a day.
func dropDay(ctx context.Context, q db.Q, region string, d day.Date) (bool, error) {
	res, err := q.ExecContext(ctx, `DELETE FROM calendar_days WHERE region = $1 AND date = $2`, region, d)
	if err != nil {
		return false, fmt.Errorf("remove calendar day: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func putYear(ctx context.Context, q db.Q, t YearTable, s stamp) error {
	_, err := q.ExecContext(ctx, `INSERT INTO calendar_years (region, year, source, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (region, year) DO UPDATE SET source = EXCLUDED.source, changed_at = EXCLUDED.changed_at, changed_by = EXCLUDED.changed_by`,
		t.Region, t.Year, t.Source, s.at.UnixMicro(), s.by)
	if err != nil {
		return fmt.Errorf("store calendar year: %w", err)
	}
	for _, d := range t.Days {
		if err := putDay(ctx, q, t.Region, t.Year, d, s); err != nil {
			return err
		}
	}
	return nil
}

// dropYear removes a table with its days and reports whether there was one.
func dropYear(ctx context.Context, q db.Q, region string, year int) (bool, error) {
	if _, err := q.ExecContext(ctx, `DELETE FROM calendar_days WHERE region = $1 AND year = $2`, region, year); err != nil {
		return false, fmt.Errorf("remove calendar days: %w", err)
	}
	res, err := q.ExecContext(ctx, `DELETE FROM calendar_years WHERE region = $1 AND year = $2`, region, year)
	if err != nil {
		return false, fmt.Errorf("remove calendar year: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
