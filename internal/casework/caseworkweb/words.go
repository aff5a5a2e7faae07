package caseworkweb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

func pick(v web.View, t contract.Text) string { return v.Pick(t.ZH, t.EN) }

// lightOf is the light of a case with its words, as lists and pages show it.
type lightOf struct {
	State string // of web.Light
	Text  string
}

func light(v web.View, c casework.Case, today day.Date, left func(casework.Case, day.Date) int) lightOf {
	switch c.Light(today) {
	case statute.Red:
		if !c.Due.Legal.IsZero() && today.After(c.Due.Legal) {
			return lightOf{web.Red, v.T("casework.light.over_law", "n", -left(c, c.Due.Legal))}
		}
		return lightOf{web.Red, v.T("casework.light.red_card")}
	case statute.Yellow:
		return lightOf{web.Yellow, v.T("casework.light.over", "n", -left(c, c.Due.Promised))}
	case statute.PausedLight:
		return lightOf{web.Paused, v.T("casework.light.paused")}
	case statute.Amber, statute.Green:
		state := web.Green
		if c.Light(today) == statute.Amber {
			state = web.Yellow
		}
		n := left(c, c.Due.Promised)
		if n <= 0 {
			return lightOf{state, v.T("casework.light.today")}
		}
		return lightOf{state, v.T("casework.light.left", "n", n)}
	}
	if c.Stage != casework.StageDone { // no clock runs, and nothing has ended
		return lightOf{web.Paused, v.T("casework.light.none")}
	}
	return lightOf{web.Green, v.T("casework.light.done")}
}

// forApplicant is the case without the cards of supervision, which are between
// the agency and its supervisors: what concerns the applicant is the time.
func forApplicant(c casework.Case) casework.Case {
	c.Red, c.Yellow = 0, 0
	return c
}

// outcomeKey names what became of a case, for its sentence.
func outcomeKey(o statute.Outcome) string {
	switch o {
	case statute.Granted, statute.Denied, statute.Refused, statute.Ended:
		return "casework.outcome." + string(o)
	}
	return "casework.outcome.open"
}

// nowText says who has the case, in one sentence.
func nowText(v web.View, c casework.Case, o statute.Outcome) string {
	if c.Stage == casework.StageDone || c.Stage == casework.StageDeliver {
		return v.T(outcomeKey(o))
	}
	return v.T("casework.now."+string(c.Stage), "agency", pick(v, c.AgencyName))
}

// untilText says until when, and that a day is only expected where the
// calendar of the year is not known yet.
func untilText(v web.View, c casework.Case) string {
	if c.Due.Clock == "" || c.Due.Promised.IsZero() {
		return ""
	}
	key := "casework.until." + string(c.Due.Clock)
	if c.Due.Provisional {
		return v.T("casework.until.provisional", "text", v.T(key, "date", c.Due.Promised))
	}
	return v.T(key, "date", c.Due.Promised)
}

// bar is one piece of the row of days.
type bar struct {
	Class string
	Top   string
	Below string
}

// maxBars is how many days the row draws before it counts instead.
const maxBars = 9

// bars draws the days of the promised limit one by one; free days that stand
// together are one dotted piece.
func bars(v web.View, e casework.Explanation, today day.Date) []bar {
	var out []bar
	off := 0
	for _, l := range e.Lines {
		if l.Date.After(e.Promised) {
			break
		}
		if l.Why == statute.ReasonStart {
			continue
		}
		if !l.Counted {
			if off++; off == 1 {
				out = append(out, bar{"is-off", v.T("casework.day.off"), v.T("casework.day.not_counted")})
			}
			continue
		}
		off = 0
		b := bar{Top: v.T("casework.day.number", "day", dayOfMonth(l.Date)), Below: v.T("casework.day.ordinal", "i", l.Ordinal)}
		switch {
		case l.Date == today:
			b.Class, b.Below = "is-today", v.T("casework.day.today")
		case l.Date.Before(today):
			b.Class = "is-done"
		}
		if l.Date == e.Promised && l.Date != today {
			b.Below = v.T("casework.day.due")
		}
		out = append(out, b)
	}
	if len(out) > maxBars {
		return nil
	}
	return out
}

func dayOfMonth(d day.Date) int {
	_, _, n := d.Date()
	return n
}

// whyText says why a day counts or does not.
func whyText(v web.View, l statute.Line) string {
	switch l.Why {
	case statute.ReasonHoliday:
		return v.Pick(l.Name, statute.EnglishHoliday(l.Name))
	case statute.ReasonMakeUp:
		return v.T("casework.why.makeup", "name", v.Pick(l.Name, statute.EnglishHoliday(l.Name)))
	case statute.ReasonWorkday, statute.ReasonWeekend, statute.ReasonStart, statute.ReasonPaused, statute.ReasonAfter:
		return v.T("casework.why." + string(l.Why))
	}
	return string(l.Why)
}

// articleText cites an article of law.
func articleText(v web.View, code string) string {
	a, ok := statute.ArticleOf(code)
	if !ok {
		return ""
	}
	text := v.Cite("《"+a.Law.ZH+"》", a.Law.EN, a.No.ZH)
	if !a.Verified {
		text += v.T("casework.why.unverified")
	}
	return text
}

