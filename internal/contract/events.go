package contract

import "time"

// Events: past tense with a version. Ids and facts; no personal data beyond
// the subject's id. New optional fields are fine; anything else is a v2.

// CaseMoved is recorded for each transition of a case (domain: process record).
type CaseMoved struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Item   ItemID    `json:"item"`
	Agency AgencyID  `json:"agency"`
	Action string    `json:"action"` // submit, accept, correct, refuse, review, countersign, approve, deny, complete, deliver, withdraw, ...
	From   string    `json:"from"`
	To     string    `json:"to"`
	Deemed bool      `json:"deemed,omitempty"` // by law, not by a person
	Due    string    `json:"due,omitempty"`    // the next day something must have happened
	Notify AccountID `json:"notify"`           // the applicant's account
	Step   int       `json:"step"`
	Parent CaseID    `json:"parent,omitempty"` // the bundle's case that this one is a part of
	Until  string    `json:"until,omitempty"`  // of a pause: the day it is expected to end
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CaseMoved) EventName() string { return "casework.moved.v1" }

// LicenceIssued says that a licence is signed and valid.
type LicenceIssued struct {
	Licence    LicenceID `json:"licence"`
	Case       CaseID    `json:"case"`
	Number     string    `json:"number"`
	Identifier string    `json:"identifier"`
	Holder     string    `json:"holder"` // subject id
	Blob       BlobID    `json:"blob"`
	At         time.Time `json:"at"`
	Effect     string    `json:"effect,omitempty"` // LicenceIssue, LicenceChange or LicenceRenew
	Version    int       `json:"version,omitempty"`
}

// EventName is the event's wire name.
func (LicenceIssued) EventName() string { return "licence.issued.v1" }

// LicenceChanged is recorded when a licence is suspended, resumed, withdrawn,
// revoked, cancelled or superseded by a newer version.
type LicenceChanged struct {
	Licence    LicenceID `json:"licence"`
	Case       CaseID    `json:"case"`
	Number     string    `json:"number"`
	Identifier string    `json:"identifier"`
	Holder     string    `json:"holder"` // subject id
	From       string    `json:"from"`
	To         string    `json:"to"`
	Basis      string    `json:"basis"` // article of law
	At         time.Time `json:"at"`
}

// EventName is the event's wire name.
func (LicenceChanged) EventName() string { return "licence.changed.v1" }

