package casework

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

const unitColumns = `case_id, unit, round, agency, agency_zh, agency_en, division, task_zh, task_en, required, blocking,
	days, state, sent_at, due, provisional, late, opinion, note, reasons, handler, handler_name, ended_at, why`

func scanUnit(row scanner) (Unit, error) {
	var u Unit
	var reasons string
	err := row.Scan(&u.Case, &u.ID, &u.Round, &u.Agency, &u.AgencyName.ZH, &u.AgencyName.EN, &u.Division, &u.Task.ZH, &u.Task.EN,
		&u.Required, &u.Blocking, &u.Days, &u.State, instant{&u.Sent}, &u.Due, &u.Provisional, &u.Late, &u.Opinion, &u.Note,
		&reasons, &u.Handler.ID, &u.Handler.Name, instant{&u.Ended}, &u.Why)
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(reasons), &u.Reasons)
}

func queryUnits(ctx context.Context, q db.Q, query string, args ...any) ([]Unit, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list units: %w", err)
	}
	defer rows.Close()
	var list []Unit
	for rows.Next() {
		u, err := scanUnit(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}

// unitsOf lists every sending on a case: by unit, then by round.
func unitsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Unit, error) {
	return queryUnits(ctx, q, `
		SELECT `+unitColumns+` FROM casework_units WHERE case_id = $1 ORDER BY unit, round`, id)
}
