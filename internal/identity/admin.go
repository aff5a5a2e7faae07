package identity

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Row is an account in an administrator's list. Names of residents are masked.
type Row struct {
	Account  contract.AccountID
	Username string
	Kind     auth.Kind
	Name     string
	State    State
	Level    int
	Demo     bool
	Enrolled bool
	Title    contract.Text
	Agency   contract.AgencyID
	Division string
	Roles    []string
	Holds    bool // the post, today
}

// pageSize is how many accounts one page shows.
const pageSize = 50

// Filter narrows the list of accounts.
type Filter struct {
	Query string // beginning of the account name, or part of the name of staff
	After string // account name after which the page begins
}

// Accounts lists the accounts p may look after, by account name; more says that
// there is another page.
func (s *Service) Accounts(ctx context.Context, p auth.Principal, f Filter) (rows []Row, more bool, err error) {
	if err := s.c.Policy.Check(p, ActionAccounts, policy.Page); err != nil {
		return nil, false, err
	}
	f.Query = strings.TrimSpace(f.Query)
	if utf8.RuneCountInString(f.Query) > 50 {
		return nil, false, nil
	}
	rows, err = listAccounts(ctx, s.c.DB, p.Division, s.today(), f)
	if err != nil {
		return nil, false, err
	}
	if len(rows) > pageSize {
		rows, more = rows[:pageSize], true
	}
	for i := range rows {
		if rows[i].Kind == auth.Resident {
			rows[i].Name = mask.Name(rows[i].Name)
		}
	}
	return rows, more, nil
}

// Lock keeps an account from signing in and ends its sessions.
func (s *Service) Lock(ctx context.Context, p auth.Principal, id contract.AccountID) error {
	return s.change(ctx, p, id, ActionLock, "locked", func(ctx context.Context, tx db.Tx, a Account) error {
		return setState(ctx, tx, a.ID, Locked)
	})
}

// Unlock lets an account sign in again, also after failed attempts.
func (s *Service) Unlock(ctx context.Context, p auth.Principal, id contract.AccountID) error {
	return s.change(ctx, p, id, ActionUnlock, "unlocked", func(ctx context.Context, tx db.Tx, a Account) error {
		if err := s.cred.Clear(ctx, tx, a.Username); err != nil {
			return err
		}
		return setState(ctx, tx, a.ID, Open)
	})
}

// ResetFactor replaces the second factor of a member of staff who lost it. The
// new one is shown once the password was right, until it is proven.
func (s *Service) ResetFactor(ctx context.Context, p auth.Principal, id contract.AccountID) error {
	return s.change(ctx, p, id, ActionResetFactor, "factor_reset", func(ctx context.Context, tx db.Tx, a Account) error {
		if a.Kind != auth.Staff {
			return ErrNoFactor
		}
		if err := s.cred.SetFactor(ctx, tx, string(a.ID), auth.NewFactor()); err != nil {
			return err
		}
		return setEnrolled(ctx, tx, a.ID, false)
	})
}

// change does something to an account in the name of p: whatever it is, the
// sessions of the account end, because what they say of it may be wrong now.
func (s *Service) change(
	ctx context.Context, p auth.Principal, id contract.AccountID, action, what string,
	do func(context.Context, db.Tx, Account) error,
) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		a, err := accountByID(ctx, tx, string(id))
		if err != nil {
			return err
		}
		o, err := s.object(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := s.c.Policy.Check(p, action, o); err != nil {
			return err
		}
		if err := do(ctx, tx, a); err != nil {
			return err
		}
		if err := s.shutOut(ctx, tx, p, a); err != nil {
			return err
		}
		return s.accountChanged(ctx, tx, p, id, what)
	})
}

// shutOut ends the sessions of an account, and what it had open at a window.
func (s *Service) shutOut(ctx context.Context, tx db.Tx, actor auth.Principal, a Account) error {
	if err := s.c.Sessions.EndAll(ctx, tx, string(a.ID), ""); err != nil || a.Kind != auth.Staff {
		return err
	}
	return s.leave(ctx, tx, actor, a.ID, "")
}

// object has the facts that the policy of accounts looks at.
func (s *Service) object(ctx context.Context, q db.Q, a Account) (policy.Object, error) {
	facts := map[string]any{"account": string(a.ID), "kind": string(a.Kind), "division": ""}
	post, _, err := postOn(ctx, q, a.ID, s.today())
	if err != nil {
		return policy.Object{}, err
	}
	facts["division"] = post.Division
	return policy.Object{Type: "Account", ID: string(a.ID), Attrs: facts}, nil
}

// Scopes lists what an API client may be allowed: what some policy asks for.
func (s *Service) Scopes() []string { return s.c.Policy.Scopes() }

// NewClient is what an administrator says of a new API client.
type NewClient struct {
	Name   string
	Scopes []string
	Days   int // until it ends: 1 to 730
}

func (n NewClient) check(known []string) error {
	var f fault.Form
	switch l := utf8.RuneCountInString(n.Name); {
	case l == 0:
		f.Add("name", "identity.client.name_missing")
	case l > 60:
		f.Add("name", "identity.client.name_long", "n", 60)
	}
	if len(n.Scopes) == 0 {
		f.Add("scopes", "identity.client.scopes_missing")
	}
	for _, scope := range n.Scopes {
		if !slices.Contains(known, scope) {
			f.Add("scopes", "identity.client.scope_unknown")
		}
	}
	if n.Days < 1 || n.Days > 730 {
		f.Add("days", "identity.client.days", "max", 730)
	}
	return f.Err()
}

// Clients lists the API clients, newest first.
func (s *Service) Clients(ctx context.Context, p auth.Principal) ([]auth.Client, error) {
	if err := s.c.Policy.Check(p, ActionClients, policy.Page); err != nil {
		return nil, err
	}
	return s.c.Keys.List(ctx)
}

// CreateClient makes an API client and returns its key, which is shown once.
func (s *Service) CreateClient(ctx context.Context, p auth.Principal, n NewClient) (auth.Client, string, error) {
	if err := s.c.Policy.Check(p, ActionClientCreate, policy.Page); err != nil {
		return auth.Client{}, "", err
	}
	n.Name = strings.TrimSpace(n.Name)
	if err := n.check(s.Scopes()); err != nil {
		return auth.Client{}, "", err
	}
	c := auth.Client{
		Name: n.Name, Scopes: slices.Compact(slices.Sorted(slices.Values(n.Scopes))),
		MadeBy: p.ID, Ends: s.c.Now().Add(time.Duration(n.Days) * 24 * time.Hour),
	}
	var key string
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if c, key, err = s.c.Keys.Create(ctx, tx, c); err != nil {
			return err
		}
		return s.clientChanged(ctx, tx, p, ClientChanged{Client: c.ID, What: "created", Scopes: c.Scopes, At: s.at()})
	})
	return c, key, err
}

// RevokeClient ends the key of an API client at once.
func (s *Service) RevokeClient(ctx context.Context, p auth.Principal, id string) error {
	if err := s.c.Policy.Check(p, ActionClientRevoke, policy.Page); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.c.Keys.Revoke(ctx, tx, id); err != nil {
			return err
		}
		return s.clientChanged(ctx, tx, p, ClientChanged{Client: id, What: "revoked", At: s.at()})
	})
}

func (s *Service) clientChanged(ctx context.Context, tx db.Tx, p auth.Principal, e ClientChanged) error {
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: p, Object: "client:" + e.Client}, e)
}
