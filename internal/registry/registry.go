// Package registry asks the registries of government for what an application
// needs, and no more: persons, companies, marriages, households and so on, each
// behind a Connector. No look-up leaves without a record that the person it is
// about can read, with purpose and legal basis.
//
// A registry that does not answer does not stop anybody: the key is told as down,
// the form asks instead, and the handler checks later.
package registry

import (
	"context"
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
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
	ActionLookup = "registry.lookup"
	ActionDesk   = "registry.desk"
	ActionSwitch = "registry.switch"
)

// Faults of this area.
var (
	ErrPurpose    = fault.New(fault.Invalid, "registry.purpose")
	ErrTooMany    = fault.New(fault.Invalid, "registry.too_many")
	ErrNoRegistry = fault.New(fault.NotFound, "registry.none")
	ErrReason     = fault.New(fault.Invalid, "registry.reason")
)

// Purposes of a look-up.
const (
	PurposePrefill = "prefill" // to fill a form
	PurposeCheck   = "check"   // of an application, by who handles it
	PurposeFamily  = "family"  // to find one's own children and wards
	PurposeCounter = "counter" // to fill a form for who stands at a window
)

// bases are what a look-up rests on in law where the caller says nothing closer:
// data that sharing provides must not be asked for again (State Council Decree
// 716, art. 7; Decree 809, art. 19), parents are guardians (Civil Code art. 27).
var bases = map[string]string{
	PurposePrefill: "国务院令第716号第七条",
	PurposeCheck:   "《政务数据共享条例》第十九条",
	PurposeFamily:  "《民法典》第二十七条、第二十八条",
	PurposeCounter: "国务院令第716号第七条",
}

// Query is what a connector is asked.
type Query struct {
	Party   contract.Party // whom it is about
	Number  string         // identity number of a person, credit code of a company
	Keys    []string
	Purpose string
	Basis   string
	Object  string // reference: the draft or case
}

// Fact is one fact that a registry holds.
type Fact struct {
	Key   string           `json:"key"`
	Value string           `json:"value,omitempty"`
	Rows  []map[string]any `json:"rows,omitempty"`
	At    string           `json:"at"` // day on which it was registered or last checked
	// Source overrides the name of the registry.
	Source contract.Text `json:"source,omitzero"`
}

// Connector is one registry. Lookup returns what is held of the keys asked for;
// who is not in the registry has no facts, which is no error.
type Connector interface {
	ID() string
	Name() contract.Text
	Keys() []string
	// Sensitive registries need the person's separate consent before a form is
	// filled from them (Personal Information Protection Law art. 29).
	Sensitive() bool
	// About lists the kinds of party that it knows: "person", "company".
	About() []string
	// Timeout is how long an answer is waited for.
	Timeout() time.Duration
	Lookup(ctx context.Context, q Query) ([]Fact, error)
}

// Info describes a registry: who keeps it and what it knows.
type Info struct {
	ID        string
	Name      contract.Text
	Keys      []string
	Sensitive bool
	About     []string
}

const (
	person  = "person"
	company = "company"
)

// Known lists the registries that can be connected, in the order of the desk.
// Which are, the settings say; a demonstration has them all built in.
func Known() []Info {
	text := func(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }
	people, both := []string{person}, []string{person, company}
	return []Info{
		{"marriage", text("婚姻登记，民政部门", "marriage register, civil affairs"), []string{
			"marriage.status", "marriage.certificate", "marriage.spouse_name", "marriage.spouse_number", "marriage.registered_on",
		}, true, people},
		{"birth", text("出生医学信息，卫生健康部门", "register of births, health authority"), []string{
			"birth.record", "birth.certificate", "birth.child_name", "birth.child_number", "birth.child_birth_date", "birth.hospital", "birth.mother_name", "birth.father_name",
		}, true, people},
		{"household", text("户籍登记，公安机关", "household register, public security"), []string{
			"household.number", "household.address", "household.division", "household.members",
		}, false, people},
		{"guardianship", text("监护人登记，民政部门", "register of guardians, civil affairs"), []string{"guardianship.wards"}, true, people},
		{"estate", text("不动产登记，自然资源部门", "real estate register, natural resources"), []string{
			"estate.owned", "estate.address", "estate.area", "estate.certificate",
		}, false, both},
		{"insurance", text("社会保险登记，人力资源社会保障部门", "social insurance, human resources"), []string{
			"insurance.status", "insurance.employer", "insurance.months",
		}, false, people},
		{"employment", text("就业登记，人力资源社会保障部门", "register of employment, human resources"), []string{"employment.employer"}, false, people},
		{"disability", text("残疾人证信息，残联", "disability certificates, disabled persons' federation"), []string{"disability.certificate"}, true, people},
		{"nurse", text("护士执业资格，卫生健康部门", "nursing qualifications, health authority"), []string{"nurse.qualification", "nurse.number", "nurse.passed_on"}, false, people},
		{"project", text("投资项目在线审批监管平台", "investment project platform"), []string{"project.code"}, false, both},
	}
}
