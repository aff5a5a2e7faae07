package casework

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// This file is the law read a second time, slowly, by somebody who did not look
// at the code: the Administrative Licensing Law arts. 32, 42, 44, 45 and 82, the
// Civil Code art. 201, and the list of notices of the State Council. It walks
// from day to day and shares nothing with what it judges, not even the calendar.

// almanacDay is one day of the almanac: does the country work on it, and why.
type almanacDay struct {
	text  string // 2026-02-14
	works bool
	why   string // workday, makeup, weekend, holiday
	guess bool   // no notice of the year is known
}

// almanac is days in a row. Days are named by their place in it.
type almanac []almanacDay

// almanacStart is the first day, at midnight in China.
const almanacStart = 1701388800 - 8*3600 // 2023-12-01

const almanacDays = 3600

// readAlmanac reads the list of notices by itself.
func readAlmanac(t testing.TB) almanac {
	t.Helper()
	text, err := os.ReadFile("../statute/holidays.csv")
	must(t, err)
	said, known := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ",")
		switch {
		case strings.HasPrefix(line, "#") || len(f) < 3:
		case f[0] == "notice":
			known[f[1]] = true
		default:
			said[f[0]] = f[1]
		}
	}
	a := make(almanac, almanacDays)
	for i := range a {
		at := time.Unix(almanacStart+8*3600+int64(i)*86400, 0).UTC() // the calendar sheet, not the instant
		a[i] = sheet(at, said, known)
	}
	return a
}

// sheet judges one day: art. 82, working days without statutory holidays; what the
// notice says goes before the day of the week. Without a notice Mondays to Fridays
// and the holidays that need no moon are a guess.
func sheet(at time.Time, said map[string]string, known map[string]bool) almanacDay {
	x := almanacDay{text: at.Format(time.DateOnly)}
	weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
	fixed := strings.Contains(" 01-01 05-01 05-02 10-01 10-02 10-03 ", " "+at.Format("01-02")+" ")
	guess := !known[at.Format("2006")]
	switch {
	case said[x.text] == "off":
		x.why = "holiday"
	case said[x.text] == "work" && weekend:
		x.works, x.why = true, "makeup"
	case said[x.text] == "work":
		x.works, x.why = true, "workday"
	case weekend:
		x.why, x.guess = "weekend", guess
	case guess && fixed:
		x.why, x.guess = "holiday", true
	default:
		x.works, x.why, x.guess = true, "workday", guess
	}
	return x
}

// nth is the n-th working day after a day; the day itself is not counted.
func (a almanac) nth(day, n int) int {
	for n > 0 {
		day++
		if a[day].works {
			n--
		}
	}
	return day
}

// guessed reports whether a guess lies between two days.
func (a almanac) guessed(after, to int) bool {
	return slices.ContainsFunc(a[after+1:to+1], func(d almanacDay) bool { return d.guess })
}

// lawSpecial is a special procedure of art. 45.
type lawSpecial struct {
	name     string
	from, to int // to is negative while it lasts
	told     int // the end that the notice told
}

// lawClock is one period of the law on its way.
type lawClock struct {
	name            string
	event           int // the day it runs from
	limit, promised int
	specials        []lawSpecial
	over            int // the day it was over, negative before
	added           int
	notes           map[int]int // how much happened, by day
	last            int         // the last day on which something happened
}

func beginClock(name string, event, limit, promised int) *lawClock {
	return &lawClock{name: name, event: event, limit: limit, promised: promised, over: -1, notes: map[int]int{event: 1}, last: event}
}

func (c *lawClock) note(day int) { c.notes[day]++; c.last = day }

func (c *lawClock) end(day int) {
	for i := range c.specials { // whatever goes on ends with it
		if c.specials[i].to < 0 {
			c.specials[i].to = day
		}
	}
	c.over = day
	c.note(day)
}

// lasting reports whether a special procedure goes on.
func (c *lawClock) lasting() bool {
	return slices.ContainsFunc(c.specials, func(s lawSpecial) bool { return s.to < 0 })
}

// excluded: art. 45, the time of a special procedure is not counted. The day it
// begins is still the agency's, the day it ends is not. What nobody has ended goes
// on until it should end, and at least until today.
func (c *lawClock) excluded(day, today int) bool {
	for _, s := range c.specials {
		end := s.to
		if end < 0 {
			end = max(s.told, today)
		}
		if day > s.from && day <= end {
			return true
		}
	}
	return false
}

