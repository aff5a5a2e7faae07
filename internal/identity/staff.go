package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// NewStaff is what an administrator says of a new account of staff.
type NewStaff struct {
	Username string
	Name     string
	Agency   contract.AgencyID
	Title    contract.Text
	Roles    []string
	Period   // zero To: open
}

// StaffRoles are the roles that a post may have.
func StaffRoles() []string {
	return []string{
		auth.RoleClerk, auth.RoleCounter, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead, auth.RoleSupervisor,
		auth.RoleCatalogManager, auth.RoleAuditor, auth.RoleAdministrator,
	}
}

// Bounds of accounts of staff.
const (
	linkLife    = 72 * time.Hour
	minPassword = 10
	maxName     = 50
)

var username = regexp.MustCompile(`^[a-z][a-z0-9._-]{2,39}$`)

func (n NewStaff) check() error {
	var f fault.Form
	if !username.MatchString(n.Username) {
		f.Add("username", "identity.staff.username")
	}
	if c := utf8.RuneCountInString(n.Name); c == 0 || c > maxName {
		f.Add("name", "identity.staff.name", "max", maxName)
	}
	checkTitle(&f, n.Title)
	if n.Agency == "" {
		f.Add("agency", "identity.staff.agency")
	}
	checkRoles(&f, n.Roles)
	if n.From.IsZero() {
		f.Add("from", "identity.mandate.from_missing")
	}
	if !n.To.IsZero() && n.To.Before(n.From) {
		f.Add("to", "identity.mandate.to_before")
	}
	return f.Err()
}

func checkTitle(f *fault.Form, title contract.Text) {
	if c := utf8.RuneCountInString(title.ZH); c == 0 || c > maxName || utf8.RuneCountInString(title.EN) > maxName {
		f.Add("title", "identity.staff.title", "max", maxName)
	}
}

func checkRoles(f *fault.Form, roles []string) {
	switch {
	case len(roles) == 0:
		f.Add("roles", "identity.staff.roles")
	case slices.ContainsFunc(roles, func(r string) bool { return !slices.Contains(StaffRoles(), r) }):
		f.Add("roles", "identity.staff.role_unknown")
	// Who audits does not administer (GB/T 22239-2019, level 3).
	case slices.Contains(roles, auth.RoleAuditor) && slices.Contains(roles, auth.RoleAdministrator):
		f.Add("roles", "identity.staff.audit_apart")
	}
}

// StaffAgencies lists the agencies that p may make accounts of staff for.
func (s *Service) StaffAgencies(ctx context.Context, p auth.Principal) ([]contract.Agency, error) {
	if err := s.c.Policy.Check(p, ActionStaffCreate, policy.Page); err != nil {
		return nil, err
	}
	return s.c.Agencies.Agencies(ctx, p.Division)
}

// CreateStaff makes an account of staff with a post, and returns the token of the
// one-time link with which the person sets a password. The second factor is set
// up at the first sign-in.
func (s *Service) CreateStaff(ctx context.Context, p auth.Principal, n NewStaff) (contract.AccountID, string, error) {
	n.Username, n.Name = normal(n.Username), strings.TrimSpace(n.Name)
	if err := s.c.Policy.Check(p, ActionStaffCreate, policy.Page); err != nil {
		return "", "", err
	}
	if err := n.check(); err != nil {
		return "", "", err
	}
	agency, err := s.c.Agencies.Agency(ctx, n.Agency)
	if fault.KindOf(err) == fault.NotFound {
		var f fault.Form
		f.Add("agency", "identity.staff.agency")
		return "", "", f.Err()
	}
	if err != nil {
		return "", "", err
	}
	o := policy.Object{Type: "Agency", ID: string(agency.ID), Attrs: map[string]any{"division": agency.Division}}
	if err := s.c.Policy.Check(p, ActionStaffCreate, o); err != nil {
		return "", "", err
	}
	return s.addStaff(ctx, p, n, agency.Division)
}

