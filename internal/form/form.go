// Package form lets a person fill in an application (申请) for a service, page by
// page, and hands it to casework once it is complete.
//
// What a form asks, which papers it needs and who may apply is data of the
// service package; the rules are in CEL. Evaluate is pure and decides the same
// on every save, with and without JavaScript, and once more when it is
// submitted. Nothing is asked that the package does not list, and nothing that
// the government already holds (Licensing Law art. 31; once only).
//
// A draft belongs to one person, acting for themselves or for a company; to
// everybody else it does not exist.
package form

import (
	"context"
	"io"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Faults that a person may be told.
var (
	ErrNotFound   = fault.New(fault.NotFound, "form.draft.not_found")
	ErrConflict   = fault.New(fault.Conflict, "form.draft.conflict")   // another tab changed the same answers
	ErrStale      = fault.New(fault.Conflict, "form.draft.stale")      // what was checked is not what is stored
	ErrSubmitted  = fault.New(fault.Conflict, "form.draft.submitted")  // nothing can be changed any more
	ErrIncomplete = fault.New(fault.Invalid, "form.draft.incomplete")  // something is missing or wrong
	ErrUnread     = fault.New(fault.Invalid, "form.draft.unread")      // answers that cannot be read
	ErrIneligible = fault.New(fault.Invalid, "form.draft.ineligible")  // a condition of the service does not hold
	ErrApplicant  = fault.New(fault.Denied, "form.applicant.kind")     // the service is not for such an applicant
	ErrNoForm     = fault.New(fault.NotFound, "form.service.no_form")  // the service cannot be applied for here
	ErrNotOpen    = fault.New(fault.Conflict, "form.correct.not_open") // the notice does not ask for this

	ErrOtherParty = fault.New(fault.Denied, "form.draft.other_party") // one's own draft, but for somebody one does not act for now
	ErrNotCovered = fault.New(fault.Denied, "form.draft.not_covered") // the right does not cover this service
	ErrExpired    = fault.New(fault.NotFound, "form.draft.expired")   // nobody touched it for long
	ErrFull       = fault.New(fault.TooLarge, "form.draft.full")      // more bytes of answers or files than a draft holds
	ErrTooMany    = fault.New(fault.Conflict, "form.draft.too_many")  // more drafts than a person may have open
	ErrAnswers    = fault.New(fault.TooLarge, "form.draft.too_many_answers")
	ErrNoWay      = fault.New(fault.Invalid, "form.way.not_offered")   // the material cannot come in this way
	ErrNoUpload   = fault.New(fault.NotFound, "form.upload.not_found") // it expired, or was finished
	ErrOffset     = fault.New(fault.Conflict, "form.upload.offset")    // the next byte is another one
	ErrNotHeld    = fault.New(fault.Conflict, "form.dispute.not_held") // nothing is held to be disputed
	ErrScanner    = fault.New(fault.Unavailable, "form.file.scanner_down")
	ErrSigning    = fault.New(fault.Conflict, "form.sign.frozen")      // it waits for signatures: recall it first
	ErrNotSigning = fault.New(fault.Conflict, "form.sign.not_waiting") // it does not wait for signatures
	ErrNoSigner   = fault.New(fault.NotFound, "form.sign.not_found")   // nobody asked the actor to sign this
	ErrReminded   = fault.New(fault.TooMany, "form.sign.reminded")     // a signer is reminded once a day
	ErrBarred     = fault.New(fault.Denied, "form.commit.barred")      // broke an earlier commitment
	ErrWhichPart  = fault.New(fault.Invalid, "form.commit.which_part") // several parts leave the choice
	ErrNoCommit   = fault.New(fault.Conflict, "form.commit.not_offered")
)

// Catalog tells the published versions of services. Versions never change, so
// the form keeps what it compiled of them.
type Catalog interface {
	Current(ctx context.Context, item contract.ItemID) (contract.Service, error)
	Version(ctx context.Context, item contract.ItemID, version int) (contract.Service, error)
}

// Cases is where a finished application goes.
type Cases interface {
	// Submit makes a case in tx. The same key gives the same receipt again.
	Submit(ctx context.Context, tx db.Tx, actor auth.Principal, s contract.Submission) (contract.Receipt, error)
	// Correction tells what a correction notice asks of the actor's own case.
	Correction(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.Correction, error)
	// Confirmed keeps how somebody confirmed at a window what was handed in last.
	Confirmed(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, what string, x contract.Confirmed) error
	// Resubmit hands in a correction: all answers and materials as they are now.
	Resubmit(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID,
		answers contract.Answers, materials []contract.Material) error
}

// People tells for whom the actor may apply, and who a person is by number.
type People interface {
	// Parties are whom the actor applies for now: exactly one, For or oneself.
	Parties(ctx context.Context, actor auth.Principal) ([]contract.Party, error)
	// PersonKey is the blind index of an identity number.
	PersonKey(number string) string
	// KeyOf is that of an account with the person's name; "" where it has no number.
	KeyOf(ctx context.Context, account contract.AccountID) (key, name string, err error)
	AccountByKey(ctx context.Context, key string) (id contract.AccountID, ok bool, err error)
}

// Registries tells what the government already knows. It records each lookup as
// a use of personal data, with purpose and basis.
type Registries interface {
	Lookup(ctx context.Context, actor auth.Principal, l contract.Lookup) (contract.Known, error)
}

// Licences tells which valid e-licences of some types a subject holds.
type Licences interface {
	HeldBy(ctx context.Context, actor auth.Principal, subject string, typeCodes []string) ([]contract.HeldLicence, error)
}

// Copies tells which verified copies stand in earlier cases of the subject.
type Copies interface {
	Copies(ctx context.Context, actor auth.Principal, subject contract.Party, elements []string) ([]contract.Copy, error)
}

// Scanner looks for malware. A finding is a fault.Invalid; any other error means
// that nobody looked.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) error
}

