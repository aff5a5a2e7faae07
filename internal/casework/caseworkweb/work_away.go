package caseworkweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// absenceData is who is absent, and the form to enter it.
type absenceData struct {
	List    []casework.Absence
	Staff   []casework.Worker
	Today   day.Date
	Head    bool
	Changed string // absence whose form was sent
	Form    *web.Form
}

// mine reports whether the actor may change an absence.
func (d absenceData) mine(v web.View, a casework.Absence) bool {
	return d.Head || a.Official.ID == v.Actor.ID
}

// officials are those whose absence the actor may enter.
func (d absenceData) officials(v web.View) []web.Option {
	list := []web.Option{{Value: v.Actor.ID, Label: v.T("casework.absence.self", "name", v.Actor.Name)}}
	for _, w := range d.Staff {
		if string(w.ID) != v.Actor.ID {
			list = append(list, web.Option{Value: string(w.ID), Label: w.Name})
		}
	}
	return list
}

// deputies are colleagues to choose from, none first.
func (d absenceData) deputies(v web.View, except string) []web.Option {
	list := []web.Option{{Label: v.T("casework.absence.no_deputy")}}
	for _, w := range d.Staff {
		if string(w.ID) != except {
			list = append(list, web.Option{Value: string(w.ID), Label: w.Name})
		}
	}
	return list
}

func (p pages) absences(w http.ResponseWriter, r *http.Request) error {
	return p.absencePage(w, r, http.StatusOK, nil, "")
}

func (p pages) absencePage(w http.ResponseWriter, r *http.Request, status int, f *web.Form, changed string) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := absenceData{Today: p.s.Today(), Head: actor.Is(auth.RoleHead), Form: f, Changed: changed}
	var err error
	if d.List, err = p.s.Absences(ctx, actor); err != nil {
		return err
	}
	if d.Staff, err = p.s.Staff(ctx, actor); err != nil {
		return err
	}
	return p.k.Render(w, r, status, absencePage(p.k.View(r), d))
}

func (p pages) addAbsence(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	n := casework.NewAbsence{
		Official: contract.AccountID(f.Get("official")), Kind: f.Get("kind"), Deputy: contract.AccountID(f.Get("deputy")),
		From: dayOf(f, "from"), To: dayOf(f, "to"),
	}
	_, err = p.s.Absent(r.Context(), p.k.Actor(r), n)
	if f.Fail(err) {
		return p.absencePage(w, r, statusOf(f), f, "")
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.absence")
	return p.k.SeeOther(w, r, "/staff/absence")
}

// dayOf reads a day; what is none is zero, and the service says so.
func dayOf(f *web.Form, name string) day.Date {
	d, err := day.Parse(f.Get(name))
	if err != nil {
		return day.Date{}
	}
	return d
}

func (p pages) changeAbsence(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	id := r.PathValue("absence")
	note := "casework.notice.absence_over"
	if f.Get("do") == "deputy" {
		note = "casework.notice.deputy"
		err = p.s.SetDeputy(r.Context(), p.k.Actor(r), id, contract.AccountID(f.Get("deputy")))
	} else {
		err = p.s.EndAbsence(r.Context(), p.k.Actor(r), id)
	}
	if f.Fail(err) {
		return p.absencePage(w, r, statusOf(f), f, id)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, note)
	if f.Get("back") == "tasks" {
		return p.k.SeeOther(w, r, "/staff/tasks")
	}
	return p.k.SeeOther(w, r, "/staff/absence")
}

// rulesData is how an agency gives out its new cases.
type rulesData struct {
	Rules []casework.WorkRule
	Staff []casework.Worker
	Form  *web.Form
}

func (p pages) workRules(w http.ResponseWriter, r *http.Request) error {
	return p.rulesPage(w, r, http.StatusOK, nil)
}

func (p pages) rulesPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := rulesData{Form: f}
	var err error
	if d.Rules, err = p.s.WorkRules(ctx, actor); err != nil {
		return err
	}
	if d.Staff, err = p.s.Staff(ctx, actor); err != nil {
		return err
	}
	return p.k.Render(w, r, status, workRulesPage(p.k.View(r), d))
}

func (p pages) setWorkRules(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	for _, stage := range casework.GiveStages() {
		how := f.Get("how-" + string(stage))
		if how == "" {
			continue // not on the form
		}
		err := p.s.SetWorkRule(r.Context(), p.k.Actor(r), stage, how)
		if f.Fail(err) {
			return p.rulesPage(w, r, statusOf(f), f)
		}
		if err != nil {
			return err
		}
	}
	p.k.Flash(w, "casework.notice.rules")
	return p.k.SeeOther(w, r, "/staff/work-rules")
}

