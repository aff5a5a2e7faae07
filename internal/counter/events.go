package counter

import (
	"time"

	"github.com/tongban/tongban/internal/contract"
)

// HallChanged says that an administrator made or changed a hall.
type HallChanged struct {
	Hall   string            `json:"hall"`
	Agency contract.AgencyID `json:"agency"`
	What   string            `json:"what"` // made, changed
	At     time.Time         `json:"at"`
}

// EventName is the event's wire name.
func (HallChanged) EventName() string { return "counter.hall_changed.v1" }

// WindowChanged says that an administrator made or changed a window.
type WindowChanged struct {
	Window string    `json:"window"`
	Hall   string    `json:"hall"`
	What   string    `json:"what"` // made, changed
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (WindowChanged) EventName() string { return "counter.window_changed.v1" }

// WindowTaken says that a clerk sits at a window.
type WindowTaken struct {
	Window string             `json:"window"`
	Hall   string             `json:"hall"`
	Clerk  contract.AccountID `json:"clerk"`
	At     time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (WindowTaken) EventName() string { return "counter.window_taken.v1" }

// WindowLeft says that nobody sits at a window any more.
type WindowLeft struct {
	Window string             `json:"window"`
	Hall   string             `json:"hall"`
	Clerk  contract.AccountID `json:"clerk"`
	Reason string             `json:"reason"` // left, moved, signed_out, taken_over, day
	At     time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (WindowLeft) EventName() string { return "counter.window_left.v1" }

// TicketChanged says what became of a queue ticket.
type TicketChanged struct {
	Ticket string    `json:"ticket"`
	Hall   string    `json:"hall"`
	Number string    `json:"number"`
	Kind   string    `json:"kind"`
	What   string    `json:"what"` // taken, called, again, missed, back, moved, begun, served, cancelled
	Window string    `json:"window,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (TicketChanged) EventName() string { return "counter.ticket.v1" }

// SessionOpened says that a person was identified at a window and is served.
type SessionOpened struct {
	Session string             `json:"session"`
	Hall    string             `json:"hall"`
	Window  string             `json:"window"`
	Person  contract.AccountID `json:"person"`
	How     string             `json:"how"` // card, seen, code
	Device  string             `json:"device,omitempty"`
	Level   int                `json:"level"`
	Ticket  string             `json:"ticket,omitempty"`
	New     bool               `json:"new,omitempty"` // the account was made for it
	At      time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (SessionOpened) EventName() string { return "counter.session_opened.v1" }

// SubjectChosen says for whom the person at the window applies from now on, and
// what that right rests on; "" is oneself.
type SubjectChosen struct {
	Session string    `json:"session"`
	Subject string    `json:"subject"`
	Right   string    `json:"right,omitempty"`
	Kind    string    `json:"kind,omitempty"` // of the right: company, person, ward
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (SubjectChosen) EventName() string { return "counter.subject.v1" }

// SessionEnded says that a person is no longer served at a window.
type SessionEnded struct {
	Session string    `json:"session"`
	Hall    string    `json:"hall"`
	Window  string    `json:"window"`
	Reason  string    `json:"reason"` // done, signed_out, idle, day, taken_over
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (SessionEnded) EventName() string { return "counter.session_ended.v1" }

// DeviceChanged says what an administrator did to a card reader.
type DeviceChanged struct {
	Device string    `json:"device"`
	Window string    `json:"window"`
	What   string    `json:"what"` // made, revoked
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (DeviceChanged) EventName() string { return "counter.device.v1" }

// CardRead says that a card reader read a card. Whose it was stands nowhere until
// a clerk uses it.
type CardRead struct {
	Read   string    `json:"read"`
	Device string    `json:"device"`
	Window string    `json:"window"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CardRead) EventName() string { return "counter.card_read.v1" }
