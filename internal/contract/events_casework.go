package contract

import "time"

// CheckSettled is recorded when a handler settles a check of a case: disputed or
// unconfirmed data.
type CheckSettled struct {
	Case   CaseID    `json:"case"`
	No     int       `json:"no"`
	Result string    `json:"result"` // "confirmed" or "rejected"
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CheckSettled) EventName() string { return "casework.check.v1" }

// UnitTask is recorded when another agency is asked for its opinion on a case,
// gives it, is no longer asked, or is late: then its head must be told.
type UnitTask struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Item   ItemID    `json:"item"`
	Lead   AgencyID  `json:"lead"`   // agency of the case
	Unit   string    `json:"unit"`   // id in the service
	Agency AgencyID  `json:"agency"` // that is asked
	Round  int       `json:"round"`
	Change string    `json:"change"` // "sent", "answered", "recalled", "closed", "late"
	Due    string    `json:"due,omitempty"`
	Name   Text      `json:"name,omitzero"` // of the agency that is asked
	Task   Text      `json:"task,omitzero"`
	Files  []string  `json:"files,omitempty"` // SHA-256 of what is attached to an opinion
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (UnitTask) EventName() string { return "casework.unit.v1" }