// lastDay finds the last day of a limit as today knows it.
func (c *lawClock) lastDay(a almanac, limit, today int) int {
	day := c.event
	for n := 0; n < limit; {
		day++
		if a[day].works && !c.excluded(day, today) {
			n++
		}
	}
	return day
}

func (c *lawClock) due(a almanac, today int) int { return c.lastDay(a, c.limit, today) }

func (c *lawClock) duePromised(a almanac, today int) int { return c.lastDay(a, c.promised, today) }

// used counts what had run on a day.
func (c *lawClock) used(a almanac, day, today int) int {
	if c.over >= 0 {
		day = min(day, c.over)
	}
	n := 0
	for d := c.event + 1; d <= day; d++ {
		if a[d].works && !c.excluded(d, today) {
			n++
		}
	}
	return n
}

// late reports whether the limit of the law had passed: on today, or when the
// clock was over. A case is not late by an estimate.
func (c *lawClock) late(a almanac, today int) bool {
	due := c.due(a, today)
	if c.lasting() {
		first := -1 // of the special procedures that go on without a break
		for d := today; d > c.event; d-- {
			if !c.excluded(d, today) {
				break
			}
			first = d - 1
		}
		if first < 0 {
			first = today
		}
		return due <= first && today > due
	}
	if c.over >= 0 {
		today = min(today, c.over)
	}
	return today > due
}

// lawLine is a day of the explanation.
type lawLine struct {
	text, why, article string
	ordinal, notes     int
	promised, due, now bool
}

// articles are where each limit is from. No national law sets that of a
// correction, a verification or a rectification.
var lawArticles = map[string]string{"acceptance": "xk-32", "decision": "xk-42", "delivery": "xk-44"}

