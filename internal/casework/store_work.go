package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// setHolder stores in whose hands a case is. The caller has locked it.
func setHolder(ctx context.Context, q db.Q, c Case) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET holder = $1, holder_name = $2, held_at = $3 WHERE id = $4`,
		c.Holder.ID, c.Holder.Name, micro(c.Held), c.ID)
	if err != nil {
		return fmt.Errorf("set holder: %w", err)
	}
	return nil
}

func insertHold(ctx context.Context, q db.Q, h Hold) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_holds (id, case_id, stage, from_id, from_name, to_id, to_name, why, note,
			actor_kind, actor_id, actor_name, deputy_of, deputy_for, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		h.ID, h.Case, h.Stage, h.From.ID, h.From.Name, h.To.ID, h.To.Name, h.Why, h.Note,
		h.Actor.Kind, h.Actor.ID, h.Actor.Name, h.Deputy.ID, h.Deputy.Name, micro(h.At))
	if err != nil {
		return fmt.Errorf("insert hold: %w", err)
	}
	return nil
}

const holdColumns = `id, case_id, stage, from_id, from_name, to_id, to_name, why, note,
	actor_kind, actor_id, actor_name, deputy_of, deputy_for, at`

func queryHolds(ctx context.Context, q db.Q, query string, args ...any) ([]Hold, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	defer rows.Close()
	var list []Hold
	for rows.Next() {
		var h Hold
		if err := rows.Scan(&h.ID, &h.Case, &h.Stage, &h.From.ID, &h.From.Name, &h.To.ID, &h.To.Name, &h.Why, &h.Note,
			&h.Actor.Kind, &h.Actor.ID, &h.Actor.Name, &h.Deputy.ID, &h.Deputy.Name, instant{&h.At}); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

// holdsOf lists the changes of hands of a case, the latest first.
func holdsOf(ctx context.Context, q db.Q, id contract.CaseID, limit int) ([]Hold, error) {
	return queryHolds(ctx, q, `
		SELECT `+holdColumns+` FROM casework_holds WHERE case_id = $1 ORDER BY at DESC, id DESC LIMIT $2`, id, limit)
}

// lastTaken is the last case that an official was given on asking; zero for none.
func lastTaken(ctx context.Context, q db.Q, account string) (Hold, error) {
	list, err := queryHolds(ctx, q, `
		SELECT `+holdColumns+` FROM casework_holds WHERE to_id = $1 AND why = $2 ORDER BY at DESC, id DESC LIMIT 1`,
		account, contract.HeldNext)
	if err != nil || len(list) == 0 {
		return Hold{}, err
	}
	return list[0], nil
}

// notesTo lists what was handed to an official with a note, of cases they still hold.
func notesTo(ctx context.Context, q db.Q, account string, limit int) ([]HandNote, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT c.id, c.number, c.item_zh, c.item_en, h.actor_name, h.note, h.at
		FROM casework_holds AS h JOIN casework_cases AS c ON c.id = h.case_id
		WHERE h.to_id = $1 AND h.note <> '' AND c.holder = $1 AND c.held_at = h.at
		ORDER BY h.at DESC, h.id DESC LIMIT $2`, account, limit)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	defer rows.Close()
	var list []HandNote
	for rows.Next() {
		var n HandNote
		if err := rows.Scan(&n.Case, &n.Number, &n.ItemName.ZH, &n.ItemName.EN, &n.From, &n.Note, instant{&n.At}); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// formerHolder is who of some accounts had a case last in a stage; "" for nobody.
func formerHolder(ctx context.Context, q db.Q, id contract.CaseID, stage Stage) (string, error) {
	var who string
	err := q.QueryRowContext(ctx, `
		SELECT to_id FROM casework_holds WHERE case_id = $1 AND stage = $2 AND to_id <> ''
		ORDER BY at DESC, id DESC LIMIT 1`, id, stage).Scan(&who)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("former holder: %w", err)
	}
	return who, nil
}

