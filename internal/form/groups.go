package form

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Bounds of a group, whatever a package says.
const (
	maxRows     = 200 // that are read at all
	defaultRows = 50  // without a limit of its own
)

// RowState is one row of a group or table.
type RowState struct {
	// Fields are the cells; the ID of each is its full name, "members.0.income",
	// so that it is shown and read like any other field.
	Fields []FieldState
	// Held rows come from the government, with every cell that it knows.
	Held bool

	answers map[string]any // cells without a fault
	vars    map[string]any // what rules see as row
}

// Done reports whether nothing in the row is missing or wrong.
func (r RowState) Done() bool {
	return !slices.ContainsFunc(r.Fields, func(f FieldState) bool { return f.Fault != nil })
}

// Cell names the control of a cell.
func Cell(group string, row int, column string) string {
	return group + "." + strconv.Itoa(row) + "." + column
}

func cellOf(f contract.Field, row int, column contract.Field) contract.Field {
	column.ID = Cell(f.ID, row, column.ID)
	return column
}

func parseRows(f contract.Field, get func(name string) []string) Parsed {
	n, removed := rowCount(f, get), -1
	if s := first(get(f.ID + ".remove")); s != "" {
		if i, err := strconv.Atoi(s); err == nil {
			removed = i
		}
	}
	p, rows, used := Parsed{}, []any{}, 0
	for i := range n {
		if i == removed {
			continue
		}
		row, given := map[string]any{}, false
		for _, column := range f.Fields {
			x := Parse(cellOf(f, i, column), get)
			given = p.cell(cellOf(f, len(rows), column), column.ID, x, row) || given
		}
		rows = append(rows, row)
		if given {
			used = len(rows)
		}
	}
	rows = rows[:used]
	if first(get(f.ID+".add")) != "" && len(rows) < maxRows {
		rows = append(rows, map[string]any{})
	}
	if len(rows) > 0 {
		p.Value = rows
	}
	return p
}

// cell puts what was read of one cell into its row, and reports whether there
// was anything.
func (p *Parsed) cell(f contract.Field, id string, x Parsed, row map[string]any) bool {
	if x.Value != nil {
		row[id] = x.Value
	}
	if len(x.Typed) > 0 {
		if p.Cells == nil {
			p.Cells = map[string][]string{}
		}
		p.Cells[f.ID] = x.Typed
	}
	if x.Fault != nil {
		p.Faults = append(p.Faults, fault.Field{Name: f.ID, Err: x.Fault})
	}
	return !x.Empty()
}

// rowCount is what the page says, or how many rows have a control.
func rowCount(f contract.Field, get func(name string) []string) int {
	if n, err := strconv.Atoi(first(get(f.ID + ".rows"))); err == nil && n >= 0 {
		return min(n, maxRows)
	}
	n := 0
	for n < maxRows && slices.ContainsFunc(f.Fields, func(column contract.Field) bool {
		return slices.ContainsFunc(controlNames(cellOf(f, n, column)), func(name string) bool { return len(get(name)) > 0 })
	}) {
		n++
	}
	return n
}

// controlNames lists the names under which a browser may send a field.
func controlNames(f contract.Field) []string {
	list := []string{f.ID}
	add := func(id string, suffixes ...string) {
		for _, s := range suffixes {
			list = append(list, id+s)
		}
	}
	switch f.Kind {
	case KindDate:
		add(f.ID, dateParts[:]...)
	case KindPeriod:
		for _, part := range periodParts {
			add(f.ID+part, append([]string{""}, dateParts[:]...)...)
		}
	case KindDivision:
		add(f.ID, "-1", "-2", "-3", "-4", "-5")
	case KindPoint:
		add(f.ID, pointParts[:]...)
	case KindSignature:
		add(f.ID, drawnPart)
	}
	return list
}

func parseRowsJSON(f contract.Field, raw json.RawMessage, bad Parsed) Parsed {
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return bad
	}
	if len(list) > maxRows {
		return Parsed{Typed: []string{""}, Fault: invalid(f, "form.field.rows_many", "n", mostRows(f))}
	}
	p, rows := Parsed{}, make([]any, 0, len(list))
	for i, cells := range list {
		row, known := map[string]any{}, 0
		for _, column := range f.Fields {
			raw, ok := cells[column.ID]
			if !ok {
				continue
			}
			known++
			at := cellOf(f, i, column)
			p.cell(at, column.ID, ParseJSON(at, raw), row)
		}
		if unknown := len(cells) - known; unknown > 0 { // names from outside are not repeated
			p.Faults = append(p.Faults, fault.Field{
				Name: f.ID + "." + strconv.Itoa(i), Err: fault.New(fault.Invalid, "form.field.unknown", "n", unknown),
			})
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		p.Value = rows
	}
	return p
}

func mostRows(f contract.Field) int {
	if f.Limit.MaxLen > 0 {
		return min(f.Limit.MaxLen, maxRows)
	}
	return defaultRows
}

// leastRows are shown and asked from the start.
func leastRows(f contract.Field) int {
	if f.Required {
		return max(1, min(f.Limit.MinLen, maxRows))
	}
	return min(f.Limit.MinLen, maxRows)
}

// rowsOf returns the rows of an answer; what is no row is empty.
func rowsOf(v any) []map[string]any {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	rows := make([]map[string]any, 0, len(list))
	for _, x := range list {
		row, _ := x.(map[string]any)
		rows = append(rows, row)
	}
	return rows
}

// Restore gives an answer its kind back after JSON, cells of groups too.
func Restore(f contract.Field, v any) any {
	if !Rows(f.Kind) {
		return rule.Restore(f.Kind, v)
	}
	if v == nil {
		return nil
	}
	rows := rowsOf(v)
	list := make([]any, 0, len(rows))
	for _, row := range rows {
		typed := make(map[string]any, len(row))
		for _, column := range f.Fields {
			if x, ok := row[column.ID]; ok && x != nil {
				typed[column.ID] = rule.Restore(column.Kind, x)
			}
		}
		list = append(list, typed)
	}
	return list
}

func restore(f contract.Field, v any) any { return Restore(f, v) }

func equal(x, y any) bool { return reflect.DeepEqual(x, y) }
