package counter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

const parcelColumns = `id, agency, division, hall_zh, hall_en, case_id, case_number, item_zh, item_en, applicant, operator,
	kind, sheets, note, slot, way, state, code, code_index, remind_on, return_on, reminded_at, carrier, waybill, tracking,
	shelved_by, shelved_at, ended_at, edition, proof`

// insertParcel shelves; false where the form was sent before or the slot is taken.
func insertParcel(ctx context.Context, q db.Q, p Parcel) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO counter_parcels (`+parcelColumns+`, key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
			$26, $27, $28, $29, $30, $31)
		ON CONFLICT DO NOTHING`,
		p.ID, p.Agency, p.Division, p.Hall.ZH, p.Hall.EN, p.Case, p.Number, p.Item.ZH, p.Item.EN, p.Applicant, p.Operator,
		p.Kind, p.Sheets, p.Note, p.Slot, p.Way, p.State, p.code, p.index, p.RemindOn, p.ReturnOn, micro(p.Reminded), p.Carrier, p.Waybill, p.Tracking,
		p.ShelvedBy, micro(p.Shelved), micro(p.Ended), p.Edition, []byte{}, p.key)
	if err != nil {
		return false, fmt.Errorf("insert parcel: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// saveParcel stores what befell a parcel that the caller has locked.
func saveParcel(ctx context.Context, q db.Q, p Parcel) error {
	_, err := q.ExecContext(ctx, `
		UPDATE counter_parcels SET slot = $1, way = $2, state = $3, code = $4, code_index = $5, remind_on = $6, return_on = $7,
			reminded_at = $8, carrier = $9, waybill = $10, tracking = $11, ended_at = $12, edition = edition + 1
		WHERE id = $13`,
		p.Slot, p.Way, p.State, notNull(p.code), p.index, p.RemindOn, p.ReturnOn, micro(p.Reminded), p.Carrier, p.Waybill, p.Tracking, micro(p.Ended), p.ID)
	if err != nil {
		return fmt.Errorf("save parcel: %w", err)
	}
	return nil
}

func saveProof(ctx context.Context, q db.Q, id string, sealed []byte) error {
	_, err := q.ExecContext(ctx, `UPDATE counter_parcels SET proof = $1 WHERE id = $2`, sealed, id)
	if err != nil {
		return fmt.Errorf("save proof: %w", err)
	}
	return nil
}

func scanParcel(row scanner) (Parcel, error) {
	var p Parcel
	err := row.Scan(&p.ID, &p.Agency, &p.Division, &p.Hall.ZH, &p.Hall.EN, &p.Case, &p.Number, &p.Item.ZH, &p.Item.EN, &p.Applicant, &p.Operator,
		&p.Kind, &p.Sheets, &p.Note, &p.Slot, &p.Way, &p.State, &p.code, &p.index, &p.RemindOn, &p.ReturnOn, instant{&p.Reminded},
		&p.Carrier, &p.Waybill, &p.Tracking, &p.ShelvedBy, instant{&p.Shelved}, instant{&p.Ended}, &p.Edition, &p.sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoParcel
	}
	return p, err
}

func parcelByID(ctx context.Context, q db.Q, id string) (Parcel, error) {
	return scanParcel(q.QueryRowContext(ctx, `SELECT `+parcelColumns+` FROM counter_parcels WHERE id = $1`, id))
}

func parcelByKey(ctx context.Context, q db.Q, key string) (Parcel, error) {
	return scanParcel(q.QueryRowContext(ctx, `SELECT `+parcelColumns+` FROM counter_parcels WHERE key = $1`, key))
}

func parcelByCode(ctx context.Context, q db.Q, agency contract.AgencyID, index string) (Parcel, error) {
	return scanParcel(q.QueryRowContext(ctx, `
		SELECT `+parcelColumns+` FROM counter_parcels WHERE agency = $1 AND code_index = $2 AND code_index <> ''`, agency, index))
}

// lockParcel makes the next who acts on a parcel wait and then see what this one did.
func lockParcel(ctx context.Context, tx db.Tx, id string) (Parcel, error) {
	return scanParcel(tx.QueryRowContext(ctx, `UPDATE counter_parcels SET edition = edition WHERE id = $1 RETURNING `+parcelColumns, id))
}

// slotTaken reports whether something lies in a slot of a hall.
func slotTaken(ctx context.Context, q db.Q, agency contract.AgencyID, slot string) (bool, error) {
	n := 0
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM counter_parcels WHERE agency = $1 AND slot = $2 AND state = 'shelved'`, agency, slot).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look at slot: %w", err)
	}
	return n > 0, nil
}

