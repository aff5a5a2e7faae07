package contract

import "time"

// InquiryChanged is recorded when an inquiry of a case moves: a site visit, a
// hearing, an expert review or another special procedure.
type InquiryChanged struct {
	Inquiry string   `json:"inquiry"`
	Kind    string   `json:"kind"` // "visit", "hearing", "review" or "errand"
	Case    CaseID   `json:"case"`
	Number  string   `json:"number"`
	Item    ItemID   `json:"item"`
	Agency  AgencyID `json:"agency"`
	// Change is what happened: "planned", "confirmed", "asked", "moved", "signed"...
	Change   string `json:"change"`
	State    string `json:"state"`
	Revision int64  `json:"revision"`
	Day      string `json:"day,omitempty"`  // of the appointment or the deadline
	Slot     string `json:"slot,omitempty"` // "09:00-11:00"
	Result   string `json:"result,omitempty"`
	// Notify is told; "" where nobody is.
	Notify AccountID `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (InquiryChanged) EventName() string { return "inquiry.changed.v1" }

// ExpertChanged is recorded when an expert is put on an agency's roster, changed
// or taken off it.
type ExpertChanged struct {
	Expert string    `json:"expert"`
	Agency AgencyID  `json:"agency"`
	Change string    `json:"change"` // "added", "changed", "dropped"
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ExpertChanged) EventName() string { return "inquiry.expert.v1" }
