package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/test/platform"
)

// bigAgency has a third of all cases: the county's approval bureau.
const bigAgency = "115113016823646795"

// calls are what officials ask of a work list, each as a page asks it: numbers of
// every tab, lights, services, queues and one page of cases.
func calls() []struct{ name, user, query string } {
	return []struct{ name, user, query string }{
		{"first look", "reviewer1", ""},
		{"review", "reviewer1", "tab=review"},
		{"countersign", "reviewer1", "tab=countersign"},
		{"decide", "approver", "tab=decide"},
		{"accept", "clerk", "tab=accept"},
		{"red", "reviewer1", "tab=review&light=red"},
		{"one service", "reviewer1", "tab=review&item=B-7"},
		{"waiting for applicants", "head", "tab=applicant"},
		{"done", "head", "tab=done"},
		{"done, by name", "head", "tab=done&q=" + url.QueryEscape("欧阳")},
	}
}

// lists measures work lists with a few and with many cases, in one run. The call
// goes to the real binary over HTTP: session, permission, numbers, page, JSON.
func lists(ctx context.Context, out io.Writer, o options, binary, dir string) error {
	say(out, "| database | list | %s cases p50 | p95 | %s cases p50 | p95 | p50 of p50 | p95 of p95 |\n|---|---|---|---|---|---|---|---|\n", thousand(o.few), thousand(o.many))
	kinds := []string{"SQLite"}
	if o.postgres != "" {
		kinds = append(kinds, "PostgreSQL")
	}
	for _, kind := range kinds {
		if err := oneKind(ctx, out, o, binary, filepath.Join(dir, kind), kind); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func oneKind(ctx context.Context, out io.Writer, o options, binary, dir, kind string) (err error) {
	var took [2][]spread
	for i, n := range []int{o.few, o.many} {
		w := world{data: filepath.Join(dir, fmt.Sprint(n))}
		w.database = filepath.Join(w.data, "tongban.db")
		if kind == "PostgreSQL" {
			if w.database, err = newSchema(ctx, o.postgres, fmt.Sprint("bench_lists_", n)); err != nil {
				return err
			}
		}
		took[i], err = county(ctx, out, o, binary, w, n)
		w.drop(ctx, o.postgres)
		if err != nil {
			return err
		}
	}
	for i, c := range calls() {
		few, many := took[0][i], took[1][i]
		say(out, "| %s | %s | %s | %s | %s | %s | %.2f | %.2f |\n", kind, c.name, ms(few.p50), ms(few.p95), ms(many.p50), ms(many.p95),
			float64(many.p50)/float64(few.p50), float64(many.p95)/float64(few.p95))
	}
	return nil
}

type spread struct{ p50, p95 time.Duration }

// county fills an installation with n cases and asks for its lists.
func county(ctx context.Context, out io.Writer, o options, binary string, w world, n int) (list []spread, err error) {
	p, err := platform.Start(ctx, binary, w.data, w.database)
	if err != nil {
		return nil, err
	}
	if err := p.Stop(); err != nil {
		return nil, err
	}
	begin := time.Now() //nolint:forbidigo // measures
	if err := fillCounty(ctx, w.database, n); err != nil {
		return nil, err
	}
	say(out, "<!-- %s cases made in %.0f s -->\n", thousand(n), time.Since(begin).Seconds())
	if p, err = platform.Start(ctx, binary, w.data, w.database); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if err := folded(ctx, w.database); err != nil {
		return nil, err
	}
	clients := map[string]*platform.Client{}
	for _, c := range calls() {
		if clients[c.user] == nil {
			if clients[c.user], err = p.SignIn(ctx, c.user); err != nil {
				return nil, err
			}
		}
		var times []time.Duration
		for i := range o.asks + 10 {
			start := time.Now() //nolint:forbidigo // measures
			if err := clients[c.user].Call(ctx, http.MethodGet, "/tasks?"+c.query, nil, nil); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if i >= 10 { // the first ones warm up
				times = append(times, time.Since(start))
			}
		}
		slices.Sort(times)
		list = append(list, spread{times[len(times)/2], times[len(times)*95/100]})
	}
	return list, nil
}

// folded waits until the platform has folded what a million cases at once left in
// the log, which in life comes one by one.
func folded(ctx context.Context, database string) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	for lines := -1; lines != 0 && err == nil; {
		time.Sleep(time.Second)
		err = d.QueryRowContext(ctx, `SELECT COUNT(*) FROM (
			SELECT agency FROM casework_tally_log GROUP BY agency HAVING COUNT(*) >= 256) AS busy`).Scan(&lines)
	}
	if err == nil && strings.HasPrefix(database, "postgres") {
		// What a million lines at once left behind; in life autovacuum keeps up with it.
		_, err = d.ExecContext(ctx, "VACUUM casework_tally_log")
	}
	return errors.Join(err, d.Close())
}

func thousand(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

// fillCounty makes a county of sixty agencies, one with a third of all cases, the
// others of very different size; 95 of 100 cases are done, the others spread over
// stages, services, officials and due days. Triggers count them as any case.
func fillCounty(ctx context.Context, database string, n int) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	const batch = 25_000
	for from := 0; from < n && err == nil; from += batch {
		err = d.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, countySQL(from, min(from+batch, n)))
			return err
		})
	}
	if err == nil {
		_, err = d.ExecContext(ctx, "ANALYZE") //nolint:misspell // SQL
	}
	return errors.Join(err, d.Close())
}

