package caseworkweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

type caseData struct {
	Case      casework.Case
	Steps     []web.StepArgs
	Papers    map[int][]casework.Document // by position in Steps
	Opinions  map[int]string
	Reasons   map[int][]string
	Documents []casework.Document
	Why       casework.Explanation
	Bars      []bar
	Left      int
	Outcome   statute.Outcome
	Choices   []casework.Choice
	Marks     int
	Today     day.Date
}

// may reports whether the applicant can take a step now.
func (d caseData) may(action string) bool {
	return slices.ContainsFunc(d.Choices, func(c casework.Choice) bool { return c.Action == action })
}

// ownData is the page of a case for its applicant.
type ownData struct {
	caseData
	Todos      []casework.Todo
	Expect     casework.Expectation
	Owed       []casework.Owed
	Objections []casework.Objection
	Contest    bool // one can object
	Add        bool // one can add material
	Thread     casework.Thread
	Parts      []casework.Part
	Units      []casework.Unit
	Specials   []casework.Special
	Service    *casework.Service
	Panels     []templ.Component  // of other areas
	Found      []casework.Finding // by officials, that the applicant may read
	Asked      []casework.AskedFor
}

// newest are the messages that the page of the case shows.
func (d ownData) newest() []casework.Message {
	return d.Thread.Messages[max(0, len(d.Thread.Messages)-3):]
}

// pause is the special procedure that goes on, if one does.
func (d ownData) pauses() []casework.Special {
	return slices.DeleteFunc(slices.Clone(d.Specials), func(x casework.Special) bool { return !x.Ended.IsZero() })
}

func (p pages) show(w http.ResponseWriter, r *http.Request) error {
	d, err := p.ownData(r)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, casePage(p.k.View(r), d))
}

