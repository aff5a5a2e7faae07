package statute

import (
	"slices"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
)

// Reason says why a day counts or does not.
type Reason string

// The reasons. Start, Paused and After are of clocks, the others of calendars.
const (
	ReasonWorkday Reason = "workday" // a plain Monday to Friday
	ReasonMakeUp  Reason = "makeup"  // works although it is a weekend, by notice
	ReasonWeekend Reason = "weekend"
	ReasonHoliday Reason = "holiday"
	ReasonStart   Reason = "start"  // the day of the event is not counted
	ReasonPaused  Reason = "paused" // a special procedure is going on
	ReasonAfter   Reason = "after"  // the limit has run out
)

// Day is what a calendar knows of one day.
type Day struct {
	Date    day.Date
	Workday bool
	Reason  Reason
	Name    string // of the holiday, as the notice has it; "" when no notice names the day
	Source  string // address or title of the notice
	Region  string // whose table says so: "" is the whole country
	Notice  int    // year of the notice; 0 when none names the day
	// Provisional is set when no notice of the year is known: Mondays to
	// Fridays and the fixed holidays are a guess until it comes.
	Provisional bool
}

// The years that a calendar has counted beforehand. Others are right too, but
// are counted day by day.
const (
	firstYear = 2000
	lastYear  = 2059
)

// Calendar is the working days of one region. It never changes.
type Calendar struct {
	rows  map[day.Date]Day
	known map[int]bool // years that the State Council's notice is known of
	first day.Date
	// counts has, for each day since first, the workdays and the provisional
	// days up to and including it; dates has the workdays in order.
	counts []count
	dates  []day.Date
}

type count struct{ work, provisional int32 }

func newCalendar(rows map[day.Date]Day, known map[int]bool) *Calendar {
	c := &Calendar{rows: rows, known: known, first: day.Of(firstYear, 1, 1)}
	n := day.Of(lastYear+1, 1, 1).Sub(c.first)
	c.counts = make([]count, 0, n)
	c.dates = make([]day.Date, 0, n*5/7)
	var sum count
	for i := range n {
		d := c.Lookup(c.first.Add(i))
		if d.Workday {
			sum.work++
			c.dates = append(c.dates, d.Date)
		}
		if d.Provisional {
			sum.provisional++
		}
		c.counts = append(c.counts, sum)
	}
	c.dates = slices.Clip(c.dates)
	return c
}

// Lookup says what d is, and by which notice.
func (c *Calendar) Lookup(d day.Date) Day {
	if row, ok := c.rows[d]; ok {
		return row
	}
	provisional := !c.known[d.Year()]
	switch wd := d.Weekday(); {
	case wd == time.Saturday || wd == time.Sunday:
		return Day{Date: d, Reason: ReasonWeekend, Provisional: provisional}
	case provisional && FixedHoliday(d) != "":
		return Day{Date: d, Reason: ReasonHoliday, Name: FixedHoliday(d), Provisional: true}
	}
	return Day{Date: d, Workday: true, Reason: ReasonWorkday, Provisional: provisional}
}

// FixedHoliday names the holidays that stand on a fixed date of the solar
// calendar (全国年节及纪念日放假办法 art. 2), "" for other days; the lunar ones
// are not guessed.
func FixedHoliday(d day.Date) string {
	switch _, m, dd := d.Date(); {
	case m == time.January && dd == 1:
		return "元旦"
	case m == time.May && dd <= 2:
		return "劳动节"
	case m == time.October && dd <= 3:
		return "国庆节"
	}
	return ""
}

// Known reports whether the State Council's notice of the year is known.
func (c *Calendar) Known(year int) bool { return c.known[year] }

// IsWorkday reports whether d is a working day.
func (c *Calendar) IsWorkday(d day.Date) bool { return c.Lookup(d).Workday }

// Workdays counts the working days after from, up to and including to. It is
// zero when to is not after from.
func (c *Calendar) Workdays(from, to day.Date) int {
	if !to.After(from) {
		return 0
	}
	if c.counted(from) && c.counted(to) {
		return int(c.counts[to.Sub(c.first)].work - c.counts[from.Sub(c.first)].work)
	}
	n := 0
	for d := from.Add(1); !d.After(to); d = d.Add(1) {
		if c.IsWorkday(d) {
			n++
		}
	}
	return n
}

// AddWorkdays returns the n-th working day after d: the day of the event is not
// counted. With n zero it is d itself or, if d is no working day, the next one;
// a negative n goes back to the n-th working day before d.
func (c *Calendar) AddWorkdays(d day.Date, n int) day.Date {
	if c.counted(d) {
		if i := c.position(d, n); i >= 0 && i < len(c.dates) {
			return c.dates[i]
		}
	}
	return c.step(d, n)
}

// position is where in dates the n-th working day from d stands.
func (c *Calendar) position(d day.Date, n int) int {
	if n > 0 {
		return int(c.counts[d.Sub(c.first)].work) + n - 1
	}
	before := 0
	if i := d.Sub(c.first); i > 0 {
		before = int(c.counts[i-1].work)
	}
	return before + n
}

// step is AddWorkdays day by day, for years that are not counted beforehand.
func (c *Calendar) step(d day.Date, n int) day.Date {
	if n == 0 {
		d, n = d.Add(-1), 1
	}
	by := 1
	if n < 0 {
		by, n = -1, -n
	}
	for n > 0 {
		d = d.Add(by)
		if c.IsWorkday(d) {
			n--
		}
	}
	return d
}

// Provisional reports whether any day after from, up to and including to, is a
// guess for want of a notice.
func (c *Calendar) Provisional(from, to day.Date) bool {
	if !to.After(from) {
		return false
	}
	if c.counted(from) && c.counted(to) {
		return c.counts[to.Sub(c.first)].provisional > c.counts[from.Sub(c.first)].provisional
	}
	for d := from.Add(1); !d.After(to); d = d.Add(1) {
		if c.Lookup(d).Provisional {
			return true
		}
	}
	return false
}

// Year returns every day of a year.
func (c *Calendar) Year(year int) []Day {
	days := make([]Day, 0, 366)
	for d := day.Of(year, 1, 1); d.Year() == year; d = d.Add(1) {
		days = append(days, c.Lookup(d))
	}
	return days
}

// counted reports whether counts has d.
func (c *Calendar) counted(d day.Date) bool {
	return !d.Before(c.first) && d.Sub(c.first) < len(c.counts)
}
