package casework

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

var placeholder = regexp.MustCompile(`\$(\d+)`)

// anyOf is the condition that one of several holds.
func anyOf(list ...*where) *where {
	out := &where{}
	parts := make([]string, len(list))
	for i, w := range list {
		shift := len(out.args)
		parts[i] = placeholder.ReplaceAllStringFunc(w.sql(), func(p string) string {
			n, err := strconv.Atoi(p[1:])
			if err != nil {
				return p // digits alone match
			}
			return "$" + strconv.Itoa(n+shift)
		})
		out.args = append(out.args, w.args...)
	}
	out.parts = append(out.parts, "("+strings.Join(parts, ") OR (")+")")
	return out
}

// confirmation is how somebody confirmed a step at a window, as stored.
type confirmation struct {
	contract.Confirmed
	step int
	what string
	name []byte // sealed
	mark []byte // sealed; nil for paper
}

func insertConfirmation(ctx context.Context, q db.Q, id contract.CaseID, x confirmation) error {
	sheet := contract.Material{}
	if x.Sheet != nil {
		sheet = *x.Sheet
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO casework_confirmations (case_id, step, what, method, account, name, mark, session, hall_zh, hall_en,
			window_no, clerk, clerk_name, sheet, sheet_name, sheet_type, sheet_size, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (case_id, step) DO NOTHING`,
		id, x.step, x.what, x.Method, x.Account, x.name, x.mark, x.Session, x.Hall.ZH, x.Hall.EN,
		x.Window, x.Clerk, x.ClerkName, string(sheet.Blob), sheet.Name, sheet.Type, sheet.Size, micro(x.At))
	if err != nil {
		return fmt.Errorf("insert confirmation: %w", err)
	}
	return nil
}

func confirmationsOf(ctx context.Context, q db.Q, id contract.CaseID) ([]confirmation, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT step, what, method, account, name, session, hall_zh, hall_en, window_no, clerk, clerk_name,
			sheet, sheet_name, sheet_type, sheet_size, at
		FROM casework_confirmations WHERE case_id = $1 ORDER BY step`, id)
	if err != nil {
		return nil, fmt.Errorf("list confirmations: %w", err)
	}
	defer rows.Close()
	var list []confirmation
	for rows.Next() {
		var x confirmation
		var sheet contract.Material
		if err := rows.Scan(&x.step, &x.what, &x.Method, &x.Account, &x.name, &x.Session, &x.Hall.ZH, &x.Hall.EN, &x.Window,
			&x.Clerk, &x.ClerkName, &sheet.Blob, &sheet.Name, &sheet.Type, &sheet.Size, instant{&x.At}); err != nil {
			return nil, err
		}
		if sheet.Blob != "" {
			x.Sheet = &sheet
		}
		list = append(list, x)
	}
	return list, rows.Err()
}
