package statute

import (
	"cmp"
	"slices"

	"github.com/tongban/tongban/internal/kit/day"
)

// ClockKind names the clocks of a case.
type ClockKind string

// The clocks. Correction and Rectification are the applicant's own periods, which
// no national law sets; the others are the agency's. Forwarding is that of the
// place that took in what another place handles, by local rule.
const (
	Forwarding    ClockKind = "forwarding"
	Acceptance    ClockKind = "acceptance"
	Decision      ClockKind = "decision"
	Delivery      ClockKind = "delivery"
	Correction    ClockKind = "correction"
	Verification  ClockKind = "verification"  // of a commitment, from the decision
	Rectification ClockKind = "rectification" // of what a commitment said and was not so
)

// Clocks lists the clocks in the order in which a case usually runs them.
func Clocks() []ClockKind {
	return []ClockKind{Forwarding, Acceptance, Correction, Decision, Delivery, Verification, Rectification}
}

// Clock is a period: how long, and what the law lets happen to it.
type Clock struct {
	Kind ClockKind
	// Statutory and Promised are working days. A promise is never longer.
	Statutory, Promised int
	// Extension is how many days, at most and once, the limit may grow.
	Extension int
	// Pauses says that special procedures are not counted (XK art. 45).
	Pauses bool
	// Restarts says that the clock may start afresh after a stop, as the
	// acceptance clock does when corrected papers come in.
	Restarts bool
}

// What the law gives where nothing else does, in working days.
const (
	acceptanceDays = 5  // XK art. 32(4)
	deliveryDays   = 10 // XK art. 44
)

// ForwardingClock is the time in which the place that took in an application sends
// its papers on to the place that handles it (异地代收代办). A local rule sets it;
// zero days means three.
func ForwardingClock(days int) Clock {
	days = cmp.Or(days, forwardingDays)
	return Clock{Kind: Forwarding, Statutory: days, Promised: days}
}

// forwardingDays is what holds where nobody set it.
const forwardingDays = 3

// AcceptanceClock is the five days in which an agency must say what is missing,
// or is deemed to have accepted (XK art. 32(4)). Zero days means five. Fewer are a
// promise: silence is acceptance only after the five of the law.
func AcceptanceClock(days int) Clock {
	return Clock{
		Kind: Acceptance, Statutory: max(days, acceptanceDays), Promised: cmp.Or(days, acceptanceDays), Restarts: true,
	}
}

// DecisionClock is the time for a decision: by XK art. 42(1) twenty days, and
// ten more by leave of the head of the agency; other laws set other limits. A
// promise of zero is the statutory limit.
func DecisionClock(statutory, promised int) Clock {
	if promised == 0 {
		promised = statutory
	}
	return Clock{Kind: Decision, Statutory: statutory, Promised: promised, Extension: 10, Pauses: true}
}

// JointClock is the time for several agencies that decide together: forty-five
// days, fifteen more by leave of the government (XK art. 42(2)).
func JointClock(promised int) Clock {
	c := DecisionClock(45, promised)
	c.Extension = 15
	return c
}

// ImmediateClock is that of a case to be done at once (即办件): online, within
// one working day. No law sets it and none lets it grow.
func ImmediateClock() Clock { return Clock{Kind: Decision, Statutory: 1, Promised: 1} }

// DeliveryClock is the ten days to issue and deliver (XK art. 44). Zero days means
// ten; fewer are a promise.
func DeliveryClock(days int) Clock {
	return Clock{Kind: Delivery, Statutory: max(days, deliveryDays), Promised: cmp.Or(days, deliveryDays)}
}

// CorrectionClock is the time that the agency's notice gives the applicant to
// hand in what is missing.
func CorrectionClock(days int) Clock {
	return Clock{Kind: Correction, Statutory: days, Promised: days, Restarts: true}
}

// VerificationClock is the time in which the agency checks, after its decision,
// whether a commitment was kept. The service sets it; zero days means thirty.
func VerificationClock(days int) Clock {
	if days == 0 {
		days = 30
	}
	return Clock{Kind: Verification, Statutory: days, Promised: days}
}

// RectificationClock is the time to put right what a commitment said and was not
// so, as the agency's order gives it.
func RectificationClock(days int) Clock {
	return Clock{Kind: Rectification, Statutory: days, Promised: days}
}

// EntryKind is what happened to a clock.
type EntryKind string

// The entries of a history.
const (
	Start  EntryKind = "start"
	Pause  EntryKind = "pause"
	Resume EntryKind = "resume"
	Extend EntryKind = "extend"
	Stop   EntryKind = "stop"
	// Limits is a running clock that other limits hold for from now on, because the
	// case was moved to another version of its handling. They are never longer.
	Limits EntryKind = "limits"
)

// Entry is one line of a clock's history.
type Entry struct {
	Kind EntryKind `json:"kind"`
	On   day.Date  `json:"on"` // the day it happened, in China
	// ID tells apart special procedures that overlap; Pause and Resume of one
	// procedure share it.
	ID string `json:"id,omitempty"`
	// Special is the procedure that pauses the clock.
	Special Special `json:"special,omitempty"`
	// Until is the day a pause is expected to end, which the notice to the
	// applicant must tell (XK art. 45).
	Until day.Date `json:"until,omitzero"`
	// Days is how much an extension adds.
	Days int `json:"days,omitempty"`
	// Statutory, Promised and Extension are the new limits of a Limits entry, as in
	// Clock: without an extension that was granted before.
	Statutory int `json:"statutory,omitempty"`
	Promised  int `json:"promised,omitempty"`
	Extension int `json:"extension,omitempty"`
	// Reason is what the notice says of a pause or an extension.
	Reason string `json:"reason,omitempty"`
	// Article is the code of the article that allows it; "" is the usual one.
	Article string `json:"article,omitempty"`
}

