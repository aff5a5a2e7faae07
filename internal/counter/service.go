package counter

import (
	"context"
	"errors"
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
	Under(ctx context.Context, mandate string, a event.Among, limit int) ([]event.Recorded, error)
}

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
}

// Sealer seals personal data at rest.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
	Index(field, value string) string
}

// People identifies who stands at a window.
type People interface {
	// VisitorByNumber makes an account without sign-in where there is none.
	VisitorByNumber(ctx context.Context, actor auth.Principal, number, name string, how contract.Proof) (contract.Visitor, error)
	// VisitorByCode uses a code up that the person shows.
	VisitorByCode(ctx context.Context, actor auth.Principal, code string) (contract.Visitor, error)
	// Visitor tells again of a person who was identified, with the rights of today.
	Visitor(ctx context.Context, person contract.AccountID) (contract.Visitor, error)
	// RightOf is by what right a person acts for another now; ok is false where
	// there is none.
	RightOf(ctx context.Context, person contract.AccountID, subject string) (a auth.Acting, ok bool, err error)
	// PersonKey is the blind index of an identity number, "" for what is none.
	PersonKey(number string) string
	// KeyOf is that of an account.
	KeyOf(ctx context.Context, id contract.AccountID) (key, name string, err error)
}

// Agencies tells who an agency is.
type Agencies interface {
	Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error)
	Agencies(ctx context.Context, division string) ([]contract.Agency, error)
}

// Services names what people applied for.
type Services interface {
	Name(ctx context.Context, item contract.ItemID) (contract.Text, error)
}

// Logins knows who is signed in.
type Logins interface {
	// Live reports whether a login is still good.
	Live(ctx context.Context, q db.Q, login string) (bool, error)
}

// Config is what New needs.
type Config struct {
	DB       *db.DB
	Jobs     *job.Queue
	Events   Events
	Policy   Policy
	Seal     Sealer
	Keys     *auth.Keys // of card readers
	People   People
	Logins   Logins
	Agencies Agencies
	Services Services
	Now      func() time.Time
	NewID    func() string
	Back     Back // the rooms behind the window
	// Demo allows the halls of the demonstration.
	Demo bool
}

// Service is the counter area.
type Service struct {
	c     Config
	takes *auth.Limiter // of tickets from one address
}

// New returns the Service.
func New(c Config) *Service {
	return &Service{c: c, takes: auth.NewLimiter(maxTakes, 10*time.Minute, c.Now)}
}

func (s *Service) now() time.Time  { return s.c.Now().UTC().Truncate(time.Microsecond) }
func (s *Service) today() day.Date { return day.In(s.c.Now()) }

// Serving tells for whom a clerk of a window acts at this moment: whoever stands
// there, or whom that person has a right to act for. A right that has ended since
// leaves the person alone.
func (s *Service) Serving(ctx context.Context, clerk contract.AccountID) (auth.Acting, bool, error) {
	x, err := s.current(ctx, s.c.DB, clerk)
	if errors.Is(err, ErrNoSession) {
		return auth.Acting{}, false, nil
	}
	if err != nil {
		return auth.Acting{}, false, err
	}
	a := auth.Acting{
		Kind: auth.ForCounter, ID: string(x.Person), Name: x.Name, Mandate: x.ID,
		Person: string(x.Person), PersonName: x.Name, Level: x.Level,
	}
	if x.Subject == "" || x.Subject == a.Person {
		return a, true, nil
	}
	r, ok, err := s.c.People.RightOf(ctx, x.Person, x.Subject)
	if err != nil {
		return auth.Acting{}, false, err
	}
	if ok {
		a.ID, a.Name, a.Items, a.Right, a.RightID = r.ID, r.Name, r.Items, r.Kind, r.Mandate
	}
	return a, true, nil
}

// current returns the session that is open at the window of a clerk, or
// ErrNoSession.
func (s *Service) current(ctx context.Context, q db.Q, clerk contract.AccountID) (Session, error) {
	x, err := s.openSession(ctx, q, clerk)
	if err != nil {
		return Session{}, err
	}
	ok, err := s.lives(ctx, q, x)
	if err == nil && !ok {
		err = ErrNoSession
	}
	return x, err
}

// lives reports whether a session may still be used: it ends with the login under
// which it was opened, however that ended, because nobody may find the person of an
// earlier login at the window.
func (s *Service) lives(ctx context.Context, q db.Q, x Session) (bool, error) {
	if !x.open(s.c.Now()) {
		return false, nil
	}
	if x.Login == "" {
		return true, nil
	}
	return s.c.Logins.Live(ctx, q, x.Login)
}

// At says at which window a session is or was, as an application carries it.
func (s *Service) At(ctx context.Context, session string) (contract.Counter, error) {
	x, err := s.session(ctx, s.c.DB, session)
	if err != nil {
		return contract.Counter{}, err
	}
	hall, err := hallByID(ctx, s.c.DB, x.Hall)
	if err != nil {
		return contract.Counter{}, err
	}
	window, err := windowByID(ctx, s.c.DB, x.Window)
	if err != nil {
		return contract.Counter{}, err
	}
	agency, err := s.c.Agencies.Agency(ctx, hall.Agency)
	if err != nil {
		return contract.Counter{}, err
	}
	return contract.Counter{
		Session: x.ID, Hall: hall.Name, HallID: hall.ID, Window: window.Number, Clerk: x.Clerk, ClerkName: x.ClerkName,
		Agency: hall.Agency, AgencyName: agency.Name, Division: hall.Division,
	}, nil
}

// Place is where a clerk sits today.
type Place struct {
	Hall   Hall
	Window Window
}

// Place returns where a clerk sits today, or ErrNotSeated.
func (s *Service) Place(ctx context.Context, actor auth.Principal) (Place, error) {
	w, err := windowOfClerk(ctx, s.c.DB, contract.AccountID(actor.ID))
	if err != nil {
		return Place{}, err
	}
	if w.OnDay != s.today() {
		return Place{}, ErrNotSeated
	}
	h, err := hallByID(ctx, s.c.DB, w.Hall)
	return Place{h, w}, err
}

// inHall is the object of what is done in a hall.
func inHall(h Hall) policy.Object {
	return policy.Object{Type: "Hall", ID: h.ID, Attrs: map[string]any{"agency": string(h.Agency), "division": h.Division}}
}