// LicenceUsed is recorded when somebody shows, verifies, downloads or opens a
// licence; uses of one kind within a minute are one event.
type LicenceUsed struct {
	Licence LicenceID `json:"licence"`
	Kind    string    `json:"kind"`    // present, verify, download, read, use, copy
	Channel string    `json:"channel"` // qr, form, file, api, page
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (LicenceUsed) EventName() string { return "licence.used.v1" }

// PersonalDataRead is recorded for each read of personal data.
type PersonalDataRead struct {
	Subject string   `json:"subject"` // id of the person or company it is about
	What    []string `json:"what"`    // kinds of data: "answers", "materials", "phone"
	Case    CaseID   `json:"case,omitempty"`
	Purpose string   `json:"purpose"` // "review", "acceptance", ...
	Basis   string   `json:"basis"`   // legal basis
	// Of a look-up in registries: for which service, in which, for which draft,
	// and which of them did not answer.
	Item       ItemID    `json:"item,omitempty"`
	Registries []string  `json:"registries,omitempty"`
	Draft      DraftID   `json:"draft,omitempty"`
	Down       []string  `json:"down,omitempty"`
	At         time.Time `json:"at"`
}

// EventName is the event's wire name.
func (PersonalDataRead) EventName() string { return "data.read.v1" }

// SupervisionRaised is recorded when electronic supervision raises a card on a
// case: a deadline passed, a second correction notice, and the like.
type SupervisionRaised struct {
	Case   CaseID   `json:"case"`
	Number string   `json:"number"`
	Item   ItemID   `json:"item"`
	Agency AgencyID `json:"agency"`
	Rule   string   `json:"rule"`           // "deemed", "promised", "legal", "second_notice", "two_yellow"
	Light  string   `json:"light"`          // "yellow" or "red"
	Unit   AgencyID `json:"unit,omitempty"` // whose card it is, where it is another agency's
	Card   string   `json:"card,omitempty"` // id
	// Handler is who had the case, "" where nobody had; ExplainBy the last day on which
	// the card is explained.
	Handler   AccountID `json:"handler,omitempty"`
	ExplainBy string    `json:"explain_by,omitempty"`
	At        time.Time `json:"at"`
}

// EventName is the event's wire name.
func (SupervisionRaised) EventName() string { return "casework.supervision.v1" }

// DeadlineMoved is recorded when a running deadline changes without a step of
// the case: the calendar changed.
type DeadlineMoved struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Clock  string    `json:"clock"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Reason string    `json:"reason"`
	Notify AccountID `json:"notify"`
	At     time.Time `json:"at"`
	// Of is the unit, the material or the objection whose day it is, where it is not
	// the day of the case; Clock is then "opinion", "owed" or "objection".
	Of string `json:"of,omitempty"`
}

// EventName is the event's wire name.
func (DeadlineMoved) EventName() string { return "casework.deadline.v1" }

// BarLifted is recorded when the head of an agency lifts the bar that followed
// from a broken commitment: the applicant may commit for the service again.
type BarLifted struct {
	Case   CaseID    `json:"case"` // whose commitment was broken
	Number string    `json:"number"`
	Item   ItemID    `json:"item"`
	Agency AgencyID  `json:"agency"`
	Notify AccountID `json:"notify"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (BarLifted) EventName() string { return "casework.bar_lifted.v1" }

// PhraseChanged is recorded when a text template of an agency is made, changed or
// dropped.
type PhraseChanged struct {
	Phrase string    `json:"phrase"`
	Agency AgencyID  `json:"agency"`
	Change string    `json:"change"` // made, changed, dropped
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (PhraseChanged) EventName() string { return "casework.phrase.v1" }

// CaseRated is recorded for each rating. Satisfaction is the exchange code of
// GB/T 39046 A.8: 1 is best, 5 is worst.
type CaseRated struct {
	Case         CaseID    `json:"case"`
	Item         ItemID    `json:"item"`
	Agency       AgencyID  `json:"agency"`
	Satisfaction int       `json:"satisfaction"`
	Default      bool      `json:"default"`
	At           time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CaseRated) EventName() string { return "rating.given.v1" }

// CalendarChanged says that the working-day table of a region changed; open
// deadlines are recomputed.
type CalendarChanged struct {
	Region string    `json:"region"`
	Year   int       `json:"year"`
	Days   []string  `json:"days"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CalendarChanged) EventName() string { return "calendar.changed.v1" }

// ServicePublished says that a new version of a service is in force.
type ServicePublished struct {
	Item    ItemID    `json:"item"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ServicePublished) EventName() string { return "catalog.published.v1" }

// JobRetried is recorded when an operator makes a job due again that was given up.
type JobRetried struct {
	Job string    `json:"job"`
	At  time.Time `json:"at"`
}

// EventName is the event's wire name.
func (JobRetried) EventName() string { return "operation.job_retried.v1" }

// SignatureAsked is recorded when an application waits for somebody's signature.
type SignatureAsked struct {
	Draft   DraftID   `json:"draft"`
	Item    ItemID    `json:"item"`
	Signer  string    `json:"signer"`
	Notify  AccountID `json:"notify"` // the signer; "" where no account is known yet
	Remind  bool      `json:"remind,omitempty"`
	At      time.Time `json:"at"`
	Expires time.Time `json:"expires"`
}

// EventName is the event's wire name.
func (SignatureAsked) EventName() string { return "form.signature_asked.v1" }

// SignatureGiven is recorded when a signer signs or declines.
type SignatureGiven struct {
	Draft    DraftID   `json:"draft"`
	Item     ItemID    `json:"item"`
	Signer   string    `json:"signer"`
	Declined bool      `json:"declined,omitempty"`
	Last     bool      `json:"last,omitempty"` // nothing is missing any more
	Notify   AccountID `json:"notify"`         // the applicant's account
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (SignatureGiven) EventName() string { return "form.signature_given.v1" }

// Reasons why an application stopped waiting for signatures.
const (
	SigningRecalled = "recalled" // by the applicant
	SigningExpired  = "expired"
	SigningStale    = "stale" // a condition does not hold any more: the applicant must look again
)

// SigningEnded is recorded when an application no longer waits for signatures
// without having been submitted. Signatures given are void.
type SigningEnded struct {
	Draft   DraftID     `json:"draft"`
	Item    ItemID      `json:"item"`
	Reason  string      `json:"reason"`
	Notify  AccountID   `json:"notify"`            // the applicant's account
	Signers []AccountID `json:"signers,omitempty"` // who had signed or declined
	At      time.Time   `json:"at"`
}

// EventName is the event's wire name.
func (SigningEnded) EventName() string { return "form.signing_ended.v1" }

// DraftChanged is recorded for each change of an application that somebody
// writes for another, under the right it rests on.
type DraftChanged struct {
	Draft DraftID   `json:"draft"`
	Item  ItemID    `json:"item"`
	What  []string  `json:"what"` // ids of fields and materials, or "started", "sent", "recalled", "deleted"
	At    time.Time `json:"at"`
}

// EventName is the event's wire name.
func (DraftChanged) EventName() string { return "form.draft_changed.v1" }

// MessageSent is recorded for each message within a case. The words stay in the case.
type MessageSent struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Item   ItemID    `json:"item"`
	Notify AccountID `json:"notify"` // the applicant, where staff wrote to them; "" otherwise
	At     time.Time `json:"at"`

	Agency  AgencyID `json:"agency,omitempty"`  // that handles the case
	Message string   `json:"message,omitempty"` // id
	Thread  string   `json:"thread,omitempty"`  // ThreadApplicant or ThreadInternal
	From    string   `json:"from,omitempty"`    // "applicant" or "staff"
	Files   []string `json:"files,omitempty"`   // SHA-256 of what is attached
}

// EventName is the event's wire name.
func (MessageSent) EventName() string { return "casework.message.v1" }

// MandateChanged is recorded when a right to act for another is offered,
// accepted, declined, revoked or ends.
type MandateChanged struct {
	Mandate string    `json:"mandate"`
	Kind    string    `json:"kind"` // "company", "person" or "ward"
	Subject string    `json:"subject"`
	Agent   AccountID `json:"agent"`
	State   string    `json:"state"`  // offered, active, declined, revoked
	Notify  AccountID `json:"notify"` // the other side
	At      time.Time `json:"at"`
	// Asked is set where the agent began. Level is the real-name level of who did
	// this step.
	Asked bool     `json:"asked,omitempty"`
	Role  string   `json:"role,omitempty"` // agent, operator, administrator
	Items []string `json:"items,omitempty"`
	From  string   `json:"from,omitempty"` // days
	To    string   `json:"to,omitempty"`
	Level int      `json:"level,omitempty"`
}

// EventName is the event's wire name.
func (MandateChanged) EventName() string { return "identity.mandate.v1" }

// MaterialDue is recorded a while before an owed material or a commitment's
// verification is due, and when the day has passed.
type MaterialDue struct {
	Case     CaseID    `json:"case"`
	Number   string    `json:"number"`
	Item     ItemID    `json:"item"`
	Material string    `json:"material"`
	Due      string    `json:"due"`
	Passed   bool      `json:"passed,omitempty"`
	Notify   AccountID `json:"notify"`
	At       time.Time `json:"at"`
	Name     Text      `json:"name"` // of the material
	Left     int       `json:"left"` // working days
}

// EventName is the event's wire name.
func (MaterialDue) EventName() string { return "casework.material_due.v1" }

// Threads of messages in a case.
const (
	ThreadApplicant = "applicant" // between the applicant and the agency
	ThreadInternal  = "internal"  // between the agencies that work on the case
)

// MaterialVerified is recorded when an official compared a material with its
// original: its copy has trust level B from then on.
type MaterialVerified struct {
	Case     CaseID    `json:"case"`
	Material string    `json:"material"` // id in the service package
	File     string    `json:"file"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (MaterialVerified) EventName() string { return "casework.material_verified.v1" }

// ObjectionMade is recorded when an applicant objects to a step of a case (异议).
type ObjectionMade struct {
	Case      CaseID    `json:"case"`
	Number    string    `json:"number"`
	Item      ItemID    `json:"item"`
	Agency    AgencyID  `json:"agency"`
	Objection string    `json:"objection"` // id
	Action    string    `json:"action"`    // of the step: refuse, deny, correct, withdraw
	Due       string    `json:"due"`       // day by which the agency answers
	At        time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ObjectionMade) EventName() string { return "casework.objection.v1" }

// ObjectionAnswered is recorded when the agency answers an objection.
type ObjectionAnswered struct {
	Case      CaseID    `json:"case"`
	Number    string    `json:"number"`
	Item      ItemID    `json:"item"`
	Agency    AgencyID  `json:"agency"`
	Objection string    `json:"objection"`
	Result    string    `json:"result"` // "kept" or "changed"
	Notify    AccountID `json:"notify"`
	At        time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ObjectionAnswered) EventName() string { return "casework.objection_answered.v1" }

// RenewalPending is recorded when the renewal of a licence is applied for: not
// decided by the licence's last day, it counts as granted if it was applied for
// thirty days before (Licensing Law art. 50).
type RenewalPending struct {
	Licence LicenceID `json:"licence"`
	Case    CaseID    `json:"case"`
	Applied string    `json:"applied"` // day
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (RenewalPending) EventName() string { return "casework.renewal_pending.v1" }

// LicenceExpiring is recorded a while before the last day of a licence that is
// not renewed yet.
type LicenceExpiring struct {
	Licence LicenceID `json:"licence"`
	Case    CaseID    `json:"case"` // that granted it
	Number  string    `json:"number"`
	Name    Text      `json:"name"`
	Holder  string    `json:"holder"` // subject id
	LastDay string    `json:"last_day"`
	Left    int       `json:"left"` // days
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (LicenceExpiring) EventName() string { return "licence.expiring.v1" }

// AccountChanged says what an administrator did to an account.
type AccountChanged struct {
	Account AccountID `json:"account"`
	What    string    `json:"what"` // created, made_at_counter, AccountLocked, unlocked, factor_reset, password_link, password_set, AccountPost
	At      time.Time `json:"at"`
	// Post is what a member of staff is from now on, of AccountPost; nil is nothing.
	Post *Official `json:"post,omitempty"`
}

// What happens to an account that others have to heed.
const (
	AccountLocked = "locked" // nobody can sign in to it any more
	AccountPost   = "post"   // a member of staff has another post, other roles in it, or none any more
)

// EventName is the event's wire name.
func (AccountChanged) EventName() string { return "identity.account_changed.v1" }
