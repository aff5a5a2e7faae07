package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
)

var weekdaysZH = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// The texts of two lengths of date; English ones are layouts of package time.
func dateFull(locale string, d day.Date) string {
	if d.IsZero() {
		return ""
	}
	if locale == EN {
		return d.Time().Format("Monday 2 January 2006")
	}
	return datePlain(locale, d) + "（星期" + weekdaysZH[d.Weekday()] + "）"
}

func datePlain(locale string, d day.Date) string {
	if d.IsZero() {
		return ""
	}
	if locale == EN {
		return d.Time().Format("2 January 2006")
	}
	y, m, dd := d.Date()
	return fmt.Sprintf("%d 年 %d 月 %d 日", y, int(m), dd)
}

// instant writes a time of day after its date, in China Standard Time.
func instant(locale, date string, t time.Time) string {
	sep := " "
	if locale == EN {
		sep = ", "
	}
	return date + sep + t.In(day.CST).Format("15:04")
}

// argument writes what fills a hole of a sentence: dates and times as people
// read them, everything else as it is.
func (t *Texts) argument(locale string, x any) string {
	switch v := x.(type) {
	case Worded:
		return v.In(locale)
	case day.Date:
		return dateFull(locale, v)
	case time.Time:
		return instant(locale, datePlain(locale, day.In(v)), v)
	case time.Duration:
		if v <= 90*time.Second {
			return t.T(locale, "kit.seconds", "n", int(v.Round(time.Second).Seconds()))
		}
		return t.T(locale, "kit.minutes", "n", int(math.Ceil(v.Minutes())))
	}
	return fmt.Sprint(x)
}

// Date writes a date on which something is due, with its weekday:
// "2026 年 11 月 24 日（星期二）" or "Tuesday 24 November 2026".
func (v View) Date(d day.Date) string { return dateFull(v.Locale, d) }

// DatePlain writes a date in full: "2026 年 11 月 24 日" or "24 November 2026".
func (v View) DatePlain(d day.Date) string { return datePlain(v.Locale, d) }

// DateShort writes a date near today: "11 月 24 日" or "24 November".
func (v View) DateShort(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	if v.English() {
		return d.Time().Format("2 January")
	}
	_, m, dd := d.Date()
	return fmt.Sprintf("%d 月 %d 日", int(m), dd)
}

// DateTable writes a date for a dense table: "11-24", with the year when it
// is not this one.
func (v View) DateTable(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	if d.Year() != day.In(v.Now).Year() {
		return d.String()
	}
	return d.String()[5:]
}

// Weekday writes the day of the week: "星期二" or "Tuesday".
func (v View) Weekday(d day.Date) string {
	if v.English() {
		return d.Weekday().String()
	}
	return "星期" + weekdaysZH[d.Weekday()]
}

// Time writes an instant in China Standard Time:
// "2026 年 11 月 16 日 10:32" or "16 November 2026, 10:32".
func (v View) Time(t time.Time) string { return v.instant(t, v.DatePlain) }

// TimeShort writes an instant of this year: "11 月 16 日 10:32" or "16 November, 10:32".
func (v View) TimeShort(t time.Time) string { return v.instant(t, v.DateShort) }

func (v View) instant(t time.Time, date func(day.Date) string) string {
	if t.IsZero() {
		return ""
	}
	return instant(v.Locale, date(day.In(t)), t)
}

// Clock writes the time of day: "10:32".
func (v View) Clock(t time.Time) string { return t.In(day.CST).Format("15:04") }

// Machine writes an instant for the datetime attribute (RFC 3339).
func (v View) Machine(t time.Time) string { return t.In(day.CST).Format(time.RFC3339) }

// Days writes a number of working days: "5 个工作日" or "5 working days".
func (v View) Days(n int) string { return v.T("kit.days.working", "n", n) }

// CalendarDays writes a number of days: "5 天" or "5 days".
func (v View) CalendarDays(n int) string { return v.T("kit.days.calendar", "n", n) }

// Number writes a whole number with thousands: "1,135".
func (v View) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Share writes n of d as a percentage with one decimal; nothing of nothing is "–".
func (v View) Share(n, d int64) string {
	if d == 0 {
		return "–"
	}
	return strconv.FormatFloat(float64(n)*100/float64(d), 'f', 1, 64) + "%"
}

// Size writes a file size: "84 KB", "1.8 MB".
func (v View) Size(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1000*1000:
		return strconv.FormatInt((n+500)/1000, 10) + " KB"
	}
	return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
}

// Join lists names: "甲、乙" or "A, B".
func (v View) Join(names []string) string {
	if v.English() {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}

// Groups cuts a long number into pieces of the given lengths, for reading; what
// is left over is the last piece.
func Groups(s string, sizes ...int) []string {
	var out []string
	for _, n := range sizes {
		if len(s) <= n {
			break
		}
		out, s = append(out, s[:n]), s[n:]
	}
	return append(out, s)
}
