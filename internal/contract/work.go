package contract

import "time"

// Why a case changed hands.
const (
	HeldClaimed   = "claimed"   // taken from the queue of the unit
	HeldActed     = "acted"     // whoever acts first holds it
	HeldNext      = "next"      // was the most urgent when somebody asked for work
	HeldTaken     = "taken"     // taken over by the head or the deputy
	HeldAssigned  = "assigned"  // by the head or an approver
	HeldHanded    = "handed"    // to a colleague
	HeldRule      = "rule"      // given out by the rule of the agency
	HeldReleased  = "released"  // put back
	HeldStage     = "stage"     // the stage is done
	HeldAbsent    = "absent"    // the holder is absent and has no deputy
	HeldGone      = "gone"      // the holder's account is locked: they left, or may not act
	HeldConflict  = "conflict"  // the holder has a conflict of interest
	HeldWithdrawn = "withdrawn" // the holder was ordered to withdraw
)

// CaseHeld is recorded when a case comes into other hands: From and To are accounts
// of officials, "" is the queue of the unit.
type CaseHeld struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Agency AgencyID  `json:"agency"`
	Stage  string    `json:"stage"`
	From   AccountID `json:"from,omitempty"`
	To     AccountID `json:"to,omitempty"`
	Why    string    `json:"why"`              // HeldClaimed, ...
	Deputy AccountID `json:"deputy,omitempty"` // the absent official for whom the actor acted
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CaseHeld) EventName() string { return "casework.held.v1" }

// OfficialWithdrew is recorded when an official is kept from a case for a conflict
// of interest (回避): declared, ordered by the head, or asked for by the applicant.
type OfficialWithdrew struct {
	Case     CaseID    `json:"case"`
	Number   string    `json:"number"`
	Agency   AgencyID  `json:"agency"`
	Official AccountID `json:"official"`
	How      string    `json:"how"` // "declared", "ordered", "asked"
	// Void says that a review of the official does not count any more.
	Void bool `json:"void,omitempty"`
	// Nobody says that no colleague is left who can take the case.
	Nobody bool      `json:"nobody,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (OfficialWithdrew) EventName() string { return "casework.withdrew.v1" }

// WithdrawalAsked is recorded when an applicant asks that an official withdraws
// from the case (申请回避).
type WithdrawalAsked struct {
	Case    CaseID    `json:"case"`
	Number  string    `json:"number"`
	Agency  AgencyID  `json:"agency"`
	Request string    `json:"request"`
	Due     string    `json:"due"`
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (WithdrawalAsked) EventName() string { return "casework.withdrawal_asked.v1" }

// WithdrawalAnswered is recorded when it is decided whether the official withdraws.
type WithdrawalAnswered struct {
	Case    CaseID    `json:"case"`
	Number  string    `json:"number"`
	Item    ItemID    `json:"item"`
	Request string    `json:"request"`
	Result  string    `json:"result"` // "granted" or "refused"
	Notify  AccountID `json:"notify"`
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (WithdrawalAnswered) EventName() string { return "casework.withdrawal_answered.v1" }

// AbsenceChanged is recorded when an absence of an official is entered, given
// another deputy, ended early or cancelled.
type AbsenceChanged struct {
	Absence  string    `json:"absence"`
	Official AccountID `json:"official"`
	Agency   AgencyID  `json:"agency"`
	Change   string    `json:"change"` // "entered", "deputy", "ended", "cancelled"
	From     string    `json:"from"`
	To       string    `json:"to"`
	Deputy   AccountID `json:"deputy,omitempty"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (AbsenceChanged) EventName() string { return "casework.absence.v1" }

// WorkRuleSet is recorded when the head of an agency says how new cases of a stage
// are given out.
type WorkRuleSet struct {
	Agency AgencyID  `json:"agency"`
	Stage  string    `json:"stage"`
	How    string    `json:"how"` // "queue", "turns", "fewest"
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (WorkRuleSet) EventName() string { return "casework.work_rule.v1" }

// Kinds of what officials are told about.
const (
	DutyCard       = "card"       // a card that Handler has to explain
	DutyRedCard    = "red_card"   // and who answers for the agency with them
	DutyObjection  = "objection"  // to be answered
	DutyOpinion    = "opinion"    // asked of Agency
	DutyOverdue    = "overdue"    // an opinion that another agency owes too long
	DutyWithdrawal = "withdrawal" // a request to be answered
	DutyHands      = "hands"      // a case that came into the hands of Handler
)

// Duty is something about a case that officials are told: who of them, the area of
// cases knows.
type Duty struct {
	Kind    string
	Case    CaseID
	Agency  AgencyID  // whose officials
	Handler AccountID // of a card, or into whose hands a case came
	Of      string    // id of the objection, of the request, or of the unit's task
}
