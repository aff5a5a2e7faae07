package calendar

import (
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// The longest texts of a day.
const (
	nameLen   = 40
	sourceLen = 300
)

// maxLines is more than any notice names in a year.
const maxLines = 200

// Line is one line of a pasted table, with what is wrong with it.
type Line struct {
	No    int // counted from 1
	Text  string
	Day   statute.TableDay
	Fault *fault.Error // nil when it can be used
}

// ReadTable reads a pasted table, a line per day: date, off or work, name.
// Chinese commas and words, tabs, blank lines, a heading and lines that begin
// with # are understood. Every line comes back, with its fault if it has one.
func ReadTable(text string, year int) []Line {
	var lines []Line
	seen := map[day.Date]bool{}
	for i, raw := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		raw = strings.TrimSpace(raw)
		if raw == "" || strings.HasPrefix(raw, "#") {
			continue
		}
		f := cells(raw)
		if len(lines) == 0 && heading(f[0]) {
			continue
		}
		l := Line{No: i + 1, Text: raw}
		l.Day, l.Fault = readLine(f, year)
		if l.Fault == nil && seen[l.Day.Date] {
			l.Fault = fault.New(fault.Invalid, "calendar.line_twice", "date", l.Day.Date.String())
		}
		seen[l.Day.Date] = true
		lines = append(lines, l)
		if len(lines) > maxLines {
			break
		}
	}
	return lines
}

func cells(line string) []string {
	line = strings.NewReplacer("，", ",", "\t", ",", ";", ",", "；", ",").Replace(line)
	f := strings.SplitN(line, ",", 3)
	for i := range f {
		f[i] = strings.Trim(strings.TrimSpace(f[i]), `"`)
	}
	return f
}

func heading(cell string) bool { return cell == "date" || cell == "日期" }

func readLine(f []string, year int) (statute.TableDay, *fault.Error) {
	var d statute.TableDay
	date, err := readDate(f[0])
	if err != nil {
		return d, fault.New(fault.Invalid, "calendar.line_date")
	}
	d.Date = date
	if !ofNotice(date, year) {
		return d, fault.New(fault.Invalid, "calendar.line_year", "year", year)
	}
	if len(f) < 2 {
		return d, fault.New(fault.Invalid, "calendar.line_kind")
	}
	switch strings.ToLower(f[1]) {
	case Off, "休", "放假":
	case Work, "班", "上班":
		d.Work = true
	default:
		return d, fault.New(fault.Invalid, "calendar.line_kind")
	}
	if len(f) == 3 {
		d.Name = f[2]
	}
	if d.Name == "" || utf8.RuneCountInString(d.Name) > nameLen {
		return d, fault.New(fault.Invalid, "calendar.line_name", "most", nameLen)
	}
	return d, nil
}

// readDate reads 2027-02-06, 2027/2/6 and 2027年2月6日.
func readDate(s string) (day.Date, error) {
	s = strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-", " ", "").Replace(s)
	parts := strings.Split(s, "-")
	for i, p := range parts {
		if i > 0 && len(p) == 1 {
			parts[i] = "0" + p
		}
	}
	return day.Parse(strings.Join(parts, "-"))
}

// ofNotice reports whether a day can stand in the notice of a year: the year
// itself, and the days around the New Year that belong to the same holiday.
func ofNotice(d day.Date, year int) bool {
	return !d.Before(day.Of(year-1, 12, 20)) && !d.After(day.Of(year+1, 1, 10))
}

// days returns the days of a table, or a fault that names the first bad line.
func days(lines []Line) ([]statute.TableDay, *fault.Error) {
	var out []statute.TableDay
	for _, l := range lines {
		if l.Fault != nil {
			return nil, fault.New(fault.Invalid, "calendar.lines", "line", l.No)
		}
		out = append(out, l.Day)
	}
	return out, nil
}

// check judges an edit of one day.
func (e Edit) check() error {
	var f fault.Form
	switch y := e.Date.Year(); {
	case e.Date.IsZero():
		f.Add("date", "form.date")
	case y < FirstYear || y > LastYear:
		f.Add("date", ErrDate.Code, "first", FirstYear, "last", LastYear)
	}
	if e.Kind != Off && e.Kind != Work {
		f.Add("kind", "calendar.kind")
	}
	checkName(&f, e.Name)
	checkSource(&f, e.Source)
	return f.Err()
}

func checkName(f *fault.Form, name string) {
	if n := utf8.RuneCountInString(name); n == 0 || n > nameLen {
		f.Add("name", "calendar.name", "most", nameLen)
	}
}

func checkSource(f *fault.Form, source string) {
	if n := utf8.RuneCountInString(source); n == 0 || n > sourceLen {
		f.Add("source", "calendar.source", "most", sourceLen)
	}
}

// readYear judges a pasted table.
func readYear(region string, year int, source, text string) (YearTable, error) {
	var f fault.Form
	if year < FirstYear || year > LastYear {
		f.Add("year", ErrYear.Code, "first", FirstYear, "last", LastYear)
	}
	checkSource(&f, source)
	lines := ReadTable(text, year)
	list, bad := days(lines)
	switch {
	case bad != nil:
		f.Add("table", bad.Code, bad.Args...)
	case len(lines) == 0:
		f.Add("table", "calendar.empty")
	case len(lines) > maxLines:
		f.Add("table", "calendar.long", "most", maxLines)
	}
	return YearTable{Region: region, Year: year, Source: source, Days: list}, f.Err()
}
