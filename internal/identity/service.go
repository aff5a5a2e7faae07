package identity

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Events is the log that everything here is recorded in.
type Events interface {
	Record(ctx context.Context, tx db.Tx, m event.Meta, e event.Event) error
	AboutAmong(ctx context.Context, subject string, a event.Among, limit int) ([]event.Recorded, error)
	Under(ctx context.Context, mandate string, a event.Among, limit int) ([]event.Recorded, error)
}

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
	// Scopes lists what an API client can be allowed.
	Scopes() []string
}

// Sealer seals personal data at rest.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
	Index(field, value string) string
}

// Agencies tells who an agency is.
type Agencies interface {
	Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error)
	Agencies(ctx context.Context, division string) ([]contract.Agency, error)
}

// ServiceName is a service of the catalogue, as a right names it.
type ServiceName struct {
	Item   contract.ItemID
	Name   contract.Text
	Online bool // it can be applied for here
}

// Services tells of the services that can be applied for.
type Services interface {
	// ServiceNames names services; those that are not known are left out.
	ServiceNames(ctx context.Context, items []string) ([]ServiceName, error)
	// FindServices finds services by what people type.
	FindServices(ctx context.Context, query string, limit int) ([]ServiceName, error)
}

// Relation is somebody whom a register knows as the child or ward of a person.
type Relation struct {
	Name     string
	Number   string // identity number
	Born     string
	Relation string // parent, guardian
	Registry string
	Address  string
	Division string
}

// Relations asks the registers of families for the children and wards of a
// person, and records that it did. Down reports that a register did not answer.
type Relations interface {
	Wards(ctx context.Context, actor auth.Principal) (list []Relation, down bool, err error)
}

// Config is what New needs.
type Config struct {
	DB       *db.DB
	Events   Events
	Policy   Policy
	Seal     Sealer
	Agencies Agencies
	Sessions *auth.Sessions
	Keys     *auth.Keys
	Hasher   *auth.Hasher
	Now      func() time.Time
	NewID    func() string
	Log      *slog.Logger
	// MandateDays is the longest period of a mandate between persons; 0 is a year.
	MandateDays int
	// Services names the services that a right may be limited to.
	Services Services
	// Relations asks the registers of families; nil is none.
	Relations Relations
	// Windows are the counters where staff serve people in person; nil is none.
	Windows Windows
	// Demo allows demonstration accounts: with it off there are none, and
	// accounts marked so cannot sign in.
	Demo bool
	// SignInsPerIP bounds sign-ins from one address in five minutes; 0 is 200.
	SignInsPerIP int
}

// Service is the identity area.
type Service struct {
	c       Config
	cred    *auth.Credentials
	limiter *auth.Limiter
	finds   *auth.Limiter // of other people, for a mandate
	visits  *auth.Limiter // of people at a window
	jobs    *job.Queue    // nil until Jobs
}

// New returns the Service.
func New(c Config) *Service {
	if c.SignInsPerIP == 0 {
		c.SignInsPerIP = 200
	}
	s := &Service{
		c:       c,
		cred:    auth.NewCredentials(c.DB, c.Hasher, c.Seal, c.Now),
		limiter: auth.NewLimiter(c.SignInsPerIP, 5*time.Minute, c.Now),
		finds:   auth.NewLimiter(findsAnHour, time.Hour, c.Now),
		visits:  auth.NewLimiter(maxTries, 10*time.Minute, c.Now),
	}
	if c.Sessions != nil {
		c.Sessions.AskRights(s.holds)
	}
	return s
}

// Keeper is the sessions that this area begins, for the cookies of its pages.
func (s *Service) Keeper() *auth.Sessions { return s.c.Sessions }

// Demo reports whether this is a demonstration.
func (s *Service) Demo() bool { return s.c.Demo }

func (s *Service) today() day.Date { return day.In(s.c.Now()) }

// own is the object of what a person does with the own account.
func own(p auth.Principal) policy.Object {
	return policy.Object{Type: "Account", ID: p.ID, Attrs: map[string]any{"account": p.ID}}
}

// principal says who an account is now: staff with the post they hold today,
// residents for whom they chose to act last, if they still may. The time is when
// the right ends, zero if it does not.
func (s *Service) principal(ctx context.Context, q db.Q, a Account) (auth.Principal, time.Time, error) {
	p := auth.Principal{Kind: a.Kind, ID: string(a.ID), Name: a.Name, Level: a.Level}
	if a.Kind == auth.Staff {
		posts, err := postsOf(ctx, q, a.ID)
		if err != nil {
			return auth.Principal{}, time.Time{}, err
		}
		for _, post := range posts {
			if post.holds(s.today()) {
				p.Roles, p.Agency, p.Division = post.Roles, string(post.Agency), post.Division
				break
			}
		}
		return p, time.Time{}, nil
	}
	if a.ActingFor == "" {
		return p, time.Time{}, nil
	}
	r, err := s.right(ctx, q, a.ID, a.ActingFor)
	if errors.Is(err, ErrNoMandate) {
		return p, time.Time{}, nil
	}
	if err != nil {
		return auth.Principal{}, time.Time{}, err
	}
	p.For = r.acting()
	return p, r.ends(), nil
}

func (p Post) holds(on day.Date) bool { return within(p.From, p.To, on) }

func within(from, to, on day.Date) bool {
	return !on.Before(from) && (to.IsZero() || !on.After(to))
}

// normal is the one form of an account name: people type spaces and capitals.
func normal(username string) string {
	s := strings.ToLower(strings.TrimSpace(username))
	if len(s) > 100 {
		s = s[:100]
	}
	return s
}
