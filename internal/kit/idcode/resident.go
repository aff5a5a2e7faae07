package idcode

import (
	"slices"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
)

// Sex as the 17th digit of a resident identity number tells it.
type Sex string

// The two values that the number can carry (GB/T 2261.1: 1 male, 2 female).
const (
	Male   Sex = "1"
	Female Sex = "2"
)

// Resident is what a resident identity number says about its holder.
type Resident struct {
	Number string // normalised: 18 characters, X in upper case
	Area   string // six-digit division at first registration; it may be abolished by now
	Birth  day.Date
	Sex    Sex
}

// provinces are the prefixes in use. 83 is the residence permit of people from
// Taiwan, 81 and 82 those from Hong Kong and Macao; their numbers have the same form.
var provinces = []string{
	"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
	"41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
	"71", "81", "82", "83",
}

var residentWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// ResidentID checks a resident identity number and returns it normalised.
func ResidentID(s string) (string, error) {
	r, err := ParseResident(s)
	return r.Number, err
}

// ParseResident checks a resident identity number and returns what it says.
//
// Divisions are checked by province only: a number keeps the code of a county
// that was abolished since. Whether the birth date is past is asked of
// Resident.BornBy, because a check of numbers has no clock.
func ParseResident(s string) (Resident, error) {
	s = clean(s)
	switch {
	case len(s) != 18:
		return Resident{}, ErrLength.With("n", 18)
	case !only(s[:17], digits) || !only(s[17:], digits+"X"):
		return Resident{}, ErrCharacters
	case !slices.Contains(provinces, s[:2]):
		return Resident{}, ErrArea
	}
	birth, err := compactDate(s[6:14])
	if err != nil {
		return Resident{}, ErrDate.Wrap(err)
	}
	if residentCheck(s) != s[17] {
		return Resident{}, ErrCheck
	}
	sex := Female
	if (s[16]-'0')%2 == 1 {
		sex = Male
	}
	return Resident{Number: s, Area: s[:6], Birth: birth, Sex: sex}, nil
}

// BornBy returns ErrFuture when the birth date lies after today.
func (r Resident) BornBy(today day.Date) error {
	if r.Birth.After(today) {
		return ErrFuture
	}
	return nil
}

// Age returns the completed years of life on today (Civil Code art. 13 counts
// from birth; a year is complete on the birthday).
func (r Resident) Age(today day.Date) int {
	by, bm, bd := r.Birth.Date()
	y, m, d := today.Date()
	n := y - by
	if m < bm || (m == bm && d < bd) {
		n--
	}
	return n
}

func residentCheck(s string) byte {
	sum := 0
	for i, w := range residentWeights {
		sum += int(s[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// compactDate reads YYYYMMDD.
func compactDate(s string) (day.Date, error) {
	t, err := time.Parse("20060102", s)
	if err != nil {
		return day.Date{}, err
	}
	y, m, d := t.Date()
	return day.Of(y, m, d), nil
}
