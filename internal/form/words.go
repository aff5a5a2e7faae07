package form

import (
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// Show returns the words of an answer, as people read it.
func Show(f contract.Field, v any) contract.Text {
	both := func(s string) contract.Text { return contract.Text{ZH: s, EN: s} }
	switch x := v.(type) {
	case nil:
		return contract.Text{}
	case bool:
		return showBool(f, x)
	case int64:
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
		if f.Kind == KindChoice {
			return optionText(f, x)
		}
		return both(x)
	}
	return contract.Text{}
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
// Parse would read back.
func Controls(fs FieldState) map[string][]string {
	f := fs.Field
	if f.Kind == KindDate {
		parts := fs.Typed
		if s, ok := fs.Value.(string); ok {
			parts = strings.Split(s, "-")
		}
		out := map[string][]string{}
		for i, suffix := range dateParts {
			if i < len(parts) {
				out[f.ID+suffix] = []string{strings.TrimPrefix(parts[i], "0")}
			}
		}
		return out
	}
	switch x := fs.Value.(type) {
	case string:
		return map[string][]string{f.ID: {x}}
	case int64:
		return map[string][]string{f.ID: {strconv.FormatInt(x, 10)}}
	case float64:
		return map[string][]string{f.ID: {number(x)}}
	case []string:
		return map[string][]string{f.ID: x}
	case bool:
		if x {
			return map[string][]string{f.ID: {"yes"}}
		}
		return map[string][]string{f.ID: {"no"}}
	}
	if len(fs.Typed) > 0 {
		return map[string][]string{f.ID: fs.Typed}
	}
	return nil
}
