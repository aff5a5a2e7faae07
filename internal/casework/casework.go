// Package casework handles cases (办件): what a person asks of government,
// worked under a statutory procedure from submission to delivery.
//
// The law it serves is the Administrative Licensing Law (行政许可法), articles 32
// to 44: acceptance within five working days or deemed acceptance, one notice of
// all corrections, two officials where the law asks for them, a decision in
// time, reasons and remedies with every denial. States, actions and clocks are
// data of package statute; this package keeps the cases, asks the policy who may
// act, and records each step, its event, its document and its clock entries in
// one transaction.
//
// Events out: contract.CaseMoved per step, contract.PersonalDataRead,
// contract.SupervisionRaised, contract.DeadlineMoved. Events in:
// contract.LicenceIssued (completes and delivers), contract.CalendarChanged
// (recomputes open deadlines).
package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// Faults that a person may be told.
var (
	ErrNotFound    = fault.New(fault.NotFound, "casework.not_found")
	ErrStale       = fault.New(fault.Conflict, "casework.stale")            // somebody else acted first
	ErrState       = fault.New(fault.Conflict, "casework.state")            // the procedure does not allow it now
	ErrReviews     = fault.New(fault.Conflict, "casework.reviews_missing")  // not yet reviewed by as many officials as the law asks
	ErrExtended    = fault.New(fault.Conflict, "casework.extended_already") // art. 42(1): once
	ErrTooMany     = fault.New(fault.TooMany, "casework.too_many_queries")  // public progress query
	ErrNumbersGone = fault.New(fault.Unavailable, "casework.numbers_used_up")
)

// Services tells the published version of a service that a case was filed under.
type Services interface {
	Service(ctx context.Context, item contract.ItemID, version int) (contract.Service, error)
}

// Agencies tells who an agency is.
type Agencies interface {
	Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error)
	Agencies(ctx context.Context, division string) ([]contract.Agency, error)
}

// AnswerWords writes an answer as the pages of its applicant do: places and licences by
// name, money, days and periods in words.
type AnswerWords interface {
	Show(ctx context.Context, holder string, f contract.Field, v any) contract.Text
}

// Calendars gives the working days of a region as they are known now.
type Calendars interface {
	For(region string) *statute.Calendar
}

