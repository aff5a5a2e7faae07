package caseworkweb

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// Draft is an application that somebody has begun.
type Draft struct {
	ID          contract.DraftID
	Name        contract.Text
	Done, Total int // steps
	Expires     time.Time
}

// Signature is an application that waits for the person's signature.
type Signature struct {
	Draft  contract.DraftID
	Signer string
	Name   contract.Text // of the service
	From   string        // who asks
	Asked  time.Time
}

// Unsent finds what has not become a case yet.
type Unsent interface {
	Open(ctx context.Context, actor auth.Principal) ([]Draft, error)
	Signatures(ctx context.Context, actor auth.Principal) ([]Signature, error)
}

// mineData is the applicant's own space.
type mineData struct {
	Page       casework.OwnPage
	Query      casework.OwnQuery
	Todos      []casework.Todo
	Drafts     []Draft
	Signatures []Signature
	Today      day.Date
	Left       func(casework.Case, day.Date) int
	State      func(casework.Case) contract.Text
}

// next is the address of the following page, with the same filters.
func (d mineData) next() string {
	if d.Page.Next == "" {
		return ""
	}
	return d.link(d.Query.Tab, d.Page.Next)
}

func (d mineData) link(tab, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"tab": tab, "q": d.Query.Text, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/cases?" + q.Encode()
}

func (p pages) mine(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	q := r.URL.Query()
	d := mineData{
		Query: casework.OwnQuery{Tab: q.Get("tab"), Text: cut(q.Get("q"), maxSearch), After: q.Get("after")},
		Today: p.s.Today(), Left: p.s.DaysLeft,
		State: func(c casework.Case) contract.Text { return p.s.StateName(c) },
	}
	if d.Query.Tab != casework.OwnFinished {
		d.Query.Tab = casework.OwnOpen
	}
	var err error
	if d.Page, err = p.s.Own(ctx, actor, d.Query); err != nil {
		return err
	}
	if d.Todos, err = p.s.Todos(ctx, actor); err != nil {
		return err
	}
	if p.unsent != nil && d.Query.After == "" && d.Query.Text == "" && d.Query.Tab == casework.OwnOpen {
		if d.Drafts, err = p.unsent.Open(ctx, actor); err != nil {
			return err
		}
		if d.Signatures, err = p.unsent.Signatures(ctx, actor); err != nil {
			return err
		}
	}
	return p.k.Render(w, r, http.StatusOK, minePage(p.k.View(r), d))
}

// maxSearch bounds what is searched for, in characters.
const maxSearch = 60

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// todoPath is where a todo is done.
func todoPath(t casework.Todo) string {
	path := "/cases/" + url.PathEscape(string(t.Case))
	switch t.Kind {
	case casework.TodoCorrect:
		return path + "/correct"
	case casework.TodoOwed:
		return path + "/supplement"
	case casework.TodoMessage:
		return path + "/messages"
	case casework.TodoObject:
		return path + "/objection"
	case casework.TodoRate:
		return path + "/rate"
	}
	return path
}

// todoText says what to do, todoDue until when.
func todoText(v web.View, t casework.Todo) string {
	return v.T("casework.todo."+t.Kind, "n", t.Count, "material", pick(v, t.Material))
}

func todoDue(v web.View, t casework.Todo) string {
	switch {
	case t.Due.IsZero():
		return ""
	case t.Must && t.Left < 0:
		return v.T("casework.todo.over", "date", t.Due)
	case t.Must:
		return v.T("casework.todo.due", "date", t.Due, "left", v.Days(t.Left))
	}
	return v.T("casework.todo.until", "date", t.Due)
}

// owedText says until when an owed material must come, or what became of it.
func owedText(v web.View, o casework.Owed) string {
	switch {
	case o.Given:
		return v.T("casework.owed.given")
	case o.Lapsed:
		return v.T("casework.owed.lapsed", "date", o.Due)
	}
	return v.T("casework.owed.due", "date", o.Due, "left", v.Days(max(0, o.Left)))
}

// partsText sums a bundle up: how many parts are done, and when the last is due.
func partsText(v web.View, parts []casework.Part) string {
	done := 0
	var last day.Date
	for _, x := range parts {
		if x.Outcome != "" {
			done++
		} else if x.Due.Promised.After(last) {
			last = x.Due.Promised
		}
	}
	if done == len(parts) || last.IsZero() {
		return v.T("casework.parts.done", "done", done, "n", len(parts))
	}
	return v.T("casework.parts.open", "done", done, "n", len(parts), "date", last)
}

