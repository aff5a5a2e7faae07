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
	Company  string   // resident acting for a company: company id; "" is oneself
	// CompanyName is the display name of Company.
	CompanyName string
	Scopes      []string // machine: what the key may do
	Level       int      // real-name level L0..L4 (domain terms in the identity area)
	Session     string   // session id, for the log
}

// Is reports whether p has the role.
func (p Principal) Is(role string) bool { return slices.Contains(p.Roles, role) }

// SystemPrincipal acts for a job: "deemed-acceptance" and the like.
func SystemPrincipal(job string) Principal { return Principal{Kind: System, ID: "system:" + job} }

// CookieName is the cookie that carries a session's token.
const CookieName = "tongban_session"
