package caseworkweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// next goes on to the case that is the most urgent now, after another.
func (p pages) next(w http.ResponseWriter, r *http.Request) error {
	id, err := p.s.NextTask(r.Context(), p.k.Actor(r), Tab(r.URL.Query().Get("from")), caseID(r))
	if err != nil {
		return err
	}
	if id == "" {
		p.k.Flash(w, "casework.notice.nothing_left")
		return p.k.SeeOther(w, r, "/staff/tasks")
	}
	return p.k.SeeOther(w, r, "/staff/cases/"+url.PathEscape(string(id)))
}

// nextPath is the address of the next case after this one.
func nextPath(d deskData) string { return deskPath(d.Case) + "/next?from=" + url.QueryEscape(d.tab()) }

// tab is the part of the work list that the official is working off: that of the
// step just taken, else that of the case.
func (d deskData) tab() string {
	if d.From != "" {
		return string(d.From)
	}
	return string(d.Case.Stage)
}

// insert puts a template into a box of a form that was sent for it, and shows the
// page again. Nothing is stored.
func (p pages) insert(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	list, err := p.s.Filled(r.Context(), p.k.Actor(r), caseID(r), "")
	if err != nil {
		return err
	}
	put(f, list)
	if r.PathValue("action") != "phrase" {
		return p.confirm(w, r, http.StatusOK, f, nil)
	}
	d, err := p.deskData(r, f)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, deskPage(p.k.View(r), d))
}

// put writes the chosen template behind what stands in its box.
func put(f *web.Form, list []casework.Phrase) {
	box := f.Get("insert")
	i := slices.IndexFunc(list, func(x casework.Phrase) bool { return x.ID == f.Get("phrase-"+box) })
	if i < 0 || !slices.Contains([]string{"opinion", "note", "reasons"}, box) {
		return
	}
	text := list[i].Body
	if was := strings.TrimRight(f.Raw(box), " \r\n"); was != "" {
		text = was + "\n" + text
	}
	f.Values.Set(box, text)
}

// phrasesFor are the templates for one kind of box.
func phrasesFor(list []casework.Phrase, kind string) []casework.Phrase {
	return slices.DeleteFunc(slices.Clone(list), func(x casework.Phrase) bool { return x.Kind != kind })
}

// phraseData is the page of templates of an agency.
type phraseData struct {
	List    []casework.Phrase
	MayEdit bool
	Form    *web.Form
	Edit    casework.Phrase // that is changed; a new one without an id
}

func (p pages) phrases(w http.ResponseWriter, r *http.Request) error {
	return p.phrasePage(w, r, http.StatusOK, nil)
}

func (p pages) phrasePage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := p.k.Actor(r)
	list, err := p.s.Phrases(r.Context(), actor)
	if err != nil {
		return err
	}
	d := phraseData{List: list, MayEdit: p.s.MayEditPhrases(actor), Form: f, Edit: casework.Phrase{Kind: casework.PhraseOpinion}}
	if i := slices.IndexFunc(list, func(x casework.Phrase) bool { return x.ID == r.PathValue("phrase") }); i >= 0 {
		d.Edit = list[i]
	} else if r.PathValue("phrase") != "" {
		return casework.ErrNotFound
	}
	return p.k.Render(w, r, status, phrasesPage(p.k.View(r), d))
}