// Stamper writes a line over every page of a copy that leaves the system.
type Stamper interface {
	Stamp(mediaType string, file []byte, lines []string) ([]byte, error)
}

// Calendars gives the working days of a region as they are known now.
type Calendars interface {
	For(region string) *statute.Calendar
}

// Barred tells whether an applicant broke an earlier commitment and must prove
// again (domain: people with an earlier false commitment are not eligible).
type Barred interface {
	Barred(ctx context.Context, subject string, item contract.ItemID) (bool, error)
}

// Events is the log of what happened.
type Events interface {
	Record(ctx context.Context, tx db.Tx, m event.Meta, e event.Event) error
}

// Keeper tells whether somebody keeps a stored file.
type Keeper interface {
	KeepsBlob(ctx context.Context, id contract.BlobID) (bool, error)
}

// Blobs keeps files by their hash.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, maxBytes int64) (id string, size int64, err error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	// Delete forgets a file that nobody stored again since before.
	Delete(ctx context.Context, id string, before time.Time) (bool, error)
}

// Parts keeps files that have not arrived completely.
type Parts interface {
	// Append writes what r holds at offset and tells how much is durable then,
	// also when r breaks off.
	Append(ctx context.Context, id string, offset, limit int64, r io.Reader) (size int64, err error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	Remove(ctx context.Context, id string) error
}

// Sealer encrypts what is personal.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
}

// Kinds of draft.
const (
	KindApplication = "application"
	KindCorrection  = "correction"
)

// States of a draft that is not submitted.
const (
	StateOpen    = "open"
	StateSigning = "signing" // frozen: it waits for its signers
)