// Licences issues a licence in the transaction of the decision.
type Licences interface {
	Issue(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (contract.LicenceID, error)
}

// Faces evaluates what a licence of the service says on its face.
type Faces interface {
	Evaluate(ctx context.Context, svc contract.Service, in FaceInput) ([]contract.FaceLine, error)
}

// FaceInput is what the face of a licence rests on.
type FaceInput struct {
	Holder  contract.Party
	On      day.Date
	Answers contract.Answers
	Found   contract.Answers   // by officials, by id of the field
	Prior   contract.LicenceID // that is changed, renewed or cancelled; "" for a new one
}

// Conditions evaluates the condition under which another agency is asked.
type Conditions interface {
	Holds(svc contract.Service, when string, applicant contract.Party, on day.Date, answers, found contract.Answers) (bool, error)
}

// Papers renders and signs an official document. It is slow and runs outside
// any transaction.
type Papers interface {
	Render(ctx context.Context, p Paper) ([]byte, error)
}

// Paper is the content of one official document: Chinese, with a summary in
// English.
type Paper struct {
	Kind       string // of the procedure's documents: "acceptance_notice"
	Title      contract.Text
	Number     string // of the document
	CaseNumber string
	Addressee  string
	Body       []string   // paragraphs in Chinese
	Rows       []PaperRow // facts of the case
	List       []string   // numbered: what to correct, or reasons
	After      []string   // paragraphs after the list: remedies and the like
	Summary    []string   // in English
	Agency     contract.Agency
	Seal       string // name of the seal, as 受理专用章
	Date       day.Date
	At         time.Time
	CheckURL   string // where to ask about the case: a path with number
	Phone      string // where to ask somebody; "" where none is known
}

// PaperRow is one labelled fact on a document.
type PaperRow struct {
	Label contract.Text
	Value string
}

// Handler is an official who did a step. Name is the display name of the post.
type Handler struct {
	ID   string
	Name string
}

// Case is one case with the copies that lists need: nothing of it is personal
// beyond the applicant's name.
type Case struct {
	ID         contract.CaseID
	Number     string
	QueryCode  string
	Item       contract.ItemID
	Version    int
	ItemName   contract.Text
	Procedure  string
	Applicant  contract.Party
	Operator   contract.AccountID // who filed it
	Agency     contract.AgencyID
	AgencyName contract.Text
	Division   string
	State      string // of the procedure
	Stage      Stage
	Step       int       // number of the last step; forms send it back
	Filed      time.Time // first submission
	Received   time.Time // of the papers that the acceptance clock counts from
	Accepted   time.Time
	Decided    time.Time
	Ended      time.Time
	Deemed     bool // accepted by silence (art. 32(4))
	Extended   bool
	Two        bool // two officials must review (art. 34(3))
	Notices    int  // correction notices so far; the law allows one
	Clerk      Handler
	Reviewer   Handler
	Second     Handler
	Approver   Handler
	Licence    contract.LicenceID
	Due        Due
	Moved      time.Time // of the last step
	Yellow     int       // cards of electronic supervision
	Red        int

	Parent  contract.CaseID // the bundle's case that this one is a part of
	Part    string          // id of the part in the bundle
	Outcome statute.Outcome // what it came to; "" while open
	Agent   contract.Agent  // who filed it for the applicant, and by what right
	Marked  int             // key of the marks in force: number of the notice, or of the step
	// What stands before a decision: opinions that other agencies owe, objections
	// that rule a grant out, checks that nobody settled, special procedures that go on.
	OpinionsOpen int
	Objections   int
	ChecksOpen   int
	SpecialsOpen int
	Committed    bool // the applicant committed instead of proving

	// Holder is who works the case now; nobody while it lies in the queue of its
	// unit. Held is since when.
	Holder Handler
	Held   time.Time
	// HandledAs is the version of the service by which the case is handled:
	// procedure, limits, units. What was applied for stays with Version.
	HandledAs   int
	ProcVersion int              // of the procedure
	Counter     contract.Counter // where it was taken in; zero is online
	CounterMay  string           // what the clerks of that hall may do: contract.CounterAccept

	// Limit is until when the stage should be done, where the service says so.
	Limit StageLimit

	onlyRoles    string // that take the stage, "|head|"; "" is all of the procedure
	concerned    string // accounts of agent and signers, and of officials with a conflict of interest: "|a|b|"
	partAgencies string // of a bundle's case, while it is summed up
}

// Due is the running clock of a case, as lists and lights need it. The zero Due
// is "no clock runs".
type Due struct {
	Clock       statute.ClockKind
	Promised    day.Date // what supervision counts from; equals Legal where nothing is promised
	Legal       day.Date
	Warn        day.Date // first day of amber light
	Provisional bool     // the calendar of the year is not published yet
	Paused      bool
}

// Step is one entry of the process record (过程记录).
type Step struct {
	No      int
	Action  string
	From    string
	To      string
	Actor   contract.Actor
	UnitID  contract.AgencyID
	Unit    contract.Text // agency, or empty for the applicant
	Opinion string        // what the applicant may read
	Reasons []string
	Organ   string // competent organ named in a refusal
	Deemed  bool
	Started time.Time // when the case came to this step
	At      time.Time
	// Behalf, BehalfKind and Mandate say for whom somebody acted and by what right;
	// empty is oneself. At a window the right is the session there.
	Behalf     string
	BehalfKind string
	Mandate    string
	Hall       contract.Text // of that window
	Window     string        // its number; "" where it was at none
	// HandledAs and Procedure are the versions under which it was taken: of the
	// service, of the procedure.
	HandledAs   int
	Procedure   string
	ProcVersion int
}

// Document is an official document of a case, rendered and signed.
type Document struct {
	ID     string
	Case   contract.CaseID
	Kind   string
	Title  contract.Text
	Number string
	Step   int
	At     time.Time
	Size   int64
	Blob   contract.BlobID
}

// Stage is whose turn it is, as work lists divide cases. It follows from state
// and reviews; lists store it.
type Stage string

// The stages, in the order a case usually passes them.
const (
	StageWaiting     Stage = "waiting" // for an earlier part of the bundle
	StageParts       Stage = "parts"   // a bundle's case: its parts are worked
	StageTransit     Stage = "transit" // taken in elsewhere, on its way to who handles it
	StageAccept      Stage = "accept"
	StageApplicant   Stage = "applicant" // waits for the applicant
	StageReview      Stage = "review"
	StageCountersign Stage = "countersign"
	StageOpinions    Stage = "opinions" // reviewed; other agencies owe opinions
	StageDecide      Stage = "decide"
	StagePaused      Stage = "paused"
	StageNotice      Stage = "notice" // published for objections
	StageDeliver     Stage = "deliver"
	StageVerify      Stage = "verify"  // done; a commitment is checked
	StageRectify     Stage = "rectify" // a commitment was broken; the applicant mends it
	StageDone        Stage = "done"
)

// Action is what somebody does to a case.
type Action struct {
	Name    string // "accept", "correct", ... as the procedure has it
	Step    int    // the step the actor saw; another number is a conflict
	Opinion string
	Reasons []string
	Organ   string          // refusal: the competent organ, where it is not ours (art. 32(1)(2)); extension: who approved it
	Marks   []contract.Mark // correct: everything that is wrong, once; none is what was marked while reading
	Dropped []contract.Mark // correct: marks of the draft that the notice leaves out

	Special statute.Special // pause: which special procedure
	Days    int             // pause: expected working days; breach: to put it right; send: for the opinion
	// Target is what the step is about: the special procedure that ends, the unit
	// whose task is recalled or sent.
	Target string
	Agency contract.AgencyID // send: another agency than before; "" is the same

	// Found is what the official entered in the fields of the stage.
	Found Entered

	// OnTheWay is what is entered of a parcel between two places.
	OnTheWay OnTheWay

	verdict  string              // opine: what the unit says
	files    []contract.Material // opine: what it attaches
	delivery *contract.Delivery  // deliver: the proof
	// inquired says that an inquiry starts or ends its own special procedure.
	inquired bool
}