func (p pages) savePhrase(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	_, err = p.s.SavePhrase(r.Context(), p.k.Actor(r), casework.Phrase{
		ID: r.PathValue("phrase"), Kind: f.Get("kind"), Title: f.Get("title"), Body: f.Get("body"),
	})
	if f.Fail(err) {
		return p.phrasePage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.phrase_saved")
	return p.k.SeeOther(w, r, "/staff/phrases")
}

func (p pages) dropPhrase(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.DropPhrase(r.Context(), p.k.Actor(r), r.PathValue("phrase")); err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.phrase_dropped")
	return p.k.SeeOther(w, r, "/staff/phrases")
}

// holesText lists what a template may have between braces.
func holesText(v web.View) []string {
	var out []string
	for _, name := range casework.Holes() {
		out = append(out, v.T("casework.phrase.hole", "name", "{"+name+"}", "what", v.T("casework.phrase.hole."+name)))
	}
	return out
}

// barData is the page of whom broken commitments bar.
type barData struct {
	List    []casework.Bar
	MayLift func(casework.Bar) bool
	Form    *web.Form
}

func (p pages) bars(w http.ResponseWriter, r *http.Request) error {
	return p.barPage(w, r, http.StatusOK, nil)
}

func (p pages) barPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := p.k.Actor(r)
	list, err := p.s.Bars(r.Context(), actor)
	if err != nil {
		return err
	}
	d := barData{List: list, Form: f, MayLift: func(b casework.Bar) bool {
		return b.Lifted.IsZero() && p.s.MayLift(actor, casework.Case{ID: b.Case, Agency: b.Agency, Item: b.Item, Applicant: b.Applicant})
	}}
	return p.k.Render(w, r, status, barsPage(p.k.View(r), d))
}

func (p pages) lift(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	id := string(caseID(r))
	err = numbered(p.s.Lift(r.Context(), p.k.Actor(r), caseID(r), f.Get("reason-"+id)), id)
	if f.Fail(err) {
		return p.barPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.lifted")
	return p.k.SeeOther(w, r, "/staff/bars")
}

// myBars tells an applicant what bars them, and why.
func (p pages) myBars(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Bars(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, myBarsPage(p.k.View(r), list))
}

// barPlain is what a bar says, without what only staff read.
func barUntil(v web.View, b casework.Bar) string {
	switch {
	case !b.Lifted.IsZero():
		return v.T("casework.bar.lifted", "time", v.TimeShort(b.Lifted), "post", b.LiftedBy)
	case b.State == casework.CommitmentRevoked:
		return v.T("casework.bar.until_lifted")
	case b.Until.IsZero():
		return v.T("casework.bar.until_rectified")
	}
	return v.T("casework.bar.until_day", "date", b.Until)
}

func (p pages) earlier(w http.ResponseWriter, r *http.Request) error {
	c, list, err := p.s.Earlier(r.Context(), p.k.Actor(r), caseID(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, earlierPage(p.k.View(r), c, list))
}

// earlierResult is what came of an earlier case.
func earlierResult(v web.View, e casework.Earlier) string {
	if e.Outcome == "" {
		return v.T("casework.outcome.open")
	}
	return v.T("casework.earlier.result." + string(e.Outcome))
}

// commitment is the page on which officials verify what was promised.
func (p pages) commitment(w http.ResponseWriter, r *http.Request) error {
	d, err := p.deskData(r, nil)
	if err != nil {
		return err
	}
	if d.Commitment == nil {
		return casework.ErrNotFound
	}
	bar, err := p.s.BarOf(r.Context(), p.k.Actor(r), d.Case.ID)
	if err != nil && !errors.Is(err, casework.ErrNotFound) {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, commitmentPage(p.k.View(r), d, bar))
}

// onCommitment are the steps that settle a commitment.
func onCommitment(action string) bool {
	return slices.Contains([]string{"keep", "breach", "rectified"}, action)
}

// phrasesOf are the filled templates for a page; a person without them has none.
func (p pages) phrasesOf(r *http.Request, unit string) ([]casework.Phrase, error) {
	list, err := p.s.Filled(r.Context(), p.k.Actor(r), caseID(r), unit)
	if fault.KindOf(err) == fault.Denied {
		return nil, nil
	}
	return list, err
}

// askable are the agencies that a task may be sent to.
func agencyChoices(v web.View, list []contract.Agency) []web.Option {
	out := []web.Option{{Label: v.T("casework.unit.same")}}
	for _, a := range list {
		out = append(out, web.Option{Value: string(a.ID), Label: pick(v, a.Name)})
	}
	return out
}
