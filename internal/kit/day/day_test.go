package day_test

import (
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
)

func TestTheLegalDayIsTheDayInChina(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ instant, want string }{
		{"2026-11-21T15:59:59Z", "2026-11-21"},
		{"2026-11-21T16:00:00Z", "2026-11-22"},
		{"2026-11-22T00:00:00+08:00", "2026-11-22"},
		{"2026-12-31T23:30:00+08:00", "2026-12-31"},
	} {
		at, err := time.Parse(time.RFC3339, tt.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.In(at).String(); got != tt.want {
			t.Errorf("In(%s) = %s, want %s", tt.instant, got, tt.want)
		}
	}
}

func TestEveryDayAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	at := time.Date(1895, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := day.Of(1895, 1, 1); d.Year() < 2110; d = d.Add(1) {
		y, m, dd := d.Date()
		wy, wm, wd := at.Date()
		if y != wy || m != wm || dd != wd || d.Weekday() != at.Weekday() || d.IsZero() {
			t.Fatalf("%s (%s, zero %v), want %s (%s)", d, d.Weekday(), d.IsZero(), at.Format(time.DateOnly), at.Weekday())
		}
		if back := day.MustParse(d.String()); back != d {
			t.Fatalf("%s parses as %s", d, back)
		}
		at = at.AddDate(0, 0, 1)
	}
}

// A date of 1969-12-31 was once taken for "no date": a birthday of many.
func TestNoRealDayIsZero(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"0001-01-01", "1900-01-01", "1969-12-31", "1970-01-01", "9999-12-31"} {
		d := day.MustParse(s)
		if d.IsZero() || d.String() != s || day.In(d.Time()) != d {
			t.Errorf("%s: zero %v, text %q, round trip %s", s, d.IsZero(), d, day.In(d.Time()))
		}
	}
	if d := (day.Date{}); !d.IsZero() || d.String() != "" {
		t.Errorf("the zero Date is %q", d)
	}
}

func TestDatesCount(t *testing.T) {
	t.Parallel()
	leap := day.MustParse("2024-02-28")
	if got := leap.Add(2).String(); got != "2024-03-01" {
		t.Errorf("two days after 2024-02-28: %s", got)
	}
	if got := day.MustParse("2025-03-01").Sub(day.MustParse("2025-02-28")); got != 1 {
		t.Errorf("from 2025-02-28 to 2025-03-01: %d days", got)
	}
	if !leap.Before(leap.Add(1)) || !leap.After(leap.Add(-1)) || leap.Before(leap) || leap.After(leap) {
		t.Error("Before and After disagree with Add")
	}
	if got := day.Of(2026, 13, 32); got != day.MustParse("2027-02-01") {
		t.Errorf("overflow gives %s", got)
	}
}

func TestDatesAreStoredAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, want := range []day.Date{{}, day.MustParse("2026-02-28")} {
		v, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []any{v, []byte(v.(string))} {
			var got day.Date
			if err := got.Scan(src); err != nil || got != want {
				t.Errorf("Scan(%v) = %s, %v", src, got, err)
			}
		}
		text, _ := want.MarshalText()
		var got day.Date
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Errorf("UnmarshalText(%s) = %s, %v", text, got, err)
		}
	}
	d := day.MustParse("2026-02-28")
	if err := d.Scan(nil); err != nil || !d.IsZero() {
		t.Errorf("NULL gives %s, %v", d, err)
	}
	if err := d.Scan(42); err == nil {
		t.Error("a number was taken for a date")
	}
	for _, bad := range []string{"2026-02-30", "2026-2-3", "20260203", "tomorrow"} {
		if err := d.UnmarshalText([]byte(bad)); err == nil || !d.IsZero() {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
}
