package statute_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
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
			[]statute.Entry{start("2026-03-02"), extend("2026-03-20", 10)}, "2026-04-14", "2026-03-30",
		},
		{
			"joint: fifteen more", statute.JointClock(0),
			[]statute.Entry{start("2026-01-05"), extend("2026-03-02", 15)}, "2026-04-03", "2026-04-03",
		},
		{
			"while it lasts the expected end counts", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, "2026-03-11")}, "2026-04-07", "2026-03-23",
		},
		{
			"without an expected end nobody knows", licence,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-04", "h", statute.Hearing, "")}, "", "",
		},
		{
			"corrected papers start the five days afresh", statute.AcceptanceClock(5),
			[]statute.Entry{start("2026-03-02"), stop("2026-03-06"), start("2026-03-16")}, "2026-03-23", "2026-03-23",
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
			[]statute.Entry{start("2026-03-02"), stop("2026-03-04"), start("2026-03-16")}, "2026-03-24", "2026-03-16",
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
			[]statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, ""), resume("2026-03-04", "x")}, statute.ErrPhase,
		},
		{
			"a procedure begins once", decision,
			[]statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, ""), pause("2026-03-04", "h", statute.Hearing, "")}, statute.ErrPhase,
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

func TestExplainTellsEachDay(t *testing.T) {
	t.Parallel()
	history := []statute.Entry{start("2026-09-17"), pause("2026-09-18", "h", statute.Hearing, ""), resume("2026-09-21", "h")}
	lines, err := statute.Explain(country(), statute.DecisionClock(5, 3), history, d("2026-09-24"))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		date    string
		ordinal int
		why     statute.Reason
		article string
		marks   []statute.LineMark
		entries int
	}{
		{"2026-09-17", 0, statute.ReasonStart, statute.ArticleStart, nil, 1},
		{"2026-09-18", 1, statute.ReasonWorkday, statute.ArticleWorkdays, nil, 1},
		{"2026-09-19", 0, statute.ReasonWeekend, statute.ArticleWorkdays, nil, 0},
		{"2026-09-20", 0, statute.ReasonPaused, statute.ArticlePause, nil, 0}, // a make-up Sunday inside the hearing
		{"2026-09-21", 0, statute.ReasonPaused, statute.ArticlePause, nil, 1},
		{"2026-09-22", 2, statute.ReasonWorkday, statute.ArticleWorkdays, nil, 0},
		{"2026-09-23", 3, statute.ReasonWorkday, statute.ArticleWorkdays, []statute.LineMark{statute.MarkPromised}, 0},
		{"2026-09-24", 4, statute.ReasonWorkday, statute.ArticleWorkdays, []statute.LineMark{statute.MarkToday}, 0},
		{"2026-09-25", 0, statute.ReasonHoliday, statute.ArticleWorkdays, nil, 0},
		{"2026-09-26", 0, statute.ReasonHoliday, statute.ArticleWorkdays, nil, 0},
		{"2026-09-27", 0, statute.ReasonHoliday, statute.ArticleWorkdays, nil, 0},
		{"2026-09-28", 5, statute.ReasonWorkday, statute.ArticleWorkdays, []statute.LineMark{statute.MarkDue}, 0},
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for i, w := range want {
		l := lines[i]
		if l.Date != d(w.date) || l.Ordinal != w.ordinal || l.Counted != (w.ordinal > 0) || l.Why != w.why ||
			l.Article != w.article || !slices.Equal(l.Marks, w.marks) || len(l.Entries) != w.entries {
			t.Errorf("line %d: %+v, want %+v", i, l, w)
		}
	}
	if lines[8].Name != "中秋节" || lines[8].Source == "" {
		t.Errorf("the holiday is not named: %+v", lines[8])
	}
}

