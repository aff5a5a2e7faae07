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
	"github.com/tongban/tongban/internal/kit/policy"
)

// Events is the log that everything here is recorded in.
type Events interface {
	Record(ctx context.Context, tx db.Tx, m event.Meta, e event.Event) error
	About(ctx context.Context, subject string, limit int) ([]event.Recorded, error)
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
}

// New returns the Service.
func New(c Config) *Service {
	if c.SignInsPerIP == 0 {
		c.SignInsPerIP = 200
	}
	return &Service{
		c:       c,
		cred:    auth.NewCredentials(c.DB, c.Hasher, c.Seal, c.Now),
		limiter: auth.NewLimiter(c.SignInsPerIP, 5*time.Minute, c.Now),
	}
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
// the mandate ends, zero if it does not.
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
	m, err := s.mandate(ctx, q, a.ID, a.ActingFor)
	if errors.Is(err, ErrNoMandate) {
		return p, time.Time{}, nil
	}
	if err != nil {
		return auth.Principal{}, time.Time{}, err
	}
	p.For = m.acting()
	return p, m.ends(), nil
}

func (p Post) holds(on day.Date) bool { return within(p.From, p.To, on) }

func within(from, to, on day.Date) bool {
	return !on.Before(from) && (to.IsZero() || !on.After(to))
}

// acting is how a session acts under the mandate.
func (m Mandate) acting() auth.Acting {
	return auth.Acting{Kind: auth.ForCompany, ID: m.Company, Name: m.Name, Items: m.Items}
}

// ends is the instant a mandate ends: after its last day, zero if open.
func (m Mandate) ends() time.Time {
	if m.Until.IsZero() {
		return time.Time{}
	}
	return m.Until.Add(1).Time()
}

// mandate returns the right of an account to act for a company today, or
// ErrNoMandate.
func (s *Service) mandate(ctx context.Context, q db.Q, account contract.AccountID, company string) (Mandate, error) {
	all, err := s.mandates(ctx, q, account)
	if err != nil {
		return Mandate{}, err
	}
	for _, m := range all {
		if m.Company == company {
			return m, nil
		}
	}
	return Mandate{}, ErrNoMandate
}

// mandates lists the companies an account may act for today: those it
// represents by law, then those whose operator it is.
func (s *Service) mandates(ctx context.Context, q db.Q, account contract.AccountID) ([]Mandate, error) {
	represented, err := companiesOfRep(ctx, q, account)
	if err != nil {
		return nil, err
	}
	operated, err := mandatesOf(ctx, q, account, s.today())
	if err != nil {
		return nil, err
	}
	list := make([]Mandate, 0, len(represented)+len(operated))
	seen := map[string]bool{}
	for _, m := range append(represented, operated...) {
		if !seen[m.Company] {
			list = append(list, m)
			seen[m.Company] = true
		}
	}
	return list, nil
}

// normal is the one form of an account name: people type spaces and capitals.
func normal(username string) string {
	s := strings.ToLower(strings.TrimSpace(username))
	if len(s) > 100 {
		s = s[:100]
	}
	return s
}
