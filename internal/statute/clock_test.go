package statute_test

import (
	"errors"
	"testing"

	"github.com/tongban/tongban/internal/statute"
)

// Short ways to write a history.
func start(on string) statute.Entry { return statute.Entry{Kind: statute.Start, On: d(on)} }

func pause(on, id string, why statute.Special, until string) statute.Entry {
	e := statute.Entry{Kind: statute.Pause, On: d(on), ID: id, Special: why, Reason: "依法听证"}
	if until != "" {
		e.Until = d(until)
	}
	return e
}

func resume(on, id string) statute.Entry {
	return statute.Entry{Kind: statute.Resume, On: d(on), ID: id}
}

func extend(on string, days int) statute.Entry {
	return statute.Entry{Kind: statute.Extend, On: d(on), Days: days, Reason: "案情复杂"}
}

func stop(on string) statute.Entry { return statute.Entry{Kind: statute.Stop, On: d(on)} }

func TestDueDays(t *testing.T) {
	t.Parallel()
	licence := statute.DecisionClock(20, 10)
	for _, tt := range []struct {
		rule          string
		clock         statute.Clock
		history       []statute.Entry
		due, promised string
	}{
		{"the promise stands beside the law", licence, []statute.Entry{start("2026-09-18")}, "2026-10-22", "2026-10-09"},
		{"silence after five working days", statute.AcceptanceClock(0), []statute.Entry{start("2026-04-30")}, "2026-05-11", "2026-05-11"},
		{"ten working days to deliver", statute.DeliveryClock(0), []statute.Entry{start("2026-09-30")}, "2026-10-20", "2026-10-20"},
		{"at once means by the next working day", statute.ImmediateClock(), []statute.Entry{start("2026-09-30")}, "2026-10-08", "2026-10-08"},
		{"joint: forty-five", statute.JointClock(0), []statute.Entry{start("2026-01-05")}, "2026-03-13", "2026-03-13"},
		{
			"a hearing is not counted: from the day after it begins through the day it ends", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, ""), resume("2026-03-11", "h")},
			"2026-04-07", "2026-03-23",
		},
		{
			"overlapping procedures are one pause", licence,
			[]statute.Entry{
				start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, ""), pause("2026-03-06", "e", statute.ExpertReview, ""),
				resume("2026-03-09", "h"), resume("2026-03-11", "e"),
			},
			"2026-04-07", "2026-03-23",
		},
		{
			"a pause that ends on the day it began takes nothing", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "t", statute.Testing, ""), resume("2026-03-04", "t")},
			"2026-03-30", "2026-03-16",
		},
		{
			"a pause after the last day moves nothing", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-04-02", "h", statute.Hearing, ""), resume("2026-04-10", "h")},
			"2026-03-30", "2026-03-16",
		},
		{
			"an extension adds its days and pauses nothing", licence,
			[]statute.Entry{start("2026-03-02"), extend("2026-03-20", 10)},
			"2026-04-14", "2026-03-30",
		},
		{
			"joint: fifteen more", statute.JointClock(0),
			[]statute.Entry{start("2026-01-05"), extend("2026-03-02", 15)},
			"2026-04-03", "2026-04-03",
		},
		{
			"while it lasts the expected end counts", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, "2026-03-11")},
			"2026-04-07", "2026-03-23",
		},
		{
			"without an expected end nobody knows", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, "")},
			"", "",
		},
		{
			"corrected papers start the five days afresh", statute.AcceptanceClock(5),
			[]statute.Entry{start("2026-03-02"), stop("2026-03-06"), start("2026-03-16")},
			"2026-03-23", "2026-03-23",
		},
	} {
		s, err := statute.Replay(country(), tt.clock, tt.history)
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		if s.Due.String() != tt.due || s.DuePromised.String() != tt.promised {
			t.Errorf("%s: due %s, promised %s; want %s, %s", tt.rule, s.Due, s.DuePromised, tt.due, tt.promised)
		}
	}
}

func TestRemainingCountsWorkingDays(t *testing.T) {
	t.Parallel()
	history := []statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, ""), resume("2026-03-11", "h")}
	s, err := statute.Replay(country(), statute.DecisionClock(20, 10), history)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		today           string
		left, promised  int
		paused          int
		overdue, broken bool
	}{
		{"2026-03-02", 20, 10, 0, false, false},
		{"2026-03-04", 18, 8, 0, false, false},
		{"2026-03-06", 18, 8, 2, false, false}, // in the pause
		{"2026-03-11", 18, 8, 5, false, false},
		{"2026-03-12", 17, 7, 5, false, false},
		{"2026-03-23", 10, 0, 5, false, false}, // the last day is still in time
		{"2026-03-24", 9, -1, 5, false, true},
		{"2026-04-07", 0, -10, 5, false, true},
		{"2026-04-08", -1, -11, 5, true, true},
	} {
		today := d(tt.today)
		if s.Remaining(today) != tt.left || s.RemainingPromised(today) != tt.promised || s.PausedDays(today) != tt.paused ||
			s.Overdue(today) != tt.overdue || s.OverduePromised(today) != tt.broken {
			t.Errorf("%s: left %d, promised %d, paused %d, overdue %v %v; want %+v", today, s.Remaining(today),
				s.RemainingPromised(today), s.PausedDays(today), s.Overdue(today), s.OverduePromised(today), tt)
		}
	}
}

