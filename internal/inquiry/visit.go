package inquiry

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Visit is what is known of a site visit.
type Visit struct {
	Purpose   string               `json:"purpose"`
	Place     string               `json:"place"`
	Prepare   contract.Text        `json:"prepare"`
	Checklist []contract.CheckItem `json:"checklist"`
	Officials []Signing            `json:"officials"`
	// Times are the appointments in the order they were made; Proposals are what the
	// applicant would rather have, asked for once, and why.
	Times     []Appointment `json:"times"`
	Proposals []Slot        `json:"proposals,omitempty"`
	AskReason string        `json:"ask_reason,omitempty"`
	HasAsked  bool          `json:"has_asked,omitempty"`
	// Fields is the record; Rev counts its changes. Who confirmed an older Rev did
	// not confirm this one.
	Fields    map[string]Entry `json:"fields,omitempty"`
	Rev       int64            `json:"rev"`
	Present   Present          `json:"present"`
	Ended     string           `json:"ended,omitempty"` // why it was cancelled, or what was found when nobody was there
	Corrected string           `json:"corrected,omitempty"`
	Number    string           `json:"number,omitempty"` // of the record
}

// Signing is an official of a visit, with the record that they confirmed.
type Signing struct {
	Person

	Rev int64     `json:"rev,omitempty"`
	At  time.Time `json:"at,omitzero"`
}

// Slot is a day with a time of day.
type Slot struct {
	Day  day.Date `json:"day"`
	Time string   `json:"time"` // "09:00-11:00"
}

