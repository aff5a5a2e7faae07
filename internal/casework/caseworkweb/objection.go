package caseworkweb

import (
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// objectionData is the page on which an applicant objects.
type objectionData struct {
	Case     casework.Case
	About    casework.Contestable
	Open     bool // there is something to object to
	What     contract.Text
	Done     []casework.Objection
	Remedies contract.Text
	Form     *web.Form
}

func (p pages) askObjection(w http.ResponseWriter, r *http.Request) error {
	return p.objectionPage(w, r, http.StatusOK, nil)
}

func (p pages) objectionPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := objectionData{Form: f}
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.About, d.Open, err = p.s.Contestable(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Done, err = p.s.ObjectionsOf(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	svc, err := p.s.ServiceOf(ctx, d.Case)
	if err != nil {
		return err
	}
	d.Remedies = casework.Remedies(svc)
	d.What, _ = p.s.StepName(d.Case, d.About.Step)
	return p.k.Render(w, r, status, objectionPage(p.k.View(r), d))
}

func (p pages) object(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	_, err = p.s.Object(r.Context(), p.k.Actor(r), caseID(r), f.Raw("text"))
	if f.Fail(err) {
		return p.objectionPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.objected")
	return p.k.SeeOther(w, r, r.URL.Path)
}

// objectionsData is the list of an agency.
type objectionsData struct {
	List     []casework.Objection
	Answered bool
	Today    day.Date
	Left     func(casework.Case, day.Date) int
}

func (p pages) objections(w http.ResponseWriter, r *http.Request) error {
	answered := r.URL.Query().Get("tab") == "answered"
	list, err := p.s.Objections(r.Context(), p.k.Actor(r), answered)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, objectionsPage(p.k.View(r), objectionsData{list, answered, p.s.Today(), p.s.DaysLeft}))
}

// answerData is one objection on the desk of who answers for the agency.
type answerData struct {
	Case      casework.Case
	Objection casework.Objection
	May       bool
	Steps     []casework.Step
	What      contract.Text
	Form      *web.Form
}

// about is the step that the objection is about.
func (d answerData) about() casework.Step {
	for _, st := range d.Steps {
		if st.No == d.Objection.Step {
			return st
		}
	}
	return casework.Step{}
}

func (p pages) askAnswer(w http.ResponseWriter, r *http.Request) error {
	return p.answerPage(w, r, http.StatusOK, nil)
}

func (p pages) answerPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := answerData{Form: f}
	var err error
	if d.Objection, d.Case, d.May, err = p.s.Objection(ctx, actor, r.PathValue("objection")); err != nil {
		return err
	}
	if d.Steps, err = p.s.Steps(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	d.What, _ = p.s.StepName(d.Case, d.about())
	return p.k.Render(w, r, status, answerPage(p.k.View(r), d))
}

func (p pages) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.Answer(r.Context(), p.k.Actor(r), r.PathValue("objection"), f.Get("result"), f.Raw("answer"))
	if f.Fail(err) {
		return p.answerPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.answered")
	return p.k.SeeOther(w, r, "/staff/objections")
}

// objectionLight tells how long there is to answer.
func objectionLight(v web.View, d objectionsData, o casework.Objection) (state, text string) {
	left := d.Left(casework.Case{Division: o.Number[:6]}, o.Due)
	switch {
	case left < 0:
		return web.Yellow, v.T("casework.light.over", "n", -left)
	case left == 0:
		return web.Yellow, v.T("casework.light.today")
	}
	return web.Green, v.T("casework.light.left", "n", left)
}
