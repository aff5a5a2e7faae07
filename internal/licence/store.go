package licence

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

const columns = `id, case_id, case_number, item, type_code, name, prefix, number, identifier, code,
	holder_kind, holder, holder_name, holder_code, agency, agency_name, division, face,
	valid_from, valid_to, state, reason, basis, changed_at, granted_at, blob, size,
	version, effect, root, prior, next, renewed_at, renewal_case, renewal_applied, renewal_ended`

// insert stores a new licence unless its case has one.
func insert(ctx context.Context, q db.Q, l Licence, face []byte) (bool, error) {
	name, agency, err := texts(l)
	if err != nil {
		return false, err
	}
	res, err := q.ExecContext(ctx, `INSERT INTO licence_licences (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, '', '',
		$22, $23, '', 0, $24, $25, $26, $27, '', 0, $28, $29, $30)
		ON CONFLICT (case_id) DO NOTHING`,
		string(l.ID), string(l.Case), l.CaseNumber, string(l.Item), l.TypeCode, name, l.prefix, l.Number, l.Identifier, l.Code,
		l.Holder.Kind, l.Holder.ID, l.Holder.Name, l.Holder.Code, string(l.Agency), agency, l.Division, face,
		l.From, l.To, string(l.State), l.Changed.UnixMicro(), l.Granted.UnixMicro(),
		l.Version, l.Effect, string(l.Root), string(l.Prior), string(l.Renewal.Case), dayText(l.Renewal.Applied), dayText(l.Renewal.Ended))
	if err != nil {
		return false, fmt.Errorf("insert licence: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// dayText is a day as stored; none is "".
func dayText(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func parseDay(s string) (day.Date, error) {
	if s == "" {
		return day.Date{}, nil
	}
	return day.Parse(s)
}

func texts(l Licence) (name, agency string, err error) {
	n, err := json.Marshal(l.Name)
	if err != nil {
		return "", "", fmt.Errorf("write licence: %w", err)
	}
	a, err := json.Marshal(l.AgencyName)
	if err != nil {
		return "", "", fmt.Errorf("write licence: %w", err)
	}
	return string(n), string(a), nil
}

// row is a licence as stored; its face is sealed.
type row struct {
	Licence
	face []byte
}

func scan(s interface{ Scan(...any) error }) (r row, err error) {
	var name, agency string
	var changed, granted, renewed int64
	var applied, ended string
	err = s.Scan(&r.ID, &r.Case, &r.CaseNumber, &r.Item, &r.TypeCode, &name, &r.prefix, &r.Number, &r.Identifier, &r.Code,
		&r.Holder.Kind, &r.Holder.ID, &r.Holder.Name, &r.Holder.Code, &r.Agency, &agency, &r.Division, &r.face,
		&r.From, &r.To, &r.State, &r.Reason, &r.Basis, &changed, &granted, &r.Blob, &r.Size,
		&r.Version, &r.Effect, &r.Root, &r.Prior, &r.Next, &renewed, &r.Renewal.Case, &applied, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrNotFound
	}
	if err != nil {
		return row{}, fmt.Errorf("read licence: %w", err)
	}
	r.Changed, r.Granted = time.UnixMicro(changed).UTC(), time.UnixMicro(granted).UTC()
	if renewed != 0 {
		r.Renewed = time.UnixMicro(renewed).UTC()
	}
	if r.Renewal.Applied, err = parseDay(applied); err != nil {
		return row{}, fmt.Errorf("read licence: %w", err)
	}
	if r.Renewal.Ended, err = parseDay(ended); err != nil {
		return row{}, fmt.Errorf("read licence: %w", err)
	}
	if err := json.Unmarshal([]byte(name), &r.Name); err != nil {
		return row{}, fmt.Errorf("read licence: %w", err)
	}
	if err := json.Unmarshal([]byte(agency), &r.AgencyName); err != nil {
		return row{}, fmt.Errorf("read licence: %w", err)
	}
	return r, nil
}

func byID(ctx context.Context, q db.Q, id contract.LicenceID) (row, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM licence_licences WHERE id = $1", string(id)))
}

func byIdentifier(ctx context.Context, q db.Q, identifier string) (row, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM licence_licences WHERE identifier = $1", identifier))
}

func byCode(ctx context.Context, q db.Q, code string) (row, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM licence_licences WHERE code = $1", code))
}

func byBlob(ctx context.Context, q db.Q, blob string) (row, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM licence_licences WHERE blob = $1", blob))
}

// byCase is the licence that a case granted.
func byCase(ctx context.Context, q db.Q, id contract.CaseID) (row, error) {
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM licence_licences WHERE case_id = $1", string(id)))
}

// idOfCase is the licence that a case granted, or the one that it cancelled.
func idOfCase(ctx context.Context, q db.Q, id contract.CaseID) (out contract.LicenceID, err error) {
	err = q.QueryRowContext(ctx, `SELECT id FROM licence_licences
		WHERE case_id = $1 OR (ended_by = $1 AND ended_by <> '') ORDER BY id DESC LIMIT 1`, string(id)).Scan(&out)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	return out, err
}

// ofHolder lists the licences of a person or company, newest first.
func ofHolder(ctx context.Context, q db.Q, holder string, limit int) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+" FROM licence_licences WHERE holder = $1 ORDER BY id DESC LIMIT $2", holder, limit)
}

// ofAgency lists the licences of an agency, newest first, before an id.
func ofAgency(ctx context.Context, q db.Q, agency contract.AgencyID, before string, limit int) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+` FROM licence_licences
		WHERE agency = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, string(agency), before, limit)
}

func byNumber(ctx context.Context, q db.Q, agency contract.AgencyID, number string) ([]row, error) {
	return list(ctx, q, "SELECT "+columns+` FROM licence_licences
		WHERE number = $1 AND number <> '' AND agency = $2 ORDER BY id DESC LIMIT 50`, number, string(agency))
}

func list(ctx context.Context, q db.Q, query string, args ...any) ([]row, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list licences: %w", err)
	}
	defer rows.Close()
	var out []row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// nextSerial counts up the printed numbers of a prefix and year.
func nextSerial(ctx context.Context, tx db.Tx, prefix string, year int) (n int, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO licence_serials (prefix, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (prefix, year) DO UPDATE SET last = licence_serials.last + 1 RETURNING last`, prefix, year).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("licence serial: %w", err)
	}
	return n, nil
}

