package casework

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// micro stores an instant; the zero time is 0.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// instant scans what micro stored.
type instant struct{ t *time.Time }

// Scan reads a count of microseconds.
func (i instant) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("scan instant: unexpected type %T", src)
	}
	*i.t = fromMicro(n)
	return nil
}

// counterText is a place of intake in the database: JSON, and "" for online.
type counterText struct{ c *contract.Counter }

// Scan reads JSON or "".
func (t counterText) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("scan counter: unexpected type %T", src)
	}
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), t.c)
}

// Value writes JSON or "".
func (t counterText) Value() (driver.Value, error) {
	if t.c.Session == "" {
		return "", nil
	}
	text, err := json.Marshal(t.c)
	return string(text), err
}

const caseColumns = `id, number, query_code, item, item_version, item_zh, item_en, proc,
	applicant_kind, applicant_id, applicant_name, applicant_code, operator,
	agency, agency_zh, agency_en, division, state, stage, step, moved_at, filed_at, received_at,
	accepted_at, decided_at, ended_at, deemed, extended, two, notices,
	clerk, clerk_name, reviewer, reviewer_name, second, second_name, approver, approver_name,
	licence, clock, due, legal_due, warn_from, provisional, paused, yellow_cards, red_cards,
	parent, part, outcome, marked, agent_account, agent_kind, agent_mandate, agent_name, concerned,
	opinions_open, objections, checks_open, specials_open, committed,
	holder, holder_name, held_at, handled_as, proc_version, counter, taken_by, taker, counter_may,
	stage_due, stage_warn, stage_since, stage_roles, hall`

type scanner interface{ Scan(dest ...any) error }

func scanCase(row scanner) (Case, error) {
	var c Case
	err := row.Scan(&c.ID, &c.Number, &c.QueryCode, &c.Item, &c.Version, &c.ItemName.ZH, &c.ItemName.EN, &c.Procedure,
		&c.Applicant.Kind, &c.Applicant.ID, &c.Applicant.Name, &c.Applicant.Code, &c.Operator,
		&c.Agency, &c.AgencyName.ZH, &c.AgencyName.EN, &c.Division, &c.State, &c.Stage, &c.Step,
		instant{&c.Moved}, instant{&c.Filed}, instant{&c.Received},
		instant{&c.Accepted}, instant{&c.Decided}, instant{&c.Ended}, &c.Deemed, &c.Extended, &c.Two, &c.Notices,
		&c.Clerk.ID, &c.Clerk.Name, &c.Reviewer.ID, &c.Reviewer.Name, &c.Second.ID, &c.Second.Name,
		&c.Approver.ID, &c.Approver.Name, &c.Licence,
		&c.Due.Clock, &c.Due.Promised, &c.Due.Legal, &c.Due.Warn, &c.Due.Provisional, &c.Due.Paused, &c.Yellow, &c.Red,
		&c.Parent, &c.Part, &c.Outcome, &c.Marked, &c.Agent.Account, &c.Agent.Kind, &c.Agent.Mandate, &c.Agent.Name, &c.concerned,
		&c.OpinionsOpen, &c.Objections, &c.ChecksOpen, &c.SpecialsOpen, &c.Committed,
		&c.Holder.ID, &c.Holder.Name, instant{&c.Held}, &c.HandledAs, &c.ProcVersion, counterText{&c.Counter}, new(string), new(string), &c.CounterMay,
		&c.Limit.Due, &c.Limit.Warn, &c.Limit.Since, &c.onlyRoles, new(string))
	if errors.Is(err, sql.ErrNoRows) {
		return Case{}, ErrNotFound
	}
	return c, err
}

