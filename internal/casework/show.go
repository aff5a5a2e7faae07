package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// personalIn reports whether a field, or a column of its rows, is personal: then
// all of it is sealed.
func personalIn(f contract.Field) bool {
	if f.Personal {
		return true
	}
	for _, x := range f.Fields {
		if personalIn(x) {
			return true
		}
	}
	return false
}

// typed reads an answer as the form area gave it: JSON knows one kind of number.
func typed(f contract.Field, text json.RawMessage) (any, error) {
	var err error
	switch f.Kind {
	case "integer", "money":
		var n int64
		err = json.Unmarshal(text, &n)
		return n, err
	case "decimal":
		var n float64
		err = json.Unmarshal(text, &n)
		return n, err
	case "choices":
		var list []string
		err = json.Unmarshal(text, &list)
		return list, err
	case "group", "table":
		return typedRows(f, text)
	}
	var v any
	err = json.Unmarshal(text, &v)
	return v, err
}

func typedRows(f contract.Field, text json.RawMessage) (any, error) {
	var raw []map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	columns := map[string]contract.Field{}
	for _, c := range f.Fields {
		columns[c.ID] = c
	}
	list := make([]any, len(raw))
	for i, row := range raw {
		out := make(map[string]any, len(row))
		for id, cell := range row {
			v, err := typed(columns[id], cell)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", id, err)
			}
			out[id] = v
		}
		list[i] = out
	}
	return list, nil
}

// shown writes an answer of one case in words.
type shown func(f contract.Field, v any) contract.Text

// words writes the answers of a case.
func (s *Service) words(ctx context.Context, c Case) shown {
	return func(f contract.Field, v any) contract.Text { return s.c.Words.Show(ctx, c.Applicant.ID, f, v) }
}

// lines puts answers in the order of the form.
func lines(svc contract.Service, answers contract.Answers, say shown, masked bool) []Line {
	var out []Line
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			v, ok := answers[f.ID]
			if !ok {
				continue
			}
			l := Line{Page: p.Title, Field: f, Masked: masked && personalIn(f)}
			l.Value = say.value(f, v, l.Masked)
			l.Rows = say.rows(f, v, l.Masked)
			out = append(out, l)
		}
	}
	return out
}

// value is an answer in words. A personal one is written without what it takes to
// act as that person; of rows, only the personal columns are hidden.
func (say shown) value(f contract.Field, v any, masked bool) contract.Text {
	if rows := say.rows(f, v, masked); rows != nil {
		return joined(rows)
	}
	t := say(f, v)
	if !masked {
		return t
	}
	m := hide(f.Kind, t.ZH)
	return contract.Text{ZH: m, EN: m}
}

// rows are the rows of a group or table, cell by cell in the order of its columns;
// nil for other answers.
func (say shown) rows(f contract.Field, v any, masked bool) [][]Cell {
	list, ok := v.([]any)
	if !ok || len(f.Fields) == 0 {
		return nil
	}
	out := make([][]Cell, 0, len(list))
	for _, r := range list {
		row, ok := r.(map[string]any)
		if !ok {
			continue
		}
		var cells []Cell
		for _, column := range f.Fields {
			x, given := row[column.ID]
			if !given {
				continue
			}
			hide := masked && (f.Personal || personalIn(column))
			cells = append(cells, Cell{Label: column.Label, Value: say.value(column, x, hide)})
		}
		out = append(out, cells)
	}
	return out
}

// joined writes rows one after the other, for where there is one line.
func joined(rows [][]Cell) contract.Text {
	var zh, en []string
	for _, row := range rows {
		var a, b []string
		for _, c := range row {
			a, b = append(a, c.Label.ZH+" "+c.Value.ZH), append(b, c.Label.EN+" "+c.Value.EN)
		}
		zh, en = append(zh, strings.Join(a, "，")), append(en, strings.Join(b, ", "))
	}
	return contract.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}
