package contract

// VisitSpec says what officials look at where an application is about a place
// (现场核查), two of them at least (Licensing Law art. 34(3)).
type VisitSpec struct {
	// Required says that nothing is granted before a visit was passed. Where the
	// applicant committed, the place is looked at after the grant instead (告知承诺制).
	Required bool `json:"required" yaml:"required"`
	// Prepare tells the applicant what to have ready.
	Prepare Text `json:"prepare" yaml:"prepare"`
	// Checklist is what is looked at. Without one the record is free text: no list
	// is made up for a service.
	Checklist []CheckItem `json:"checklist" yaml:"checklist"`
}

// Kinds of a line of a checklist.
const (
	CheckPass   = "pass"   // passed, failed, or does not apply
	CheckNumber = "number" // measured; Limit says what passes
	CheckText   = "text"   // described
)

// CheckItem is one thing that officials look at on a visit.
type CheckItem struct {
	ID    string `json:"id" yaml:"id"`
	Text  Text   `json:"text" yaml:"text"`
	Kind  string `json:"kind" yaml:"kind"`
	Unit  Text   `json:"unit" yaml:"unit"`
	Limit Limit  `json:"limit" yaml:"limit"`
	Photo bool   `json:"photo,omitempty" yaml:"photo"` // at least one photo is needed
	Law   LawRef `json:"law" yaml:"law"`
}

// HearingSpec says that a matter is heard before it is decided, one way or the other.
type HearingSpec struct {
	// Kind is HearingMust or HearingOffer.
	Kind string `json:"kind" yaml:"kind"`
	// When says for which applications, in CEL over answers and findings; empty is all.
	When string `json:"when,omitempty" yaml:"when"`
	// Why tells the parties what it is about.
	Why Text `json:"why" yaml:"why"`
	// Law is the provision that asks for it.
	Law LawRef `json:"law" yaml:"law"`
}

// Kinds of a hearing that a service asks for.
const (
	// HearingMust is one that law, regulation or rule prescribes, or the public
	// interest asks for (Licensing Law art. 46): announced and held, whoever asks or not.
	HearingMust = "must"
	// HearingOffer is one on request (art. 47): the right to it is told first, and
	// whoever has it may give it up or let the five days pass.
	HearingOffer = "offer"
)

// Deciding is a decision that may have to wait for what is still to be found out.
type Deciding struct {
	Grant   bool   // else a denial
	Visit   bool   // the service asks for a site visit before a grant
	Hearing string // kind of the hearing that the case needs, "" for none
}

// InquiryCase is what an inquiry must know of its case.
type InquiryCase struct {
	CaseFacts

	Visits *VisitSpec // of the service; nil where it says nothing of visits
	// Hearing is the one that the service asks for in this case; nil for none.
	Hearing *HearingSpec
	// Committed says that the applicant committed: the place is looked at afterwards.
	Committed bool
	Review    bool // the case is reviewed now: nothing is decided yet
	Open      bool // nothing has ended it
	// Handlers are the officials who reviewed the case or hold it now: none of them
	// presides over its hearing (Licensing Law art. 48(3)).
	Handlers []AccountID
	// Concerned have a part in the case, or declared a conflict of interest.
	Concerned []AccountID
	// Specials are the special procedures that the service may start, by kind.
	Specials []SpecialSpec
	// Materials are the files that were handed in, for experts to be given.
	Materials []Material
	// Titles say what each of them is, by file: names that people give their files
	// tell nothing.
	Titles map[string]Text
}

// Official is one member of an agency's staff.
type Official struct {
	ID       AccountID `json:"id"`
	Name     string    `json:"name"`
	Agency   AgencyID  `json:"agency"`
	Division string    `json:"division"`
	Roles    []string  `json:"roles"`
}

// InquiryTask is what an inquiry asks of an official.
type InquiryTask struct {
	Inquiry  string
	Kind     string // "visit", "hearing", "review", "errand"
	Case     CaseID
	Number   string
	ItemName Text
	Who      AccountID // whose it is: the one who asks, or whom they stand in for
	// Do is what is to be done: "go", "answer", "record", "sign", "others" and
	// "corrections" of visits, "arrange", "preside", "record" and "objection" of
	// hearings, "panel", "opinions", "close" and "report" of reviews and errands.
	Do   string
	Day  string // of the appointment, "" for none
	Slot string // "09:00-11:00"
	Due  string // last day of the next step, "" for none
	Now  bool   // it is to be done today
}
