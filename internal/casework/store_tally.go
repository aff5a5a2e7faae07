package casework

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/kit/db"
)

// placeColumn is where a case stands in its procedure. Which roles take which
// step follows from it.
const placeColumn = "proc || '/' || proc_version || '/' || state"

// lightColumn is what the light of a case follows from; the tally has it, too.
const lightColumn = `CASE WHEN stage = 'done' OR clock = '' THEN '-|||'
	ELSE (CASE WHEN red_cards > 0 THEN 'r' WHEN paused THEN 'p' ELSE 'n' END) || '|' ||
		(CASE WHEN clock IN ('decision', 'delivery') THEN legal_due ELSE '' END) || '|' || due || '|' || warn_from END`

// dim is what the cases of a stage are counted by.
type dim struct{ name, logged string }

// tallied is a number of cases that lists cannot tell apart.
type tallied struct {
	stage        Stage
	place, roles string
	held         bool
	word         string // holder, item or light
	n            int
}

// aside is a case that an actor has a part in and therefore may not have on a list.
type aside struct {
	stage                             Stage
	place, roles, holder, item, light string
}

// join makes another condition part of w and returns its text.
func (w *where) join(o *where) string {
	shift := len(w.args)
	w.args = append(w.args, o.args...)
	return placeholder.ReplaceAllStringFunc(o.sql(), func(p string) string {
		n, err := strconv.Atoi(p[1:])
		if err != nil {
			return p // digits alone match
		}
		return "$" + strconv.Itoa(n+shift)
	})
}