// insertCase stores a new case. It reports false, and stores nothing, where the
// submission key is known: a second click, or a second server.
func insertCase(ctx context.Context, q db.Q, key string, c Case) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO casework_cases (submission_key, `+caseColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
			$23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42,
			$43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62,
			$63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75, $76)
		ON CONFLICT (submission_key) DO NOTHING`,
		key, c.ID, c.Number, c.QueryCode, c.Item, c.Version, c.ItemName.ZH, c.ItemName.EN, c.Procedure,
		c.Applicant.Kind, c.Applicant.ID, c.Applicant.Name, c.Applicant.Code, c.Operator,
		c.Agency, c.AgencyName.ZH, c.AgencyName.EN, c.Division, c.State, c.Stage, c.Step,
		micro(c.Moved), micro(c.Filed), micro(c.Received), micro(c.Accepted), micro(c.Decided), micro(c.Ended),
		c.Deemed, c.Extended, c.Two, c.Notices,
		c.Clerk.ID, c.Clerk.Name, c.Reviewer.ID, c.Reviewer.Name, c.Second.ID, c.Second.Name, c.Approver.ID, c.Approver.Name,
		c.Licence, c.Due.Clock, c.Due.Promised, c.Due.Legal, c.Due.Warn, c.Due.Provisional, c.Due.Paused, c.Yellow, c.Red,
		c.Parent, c.Part, c.Outcome, c.Marked, c.Agent.Account, c.Agent.Kind, c.Agent.Mandate, c.Agent.Name, c.concerned,
		c.OpinionsOpen, c.Objections, c.ChecksOpen, c.SpecialsOpen, c.Committed,
		c.Holder.ID, c.Holder.Name, micro(c.Held), c.HandledAs, c.ProcVersion, counterText{&c.Counter}, c.Counter.Agency, c.Counter.Clerk, c.CounterMay,
		c.Limit.Due, c.Limit.Warn, c.Limit.Since, c.onlyRoles, c.Counter.HallID)
	if err != nil {
		return false, fmt.Errorf("insert case: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// updateCase stores what a step changed, if nobody acted since step was read.
func updateCase(ctx context.Context, q db.Q, c Case, step int) error {
	res, err := q.ExecContext(ctx, `
		UPDATE casework_cases SET stage = $1, state = $2, step = $3, moved_at = $4, received_at = $5, accepted_at = $6,
			decided_at = $7, ended_at = $8, deemed = $9, extended = $10, notices = $11,
			clerk = $12, clerk_name = $13, reviewer = $14, reviewer_name = $15, second = $16, second_name = $17,
			approver = $18, approver_name = $19, licence = $20,
			clock = $21, due = $22, legal_due = $23, warn_from = $24, provisional = $25, paused = $26,
			outcome = $27, marked = $28, opinions_open = $29, objections = $30, checks_open = $31, specials_open = $32,
			holder = $33, holder_name = $34, held_at = $35, handled_as = $36, proc_version = $37,
			stage_due = $38, stage_warn = $39, stage_since = $40, stage_roles = $41
		WHERE id = $42 AND step = $43`,
		c.Stage, c.State, c.Step, micro(c.Moved), micro(c.Received), micro(c.Accepted),
		micro(c.Decided), micro(c.Ended), c.Deemed, c.Extended, c.Notices,
		c.Clerk.ID, c.Clerk.Name, c.Reviewer.ID, c.Reviewer.Name, c.Second.ID, c.Second.Name,
		c.Approver.ID, c.Approver.Name, c.Licence,
		c.Due.Clock, c.Due.Promised, c.Due.Legal, c.Due.Warn, c.Due.Provisional, c.Due.Paused,
		c.Outcome, c.Marked, c.OpinionsOpen, c.Objections, c.ChecksOpen, c.SpecialsOpen,
		c.Holder.ID, c.Holder.Name, micro(c.Held), c.HandledAs, c.ProcVersion,
		c.Limit.Due, c.Limit.Warn, c.Limit.Since, c.onlyRoles,
		c.ID, step)
	if err != nil {
		return fmt.Errorf("update case: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrStale
	}
	return err
}

func caseByID(ctx context.Context, q db.Q, id contract.CaseID) (Case, error) {
	return scanCase(q.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM casework_cases WHERE id = $1`, id))
}

// lockCase reads a case that is about to change. A part of a bundle's case may
// change that case and its other parts, so the bundle's case is always locked
// first: two parts that move at once do not wait for each other for ever.
func lockCase(ctx context.Context, tx db.Tx, id contract.CaseID) (Case, error) {
	c, err := caseByID(ctx, tx, id)
	if err != nil {
		return c, err
	}
	if c.Parent != "" {
		if _, err := lockOne(ctx, tx, c.Parent); err != nil {
			return c, err
		}
	}
	return lockOne(ctx, tx, id)
}

// lockOne makes the next actor wait. The update changes nothing, but on
// PostgreSQL whoever comes next sees what this one did, as with the one writer of
// SQLite; FOR UPDATE is not SQL for both.
func lockOne(ctx context.Context, tx db.Tx, id contract.CaseID) (Case, error) {
	return scanCase(tx.QueryRowContext(ctx, `
		UPDATE casework_cases SET moved_at = moved_at WHERE id = $1 RETURNING `+caseColumns, id))
}

func caseByKey(ctx context.Context, q db.Q, key string) (Case, error) {
	return scanCase(q.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM casework_cases WHERE submission_key = $1`, key))
}

func caseByNumber(ctx context.Context, q db.Q, number string) (Case, error) {
	return scanCase(q.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM casework_cases WHERE number = $1`, number))
}

// reserveSerials takes n serials and returns the last of them.
func reserveSerials(ctx context.Context, q db.Q, k series, n int) (int, error) {
	var last int
	err := q.QueryRowContext(ctx, `
		INSERT INTO casework_numbers (area, dept, day, taken) VALUES ($1, $2, $3, $4)
		ON CONFLICT (area, dept, day) DO UPDATE SET taken = casework_numbers.taken + $4
		RETURNING taken`, k.area, k.dept, k.on, n).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("reserve case numbers: %w", err)
	}
	return last, nil
}

// casesRunning lists open cases with a running clock, for recomputing.
func casesRunning(ctx context.Context, q db.Q, after contract.CaseID, limit int) ([]Case, error) {
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE clock <> '' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// casesAfter lists cases, open or not, in the order of their ids.
func casesAfter(ctx context.Context, q db.Q, after contract.CaseID, limit int) ([]Case, error) {
	return queryCases(ctx, q, `
		SELECT `+caseColumns+` FROM casework_cases WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

func queryCases(ctx context.Context, q db.Q, query string, args ...any) ([]Case, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	defer rows.Close()
	var list []Case
	for rows.Next() {
		c, err := scanCase(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// clockEntry is one line of a clock's history as stored.
type clockEntry struct {
	step  int
	clock statute.ClockKind
	spec  string // JSON of statute.Clock, of starts
	entry statute.Entry
	at    time.Time
}
