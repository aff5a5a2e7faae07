package contract

import "time"

// How somebody confirms at a window what was entered for them there: it stands
// where the signature under a paper application stood.
const (
	ConfirmPaper = "paper" // read in print and signed by hand
	ConfirmDrawn = "drawn" // read and signed on the screen of the window
)

// Confirmed is the confirmation of a person who came, with the clerk as witness.
// The signature itself is kept sealed by the area that took it.
type Confirmed struct {
	Method    string    `json:"method"`
	Name      string    `json:"name"`    // of who confirmed
	Account   AccountID `json:"account"` // of the same
	Mark      string    `json:"-"`       // path of a drawn signature
	Sheet     *Material `json:"-"`       // scan of the signed sheet
	Session   string    `json:"session"`
	Hall      Text      `json:"hall"`
	Window    string    `json:"window"`
	Clerk     AccountID `json:"clerk"`
	ClerkName string    `json:"clerk_name"`
	At        time.Time `json:"at"`
}

// Seen says who compared a material with its original at a window, and when.
type Seen struct {
	By     AccountID `json:"by"`
	ByName string    `json:"by_name"`
	Agency Text      `json:"agency"` // of the hall
	At     time.Time `json:"at"`
}

// What happened to the paper original of a material that was shown at a window.
const (
	PaperKept     = "kept"     // it goes on with the case
	PaperReturned = "returned" // the person has it again
)

// What a clerk at a counter may do with an application taken in there, as the
// service says (Handling.Counter).
const (
	CounterNone   = ""       // take it in
	CounterAccept = "accept" // and accept it for the agency that handles it
)

// PersonConfirmed is recorded when somebody confirms at a window what the clerk
// entered for them.
type PersonConfirmed struct {
	Draft   DraftID   `json:"draft,omitempty"`
	Case    CaseID    `json:"case,omitempty"`
	What    string    `json:"what"` // "application", "correction", "signature" or "withdraw"
	Method  string    `json:"method"`
	Account AccountID `json:"account"`
	Session string    `json:"session"`
	Window  string    `json:"window"`
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (PersonConfirmed) EventName() string { return "form.person_confirmed.v1" }

// MaterialOnPaper is recorded when the original of a material stays at a counter,
// to go on to who handles the case (交接).
type MaterialOnPaper struct {
	Case     CaseID    `json:"case"`
	Number   string    `json:"number"`
	Item     ItemID    `json:"item"`
	Material string    `json:"material"` // id in the service
	File     string    `json:"file"`
	Name     Text      `json:"name"`
	Agency   AgencyID  `json:"agency"`   // that handles the case
	TakenBy  AgencyID  `json:"taken_by"` // that runs the hall
	Session  string    `json:"session"`
	Window   string    `json:"window"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (MaterialOnPaper) EventName() string { return "casework.material_on_paper.v1" }
