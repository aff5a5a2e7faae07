package inquiry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/cite"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// The periods of a hearing, in working days like all periods of the Act (art. 82).
const (
	askDays    = 5  // to ask for it (art. 47(1))
	holdDays   = 20 // to organise it (art. 47(1))
	noticeDays = 7  // of notice before it (art. 48(1))
)

// Faults of hearings that a person may be told.
var (
	ErrLate    = fault.New(fault.Conflict, "inquiry.ask_late")        // the five days are over
	ErrUnheard = fault.New(fault.Conflict, "inquiry.not_yet")         // the hearing has not begun
	ErrSigns   = fault.New(fault.Conflict, "inquiry.signs_missing")   // somebody has neither signed nor refused
	ErrEmpty   = fault.New(fault.Conflict, "inquiry.record_empty")    // there is no record to close
	ErrObjects = fault.New(fault.Conflict, "inquiry.objection_open")  // who presides is objected to
	ErrBegun   = fault.New(fault.Conflict, "inquiry.already_started") // too late for that
)

// Hearing is what is known of a hearing.
type Hearing struct {
	Why       string  `json:"why"` // what it is about
	ExOfficio bool    `json:"ex_officio,omitempty"`
	Parties   []Party `json:"parties"`
	// Asked is the day of the first request; HoldBy the last one to organise the hearing.
	Asked       day.Date      `json:"asked,omitzero"`
	HoldBy      day.Date      `json:"hold_by,omitzero"`
	Times       []Appointment `json:"times,omitempty"`
	Place       string        `json:"place,omitempty"`
	Private     string        `json:"private,omitempty"` // "secret", "trade" or "privacy"; "" is public
	PrivateWhy  string        `json:"private_why,omitempty"`
	Host        Person        `json:"host,omitzero"`
	Recorder    Person        `json:"recorder,omitzero"`
	Objections  []Objection   `json:"objections,omitempty"`
	Transcript  string        `json:"transcript,omitempty"`
	Rev         int64         `json:"rev"`
	Attendance  []Participant `json:"attendance,omitempty"`
	Conclusion  string        `json:"conclusion,omitempty"`
	Ended       string        `json:"ended,omitempty"` // why it was called off
	Number      string        `json:"number,omitempty"`
	Provisional bool          `json:"provisional,omitempty"` // a deadline lies in a year whose calendar is not known
}

// Party is who was told of the right to be heard: the applicant, or a third party
// with a major interest (art. 47).
type Party struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"` // "applicant" or "third"
	Name    string   `json:"name"`
	Contact string   `json:"contact,omitempty"`
	Told    day.Date `json:"told,omitzero"`
	AskBy   day.Date `json:"ask_by,omitzero"`
	Asked   day.Date `json:"asked,omitzero"`
	Waived  bool     `json:"waived,omitempty"`
	Lapsed  bool     `json:"lapsed,omitempty"`
}

// settled reports whether nothing more is to come of a party's right.
func (p Party) settled() bool { return p.Waived || p.Lapsed }