// explain tells the clock day by day, to the last day in time and, where it ran
// over, to the day it was over or to today.
func (c *lawClock) explain(a almanac, today int) []lawLine {
	due, promised := c.due(a, today), c.duePromised(a, today)
	last := due
	switch {
	case c.over >= 0:
		last = max(due, c.over)
	case c.late(a, today):
		last = today
	}
	var lines []lawLine
	n := 0
	for d := c.event; d <= last; d++ {
		l := lawLine{text: a[d].text, why: a[d].why, article: "xk-82", promised: d == promised, due: d == due, now: d == today, notes: c.notes[d]}
		switch {
		case d == c.event:
			l.why, l.article = "start", "mfd-201"
		case !a[d].works:
		case c.excluded(d, today):
			l.why, l.article = "paused", "xk-45"
		default:
			n++
			l.ordinal = n
			if n > c.limit {
				l.why, l.article = "after", lawArticles[c.name]
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// lawService is what the law and the guide say of a service.
type lawService struct {
	procedure       string
	limit, promised int
	accept, deliver int // promised; the law says five and ten
	extension       int // by leave of the head: ten, of the government: fifteen
	special, onsite bool
	rule            bool // grants at once, by a rule or on a commitment
	correct, verify int
	publicise       bool
	elsewhere       bool // taken in at another place, with papers that go on
	forward         int  // days of the local rule to send them on
}

// lawCase is a case as the law sees it.
type lawCase struct {
	svc      lawService
	a        almanac
	from     almanac // of the place that took it in
	phase    string
	received int
	extended bool
	publicly bool // published for objections: the clock runs on
	clocks   map[string]*lawClock
	running  string // the clock that matters in the phase; "" for none
}

// almanacOf is by whose working days a period counts: who took it in forwards by
// its own.
func (c *lawCase) almanacOf(k *lawClock) almanac {
	if k.name == "forwarding" {
		return c.from
	}
	return c.a
}

// silent: art. 32(4), who was told nothing in five working days is accepted.
func (c *lawCase) silent(today int) bool {
	return (c.phase == "received" || c.phase == "onsite") && today > c.clocks["acceptance"].due(c.a, today)
}

func (c *lawCase) begin(name string, day, limit, promised int) {
	c.clocks[name] = beginClock(name, day, limit, promised)
	c.running = name
}

// happen is the law's book-keeping of what happened on a day.
func (c *lawCase) happen(x happening) {
	switch x.what {
	case "taken in elsewhere": // nobody who handles it has the papers yet
		c.begin("forwarding", x.day, c.svc.forward, c.svc.forward)
		c.phase = "forwarding"
	case "papers came": // art. 32(4): from the receipt of the papers by who handles it, whenever that is confirmed
		came := x.day - x.days
		c.clocks["forwarding"].end(came)
		c.received, c.phase = came, "received"
		c.begin("acceptance", came, 5, c.svc.accept)
	case "sent on", "lost", "came back": // the time to forward runs on
	case "hand in", "corrected":
		if x.what == "corrected" {
			c.clocks["correction"].end(x.day)
		}
		// Corrected papers are new papers: five days from their receipt.
		c.received, c.phase = x.day, "received"
		c.begin("acceptance", x.day, 5, c.svc.accept)
	case "slip shown":
		c.phase = "onsite" // the five days run on
	case "slip mended", "slip left":
		c.phase = "received"
	case "correct":
		c.clocks["acceptance"].end(x.day)
		c.begin("correction", x.day, c.svc.correct, c.svc.correct)
		c.phase = "correcting"
	case "accept":
		c.clocks["acceptance"].end(x.day)
		c.begin("decision", x.day, c.svc.limit, c.svc.promised)
		c.phase = "deciding"
	case "silence": // accepted from the day the papers came
		c.clocks["acceptance"].end(x.day)
		c.begin("decision", c.received, c.svc.limit, c.svc.promised)
		c.phase = "deciding"
	case "special begins":
		d := c.clocks["decision"]
		d.specials = append(d.specials, lawSpecial{name: x.which, from: x.day, to: -1, told: c.a.nth(x.day, x.days)})
		d.note(x.day)
		c.phase = "special"
	case "special ends":
		c.specialEnds(x)
	case "extended": // once; it adds and stops nothing
		d := c.clocks["decision"]
		d.limit, d.promised, d.added = d.limit+c.svc.extension, d.promised+c.svc.extension, c.svc.extension
		d.note(x.day)
		c.extended = true
	case "published", "publication over":
		c.publicly = x.what == "published"
	default:
		c.ends(x)
	}
}

func (c *lawCase) specialEnds(x happening) {
	d := c.clocks["decision"]
	for i := range d.specials {
		if d.specials[i].name == x.which && d.specials[i].to < 0 {
			d.specials[i].to = x.day
		}
	}
	d.note(x.day)
	if !d.lasting() {
		c.phase = "deciding"
	}
}

// ends is what ends a clock: the decision and what comes after it.
func (c *lawCase) ends(x happening) {
	if c.running != "" && c.clocks[c.running].over < 0 {
		c.clocks[c.running].end(x.day)
	}
	was := c.phase
	c.phase, c.running = "over", ""
	switch {
	case x.what == "grant" || x.what == "deny" || x.what == "rule": // ten days to deliver
		if x.what == "rule" && c.svc.verify > 0 {
			c.begin("verification", x.day, c.svc.verify, c.svc.verify)
		}
		c.begin("delivery", x.day, 10, c.svc.deliver)
		c.phase = "decided"
	case x.what == "deliver" && c.clocks["verification"] != nil:
		c.phase, c.running = "verifying", "verification"
	case x.what == "breach":
		c.begin("rectification", x.day, x.days, x.days)
		c.phase = "rectifying"
	case was == "":
	}
}

// happening is one thing that befell a case, in the words of the law.
type happening struct {
	what  string
	day   int
	which string // special procedure
	days  int    // that a notice or an order gave
}

// unlawful tries what the law forbids: a second extension, one that comes after
// the limit, one that no law knows; to hold somebody for late who still has time.
func (tr *trial) unlawful() error {
	what := map[string]string{"correcting": "give up", "rectifying": "revoke", "deciding": "extended"}[tr.law.phase]
	forbidden := what != ""
	if what == "extended" {
		forbidden = !tr.law.publicly && tr.rng.IntN(6) == 0 && !tr.mayExtend()
	} else if forbidden {
		forbidden = !tr.timeIsOver()
	}
	if !forbidden {
		return nil
	}
	if _, _, err := tr.rules.apply(tr.c, tr.history, tr.input(happening{what: what, day: tr.today})); err == nil {
		return fmt.Errorf("%s: %s, which the law forbids", tr.at.a[tr.today].text, what)
	}
	return nil
}

func (tr *trial) mayExtend() bool {
	return tr.law.svc.extension > 0 && !tr.law.extended && tr.today <= tr.law.clocks["decision"].due(tr.at.a, tr.today)
}

// timeIsOver reports whether the time that a notice gave the applicant has passed.
func (tr *trial) timeIsOver() bool {
	k := tr.law.clocks[tr.law.running]
	return tr.today > k.due(tr.law.almanacOf(k), k.last)
}