func partState(v web.View, x casework.Part) string {
	if x.Outcome != "" {
		return v.T("casework.parts.outcome." + string(x.Outcome))
	}
	return pick(v, x.State)
}

func partKind(x casework.Part) string {
	return tagKind(casework.Case{Stage: x.Stage})
}

// partLight is how the time of a part stands.
func partLight(v web.View, d ownData, x casework.Part) (state, text string) {
	c := casework.Case{Stage: x.Stage, Due: x.Due, Division: d.Case.Division}
	l := light(v, c, d.Today, d.Service.DaysLeft)
	return l.State, l.Text
}

// partWho says who has a part and until when, or what it waits for.
func partWho(v web.View, x casework.Part) string {
	agency := pick(v, x.AgencyName)
	if len(x.After) > 0 && x.Outcome == "" {
		names := make([]string, len(x.After))
		for i, t := range x.After {
			names[i] = pick(v, t)
		}
		return v.T("casework.parts.after", "agency", agency, "names", v.Join(names))
	}
	until := untilText(v, casework.Case{Due: x.Due})
	if until == "" || x.Outcome != "" {
		return agency
	}
	return v.T("casework.parts.who", "agency", agency, "until", until)
}

// unitText says where the opinion of another agency stands.
func unitText(v web.View, u casework.Unit) string {
	key := u.State
	if u.State == casework.UnitAnswered {
		key = u.Opinion
	}
	return v.T("casework.units.state."+key, "task", pick(v, u.Task), "date", u.Due)
}

// nextText says until when the next step is due: by the promise and by law.
func nextText(v web.View, d caseData) string {
	until := untilText(v, d.Case)
	if d.Case.Due.Legal.IsZero() || d.Case.Due.Legal == d.Case.Due.Promised {
		return until
	}
	return v.T("casework.next.both", "until", until, "date", d.Case.Due.Legal)
}

// maxOffered bounds what is only offered, so that what must be done is seen.
const maxOffered = 4

// urgent is what a page lists of the todos: all that must be done, and some of
// the rest.
func urgent(list []casework.Todo) []casework.Todo {
	offered := 0
	var out []casework.Todo
	for _, t := range list {
		if !t.Must {
			offered++
		}
		if t.Must || offered <= maxOffered {
			out = append(out, t)
		}
	}
	return out
}

// daysText says how long something took: no day is the same day.
func daysText(v web.View, n int) string {
	if n == 0 {
		return v.T("casework.expect.same_day")
	}
	return v.Days(n)
}

// filedBy says who filed a case and by what right.
func filedBy(v web.View, c casework.Case) string {
	kind := c.Agent.Kind
	if kind == "" && c.Applicant.Kind == "company" {
		kind = auth.ForCompany
	}
	if kind == "" {
		kind = "self"
	}
	right := v.T("casework.filed_by."+kind, "name", c.Applicant.Name)
	if c.Agent.Name == "" {
		return right
	}
	return v.T("casework.filed_by.who", "who", c.Agent.Name, "right", right)
}

// sourceText names what stands for a material: a licence or case by its number, a
// registry in the reader's language.
func sourceText(v web.View, m contract.Material) string {
	if m.Origin != contract.MaterialHeld {
		return m.Source
	}
	switch m.Source {
	case "person", "company", "marriage", "birth", "household", "guardianship", "estate", "insurance", "employment", "disability", "nurse", "project":
		return v.T("casework.registry." + m.Source)
	}
	return m.Source
}

// wayText says how a material came and how far it can be trusted.
func wayText(v web.View, m contract.Material) string {
	text := v.T("casework.way." + m.Origin)
	switch {
	case m.Blob != "":
		text = v.T("casework.way.file", "way", text, "name", m.Name)
	case m.Origin == contract.MaterialOwed && m.Due != "":
		if due, err := day.Parse(m.Due); err == nil {
			text = v.T("casework.way.by", "way", text, "date", due)
		}
	case m.Origin == contract.MaterialPart: // its source is an id, the name says which
		text = v.T("casework.way.file", "way", text, "name", m.Name)
	case m.Source != "":
		text = v.T("casework.way.file", "way", text, "name", sourceText(v, m))
	}
	if m.Level == "" {
		return text
	}
	return v.T("casework.way.level", "way", text, "level", m.Level)
}
