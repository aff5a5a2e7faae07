package idcode

import (
	"fmt"

	"github.com/tongban/tongban/internal/kit/day"
)

// caseNumberLength is 6 division, 8 date, 4 department, 6 serial, 1 check.
const caseNumberLength = 25

// CaseNumber builds a case number (办件编号): division, day of submission,
// department, serial of that day and department, and a check digit by ISO 7064
// MOD 11,10. It holds nothing about the person.
//
// The national rule sets only the length (GB/T 39046: at most 50 characters).
func CaseNumber(area6 string, on day.Date, dept4 string, seq int) (string, error) {
	switch {
	case len(area6) != 6 || !only(area6, digits):
		return "", ErrArea
	case len(dept4) != 4 || !only(dept4, digits):
		return "", ErrShape
	case on.IsZero():
		return "", ErrDate
	case seq < 1 || seq > 999999:
		return "", ErrShape
	}
	y, m, d := on.Date()
	s := fmt.Sprintf("%s%04d%02d%02d%s%06d", area6, y, m, d, dept4, seq)
	return s + string(hybrid(s, digits)), nil
}

// ParseCaseNumber checks a case number and returns it normalised.
func ParseCaseNumber(s string) (string, error) {
	s = clean(s)
	switch {
	case len(s) != caseNumberLength:
		return "", ErrLength.With("n", caseNumberLength)
	case !only(s, digits):
		return "", ErrCharacters
	}
	if _, err := compactDate(s[6:14]); err != nil {
		return "", ErrDate.Wrap(err)
	}
	if hybrid(s[:24], digits) != s[24] {
		return "", ErrCheck
	}
	return s, nil
}

// GroupCaseNumber writes a case number in groups, for reading aloud:
// "511602 20261116 1023 000482 7".
func GroupCaseNumber(s string) string {
	if len(s) != caseNumberLength {
		return s
	}
	return s[:6] + " " + s[6:14] + " " + s[14:18] + " " + s[18:24] + " " + s[24:]
}