// Draft is an application that is being written, or the correction of a case.
type Draft struct {
	ID      contract.DraftID
	Kind    string
	State   string // StateOpen or StateSigning
	Service contract.Service
	Owner   contract.AccountID
	// Subject is for whom it is: a company, a person or a ward; "" is the owner.
	Subject string
	Acting  string // kind of right: auth.ForCompany and so on; "" is oneself
	Mandate string // id of the right under which it was last changed
	Party   contract.Party
	Case    contract.CaseID // of a correction
	Rev     int64           // grows with each change
	Created time.Time
	Saved   time.Time
	Expires time.Time
	// Receipt is set once the draft was submitted; nothing else of it is kept then.
	Receipt *contract.Receipt

	Answers contract.Answers
	Typed   map[string][]string // as typed, where it could not be read
	Held    map[string]contract.Held
	// Down are held keys whose registry did not answer.
	Down []string
	// Disputes are held answers that the applicant says are wrong, by field.
	Disputes map[string]contract.Dispute
	// Consents are the registries of sensitive data that this form could ask.
	Consents []Consent
	// Choices are what the applicant chose where commitments are offered.
	Choices []Choosing
	// Files are all that was handed in, in whatever way; Ways is the way chosen by
	// material. Only files that came in the chosen way are submitted.
	Files    []contract.Material
	Ways     map[string]string
	Licences []contract.HeldLicence
	Copies   []contract.Copy
	// Signers are those who must sign, and how far they are.
	Signers []Signer
	// Correction is what the notice asks, for a correction.
	Correction *contract.Correction
	Result     Result
	// Confirmed is how the person confirmed it at a counter, as it stands now;
	// Outdated says that something else was confirmed before. Shown is what clerks
	// saw of originals, by file or "material.<id>".
	Confirmed *contract.Confirmed
	Outdated  bool
	Shown     map[string]Shown

	revs   map[string]int64 // by field: the revision that changed it
	signed []given          // what its signers gave
	by     *auth.Principal  // who sends it now
	place  contract.Counter // where it was confirmed
}

// Consent is whether an applicant agreed to a look at sensitive data (PIPL
// art. 29): asked on a page of its own, registry by registry.
type Consent struct {
	Registry string   // "marriage": the first part of its keys
	Keys     []string // what this form would look at
	Given    string   // "yes", "no", or "" where it was not asked yet
}

// States of a signer.
const (
	SignerWaiting  = "waiting"
	SignerSigned   = "signed"
	SignerDeclined = "declined"
)

// Signer is one person who signs beside the applicant.
type Signer struct {
	ID       string // of the SignerSpec; "<id>/<row>" in a group, rows from 0
	Spec     contract.SignerSpec
	Name     string // as the applicant gave it
	State    string // "" before the applicant has sent it
	Reason   string // why declined
	Method   string // "keyed" or "drawn"
	At       time.Time
	Asked    time.Time
	Reminded time.Time
	Expires  time.Time
}

// ToSign is one application that waits for the actor's signature.
type ToSign struct {
	Draft     contract.DraftID
	Signer    string
	Item      contract.ItemID
	Name      contract.Text  // of the service
	Role      contract.Text  // of the signer: "the other parent"
	Applicant contract.Party // who asks
	State     string
	Asked     time.Time
	Expires   time.Time
}

// Signature is an application as one of its signers sees it. Draft.Result.Pages
// are what the applicant said, to be read before signing; State has the pages
// and materials that the signer fills in.
type Signature struct {
	Draft  Draft
	Signer Signer
	State  SignerState
	Rev    int64 // of the signer's own answers
}

// Signing is how somebody signs.
type Signing struct {
	Method string // "keyed" or "drawn"
	Mark   string // the name as typed, or the path of an SVG
	Change Change // last answers of the signer's own pages
}

// Signed is what a signature led to. Receipt is set where it was the last.
type Signed struct {
	Last    bool
	Receipt *contract.Receipt
}

// WayArgs is what a way needs beyond its name.
type WayArgs struct {
	Text    string // of a statement; "" takes the package's own words
	File    string // of a copy: Material.File in the earlier case
	Licence contract.LicenceID
}

