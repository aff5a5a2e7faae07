// Package calendar keeps the working days that can change while the program
// runs: the yearly notice of the State Council when it comes, emergency changes
// to it, and the holidays of regions (全国年节及纪念日放假办法 art. 4).
//
// The notices up to 2026 are part of package statute; tables here lie over
// them, the later notice over the earlier, the deeper region over the wider.
//
// Events out: contract.CalendarChanged, on which open deadlines are worked out
// anew. Events in: none.
package calendar

import (
	"embed"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// Migrations makes the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may look and who may edit.
//
//go:embed policy.cedar
var Policies string

// Actions of the policy.
const (
	ActionView = "calendar.view" // the public page and the interface
	ActionDesk = "calendar.desk" // the page of staff
	ActionEdit = "calendar.edit"
)

// Faults of this area.
var (
	ErrRegion = fault.New(fault.Invalid, "calendar.region")
	ErrYear   = fault.New(fault.Invalid, "calendar.year")
	ErrDate   = fault.New(fault.Invalid, "calendar.date")
	ErrCount  = fault.New(fault.Invalid, "calendar.count")
	// ErrNotOurs means that a day or a table was not entered here, so it cannot
	// be taken back; entering the opposite overrides it.
	ErrNotOurs = fault.New(fault.NotFound, "calendar.not_ours")
)

// The years that can be looked at and edited.
const (
	FirstYear = 2007
	LastYear  = 2100
)

// MostDays bounds a question for the n-th working day.
const MostDays = 1000

// What a day can be entered as.
const (
	Off  = "off"
	Work = "work"
)

// Edit is one day, as an administrator enters it.
type Edit struct {
	Region string
	Date   day.Date
	Kind   string // Off or Work
	Name   string
	Source string
}

// YearTable is the whole table of a notice.
type YearTable struct {
	Region string
	Year   int
	Source string
	Days   []statute.TableDay
}

// YearView is a year as a page shows it.
type YearView struct {
	Region string
	Year   int
	// Known says that the country's notice of the year is known; without it
	// the year is provisional.
	Known    bool
	Workdays int
	Days     []statute.Day
	Notices  []Notice
	// Entered are the single days and whole tables that were entered for the
	// region itself and can be taken back.
	Entered []Entered
}

// Notice is a source that days of a year rest on.
type Notice struct {
	Region string
	Year   int
	Source string
	Days   int
}

// Entered is a day that was entered at run time.
type Entered struct {
	Date   day.Date
	Work   bool
	Name   string
	Source string
	Notice int
}

// CheckRegion returns the shortest form of a division code, "" for the country.
func CheckRegion(code string) (string, error) {
	if code == "" {
		return "", nil
	}
	for _, r := range code {
		if r < '0' || r > '9' {
			return "", ErrRegion
		}
	}
	chain := statute.Chain(code)
	if len(chain) == 0 || len(code) > 12 {
		return "", ErrRegion
	}
	return chain[len(chain)-1], nil
}
