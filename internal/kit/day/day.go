// Package day has the calendar date that legal periods are counted in.
//
// A legal day is a day in China Standard Time (UTC+8, no daylight saving), so a
// Date is never a time.Time: an instant has no date until a zone is chosen.
package day

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// CST is China Standard Time.
var CST = time.FixedZone("CST", 8*60*60)

// Date is a day of the years 1 to 9999. The zero value is "no date".
type Date struct{ n int32 } // 0001-01-01 is 1, so that no day anybody was born on is zero

// epoch is the number of 1970-01-01.
const epoch = 719163

// Of returns the date of y-m-d; overflow normalises as in time.Date.
func Of(y int, m time.Month, d int) Date {
	return Date{int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400) + epoch} //nolint:gosec // years 1-9999 fit
}

// In returns the date at the instant t in China Standard Time.
func In(t time.Time) Date {
	y, m, d := t.In(CST).Date()
	return Of(y, m, d)
}

// Parse reads "2006-01-02".
func Parse(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("parse date: %w", err)
	}
	y, m, d := t.Date()
	return Of(y, m, d), nil
}

// MustParse is Parse for constants.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d.n == 0 }

// Time returns midnight of d in China Standard Time.
func (d Date) Time() time.Time {
	y, m, dd := d.Date()
	return time.Date(y, m, dd, 0, 0, 0, 0, CST)
}

// Date returns year, month and day.
func (d Date) Date() (int, time.Month, int) {
	return time.Unix(int64(d.n-epoch)*86400, 0).UTC().Date()
}

// Year returns the year of d.
func (d Date) Year() int { y, _, _ := d.Date(); return y }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Weekday((d.n%7 + 7) % 7) // 0001-01-01 was a Monday
}

// Add returns d plus n days.
func (d Date) Add(n int) Date { return Date{d.n + int32(n)} } //nolint:gosec // n is a legal period

// Sub returns the days from o to d.
func (d Date) Sub(o Date) int { return int(d.n - o.n) }

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.n < o.n }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.n > o.n }

// String returns "2006-01-02", or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText writes the date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := Parse(string(b))
	*d = v
	return err
}

// Value stores the date as text; the zero Date is the empty text.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan reads what Value stored.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	}
	return fmt.Errorf("scan date: unexpected type %T", src)
}
