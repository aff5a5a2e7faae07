package statute_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

func country() *statute.Calendar { return statute.NewBook(statute.National()...).For("") }

func d(s string) day.Date { return day.MustParse(s) }

// The vectors of the domain reference, chapter 13.
func TestWorkingDaysSkipHolidaysAndCountMakeUpDays(t *testing.T) {
	t.Parallel()
	cal := country()
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-02-13", 5, "2026-02-27"},
		{"2026-02-13", 20, "2026-03-19"},
		{"2026-09-18", 5, "2026-09-24"},
		{"2026-09-18", 20, "2026-10-22"},
		{"2026-04-30", 5, "2026-05-11"},
		{"2026-09-30", 1, "2026-10-08"},
		{"2025-09-26", 20, "2025-10-30"},
		{"2025-12-31", 2, "2026-01-05"},
	} {
		got := cal.AddWorkdays(d(tt.from), tt.n)
		if got != d(tt.want) {
			t.Errorf("%s + %d = %s, want %s", tt.from, tt.n, got, tt.want)
		}
		if n := cal.Workdays(d(tt.from), got); n != tt.n {
			t.Errorf("from %s to %s: %d working days, want %d", tt.from, got, n, tt.n)
		}
		if cal.Provisional(d(tt.from), got) {
			t.Errorf("%s + %d is called provisional", tt.from, tt.n)
		}
	}
}

func TestWorkdaysOfAYear(t *testing.T) {
	t.Parallel()
	cal := country()
	for year, want := range map[int]int{2024: 251, 2025: 248, 2026: 248} {
		if got := cal.Workdays(day.Of(year-1, 12, 31), day.Of(year, 12, 31)); got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
	}
}

func TestZeroAndNegativeDays(t *testing.T) {
	t.Parallel()
	cal := country()
	for _, tt := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-09-30", 0, "2026-09-30"},  // a working day stays
		{"2026-10-01", 0, "2026-10-08"},  // a holiday rolls on
		{"2026-10-10", 0, "2026-10-10"},  // a Saturday that works
		{"2026-10-08", -1, "2026-09-30"}, // three days before due, and the like
		{"2026-10-05", -1, "2026-09-30"},
		{"2026-10-12", -3, "2026-10-08"},
	} {
		if got := cal.AddWorkdays(d(tt.from), tt.n); got != d(tt.want) {
			t.Errorf("%s %+d = %s, want %s", tt.from, tt.n, got, tt.want)
		}
	}
	if n := cal.Workdays(d("2026-03-02"), d("2026-03-02")) + cal.Workdays(d("2026-03-05"), d("2026-03-02")); n != 0 {
		t.Errorf("nothing lies between a day and itself, or backwards; got %d", n)
	}
}

func TestEachDaySaysWhy(t *testing.T) {
	t.Parallel()
	cal := country()
	for _, tt := range []struct {
		date   string
		work   bool
		reason statute.Reason
		name   string
		notice int
	}{
		{"2026-02-14", true, statute.ReasonMakeUp, "春节", 2026},
		{"2026-02-16", false, statute.ReasonHoliday, "春节", 2026},
		{"2026-02-15", false, statute.ReasonHoliday, "春节", 2026}, // a Sunday inside the holiday
		{"2026-03-07", false, statute.ReasonWeekend, "", 0},
		{"2026-03-09", true, statute.ReasonWorkday, "", 0},
		{"2007-12-31", false, statute.ReasonHoliday, "元旦", 2008}, // stands in the next year's notice
		{"2015-09-03", false, statute.ReasonHoliday, "抗日战争暨世界反法西斯战争胜利70周年纪念日", 2015},
		{"2020-01-31", false, statute.ReasonHoliday, "春节", 2020}, // the emergency notice
	} {
		got := cal.Lookup(d(tt.date))
		if got.Workday != tt.work || got.Reason != tt.reason || got.Name != tt.name || got.Notice != tt.notice || got.Provisional {
			t.Errorf("%s: %+v, want %+v", tt.date, got, tt)
		}
		if (got.Source != "") != (tt.notice != 0) {
			t.Errorf("%s: source %q with notice %d", tt.date, got.Source, tt.notice)
		}
		if tt.name != "" && statute.EnglishHoliday(tt.name) == tt.name {
			t.Errorf("%s has no English name", tt.name)
		}
	}
}

func TestEveryHolidayOfTheNoticesHasAnEnglishName(t *testing.T) {
	t.Parallel()
	for _, table := range statute.National() {
		for _, x := range table.Days {
			if statute.EnglishHoliday(x.Name) == x.Name {
				t.Errorf("%s: %q", x.Date, x.Name)
			}
		}
	}
	if got := statute.EnglishHoliday("三月三"); got != "三月三" {
		t.Errorf("a name nobody translated became %q", got)
	}
}