// countHolders counts the cases of a list by who holds them; Holder "" is the queue.
func countHolders(ctx context.Context, q db.Q, w *where) ([]QueueCount, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT holder, MAX(holder_name), COUNT(*) FROM casework_cases WHERE `+w.sql()+` GROUP BY holder`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count holders: %w", err)
	}
	defer rows.Close()
	var list []QueueCount
	for rows.Next() {
		var c QueueCount
		if err := rows.Scan(&c.Holder, &c.Name, &c.N); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// openOf counts what each official of an agency holds.
func openOf(ctx context.Context, q db.Q, agency contract.AgencyID) (map[string]int, error) {
	w := &where{}
	w.and("agency = ? AND holder <> ''", agency)
	list, err := countHolders(ctx, q, w)
	open := map[string]int{}
	for _, c := range list {
		open[string(c.Holder)] = c.N
	}
	return open, err
}

// heldBy lists cases in somebody's hands, for giving them back.
func heldBy(ctx context.Context, q db.Q, agency contract.AgencyID, account string, limit int) ([]contract.CaseID, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT id FROM casework_cases WHERE holder = $1 AND agency = $2 ORDER BY id LIMIT $3`, account, agency, limit)
	if err != nil {
		return nil, fmt.Errorf("list held cases: %w", err)
	}
	defer rows.Close()
	var list []contract.CaseID
	for rows.Next() {
		var id contract.CaseID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// heldAnywhere lists cases that an official holds, whichever agency has them.
func heldAnywhere(ctx context.Context, q db.Q, account string, after contract.CaseID, limit int) ([]contract.CaseID, error) {
	rows, err := q.QueryContext(ctx, `SELECT id FROM casework_cases WHERE holder = $1 AND id > $2 ORDER BY id LIMIT $3`, account, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list held cases: %w", err)
	}
	defer rows.Close()
	var list []contract.CaseID
	for rows.Next() {
		var id contract.CaseID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// lockRota makes the next who gives out work of an agency, or says who is absent
// there, wait; it counts the turns that were given. A case is locked before it.
func lockRota(ctx context.Context, tx db.Tx, agency contract.AgencyID, turns int) (int, error) {
	var n int
	err := tx.QueryRowContext(ctx, `
		INSERT INTO casework_rotas (agency, turns) VALUES ($1, $2)
		ON CONFLICT (agency) DO UPDATE SET turns = casework_rotas.turns + $2
		RETURNING turns`, agency, turns).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("lock rota: %w", err)
	}
	return n, nil
}

// turnsOf tells the last turn of each official of an agency.
func turnsOf(ctx context.Context, q db.Q, agency contract.AgencyID) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT account, turn FROM casework_turns WHERE agency = $1`, agency)
	if err != nil {
		return nil, fmt.Errorf("list turns: %w", err)
	}
	defer rows.Close()
	turns := map[string]int{}
	for rows.Next() {
		var who string
		var n int
		if err := rows.Scan(&who, &n); err != nil {
			return nil, err
		}
		turns[who] = n
	}
	return turns, rows.Err()
}

func setTurn(ctx context.Context, q db.Q, agency contract.AgencyID, account string, turn int) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_turns (agency, account, turn) VALUES ($1, $2, $3)
		ON CONFLICT (agency, account) DO UPDATE SET turn = $3`, agency, account, turn)
	if err != nil {
		return fmt.Errorf("set turn: %w", err)
	}
	return nil
}

// workRule tells how cases of a stage are given out; "" where the head said nothing.
func workRule(ctx context.Context, q db.Q, agency contract.AgencyID, stage Stage) (string, error) {
	var how string
	err := q.QueryRowContext(ctx, `SELECT how FROM casework_work_rules WHERE agency = $1 AND stage = $2`, agency, stage).Scan(&how)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("work rule: %w", err)
	}
	return how, nil
}

func workRules(ctx context.Context, q db.Q, agency contract.AgencyID) ([]WorkRule, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT stage, how, by_id, by_name, at FROM casework_work_rules WHERE agency = $1 ORDER BY stage`, agency)
	if err != nil {
		return nil, fmt.Errorf("list work rules: %w", err)
	}
	defer rows.Close()
	var list []WorkRule
	for rows.Next() {
		var r WorkRule
		if err := rows.Scan(&r.Stage, &r.How, &r.By.ID, &r.By.Name, instant{&r.At}); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

func setWorkRule(ctx context.Context, q db.Q, agency contract.AgencyID, r WorkRule) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_work_rules (agency, stage, how, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (agency, stage) DO UPDATE SET how = $3, by_id = $4, by_name = $5, at = $6`,
		agency, r.Stage, r.How, r.By.ID, r.By.Name, micro(r.At))
	if err != nil {
		return fmt.Errorf("set work rule: %w", err)
	}
	return nil
}