// maxShelf bounds the list of a shelf: what is fetched leaves it.
const maxShelf = 300

func parcelsIn(ctx context.Context, q db.Q, agency contract.AgencyID, state, text string) ([]Parcel, error) {
	return queryParcels(ctx, q, `
		SELECT `+parcelColumns+` FROM counter_parcels
		WHERE agency = $1 AND (state = $2 OR $2 = 'all') AND ($3 = '' OR case_number = $3 OR slot = $3 OR waybill = $3)
		ORDER BY shelved_at DESC, id LIMIT $4`, agency, state, text, maxShelf)
}

func parcelsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]Parcel, error) {
	return queryParcels(ctx, q, `SELECT `+parcelColumns+` FROM counter_parcels WHERE case_id = $1 ORDER BY shelved_at, id`, id)
}

func parcelsByWaybill(ctx context.Context, q db.Q, carrier, waybill string) ([]Parcel, error) {
	return queryParcels(ctx, q, `
		SELECT `+parcelColumns+` FROM counter_parcels WHERE waybill = $1 AND carrier = $2 AND waybill <> '' AND state = 'sent' ORDER BY id`, waybill, carrier)
}

func queryParcels(ctx context.Context, q db.Q, query string, args ...any) ([]Parcel, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list parcels: %w", err)
	}
	defer rows.Close()
	var list []Parcel
	for rows.Next() {
		p, err := scanParcel(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func insertParcelStep(ctx context.Context, q db.Q, parcel string, x ParcelStep) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO counter_parcel_steps (parcel, no, what, actor, actor_name, note, at)
		VALUES ($1, (SELECT COUNT(*) + 1 FROM counter_parcel_steps WHERE parcel = $1), $2, $3, $4, $5, $6)`,
		parcel, x.What, x.Actor.ID, x.Actor.Name, x.Note, micro(x.At))
	if err != nil {
		return fmt.Errorf("insert parcel step: %w", err)
	}
	return nil
}

func parcelSteps(ctx context.Context, q db.Q, parcel string) ([]ParcelStep, error) {
	rows, err := q.QueryContext(ctx, `SELECT what, actor, actor_name, note, at FROM counter_parcel_steps WHERE parcel = $1 ORDER BY no`, parcel)
	if err != nil {
		return nil, fmt.Errorf("list parcel steps: %w", err)
	}
	defer rows.Close()
	var list []ParcelStep
	for rows.Next() {
		var x ParcelStep
		if err := rows.Scan(&x.What, &x.Actor.ID, &x.Actor.Name, &x.Note, instant{&x.At}); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// freshCarrierEvent notes a word of a carrier; false where it was told before.
func freshCarrierEvent(ctx context.Context, q db.Q, e contract.CarrierEvent) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO counter_carrier_events (carrier, event, at) VALUES ($1, $2, $3) ON CONFLICT (carrier, event) DO NOTHING`,
		e.Carrier, e.ID, micro(e.At))
	if err != nil {
		return false, fmt.Errorf("carrier event: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// notNull keeps an empty value from being stored as none: SQLite gives an empty value
// back as nil, and the column takes no NULL.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
