package statute

import "github.com/tongban/tongban/internal/kit/day"

// Line is one day of a clock, for the page that answers "why this day?".
type Line struct {
	Day                // what the calendar says of the date
	Counted bool       // it took one of the working days of the limit
	Ordinal int        // which one; 0 when not counted
	Why     Reason     // why it was counted or not, the clock's reasons included
	Article string     // code of the article that says so
	Marks   []LineMark // what the day is for the clock
	Entries []Entry    // what happened on the day
}

// LineMark says what a day is for a clock.
type LineMark string

// The marks of a line.
const (
	MarkPromised LineMark = "promised" // the last day of the promised limit
	MarkDue      LineMark = "due"      // the last day of the statutory limit
	MarkToday    LineMark = "today"
)

// maxLines bounds an explanation: a clock that stood still for years is not
// told day by day to the end.
const maxLines = 800

// Explain tells the present run of a clock day by day: from the day it started
// to the last day in time, and on to today or the day it stopped if it ran
// over. A pause without expected end is told up to today.
func Explain(cal *Calendar, c Clock, history []Entry, today day.Date) ([]Line, error) {
	s, err := Replay(cal, c, history)
	if err != nil || s.Phase == "" {
		return nil, err
	}
	s = s.AsOf(today)
	history = lastRun(history)
	last := s.Due
	switch {
	case s.Phase == Stopped:
		last = later(last, s.Ended)
	case s.Overdue(today) || s.Due.IsZero():
		last = later(last, today)
	}
	var lines []Line
	ordinal := 0
	for d := s.Started; !d.After(last) && len(lines) < maxLines; d = d.Add(1) {
		l := s.line(cal.Lookup(d), &ordinal)
		l.mark(s, today)
		for len(history) > 0 && history[0].On == d {
			l.Entries, history = append(l.Entries, history[0]), history[1:]
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// lastRun drops what was before the clock last started.
func lastRun(history []Entry) []Entry {
	for i := len(history) - 1; i > 0; i-- {
		if history[i].Kind == Start {
			return history[i:]
		}
	}
	return history
}

func (s State) line(d Day, ordinal *int) Line {
	l := Line{Day: d, Why: d.Reason, Article: ArticleWorkdays}
	switch {
	case d.Date == s.Started:
		l.Why, l.Article = ReasonStart, ArticleStart
	case !d.Workday: // a day off is a day off, paused or not
	case s.pausedOn(d.Date):
		l.Why, l.Article = ReasonPaused, ArticlePause
	default:
		*ordinal++
		l.Counted, l.Ordinal = true, *ordinal
		if l.Ordinal > s.Limit {
			l.Why, l.Article = ReasonAfter, LimitArticle(s.Kind)
		}
	}
	return l
}

// pausedOn reports whether d is taken out by a special procedure; the day it
// began still counts, the day it ended does not.
func (s State) pausedOn(d day.Date) bool {
	for _, p := range s.pauses {
		to := p.to
		if to.IsZero() {
			to = later(p.from, p.until)
		}
		if d.After(p.from) && (!d.After(to) || p.to.IsZero() && p.until.IsZero()) {
			return true
		}
	}
	return false
}

func (l *Line) mark(s State, today day.Date) {
	for _, m := range []struct {
		on   day.Date
		mark LineMark
	}{{s.DuePromised, MarkPromised}, {s.Due, MarkDue}, {today, MarkToday}} {
		if l.Date == m.on {
			l.Marks = append(l.Marks, m.mark)
		}
	}
}

// LimitArticle is the code of the article that sets how long a clock of the
// Licensing Law runs, "" where no national law does.
func LimitArticle(k ClockKind) string {
	switch k {
	case Acceptance:
		return ArticleAccept
	case Decision:
		return ArticleDecide
	case Delivery:
		return ArticleDeliver
	case Forwarding, Correction, Verification, Rectification: // set by a local rule, by the service, by a notice
	}
	return ""
}
