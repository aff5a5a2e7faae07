package web

import (
	"regexp"
	"strings"
)

// PeriodArgs asks for two days.
type PeriodArgs struct {
	FieldArgs
	From, To string // "2026-11-24", shown until the form has them
}

// PointArgs asks for a place on the map: name-lat and name-lng.
type PointArgs struct {
	FieldArgs
	Lat, Lng string
	Note     string // what may be given instead
}

// SignArgs asks for a signature: the name typed in name, or the path of a drawn
// one in name-drawn.
type SignArgs struct {
	FieldArgs
	Keyed string
	Drawn string // an SVG path
}

// PlaceArgs asks for an administrative division, level by level. Each level is
// a select name-1, name-2 and so on; name-q is a search by name whose Matches
// are chosen by name. Value is the code chosen so far.
type PlaceArgs struct {
	FieldArgs
	Value   string
	Full    string // the place chosen so far, in words
	Levels  []PlaceLevel
	Query   string
	Asked   bool // a search was made
	Matches []Option
	// Local is offered as a shortcut; none when its Value is empty.
	Local Option
	// Step and Find are the values of the button "do" that ask for the next level
	// and for a search.
	Step, Find string
}

// PlaceLevel is one select of a PlaceArgs.
type PlaceLevel struct {
	Label   string
	Value   string
	Options []Option
}

// drawn is what a signature may be: lines only, nothing that could be markup.
var drawn = regexp.MustCompile(`^[MmLl][MmLlHhVvQqCcZz0-9 ,.-]*$`)

// maxDrawn bounds the path of a signature, in bytes.
const maxDrawn = 30_000

// Drawn returns the path of a drawn signature, or "" for what is none.
func Drawn(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxDrawn || !drawn.MatchString(s) {
		return ""
	}
	return s
}

// The drawing surface of a signature, in units of its path.
const (
	signWidth  = "600"
	signHeight = "200"
)

// part is the name of the frame of a field, which a script renews by itself.
func part(name string) string { return name + "-part" }

// Part is the id of the frame that Refresh renews: see ButtonArgs.Refresh.
func Part(name string) string { return part(name) }
