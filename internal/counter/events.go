package counter

import (
	"time"

	"github.com/tongban/tongban/internal/contract"
)

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

// WindowLeft says that nobody sits at a window any more.
type WindowLeft struct {
	Window string             `json:"window"`
	Hall   string             `json:"hall"`
	Clerk  contract.AccountID `json:"clerk"`
	Reason string             `json:"reason"` // left, signed_out, taken_over, moved, day
	At     time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (WindowLeft) EventName() string { return "counter.window_left.v1" }
