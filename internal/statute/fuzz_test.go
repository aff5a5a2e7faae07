package statute_test

import (
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// script is a fuzzer's bytes as a history: two bytes an entry, what and after
// how many days. It makes lawful and unlawful ones.
func script(data []byte) []happening {
	at, _ := time.Parse(iso, "2025-01-02")
	var hs []happening
	for i := 0; i+1 < min(len(data), 30); i += 2 {
		at = at.AddDate(0, 0, int(data[i+1]%40))
		h := happening{on: at, which: string('a' + rune(data[i]>>3%3))}
		switch data[i] % 8 {
		case 0:
			h.what = "begin"
		case 1, 2:
			h.what = "stop counting"
			if data[i]>>6 != 0 {
				h.expect = at.AddDate(0, 0, int(data[i]>>2))
			}
		case 3, 4:
			h.what = "count again"
		case 5:
			h.what, h.days = "more days", int(data[i]>>4)
		case 6:
			h.what = "over"
		default:
			continue
		}
		hs = append(hs, h)
	}
	return hs
}

// lawful judges a history by the rules, each looked up in the whole of it.
func (l lawBook) lawful(limit, most int, hs []happening) bool {
	running, open, extended := false, map[string]bool{}, false
	for i, h := range hs {
		if (h.what == "begin") != (i == 0) || i > 0 && !running {
			return false
		}
		switch h.what {
		case "begin":
			running = true
		case "stop counting":
			if open[h.which] {
				return false
			}
			open[h.which] = true
		case "count again":
			if !open[h.which] {
				return false
			}
			delete(open, h.which)
		case "more days":
			due, estimated := l.last(hs[0].on, limit, hs[:i])
			if extended || h.days < 1 || h.days > most || !estimated && h.on.After(due) {
				return false
			}
			extended = true
		case "over":
			running = false
		}
	}
	return true
}

func entries(hs []happening) []statute.Entry {
	kinds := map[string]statute.EntryKind{
		"begin": statute.Start, "stop counting": statute.Pause, "count again": statute.Resume,
		"more days": statute.Extend, "over": statute.Stop,
	}
	out := make([]statute.Entry, len(hs))
	for i, h := range hs {
		out[i] = statute.Entry{Kind: kinds[h.what], On: day.In(h.on), ID: h.which, Special: statute.Testing, Days: h.days, Reason: "x"}
		if !h.expect.IsZero() {
			out[i].Until = day.In(h.expect)
		}
	}
	return out
}

func FuzzClocksAgreeWithTheLaw(f *testing.F) {
	cal, law := country(), newLawBook()
	f.Add([]byte{0, 3, 1, 5, 3, 9})
	f.Add([]byte{0, 30, 1, 2, 10, 3, 3, 4, 11, 9, 165, 1})
	f.Add([]byte{0, 0, 65, 4, 73, 2, 3, 3, 165, 8, 6, 30})
	f.Fuzz(func(t *testing.T, data []byte) {
		hs := script(data)
		if len(hs) == 0 {
			return
		}
		s, err := statute.Replay(cal, statute.DecisionClock(20, 8), entries(hs))
		if ok := law.lawful(20, 10, hs); ok != (err == nil) {
			t.Fatalf("%+v: error %v, lawful %v", hs, err, ok)
		}
		if err != nil {
			return
		}
		for _, limit := range []struct {
			days int
			got  day.Date
		}{{20, s.Due}, {8, s.DuePromised}} {
			due, _ := law.last(hs[0].on, limit.days, hs)
			if want := textOf(due); limit.got.String() != want {
				t.Fatalf("%+v: due %s, the law says %s", hs, limit.got, want)
			}
		}
		checkUsed(t, law, s, hs)
		checkLines(t, cal, s, hs)
	})
}

func textOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(iso)
}

// checkUsed walks on from the last entry and compares what has been used up.
func checkUsed(t *testing.T, law lawBook, s statute.State, hs []happening) {
	t.Helper()
	bare := make([]happening, len(hs)) // what has run so far rests on no expectation
	copy(bare, hs)
	for i := range bare {
		bare[i].expect = time.Time{}
	}
	end := hs[len(hs)-1]
	used, paused := 0, 0
	for at := hs[0].on.AddDate(0, 0, 1); !at.After(end.on.AddDate(0, 0, 30)); at = at.AddDate(0, 0, 1) {
		if end.what != "over" || !at.After(end.on) {
			out, _ := outside(at, bare)
			switch {
			case law.works(at) && out:
				paused++
			case law.works(at):
				used++
			}
		}
		if at.Before(end.on) {
			continue // the state is that of the end of the history
		}
		if today := day.In(at); s.Used(today) != used || s.PausedDays(today) != paused {
			t.Fatalf("%+v on %s: used %d, paused %d; the law says %d and %d", hs, today, s.Used(today), s.PausedDays(today), used, paused)
		}
	}
}

// checkLines compares the explanation with what it explains.
func checkLines(t *testing.T, cal *statute.Calendar, s statute.State, hs []happening) {
	t.Helper()
	lines, err := statute.Explain(cal, statute.DecisionClock(20, 8), entries(hs), s.Started)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, l := range lines {
		told += len(l.Entries)
		if l.Date == s.Due && l.Ordinal != s.Limit || l.Date == s.DuePromised && l.Ordinal != s.Promised {
			t.Fatalf("%+v: the due day %s is number %d", hs, l.Date, l.Ordinal)
		}
		if l.Counted != (l.Ordinal > 0) || l.Article == "" || l.Counted && l.Ordinal > s.Limit != (l.Why == statute.ReasonAfter) {
			t.Fatalf("%+v: %+v", hs, l)
		}
	}
	if s.Phase == statute.Stopped && len(lines) < 800 && told != len(hs) { // 800: an explanation is bounded
		t.Fatalf("%+v: %d of %d entries told", hs, told, len(hs))
	}
}
