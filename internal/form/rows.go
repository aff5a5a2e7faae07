package form

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// group reads the rows of a group: those that the government knows, or those
// that were given, and as many more as are asked from the start.
func (e *evaluation) group(f *field, s sheet) (FieldState, error) {
	fs := FieldState{Field: f.Field, def: f}
	given := rowsOf(s.answers[f.ID])
	h, known := s.held[f.Held]
	known = known && f.Held != "" && len(h.Rows) > 0 && !marked(s.reopened, "field", f.ID)
	facts := h.Rows
	if reason, disputed := s.disputed[f.ID]; known && disputed {
		fs.Known = &h
		fs.Disputed = &contract.Dispute{Field: f.ID, Key: f.Held, Source: h.Source, Reason: reason}
		e.r.Disputes = append(e.r.Disputes, *fs.Disputed)
		given = overKnown(f, facts, given)
		known, facts = false, nil
	}
	if !known && f.Held != "" && slices.Contains(s.down, f.Held) {
		fs.Unchecked = true
		e.r.Unchecked = append(e.r.Unchecked, f.ID)
	}
	n := max(len(given), leastRows(f.Field))
	if known {
		n, fs.Fixed = len(facts), true
	}
	row := s
	row.group = f.ID
	for i := range min(n, maxRows) {
		row.row, row.answers, row.facts = i, nil, nil
		if i < len(given) {
			row.answers = given[i]
		}
		if known {
			row.facts = rowFacts(f, facts[i], h)
		}
		r, err := e.row(f, row)
		if err != nil {
			return fs, err
		}
		fs.Rows = append(fs.Rows, r)
	}
	e.settleRows(f, &fs, known, h)
	return fs, nil
}

// overKnown lets disputed rows begin with what is known, so that only what is
// wrong has to be changed. Once somebody gave a cell that is held, the rows are
// theirs: some may have gone.
func overKnown(f *field, facts, given []map[string]any) []map[string]any {
	list := make([]map[string]any, 0, len(facts))
	for i, row := range facts {
		cells := rowFacts(f, row, contract.Held{})
		for _, own := range given {
			for id := range cells {
				if _, theirs := own[id]; theirs {
					return given
				}
			}
		}
		begin := map[string]any{}
		for k := range f.columns {
			column := &f.columns[k]
			if p := reparse(column.Field, []string{cells[column.ID].Value}); p.Value != nil {
				begin[column.ID] = p.Value
			}
		}
		if i < len(given) {
			maps.Copy(begin, given[i])
		}
		list = append(list, begin)
	}
	return list
}

// rowFacts are the cells that a held row answers: by the last part of the
// column's key, or by its id.
func rowFacts(f *field, row map[string]any, of contract.Held) map[string]contract.Held {
	facts := map[string]contract.Held{}
	for i := range f.columns {
		column := &f.columns[i]
		key := column.ID
		if column.Held != "" {
			key = column.Held[strings.LastIndexByte(column.Held, '.')+1:]
		}
		if text, ok := textOf(row[key]); ok {
			facts[column.ID] = contract.Held{Value: text, Source: of.Source, At: of.At, Registry: of.Registry}
		}
	}
	return facts
}

func textOf(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, x != ""
	case bool:
		if x {
			return "yes", true
		}
		return "no", true
	case int:
		return strconv.Itoa(x), true
	case int64:
		return strconv.FormatInt(x, 10), true
	case float64:
		return number(x), true
	}
	return "", false
}

// row reads the cells of one row. Conditions of a cell see the earlier cells of
// the same row, and everything before the group.
func (e *evaluation) row(f *field, s sheet) (RowState, error) {
	r := RowState{answers: map[string]any{}, vars: maps.Clone(f.blank), Held: s.facts != nil}
	before := e.v.Row
	e.v.Row = r.vars
	defer func() { e.v.Row = before }()
	for i := range f.columns {
		column := &f.columns[i]
		shown, err := holds(column.when, e.v)
		if err != nil {
			return r, err
		}
		if !shown {
			continue
		}
		var fs FieldState
		if column.Kind == KindComputed {
			fs = e.computed(column)
			fs.Field.ID = Cell(s.group, s.row, column.ID)
		} else {
			fs = e.look(column, s)
		}
		if fs.Value != nil && fs.Fault == nil {
			r.answers[column.ID], r.vars[column.ID] = fs.Value, fs.Value
		}
		if fs.Value != nil || column.Kind != KindComputed {
			r.Fields = append(r.Fields, fs)
		}
	}
	return r, nil
}

// settleRows makes the group's own answer of its rows, and counts them.
func (e *evaluation) settleRows(f *field, fs *FieldState, known bool, h contract.Held) {
	rows, sound, whole := make([]any, 0, len(fs.Rows)), true, true
	used := 0
	for i := range fs.Rows {
		r := &fs.Rows[i]
		rows = append(rows, r.answers)
		sound = sound && r.Done()
		whole = whole && !slices.ContainsFunc(r.Fields, FieldState.Asks)
		if len(r.answers) > 0 {
			used++
		}
	}
	if known && whole {
		fs.Held = &h
	}
	switch {
	case len(fs.Rows) > mostRows(f.Field) && !known:
		fs.Fault = invalid(f.Field, "form.field.rows_many", "n", mostRows(f.Field))
	case sound && used < leastRows(f.Field):
		fs.Fault = invalid(f.Field, "form.field.rows_few", "n", leastRows(f.Field))
	}
	if len(rows) > 0 && used > 0 {
		fs.Value = rows
	}
}
