// Package licence issues e-licences (电子证照), keeps their state and lets anybody
// verify them.
//
// It serves the State Council's rules on online government services (令第716号):
// an e-licence equals the paper one and has a standard layout (art. 10), an
// e-seal equals a seal (art. 9). A licence is asked for in the transaction of
// the decision; a job then prints and signs the sheet outside any transaction:
//
//	pending -> valid -> suspended -> valid
//	             |          |
//	             +----------+-> withdrawn 撤销 | revoked 吊销 | cancelled 注销 | superseded 变更
//
// A change or a renewal is a new version with the same printed number. At every
// moment one version counts: the old one until the new one is signed (change) or
// until its last day (renewal). Upcoming, expired and deemed renewed are not
// stored: they follow from the days. Whoever shows, verifies, uses, copies or
// downloads a licence leaves a use that its holder can read.
//
// Events out: contract.LicenceIssued, contract.LicenceChanged,
// contract.LicenceExpiring, contract.LicenceUsed. Events in: contract.CaseMoved,
// when the decision behind a licence is undone or a renewal is decided against,
// and contract.RenewalPending.
package licence

import (
	"context"
	"crypto/x509"
	"embed"
	"io"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/sign"
)

// Migrations makes the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what here.
//
//go:embed policy.cedar
var Policies string

// Faults that a person may be told.
var (
	ErrNotFound = fault.New(fault.NotFound, "licence.not_found")
	ErrPending  = fault.New(fault.Conflict, "licence.pending")        // the sheet is not signed yet
	ErrState    = fault.New(fault.Conflict, "licence.state")          // the change does not fit the state
	ErrReason   = fault.New(fault.Invalid, "licence.reason_required") // a change of state needs reason and basis
	ErrNotOurs  = fault.New(fault.NotFound, "licence.file.not_ours")  // no file that we issued
	ErrTooMany  = fault.New(fault.TooMany, "licence.too_many")
	ErrCode     = fault.New(fault.NotFound, "licence.code.gone") // shown code: used, too old or never there
	ErrCopies   = fault.New(fault.TooMany, "licence.copy.too_many")

	// Why a decision cannot act on the licence that its applicant chose.
	ErrPriorUnknown  = fault.New(fault.Conflict, "licence.prior.unknown")  // none of the applicant's
	ErrPriorType     = fault.New(fault.Conflict, "licence.prior.type")     // of another type
	ErrPriorState    = fault.New(fault.Conflict, "licence.prior.state")    // not valid, nor renewable
	ErrPriorReplaced = fault.New(fault.Conflict, "licence.prior.replaced") // another decision was first
)

// State is where a licence stands. The zero State is invalid.
type State string

// The states. Upcoming, Expired and Deemed are never stored.
const (
	Pending    State = "pending"    // granted, sheet not signed yet
	Valid      State = "valid"      // 有效
	Suspended  State = "suspended"  // 挂起
	Withdrawn  State = "withdrawn"  // 撤销, Licensing Law art. 69
	Revoked    State = "revoked"    // 吊销, a penalty
	Cancelled  State = "cancelled"  // 注销, art. 70
	Superseded State = "superseded" // 变更: a newer version took its place, art. 49
	Upcoming   State = "upcoming"   // renewed, its time has not begun
	Expired    State = "expired"    // 过期
	Deemed     State = "deemed"     // 视为准予延续: renewal not decided in time, art. 50
)

// Licence is one e-licence.
type Licence struct {
	ID         contract.LicenceID
	Case       contract.CaseID
	CaseNumber string
	Item       contract.ItemID
	TypeCode   string
	Name       contract.Text
	Number     string // printed; "" while pending
	Identifier string
	Code       string // verification code behind the QR
	Holder     contract.Party
	Agency     contract.AgencyID
	AgencyName contract.Text
	Division   string
	Face       []contract.FaceLine
	From, To   day.Date
	State      State
	Reason     string // of the state, for those who verify
	Basis      string // article the change rests on
	Changed    time.Time
	Granted    time.Time
	Blob       contract.BlobID
	Size       int64

	Version int
	Effect  string             // contract.LicenceIssue, LicenceChange or LicenceRenew
	Root    contract.LicenceID // its first version
	Prior   contract.LicenceID // version it came from
	Next    contract.LicenceID // version that follows or will
	Renewed time.Time          // its renewal was signed; zero if not
	Renewal Renewal

	prefix string // of the printed number
}

// Renewal is an application to renew a licence; the zero Renewal is none.
type Renewal struct {
	Case    contract.CaseID
	Applied day.Date
	Ended   day.Date // decided against; zero while it is not
}

// LongTerm is the last day of a licence without end (长期).
var LongTerm = day.Of(9999, 12, 31)

// Use is one time that somebody used a licence.
type Use struct {
	ID      string
	Kind    string // UsePresent ...
	Channel string // ChannelQR ...
	Who     string // post of an official; "" for the public and the holder
	Own     bool   // by the one who reads the list
	Agent   bool   // by another who acts for the holder
	At      time.Time
	Times   int // within that minute
}

// Kinds of use.
const (
	UsePresent  = "present"
	UseVerify   = "verify"
	UseDownload = "download"
	UseRead     = "read" // an official opened it
	UseApply    = "use"  // an application was filled from it, or it stood for a material
	UseCopy     = "copy" // an annotated copy was made
)

// Channels of use.
const (
	ChannelQR   = "qr"
	ChannelForm = "form"
	ChannelFile = "file"
	ChannelAPI  = "api"
	ChannelPage = "page"
	// ChannelCounter is a window, where a clerk opens it for who stands there.
	ChannelCounter = "counter"
	// A code that the holder showed, and what it let the other side see.
	ChannelCode     = "code"
	ChannelCodeFace = "code_face"
	ChannelCopy     = "copy" // an annotated copy
)

// Blobs keeps the signed sheets.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, limit int64) (id string, size int64, err error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
}

// Press prints the sheet.
type Press interface {
	Certificate(c pdf.Certificate) ([]byte, error)
}

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
}

// Sealer encrypts what stands on the face.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// Config is what the area needs.
type Config struct {
	DB      *db.DB
	Queue   *job.Queue
	Events  *event.Log
	Blobs   Blobs
	Press   Press
	Signers sign.Provider
	Roots   *x509.CertPool // authorities whose signatures count
	Policy  Policy
	Sealer  Sealer
	Now     func() time.Time
	NewID   func() string
	NewCode func() string // 26 characters of Crockford's base 32
	// BaseURL is where the public reaches us, for the QR code: "https://host".
	BaseURL string
	// Issuers gives the credit code of agencies whose own the source does not
	// know, by agency id.
	Issuers map[contract.AgencyID]string
	// Demo prints on every sheet that it has no legal effect.
	Demo bool
}

// Service is the area.
type Service struct{ Config }

// New returns the area.
func New(c Config) *Service { return &Service{c} }
