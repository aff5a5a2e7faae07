package formweb

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// walk visits fields and the cells of their rows.
func walk(fields []form.FieldState, visit func(form.FieldState)) {
	for _, fs := range fields {
		visit(fs)
		for _, row := range fs.Rows {
			walk(row.Fields, visit)
		}
	}
}

// values fills the controls of fields.
func values(fields []form.FieldState) url.Values {
	out := url.Values{}
	walk(fields, func(fs form.FieldState) {
		if form.Rows(fs.Field.Kind) {
			return
		}
		for name, vs := range form.Controls(fs) {
			out[name] = vs
		}
		if fs.Field.Kind == form.KindPoint {
			lat, lng, _ := strings.Cut(out.Get(fs.Field.ID), ",")
			out.Set(fs.Field.ID+"-lat", lat)
			out.Set(fs.Field.ID+"-lng", lng)
			out.Del(fs.Field.ID)
		}
	})
	return out
}

// addFaults tells the form what is wrong with some of the fields.
func addFaults(f *web.Form, fields []form.FieldState, which func(form.FieldState) bool) {
	var list []fault.Field
	walk(fields, func(fs form.FieldState) {
		if fs.Fault != nil && which(fs) {
			list = append(list, fault.Field{Name: fs.Field.ID, Err: fs.Fault})
		}
		if fs.Material != nil && fs.Material.Fault != nil && which(fs) {
			list = append(list, fault.Field{Name: fileName(fs.Material.Spec.ID), Err: fs.Material.Fault})
		}
	})
	if len(list) > 0 {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: list})
	}
}

// begun reports whether something was given for a field: only then a page that
// is opened says what is wrong with it. Whoever is on the way down to a village
// is not told that the province is too large.
func begun(fs form.FieldState) bool {
	return (fs.Value != nil || len(fs.Typed) > 0) && fs.Field.Kind != form.KindDivision
}

// asks reports whether a page asks for a field, or for some cells of it.
func asks(fs form.FieldState) bool {
	if fs.Held != nil || fs.Computed() {
		return false
	}
	return fs.Field.Kind != form.KindFile && fs.Field.Kind != form.KindPhoto
}

// askedIDs names the fields that a page asks, for the hidden control "shown".
func askedIDs(fields []form.FieldState) string {
	var ids []string
	for _, fs := range fields {
		if asks(fs) {
			ids = append(ids, fs.Field.ID)
		}
	}
	return strings.Join(ids, ",")
}

// read parses those fields of a page that the browser was shown.
func read(f *web.Form, fields []contract.Field) map[string]form.Parsed {
	shown := map[string]bool{}
	for _, id := range strings.Split(f.Get("shown"), ",") {
		shown[id] = true
	}
	out := map[string]form.Parsed{}
	for _, field := range fields {
		if shown[field.ID] {
			out[field.ID] = form.Parse(field, f.All)
		}
	}
	return out
}

// licenceOptions are licences to choose from: name, number, until when.
func licenceOptions(v web.View, list []contract.HeldLicence) []web.Option {
	out := make([]web.Option, 0, len(list))
	for _, l := range list {
		out = append(out, web.Option{Value: string(l.ID), Label: pick(v, l.Name), Hint: licenceLine(v, l)})
	}
	return out
}

func licenceLine(v web.View, l contract.HeldLicence) string {
	until := v.T("form.licence.long")
	if d, err := day.Parse(l.To); err == nil {
		until = v.T("form.licence.until", "at", v.DatePlain(d))
	}
	return v.T("form.licence.line", "number", l.Number, "until", until)
}

// rowButton names the group whose row a button adds or removes, and the row to
// go to then.
func rowButton(f *web.Form, fields []form.FieldState) (group string, ok bool) {
	for _, fs := range fields {
		id := fs.Field.ID
		if form.Rows(fs.Field.Kind) && (f.Get(id+".add") != "" || f.Get(id+".remove") != "") {
			return id, true
		}
	}
	return "", false
}

// rowFocus is the row that a button has led to: the new one, or the one before
// the one that went.
func rowFocus(f *web.Form, group string, fields []form.FieldState) string {
	for _, fs := range fields {
		if fs.Field.ID != group || len(fs.Rows) == 0 {
			continue
		}
		at := len(fs.Rows) - 1
		if i, err := strconv.Atoi(f.Get(group + ".remove")); err == nil {
			at = min(max(i-1, 0), at)
		}
		return group + "." + strconv.Itoa(at)
	}
	return group
}
