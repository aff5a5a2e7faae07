// Package catalog holds the service items (政务服务事项) of a county and the
// published versions of those that can be applied for online.
//
// An item is what the official list says of a service: name, department, type,
// code. A published version is a contract.Service, made from a service package
// and immutable: a case keeps the version it was filed under. Items without a
// version have a guide that says what the list says, and no more.
//
// Events out: contract.ServicePublished, OverlayChanged.
package catalog

import (
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Migrations are the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies are the Cedar policies of this area.
//
//go:embed policy.cedar
var Policies string

// Faults that a person may be told.
var (
	ErrNotFound     = fault.New(fault.NotFound, "catalog.not_found")
	ErrNotPublished = fault.New(fault.NotFound, "catalog.not_published")
	ErrProblems     = fault.New(fault.Invalid, "catalog.package_problems")
	ErrNoItem       = fault.New(fault.Invalid, "catalog.no_such_item")
)

// Item is one service item with what the list says and what we add to it.
type Item struct {
	ID         contract.ItemID
	Seq        int // place in the source's list
	Name       string
	MainItem   string // the catalogue entry it belongs to; "" where the source has none
	Type       string // id of a Type
	Department string // id of a Department
	DeptCode   string // the department's code in the source
	Area       string // 12 digits

	// Ours, not the source's:

	Themes   []string      // ids of themes, derived by rule or set at the catalogue desk
	Summary  contract.Text // one plain sentence; empty where nobody has written one
	NameEN   string        // of items with a package
	Keywords []string      // what people type
	Edited   bool          // summary, keywords or themes were set at the catalogue desk

	Version   int       // published version; 0: cannot be applied for here
	Published time.Time // of Version
	// Added is set where the item is ours, not the source's.
	Added *contract.Added
}

// Online reports whether the item can be applied for here.
func (i Item) Online() bool { return i.Version > 0 }

// GuideURL is the page of the item on the provincial platform, rebuilt from the
// codes exactly as the source has it.
func (i Item) GuideURL() string {
	return "http://www.sczwfw.gov.cn/jiq/front/transition/ywTransToDetail?areaCode=" + i.Area +
		"&itemCode=" + string(i.ID) + "&taskType=" + i.Type + "&deptCode=" + i.DeptCode
}

// Department is a department of the county as the source names it.
type Department struct {
	ID     string
	Name   contract.Text
	Agency contract.AgencyID
	Items  int
}

// Type is an item type of GB/T 39046 table A.1, coded as the source codes it.
type Type struct {
	ID    string
	Name  contract.Text
	Items int
}

// Kinds of theme.
const (
	ForPerson  = "person"
	ForCompany = "company"
	ForEvent   = "event" // life events
)

// Theme is a theme (主题分类), derived by our rules and not by the source.
type Theme struct {
	ID    string
	Kind  string // ForPerson, ForCompany or ForEvent
	Name  contract.Text
	Icon  string
	Items int
}

// Version is one published version as the catalogue desk lists it.
type Version struct {
	Item    contract.ItemID
	Version int
	Hash    string // SHA-256 of the JSON
	At      time.Time
	By      string
}

// Overlay is what the catalogue desk adds to an item. Empty means: as derived.
type Overlay struct {
	Summary  contract.Text
	Keywords []string
	Themes   []string
}

// OverlayChanged says that the catalogue desk edited what is added to an item.
type OverlayChanged struct {
	Item     contract.ItemID `json:"item"`
	Summary  contract.Text   `json:"summary"`
	Keywords []string        `json:"keywords"`
	Themes   []string        `json:"themes"`
	At       time.Time       `json:"at"`
}

// EventName is the event's wire name.
func (OverlayChanged) EventName() string { return "catalog.overlay.v1" }
