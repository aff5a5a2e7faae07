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
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
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
	// Resubmit hands in a correction: all answers and materials as they are now.
	Resubmit(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID,
		answers contract.Answers, materials []contract.Material) error
}

// People tells for whom the actor may apply and what the government already
// knows about them. Each answer of Held is recorded by identity as a use of
// personal data.
type People interface {
	Parties(ctx context.Context, actor auth.Principal) ([]contract.Party, error)
	Held(ctx context.Context, actor auth.Principal, party contract.Party) (map[string]contract.Held, error)
}

// Blobs keeps files by their hash.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, maxBytes int64) (id string, size int64, err error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
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

// Draft is an application that is being written, or the correction of a case.
type Draft struct {
	ID      contract.DraftID
	Kind    string
	Service contract.Service
	Owner   contract.AccountID
	Company string // "" when the owner applies for themselves
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
	Files   []contract.Material
	// Correction is what the notice asks, for a correction.
	Correction *contract.Correction
	Result     Result

	revs map[string]int64 // by field: the revision that changed it
}

// Open is one line of the list of unfinished applications.
type Open struct {
	ID          contract.DraftID
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
		fault.New(fault.TooLarge, "form.draft.too_many_answers"),
	}
	for _, code := range []string{
		"check", "choose", "conflict", "date", "date_part", "decimals", "declare", "email", "great", "held", "id_area",
		"id_characters", "id_check", "id_date", "id_length", "integer", "long", "number", "option", "phone", "required",
		"short", "small", "type", "unknown",
	} {
		list = append(list, fault.New(fault.Invalid, "form.field."+code,
			"label", "L", "n", 2, "have", 3, "min", 1, "max", 2, "unit", "u", "message", "m"))
	}
	for _, code := range []string{
		"broken", "count", "cut", "empty", "large", "mismatch", "missing", "pixels", "rejected", "type", "unasked",
	} {
		list = append(list, fault.New(fault.Invalid, "form.file."+code,
			"n", 2, "mb", 3, "kind", "PDF", "name", "N", "width", 1, "height", 2, "file", "f", "why", "w", "types", "PDF"))
	}
	return list
}