// Appointment is one time that was set, and why it was moved.
type Appointment struct {
	Slot

	By     string    `json:"by"` // name of the official
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Entry is one field of the record with the count at which it last changed.
type Entry struct {
	Value string             `json:"value"`
	Rev   int64              `json:"rev"`
	By    contract.AccountID `json:"by"`
	Name  string             `json:"name"`
}

// Present is who was there for the applicant, and whether they signed.
type Present struct {
	Name      string    `json:"name,omitempty"`
	Capacity  string    `json:"capacity,omitempty"` // "owner", "shop manager"
	How       string    `json:"how,omitempty"`      // "signed", "refused" or "absent"; "" is not settled
	Reason    string    `json:"reason,omitempty"`   // of a refusal
	Statement string    `json:"statement,omitempty"`
	Online    bool      `json:"online,omitempty"` // signed in their own session
	Rev       int64     `json:"rev,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// How the applicant's side stands to the record.
const (
	Signed  = "signed"
	Refused = "refused"
	Absent  = "absent"
)

// What comes of a visit.
const (
	ResultPass        = "pass"
	ResultCorrections = "corrections" // pass once the corrections are made
	ResultFail        = "fail"
)

// Values of a line of kind pass.
const (
	ItemPass = "pass"
	ItemFail = "fail"
	ItemNone = "na" // does not apply
)

// Names of the fields of a record beside the lines of its checklist.
const (
	fieldSummary = "summary"
	fieldResult  = "result"
	fieldCorrect = "correct_by"
)

// Bounds of what is written.
const (
	maxLine   = 500
	maxText   = 4000
	maxPlace  = 200
	proposals = 3
)

var slotTime = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)

// ok reports whether a slot is a time of a day, the end behind the beginning.
func (s Slot) ok() bool {
	from, to, _ := strings.Cut(s.Time, "-")
	return !s.Day.IsZero() && slotTime.MatchString(s.Time) && from < to
}

// Begins is when a slot begins, and Ends when it is over.
func (s Slot) Begins() time.Time { return s.clock(0) }

// Ends is when a slot is over.
func (s Slot) Ends() time.Time { return s.clock(1) }

func (s Slot) clock(part int) time.Time {
	parts := strings.SplitN(s.Time, "-", 2)
	if len(parts) != 2 || s.Day.IsZero() {
		return time.Time{}
	}
	t, err := time.Parse("15:04", parts[part])
	if err != nil {
		return time.Time{}
	}
	return s.Day.Time().Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

func checkSlot(form *fault.Form, s Slot, today day.Date) {
	switch {
	case s.Day.IsZero():
		form.Add("day", "inquiry.day_needed")
	case s.Day.Before(today):
		form.Add("day", "inquiry.day_past")
	case s.Day.Sub(today) > 365:
		form.Add("day", "inquiry.day_far")
	}
	if s.Time == "" || !s.Day.IsZero() && !s.ok() {
		form.Add("time", "inquiry.time_needed")
	}
}

// checkWords refuses a text that is missing or too long.
func checkWords(form *fault.Form, field, text string, most int, needed bool) string {
	text = strings.TrimSpace(text)
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 && needed:
		form.Add(field, "inquiry.text_needed")
	case n > most:
		form.Add(field, "inquiry.text_long", "max", most)
	}
	return text
}

func (v *Visit) value(field string) string { return v.Fields[field].Value }

// Value is a field of the record as it stands.
func (v *Visit) Value(field string) string { return v.value(field) }

// ItemField and NoteField name the fields of a line of the checklist.
func ItemField(id string) string { return "item." + id }

// NoteField names the remark on a line of the checklist.
func NoteField(id string) string { return "note." + id }

// known reports whether the record has the field.
func (v *Visit) known(field string) bool {
	if slices.Contains([]string{fieldSummary, fieldResult, fieldCorrect}, field) {
		return true
	}
	kind, id, _ := strings.Cut(field, ".")
	return (kind == "item" || kind == "note") && slices.ContainsFunc(v.Checklist, func(c contract.CheckItem) bool { return c.ID == id })
}

// Change is one field that somebody changed: from what they saw to what they mean.
type Change struct{ Was, Value string }

// merge takes over changes field by field: two officials fill in one record on two
// phones, and neither loses what the other wrote. A field that the other changed
// since is told, with what it says now.
func (v *Visit) merge(changes map[string]Change, by Person) (changed bool, err error) {
	var form fault.Form
	names := make([]string, 0, len(changes))
	for name := range changes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c := changes[name]
		c.Value, c.Was = strings.TrimSpace(c.Value), strings.TrimSpace(c.Was)
		now := v.value(name)
		switch {
		case !v.known(name):
			continue
		case c.Value == c.Was || c.Value == now: // not touched, or both wrote the same
			continue
		case now != c.Was:
			form.Add(name, "inquiry.changed_by_other", "name", v.Fields[name].Name, "now", now)
			continue
		case utf8.RuneCountInString(c.Value) > bound(name):
			form.Add(name, "inquiry.text_long", "max", bound(name))
			continue
		}
		if !changed {
			v.Rev++
		}
		changed = true
		if v.Fields == nil {
			v.Fields = map[string]Entry{}
		}
		v.Fields[name] = Entry{Value: c.Value, Rev: v.Rev, By: by.ID, Name: by.Name}
	}
	return changed, form.Err()
}

func bound(field string) int {
	if field == fieldSummary {
		return maxText
	}
	return maxLine
}

// Verdict is what a line of the checklist came to: ItemPass, ItemFail, ItemNone, or
// "" while it is open. A measured value is judged by its limit.
func (v *Visit) Verdict(c contract.CheckItem) string {
	value := v.value(ItemField(c.ID))
	switch {
	case value == "":
		return ""
	case value == ItemNone:
		return ItemNone
	case c.Kind == contract.CheckPass:
		return value
	case c.Kind == contract.CheckNumber:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return ""
		}
		if c.Limit.Min != nil && n < *c.Limit.Min || c.Limit.Max != nil && n > *c.Limit.Max {
			return ItemFail
		}
	}
	return ItemPass
}

// check refuses to confirm a record in which something is missing. photos counts
// the photos of each line.
func (v *Visit) check(photos map[string]int, today day.Date) error {
	var form fault.Form
	failed := false
	for _, c := range v.Checklist {
		value, field := v.value(ItemField(c.ID)), ItemField(c.ID)
		verdict := v.Verdict(c)
		failed = failed || verdict == ItemFail
		switch {
		case value == "":
			form.Add(field, "inquiry.item_open")
		case c.Kind == contract.CheckPass && !slices.Contains([]string{ItemPass, ItemFail, ItemNone}, value):
			form.Add(field, "inquiry.item_open")
		case c.Kind == contract.CheckNumber && verdict == "":
			form.Add(field, "inquiry.item_number")
		}
		if c.Kind == contract.CheckPass && verdict == ItemFail && v.value(NoteField(c.ID)) == "" {
			form.Add(NoteField(c.ID), "inquiry.fail_note")
		}
		if c.Photo && verdict != ItemNone && photos[c.ID] == 0 {
			form.Add("photo."+c.ID, "inquiry.photo_needed")
		}
	}
	if v.value(fieldSummary) == "" && (len(v.Checklist) == 0 || failed) {
		form.Add(fieldSummary, "inquiry.summary_needed")
	}
	result := v.value(fieldResult)
	switch {
	case !slices.Contains([]string{ResultPass, ResultCorrections, ResultFail}, result):
		form.Add(fieldResult, "inquiry.result_needed")
	case result == ResultPass && failed:
		form.Add(fieldResult, "inquiry.result_against")
	case result == ResultCorrections:
		by, err := day.Parse(v.value(fieldCorrect))
		if err != nil || !by.After(today) {
			form.Add(fieldCorrect, "inquiry.correct_by_needed")
		}
	}
	return form.Err()
}

// sign confirms the record for one of the officials.
func (v *Visit) sign(by contract.AccountID, at time.Time) error {
	i := slices.IndexFunc(v.Officials, func(s Signing) bool { return s.ID == by })
	if i < 0 {
		return ErrState
	}
	v.Officials[i].Rev, v.Officials[i].At = v.Rev, at
	return nil
}

// Agreed reports whether an official confirmed the record as it stands.
func (v *Visit) Agreed(id contract.AccountID) bool {
	return v.Rev > 0 && slices.ContainsFunc(v.Officials, func(s Signing) bool { return s.ID == id && s.Rev == v.Rev })
}

// done reports whether all who must have confirmed the record, and whether the
// applicant's side is settled on this very record.
func (v *Visit) done() bool {
	for _, o := range v.Officials {
		if !v.Agreed(o.ID) {
			return false
		}
	}
	return v.Present.How != "" && v.Present.Rev == v.Rev
}

// slot is the appointment as it stands.
func (v *Visit) slot() Slot {
	if len(v.Times) == 0 {
		return Slot{}
	}
	return v.Times[len(v.Times)-1].Slot
}

// checkPresent refuses a signature without a name and a refusal without a reason.
func checkPresent(p Present) (Present, error) {
	var form fault.Form
	if !slices.Contains([]string{Signed, Refused, Absent}, p.How) {
		form.Add("how", "inquiry.present_needed")
	}
	p.Name = checkWords(&form, "name", p.Name, 50, p.How == Signed)
	p.Capacity = checkWords(&form, "capacity", p.Capacity, 50, false)
	p.Reason = checkWords(&form, "reason", p.Reason, maxLine, p.How == Refused)
	p.Statement = checkWords(&form, "statement", p.Statement, maxText, false)
	return p, form.Err()
}

// number is that of a record: kind, year and the serial of the case.
func number(mark string, h Head, on day.Date, n int) string {
	serial := h.Number
	if len(serial) == 25 {
		serial = serial[6:24]
	}
	return fmt.Sprintf("%s〔%d〕%s-%d号", mark, on.Year(), serial, n)
}
