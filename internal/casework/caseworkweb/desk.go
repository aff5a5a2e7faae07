package caseworkweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// query reads the filters of a list; what is not a filter is ignored.
func query(r *http.Request) casework.Query {
	q := r.URL.Query()
	before, err := day.Parse(q.Get("before"))
	if err != nil {
		before = day.Date{}
	}
	return casework.Query{
		Tab: casework.Tab(q.Get("tab")), Text: strings.TrimSpace(q.Get("q")), Item: contract.ItemID(q.Get("item")),
		Light: q.Get("light"), Before: before, After: q.Get("after"),
		Queue: q.Get("queue"), Holder: contract.AccountID(q.Get("holder")),
	}
}

// listData is a work list or a supervisor's list.
type listData struct {
	casework.List
	Query   casework.Query
	Path    string // of the list
	Today   day.Date
	Left    func(casework.Case, day.Date) int
	State   func(casework.Case) contract.Text
	Records []casework.Record
	// Cards are those without a ruling, with the counts of all.
	Cards      []casework.Record
	CardCounts casework.CardCounts
	// LateOnes are opinions that agencies owe beyond their day, for supervision.
	LateOnes []casework.UnitTask
}

// next is the address of the following page, with the same filters.
func (d listData) next() string {
	if d.Next == "" {
		return ""
	}
	q := url.Values{}
	for name, value := range map[string]string{
		"tab": string(d.Tab), "q": d.Query.Text, "item": string(d.Query.Item), "light": d.Query.Light,
		"before": d.Query.Before.String(), "after": d.Next, "queue": d.Query.Queue, "holder": string(d.Query.Holder),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return d.Path + "?" + q.Encode()
}

func (p pages) list(l casework.List, q casework.Query, path string) listData {
	return listData{
		List: l, Query: q, Path: path, Today: p.s.Today(), Left: p.s.DaysLeft,
		State: func(c casework.Case) contract.Text { return p.s.StateName(c) },
	}
}

func (p pages) supervision(w http.ResponseWriter, r *http.Request) error {
	q := query(r)
	l, err := p.s.Supervised(r.Context(), p.k.Actor(r), q)
	if err != nil {
		return err
	}
	d := p.list(l, q, "/staff/supervision")
	if d.Records, err = p.s.Records(r.Context(), p.k.Actor(r), 20); err != nil {
		return err
	}
	if d.Cards, d.CardCounts, err = p.s.CardsToRule(r.Context(), p.k.Actor(r)); err != nil {
		return err
	}
	if d.LateOnes, err = p.s.LateOpinions(r.Context(), p.k.Actor(r)); err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, supervisionPage(p.k.View(r), d))
}

// deskData is the page on which an official works a case.
type deskData struct {
	caseData
	around
	Svc       contract.Service
	Content   *casework.Content // nil for supervisors: they do not read
	Deadlines []casework.Deadline
	Cards     []casework.Record
	Steps     []casework.Step
	Open      string // file of the material that is shown
	Unmasked  map[string]contract.Text
	Form      *web.Form
	Service   *casework.Service
	MayUnmask bool
	From      Tab // the stage in which a step was just taken
	Phrases   []casework.Phrase
	Askable   []contract.Agency // for an opinion
	Panels    []templ.Component // of other areas
	beside
	reviewData
}

// Tab is the tab a person came from.
type Tab = casework.Tab

// applicant is whose case it is: in full for who is shown what was handed in, which
// is recorded; masked as in every list for who looks on.
func (d deskData) applicant() string {
	if d.Content == nil {
		return casework.ListName(d.Case.Applicant)
	}
	return d.Case.Applicant.Name
}

// material is the file that is shown, the first unless another was chosen.
func (d deskData) material() (contract.Material, bool) {
	if d.Content == nil || len(d.Content.Materials) == 0 {
		return contract.Material{}, false
	}
	i := slices.IndexFunc(d.Content.Materials, func(m contract.Material) bool { return m.File == d.Open })
	return d.Content.Materials[max(i, 0)], true
}

// choice finds a step that may be taken.
func (d deskData) choice(action string) (casework.Choice, bool) {
	i := slices.IndexFunc(d.Choices, func(c casework.Choice) bool { return c.Action == action })
	if i < 0 {
		return casework.Choice{}, false
	}
	return d.Choices[i], true
}

func (p pages) desk(w http.ResponseWriter, r *http.Request) error {
	d, err := p.deskData(r, nil)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, deskPage(p.k.View(r), d))
}