const absenceColumns = `id, agency, account, name, from_day, to_day, kind, deputy, deputy_name, by_id, by_name,
	entered_at, ended_at, ended_by, released`

func queryAbsences(ctx context.Context, q db.Q, query string, args ...any) ([]Absence, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list absences: %w", err)
	}
	defer rows.Close()
	var list []Absence
	for rows.Next() {
		var a Absence
		if err := rows.Scan(&a.ID, &a.Agency, &a.Official.ID, &a.Official.Name, &a.From, &a.To, &a.Kind,
			&a.Deputy.ID, &a.Deputy.Name, &a.By.ID, &a.By.Name, instant{&a.Entered}, instant{&a.Ended}, &a.EndedBy, &a.Released); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// deputyships lists the absences during which an official is the deputy on a day.
func deputyships(ctx context.Context, q db.Q, deputy string, on day.Date) ([]Absence, error) {
	return queryAbsences(ctx, q, `
		SELECT `+absenceColumns+` FROM casework_absences
		WHERE deputy = $1 AND deputy <> '' AND from_day <= $2 AND to_day >= $2 ORDER BY name, id`, deputy, on)
}

// absencesOn lists who is absent from an agency on a day.
func absencesOn(ctx context.Context, q db.Q, agency contract.AgencyID, on day.Date) ([]Absence, error) {
	return queryAbsences(ctx, q, `
		SELECT `+absenceColumns+` FROM casework_absences
		WHERE agency = $1 AND from_day <= $2 AND to_day >= $2 ORDER BY from_day, id`, agency, on)
}

// absencesFrom lists absences of an agency that end on a day or later; account ""
// is everybody's.
func absencesFrom(ctx context.Context, q db.Q, agency contract.AgencyID, account string, on day.Date) ([]Absence, error) {
	return queryAbsences(ctx, q, `
		SELECT `+absenceColumns+` FROM casework_absences
		WHERE agency = $1 AND to_day >= $2 AND from_day <= to_day AND ($3 = '' OR account = $3 OR deputy = $3)
		ORDER BY from_day, id LIMIT 500`, agency, on, account)
}

// absencesBetween lists absences of an agency that touch a span of days.
func absencesBetween(ctx context.Context, q db.Q, agency contract.AgencyID, from, to day.Date) ([]Absence, error) {
	return queryAbsences(ctx, q, `
		SELECT `+absenceColumns+` FROM casework_absences
		WHERE agency = $1 AND from_day <= $2 AND to_day >= $3 AND from_day <= to_day ORDER BY from_day, id`, agency, to, from)
}

func absenceByID(ctx context.Context, q db.Q, id string) (Absence, error) {
	list, err := queryAbsences(ctx, q, `SELECT `+absenceColumns+` FROM casework_absences WHERE id = $1`, id)
	if err != nil {
		return Absence{}, err
	}
	if len(list) == 0 {
		return Absence{}, ErrNotFound
	}
	return list[0], nil
}

func insertAbsence(ctx context.Context, q db.Q, a Absence) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_absences (id, agency, account, name, from_day, to_day, kind, deputy, deputy_name,
			by_id, by_name, entered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		a.ID, a.Agency, a.Official.ID, a.Official.Name, a.From, a.To, a.Kind, a.Deputy.ID, a.Deputy.Name,
		a.By.ID, a.By.Name, micro(a.Entered))
	if err != nil {
		return fmt.Errorf("insert absence: %w", err)
	}
	return nil
}

func updateAbsence(ctx context.Context, q db.Q, a Absence) error {
	_, err := q.ExecContext(ctx, `
		UPDATE casework_absences SET to_day = $1, deputy = $2, deputy_name = $3, ended_at = $4, ended_by = $5, released = $6
		WHERE id = $7`,
		a.To, a.Deputy.ID, a.Deputy.Name, micro(a.Ended), a.EndedBy, a.Released, a.ID)
	if err != nil {
		return fmt.Errorf("update absence: %w", err)
	}
	return nil
}

// setReleased notes that the cases of an absent official went back, unless a deputy
// was named in the meantime.
func setReleased(ctx context.Context, q db.Q, id string) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_absences SET released = TRUE WHERE id = $1 AND deputy = ''`, id)
	if err != nil {
		return fmt.Errorf("set released: %w", err)
	}
	return nil
}
