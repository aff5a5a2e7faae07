package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

func insertStep(ctx context.Context, q db.Q, id contract.CaseID, s Step) error {
	reasons, err := json.Marshal(s.Reasons)
	if err != nil {
		return fmt.Errorf("reasons: %w", err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO casework_steps (case_id, no, action, from_state, to_state, actor_kind, actor_id, actor_name,
			unit, unit_zh, unit_en, opinion, reasons, organ, deemed, started_at, at, behalf, behalf_kind, mandate,
			handled_as, proc, proc_version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		id, s.No, s.Action, s.From, s.To, s.Actor.Kind, s.Actor.ID, s.Actor.Name,
		s.UnitID, s.Unit.ZH, s.Unit.EN, s.Opinion, string(reasons), s.Organ, s.Deemed, micro(s.Started), micro(s.At),
		s.Behalf, s.BehalfKind, s.Mandate, s.HandledAs, s.Procedure, s.ProcVersion)
	if err != nil {
		return fmt.Errorf("insert step: %w", err)
	}
	return nil
}

func stepsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Step, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT no, action, from_state, to_state, actor_kind, actor_id, actor_name, unit, unit_zh, unit_en,
			opinion, reasons, organ, deemed, started_at, at, behalf, behalf_kind, mandate, handled_as, proc, proc_version
		FROM casework_steps WHERE case_id = $1 ORDER BY no`, id)
	if err != nil {
		return nil, fmt.Errorf("list steps: %w", err)
	}
	defer rows.Close()
	var list []Step
	for rows.Next() {
		var s Step
		var reasons string
		if err := rows.Scan(&s.No, &s.Action, &s.From, &s.To, &s.Actor.Kind, &s.Actor.ID, &s.Actor.Name,
			&s.UnitID, &s.Unit.ZH, &s.Unit.EN, &s.Opinion, &reasons, &s.Organ, &s.Deemed,
			instant{&s.Started}, instant{&s.At}, &s.Behalf, &s.BehalfKind, &s.Mandate,
			&s.HandledAs, &s.Procedure, &s.ProcVersion); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(reasons), &s.Reasons); err != nil {
			return nil, fmt.Errorf("reasons: %w", err)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// insertEntries appends to the history of the clocks of a case, in one statement.
func insertEntries(ctx context.Context, q db.Q, id contract.CaseID, first int, list []clockEntry) error {
	if len(list) == 0 {
		return nil
	}
	rows := newRows(len(list), 7)
	for i, e := range list {
		entry, err := json.Marshal(e.entry)
		if err != nil {
			return fmt.Errorf("clock entry: %w", err)
		}
		rows.add(id, first+i, e.step, e.clock, e.spec, string(entry), micro(e.at))
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_entries (case_id, no, step, clock, spec, entry, at) VALUES `+rows.values(), rows.args...)
	if err != nil {
		return fmt.Errorf("insert clock entries: %w", err)
	}
	return nil
}

func entriesOf(ctx context.Context, q db.Q, id contract.CaseID) ([]clockEntry, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT step, clock, spec, entry, at FROM casework_entries WHERE case_id = $1 ORDER BY no`, id)
	if err != nil {
		return nil, fmt.Errorf("list clock entries: %w", err)
	}
	defer rows.Close()
	var list []clockEntry
	for rows.Next() {
		var e clockEntry
		var entry string
		if err := rows.Scan(&e.step, &e.clock, &e.spec, &entry, instant{&e.at}); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(entry), &e.entry); err != nil {
			return nil, fmt.Errorf("clock entry: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

func insertMarks(ctx context.Context, q db.Q, id contract.CaseID, notice int, marks []contract.Mark) error {
	rows := newRows(len(marks), 6)
	for i, m := range marks {
		rows.add(id, notice, i, m.Kind, m.ID, m.Reason)
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_marks (case_id, notice, position, kind, target, reason) VALUES `+rows.values(), rows.args...)
	if err != nil {
		return fmt.Errorf("insert marks: %w", err)
	}
	return nil
}

func marksOf(ctx context.Context, q db.Q, id contract.CaseID, notice int) ([]contract.Mark, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT kind, target, reason FROM casework_marks WHERE case_id = $1 AND notice = $2 ORDER BY position`, id, notice)
	if err != nil {
		return nil, fmt.Errorf("list marks: %w", err)
	}
	defer rows.Close()
	var list []contract.Mark
	for rows.Next() {
		var m contract.Mark
		if err := rows.Scan(&m.Kind, &m.ID, &m.Reason); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// multirow builds the VALUES of an INSERT of several rows.
type multirow struct {
	width int
	args  []any
}

func newRows(n, width int) *multirow { return &multirow{width, make([]any, 0, n*width)} }

func (r *multirow) add(args ...any) { r.args = append(r.args, args...) }

func (r *multirow) values() string {
	var b strings.Builder
	for i := range r.args {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%r.width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteString(")")
	return b.String()
}
