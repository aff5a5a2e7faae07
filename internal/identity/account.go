package identity

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/mask"
)

func accountID(p auth.Principal) contract.AccountID { return contract.AccountID(p.ID) }

// Profile is one's own account as one's own screens show it: masked.
type Profile struct {
	Account   contract.AccountID
	Username  string
	Kind      auth.Kind
	Name      string
	Level     int
	Number    string // masked
	Phone     string // masked
	Email     string // masked
	CheckedOn day.Date
	Post      *PostView // of staff
	Rights    []Right   // to act for others
}

// PostView is a post with the name of its agency.
type PostView struct {
	Title    contract.Text
	Agency   contract.Agency
	Division string
	Roles    []string
}

// Profile returns the account of p.
func (s *Service) Profile(ctx context.Context, p auth.Principal) (Profile, error) {
	if err := s.c.Policy.Check(p, ActionMe, own(p)); err != nil {
		return Profile{}, err
	}
	a, err := accountByID(ctx, s.c.DB, p.ID)
	if err != nil {
		return Profile{}, err
	}
	v := Profile{Account: a.ID, Username: a.Username, Kind: a.Kind, Name: a.Name, Level: a.Level, CheckedOn: a.CheckedOn}
	facts, err := s.open(a)
	if err != nil {
		return Profile{}, err
	}
	v.Number, v.Phone, v.Email = mask.Number(facts.number), mask.Phone(facts.phone), mask.Email(facts.email)
	if v.Post, err = s.post(ctx, a.ID); err != nil {
		return Profile{}, err
	}
	if a.Kind == auth.Resident {
		v.Rights, err = s.rights(ctx, s.c.DB, a.ID)
	}
	return v, err
}

// post returns the post an account holds today, nil if none.
func (s *Service) post(ctx context.Context, id contract.AccountID) (*PostView, error) {
	posts, err := postsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	for _, post := range posts {
		if !post.holds(s.today()) {
			continue
		}
		agency, err := s.c.Agencies.Agency(ctx, post.Agency)
		if err != nil {
			return nil, err
		}
		return &PostView{Title: post.Title, Agency: agency, Division: post.Division, Roles: post.Roles}, nil
	}
	return nil, nil //nolint:nilnil // many accounts hold no post, which is no fault
}

// Act makes the session of p act for a company, person or ward, or for oneself
// where subject is "", and returns who p is then. The choice is remembered for
// the next sign-in.
func (s *Service) Act(ctx context.Context, p auth.Principal, subject string) (auth.Principal, error) {
	if err := s.c.Policy.Check(p, ActionAct, own(p)); err != nil {
		return auth.Principal{}, err
	}
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		var until time.Time
		p.For = auth.Acting{}
		if subject != "" {
			r, err := s.right(ctx, tx, accountID(p), subject)
			if err != nil {
				return err
			}
			p.For, until = r.acting(), r.ends()
		}
		if err := s.c.Sessions.Act(ctx, tx, p.Session, p, until); err != nil {
			return err
		}
		if err := setActingFor(ctx, tx, accountID(p), subject); err != nil {
			return err
		}
		m := event.Meta{Actor: p, Subject: p.ID, Object: "account:" + p.ID}
		e := ActedFor{Account: accountID(p), At: s.at()}
		if p.For.Kind == auth.ForCompany {
			e.Company = p.For.ID
		} else {
			e.Subject = p.For.ID
		}
		return s.c.Events.Record(ctx, tx, m, e)
	})
	return p, err
}

// Sessions lists where p is signed in, newest first.
func (s *Service) Sessions(ctx context.Context, p auth.Principal) ([]auth.Session, error) {
	if err := s.c.Policy.Check(p, ActionOwn, own(p)); err != nil {
		return nil, err
	}
	return s.c.Sessions.Of(ctx, p.ID)
}

// EndSession ends one of the sessions of p.
func (s *Service) EndSession(ctx context.Context, p auth.Principal, session string) error {
	if err := s.c.Policy.Check(p, ActionOwn, own(p)); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err := s.c.Sessions.End(ctx, tx, p.ID, session)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoSession
		}
		if p.Kind == auth.Staff {
			if err := s.leave(ctx, tx, p, accountID(p), session); err != nil {
				return err
			}
		}
		m := event.Meta{Actor: p, Subject: p.ID, Object: "account:" + p.ID}
		return s.c.Events.Record(ctx, tx, m, SignedOut{Account: accountID(p), At: s.at()})
	})
}

// facts are the sealed facts of an account, opened.
type facts struct{ number, phone, email, address string }

// The names under which facts are sealed; they never change.
const (
	fieldNumber  = "identity.number"
	fieldPhone   = "identity.phone"
	fieldEmail   = "identity.email"
	fieldAddress = "identity.address"
)

func (s *Service) open(a Account) (f facts, err error) {
	if f.number, err = s.unseal(fieldNumber, a.number); err != nil {
		return facts{}, err
	}
	if f.phone, err = s.unseal(fieldPhone, a.phone); err != nil {
		return facts{}, err
	}
	if f.email, err = s.unseal(fieldEmail, a.email); err != nil {
		return facts{}, err
	}
	f.address, err = s.unseal(fieldAddress, a.address)
	return f, err
}

func (s *Service) unseal(field string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	return s.c.Seal.Open(field, sealed)
}
