package casework

import (
	"encoding/json"
	"fmt"
	"strconv"
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

// lines puts answers in the order of the form.
func lines(svc contract.Service, answers contract.Answers, masked bool) []Line {
	var out []Line
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			v, ok := answers[f.ID]
			if !ok {
				continue
			}
			l := Line{Page: p.Title, Field: f, Value: show(f, v)}
			if masked && personalIn(f) {
				l.Value, l.Masked = hidden(f, v), true
			}
			out = append(out, l)
		}
	}
	return out
}

// hidden writes a personal answer without what it takes to act as that person. Of
// rows, only the personal columns are hidden.
func hidden(f contract.Field, v any) contract.Text {
	if rows, ok := v.([]any); ok && !f.Personal {
		return showRows(f, rows, true)
	}
	m := mask(f.Kind, show(f, v).ZH)
	return contract.Text{ZH: m, EN: m}
}

// show writes an answer in words.
func show(f contract.Field, v any) contract.Text {
	switch v := v.(type) {
	case bool:
		if v {
			return contract.Text{ZH: "是", EN: "Yes"}
		}
		return contract.Text{ZH: "否", EN: "No"}
	case []string:
		var zh, en []string
		for _, id := range v {
			t := option(f, id)
			zh, en = append(zh, t.ZH), append(en, t.EN)
		}
		return contract.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
	case []any:
		return showRows(f, v, false)
	case string:
		return showText(f, v)
	case nil:
		return contract.Text{}
	}
	n := fmt.Sprint(v)
	switch x := v.(type) {
	case int64:
		if f.Kind == "money" {
			return money(x)
		}
	case float64:
		n = strconv.FormatFloat(x, 'f', -1, 64)
	}
	if f.Unit.ZH == "" && f.Unit.EN == "" {
		return contract.Text{ZH: n, EN: n}
	}
	return contract.Text{ZH: n + " " + f.Unit.ZH, EN: n + " " + f.Unit.EN}
}

// showText writes an answer that is stored as text by what its kind means.
func showText(f contract.Field, v string) contract.Text {
	switch f.Kind {
	case "period":
		from, to, _ := strings.Cut(v, "/")
		return contract.Text{ZH: from + " 至 " + to, EN: from + " to " + to}
	case "signature":
		if name, ok := strings.CutPrefix(v, "keyed:"); ok {
			return contract.Text{ZH: name + "（输入签名）", EN: name + " (keyed)"}
		}
		return contract.Text{ZH: "手写签名", EN: "drawn signature"}
	}
	return option(f, v)
}

// money writes fen as yuan.
func money(fen int64) contract.Text {
	sign, abs := "", fen
	if fen < 0 {
		sign, abs = "-", -fen
	}
	n := fmt.Sprintf("%s%d.%02d", sign, abs/100, abs%100)
	n = strings.TrimSuffix(n, ".00")
	return contract.Text{ZH: n + " 元", EN: "CNY " + n}
}

// showRows writes the rows of a group one after the other.
func showRows(f contract.Field, rows []any, masked bool) contract.Text {
	var zh, en []string
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if !ok {
			continue
		}
		var a, b []string
		for _, c := range f.Fields {
			v, given := row[c.ID]
			if !given {
				continue
			}
			t := show(c, v)
			if masked && personalIn(c) {
				t = hidden(c, v)
			}
			a, b = append(a, c.Label.ZH+" "+t.ZH), append(b, c.Label.EN+" "+t.EN)
		}
		zh, en = append(zh, strings.Join(a, "，")), append(en, strings.Join(b, ", "))
	}
	return contract.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}

func option(f contract.Field, id string) contract.Text {
	for _, o := range f.Options {
		if o.ID == id {
			return o.Label
		}
	}
	return contract.Text{ZH: id, EN: id}
}