// The numbers that the data set itself states.
func TestTablesAreComplete(t *testing.T) {
	t.Parallel()
	tables := statute.National()
	if len(tables) != 20 || tables[0].Year != 2007 || tables[19].Year != 2026 {
		t.Fatalf("%d tables from %d", len(tables), tables[0].Year)
	}
	for year, want := range map[int][2]int{2025: {28, 5}, 2026: {33, 6}} {
		off, work := 0, 0
		for _, x := range tables[year-2007].Days {
			if x.Work {
				work++
			} else {
				off++
			}
		}
		if off != want[0] || work != want[1] {
			t.Errorf("%d: %d off and %d work, want %v", year, off, work, want)
		}
	}
}

func TestAYearWithoutNoticeIsProvisional(t *testing.T) {
	t.Parallel()
	cal := country()
	if cal.Known(2027) || !cal.Known(2026) {
		t.Fatal("which notices are known is wrong")
	}
	for _, tt := range []struct {
		date string
		work bool
	}{
		{"2027-01-01", false},
		{"2027-05-03", true},
		{"2027-10-01", false},
		{"2028-05-01", false},
		{"2028-05-02", false},
		{"2028-10-02", false},
		{"2028-10-03", false},
		{"2028-10-04", true},
		{"2027-02-08", true},
	} {
		if got := cal.Lookup(d(tt.date)); got.Workday != tt.work || !got.Provisional {
			t.Errorf("%s: %+v, want workday %v and provisional", tt.date, got, tt.work)
		}
	}
	if cal.Provisional(d("2026-12-01"), d("2026-12-31")) || !cal.Provisional(d("2026-12-31"), d("2027-01-01")) {
		t.Error("a span is provisional when a day of it is, and only then")
	}
	if cal.Provisional(d("2027-06-01"), d("2027-06-01")) {
		t.Error("an empty span rests on no guess")
	}
}

func TestLaterNoticeAndDeeperRegionWin(t *testing.T) {
	t.Parallel()
	tables := append(statute.National(),
		statute.Table{Year: 2026, Source: "emergency", Days: []statute.TableDay{{Date: d("2026-02-24"), Name: "春节"}}},
		statute.Table{Region: "510000000000", Year: 2026, Source: "province", Days: []statute.TableDay{
			{Date: d("2026-03-10"), Name: "省"}, {Date: d("2026-03-11"), Name: "省"},
		}},
		statute.Table{Region: "511602", Year: 2026, Source: "county", Days: []statute.TableDay{{Date: d("2026-03-11"), Work: true, Name: "县"}}},
	)
	book := statute.NewBook(tables...)
	for _, tt := range []struct {
		region, date string
		work         bool
		source       string
	}{
		{"", "2026-02-24", false, "emergency"},
		{"511602", "2026-02-24", false, "emergency"},
		{"", "2026-03-10", true, ""},
		{"51", "2026-03-10", false, "province"},
		{"5116", "2026-03-11", false, "province"},
		{"511602000000", "2026-03-10", false, "province"},
		{"511602000000", "2026-03-11", true, "county"},
		{"511602001002", "2026-03-11", true, "county"},
		{"511603", "2026-03-11", false, "province"},
		{"44", "2026-03-10", true, ""},
	} {
		got := book.For(tt.region).Lookup(d(tt.date))
		if got.Workday != tt.work || got.Source != tt.source {
			t.Errorf("%s in %q: %+v, want workday %v by %q", tt.date, tt.region, got, tt.work, tt.source)
		}
	}
	if book.For("5116") != book.For("511603") || book.For("44") != book.For("") {
		t.Error("regions with the same tables should share a calendar")
	}
}

func TestAWholeTableReplacesTheEarlierOne(t *testing.T) {
	t.Parallel()
	whole := statute.Table{Year: 2026, Source: "new", Whole: true, Days: []statute.TableDay{{Date: d("2026-01-01"), Name: "元旦"}}}
	cal := statute.NewBook(append(statute.National(), whole)...).For("")
	if got := cal.Lookup(d("2026-02-16")); !got.Workday || got.Reason != statute.ReasonWorkday {
		t.Errorf("a day of the replaced table is still off: %+v", got)
	}
	if got := cal.Lookup(d("2026-01-01")); got.Source != "new" || got.Workday {
		t.Errorf("the new table is not used: %+v", got)
	}
	if got := cal.Lookup(d("2025-10-01")); got.Workday {
		t.Errorf("another year lost its table: %+v", got)
	}
}

