package contract

import "time"

// CaseRehandled is recorded when a running case is moved to other versions of its
// handling (迁移在办件): of the service, of its procedure.
type CaseRehandled struct {
	Case        CaseID `json:"case"`
	Number      string `json:"number"`
	Item        ItemID `json:"item"`
	Plan        string `json:"plan"` // id of the plan that was approved
	FromVersion int    `json:"from_version"`
	FromEdition int    `json:"from_edition"`
	ToVersion   int    `json:"to_version"`
	ToEdition   int    `json:"to_edition"`
	// Earlier says that the day of the case comes earlier: it is Due now.
	Earlier bool   `json:"earlier,omitempty"`
	Due     string `json:"due,omitempty"`
	// Asked and Released are agencies that are asked for an opinion by the move, and
	// that are no longer.
	Asked    []AgencyID `json:"asked,omitempty"`
	Released []AgencyID `json:"released,omitempty"`
	// Notify is the applicant's account, where the day or the agencies changed.
	Notify AccountID `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CaseRehandled) EventName() string { return "casework.rehandled.v1" }

// MovePlanned is recorded when a plan to move running cases is made, approved or
// dropped.
type MovePlanned struct {
	Plan        string    `json:"plan"`
	Agency      AgencyID  `json:"agency"`
	Item        ItemID    `json:"item,omitempty"` // "" is every service of the procedure
	Procedure   string    `json:"procedure"`
	Change      string    `json:"change"` // planned, approved, dropped
	FromVersion int       `json:"from_version"`
	FromEdition int       `json:"from_edition"`
	ToVersion   int       `json:"to_version"`
	ToEdition   int       `json:"to_edition"`
	Cases       int       `json:"cases"`
	Movable     int       `json:"movable"`
	Reason      string    `json:"reason"`
	At          time.Time `json:"at"`
}

// EventName is the event's wire name.
func (MovePlanned) EventName() string { return "casework.move.v1" }
