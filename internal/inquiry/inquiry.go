// Package inquiry keeps what an agency finds out before it decides: site visits
// (现场核查), hearings (听证), expert reviews (专家评审) and the other special
// procedures.
//
// The law it serves is the Administrative Licensing Law: two officials check the
// substance of an application (art. 34(3)); whoever has a major interest is told
// of the right to be heard and has five days to ask, the agency twenty to
// organise the hearing, notice of it goes out seven days before, who reviewed
// the case does not preside, and the decision rests on the record (arts. 46 to
// 48); hearings, expert reviews and the like are not counted in the time to
// decide (art. 45). A site visit is: it never stops the clock.
//
// Each inquiry is one row with its facts sealed, since records of visits and
// hearings tell of people. Rules are methods of the facts and know no database.
//
// Events out: contract.InquiryChanged, contract.ExpertChanged,
// contract.PersonalDataRead. Events in: contract.CaseMoved (a case that ends ends
// its inquiries), contract.CalendarChanged (deadlines are worked out anew).
package inquiry

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Migrations is the schema of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what.
//
//go:embed policy.cedar
var Policies string

// Faults that a person may be told.
var (
	ErrNotFound = fault.New(fault.NotFound, "inquiry.not_found")
	ErrStale    = fault.New(fault.Conflict, "inquiry.stale")       // somebody else acted first
	ErrState    = fault.New(fault.Conflict, "inquiry.state")       // not at this point
	ErrCase     = fault.New(fault.Conflict, "inquiry.case_closed") // the case is not under review
	ErrTwice    = fault.New(fault.Conflict, "inquiry.asked_twice") // another time was asked for already
	ErrRunning  = fault.New(fault.Conflict, "inquiry.running")     // one of the kind goes on
)

// Kind is what sort of inquiry it is.
type Kind string

// The kinds. An errand is a test, inspection, quarantine or appraisal that an
// institution makes.
const (
	KindVisit   Kind = "visit"
	KindHearing Kind = "hearing"
	KindReview  Kind = "review"
	KindErrand  Kind = "errand"
)

// State is where an inquiry stands.
type State string

// The states, by kind.
const (
	Planned   State = "planned"   // visit: the applicant was told
	Asked     State = "asked"     // visit: another time was asked for; hearing: it was asked for
	Confirmed State = "confirmed" // visit: the applicant agreed
	Recording State = "recording" // visit: the record is filled in; hearing: it was held
	Told      State = "told"      // hearing: the right to it was told
	Set       State = "set"       // hearing: time and place were told
	Sitting   State = "sitting"   // review: opinions are awaited; errand: the institution works
	Closed    State = "closed"    // the record stands
	Cancelled State = "cancelled" //
	NoShow    State = "no_show"   // visit: nobody was there
	Lapsed    State = "lapsed"    // hearing: nobody asked in time
)

// Head is what lists and permissions need of an inquiry.
type Head struct {
	ID         string
	Kind       Kind
	Case       contract.CaseID
	Number     string
	Item       contract.ItemID
	ItemName   contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Division   string
	Applicant  contract.Party
	Operator   contract.AccountID
	State      State
	Open       bool
	Day        day.Date // of the appointment
	Slot       string   // "09:00-11:00"
	Due        day.Date // by which the next step is due
	Late       bool     // that it is late was noted
	People     []contract.AccountID
	Secretary  contract.AccountID // who began it and organises it
	Public     bool
	Special    string // special procedure of the case; "" while the clock runs
	Revision   int64
	Made       time.Time
	Moved      time.Time
	Closed     time.Time
}

// Inquiry is one inquiry with its facts: one of Visit, Hearing and Review.
type Inquiry struct {
	Head

	Visit   *Visit
	Hearing *Hearing
	Review  *Review
}

// Person is an official by account and name.
type Person struct {
	ID   contract.AccountID `json:"id"`
	Name string             `json:"name"`
}

// File is one file of an inquiry: a photo, a transcript, an expert's opinion, a
// report.
type File struct {
	ID      string
	Inquiry string
	Role    string // "photo", "transcript", "opinion", "report"
	Item    string // line of the checklist, or member of the panel
	Name    string
	Type    string
	Size    int64
	Blob    contract.BlobID // as it came: evidence, with what the camera wrote into it
	Copy    contract.BlobID // without it, for the applicant; "" where there is nothing to take out
	Shot    Shot
	At      time.Time
	By      Person
}

// Shot is what a camera wrote into a photo.
type Shot struct {
	At    string  `json:"at,omitempty"` // as the camera had it, without zone
	Lat   float64 `json:"lat,omitempty"`
	Lng   float64 `json:"lng,omitempty"`
	Where bool    `json:"where,omitempty"` // Lat and Lng are known
}

// Upload is a file as it comes in.
type Upload struct {
	Name string
	Body io.Reader
}

// Cases is what casework does for an inquiry.
type Cases interface {
	ForInquiry(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.InquiryCase, error)
	PlaceOf(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.Text, error)
	StartSpecial(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, p contract.Pause) (string, error)
	EndSpecial(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, special, result string) error
	RaiseLate(ctx context.Context, tx db.Tx, id contract.CaseID, occurrence string) error
}

// Records enters the record of an inquiry among the documents of its case.
type Records interface {
	Attach(ctx context.Context, tx db.Tx, id contract.CaseID, d Document) error
}

// Document is a record that was printed and signed.
type Document struct {
	Kind   string
	Title  contract.Text
	Number string
	At     time.Time
	Blob   contract.BlobID
	Size   int64
}

// Staff tells who works in an agency.
type Staff interface {
	Officials(ctx context.Context, agency contract.AgencyID) ([]contract.Official, error)
}

// Calendars gives the working days of a region.
type Calendars interface {
	For(region string) *statute.Calendar
}

// Intake looks at a file on its way into storage: type by content, size, malware.
type Intake interface {
	Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error)
}

// Papers prints and signs a document in the name of an agency.
type Papers interface {
	Render(ctx context.Context, p Paper) ([]byte, error)
}

// Sealer encrypts what is personal.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// Blobs keeps files by the hash of their content.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
}

// Parts keeps what has arrived of files that come in pieces.
type Parts interface {
	Append(ctx context.Context, id string, offset, limit int64, r io.Reader) (int64, error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	Remove(ctx context.Context, id string) error
}

// Config is what New needs.
type Config struct {
	DB        *db.DB
	Jobs      *job.Queue
	Events    *event.Log
	Policy    *policy.Engine
	Seal      Sealer
	Blobs     Blobs
	Parts     Parts
	Cases     Cases
	Records   Records
	Staff     Staff
	Calendars Calendars
	// FreshCalendars takes over what another process entered; nil where one
	// process knows everything.
	FreshCalendars func(ctx context.Context, q db.Q) error
	Intake         Intake
	Papers         Papers
	Now            func() time.Time
	NewID          func() string
	// Token is n random bytes as text, for one-time links.
	Token func(n int) string
	// Pick draws a number below n by chance.
	Pick func(n int) int
	Log  *slog.Logger
}

// Service works inquiries.
type Service struct{ c Config }

// New returns the service.
func New(c Config) *Service { return &Service{c: c} }

// Today is the legal day.
func (s *Service) Today() day.Date { return day.In(s.c.Now()) }

func (s *Service) at() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }
