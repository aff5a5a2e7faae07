package statute_test

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/statute"
)

// This file is a second, slow reading of the law that shares nothing with the
// package but the list of facts: text dates from the standard library, a walk
// from day to day, a list of happenings that is looked through anew each day.

//go:embed holidays.csv
var noticeLines string

// notices has "off" or "work" by date, and the years that have a notice.
func notices() (kind map[string]string, years map[string]bool) {
	kind, years = map[string]string{}, map[string]bool{}
	for _, line := range strings.Split(noticeLines, "\n") {
		f := strings.Split(line, ",")
		switch {
		case strings.HasPrefix(line, "notice,"):
			years[f[1]] = true
		case len(f) == 4:
			kind[f[0]] = f[1]
		}
	}
	return kind, years
}

type lawBook struct {
	kind  map[string]string
	years map[string]bool
}

func newLawBook() lawBook { k, y := notices(); return lawBook{k, y} }

const iso = time.DateOnly

// works: XK art. 82, working days without statutory holidays. Without a notice
// the days of the Regulation on Public Holidays that need no moon are off.
func (l lawBook) works(t time.Time) bool {
	switch l.kind[t.Format(iso)] {
	case "off":
		return false
	case "work":
		return true
	}
	if t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		return false
	}
	if l.years[t.Format("2006")] {
		return true
	}
	return !strings.Contains(" 01-01 05-01 05-02 10-01 10-02 10-03 ", " "+t.Format("01-02")+" ")
}

// after: Civil Code art. 201, the day of the event is not counted.
func (l lawBook) after(t time.Time, n int) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if l.works(t) {
			n--
		}
	}
	return t
}

// happening is an entry of a clock in the words of the law.
type happening struct {
	what   string // begin, stop counting, count again, more days, over
	on     time.Time
	which  string
	days   int
	expect time.Time // expected end of what stops counting
}

// outside: XK art. 45, the time of the special procedure is not counted. The
// day it begins is still the agency's, the day it ends is not.
func outside(t time.Time, hs []happening) (out, expected bool) {
	for i, h := range hs {
		if h.what != "stop counting" || !t.After(h.on) {
			continue
		}
		end, ended := time.Time{}, false
		for _, r := range hs[i:] {
			if r.what == "count again" && r.which == h.which || r.what == "over" {
				end, ended = r.on, true
				break
			}
		}
		switch {
		case ended && !t.After(end):
			out = true
		case !ended:
			// What nobody has ended goes on until it is expected to end, and
			// at least until the last day of which anything is known.
			expected = true
			if h.expect.IsZero() || !t.After(h.expect) || !t.After(hs[len(hs)-1].on) {
				out = true
			}
		}
	}
	return out, expected
}

// last finds the last day in time of a limit: zero when it cannot be known.
func (l lawBook) last(begin time.Time, limit int, hs []happening) (day time.Time, estimated bool) {
	for _, h := range hs {
		if h.what == "more days" {
			limit += h.days
		}
	}
	t := begin
	for n, guard := 0, 0; n < limit; guard++ {
		if guard > 4000 {
			return time.Time{}, true // a pause without end
		}
		t = t.AddDate(0, 0, 1)
		out, expected := outside(t, hs)
		estimated = estimated || expected
		if !out && l.works(t) {
			n++
		}
	}
	return t, estimated
}

func TestReferenceReadsTheSameFacts(t *testing.T) {
	t.Parallel()
	n := 0
	for _, table := range statute.National() {
		n += len(table.Days)
	}
	if kinds, years := notices(); len(kinds) != n || len(years) != len(statute.National()) {
		t.Errorf("%d days of %d years, the package has %d of %d", len(kinds), len(years), n, len(statute.National()))
	}
}