func TestAStoppedClockStands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ended   string
		left    int
		overdue bool
	}{{"2026-03-30", 0, false}, {"2026-03-31", -1, true}, {"2026-03-09", 15, false}} {
		s, err := statute.Replay(country(), statute.DecisionClock(20, 0), []statute.Entry{start("2026-03-02"), stop(tt.ended)})
		if err != nil {
			t.Fatal(err)
		}
		much := d("2026-12-01")
		if s.Phase != statute.Stopped || s.Remaining(much) != tt.left || s.Overdue(much) != tt.overdue {
			t.Errorf("stopped %s: left %d, overdue %v; want %+v", tt.ended, s.Remaining(much), s.Overdue(much), tt)
		}
	}
}

func TestWithdrawalEndsAPause(t *testing.T) {
	t.Parallel()
	s, err := statute.Replay(country(), statute.DecisionClock(20, 0),
		[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, ""), stop("2026-03-06")})
	if err != nil || s.Phase != statute.Stopped || s.Used(d("2026-05-01")) != 2 || s.PausedDays(d("2026-05-01")) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A case is not late while a hearing goes on, and is late if it was before.
func TestOverdueWhilePaused(t *testing.T) {
	t.Parallel()
	open := []statute.Entry{start("2026-03-02"), pause("2026-03-27", "h", statute.Hearing, "2026-04-01")}
	s, err := statute.Replay(country(), statute.DecisionClock(20, 10), open)
	if err != nil || s.Phase != statute.Paused || !s.Estimated {
		t.Fatalf("%+v, %v", s, err)
	}
	if s.Overdue(d("2026-06-01")) || !s.OverduePromised(d("2026-03-27")) {
		t.Errorf("overdue %v, promise broken %v", s.Overdue(d("2026-06-01")), s.OverduePromised(d("2026-03-27")))
	}
	late, err := statute.Replay(country(), statute.DecisionClock(20, 10),
		[]statute.Entry{start("2026-03-02"), pause("2026-03-31", "h", statute.Hearing, "")})
	if err != nil || !late.Overdue(d("2026-04-10")) || late.Estimated {
		t.Errorf("%+v, %v", late, err)
	}
}

// XK art. 32(4): silence is acceptance, dated back to the day the papers came.
func TestSilenceIsAcceptanceFromTheDayOfReceipt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule    string
		clock   statute.Clock
		history []statute.Entry
		today   string
		from    string
	}{
		{"not on the fifth day", statute.AcceptanceClock(5), []statute.Entry{start("2026-04-30")}, "2026-05-11", ""},
		{"after the fifth day", statute.AcceptanceClock(5), []statute.Entry{start("2026-04-30")}, "2026-05-12", "2026-04-30"},
		{"not when corrections were asked for", statute.AcceptanceClock(5), []statute.Entry{start("2026-04-30"), stop("2026-05-08")}, "2026-06-01", ""},
		{
			"from the day the corrected papers came", statute.AcceptanceClock(5),
			[]statute.Entry{start("2026-03-02"), stop("2026-03-04"), start("2026-03-16")},
			"2026-03-24", "2026-03-16",
		},
		{"no other clock", statute.DeliveryClock(5), []statute.Entry{start("2026-04-30")}, "2026-06-01", ""},
	} {
		s, err := statute.Replay(country(), tt.clock, tt.history)
		if err != nil {
			t.Fatal(err)
		}
		from, ok := s.Deemed(d(tt.today))
		if ok != (tt.from != "") || from.String() != tt.from {
			t.Errorf("%s: %s %v, want %q", tt.rule, from, ok, tt.from)
		}
	}
}