// setNumber gives a licence its number unless it has one.
func setNumber(ctx context.Context, tx db.Tx, id contract.LicenceID, number string) error {
	_, err := tx.ExecContext(ctx, "UPDATE licence_licences SET number = $1 WHERE id = $2 AND number = ''", number, string(id))
	if err != nil {
		return fmt.Errorf("number licence: %w", err)
	}
	return nil
}

// setSheet makes a pending licence valid; false if it was not pending.
func setSheet(ctx context.Context, tx db.Tx, id contract.LicenceID, blob string, size int64, at time.Time) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE licence_licences SET state = $1, blob = $2, size = $3, changed_at = $4
		WHERE id = $5 AND state = $6`, string(Valid), blob, size, at.UnixMicro(), string(id), string(Pending))
	if err != nil {
		return false, fmt.Errorf("issue licence: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// setState moves a licence from one state to another; false if somebody was first.
func setState(ctx context.Context, tx db.Tx, l Licence, from State) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE licence_licences SET state = $1, reason = $2, basis = $3, changed_at = $4
		WHERE id = $5 AND state = $6`, string(l.State), l.Reason, l.Basis, l.Changed.UnixMicro(), string(l.ID), string(from))
	if err != nil {
		return false, fmt.Errorf("change licence: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// use is one use to store.
type use struct {
	id      string
	licence contract.LicenceID
	kind    string
	channel string
	actor   string
	who     string
	at      time.Time
}

// addUse stores a use and returns how many there were of its kind in this minute.
func addUse(ctx context.Context, tx db.Tx, u use) (n int, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO licence_uses (id, licence, kind, channel, actor, who, minute, at, n)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
		ON CONFLICT (licence, kind, channel, actor, minute) DO UPDATE SET n = licence_uses.n + 1 RETURNING n`,
		u.id, string(u.licence), u.kind, u.channel, u.actor, u.who, u.at.Unix()/60, u.at.UnixMicro()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("record use: %w", err)
	}
	return n, nil
}

func listUses(ctx context.Context, q db.Q, l Licence, reader, before string, limit int) ([]Use, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, kind, channel, actor, who, at, n FROM licence_uses
		WHERE licence = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, string(l.ID), before, limit)
	if err != nil {
		return nil, fmt.Errorf("list uses: %w", err)
	}
	defer rows.Close()
	var out []Use
	for rows.Next() {
		var u Use
		var actor string
		var at int64
		if err := rows.Scan(&u.ID, &u.Kind, &u.Channel, &actor, &u.Who, &at, &u.Times); err != nil {
			return nil, fmt.Errorf("list uses: %w", err)
		}
		u.At, u.Own = time.UnixMicro(at).UTC(), actor == reader
		u.Agent = !u.Own && actor != "" && u.Who == "" && !strings.HasPrefix(actor, "system:")
		out = append(out, u)
	}
	return out, rows.Err()
}
