package contract

import (
	"maps"
	"time"
)

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

	Agent Agent // who filed it for the applicant; zero is oneself
	// Counter is where it was taken in, where somebody came in person. Operator is
	// then the account of who came, not the clerk's.
	Counter Counter
	// Originals are the files that the clerk compared with their originals there.
	Originals []string
	// Confirmed is how the person who came confirmed it there.
	Confirmed *Confirmed
	// Signatures are those of the signers, all of them: a submission without one
	// that the service asks for does not exist.
	Signatures []Signature
	// Committed is set when the applicant chose to commit (告知承诺制).
	Committed *Committed
	// Disputes are held data that the applicant says are wrong, with the answer
	// given instead; Unchecked are fields and materials asked for because a
	// registry was down, to be checked by the handler.
	Disputes  []Dispute
	Unchecked []string
	// Parts are the applications for the services of a bundle, those that apply.
	Parts []PartSubmission
}

// PartSubmission is the application for one part of a bundle, in the ids of the
// part's own form.
type PartSubmission struct {
	Part      string // id
	Item      ItemID
	Version   int
	Answers   Answers
	Materials []Material
	Committed *Committed
	// Instant and Trace are as in Submission, by the part's own rule.
	Instant bool
	Trace   []Text
}

// Signature is one signer's consent.
type Signature struct {
	Signer  string    `json:"signer"` // id of the SignerSpec; "<id>/<row>" in a group
	Account AccountID `json:"account"`
	Name    string    `json:"name"`
	Method  string    `json:"method"` // "keyed" or "drawn"
	At      time.Time `json:"at"`
}

// Committed records that an applicant committed and to what.
type Committed struct {
	At        time.Time `json:"at"`
	Content   []Text    `json:"content"`
	Liability []Text    `json:"liability"`
	VerifyBy  string    `json:"verify_by,omitempty"` // set by the case: from the decision
}

// Dispute is a held datum that the applicant says is wrong.
type Dispute struct {
	Field  string `json:"field"`
	Key    string `json:"key"` // "company.address"
	Source Text   `json:"source"`
	Reason string `json:"reason"`
}

// Lookup asks the registries for what an application needs, no more.
type Lookup struct {
	Subject Party
	Keys    []string // "company.name", "marriage.spouse_name"
	Item    ItemID
	Object  string // "draft:<id>" or "case:<id>"
	Purpose string // "prefill", "check"
	Basis   string // in law
	// Consent is set when the person agreed to a look at sensitive data on a page
	// of their own.
	Consent bool
}

// Known is what the registries answered.
type Known struct {
	Facts map[string]Held
	// Down are the keys whose registry did not answer: ask, and check later.
	Down []string
}

// HeldLicence is a valid e-licence of an applicant, as forms offer it.
type HeldLicence struct {
	ID         LicenceID         `json:"id"`
	TypeCode   string            `json:"type_code"`
	Name       Text              `json:"name"`
	Number     string            `json:"number"`
	Identifier string            `json:"identifier"`
	Agency     Text              `json:"agency"`
	From       string            `json:"from"`
	To         string            `json:"to"`
	Face       map[string]string `json:"face"` // by id of the licence line
}

// Names by which rules read the first and last day of a licence; a line of a face
// has none of them.
const (
	LicenceFrom = "valid_from"
	LicenceTo   = "valid_to"
)

// Lines returns the face by line with the days of validity, "" where it is
// without end: what rules see as licence.
func (l HeldLicence) Lines() map[string]string {
	out := maps.Clone(l.Face)
	if out == nil {
		out = map[string]string{}
	}
	out[LicenceFrom], out[LicenceTo] = l.From, l.To
	return out
}

// Copy is a verified copy in an earlier case of the applicant.
type Copy struct {
	Material Material
	Name     Text // of the material in that case
	Case     string
	Checked  string // day on which it was verified
	Element  string // MaterialSpec.Element of the material in that case
}

// Held is one fact that the government already has: shown with its source
// instead of asked.
type Held struct {
	Value  string `json:"value"`
	Source Text   `json:"source"` // "business licence, market regulation bureau"
	At     string `json:"at"`     // day on which it was registered or last checked
	// Registry is the connector that answered; Rows is the answer to a group.
	Registry string           `json:"registry,omitempty"`
	Rows     []map[string]any `json:"rows,omitempty"`
}

// Answers are typed form answers by field id, as Field says for each kind.
// Fields that do not apply are absent.
type Answers map[string]any

// Receipt is what the applicant gets for a submission.
type Receipt struct {
	Case      CaseID
	Number    string // 25 digits with check digit
	QueryCode string // for progress without sign-in
	At        time.Time
	// AcceptBy is the day by which the agency must say whether the papers are complete.
	AcceptBy string
	// ForwardBy is the day by which the place that took it in sends the papers on,
	// where another place handles the case: then the time for acceptance begins
	// there, and AcceptBy is not known yet.
	ForwardBy string
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
	// Prior is the licence that a change, renewal or cancellation acts on.
	Prior LicenceID
}

// FaceLine is one line printed on a licence.
type FaceLine struct {
	ID     string `json:"id,omitempty"` // of the LicenceLine, for forms that read the face
	Label  Text   `json:"label"`
	Value  string `json:"value"`
	Public bool   `json:"public"`
}

// CaseFacts is what other areas may ask of a case.
type CaseFacts struct {
	ID       CaseID
	Number   string
	Item     ItemID
	ItemName Text
	Agency   AgencyID
	// AgencyName is who handles the case, and so who decides, revokes, cancels.
	AgencyName Text
	Division   string
	Applicant  Party
	Operator   AccountID
	State      string
	Ended      bool   // completed: it may be rated
	Delivery   string // DeliverElectronic and so on; for who works at the shelf
	Parent     CaseID // of a part of a bundle or the task of a unit
}