func TestHistoriesThatBreakTheLaw(t *testing.T) {
	t.Parallel()
	decision, accept := statute.DecisionClock(20, 10), statute.AcceptanceClock(5)
	nameless := pause("2026-03-04", "h", statute.Hearing, "")
	nameless.Reason = ""
	groundless := extend("2026-03-04", 10)
	groundless.Reason = ""
	for _, tt := range []struct {
		rule    string
		clock   statute.Clock
		history []statute.Entry
		want    error
	}{
		{"a clock starts before it stops", decision, []statute.Entry{stop("2026-03-02")}, statute.ErrPhase},
		{"a clock starts before it pauses", decision, []statute.Entry{pause("2026-03-02", "h", statute.Hearing, "")}, statute.ErrPhase},
		{"a clock starts before it is extended", decision, []statute.Entry{extend("2026-03-02", 10)}, statute.ErrPhase},
		{"a decision is made once", decision, []statute.Entry{start("2026-03-02"), stop("2026-03-03"), start("2026-03-04")}, statute.ErrPhase},
		{"a running clock does not start", accept, []statute.Entry{start("2026-03-02"), start("2026-03-03")}, statute.ErrPhase},
		{"nothing resumes what runs", decision, []statute.Entry{start("2026-03-02"), resume("2026-03-03", "h")}, statute.ErrPhase},
		{
			"a procedure ends once, and it is the one that began", decision,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, ""), resume("2026-03-04", "x")},
			statute.ErrPhase,
		},
		{
			"a procedure begins once", decision,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, ""), pause("2026-03-04", "h", statute.Hearing, "")},
			statute.ErrPhase,
		},
		{"after the end is nothing", decision, []statute.Entry{start("2026-03-02"), stop("2026-03-03"), stop("2026-03-04")}, statute.ErrPhase},
		{"dates go forward", decision, []statute.Entry{start("2026-03-02"), stop("2026-03-01")}, statute.ErrOrder},
		{"every entry has a date", decision, []statute.Entry{{Kind: statute.Start}}, statute.ErrOrder},
		{"an unknown entry", decision, []statute.Entry{{Kind: "rewind", On: d("2026-03-02")}}, statute.ErrPhase},
		{"a site visit stops no clock", decision, []statute.Entry{start("2026-03-02"), pause("2026-03-03", "v", "site_visit", "")}, statute.ErrSpecial},
		{"nor does an extension", decision, []statute.Entry{start("2026-03-02"), pause("2026-03-03", "v", "extension", "")}, statute.ErrSpecial},
		{"the acceptance clock never pauses", accept, []statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, "")}, statute.ErrSpecial},
		{"a pause is explained to the applicant", decision, []statute.Entry{start("2026-03-02"), nameless}, statute.ErrReason},
		{"an extension too", decision, []statute.Entry{start("2026-03-02"), groundless}, statute.ErrReason},
		{"at most ten days", decision, []statute.Entry{start("2026-03-02"), extend("2026-03-03", 11)}, statute.ErrExtension},
		{"no shortening", decision, []statute.Entry{start("2026-03-02"), extend("2026-03-03", -1)}, statute.ErrExtension},
		{"once only", decision, []statute.Entry{start("2026-03-02"), extend("2026-03-03", 5), extend("2026-03-04", 5)}, statute.ErrExtension},
		{"nobody extends the five days", accept, []statute.Entry{start("2026-03-02"), extend("2026-03-03", 1)}, statute.ErrExtension},
		{"at most fifteen days when joint", statute.JointClock(0), []statute.Entry{start("2026-03-02"), extend("2026-03-03", 16)}, statute.ErrExtension},
		{"before the limit runs out", decision, []statute.Entry{start("2026-03-02"), extend("2026-03-31", 10)}, statute.ErrTooLate},
		{"the last day is in time", decision, []statute.Entry{start("2026-03-02"), extend("2026-03-30", 10)}, nil},
		{"a promise beyond the law", statute.DecisionClock(20, 21), []statute.Entry{start("2026-03-02")}, statute.ErrLimit},
		{"no limit at all", statute.Clock{}, nil, statute.ErrLimit},
		{"nothing happened yet", decision, nil, nil},
	} {
		if _, err := statute.Replay(country(), tt.clock, tt.history); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.rule, err, tt.want)
		}
	}
}

func TestDueIsProvisionalWhenAYearIsUnknown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from string
		want bool
	}{{"2026-12-01", false}, {"2026-12-10", true}} {
		s, err := statute.Replay(country(), statute.DecisionClock(20, 0), []statute.Entry{start(tt.from)})
		if err != nil || s.Provisional != tt.want {
			t.Errorf("from %s to %s: provisional %v, %v", tt.from, s.Due, s.Provisional, err)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	cal, clock := country(), statute.DecisionClock(20, 10)
	history := []statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, ""), resume("2026-03-11", "h"), extend("2026-03-20", 10)}
	for b.Loop() {
		if _, err := statute.Replay(cal, clock, history); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	cal, clock := country(), statute.DecisionClock(20, 10)
	history := []statute.Entry{start("2026-03-02")}
	for b.Loop() {
		if _, err := statute.Explain(cal, clock, history, d("2026-03-05")); err != nil {
			b.Fatal(err)
		}
	}
}