// countySQL makes cases from numbers alone, so that every run has the same ones.
func countySQL(from, to int) string {
	day := func(n string) string { // a day of the ten weeks around today, as text
		return "(SELECT d FROM days WHERE no = (" + n + "))"
	}
	stages := `CASE WHEN x < 950 THEN 'done' WHEN x < 957 THEN 'accept' WHEN x < 962 THEN 'applicant' WHEN x < 975 THEN 'review'
		WHEN x < 980 THEN 'countersign' WHEN x < 982 THEN 'opinions' WHEN x < 990 THEN 'decide' WHEN x < 993 THEN 'paused' ELSE 'deliver' END`
	states := `CASE stage WHEN 'done' THEN 'DELIVERED' WHEN 'accept' THEN 'SUBMITTED' WHEN 'applicant' THEN 'CORRECTION'
		WHEN 'review' THEN 'ACCEPTED' WHEN 'paused' THEN 'SPECIAL' WHEN 'deliver' THEN 'DECIDED_DENY' ELSE 'REVIEW' END`
	var days []string
	today := time.Now() //nolint:forbidigo // lights depend on it
	for k := range 70 {
		days = append(days, fmt.Sprintf("SELECT %d AS no, '%s' AS d", k, today.AddDate(0, 0, k-10).Format(time.DateOnly)))
	}
	official := func(n string) string {
		return "CASE WHEN a = 0 AND " + n + " = 0 THEN 'demo-reviewer1' WHEN a = 0 AND " + n + " = 1 THEN 'demo-approver' ELSE 'h' || a || '-' || " + n + " END"
	}
	return fmt.Sprintf(`WITH RECURSIVE numbers AS (SELECT CAST(%d AS BIGINT) AS i UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < %d),
	days AS (%s),
	mixed AS (SELECT i, (i * 7919 + i / 1000 * 31) %% 1000 AS x, (i * 104729 + 17) %% 9973 AS u, (i * 15485863 + i / 7) %% 100003 AS v FROM numbers),
	placed AS (SELECT i, x, u, v, %s AS stage, CASE WHEN i %% 3 = 0 THEN 0 ELSE 1 + u * u / 9973 * 59 / 9973 END AS a FROM mixed),
	known AS (SELECT i, x, u, v, stage, a, v %% 24 AS item, (v / 24) %% 12 AS official, (u / 7) %% 45 AS k FROM placed)
	INSERT INTO casework_cases (id, submission_key, number, query_code, item, item_version, item_zh, item_en, proc,
		applicant_kind, applicant_id, applicant_name, applicant_code, operator, agency, agency_zh, agency_en, division, state, stage,
		step, moved_at, filed_at, received_at, two, clock, due, legal_due, warn_from, paused, red_cards, reviewer, second, holder, holder_name)
	SELECT 'b' || (10000000 + (i * 7919) %% 9000011), 'bench-' || i, 'B' || (10000000 + i), 'q', 'B-' || item, 1, '事项' || item, 'Item ' || item, 'licensing',
		'person', 'p' || v, CASE WHEN v %% 500 = 0 THEN '欧阳' ELSE SUBSTR('李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗', CAST(1 + v %% 20 AS INTEGER), 1) END ||
			SUBSTR('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平', CAST(1 + u %% 20 AS INTEGER), 1) || SUBSTR('国建文志春海玉晓小红', CAST(1 + i %% 10 AS INTEGER), 1), '', 'p' || v,
		CASE WHEN a = 0 THEN '%s' ELSE 'agency-' || a END, '机关', 'Agency', '511602', %s, stage, 3, 1700000000000000 + i * 1000000, 1700000000000000 + i * 1000000, 1700000000000000 + i * 1000000,
		TRUE, CASE WHEN stage IN ('done', 'applicant') THEN '' WHEN stage = 'accept' THEN 'acceptance' ELSE 'decision' END,
		CASE WHEN stage = 'done' THEN '' ELSE %s END, CASE WHEN stage = 'done' THEN '' ELSE %s END, CASE WHEN stage = 'done' THEN '' ELSE %s END,
		stage = 'paused', CASE WHEN v %% 300 = 0 THEN 1 ELSE 0 END,
		CASE WHEN stage IN ('countersign', 'decide', 'opinions') THEN %s ELSE '' END, '',
		CASE WHEN stage IN ('review', 'decide') AND v %% 5 < 3 THEN %s ELSE '' END, ''
	FROM known`, from, to, strings.Join(days, " UNION ALL "), stages, bigAgency, states,
		day("k + 7"), day("k + 7 + 12"), day("k + 4"), official("official"), official("((official + 5) % 12)"))
}