// Objection asks that who presides steps back (art. 48(3)).
type Objection struct {
	Host     Person    `json:"host"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Decision string    `json:"decision,omitempty"` // "replaced" or "kept"; "" is open
	Answer   string    `json:"answer,omitempty"`
	By       Person    `json:"by,omitzero"`
}

// Participant is who took part, and whether they signed the record.
type Participant struct {
	Name   string `json:"name"`
	Role   string `json:"role"` // of Roles
	How    string `json:"how,omitempty"`
	Reason string `json:"reason,omitempty"`
	Rev    int64  `json:"rev,omitempty"` // of the transcript that was signed
}

// Roles are what participants of a hearing may be.
func Roles() []string {
	return []string{"applicant", "third", "agent", "reviewer", "witness", "expert", "interpreter", "other"}
}

// Reasons for which a hearing is not public (art. 48(2)).
func privateReasons() []string { return []string{"secret", "trade", "privacy"} }

// tellParty makes the right of a party begin on a day.
func tellParty(p Party, on day.Date, cal *statute.Calendar) Party {
	p.Told, p.AskBy = on, cal.AddWorkdays(on, askDays)
	return p
}

// lastAsk is the last day on which somebody may still ask.
func (h *Hearing) lastAsk() day.Date {
	var last day.Date
	for _, p := range h.Parties {
		if !p.settled() && p.Asked.IsZero() && p.AskBy.After(last) {
			last = p.AskBy
		}
	}
	return last
}

// ask records a request that came on a day.
func (h *Hearing) ask(party string, on day.Date, cal *statute.Calendar) error {
	i := slices.IndexFunc(h.Parties, func(p Party) bool { return p.ID == party })
	switch {
	case i < 0:
		return ErrNotFound
	case !h.Parties[i].Asked.IsZero(), h.Parties[i].Waived:
		return ErrState
	case on.After(h.Parties[i].AskBy):
		return ErrLate
	}
	h.Parties[i].Asked, h.Parties[i].Lapsed = on, false
	if h.Asked.IsZero() || on.Before(h.Asked) {
		h.Asked = on
		h.HoldBy = cal.AddWorkdays(on, holdDays)
	}
	return nil
}

// lapse ends the right of those whose days are over. It reports whether any right
// ended, and whether all are at an end without a request.
func (h *Hearing) lapse(today day.Date) (any, all bool) {
	all = true
	for i, p := range h.Parties {
		if p.Asked.IsZero() && !p.settled() && today.After(p.AskBy) {
			h.Parties[i].Lapsed, any = true, true
		}
		all = all && h.Parties[i].settled()
	}
	return any, all
}

// recount works the deadlines out anew, as the calendar is known now. It reports
// whether any moved.
func (h *Hearing) recount(cal *statute.Calendar) bool {
	moved := false
	for i, p := range h.Parties {
		if p.Told.IsZero() || !p.Asked.IsZero() || p.settled() {
			continue
		}
		if by := cal.AddWorkdays(p.Told, askDays); by != p.AskBy {
			h.Parties[i].AskBy, moved = by, true
		}
	}
	if !h.Asked.IsZero() && !h.ExOfficio {
		if by := cal.AddWorkdays(h.Asked, holdDays); by != h.HoldBy {
			h.HoldBy, moved = by, true
		}
	}
	return moved
}

// checkTime refuses a hearing that is announced too late, or that would be held too
// late while it can still be held in time.
func (h *Hearing) checkTime(form *fault.Form, s Slot, today day.Date, cal *statute.Calendar) {
	checkSlot(form, s, today)
	if s.Day.IsZero() || s.Day.Before(today) {
		return
	}
	first := cal.AddWorkdays(today, noticeDays)
	switch {
	case s.Day.Before(first):
		form.Add("day", "inquiry.notice_short", "days", noticeDays, "first", first)
	case !h.HoldBy.IsZero() && s.Day.After(h.HoldBy) && !first.After(h.HoldBy):
		form.Add("day", "inquiry.hold_late", "last", h.HoldBy)
	case !cal.IsWorkday(s.Day):
		form.Add("day", "inquiry.no_workday")
	}
}

// slot is the time of the hearing as it stands.
func (h *Hearing) slot() Slot {
	if len(h.Times) == 0 {
		return Slot{}
	}
	return h.Times[len(h.Times)-1].Slot
}

// Objected is the objection to who presides that nobody decided, if there is one.
func (h *Hearing) Objected() (Objection, bool) {
	i := slices.IndexFunc(h.Objections, func(o Objection) bool { return o.Decision == "" })
	if i < 0 {
		return Objection{}, false
	}
	return h.Objections[i], true
}

// fill takes over the record. Whoever signed another text has not signed this one.
func (h *Hearing) fill(text string, people []Participant) error {
	var form fault.Form
	text = checkWords(&form, "transcript", text, 40000, false)
	var list []Participant
	for i, p := range people {
		p.Name, p.Reason = strings.TrimSpace(p.Name), strings.TrimSpace(p.Reason)
		if p.Name == "" {
			continue
		}
		if len([]rune(p.Name)) > 50 {
			form.Add(fmt.Sprintf("name-%d", i), "inquiry.text_long", "max", 50)
		}
		if !slices.Contains(Roles(), p.Role) {
			form.Add(fmt.Sprintf("role-%d", i), "inquiry.role_needed")
		}
		if p.How == Refused {
			p.Reason = checkWords(&form, fmt.Sprintf("reason-%d", i), p.Reason, maxLine, true)
		}
		if p.How != Signed && p.How != Refused {
			p.How = ""
		}
		list = append(list, p)
	}
	if err := form.Err(); err != nil {
		return err
	}
	changed := text != h.Transcript
	if changed {
		h.Rev++
	}
	for i := range list {
		if list[i].How == "" {
			continue
		}
		list[i].Rev = h.Rev
		if was := slices.IndexFunc(h.Attendance, func(p Participant) bool { return p.Name == list[i].Name && p.How == list[i].How }); changed && was >= 0 {
			list[i].How, list[i].Rev = "", 0 // signed the text as it was before
		}
	}
	h.Transcript, h.Attendance = text, list
	return nil
}

// finished refuses to close a record that is empty or not signed by all.
func (h *Hearing) finished(files int) error {
	if h.Transcript == "" && files == 0 {
		return ErrEmpty
	}
	if len(h.Attendance) == 0 || slices.ContainsFunc(h.Attendance, func(p Participant) bool { return p.How == "" || p.Rev != h.Rev }) {
		return ErrSigns
	}
	return nil
}

// Own is the party that an applicant is.
func (h *Hearing) Own() (Party, bool) {
	i := slices.IndexFunc(h.Parties, func(p Party) bool { return p.Kind == "applicant" })
	if i < 0 {
		return Party{}, false
	}
	return h.Parties[i], true
}

// Deadline is one period of a hearing, told day by day.
type Deadline struct {
	Name    string // "ask", "hold", "notice"
	Party   string // whose, of "ask"
	From    day.Date
	Due     day.Date
	Days    int
	Article contract.Text
	Lines   []Line
	// Provisional says that the calendar of the year is not published yet.
	Provisional bool
}

// Line is one day of a period.
type Line struct {
	statute.Day

	Counted int // which of the days it is; 0 where it is not counted
}

// Deadlines explains the periods of a hearing by the calendar.
func (h *Hearing) Deadlines(cal *statute.Calendar) []Deadline {
	var list []Deadline
	for _, p := range h.Parties {
		if !p.Told.IsZero() && !h.ExOfficio { // one that is held anyway is not asked for
			list = append(list, explain(cal, Deadline{Name: "ask", Party: p.Name, From: p.Told, Days: askDays, Article: licensingLaw("第四十七条")}))
		}
	}
	if !h.Asked.IsZero() && !h.ExOfficio {
		list = append(list, explain(cal, Deadline{Name: "hold", From: h.Asked, Days: holdDays, Article: licensingLaw("第四十七条")}))
	}
	if n := len(h.Times); n > 0 {
		list = append(list, explain(cal, Deadline{Name: "notice", From: day.In(h.Times[n-1].At), Days: noticeDays, Article: licensingLaw("第四十八条")}))
	}
	return list
}

// licensingLaw cites a place in the Administrative Licensing Law.
func licensingLaw(place string) contract.Text {
	return contract.Text{ZH: "《行政许可法》" + place, EN: cite.In("Administrative Licensing Law", place)}
}

// explain counts a period: the day of the event does not count (Civil Code art.
// 201), days off do not (Licensing Law art. 82).
func explain(cal *statute.Calendar, d Deadline) Deadline {
	d.Due = cal.AddWorkdays(d.From, d.Days)
	d.Provisional = cal.Provisional(d.From, d.Due)
	n := 0
	for on := d.From; !on.After(d.Due); on = on.Add(1) {
		l := Line{Day: cal.Lookup(on)}
		if on != d.From && l.Workday {
			n++
			l.Counted = n
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}
