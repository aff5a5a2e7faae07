package form

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// Names looks up what an answer only has the code of.
type Names struct {
	Division func(code string) (contract.Text, bool)
	Licences []contract.HeldLicence
}

// Show returns the words of an answer, as people read it; a division and a
// licence by their codes.
func Show(f contract.Field, v any) contract.Text { return Names{}.Show(f, v) }

// Show returns the words of an answer, as people read it.
func (n Names) Show(f contract.Field, v any) contract.Text {
	switch x := v.(type) {
	case bool:
		return showBool(f, x)
	case int64:
		if f.Kind == KindMoney {
			return both(yuan(x))
		}
		return withUnit(f, strconv.FormatInt(x, 10))
	case float64:
		return withUnit(f, number(x))
	case []string:
		var zh, en []string
		for _, id := range x {
			t := optionText(f, id)
			zh, en = append(zh, t.ZH), append(en, t.EN)
		}
		return contract.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, "; ")}
	case string:
		return n.showText(f, x)
	case []any:
		return n.showRows(f, rowsOf(x))
	}
	return contract.Text{}
}

func both(s string) contract.Text { return contract.Text{ZH: s, EN: s} }

func (n Names) showText(f contract.Field, s string) contract.Text {
	switch f.Kind {
	case KindChoice:
		return optionText(f, s)
	case KindDate:
		return showDate(s)
	case KindComputed: // it may be a date: the last day of a period
		if _, err := day.Parse(s); err == nil {
			return showDate(s)
		}
	case KindPeriod:
		from, to, _ := strings.Cut(s, "/")
		x, y := showDate(from), showDate(to)
		return contract.Text{ZH: x.ZH + "至 " + y.ZH, EN: x.EN + " to " + y.EN}
	case KindPoint:
		lat, lng, _ := strings.Cut(s, ",")
		return contract.Text{ZH: "北纬 " + lat + "°，东经 " + lng + "°", EN: lat + "° N, " + lng + "° E"}
	case KindDivision:
		if n.Division != nil {
			if t, ok := n.Division(s); ok {
				return t
			}
		}
	case KindLicence:
		for _, l := range n.Licences {
			if string(l.ID) == s {
				return contract.Text{ZH: l.Name.ZH + " " + l.Number, EN: l.Name.EN + " " + l.Number}
			}
		}
	case KindSignature:
		if name, ok := strings.CutPrefix(s, keyedPrefix); ok {
			return both(name)
		}
		return contract.Text{ZH: "已手写签名", EN: "Signed by hand"}
	}
	return both(s)
}

// showDate writes a day as people do: 2027 年 3 月 20 日, 20 March 2027.
func showDate(s string) contract.Text {
	d, err := day.Parse(s)
	if err != nil {
		return both(s)
	}
	y, m, n := d.Date()
	return contract.Text{ZH: fmt.Sprintf("%d 年 %d 月 %d 日", y, m, n), EN: fmt.Sprintf("%d %s %d", n, m, y)}
}

func (n Names) showRows(f contract.Field, rows []map[string]any) contract.Text {
	var zh, en []string
	for _, row := range rows {
		var cells contract.Text
		for _, column := range f.Fields {
			v, ok := row[column.ID]
			if !ok {
				continue
			}
			t := n.Show(column, v)
			if cells.ZH != "" {
				cells.ZH += "，"
				cells.EN += ", "
			}
			cells.ZH += column.Label.ZH + " " + t.ZH
			cells.EN += column.Label.EN + " " + t.EN
		}
		zh, en = append(zh, cells.ZH), append(en, cells.EN)
	}
	return contract.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")}
}

// yuan writes an amount in fen as people write money: ¥1,234.50.
func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	whole := strconv.FormatInt(fen/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s¥%s.%02d", sign, whole, fen%100)
}

func showBool(f contract.Field, yes bool) contract.Text {
	if len(f.Options) == 2 { // a package may name its own yes and no
		if yes {
			return f.Options[0].Label
		}
		return f.Options[1].Label
	}
	if yes {
		return contract.Text{ZH: "是", EN: "Yes"}
	}
	return contract.Text{ZH: "否", EN: "No"}
}

func withUnit(f contract.Field, s string) contract.Text {
	t := contract.Text{ZH: s, EN: s}
	if f.Unit.ZH != "" {
		t.ZH += " " + f.Unit.ZH
	}
	if f.Unit.EN != "" {
		t.EN += " " + f.Unit.EN
	}
	return t
}

func optionText(f contract.Field, id string) contract.Text {
	for _, o := range f.Options {
		if o.ID == id {
			return o.Label
		}
	}
	return contract.Text{ZH: id, EN: id}
}

// Controls returns what the controls of a field show in a browser, by name: what
// Parse would read back. A group has those of its cells.
func Controls(fs FieldState) map[string][]string {
	f, out := fs.Field, map[string][]string{}
	if Rows(f.Kind) {
		out[f.ID+".rows"] = []string{strconv.Itoa(len(fs.Rows))}
		for _, row := range fs.Rows {
			for _, cell := range row.Fields {
				maps.Copy(out, Controls(cell))
			}
		}
		return out
	}
	if texts := plain(f, fs.Value); texts != nil {
		out[f.ID] = texts
	} else if len(fs.Typed) > 0 {
		out[f.ID] = fs.Typed
	}
	switch f.Kind {
	case KindDate:
		return dateControls(f.ID, fs, 0)
	case KindPeriod:
		from := dateControls(f.ID+periodParts[0], fs, 0)
		maps.Copy(from, dateControls(f.ID+periodParts[1], fs, 1))
		return from
	case KindSignature:
		s, _ := fs.Value.(string)
		if path, ok := strings.CutPrefix(s, drawnPrefix); ok {
			return map[string][]string{f.ID + drawnPart: {path}}
		}
	}
	return out
}

// plain is what one control shows of a value.
func plain(f contract.Field, v any) []string {
	switch x := v.(type) {
	case string:
		return []string{strings.TrimPrefix(x, keyedPrefix)}
	case int64:
		if f.Kind == KindMoney {
			return []string{strings.NewReplacer("¥", "", ",", "").Replace(strings.TrimSuffix(yuan(x), ".00"))}
		}
		return []string{strconv.FormatInt(x, 10)}
	case float64:
		return []string{number(x)}
	case []string:
		return x
	case bool:
		if x {
			return []string{"yes"}
		}
		return []string{"no"}
	}
	return nil
}

// dateControls are the three boxes of a date, or of one end of a period.
func dateControls(id string, fs FieldState, end int) map[string][]string {
	parts := fs.Typed
	if s, ok := fs.Value.(string); ok {
		parts = splitPeriod(s)
	}
	out := map[string][]string{}
	for i, suffix := range dateParts {
		if at := end*len(dateParts) + i; at < len(parts) {
			out[id+suffix] = []string{strings.TrimPrefix(parts[at], "0")}
		}
	}
	return out
}