func (p pages) deskData(r *http.Request, f *web.Form) (d deskData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if actor.Kind != auth.Staff {
		return d, casework.ErrNotFound
	}
	if d.caseData, err = p.caseData(r); err != nil {
		return d, err
	}
	if d.Svc, err = p.s.ServiceOf(ctx, d.Case); err != nil {
		return d, err
	}
	if d.Deadlines, err = p.s.Deadlines(ctx, actor, d.Case.ID); err != nil {
		return d, err
	}
	if d.Cards, err = p.s.Cards(ctx, actor, d.Case.ID); err != nil {
		return d, err
	}
	if d.Steps, err = p.s.Steps(ctx, actor, d.Case.ID); err != nil {
		return d, err
	}
	content, err := p.s.Content(ctx, actor, d.Case.ID)
	switch {
	case err == nil:
		d.Content, d.MayUnmask = &content, true
	case fault.KindOf(err) != fault.Denied:
		return d, err
	}
	if d.beside, err = p.beside(r, d.Case); err != nil {
		return d, err
	}
	d.Open, d.Form, d.Service, d.From = r.URL.Query().Get("file"), f, p.s, Tab(r.URL.Query().Get("from"))
	if d.Phrases, err = p.phrasesOf(r, ""); err != nil {
		return d, err
	}
	if r.PathValue("action") == "send" {
		if d.Askable, err = p.s.Askable(ctx, d.Case); err != nil {
			return d, err
		}
	}
	if err = p.loadReview(r, &d); err != nil {
		return d, err
	}
	if d.Panels, err = p.besides(r, p.panels.Staff, d.Case.ID); err != nil {
		return d, err
	}
	d.around, err = p.loadAround(r, actor, d.Case)
	if f != nil && f.Get("target") != "" {
		d.Target = f.Get("target")
	}
	return d, err
}

// deskAgain shows the page with what is wrong, or with what somebody else did
// in the meantime.
func (p pages) deskAgain(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	d, err := p.deskData(r, f)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, statusOf(f), deskPage(p.k.View(r), d))
}

func statusOf(f *web.Form) int {
	if fault.KindOf(f.Err) == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// askAct is the second page of a step that needs reasons.
func (p pages) askAct(w http.ResponseWriter, r *http.Request) error {
	return p.confirm(w, r, http.StatusOK, nil, nil)
}

// confirm asks for reasons, or shows the whole correction notice, before a step
// is taken that binds the applicant.
func (p pages) confirm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, marks []contract.Mark) error {
	d, err := p.deskData(r, f)
	if err != nil {
		return err
	}
	choice, ok := d.choice(r.PathValue("action"))
	marking := choice.Action == "correct" || choice.Action == "correct_onsite"
	if !ok || marking && len(marks) == 0 {
		return casework.ErrNotFound
	}
	return p.k.Render(w, r, status, confirmPage(p.k.View(r), d, choice, marks))
}