func TestATableMakesItsYearKnown(t *testing.T) {
	t.Parallel()
	local := statute.Table{Region: "51", Year: 2027, Whole: true, Days: []statute.TableDay{{Date: d("2027-03-10")}}}
	if statute.NewBook(append(statute.National(), local)...).For("51").Known(2027) {
		t.Error("a province's own holiday does not tell the country's")
	}
	single := statute.Table{Year: 2027, Days: []statute.TableDay{{Date: d("2027-03-10"), Source: "emergency"}}}
	if cal := statute.NewBook(append(statute.National(), single)...).For(""); cal.Known(2027) || cal.Lookup(d("2027-03-10")).Source != "emergency" {
		t.Error("one day made known is not the notice of a year")
	}
	table := statute.Table{Year: 2027, Whole: true, Days: []statute.TableDay{{Date: d("2027-01-01")}, {Date: d("2027-10-01")}}}
	cal := statute.NewBook(append(statute.National(), table)...).For("51")
	if got := cal.Lookup(d("2027-10-04")); !got.Workday || got.Provisional {
		t.Errorf("with the notice nothing is guessed: %+v", got)
	}
}

func TestRegionsFollowTheirDivisionCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "[]", "51": "[51]", "510000": "[51]", "511600000000": "[51 5116]", "511602": "[51 5116 511602]",
		"511602001002": "[51 5116 511602 511602001 511602001002]", "5": "[]", "110101000000": "[11 1101 110101]",
	} {
		if got := fmt.Sprint(statute.Chain(code)); got != want {
			t.Errorf("Chain(%s) = %s, want %s", code, got, want)
		}
	}
}

func TestYearHasEveryDay(t *testing.T) {
	t.Parallel()
	cal := country()
	for year, want := range map[int]int{2024: 366, 2026: 365, 1950: 365, 2100: 365} {
		days := cal.Year(year)
		if len(days) != want || days[0].Date != day.Of(year, 1, 1) {
			t.Errorf("%d: %d days", year, len(days))
		}
	}
}

// Outside the years that are counted beforehand the answers are the same, slower.
func TestFarYearsCountTheSameWay(t *testing.T) {
	t.Parallel()
	cal, law := country(), newLawBook()
	for _, from := range []string{"1985-03-05", "1999-12-30", "1999-12-31", "2000-01-01", "2059-12-29", "2059-12-31", "2060-01-01", "2077-09-28"} {
		at, _ := time.Parse(iso, from)
		for _, n := range []int{1, 5, 20, 300} {
			if got, want := cal.AddWorkdays(d(from), n).String(), law.after(at, n).Format(iso); got != want {
				t.Errorf("%s + %d = %s, want %s", from, n, got, want)
			}
			if got := cal.Workdays(d(from), cal.AddWorkdays(d(from), n)); got != n {
				t.Errorf("from %s: %d counted back as %d", from, n, got)
			}
			if back := cal.AddWorkdays(d(from).Add(1), -n); cal.Workdays(back.Add(-1), d(from)) != n {
				t.Errorf("%s - %d = %s", from, n, back)
			}
		}
		if !cal.Provisional(d(from), d(from).Add(30)) {
			t.Errorf("after %s nothing is known", from)
		}
	}
}

func FuzzWorkingDaysAgreeWithTheLaw(f *testing.F) {
	cal, law := country(), newLawBook()
	f.Add(uint16(9540), uint8(20))
	f.Add(uint16(10000), uint8(5))
	f.Fuzz(func(t *testing.T, offset uint16, n uint8) {
		from := day.Of(2000, 1, 1).Add(int(offset) % 11000)
		at, _ := time.Parse(iso, from.String())
		got := cal.AddWorkdays(from, int(n)+1)
		if want := law.after(at, int(n)+1).Format(iso); got.String() != want {
			t.Fatalf("%s + %d = %s, the law says %s", from, int(n)+1, got, want)
		}
		if back := cal.Workdays(from, got); back != int(n)+1 {
			t.Fatalf("from %s to %s: %d working days, want %d", from, got, back, int(n)+1)
		}
		if w := law.works(at); w != cal.IsWorkday(from) || cal.AddWorkdays(from, 0) == from != w {
			t.Fatalf("%s: works %v, the law says %v", from, !w, w)
		}
		if n := int(n) + 1; cal.AddWorkdays(got.Add(1), -1) != got || cal.AddWorkdays(got, 1-n) != cal.AddWorkdays(from, 1) {
			t.Fatalf("going back from %s is wrong", got)
		}
	})
}

func BenchmarkAddWorkdays(b *testing.B) {
	cal, from := country(), d("2026-09-18")
	for b.Loop() {
		cal.AddWorkdays(from, 20)
	}
}

func BenchmarkCalendarOfARegion(b *testing.B) {
	tables := append(statute.National(), statute.Table{Region: "51", Year: 2026, Days: []statute.TableDay{{Date: d("2026-03-10")}}})
	for b.Loop() {
		statute.NewBook(tables...).For("51")
	}
}
