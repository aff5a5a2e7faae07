// Package directory knows the administrative divisions of five levels and the
// agencies in them.
//
// Four levels, some 44,700 divisions, are embedded and read when first asked
// for; villages, some 620,000, can be imported. Codes are text and form a tree
// by their prefixes: 51 Sichuan, 5116 Guang'an, 511602 Guang'an District.
package directory

import (
	"embed"

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

// Faults of this area.
var (
	ErrNoDivision = fault.New(fault.NotFound, "directory.no_division")
	ErrNoAgency   = fault.New(fault.NotFound, "directory.no_agency")
	ErrVillages   = fault.New(fault.Invalid, "directory.villages")
)

// AsOf is the day the embedded divisions describe: the statistical codes of the
// National Bureau of Statistics for 2023.
var AsOf = day.Of(2023, 6, 30)

// Level is how high a division stands.
type Level uint8

// The levels. The zero Level is none.
const (
	_ Level = iota
	Province
	City
	County
	Town
	Village
)

// widths are the digits of a code by level (GB/T 2260, GB/T 10114).
var widths = [...]int{0, 2, 4, 6, 9, 12}

// LevelOf returns the level of a code by its length, 0 if it has none.
func LevelOf(code string) Level {
	for l := Province; l <= Village; l++ {
		if len(code) == widths[l] && digits(code) {
			return l
		}
	}
	return 0
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// Shorten returns the shortest form of a code that was padded with zeros:
// "511602000000" is 511602. A code that is not padded stays as it is.
func Shorten(code string) string {
	if !digits(code) || len(code) != 6 && len(code) != 12 {
		return code
	}
	for l := Province; l < Village; l++ {
		w := widths[l]
		if w < len(code) && zeros(code[w:]) {
			return code[:w]
		}
	}
	return code
}

func zeros(s string) bool {
	for _, r := range s {
		if r != '0' {
			return false
		}
	}
	return true
}

// parentOf returns the code above, "" of a province.
func parentOf(code string) string {
	l := LevelOf(code)
	if l <= Province {
		return ""
	}
	return code[:widths[l-1]]
}

// Division is one administrative division.
type Division struct {
	Code   string
	Parent string
	Name   string
	Level  Level
	// Official is false for what exists in the statistics alone: the pseudo
	// cities 市辖区 and 县, development zones, farms.
	Official  bool
	ValidFrom day.Date // zero: not known
	ValidTo   day.Date // zero: open
	Successor string   // code that replaced it
}

// pseudo are names of nodes that only carry others.
var pseudo = map[string]bool{
	"市辖区": true, "县": true,
	"省直辖县级行政区划": true, "自治区直辖县级行政区划": true,
}

// official tells a division of law from one of statistics. Towns are 001 to
// 399; above stand 类似乡级单位 such as farms and zones (domain: division codes).
func official(code, name string) bool {
	if LevelOf(code) == Town && code[6] >= '4' {
		return false
	}
	return !pseudo[name]
}
