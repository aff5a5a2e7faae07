package statute

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tongban/tongban/internal/kit/day"
)

// Table is the days of one notice: a State Council notice, or the arrangement
// of a region for an ethnic holiday (全国年节及纪念日放假办法 art. 4).
type Table struct {
	Region string // division code, "" for the whole country
	// Year is the year of the notice. Its days may fall in the last week of
	// the year before.
	Year   int
	Source string
	// Whole says that the table is all of its region and year: days that an
	// earlier table of the same region and year named are forgotten. A whole
	// table of the country is what makes a year known.
	Whole bool
	Days  []TableDay
}

// TableDay is one day of a table.
type TableDay struct {
	Date day.Date
	Work bool // a working day, whatever the weekday; otherwise off
	Name string
	// Source is where this day was made known, if not by the table's source.
	Source string
}

// Book has the calendars of all regions. It never changes.
type Book struct {
	tables map[string][]Table // by region
	known  map[int]bool

	mu        sync.Mutex
	calendars map[string]*Calendar // by the deepest region of a chain that has a table
}

// NewBook makes calendars of tables. Within a region the table of the later
// year wins, and among tables of one year the one given later.
func NewBook(tables ...Table) *Book {
	b := &Book{tables: map[string][]Table{}, known: map[int]bool{}, calendars: map[string]*Calendar{}}
	for _, t := range tables {
		region := ""
		if chain := Chain(t.Region); len(chain) > 0 {
			region = chain[len(chain)-1]
		}
		t.Region = region
		b.tables[region] = append(b.tables[region], t)
		if region == "" && t.Whole {
			b.known[t.Year] = true
		}
	}
	for _, list := range b.tables {
		slices.SortStableFunc(list, func(x, y Table) int { return cmp.Compare(x.Year, y.Year) })
	}
	return b
}

// For returns the calendar of a region: its own table over that of the city,
// the province and the country.
func (b *Book) For(region string) *Calendar {
	chain := append([]string{""}, Chain(region)...)
	chain = slices.DeleteFunc(chain, func(r string) bool { return r != "" && len(b.tables[r]) == 0 })
	deepest := chain[len(chain)-1]

	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.calendars[deepest]
	if !ok {
		c = newCalendar(b.rows(chain), b.known)
		b.calendars[deepest] = c
	}
	return c
}

// rows merges the tables of a chain, the country first.
func (b *Book) rows(chain []string) map[day.Date]Day {
	rows := map[day.Date]Day{}
	for _, region := range chain {
		for _, t := range b.tables[region] {
			if t.Whole {
				forget(rows, t.Region, t.Year)
			}
			for _, d := range t.Days {
				rows[d.Date] = row(t, d)
			}
		}
	}
	return rows
}

func forget(rows map[day.Date]Day, region string, year int) {
	for date, d := range rows {
		if d.Region == region && d.Notice == year {
			delete(rows, date)
		}
	}
}

func row(t Table, d TableDay) Day {
	out := Day{Date: d.Date, Workday: d.Work, Name: d.Name, Source: t.Source, Region: t.Region, Notice: t.Year}
	if d.Source != "" {
		out.Source = d.Source
	}
	weekend := d.Date.Weekday() == 0 || d.Date.Weekday() == 6
	switch {
	case d.Work && weekend:
		out.Reason = ReasonMakeUp
	case d.Work:
		out.Reason = ReasonWorkday
	default:
		out.Reason = ReasonHoliday
	}
	return out
}

// divisionLevels are the lengths of the levels of a division code (GB/T 2260,
// GB/T 10114): province, city, county, township, village.
var divisionLevels = [...]int{2, 4, 6, 9, 12}

// Chain returns the prefixes of a division code that name the regions it lies
// in, the province first: "511602000000" gives "51", "5116", "511602".
func Chain(region string) []string {
	var chain []string
	from := 0
	for _, n := range divisionLevels {
		if len(region) < n {
			break
		}
		if strings.Trim(region[from:n], "0") != "" {
			chain = append(chain, region[:n])
		}
		from = n
	}
	return chain
}