// Phase is whether a clock runs. The zero Phase never started.
type Phase string

// The phases of a clock.
const (
	Running Phase = "running"
	Paused  Phase = "paused"
	Stopped Phase = "stopped"
)

// State is where a clock stands after its history.
type State struct {
	Kind    ClockKind
	Phase   Phase
	Started day.Date // of the present run; deemed acceptance dates back to it
	Ended   day.Date // zero unless stopped
	// Limit and Promised are working days, extension included.
	Limit, Promised int
	Extended        int
	// Due and DuePromised are the last days in time. While the clock is paused
	// they hold what follows from the expected end, or are zero without one.
	Due, DuePromised day.Date
	// Estimated says that Due rests on the expected end of a pause.
	Estimated bool
	// Provisional says that Due rests on a year whose holidays are not known.
	Provisional bool

	cal    *Calendar
	pauses []span
}

// span is the days after from, up to and including to, in which nothing counts.
type span struct {
	from, to day.Date // to is zero while the pause lasts
	until    day.Date // expected end
}

// Used counts the working days that had run on today, or when the clock stopped.
func (s State) Used(today day.Date) int {
	end := s.end(today)
	return s.cal.Workdays(s.Started, end) - s.PausedDays(today)
}

// PausedDays counts the working days that special procedures took out, up to
// today or until the clock stopped.
func (s State) PausedDays(today day.Date) int {
	end, n := s.end(today), 0
	for _, p := range s.pauses {
		to := end
		if !p.to.IsZero() && p.to.Before(end) {
			to = p.to
		}
		n += s.cal.Workdays(p.from, to)
	}
	return n
}

// Remaining is the working days left of the statutory limit; 0 on the last day
// in time, negative once working days have passed beyond it.
func (s State) Remaining(today day.Date) int { return s.Limit - s.Used(today) }

// RemainingPromised is the working days left of the promised limit.
func (s State) RemainingPromised(today day.Date) int { return s.Promised - s.Used(today) }

// Overdue reports whether the statutory limit had passed on today, or when the
// clock stopped.
func (s State) Overdue(today day.Date) bool { return s.passed(s.Due, today) }

// OverduePromised is Overdue for the promised limit.
func (s State) OverduePromised(today day.Date) bool { return s.passed(s.DuePromised, today) }

func (s State) passed(due, today day.Date) bool {
	// While paused, a due day after the pause began is only an estimate.
	if due.IsZero() || s.Phase == Paused && due.After(s.pauses[len(s.pauses)-1].from) {
		return false
	}
	return s.end(today).After(due)
}

// end is today, or the day the clock stopped.
func (s State) end(today day.Date) day.Date {
	if s.Phase == Stopped && s.Ended.Before(today) {
		return s.Ended
	}
	return today
}

// Deemed reports whether the law takes silence for acceptance on today, and the
// day it dates back to: the day the papers were received (XK art. 32(4)).
func (s State) Deemed(today day.Date) (day.Date, bool) {
	if s.Kind != Acceptance || s.Phase != Running || !s.Overdue(today) {
		return day.Date{}, false
	}
	return s.Started, true
}

// AsOf is the state as today knows it: a pause that nobody has ended goes on, also
// when it should have ended before.
func (s State) AsOf(today day.Date) State {
	last := len(s.pauses) - 1
	if s.Phase != Paused || s.pauses[last].until.IsZero() || !today.After(s.pauses[last].until) {
		return s
	}
	s.pauses = slices.Clone(s.pauses)
	s.pauses[last].until = today
	s.settle()
	return s
}

// PauseEnds is the day on which the pause that lasts should end; zero where none
// lasts, or none was told.
func (s State) PauseEnds() day.Date {
	if s.Phase != Paused {
		return day.Date{}
	}
	return s.pauses[len(s.pauses)-1].until
}

// settle works out the due days.
func (s *State) settle() {
	var estimated bool
	s.Due, s.Estimated = s.dueAfter(s.Limit)
	s.DuePromised, estimated = s.dueAfter(s.Promised)
	s.Estimated = s.Estimated || estimated
	rests := s.Due
	if rests.IsZero() { // unknown while a pause without an expected end lasts
		rests = s.pauses[len(s.pauses)-1].from
	}
	s.Provisional = s.cal.Provisional(s.Started, rests)
}

// dueAfter finds the day on which limit working days have run, and whether it
// rests on the expected end of a pause. It is zero while a pause has no
// expected end.
func (s State) dueAfter(limit int) (due day.Date, estimated bool) {
	from := s.Started
	for _, p := range s.pauses {
		run := s.cal.Workdays(from, p.from)
		if limit <= run {
			break // a pause after the last day moves nothing
		}
		limit -= run
		switch {
		case !p.to.IsZero():
			from = p.to
		case p.until.IsZero():
			return day.Date{}, true
		default:
			from, estimated = later(p.from, p.until), true
		}
	}
	return s.cal.AddWorkdays(from, limit), estimated
}

func later(a, b day.Date) day.Date {
	if a.After(b) {
		return a
	}
	return b
}