// tallyOf reads the numbers of an agency in one statement: what was folded and
// what was not are never counted twice. An empty stage is every stage.
func tallyOf(ctx context.Context, q db.Q, agency string, by dim, stage Stage) ([]tallied, error) {
	args, only := []any{agency, by.name}, ""
	if stage != "" {
		args, only = append(args, stage), " AND stage = $3"
	}
	rows, err := q.QueryContext(ctx, `
		SELECT stage, place, roles, held, word, CAST(SUM(n) AS BIGINT) FROM (
			SELECT stage, place, roles, held, word, n FROM casework_tally WHERE agency = $1 AND dim = $2`+only+`
			UNION ALL
			SELECT stage, place, roles, holder <> '', `+by.logged+`, n FROM casework_tally_log WHERE agency = $1`+only+`) AS lines
		GROUP BY stage, place, roles, held, word HAVING SUM(n) <> 0`, args...)
	if err != nil {
		return nil, fmt.Errorf("read tally: %w", err)
	}
	defer rows.Close()
	var list []tallied
	for rows.Next() {
		var t tallied
		if err := rows.Scan(&t.stage, &t.place, &t.roles, &t.held, &t.word, &t.n); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// casesAside lists the cases of an agency, among those in which an account has a
// part, that are not on the account's lists: not says which, by stage.
func casesAside(ctx context.Context, q db.Q, account, agency string, not *where) ([]aside, error) {
	w := not.clone()
	me, there := w.arg(account), w.arg(agency)
	// Each part has its own index; a case of several parts comes once.
	parts := []string{
		"reviewer = " + me + " AND reviewer <> '' AND stage <> 'done'",
		"second = " + me + " AND second <> '' AND stage <> 'done'",
		"taker = " + me + " AND taker <> '' AND stage <> 'done'",
		"operator = " + me + " AND stage <> 'done'",
		"applicant_id = " + me,
		"id IN (SELECT case_id FROM casework_concerned WHERE account = " + me + ")",
	}
	lists := make([]string, len(parts))
	for i, part := range parts {
		lists[i] = "SELECT stage, " + placeColumn + ", stage_roles, holder, item, " + lightColumn + " FROM casework_cases WHERE " + part +
			" AND agency = " + there + " AND " + w.sql()
		for _, before := range parts[:i] {
			lists[i] += " AND NOT (" + before + ")"
		}
	}
	rows, err := q.QueryContext(ctx, strings.Join(lists, " UNION ALL "), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list cases aside: %w", err)
	}
	defer rows.Close()
	var list []aside
	for rows.Next() {
		var a aside
		if err := rows.Scan(&a.stage, &a.place, &a.roles, &a.holder, &a.item, &a.light); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// itemNames names services by a case of each in a stage of an agency.
func itemNames(ctx context.Context, q db.Q, agency string, stage Stage, items []string) ([]ItemName, error) {
	if len(items) == 0 {
		return nil, nil
	}
	w := &where{}
	last := `(SELECT %s FROM casework_cases AS c WHERE c.agency = ` + w.arg(agency) + ` AND c.stage = ` + w.arg(stage) + `
		AND c.item = t.item ORDER BY c.due DESC, c.id DESC LIMIT 1)`
	values := make([]string, len(items))
	for i, item := range items {
		values[i] = "SELECT CAST(" + w.arg(item) + " AS TEXT) AS item"
	}
	rows, err := q.QueryContext(ctx, `SELECT t.item, COALESCE(`+fmt.Sprintf(last, "c.item_zh")+`, ''), COALESCE(`+fmt.Sprintf(last, "c.item_en")+`, '')
		FROM (`+strings.Join(values, " UNION ALL ")+`) AS t ORDER BY t.item`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("name items: %w", err)
	}
	defer rows.Close()
	var list []ItemName
	for rows.Next() {
		var i ItemName
		if err := rows.Scan(&i.Item, &i.Name.ZH, &i.Name.EN); err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, rows.Err()
}

// holderName is how somebody who holds cases is called there.
func holderName(ctx context.Context, q db.Q, holder string) (string, error) {
	var name string
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(holder_name), '') FROM (
		SELECT holder_name FROM casework_cases WHERE holder = $1 AND holder <> '' ORDER BY stage, due, id LIMIT 1) AS one`, holder).Scan(&name)
	return name, err
}

// rankSpan is where the cases of one rank lie: how many, and between which days.
// Those with a red card are one span, the others of the rank another.
type rankSpan struct {
	rank, n     int
	card        bool
	first, last string
}

// listRank lists cases of one span, by due day and id.
func listRank(ctx context.Context, q db.Q, w *where, in rankSpan, after *cursor, limit int) ([]Case, error) {
	w = w.clone()
	switch {
	case in.card:
		w.and("red_cards > 0")
	case in.rank == 0:
		w.and("red_cards = 0")
	}
	if in.first != "" {
		w.and("due >= ? AND due <= ?", in.first, in.last)
	}
	if after != nil && after.Rank == in.rank {
		w.and("(due, id) > (?, ?)", after.Due, after.ID)
	}
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE `+w.sql()+`
		ORDER BY due, id LIMIT `+w.arg(min(limit, in.n)), w.args...)
}

// unfolded tells the agencies whose log has at least so many lines.
func unfolded(ctx context.Context, q db.Q, lines int) ([]string, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT agency FROM casework_tally_log GROUP BY agency HAVING COUNT(*) >= $1 ORDER BY agency`, lines)
	if err != nil {
		return nil, fmt.Errorf("read tally log: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var a string
		if err := rows.Scan(&a); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// foldTally moves what the log of an agency says into the tally. A line is gone
// from the one and in the other at the same moment.
func foldTally(ctx context.Context, tx db.Tx, agency string) (int, error) {
	sums, lines, err := takeLog(ctx, tx, agency)
	if err != nil {
		return 0, err
	}
	type line = struct {
		dim string
		tallied
	}
	keys := make([]line, 0, len(sums))
	for k, n := range sums {
		if n != 0 {
			keys = append(keys, line{k.dim, tallied{k.stage, k.place, k.roles, k.held, k.word, n}})
		}
	}
	// Always in one order, so that two processes that fold do not wait for each other.
	slices.SortFunc(keys, func(a, b line) int {
		return strings.Compare(fmt.Sprint(a.dim, "\x00", a.stage, "\x00", a.place, "\x00", a.roles, "\x00", a.held, "\x00", a.word),
			fmt.Sprint(b.dim, "\x00", b.stage, "\x00", b.place, "\x00", b.roles, "\x00", b.held, "\x00", b.word))
	})
	for _, k := range keys {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO casework_tally (agency, dim, stage, place, roles, held, word, n) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (agency, dim, stage, place, roles, held, word) DO UPDATE SET n = casework_tally.n + excluded.n`,
			agency, k.dim, k.stage, k.place, k.roles, k.held, k.word, k.n)
		if err != nil {
			return 0, fmt.Errorf("fold tally: %w", err)
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM casework_tally WHERE agency = $1 AND n = 0`, agency)
	return lines, err
}

type tallyKey struct {
	dim          string
	stage        Stage
	place, roles string
	held         bool
	word         string
}

// takeLog removes the log of an agency and sums it up.
func takeLog(ctx context.Context, tx db.Tx, agency string) (map[tallyKey]int, int, error) {
	rows, err := tx.QueryContext(ctx, `
		DELETE FROM casework_tally_log WHERE agency = $1 RETURNING stage, place, roles, holder, item, light, n`, agency)
	if err != nil {
		return nil, 0, fmt.Errorf("take tally log: %w", err)
	}
	defer rows.Close()
	sums, lines := map[tallyKey]int{}, 0
	for rows.Next() {
		var a aside
		var n int
		if err := rows.Scan(&a.stage, &a.place, &a.roles, &a.holder, &a.item, &a.light, &n); err != nil {
			return nil, 0, err
		}
		lines++
		held := a.holder != ""
		sums[tallyKey{"h", a.stage, a.place, a.roles, held, a.holder}] += n
		sums[tallyKey{"i", a.stage, a.place, a.roles, held, a.item}] += n
		sums[tallyKey{"l", a.stage, a.place, a.roles, held, a.light}] += n
	}
	return sums, lines, rows.Err()
}
