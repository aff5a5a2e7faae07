package casework

import (
	"context"
	"embed"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Migrations are the tables of casework.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies say who may do what to a case.
//
//go:embed policy.cedar
var Policies string

// Sealer encrypts personal answers at rest.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
	Index(field, value string) string
}

// Blobs keeps files by the hash of their content.
type Blobs interface {
	Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error)
	Open(ctx context.Context, id string) (io.ReadCloser, error)
}

// Config is what New needs.
type Config struct {
	DB        *db.DB
	Jobs      *job.Queue
	Events    *event.Log
	Policy    *policy.Engine
	Seal      Sealer
	Blobs     Blobs
	Services  Services
	Agencies  Agencies
	Calendars Calendars
	// FreshCalendars takes over what another process entered, before deadlines
	// are worked out anew; nil where one process knows everything.
	FreshCalendars func(ctx context.Context, q db.Q) error
	Procedures     *statute.Procedures
	Licences       Licences
	Faces          Faces
	Conditions     Conditions
	Registries     Registries // to compare with; nil compares nothing
	Forms          Forms      // reads what officials find; nil where no service has fields for it
	Papers         Papers
	Words          AnswerWords
	Inquiries      Inquiries              // what is to be found out before a decision; nil is nothing
	Intake         Intake                 // files that come after the submission; nil takes none
	Counters       Counters               // where somebody is served in person; nil is nowhere
	Drawn          func(mark string) bool // tells a drawn signature; nil takes none
	Stamp          Stamper                // marks copies for officials; nil hands out originals, and says so
	Colleagues     Colleagues             // who works in an agency; nil knows nobody
	Now            func() time.Time
	NewID          func() string
	Code           func(n int) string // random characters that can be read aloud
	Log            *slog.Logger
	// CorrectionDays is how many working days an applicant has to correct; no
	// law sets it. Zero means 10.
	CorrectionDays int
	// ObjectionDays is how many working days the agency has to answer an
	// objection within the case; no law sets it. Zero means 5.
	ObjectionDays int
	// ObjectionWithin is how many calendar days after the step one can object.
	// Zero means 60, as long as reconsideration can be asked for.
	ObjectionWithin int
	// ForwardDays is how many working days a place that takes in for another one has
	// to send the papers on; local rule. Zero means 3.
	ForwardDays int
	// RecusalDays is how many working days the agency has to answer whether an official
	// withdraws; a setting. Zero means 3.
	RecusalDays int
	// RecusalWaits makes decisions of an official wait for the answer to what the
	// applicant asked about them; a setting.
	RecusalWaits bool
	// Lights are the thresholds of supervision; the zero value is the default.
	Lights statute.LightRule
}

// Service works cases.
type Service struct {
	c        Config
	numbers  *numbers
	forms    map[string]paperForm
	waiting  sync.Map // account to waitingCount
	services sync.Map // serviceKey to contract.Service: published versions never change
}

type serviceKey struct {
	item    contract.ItemID
	version int
}

// New returns the service. It fails when the wording of documents is broken.
func New(c Config) (*Service, error) {
	forms, err := readForms(wording)
	if err != nil {
		return nil, err
	}
	if c.CorrectionDays == 0 {
		c.CorrectionDays = 10
	}
	if c.ObjectionDays == 0 {
		c.ObjectionDays = 5
	}
	if c.ObjectionWithin == 0 {
		c.ObjectionWithin = 60
	}
	if c.Lights == (statute.LightRule{}) {
		c.Lights = statute.DefaultLights()
	}
	return &Service{c: c, numbers: newNumbers(), forms: forms}, nil
}

// Today is the legal day.
func (s *Service) Today() day.Date { return day.In(s.c.Now()) }

func (s *Service) service(ctx context.Context, item contract.ItemID, version int) (contract.Service, error) {
	key := serviceKey{item, version}
	if known, ok := s.services.Load(key); ok {
		return known.(contract.Service), nil // only this function stores
	}
	svc, err := s.c.Services.Service(ctx, item, version)
	if err != nil {
		return contract.Service{}, fmt.Errorf("service %s version %d: %w", item, version, err)
	}
	s.services.Store(key, svc)
	return svc, nil
}

// object is a case as policies see it. Roles are those that the procedure lets
// take the step; nil where no step is meant.
func object(c Case, roles []statute.Role) policy.Object {
	reviewers := make([]string, 0, 2)
	for _, h := range []Handler{c.Reviewer, c.Second} {
		if h.ID != "" {
			reviewers = append(reviewers, h.ID)
		}
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	var places []string // who supervises the place that took it in sees it too
	if c.Counter.Division != "" {
		places = []string{"Division:" + c.Counter.Division}
	}
	return policy.Object{Type: "Case", ID: string(c.ID), Parents: places, Attrs: map[string]any{
		"agency":    string(c.Agency),
		"division":  c.Division,
		"applicant": c.Applicant.ID,
		"operator":  string(c.Operator),
		"item":      string(c.Item),
		"state":     c.State,
		"reviewers": reviewers,
		"roles":     names,
		// Agent and signers have a part in the case: they do not handle it.
		"concerned": barred(c.concerned),
		// The agency that leads a bundle sums up; it does not read the application.
		"bundle": c.Procedure == bundleProcedure,
		"parts":  barred(c.partAgencies),
		// The hall it was taken in at, by whom, and what that hall may do.
		"taken_by": string(c.Counter.Agency),
		"taker":    string(c.Counter.Clerk),
		"counter":  c.CounterMay,
	}}
}

// bundleProcedure sums up other cases.
const bundleProcedure = "bundle"

// barred reads a list as it is stored: "|a|b|".
func barred(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == '|' })
}

// unitObject is a case as another agency sees it that is asked for its opinion.
func unitObject(c Case, u Unit) policy.Object {
	o := object(c, []statute.Role{statute.RoleUnit})
	o.Attrs["unit"] = string(u.Agency)
	return o
}

// may asks the policy about a step of the procedure.
func (s *Service) may(actor auth.Principal, c Case, t statute.Transition) error {
	return s.c.Policy.Check(actor, "casework."+t.Action, object(c, c.rolesOf(t.Action, t.Roles)))
}

// see returns ErrNotFound for whoever may not know that the case exists.
func (s *Service) see(actor auth.Principal, c Case) error {
	if s.c.Policy.Check(actor, "casework.view", object(c, nil)) != nil {
		return ErrNotFound
	}
	return nil
}

// unitOf is in whose name an actor acts on a case.
func unitOf(actor auth.Principal, c Case) contract.Agency {
	if at := c.Counter; actor.Kind == auth.Staff && at.Agency != "" && actor.Agency == string(at.Agency) && at.Agency != c.Agency {
		return contract.Agency{ID: at.Agency, Name: at.AgencyName, Division: at.Division}
	}
	if actor.Kind == auth.Staff && !actor.AtCounter() || actor.Kind == auth.System {
		return contract.Agency{ID: c.Agency, Name: c.AgencyName, Division: c.Division}
	}
	return contract.Agency{}
}