// why works out a deadline in one or two sentences.
func whySentence(v web.View, e casework.Explanation) string {
	days, due := e.PromisedDays, e.Promised
	if e.Clock == statute.Acceptance { // silence is acceptance by the law's day, not by a promised one
		days, due = e.LegalDays, e.Legal
	}
	key := "casework.why.sentence." + string(e.Clock)
	if e.Deemed {
		key = "casework.why.sentence.deemed"
	}
	parts := []string{v.T(key, "start", e.Started, "n", days, "due", due)}
	if e.Extended > 0 {
		parts = append(parts, v.T("casework.why.sentence.extended", "n", e.Extended))
	}
	paused := 0
	for _, l := range e.Lines {
		if l.Why == statute.ReasonPaused {
			paused++
		}
	}
	if paused > 0 {
		parts = append(parts, v.T("casework.why.sentence.paused", "n", paused))
	}
	return sentences(v, parts...)
}

// sentences puts sentences one after the other.
func sentences(v web.View, list ...string) string { return strings.Join(list, v.Pick("", " ")) }

// whyLimit tells the limit of the law beside the promise, and the article that sets it.
func whyLimit(v web.View, e casework.Explanation) string {
	var list []string
	switch {
	case e.Legal == e.Promised || e.Legal.IsZero():
	case e.Clock == statute.Acceptance:
		list = append(list, v.T("casework.why.promised", "n", e.PromisedDays, "date", e.Promised))
	case e.Analogy:
		list = append(list, v.T("casework.why.listed", "n", e.LegalDays, "date", e.Legal))
	default:
		list = append(list, v.T("casework.why.law", "n", e.LegalDays, "date", e.Legal))
	}
	if e.Article != "" {
		list = append(list, v.T("casework.why.limit_by", "article", articleText(v, e.Article)))
	}
	return sentences(v, list...)
}

// lineArticle cites why a day counts or does not, by analogy where the matter is no
// licence.
func lineArticle(v web.View, e casework.Explanation, l statute.Line) string {
	text := articleText(v, l.Article)
	if e.Analogy && strings.HasPrefix(l.Article, "xk-") {
		return v.T("casework.why.analogy", "article", text)
	}
	return text
}

// stepWords are title and text of a step in a timeline.
func stepWords(v web.View, s *casework.Service, c casework.Case, st casework.Step) web.StepArgs {
	action, state := s.StepName(c, st)
	a := web.StepArgs{Title: pick(v, action), At: st.At}
	who := stepWho(v, st)
	a.Text = v.T("casework.step.text", "who", who, "state", pick(v, state))
	switch {
	case st.Action == "supplement":
		a.Title, a.Text = v.T("casework.step.supplement"), v.T("casework.step.supplement_text", "who", who)
	case st.Deemed && st.Action == "withdraw":
		a.Title, a.Text = v.T("casework.step.lapsed"), v.T("casework.step.lapsed_text")
	case st.Deemed:
		a.Text = v.T("casework.step.deemed", "day", day.In(c.Received))
	}
	return a
}

// stepWho names who took a step: the post and its agency, or the applicant's side.
func stepWho(v web.View, st casework.Step) string {
	unit := pick(v, st.Unit)
	switch {
	case st.Through() && st.Window != "":
		key := "casework.step.at_window"
		if st.BehalfKind == auth.ForCounter {
			key = "casework.step.at_window_for"
		}
		return v.T(key, "clerk", st.Actor.Name, "hall", pick(v, st.Hall), "window", st.Window)
	case st.BehalfKind == auth.ForCounter:
		return v.T("casework.step.counter", "clerk", st.Actor.Name)
	case st.Actor.Kind != "resident" && st.Actor.Name != "" && unit != "":
		return v.T("casework.step.post", "agency", unit, "post", st.Actor.Name)
	case st.Actor.Kind != "resident":
		return unit
	case st.Actor.ID == v.Actor.ID:
		return v.T("casework.step.you")
	case st.BehalfKind == "person" || st.BehalfKind == "ward":
		return v.T("casework.step.agent")
	}
	return v.T("casework.step.applicant")
}

// reasonsOf are the reasons of a step; of one that is about materials, their
// names.
func reasonsOf(v web.View, svc contract.Service, st casework.Step) []string {
	if st.Action != "supplement" && (st.Action != "withdraw" || !st.Deemed) {
		return st.Reasons
	}
	names := make([]string, len(st.Reasons))
	for i, id := range st.Reasons {
		names[i] = pick(v, casework.MarkName(svc, contract.Mark{Kind: "material", ID: id}))
	}
	return names
}

// shown tells whether a step is worth an entry: what only follows by itself is not.
func shown(st casework.Step) bool {
	return st.Action != "take_up" && st.Action != "complete" && st.Action != "hold"
}

func when(t time.Time, v web.View) string {
	if t.IsZero() {
		return ""
	}
	return v.DateTable(day.In(t))
}

func documentName(d casework.Document) string {
	return fmt.Sprintf("%s %s.pdf", d.Title.ZH, d.Number)
}

func itoa(n int) string { return strconv.Itoa(n) }
