package contract

import "time"

// FindingsEntered is recorded when an official enters what was found in a stage of
// handling; what it is stands in the case.
type FindingsEntered struct {
	Case      CaseID    `json:"case"`
	Stage     string    `json:"stage"`
	Fields    []string  `json:"fields"`
	Corrected []string  `json:"corrected,omitempty"` // of them, those that were found otherwise before
	At        time.Time `json:"at"`
}

// EventName is the event's wire name.
func (FindingsEntered) EventName() string { return "casework.findings.v1" }

// CardExplained is recorded when the agency explains a card of supervision, and asks
// to have it cancelled if Appealed is set.
type CardExplained struct {
	Case     CaseID    `json:"case"`
	Number   string    `json:"number"`
	Card     string    `json:"card"`
	Agency   AgencyID  `json:"agency"`
	Appealed bool      `json:"appealed"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CardExplained) EventName() string { return "casework.card_explained.v1" }

// CardRuled is recorded when a supervisor keeps or cancels a card (销牌).
type CardRuled struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Card   string    `json:"card"`
	Agency AgencyID  `json:"agency"`
	Ruling string    `json:"ruling"` // "kept" or "cancelled"
	Notify string    `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CardRuled) EventName() string { return "casework.card_ruled.v1" }
