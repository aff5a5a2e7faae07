package casework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// delivery is a choice as it is stored.
type delivery struct {
	way                      string
	receiver, phone, address []byte // sealed
	by                       string
	at                       time.Time
}

// deliveryRow reads the choice of a case; the zero delivery is none.
func deliveryRow(ctx context.Context, q db.Q, id contract.CaseID) (delivery, error) {
	var d delivery
	err := q.QueryRowContext(ctx, `SELECT way, receiver, phone, address, at FROM casework_deliveries WHERE case_id = $1`, id).
		Scan(&d.way, &d.receiver, &d.phone, &d.address, instant{&d.at})
	if errors.Is(err, sql.ErrNoRows) {
		return delivery{}, nil
	}
	if err != nil {
		return d, fmt.Errorf("delivery: %w", err)
	}
	return d, nil
}

func saveDelivery(ctx context.Context, q db.Q, id contract.CaseID, d delivery) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_deliveries (case_id, way, receiver, phone, address, chosen_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (case_id) DO UPDATE SET way = $2, receiver = $3, phone = $4, address = $5, chosen_by = $6, at = $7`,
		id, d.way, d.receiver, d.phone, d.address, d.by, micro(d.at))
	if err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	return nil
}

// onPaper reports whether the applicant asked for the result on paper.
func (d delivery) onPaper() bool {
	return d.way == contract.DeliverPickup || d.way == contract.DeliverCourier
}

func setLicence(ctx context.Context, q db.Q, id contract.CaseID, licence contract.LicenceID) error {
	_, err := q.ExecContext(ctx, `UPDATE casework_cases SET licence = $1 WHERE id = $2`, licence, id)
	if err != nil {
		return fmt.Errorf("licence of case: %w", err)
	}
	return nil
}
