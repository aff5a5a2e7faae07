package caseworkweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// workRoutes lists the URLs of queues, absence and conflicts of interest.
func workRoutes(k *web.Kit, p pages) {
	k.Page("GET /cases/{id}/withdrawal", "casework.mine", p.askRecusal)
	k.Page("POST /cases/{id}/withdrawal", "casework.mine", p.recuse)
	k.Page("POST /staff/tasks", "casework.claim", p.bulk)
	k.Page("GET /staff/cases/{id}/hands", "casework.holds", p.hands)
	k.Page("POST /staff/cases/{id}/hands", "casework.holds", p.handOn)
	k.Page("GET /staff/cases/{id}/conflict", "casework.declare", p.askConflict)
	k.Page("POST /staff/cases/{id}/conflict", "casework.declare", p.conflict)
	k.Page("GET /staff/work-rules", "casework.work_rules", p.workRules)
	k.Page("POST /staff/work-rules", "casework.work_rule_edit", p.setWorkRules)
	k.Page("GET /staff/absence", "casework.absence", p.absences)
	k.Page("POST /staff/absence", "casework.absence_set", p.addAbsence)
	k.Page("POST /staff/absence/{absence}", "casework.absence_set", p.changeAbsence)
	k.Page("GET /staff/withdrawals", "casework.withdrawals", p.withdrawals)
	k.Page("GET /staff/withdrawals/{request}", "casework.withdrawals", p.recusalDesk)
	k.Page("POST /staff/withdrawals/{request}", "casework.answer_withdrawal", p.answerRecusal)
}

// tasksData is the work list with what belongs to its queues.
type tasksData struct {
	listData
	Notes   []casework.HandNote
	Away    casework.Absence // of the actor, today
	Staff   []casework.Worker
	Last    string // what LastTaken says
	Ticked  []string
	All     bool
	Results []casework.Done
	Did     string // what was done to several cases
	Form    *web.Form
}

// claimable reports whether the cases of the tab can be held by anybody.
func (d tasksData) claimable() bool {
	return slices.ContainsFunc(casework.GiveStages(), func(s casework.Stage) bool { return string(s) == string(d.Tab) })
}

func (d tasksData) ticked(c casework.Case) bool {
	return d.All || slices.Contains(d.Ticked, string(c.ID))
}

// queuePath is the address of the list with another queue.
func (d listData) queuePath(q casework.QueueCount) string {
	return d.path(d.Tab, q.Queue, q.Holder)
}

// tabPath is the address of another tab of the same queue.
func (d listData) tabPath(t casework.Tab) string { return d.path(t, d.Query.Queue, d.Query.Holder) }

func (d listData) path(t casework.Tab, queue string, holder contract.AccountID) string {
	q := url.Values{"tab": {string(t)}}
	if queue != "" {
		q.Set("queue", queue)
	}
	if holder != "" {
		q.Set("holder", string(holder))
	}
	return d.Path + "?" + q.Encode()
}

func (d listData) inQueue(q casework.QueueCount) bool {
	return q.Queue == d.Query.Queue && q.Holder == d.Query.Holder
}

func (p pages) tasks(w http.ResponseWriter, r *http.Request) error {
	d, err := p.tasksData(r, query(r))
	if err != nil {
		return err
	}
	d.All = r.URL.Query().Get("all") != ""
	return p.k.Render(w, r, http.StatusOK, tasksPage(p.k.View(r), d))
}

func (p pages) tasksData(r *http.Request, q casework.Query) (d tasksData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	l, err := p.s.Tasks(ctx, actor, q)
	if err != nil {
		return d, err
	}
	d.listData = p.list(l, q, "/staff/tasks")
	if d.Notes, err = p.s.HandNotes(ctx, actor); err != nil {
		return d, err
	}
	if d.Last, err = p.s.LastTaken(ctx, actor); err != nil {
		return d, err
	}
	if d.Away, err = p.s.AwayNow(ctx, actor); err != nil {
		return d, err
	}
	if actor.Is(auth.RoleHead) || actor.Is(auth.RoleApprover) {
		d.Staff, err = p.s.Staff(ctx, actor)
	}
	return d, err
}

