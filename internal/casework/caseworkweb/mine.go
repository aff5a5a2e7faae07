package caseworkweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

type mineData struct {
	Page  casework.Page
	Today day.Date
	Left  func(casework.Case, day.Date) int
	State func(casework.Case) contract.Text
}

func (p pages) mine(w http.ResponseWriter, r *http.Request) error {
	page, err := p.s.Mine(r.Context(), p.k.Actor(r), r.URL.Query().Get("after"), 0)
	if err != nil {
		return err
	}
	v := p.k.View(r)
	return p.k.Render(w, r, http.StatusOK, minePage(v, mineData{
		Page: page, Today: p.s.Today(), Left: p.s.DaysLeft,
		State: func(c casework.Case) contract.Text { return p.s.StateName(c.Procedure, c.State) },
	}))
}

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

func (p pages) show(w http.ResponseWriter, r *http.Request) error {
	d, err := p.caseData(r)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, casePage(p.k.View(r), d))
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
	d.timeline(v, p.s, steps)
	return d, nil
}

// timeline puts the steps newest first, with the documents each issued.
func (d *caseData) timeline(v web.View, s *casework.Service, steps []casework.Step) {
	d.Papers, d.Opinions, d.Reasons = map[int][]casework.Document{}, map[int]string{}, map[int][]string{}
	for _, st := range slices.Backward(steps) {
		if !shown(st) {
			continue
		}
		a := stepWords(v, s, d.Case, st)
		i := len(d.Steps)
		d.Opinions[i], d.Reasons[i] = st.Opinion, st.Reasons
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
	all, err := p.s.Deadlines(r.Context(), p.k.Actor(r), c.ID)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, whyPage(p.k.View(r), c, e, all, staff))
}

type receiptData struct {
	Case casework.Case
	Svc  contract.Service
	PDF  casework.Document // zero while it is being made
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
	docs, err := p.s.Documents(ctx, actor, d.Case.ID)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		if doc.Kind == "receipt" && doc.Step == 1 {
			d.PDF = doc
		}
	}
	return p.k.Render(w, r, http.StatusOK, receiptPage(p.k.View(r), d))
}

func (p pages) answers(w http.ResponseWriter, r *http.Request) error {
	c, err := p.s.Open(r.Context(), p.k.Actor(r), caseID(r))
	if err != nil {
		return err
	}
	content, err := p.s.Content(r.Context(), p.k.Actor(r), c.ID)
	if err != nil {
		return err
	}
	svc, err := p.s.ServiceOf(r.Context(), c)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, answersPage(p.k.View(r), c, svc, content))
}

func (p pages) material(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.Material(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	inline := r.URL.Query().Get("download") == ""
	return p.k.SendFile(w, r, web.File{Name: m.Name, Type: m.Type, Size: m.Size, Inline: inline}, body)
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
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	_, err = p.s.Act(r.Context(), p.k.Actor(r), caseID(r), casework.Action{Name: "withdraw", Step: number(f.Get("step"))})
	if f.Fail(err) {
		return p.withdrawPage(w, r, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.withdrawn")
	return p.k.SeeOther(w, r, "/cases/"+url.PathEscape(string(caseID(r))))
}