func (s *Service) addStaff(ctx context.Context, p auth.Principal, n NewStaff, division string) (contract.AccountID, string, error) {
	a := Account{
		ID: contract.AccountID(s.c.NewID()), Username: n.Username, Kind: auth.Staff, Name: n.Name, State: Open, Level: 3,
		CheckedOn: s.today(), Made: s.at(),
	}
	token := linkToken()
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		fresh, err := putAccount(ctx, tx, a, indexes{})
		if err != nil {
			return err
		}
		if !fresh {
			var f fault.Form
			f.Add("username", "identity.staff.taken")
			return f.Err()
		}
		// No password yet: an empty hash fits none.
		if err := s.cred.Set(ctx, tx, string(a.ID), "", auth.NewFactor()); err != nil {
			return err
		}
		post := Post{ID: s.c.NewID(), Account: a.ID, Agency: n.Agency, Division: division, Title: n.Title, Roles: n.Roles, From: n.From, To: n.To}
		if err := putPost(ctx, tx, post); err != nil {
			return err
		}
		if err := s.planEnd(ctx, tx, post); err != nil {
			return err
		}
		if err := putLink(ctx, tx, hashOf(token), a.ID, p.ID, s.at().Add(linkLife)); err != nil {
			return err
		}
		return s.accountChanged(ctx, tx, p, a.ID, "created")
	})
	return a.ID, token, err
}

// NewPassword ends the sessions of a member of staff and returns the token of a
// one-time link with which the person sets a new password.
func (s *Service) NewPassword(ctx context.Context, p auth.Principal, id contract.AccountID) (Account, string, error) {
	token := linkToken()
	var of Account
	err := s.change(ctx, p, id, ActionNewPassword, "password_link", func(ctx context.Context, tx db.Tx, a Account) error {
		if a.Kind != auth.Staff {
			return ErrNoFactor
		}
		of = a
		return putLink(ctx, tx, hashOf(token), a.ID, p.ID, s.at().Add(linkLife))
	})
	return of, token, err
}

// LinkFor returns the account name whose password a one-time link sets.
func (s *Service) LinkFor(ctx context.Context, token string) (string, error) {
	id, err := linkAccount(ctx, s.c.DB, hashOf(token), s.at())
	if err != nil {
		return "", err
	}
	a, err := accountByID(ctx, s.c.DB, id)
	return a.Username, err
}

// SetPassword uses a one-time link up and sets the password of its account. The
// second factor stays.
func (s *Service) SetPassword(ctx context.Context, ip, token, password string) error {
	if ok, wait := s.limiter.Allow(ip); !ok {
		return auth.ErrTooOften.With("wait", wait)
	}
	if _, err := s.LinkFor(ctx, token); err != nil {
		return err
	}
	if err := checkPassword(password); err != nil {
		return err
	}
	phc, err := s.c.Hasher.Hash(ctx, password) // before the transaction: slow
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		id, err := takeLink(ctx, tx, hashOf(token), s.at())
		if err != nil {
			return err
		}
		a, err := accountByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.cred.SetPassword(ctx, tx, id, phc); err != nil {
			return err
		}
		if err := s.cred.Clear(ctx, tx, a.Username); err != nil {
			return err
		}
		self := auth.Principal{Kind: a.Kind, ID: id, Name: a.Name}
		if err := s.shutOut(ctx, tx, self, a); err != nil {
			return err
		}
		return s.accountChanged(ctx, tx, self, a.ID, "password_set")
	})
}

func checkPassword(password string) error {
	var f fault.Form
	if n := utf8.RuneCountInString(password); n < minPassword || len(password) > auth.MaxPassword {
		f.Add("password", "identity.staff.password", "min", minPassword)
	}
	return f.Err()
}

// ErrAdministrators says that there is an administrator already, who makes the
// others.
var ErrAdministrators = fault.New(fault.Conflict, "identity.staff.administrators")

// FirstAdministrator makes the first administrator of an installation, for the
// command line, and returns the token of the link that sets the password.
func (s *Service) FirstAdministrator(ctx context.Context, name string, agency contract.AgencyID) (string, error) {
	n, err := countAdministrators(ctx, s.c.DB)
	if err != nil {
		return "", err
	}
	if n > 0 {
		return "", ErrAdministrators
	}
	a, err := s.c.Agencies.Agency(ctx, agency)
	if err != nil {
		return "", err
	}
	staff := NewStaff{
		Username: normal(name), Name: normal(name), Agency: a.ID, Title: contract.Text{ZH: "系统管理员", EN: "system administrator"},
		Roles: []string{auth.RoleAdministrator}, Period: Period{From: day.In(s.c.Now())},
	}
	if err := staff.check(); err != nil {
		return "", err
	}
	_, token, err := s.addStaff(ctx, auth.SystemPrincipal("admin-create"), staff, a.Division)
	return token, err
}

func (s *Service) accountChanged(ctx context.Context, tx db.Tx, p auth.Principal, id contract.AccountID, what string) error {
	m := event.Meta{Actor: p, Subject: string(id), Object: "account:" + string(id)}
	return s.c.Events.Record(ctx, tx, m, AccountChanged{Account: id, What: what, At: s.at()})
}

func linkToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
