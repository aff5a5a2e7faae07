package calendarweb

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

// The data of the pages.
type (
	publicData struct {
		place
		Year  calendar.YearView
		Form  *web.Form
		Count *calendar.Counted
	}
	deskData struct {
		place
		Year    calendar.YearView
		MayEdit bool
		Whole   bool
	}
	dayData struct {
		place
		Form *web.Form
	}
	tableData struct {
		place
		Form    *web.Form
		Preview calendar.Preview
	}
)

// month is one month as a table: weeks from Monday, empty cells before the
// first and after the last.
type month struct {
	No    time.Month
	Weeks [][]*statute.Day
}

func months(days []statute.Day) []month {
	var out []month
	for i := range days {
		d := &days[i]
		_, m, dd := d.Date.Date()
		if dd == 1 {
			out = append(out, month{No: m, Weeks: [][]*statute.Day{make([]*statute.Day, 7)}})
		}
		last := &out[len(out)-1]
		col := (int(d.Date.Weekday()) + 6) % 7
		if col == 0 && dd > 1 {
			last.Weeks = append(last.Weeks, make([]*statute.Day, 7))
		}
		last.Weeks[len(last.Weeks)-1][col] = d
	}
	return out
}

// span is a run of days off, or of days that work by notice.
type span struct {
	From, To day.Date
	Days     int
	Work     bool
	Name     string
	Source   string
	Region   string
	// Guess is set for a fixed holiday of a year without notice.
	Guess bool
}

// spans gathers the days that are off or work by notice. Plain weekends are
// not listed; a weekend inside a holiday belongs to it.
func spans(days []statute.Day) []span {
	var out []span
	for _, d := range days {
		named := d.Notice != 0 || d.Reason == statute.ReasonHoliday
		if !named {
			continue
		}
		if n := len(out) - 1; n >= 0 && out[n].joins(d) {
			out[n].To = d.Date
			out[n].Days++
			continue
		}
		out = append(out, span{
			From: d.Date, To: d.Date, Days: 1, Work: d.Workday, Name: d.Name, Source: d.Source,
			Region: d.Region, Guess: d.Provisional,
		})
	}
	return out
}

func (s span) joins(d statute.Day) bool {
	return s.To.Add(1) == d.Date && s.Work == d.Workday && s.Name == d.Name && s.Source == d.Source && s.Region == d.Region
}

// skipped are the days of a count that need a word: holidays and weekends that work.
func skipped(days []statute.Day) []span {
	var named []statute.Day
	for _, d := range days {
		if d.Reason == statute.ReasonHoliday || d.Reason == statute.ReasonMakeUp {
			named = append(named, d)
		}
	}
	return spans(named)
}

func weekends(days []statute.Day) int {
	n := 0
	for _, d := range days {
		if d.Reason == statute.ReasonWeekend {
			n++
		}
	}
	return n
}

// cellClass is how a day is drawn; its words say the same.
func cellClass(d *statute.Day, today day.Date) string {
	class := "tb-cal__day"
	switch d.Reason {
	case statute.ReasonHoliday:
		class += " is-off"
	case statute.ReasonMakeUp:
		class += " is-work"
	case statute.ReasonWeekend:
		class += " is-weekend"
	case statute.ReasonWorkday, statute.ReasonStart, statute.ReasonPaused, statute.ReasonAfter:
	}
	if d.Date == today {
		class += " is-today"
	}
	return class
}

// forgotten are the holidays by law that a table would make working days.
func forgotten(changes []calendar.Change) []string {
	var names []string
	for _, c := range changes {
		if c.Statutory != "" && !slices.Contains(names, c.Statutory) {
			names = append(names, c.Statutory)
		}
	}
	return names
}

func holiday(v web.View, name string) string { return v.Pick(name, statute.EnglishHoliday(name)) }

func region(v web.View, o option) string {
	if o.Code == "" {
		return v.T("calendar.country")
	}
	return v.Pick(o.Name.ZH, o.Name.EN)
}

func (p place) title(v web.View) string { return region(v, option{p.Region, p.Name}) }

func regionName(v web.View, p place, code string) string {
	for _, o := range p.Regions {
		if o.Code == code {
			return region(v, o)
		}
	}
	return code
}

func (p place) regionOptions(v web.View) []web.Option {
	out := make([]web.Option, len(p.Regions))
	for i, o := range p.Regions {
		out[i] = web.Option{Value: o.Code, Label: region(v, o)}
	}
	return out
}

// yearOptions are the years with a notice and two more.
func (p place) yearOptions(today day.Date) []web.Option {
	var out []web.Option
	for y := max(today.Year()+2, p.Year); y >= calendar.FirstYear; y-- {
		out = append(out, web.Option{Value: itoa(y), Label: itoa(y)})
	}
	return out
}

func monthName(v web.View, m time.Month) string {
	if v.English() {
		return m.String()
	}
	return itoa(int(m)) + " 月"
}

// sourceLinks are the addresses of a notice; a notice that was changed has two.
func sourceLinks(source string) []string {
	var out []string
	for s := range strings.SplitSeq(source, ";") {
		if u, err := url.Parse(s); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			out = append(out, s)
		}
	}
	return out
}

func spanDates(v web.View, s span) string {
	if s.Days == 1 {
		return v.DateShort(s.From)
	}
	return v.T("calendar.span", "from", v.DateShort(s.From), "to", v.DateShort(s.To))
}
