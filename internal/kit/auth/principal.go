// Package auth knows who asks: principals, sessions, passwords, second factors.
//
// Who a person is in law (identity documents, companies, mandates) is the
// identity area's matter.
package auth

import "slices"

// Kind is what sort of principal asks.
type Kind string

// The kinds of principal. The zero Principal is anonymous.
const (
	Anonymous Kind = ""
	Resident  Kind = "resident"
	Staff     Kind = "staff"
	Machine   Kind = "machine"
	System    Kind = "system"
)

// Roles of staff. One post may have several.
const (
	RoleClerk          = "clerk"
	RoleCounter        = "counter" // integrated window: takes in for every department, decides nothing
	RoleReviewer       = "reviewer"
	RoleApprover       = "approver"
	RoleHead           = "head"
	RoleSupervisor     = "supervisor"
	RoleCatalogManager = "catalog_manager"
	RoleAuditor        = "auditor"
	RoleAdministrator  = "administrator"
)

// Principal is who asks. It is passed as an argument, never in a context, so
// that a missing permission check shows in review.
type Principal struct {
	Kind     Kind
	ID       string   // account id; stable
	Name     string   // display name
	Roles    []string // staff only
	Agency   string   // staff: agency id
	Division string   // staff: division code of the agency
	For      Acting   // whom they act for; zero is oneself. Staff only while they serve somebody at a counter
	Scopes   []string // machine: what the key may do
	Level    int      // real-name level L0..L4 (domain terms in the identity area)
	Session  string   // session id, for the log
}

// Kinds of whom a person acts for.
const (
	ForCompany = "company" // as its legal representative or operator
	ForPerson  = "person"  // as an agent with a mandate
	ForWard    = "ward"    // as the guardian of a child or another ward
	ForCounter = "counter" // staff, for the person who stands at their window
)

// Acting is for whom somebody acts and by what right.
type Acting struct {
	Kind    string // ForCompany, ForPerson, ForWard or ForCounter; "" is oneself
	ID      string // subject: company, account of the principal, ward
	Name    string
	Mandate string // id of the mandate, operator's right or guardianship; at a counter of the session there
	// Person is the account of who stands at the window, at a counter; ID is then
	// whom that person applies for: themselves, or whom they have a right to act for.
	Person     string
	PersonName string
	// Right is the kind of right by which that person acts for another (ForCompany,
	// ForPerson or ForWard; "" for oneself), and RightID the mandate, operator's right
	// or guardianship it rests on.
	Right   string
	RightID string
	// Level is the real-name level that the person was identified with at a counter;
	// it counts for what is done there, and not that of the clerk.
	Level int
	// Items are the services the right is limited to; empty is all.
	Items []string
}

// Covers reports whether the right covers a service.
func (a Acting) Covers(item string) bool {
	return len(a.Items) == 0 || slices.Contains(a.Items, item)
}

// Subject is whom p acts for: the id that cases, licences and data belong to.
func (p Principal) Subject() string {
	if p.For.ID != "" {
		return p.For.ID
	}
	return p.ID
}

// AtCounter reports whether p is staff who serve somebody at their window.
func (p Principal) AtCounter() bool { return p.Kind == Staff && p.For.Kind == ForCounter }

// Applies reports whether p may stand on the applicant's side: a resident, or
// staff while they serve one at their window.
func (p Principal) Applies() bool { return p.Kind == Resident || p.AtCounter() }

// Person is the account whose matter it is: one's own, at a counter that of who
// stands there.
func (p Principal) Person() string {
	if p.AtCounter() {
		return p.For.Person
	}
	return p.ID
}

// Right is the kind of right by which the person whose matter it is acts for
// another, and what it rests on; "" is oneself.
func (p Principal) Right() (kind, id string) {
	if p.AtCounter() {
		return p.For.Right, p.For.RightID
	}
	return p.For.Kind, p.For.Mandate
}

// Is reports whether p has the role.
func (p Principal) Is(role string) bool { return slices.Contains(p.Roles, role) }

// SystemPrincipal acts for a job: "deemed-acceptance" and the like.
func SystemPrincipal(job string) Principal { return Principal{Kind: System, ID: "system:" + job} }

// CookieName is the cookie that carries a session's token.
const CookieName = "tongban_session"
