package identity

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// Attempt is what somebody brings to sign in.
type Attempt struct {
	Username string
	Password string
	Code     string // of the second factor; "" asks for the second page
	// OneStep is set by programs, which have no second page.
	OneStep bool
	IP      string
	Device  string
	Earlier string // token in the cookie, which will no longer be good
}

func (in Attempt) from() auth.From { return auth.From{Device: in.Device, Earlier: in.Earlier} }

// Entry is what somebody gets for it.
type Entry struct {
	Token string
	// Factor is set while the second factor is awaited: the token is good for
	// Second alone.
	Factor bool
	Who    auth.Principal
}

// SignIn checks a password, and the code of the second factor if it was given.
// It takes the same steps whether the account exists or not, and says the same.
func (s *Service) SignIn(ctx context.Context, in Attempt) (Entry, error) {
	name := normal(in.Username)
	acc, err := s.begin(ctx, in.IP, name)
	if err != nil {
		return Entry{}, err
	}
	right, factor, err := s.cred.Password(ctx, string(acc.ID), in.Password)
	if err != nil {
		return Entry{}, err
	}
	if !right || acc.ID == "" {
		return Entry{}, s.failed(ctx, acc, "password", auth.ErrFailed)
	}
	if !s.usable(acc) {
		return Entry{}, s.failed(ctx, acc, "account_locked", auth.ErrFailed)
	}
	if acc.Kind == auth.Staff && !factor {
		return Entry{}, ErrNoFactor
	}
	if factor && in.Code == "" {
		return s.await(ctx, acc, in)
	}
	if factor && !acc.Enrolled {
		return Entry{}, ErrNotStarted
	}
	return s.enter(ctx, acc, in, factor)
}

// begin counts the attempt before anything is tried, and finds the account; the
// zero Account stands for none.
func (s *Service) begin(ctx context.Context, ip, name string) (Account, error) {
	if ok, wait := s.limiter.Allow(ip); !ok {
		return Account{}, auth.ErrTooOften.With("wait", wait)
	}
	acc, err := accountByName(ctx, s.c.DB, name)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Account{}, err
	}
	if err := s.cred.Reserve(ctx, name); err != nil {
		if errors.Is(err, auth.ErrLocked) {
			return Account{}, s.failed(ctx, acc, "paused", err)
		}
		return Account{}, err
	}
	return acc, nil
}

// usable reports whether an account may be used at all.
func (s *Service) usable(a Account) bool { return a.State == Open && (s.c.Demo || !a.Demo) }

// failed records a failure and returns what the person is told.
func (s *Service) failed(ctx context.Context, acc Account, reason string, told error) error {
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Subject: string(acc.ID), Object: "account:" + string(acc.ID)}
		return s.c.Events.Record(ctx, tx, m, SignInFailed{Account: acc.ID, Reason: reason, At: s.at()})
	})
	return errors.Join(told, err)
}

func (s *Service) await(ctx context.Context, acc Account, in Attempt) (Entry, error) {
	if in.OneStep {
		return Entry{}, auth.ErrNeedFactor
	}
	e := Entry{Factor: true}
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if err := s.replaced(ctx, tx, in.Earlier); err != nil {
			return err
		}
		e.Token, err = s.c.Sessions.BeginFactor(ctx, tx, string(acc.ID), in.from())
		return err
	})
	return e, err
}

// Second finishes a sign-in with the code of the second factor. in.Earlier is
// the token that SignIn gave.
func (s *Service) Second(ctx context.Context, in Attempt) (Entry, error) {
	id, ok, err := s.c.Sessions.Awaited(ctx, in.Earlier)
	if err != nil {
		return Entry{}, err
	}
	if !ok {
		return Entry{}, ErrExpired
	}
	found, err := accountByID(ctx, s.c.DB, id)
	if err != nil {
		return Entry{}, err
	}
	in.Username = found.Username
	acc, err := s.begin(ctx, in.IP, found.Username)
	if err != nil {
		return Entry{}, err
	}
	if !s.usable(acc) {
		return Entry{}, s.failed(ctx, acc, "account_locked", auth.ErrFailed)
	}
	return s.enter(ctx, acc, in, true)
}