func TestExplainGoesOnUntilTheClockIsDone(t *testing.T) {
	t.Parallel()
	clock := statute.DecisionClock(5, 3)
	for _, tt := range []struct {
		rule    string
		history []statute.Entry
		today   string
		last    string
		why     statute.Reason
	}{
		{"late and running: to today", []statute.Entry{start("2026-03-02")}, "2026-03-11", "2026-03-11", statute.ReasonAfter},
		{"late and stopped: to the end", []statute.Entry{start("2026-03-02"), stop("2026-03-10")}, "2026-06-11", "2026-03-10", statute.ReasonAfter},
		{"stopped early: to the day it was due", []statute.Entry{start("2026-03-02"), stop("2026-03-03")}, "2026-06-11", "2026-03-09", statute.ReasonWorkday},
		{
			"paused without end: to today", []statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, "")},
			"2026-03-11", "2026-03-11", statute.ReasonPaused,
		},
		{"a fresh run forgets the one before", []statute.Entry{start("2026-03-02")}, "2026-03-02", "2026-03-09", statute.ReasonWorkday},
	} {
		lines, err := statute.Explain(country(), clock, tt.history, d(tt.today))
		if err != nil {
			t.Fatal(err)
		}
		if l := lines[len(lines)-1]; l.Date != d(tt.last) || l.Why != tt.why {
			t.Errorf("%s: ends %s (%s), want %s (%s)", tt.rule, l.Date, l.Why, tt.last, tt.why)
		}
	}
	again := []statute.Entry{start("2026-03-02"), stop("2026-03-04"), start("2026-03-16")}
	lines, err := statute.Explain(country(), statute.AcceptanceClock(5), again, d("2026-03-16"))
	if err != nil || lines[0].Date != d("2026-03-16") || len(lines[0].Entries) != 1 {
		t.Errorf("%v, %v", lines, err)
	}
	if lines, err := statute.Explain(country(), clock, nil, d("2026-03-16")); lines != nil || err != nil {
		t.Errorf("nothing started: %v, %v", lines, err)
	}
	if _, err := statute.Explain(country(), clock, []statute.Entry{stop("2026-03-16")}, d("2026-03-16")); err == nil {
		t.Error("an impossible history was explained")
	}
}

func TestLights(t *testing.T) {
	t.Parallel()
	decision := statute.DecisionClock(20, 10)
	running := []statute.Entry{start("2026-03-02")}
	for _, tt := range []struct {
		rule    string
		clock   statute.Clock
		history []statute.Entry
		today   string
		found   statute.Finding
		want    statute.Light
	}{
		{"much time", decision, running, "2026-03-11", statute.Finding{}, statute.Green},
		{"the last fifth of the promise", decision, running, "2026-03-12", statute.Finding{}, statute.Amber},
		{"the last promised day", decision, running, "2026-03-16", statute.Finding{}, statute.Amber},
		{"promise broken", decision, running, "2026-03-17", statute.Finding{}, statute.Yellow},
		{"law kept on the last day", decision, running, "2026-03-30", statute.Finding{}, statute.Yellow},
		{"law broken", decision, running, "2026-03-31", statute.Finding{}, statute.Red},
		{"silence on acceptance is a yellow card", statute.AcceptanceClock(5), running, "2026-03-10", statute.Finding{}, statute.Yellow},
		{"one working day left of five", statute.AcceptanceClock(5), running, "2026-03-06", statute.Finding{}, statute.Amber},
		{"the applicant's own lateness is no red card", statute.CorrectionClock(5), running, "2026-05-06", statute.Finding{}, statute.Yellow},
		{"a slow step", decision, running, "2026-03-03", statute.Finding{StepOverdue: true}, statute.Yellow},
		{"no reasons given", decision, running, "2026-03-03", statute.Finding{NoReasons: true}, statute.Red},
		{"asked for more than the guide", decision, running, "2026-03-03", statute.Finding{OutsideGuide: true}, statute.Red},
		{"two yellow cards", decision, running, "2026-03-03", statute.Finding{YellowCards: 2}, statute.Red},
		{"paused", decision, append(slices.Clone(running), pause("2026-03-12", "h", statute.Hearing, "")), "2026-03-20", statute.Finding{}, statute.PausedLight},
		{"done in time", decision, append(slices.Clone(running), stop("2026-03-16")), "2026-06-01", statute.Finding{}, statute.Green},
		{"done too late", decision, append(slices.Clone(running), stop("2026-03-31")), "2026-06-01", statute.Finding{}, statute.Red},
	} {
		s, err := statute.Replay(country(), tt.clock, tt.history)
		if err != nil {
			t.Fatal(err)
		}
		if got := statute.DefaultLights().Of(s, d(tt.today), tt.found); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.rule, got, tt.want)
		}
	}
}

func TestOnlyEightProceduresStopTheClock(t *testing.T) {
	t.Parallel()
	if n := len(statute.Specials()); n != 8 {
		t.Errorf("%d special procedures", n)
	}
	for _, s := range statute.Specials() {
		if !s.StopsClock() || s.Name().EN == "" {
			t.Errorf("%s has no name or stops no clock", s)
		}
	}
	for _, no := range []statute.Special{"", "extension", "site_visit", "public_notice"} {
		if no.StopsClock() {
			t.Errorf("%q stops the clock", no)
		}
	}
}

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
