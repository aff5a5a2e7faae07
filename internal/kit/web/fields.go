package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// FieldArgs is what every field has.
type FieldArgs struct {
	Name  string
	Label string
	Hint  string
	// Optional says so after the label; fields are required unless said.
	Optional bool
	// Heading makes the label the h1 of the page: one question on it.
	Heading bool
	// HiddenLabel is read out and not shown.
	HiddenLabel bool
	// Attrs are more attributes of the input, like data-suggest.
	Attrs templ.Attributes
}

// InputArgs is a one-line field. Value is shown until the form has one.
type InputArgs struct {
	FieldArgs
	Value        string
	Type         string // text unless said: tel, email, password, search
	InputMode    string // numeric, decimal
	Autocomplete string // the token of the HTML standard: name, tel, ...
	Width        int    // 2, 3, 4, 5, 10, 20, 30 characters; 0 is the column
	Suffix       string // unit behind the field
	MaxLength    int
}

// TextAreaArgs is a field of several lines.
type TextAreaArgs struct {
	FieldArgs
	Value     string
	Rows      int
	MaxLength int
}

// Option is one choice.
type Option struct {
	Value, Label, Hint string
}

// ChoiceArgs is a choice of one or several.
type ChoiceArgs struct {
	FieldArgs
	Options []Option
	Value   string   // of Radios and Select
	Values  []string // of Checkboxes
	// Rows draws full-width rows (up to six options), Inline one line.
	Rows, Inline bool
}

// CheckboxArgs is a single box.
type CheckboxArgs struct {
	Name, Label, Hint string
	Checked           bool
}

func (a CheckboxArgs) value() string {
	if a.Checked {
		return "yes"
	}
	return ""
}

// FileArgs is a place for uploads.
type FileArgs struct {
	FieldArgs
	Accept   string // "application/pdf,image/jpeg,image/png"
	Multiple bool
	// Camera opens the camera on a phone.
	Camera bool
	// FrameAttrs are more attributes of the frame around the input.
	FrameAttrs templ.Attributes
}

// ButtonArgs is a button or a link that looks like one.
type ButtonArgs struct {
	Text string
	// Hidden is read out after Text, to tell one "Delete" from the next.
	Hidden      string
	Icon        string
	Name, Value string
	// Action posts the form to another address.
	Action string
	// Refresh is the id of the part of the page that the answer to this button
	// renews. With a script only that part changes; without, the whole page.
	Refresh                         string
	Secondary, Warning, Small, Wide bool
	Attrs                           templ.Attributes
}

func buttonClass(a ButtonArgs) string {
	c := "govuk-button"
	for _, x := range []struct {
		on   bool
		name string
	}{
		{a.Secondary, " govuk-button--secondary"},
		{a.Warning, " govuk-button--warning"},
		{a.Small, " tb-btn--small"},
		{a.Wide, " tb-btn--wide"},
	} {
		if x.on {
			c += x.name
		}
	}
	return c
}

// Describe returns the ids of hint and error of a field, for aria-describedby.
func Describe(f *Form, a FieldArgs) string {
	var ids []string
	if a.Hint != "" {
		ids = append(ids, a.Name+"-hint")
	}
	if f.Fault(a.Name) != nil {
		ids = append(ids, a.Name+"-error")
	}
	return strings.Join(ids, " ")
}

// value is what was typed, or the given value while nothing was sent.
func value(f *Form, name, given string) string {
	if f == nil || !f.sent() {
		return given
	}
	return f.Values.Get(name)
}

// sent reports whether the form holds what a person sent or values to edit.
func (f *Form) sent() bool { return f != nil && f.Values != nil }

func checked(f *Form, a ChoiceArgs, v string) bool {
	if f.sent() {
		return f.Has(a.Name, v)
	}
	return slices.Contains(a.Values, v)
}

// optionID is the id of an option; the first has the name itself, where the
// link of the error summary leads.
func optionID(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(i)
}

// optionHint is the id of the hint of an option; the field's own hint is name-hint.
func optionHint(name string, i int) string { return name + "-" + strconv.Itoa(i) + "-hint" }

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type datePart struct {
	name, value string
	width       int
}

// dateParts lists the fields in the order of the language: year first in
// Chinese, day first in British English.
func dateParts(v View, given string) []datePart {
	y, m, d := "", "", ""
	if p := strings.Split(given, "-"); len(p) == 3 {
		y, m, d = p[0], strings.TrimPrefix(p[1], "0"), strings.TrimPrefix(p[2], "0")
	}
	parts := []datePart{{"year", y, 4}, {"month", m, 2}, {"day", d, 2}}
	if v.English() {
		slices.Reverse(parts)
	}
	return parts
}

// dateID is the id of one of the fields of a date; the first has the name
// itself, where the link of the error summary leads.
func dateID(name, part string, i int) string {
	if i == 0 {
		return name
	}
	return name + "-" + part
}

// Date joins the three fields of a DateInput. Nothing typed is the zero date;
// a day that is not in the calendar is a fault.
func (f *Form) Date(name string) (day.Date, error) {
	parts := [3]string{f.Get(name + "-year"), f.Get(name + "-month"), f.Get(name + "-day")}
	if parts == [3]string{} {
		return day.Date{}, nil
	}
	var n [3]int
	for i, p := range parts {
		x, err := strconv.Atoi(p)
		if err != nil {
			return day.Date{}, fault.New(fault.Invalid, "form.date").Wrap(err)
		}
		n[i] = x
	}
	d, err := day.Parse(fmt.Sprintf("%04d-%02d-%02d", n[0], n[1], n[2]))
	if err != nil || d.Year() < 1900 || d.After(day.Of(2200, time.January, 1)) {
		return day.Date{}, fault.New(fault.Invalid, "form.date").Wrap(err)
	}
	return d, nil
}