// Uploading is a file that has not arrived completely.
type Uploading struct {
	ID       string
	Draft    contract.DraftID
	Material string
	Name     string
	Size     int64 // announced
	Offset   int64 // durable so far: the next byte to send
	Expires  time.Time
}

// Share is how much of a service's form and materials applicants were not asked.
type Share struct {
	Submissions       int64
	Fields            int64 // of the form, over all submissions
	NotAsked          int64 // answered by what the government holds
	Materials         int64 // that applied
	MaterialsNotAsked int64 // that the government, a licence, a registry or a copy stood for
}

// Open is one line of the list of unfinished applications.
type Open struct {
	ID          contract.DraftID
	State       string // StateOpen or StateSigning
	Item        contract.ItemID
	Name        contract.Text
	Party       contract.Party
	Done, Total int // steps
	Saved       time.Time
	Expires     time.Time
}

// Choice is for whom an actor may apply for a service.
type Choice struct {
	Service contract.Service
	Parties []contract.Party // whom the actor acts for now, if the service is for them
	Others  []contract.Party // others the actor stands for, or whom the service is not for
	Drafts  []Open           // already begun for the same service
}

// Change is what somebody filled in: by field, the texts of the form or the
// typed value. Fields that are not in it stay as they are.
type Change struct {
	// Rev is the revision that was shown; a field that changed since is a
	// conflict. 0 overwrites.
	Rev    int64
	Fields map[string]Parsed
}

// Faults lists every fault that this package can tell a person, with example
// arguments, for the test that each has its words.
func Faults() []*fault.Error {
	list := []*fault.Error{
		ErrNotFound, ErrConflict, ErrStale, ErrSubmitted, ErrIncomplete.With("n", 2), ErrUnread.With("n", 2),
		ErrIneligible.With("message", "m"), ErrApplicant, ErrNoForm, ErrNotOpen,
		ErrOtherParty.With("name", "n"), ErrNotCovered, ErrExpired, ErrFull.With("mb", 2), ErrTooMany.With("n", 2), ErrAnswers,
		ErrNoWay, ErrNoUpload, ErrOffset.With("offset", 1), ErrNotHeld, ErrScanner, ErrSigning, ErrNotSigning, ErrNoSigner,
		ErrReminded, ErrBarred, ErrWhichPart, ErrNoCommit, ErrUnconfirmed, ErrNoCounter, ErrKeyed, ErrNoPress,
	}
	for _, code := range []string{
		"check", "choose", "conflict", "date", "date_part", "decimals", "declare", "email", "great", "held", "id_area",
		"id_characters", "id_check", "id_date", "id_length", "integer", "long", "number", "option", "phone", "required",
		"short", "small", "type", "unknown",
		"division", "division_level", "licence", "map_point", "money", "no_licence", "period", "period_order", "period_part",
		"rows_few", "rows_many", "sign", "signature", "unasked",
	} {
		list = append(list, fault.New(fault.Invalid, "form.field."+code,
			"label", "L", "n", 2, "have", 3, "min", 1, "max", 2, "unit", "u", "message", "m"))
	}
	for _, code := range []string{
		"broken", "count", "cut", "empty", "large", "mismatch", "missing", "pixels", "rejected", "type", "unasked",
		"active", "attached", "bomb", "locked", "malware", "mixed", "pages", "turn", "way",
	} {
		list = append(list, fault.New(fault.Invalid, "form.file."+code,
			"n", 2, "mb", 3, "kind", "PDF", "name", "N", "width", 1, "height", 2, "file", "f", "why", "w", "types", "PDF"))
	}
	for _, code := range []string{"dispute.reason", "sign.drawing", "sign.how", "sign.name", "sign.reason", "sign.self", "sign.twice", "sign.who", "way.statement", "counter.how", "counter.paper"} {
		list = append(list, fault.New(fault.Invalid, "form."+code, "n", 2, "name", "N"))
	}
	return list
}