// act takes a step by the decision bar or by the second page.
func (p pages) act(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	if f.Get("insert") != "" {
		return p.insert(w, r, f)
	}
	a := casework.Action{
		Name: r.PathValue("action"), Step: number(f.Get("step")), Opinion: f.Get("opinion"),
		Reasons: rows(f.Raw("reasons")), Organ: f.Get("organ"), Marks: marksOf(f),
		Special: statute.Special(f.Get("special")), Days: number(f.Get("days")), Target: f.Get("target"),
		Agency: contract.AgencyID(f.Get("agency")), Found: foundOf(f),
	}
	a.Dropped = droppedOf(f, a.Marks)
	if (a.Name == "correct" || a.Name == "correct_onsite") && len(a.Marks) > 0 && f.Get("confirmed") == "" && complete(a.Marks) {
		return p.confirm(w, r, http.StatusOK, f, a.Marks)
	}
	_, err = p.s.Act(r.Context(), p.k.Actor(r), caseID(r), a)
	if f.Fail(err) {
		if asksMore(f) && !errors.Is(err, casework.ErrStale) {
			return p.confirm(w, r, http.StatusUnprocessableEntity, f, nil)
		}
		return p.deskAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.done")
	path := "/staff/cases/" + url.PathEscape(string(caseID(r)))
	if from := f.Get("from"); from != "" {
		path += "?from=" + url.QueryEscape(from)
	}
	return p.k.SeeOther(w, r, path)
}

// asksMore reports whether what is wrong stands on the page of the step.
func asksMore(f *web.Form) bool {
	return slices.ContainsFunc([]string{"reasons", "organ", "special", "days", "target", "agency"}, func(name string) bool { return f.Fault(name) != nil }) ||
		f.Get("confirmed") != "" && f.Fault("opinion") != nil
}

// rows are the lines of a text, one reason each.
func rows(text string) []string { return strings.Split(text, "\n") }

// complete reports whether every mark has its reason, so that the notice can be
// shown; what is missing is told on the page where it is typed.
func complete(marks []contract.Mark) bool {
	return !slices.ContainsFunc(marks, func(m contract.Mark) bool { return strings.TrimSpace(m.Reason) == "" })
}

// marksIn reads the marks that a control names, without their reasons.
func marksIn(f *web.Form, name string) []contract.Mark {
	var marks []contract.Mark
	for _, value := range f.All(name) {
		if kind, id, ok := strings.Cut(value, ":"); ok {
			marks = append(marks, contract.Mark{Kind: kind, ID: id})
		}
	}
	return marks
}

// marksOf reads the ticked fields and materials with their reasons. A reason
// without a tick is a mark too: nobody writes one for fun.
func marksOf(f *web.Form) []contract.Mark {
	values := slices.Clone(f.All("mark"))
	for name := range f.Values {
		rest, ok := strings.CutPrefix(name, "reason-")
		kind, id, found := strings.Cut(rest, "-")
		if value := kind + ":" + id; ok && found && f.Get(name) != "" && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	var marks []contract.Mark
	for _, value := range slices.Compact(values) {
		kind, id, ok := strings.Cut(value, ":")
		if ok {
			marks = append(marks, contract.Mark{Kind: kind, ID: id, Reason: f.Get("reason-" + kind + "-" + id)})
		}
	}
	return marks
}

// unmask shows one hidden value on the answer to this very request; nothing
// keeps it unmasked.
func (p pages) unmask(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	field := f.Get("field")
	value, err := p.s.Unmask(r.Context(), p.k.Actor(r), caseID(r), field, f.Get("reason"))
	if f.Fail(err) {
		return p.deskAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	d, err := p.deskData(r, nil)
	if err != nil {
		return err
	}
	d.Unmasked = map[string]contract.Text{field: value}
	return p.k.Render(w, r, http.StatusOK, deskPage(p.k.View(r), d))
}

// check is one line of what the program looked at by itself: Text names it, Note says
// how it stands, so that nobody needs the icon to know.
type check struct {
	OK   bool
	Text string
	Note string
}

// checks are facts that an official would otherwise look up: each with what it
// rests on.
func (d deskData) checks(v web.View) []check {
	var out []check
	for _, spec := range d.Svc.Materials {
		if d.Content == nil || spec.Origin == "government" || spec.Origin == "form" || !spec.Required || spec.When != "" {
			continue
		}
		n := 0
		for _, m := range d.Content.Materials {
			if m.ID == spec.ID {
				n++
			}
		}
		note := v.T("casework.check.no_file")
		if n > 0 {
			note = v.T("casework.check.files", "n", n)
		}
		out = append(out, check{n > 0, pick(v, spec.Name), note})
	}
	if d.Case.Two {
		done := d.Case.Reviewer.ID != "" && d.Case.Second.ID != ""
		out = append(out, check{done, v.T("casework.check.two"), d.reviewers(v)})
	}
	cards := v.T("casework.check.no_cards")
	if len(d.Cards) > 0 {
		cards = v.T("casework.check.cards_n", "n", len(d.Cards))
	}
	holidays := v.T("casework.check.published")
	if d.Case.Due.Provisional {
		holidays = v.T("casework.check.unpublished")
	}
	return append(out,
		check{d.Case.Yellow+d.Case.Red == 0, v.T("casework.check.cards"), cards},
		check{!d.Case.Due.Provisional, v.T("casework.check.calendar"), holidays})
}

func (d deskData) reviewers(v web.View) string {
	var names []string
	for _, h := range []casework.Handler{d.Case.Reviewer, d.Case.Second} {
		if h.Name != "" {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return v.T("casework.check.none_yet")
	}
	return v.Join(names)
}

// running is the clock that runs, or ran last.
func (d deskData) running() casework.Deadline { return d.Why.Deadline }

func (d deskData) open() bool { return d.running().Phase == statute.Running }