// bulk does one thing to the selected cases, or takes the next.
func (p pages) bulk(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ctx, actor := r.Context(), p.k.Actor(r)
	q := casework.Query{Tab: casework.Tab(f.Get("tab")), Queue: f.Get("queue"), Holder: contract.AccountID(f.Get("holder"))}
	var ids []contract.CaseID
	for _, id := range f.All("case") {
		ids = append(ids, contract.CaseID(id))
	}
	did := f.Get("do")
	var done []casework.Done
	switch did {
	case "next":
		return p.takeNext(w, r, f, q)
	case "claim":
		done, err = p.s.ClaimAll(ctx, actor, ids)
	case "release":
		done, err = p.s.ReleaseAll(ctx, actor, ids)
	case "assign":
		done, err = p.assignAll(ctx, actor, ids, f)
	default:
		return casework.ErrNotFound
	}
	if f.Fail(err) {
		return p.bulkAgain(w, r, f, q, statusOf(f), nil)
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(done, func(d casework.Done) bool { return d.Err != nil }) {
		return p.bulkAgain(w, r, f, q, http.StatusConflict, done)
	}
	p.k.Flash(w, "casework.notice.bulk_"+did)
	return p.k.SeeOther(w, r, listData{Path: "/staff/tasks"}.path(q.Tab, q.Queue, q.Holder))
}

func (p pages) assignAll(ctx context.Context, actor auth.Principal, ids []contract.CaseID, f *web.Form) ([]casework.Done, error) {
	to := contract.AccountID(f.Get("to"))
	if to == "" {
		var form fault.Form
		form.Add("to", "casework.choose_colleague")
		return nil, form.Err()
	}
	return p.s.AssignAll(ctx, actor, ids, to, "")
}

// bulkAgain shows the list with what is wrong, or with what became of each case.
func (p pages) bulkAgain(w http.ResponseWriter, r *http.Request, f *web.Form, q casework.Query, status int, done []casework.Done) error {
	d, err := p.tasksData(r, q)
	if err != nil {
		return err
	}
	d.Form, d.Results, d.Did, d.Ticked = f, done, f.Get("do"), f.All("case")
	if done != nil {
		d.Ticked = nil
		for _, x := range done {
			if x.Err != nil {
				d.Ticked = append(d.Ticked, string(x.ID))
			}
		}
	}
	return p.k.Render(w, r, status, tasksPage(p.k.View(r), d))
}

func (p pages) takeNext(w http.ResponseWriter, r *http.Request, f *web.Form, q casework.Query) error {
	c, err := p.s.TakeNext(r.Context(), p.k.Actor(r), q.Tab, f.Get("last"))
	if f.Fail(err) {
		return p.bulkAgain(w, r, f, q, statusOf(f), nil)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.next_taken")
	return p.k.SeeOther(w, r, deskPath(c))
}

// saying is a fault in the person's language.
func saying(v web.View, err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return v.T(e.Code, e.Args...)
	}
	return v.T("casework.stale")
}

// handsData is who has a case and who had it.
type handsData struct {
	Case      casework.Case
	Away      casework.Absence // of the holder, today
	Holds     []casework.Hold
	Conflicts []casework.Conflict
	Recusals  []casework.Recusal
	Workers   []casework.Worker
	Unmanned  bool
	May       mayHands
	Form      *web.Form
}

// mayHands is what the actor may do about who has a case.
type mayHands = casework.HandChoices

func (p pages) handsData(r *http.Request, id contract.CaseID) (d handsData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if d.Case, err = p.s.Open(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Holds, err = p.s.Holds(ctx, actor, id); err != nil {
		return d, err
	}
	if d.Conflicts, err = p.s.ConflictsOf(ctx, actor, id); err != nil {
		return d, err
	}
	d.Recusals, err = p.s.RecusalsOf(ctx, actor, id)
	if err != nil && fault.KindOf(err) != fault.Denied {
		return d, err
	}
	if d.Unmanned, err = p.s.Unmanned(ctx, actor, d.Case); err != nil {
		return d, err
	}
	if d.May, d.Away, err = p.s.HandChoices(ctx, actor, d.Case); err != nil {
		return d, err
	}
	if d.May.Assign || d.May.HandOver {
		d.Workers, err = p.s.Workers(ctx, actor, d.Case)
	}
	return d, err
}

func (p pages) hands(w http.ResponseWriter, r *http.Request) error {
	return p.handsPage(w, r, http.StatusOK, nil)
}

func (p pages) handsPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	d, err := p.handsData(r, caseID(r))
	if err != nil {
		return err
	}
	d.Form = f
	return p.k.Render(w, r, status, handsPage(p.k.View(r), d))
}

// handOn takes a case out of one hand and puts it into another.
func (p pages) handOn(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ctx, actor, id := r.Context(), p.k.Actor(r), caseID(r)
	to, note := contract.AccountID(f.Get("to")), f.Get("note")
	did := f.Get("do")
	switch did {
	case "claim":
		_, err = p.s.Claim(ctx, actor, id)
	case "take_over":
		_, err = p.s.TakeOver(ctx, actor, id)
	case "release":
		_, err = p.s.Release(ctx, actor, id, note)
	case "hand_over":
		_, err = p.s.HandOver(ctx, actor, id, to, note)
	case "assign":
		_, err = p.s.Assign(ctx, actor, id, to, note)
	default:
		return casework.ErrNotFound
	}
	if f.Fail(err) {
		return p.handsPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.hand_"+did)
	return p.k.SeeOther(w, r, "/staff/cases/"+url.PathEscape(string(id)))
}

// handsPanel says on the page of a case who has it, and lets the actor take it.
func (p pages) handsPanel(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
	c, err := p.s.Open(ctx, v.Actor, id)
	if err != nil {
		return nil, err
	}
	may, away, err := p.s.HandChoices(ctx, v.Actor, c)
	if err != nil || !may.See {
		return nil, err
	}
	d := handsData{Case: c, May: may, Away: away}
	if d.Unmanned, err = p.s.Unmanned(ctx, v.Actor, c); err != nil {
		return nil, err
	}
	if d.Recusals, err = p.s.RecusalsOf(ctx, v.Actor, id); err != nil && fault.KindOf(err) != fault.Denied {
		return nil, err
	}
	d.Recusals = slices.DeleteFunc(d.Recusals, func(x casework.Recusal) bool { return x.Result != "" })
	return handsPanel(v, d), nil
}

// recusalPanel leads the applicant to where an official can be asked to withdraw.
func (p pages) recusalPanel(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
	c, err := p.s.Open(ctx, v.Actor, id)
	if err != nil {
		return nil, err
	}
	list, err := p.s.RecusalsOf(ctx, v.Actor, id)
	if err != nil || c.Outcome != "" && len(list) == 0 {
		if fault.KindOf(err) == fault.Denied {
			return nil, nil //nolint:nilnil // nothing to show
		}
		return nil, err
	}
	return recusalPanel(v, c, list), nil
}
