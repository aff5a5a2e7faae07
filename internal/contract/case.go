package contract

import "time"

// Submission is a finished application, handed from the form to casework in
// one transaction. Key makes it idempotent: the same key is the same case.
type Submission struct {
	Key       string // the draft's id
	Item      ItemID
	Version   int
	Applicant Party
	Operator  AccountID // who pressed the button
	Answers   Answers
	Materials []Material
	// Instant is set when the service's own rules allow a grant at once, with
	// the trace in plain words. Automation may grant, never deny.
	Instant bool
	Trace   []Text
	At      time.Time
}

// Held is one fact that the government already has: shown with its source
// instead of asked.
type Held struct {
	Value  string `json:"value"`
	Source Text   `json:"source"` // "business licence, market regulation bureau"
	At     string `json:"at"`     // day on which it was registered or last checked
}

// Answers are typed form answers by field id: string, bool, int64, float64,
// []string, "2006-01-02" dates. Fields that do not apply are absent.
type Answers map[string]any

// Receipt is what the applicant gets for a submission.
type Receipt struct {
	Case      CaseID
	Number    string // 25 digits with check digit
	QueryCode string // for progress without sign-in
	At        time.Time
	// AcceptBy is the day by which the agency must say whether the papers are complete.
	AcceptBy string
}

// Mark is one thing that an applicant must correct.
type Mark struct {
	Kind   string `json:"kind"` // "field" or "material"
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Correction is what a case still needs, for the form to ask: only the marked
// fields and materials are open.
type Correction struct {
	Case      CaseID
	Item      ItemID
	Version   int
	Applicant Party
	Marks     []Mark
	Answers   Answers
	Materials []Material
	DueBy     string
}

// LicenceRequest asks for a licence in the transaction of the decision.
type LicenceRequest struct {
	Case       CaseID
	CaseNumber string
	Item       ItemID
	Spec       LicenceSpec
	Holder     Party
	Agency     Agency
	Face       []FaceLine // evaluated
	ValidFrom  string
	At         time.Time
}

// FaceLine is one line printed on a licence.
type FaceLine struct {
	Label  Text   `json:"label"`
	Value  string `json:"value"`
	Public bool   `json:"public"`
}

// CaseFacts is what other areas may ask of a case.
type CaseFacts struct {
	ID        CaseID
	Number    string
	Item      ItemID
	ItemName  Text
	Agency    AgencyID
	Division  string
	Applicant Party
	Operator  AccountID
	State     string
	Ended     bool // completed: it may be rated
}
