package statute_test

import (
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/statute"
)

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
			"paused without end: to today",
			[]statute.Entry{start("2026-03-02"), pause("2026-03-03", "h", statute.Hearing, "")},
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