func (p pages) ownData(r *http.Request) (d ownData, err error) {
	ctx, actor, id := r.Context(), p.k.Actor(r), caseID(r)
	if d.caseData, err = p.caseData(r); err != nil {
		return d, err
	}
	d.Service = p.s
	if d.Panels, err = p.besides(r, p.panels.Resident, id); err != nil {
		return d, err
	}
	if d.Found, err = p.s.Findings(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Asked, err = p.s.AskedToCorrect(ctx, actor, d.Case); err != nil {
		return d, err
	}
	if d.Todos, err = p.s.CaseTodos(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Expect, err = p.s.Expect(ctx, d.Case.Item); err != nil {
		return d, err
	}
	if d.Owed, err = p.s.OwedOf(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Objections, err = p.s.ObjectionsOf(ctx, actor, id); err != nil {
		return d, err
	}
	if _, d.Contest, err = p.s.Contestable(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Thread, err = p.s.Peek(ctx, actor, id); err != nil {
		return d, err
	}
	return d, p.others(r, &d)
}

// others loads what others do for the case: parts of a bundle, units that are
// heard, special procedures.
func (p pages) others(r *http.Request, d *ownData) error {
	ctx, actor, id := r.Context(), p.k.Actor(r), caseID(r)
	_, places, err := p.s.Supplements(ctx, actor, id)
	if err != nil && fault.KindOf(err) != fault.Denied {
		return err
	}
	d.Add = len(places) > 0
	if d.Parts, err = p.s.Parts(ctx, actor, id); err != nil {
		return err
	}
	if d.Units, err = p.s.Units(ctx, actor, id); err != nil {
		return err
	}
	d.Specials, err = p.s.Specials(ctx, actor, id)
	return err
}

func (p pages) caseData(r *http.Request) (d caseData, err error) {
	ctx, actor, v := r.Context(), p.k.Actor(r), p.k.View(r)
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return d, err
	}
	steps, err := p.s.Steps(ctx, actor, d.Case.ID)
	if err != nil {
		return d, err
	}
	if d.Documents, err = p.s.Documents(ctx, actor, d.Case.ID); err != nil {
		return d, err
	}
	if d.Why, err = p.s.Explain(ctx, actor, d.Case.ID); err != nil {
		return d, err
	}
	if d.Choices, err = p.s.Choices(ctx, actor, d.Case); err != nil {
		return d, err
	}
	d.Today = p.s.Today()
	d.Outcome = p.s.Outcome(d.Case, steps)
	d.Left = p.s.DaysLeft(d.Case, d.Case.Due.Promised)
	d.Bars = bars(v, d.Why, d.Today)
	svc, err := p.s.ServiceOf(ctx, d.Case)
	if err != nil {
		return d, err
	}
	d.timeline(v, p.s, svc, steps)
	return d, nil
}

// timeline puts the steps newest first, with the documents each issued.
func (d *caseData) timeline(v web.View, s *casework.Service, svc contract.Service, steps []casework.Step) {
	d.Papers, d.Opinions, d.Reasons = map[int][]casework.Document{}, map[int]string{}, map[int][]string{}
	for _, st := range slices.Backward(steps) {
		if !shown(st) {
			continue
		}
		a := stepWords(v, s, d.Case, st)
		i := len(d.Steps)
		d.Opinions[i], d.Reasons[i] = st.Opinion, reasonsOf(v, svc, st)
		for _, doc := range d.Documents {
			if doc.Step == st.No {
				d.Papers[i] = append(d.Papers[i], doc)
			}
		}
		d.Steps = append(d.Steps, a)
	}
}

func (p pages) why(w http.ResponseWriter, r *http.Request) error { return p.explain(w, r, false) }

func (p pages) deskWhy(w http.ResponseWriter, r *http.Request) error { return p.explain(w, r, true) }

func (p pages) explain(w http.ResponseWriter, r *http.Request, staff bool) error {
	c, err := p.s.Open(r.Context(), p.k.Actor(r), caseID(r))
	if err != nil {
		return err
	}
	e, err := p.s.Explain(r.Context(), p.k.Actor(r), c.ID)
	if err != nil {
		return err
	}
	if e.Clock == "" { // nothing began yet, or each part has its own
		return p.k.Render(w, r, http.StatusOK, noClockPage(p.k.View(r), c, p.s.NoClock(c), staff))
	}
	told, err := p.s.Explanations(r.Context(), p.k.Actor(r), c.ID)
	if err != nil {
		return err
	}
	all := make([]casework.Deadline, len(told))
	for i, x := range told { // one that is over is still told day by day: a court asks afterwards
		if all[i] = x.Deadline; string(x.Clock) == r.URL.Query().Get("clock") {
			e = x
		}
	}
	stages, err := p.stagesOf(r, c, staff)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, whyPage(p.k.View(r), c, e, all, staff, stages))
}

type receiptData struct {
	Case     casework.Case
	Svc      contract.Service
	Content  casework.Content
	Parts    []casework.Part
	Promises []casework.Promise
}

func (p pages) receipt(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	var d receiptData
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Svc, err = p.s.ServiceOf(ctx, d.Case); err != nil {
		return err
	}
	if d.Content, err = p.s.Content(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Parts, err = p.s.Parts(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Promises, err = p.s.Promises(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, receiptPage(p.k.View(r), d))
}

// receiptPDF is the signed receipt of the submission.
func (p pages) receiptPDF(w http.ResponseWriter, r *http.Request) error {
	d, body, err := p.s.ReceiptPDF(r.Context(), p.k.Actor(r), caseID(r))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.k.SendFile(w, r, web.File{Name: documentName(d), Type: "application/pdf", Size: d.Size}, body)
}

// answersData is what was handed in, with the reasons of a correction notice.
type answersData struct {
	Case    casework.Case
	Svc     contract.Service
	Content casework.Content
	Asked   []casework.AskedFor
}

// first reports whether a file is the first of its material.
func (d answersData) first(m contract.Material) bool {
	i := slices.IndexFunc(d.Content.Materials, func(x contract.Material) bool { return x.ID == m.ID })
	return i >= 0 && d.Content.Materials[i].File == m.File
}

func (p pages) answers(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	var d answersData
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Content, err = p.s.Content(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Svc, err = p.s.ServiceOf(ctx, d.Case); err != nil {
		return err
	}
	if d.Asked, err = p.s.AskedToCorrect(ctx, actor, d.Case); err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, answersPage(p.k.View(r), d))
}

func (p pages) material(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.Material(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	inline := r.URL.Query().Get("download") == ""
	return p.hand(w, r, m, inline, body)
}

func (p pages) document(w http.ResponseWriter, r *http.Request) error {
	d, body, err := p.s.Document(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("doc"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.k.SendFile(w, r, web.File{Name: documentName(d), Type: "application/pdf", Size: d.Size}, body)
}

func (p pages) askWithdraw(w http.ResponseWriter, r *http.Request) error {
	return p.withdrawPage(w, r, http.StatusOK, nil)
}

func (p pages) withdrawPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	c, err := p.s.Open(r.Context(), p.k.Actor(r), caseID(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, withdrawPage(p.k.View(r), c, f))
}

func (p pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxFiles)
	if err != nil {
		return err
	}
	if p.k.Actor(r).AtCounter() {
		err = p.withdrawThere(r, f)
	} else {
		_, err = p.s.Act(r.Context(), p.k.Actor(r), caseID(r), casework.Action{Name: "withdraw", Step: number(f.Get("step"))})
	}
	if f.Bad() || f.Fail(err) {
		return p.withdrawPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.withdrawn")
	return p.k.SeeOther(w, r, "/cases/"+url.PathEscape(string(caseID(r))))
}