// enter uses the code up and starts the session, in one transaction.
func (s *Service) enter(ctx context.Context, acc Account, in Attempt, factor bool) (Entry, error) {
	var e Entry
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if factor {
			if err := s.cred.UseCode(ctx, tx, string(acc.ID), in.Code); err != nil {
				return err
			}
			if err := setEnrolled(ctx, tx, acc.ID, true); err != nil {
				return err
			}
		}
		p, until, err := s.principal(ctx, tx, acc)
		if err != nil {
			return err
		}
		if err := s.replaced(ctx, tx, in.Earlier); err != nil {
			return err
		}
		if e.Token, err = s.c.Sessions.Begin(ctx, tx, p, until, in.from()); err != nil {
			return err
		}
		if err := s.cred.Clear(ctx, tx, normal(in.Username)); err != nil {
			return err
		}
		e.Who = p
		m := event.Meta{Actor: p, Subject: p.ID, Object: "account:" + p.ID}
		return s.c.Events.Record(ctx, tx, m, SignedIn{Account: acc.ID, Factor: factor, At: s.at()})
	})
	if errors.Is(err, auth.ErrWrongCode) {
		err = s.failed(ctx, acc, "code", err)
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// Enrolment is what an authenticator app needs to know of a new second factor.
type Enrolment struct {
	Username string
	Secret   string
	URL      string
}

// Enrolment returns the new second factor of the account that a sign-in waits
// for, until it was proven once; ok is false where there is nothing to set up.
func (s *Service) Enrolment(ctx context.Context, token string) (e Enrolment, ok bool, err error) {
	id, ok, err := s.c.Sessions.Awaited(ctx, token)
	if err != nil {
		return Enrolment{}, false, err
	}
	if !ok {
		return Enrolment{}, false, ErrExpired
	}
	acc, err := accountByID(ctx, s.c.DB, id)
	if err != nil || acc.Enrolled {
		return Enrolment{}, false, err
	}
	secret, err := s.cred.Factor(ctx, id)
	if err != nil {
		return Enrolment{}, false, err
	}
	return Enrolment{Username: acc.Username, Secret: secret, URL: auth.FactorURL("Tongban", acc.Username, secret)}, true, nil
}

// leave ends what a clerk of a window had open under a login, or under all (""): the
// person who stands there must not be served by whoever comes next.
func (s *Service) leave(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, login string) error {
	if s.c.Windows == nil {
		return nil
	}
	return s.c.Windows.Left(ctx, tx, actor, clerk, login)
}

// replaced ends what was open at a window under the session that a sign-in replaces
// in the same browser.
func (s *Service) replaced(ctx context.Context, tx db.Tx, earlier string) error {
	p, ok, err := s.c.Sessions.Behind(ctx, tx, earlier)
	if err != nil || !ok || p.Kind != auth.Staff {
		return err
	}
	return s.leave(ctx, tx, p, accountID(p), "")
}

// SignOut ends the session of p.
func (s *Service) SignOut(ctx context.Context, p auth.Principal) error {
	if err := s.c.Policy.Check(p, ActionSignOut, own(p)); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if _, err := s.c.Sessions.End(ctx, tx, p.ID, p.Session); err != nil {
			return err
		}
		if p.Kind == auth.Staff {
			if err := s.leave(ctx, tx, p, accountID(p), ""); err != nil {
				return err
			}
		}
		m := event.Meta{Actor: p, Subject: p.ID, Object: "account:" + p.ID}
		return s.c.Events.Record(ctx, tx, m, SignedOut{Account: accountID(p), At: s.at()})
	})
}