// conflictData is the page on which an official declares a conflict of interest, or
// the head orders one to withdraw.
type conflictData struct {
	Case   casework.Case
	Order  bool // may order
	Staff  []casework.Worker
	Form   *web.Form
	Reason string
}

func (p pages) askConflict(w http.ResponseWriter, r *http.Request) error {
	return p.conflictPage(w, r, http.StatusOK, nil)
}

func (p pages) conflictPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := conflictData{Form: f}
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Order, err = p.s.MayOrder(ctx, actor, d.Case); err != nil {
		return err
	}
	if d.Order {
		if d.Staff, err = p.s.Staff(ctx, actor); err != nil {
			return err
		}
		d.Staff = slices.DeleteFunc(d.Staff, func(w casework.Worker) bool {
			return string(w.ID) == actor.ID || d.Case.Concerns(string(w.ID))
		})
	}
	return p.k.Render(w, r, status, conflictPage(p.k.View(r), d))
}

func (p pages) conflict(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ctx, actor, id := r.Context(), p.k.Actor(r), caseID(r)
	note, to := "casework.notice.declared", "/staff/tasks"
	if f.Get("do") == "order" {
		note, to = "casework.notice.ordered", "/staff/cases/"+url.PathEscape(string(id))
		err = p.s.Order(ctx, actor, id, contract.AccountID(f.Get("official")), f.Raw("reason"))
	} else {
		err = p.s.Declare(ctx, actor, id, f.Raw("reason"))
	}
	if f.Fail(err) {
		return p.conflictPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, note)
	return p.k.SeeOther(w, r, to)
}

// withdrawalsData is what applicants ask and who is kept from cases.
type withdrawalsData struct {
	Tab       string // "", "answered", "kept"
	Recusals  []casework.Recusal
	Conflicts []casework.Conflict
	Today     day.Date
}

func (p pages) withdrawals(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := withdrawalsData{Tab: r.URL.Query().Get("tab"), Today: p.s.Today()}
	var err error
	if d.Tab == "kept" {
		d.Conflicts, err = p.s.Conflicts(ctx, actor)
	} else {
		d.Recusals, err = p.s.Recusals(ctx, actor, d.Tab == "answered")
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, withdrawalsPage(p.k.View(r), d))
}

// recusalData is one request on the desk, or the page on which it is made.
type recusalData struct {
	Case    casework.Case
	Recusal casework.Recusal
	May     bool
	Staff   []casework.Worker
	Named   []casework.Handler
	Done    []casework.Recusal
	Form    *web.Form
}

func (p pages) recusalDesk(w http.ResponseWriter, r *http.Request) error {
	return p.recusalDeskPage(w, r, http.StatusOK, nil)
}

func (p pages) recusalDeskPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := recusalData{Form: f}
	var err error
	if d.Recusal, d.Case, d.May, err = p.s.Recusal(ctx, actor, r.PathValue("request")); err != nil {
		return err
	}
	if d.May && d.Recusal.Official.ID == "" {
		if d.Staff, err = p.s.Staff(ctx, actor); err != nil {
			return err
		}
	}
	return p.k.Render(w, r, status, recusalDeskPage(p.k.View(r), d))
}

func (p pages) answerRecusal(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.AnswerWithdrawal(r.Context(), p.k.Actor(r), r.PathValue("request"), casework.Reply{
		Result: f.Get("result"), Official: contract.AccountID(f.Get("official")), Text: f.Raw("answer"),
	})
	if f.Fail(err) {
		return p.recusalDeskPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.answered")
	return p.k.SeeOther(w, r, "/staff/withdrawals")
}

func (p pages) askRecusal(w http.ResponseWriter, r *http.Request) error {
	return p.recusalPage(w, r, http.StatusOK, nil)
}

func (p pages) recusalPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := recusalData{Form: f}
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Named, err = p.s.Named(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Done, err = p.s.RecusalsOf(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	return p.k.Render(w, r, status, recusalPage(p.k.View(r), d))
}

func (p pages) recuse(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	n := casework.NewRecusal{Official: contract.AccountID(f.Get("official")), Name: f.Get("name"), Reason: f.Raw("reason")}
	if n.Official == otherOfficial {
		n.Official = ""
	}
	_, err = p.s.AskWithdrawal(r.Context(), p.k.Actor(r), caseID(r), n)
	if f.Fail(err) {
		return p.recusalPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.recusal")
	return p.k.SeeOther(w, r, r.URL.Path)
}

// otherOfficial is the choice of an official whose name stands nowhere on the page.
const otherOfficial = "other"
