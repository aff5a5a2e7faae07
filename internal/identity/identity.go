// Package identity knows who people are: accounts with real-name facts,
// companies and who may act for them, posts of staff, and how each signs in.
//
// Numbers, phones, addresses and mail addresses are sealed at rest and leave
// masked; each read of them for somebody else's work is an event about the
// person it concerns.
package identity

import (
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Migrations makes the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what here.
//
//go:embed policy.cedar
var Policies string

// Actions of this area.
const (
	ActionSignIn        = "identity.sign_in"
	ActionSignOut       = "identity.sign_out"
	ActionMe            = "identity.me"
	ActionOwn           = "identity.own"
	ActionData          = "identity.data"
	ActionAct           = "identity.act"
	ActionHeld          = "identity.held"
	ActionMandates      = "identity.mandates"
	ActionMandateMake   = "identity.mandate_make"
	ActionMandateAnswer = "identity.mandate_answer"
	ActionMandateEnd    = "identity.mandate_end"
	ActionOperators     = "identity.operators"
	ActionOperatorGrant = "identity.operator_grant"
	ActionFamily        = "identity.family"
	ActionCompanyRead   = "identity.company_read"
	ActionAccounts      = "identity.accounts"
	ActionLock          = "identity.lock"
	ActionUnlock        = "identity.unlock"
	ActionResetFactor   = "identity.reset_factor"
	ActionStaffCreate   = "identity.staff_create"
	ActionNewPassword   = "identity.new_password"
	ActionPost          = "identity.post"
	ActionClients       = "identity.clients"
	ActionClientCreate  = "identity.client_create"
	ActionClientRevoke  = "identity.client_revoke"
	ActionCode          = "identity.code"
	ActionVisitor       = "identity.visitor"
)

// Faults of this area.
var (
	ErrNoAccount     = fault.New(fault.NotFound, "identity.no_account")
	ErrNoCompany     = fault.New(fault.NotFound, "identity.no_company")
	ErrNoMandate     = fault.New(fault.Denied, "identity.no_mandate")
	ErrNoWard        = fault.New(fault.NotFound, "identity.no_ward")
	ErrNoSuchMandate = fault.New(fault.NotFound, "identity.mandate.none")
	ErrMandateOver   = fault.New(fault.Conflict, "identity.mandate.over")
	ErrMandateStands = fault.New(fault.Conflict, "identity.mandate.stands")
	ErrMandateSelf   = fault.New(fault.Invalid, "identity.mandate.self")
	ErrNobody        = fault.New(fault.Invalid, "identity.mandate.nobody")
	ErrFinds         = fault.New(fault.TooMany, "identity.mandate.finds")
	ErrLevel         = fault.New(fault.Denied, "identity.level")
	ErrNoSession     = fault.New(fault.NotFound, "identity.no_session")
	ErrPurpose       = fault.New(fault.Invalid, "identity.purpose")
	ErrExpired       = fault.New(fault.Unauthenticated, "identity.sign_in_expired")
	ErrLink          = fault.New(fault.NotFound, "identity.staff.link")
	ErrNoFactor      = fault.New(fault.Conflict, "identity.no_factor")
	ErrNoPost        = fault.New(fault.Conflict, "identity.post.none")
	ErrPostChanged   = fault.New(fault.Conflict, "identity.post.changed")
	ErrNotStarted    = fault.New(fault.Unauthenticated, "identity.enrol_first")
)

// State is whether an account may be used.
type State string

// The states. The zero State lets nobody in.
const (
	Open   State = "open"
	Locked State = "locked"
)

// Account is a person who can sign in.
type Account struct {
	ID        contract.AccountID
	Username  string
	Kind      auth.Kind
	Name      string
	State     State
	Level     int
	CheckedOn day.Date
	ActingFor string // company, person or ward chosen last
	Division  string // of the registered address
	Enrolled  bool
	Demo      bool
	Made      time.Time

	number, phone, email, address []byte // sealed
}

// Post is what a member of staff is: an agency and roles in it.
type Post struct {
	ID       string
	Account  contract.AccountID
	Agency   contract.AgencyID
	Division string
	Title    contract.Text
	Roles    []string
	From, To day.Date
}

// Company is a body or a sole trader as its registrar knows it.
type Company struct {
	ID           string
	Name         string
	CreditCode   string
	Form         string
	Status       string
	RepName      string // legal representative
	RepAccount   contract.AccountID
	Address      string
	Division     string
	Scope        string
	Registrar    string
	RegisteredOn day.Date
	CheckedOn    day.Date
	Demo         bool
}

// Party returns the company as the party of a case.
func (c Company) Party() contract.Party {
	return contract.Party{Kind: PartyCompany, ID: c.ID, Name: c.Name, Code: c.CreditCode}
}

const statusOpen = "open"

// Kinds of party.
const (
	PartyPerson  = "person"
	PartyCompany = "company"
)
