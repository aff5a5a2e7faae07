package caseworkweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// workAPI registers the operations on who has a case, who is absent and who is kept
// from a case.
func workAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "work", Summary: summary}
	}
	made := func(p api.Op) api.Op { p.Status = http.StatusCreated; return p }
	api.Register(a, op(http.MethodGet, "/cases/{id}/hands", "case-hands", "casework.holds", "Who has a case, who had it and why, what the caller may do about it"), o.hands)
	api.Register(a, op(http.MethodPost, "/cases/{id}/hands", "case-hand", "casework.holds", "Claim, release, hand over, assign or take over a case"), o.handOn)
	api.Register(a, op(http.MethodPost, "/tasks/hands", "task-hands", "casework.claim", "Claim, release or assign several cases, each with its result"), o.bulk)
	api.Register(a, op(http.MethodPost, "/tasks/next", "task-next", "casework.claim", "Take the most urgent case of the unit's queue; two who ask at once get two cases"), o.takeNext)
	api.Register(a, made(op(http.MethodPost, "/cases/{id}/conflicts", "conflict-declare", "casework.declare", "Declare a conflict of interest, or as the head keep an official from a case")), o.declare)
	api.Register(a, op(http.MethodGet, "/conflicts", "conflict-list", "casework.withdrawals", "Who is kept from cases of the caller's agency"), o.conflicts)
	api.Register(a, op(http.MethodGet, "/cases/{id}/withdrawals", "case-withdrawals", "casework.api", "What the applicant asked: that an official withdraws; with the answers"), o.recusals)
	api.Register(a, made(op(http.MethodPost, "/cases/{id}/withdrawals", "withdrawal-ask", "casework.mine", "Ask that an official withdraws from one's case")), o.recuse)
	api.Register(a, op(http.MethodGet, "/withdrawals", "withdrawal-list", "casework.withdrawals", "Requests that the caller's agency has to answer, or answered"), o.agencyRecusals)
	api.Register(a, op(http.MethodPost, "/withdrawals/{request}/answer", "withdrawal-answer", "casework.answer_withdrawal", "Decide whether an official withdraws"), o.answerRecusal)
	api.Register(a, op(http.MethodGet, "/absences", "absence-list", "casework.absence", "Absences that are not over: one's own; the head sees all of the agency"), o.absences)
	api.Register(a, made(op(http.MethodPost, "/absences", "absence-enter", "casework.absence_set", "Enter an absence, with a deputy or without")), o.absent)
	api.Register(a, op(http.MethodPost, "/absences/{absence}/end", "absence-end", "casework.absence_set", "End an absence early, or cancel it"), o.endAbsence)
	api.Register(a, op(http.MethodPost, "/absences/{absence}/deputy", "absence-deputy", "casework.absence_set", "Name another deputy, or none"), o.setDeputy)
	api.Register(a, op(http.MethodGet, "/work-rules", "work-rules", "casework.work_rules", "How new cases of each stage are given out"), o.workRules)
	api.Register(a, op(http.MethodPut, "/work-rules/{stage}", "work-rule-set", "casework.work_rule_edit", "Say how new cases of a stage are given out"), o.setWorkRule)
	api.Register(a, op(http.MethodGet, "/colleagues", "colleague-list", "casework.absence", "Who works in the caller's agency, with which roles, and what they hold"), o.colleagues)
}

type holderBody struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Since *time.Time `json:"since,omitempty"`
}

func holderOf(c casework.Case) *holderBody {
	if c.Holder.ID == "" {
		return nil
	}
	return &holderBody{c.Holder.ID, c.Holder.Name, instantOf(c.Held)}
}

type holdBody struct {
	Stage    string    `json:"stage"`
	From     string    `json:"from,omitempty" doc:"account; none is the queue of the unit"`
	FromName string    `json:"from_name,omitempty"`
	To       string    `json:"to,omitempty"`
	ToName   string    `json:"to_name,omitempty"`
	Why      string    `json:"why" enum:"claimed,acted,next,taken,assigned,handed,rule,released,stage,absent,conflict,withdrawn"`
	Note     string    `json:"note,omitempty"`
	By       string    `json:"by"`
	ByName   string    `json:"by_name,omitempty"`
	DeputyOf string    `json:"deputy_of,omitempty"`
	At       time.Time `json:"at"`
}

type workerBody struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	Open   int      `json:"open" doc:"cases in their hands"`
	Absent string   `json:"absent_until,omitempty"`
}

func workersOf(list []casework.Worker) []workerBody {
	out := []workerBody{}
	for _, w := range list {
		b := workerBody{ID: string(w.ID), Name: w.Name, Roles: w.Roles, Open: w.Open}
		if w.Absent.ID != "" {
			b.Absent = w.Absent.To.String()
		}
		out = append(out, b)
	}
	return out
}

type handsOut struct {
	Body struct {
		Holder   *holderBody  `json:"holder,omitempty"`
		May      []string     `json:"may"`
		Unmanned bool         `json:"unmanned" doc:"nobody of the agency can take the stage"`
		History  []holdBody   `json:"history"`
		Workers  []workerBody `json:"workers,omitempty" doc:"who could take it"`
	}
}

func (o operations) hands(ctx context.Context, actor auth.Principal, in *caseIn) (*handsOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	holds, err := o.s.Holds(ctx, actor, c.ID)
	if err != nil {
		return nil, err
	}
	may, _, err := o.s.HandChoices(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	out := &handsOut{}
	if out.Body.Unmanned, err = o.s.Unmanned(ctx, actor, c); err != nil {
		return nil, err
	}
	if may.Assign || may.HandOver {
		list, err := o.s.Workers(ctx, actor, c)
		if err != nil {
			return nil, err
		}
		out.Body.Workers = workersOf(list)
	}
	out.Body.Holder, out.Body.May, out.Body.History = holderOf(c), namesOf(may), []holdBody{}
	for _, h := range holds {
		out.Body.History = append(out.Body.History, holdBody{
			Stage: string(h.Stage), From: h.From.ID, FromName: h.From.Name, To: h.To.ID, ToName: h.To.Name, Why: h.Why, Note: h.Note,
			By: h.Actor.ID, ByName: h.Actor.Name, DeputyOf: h.Deputy.ID, At: h.At.UTC(),
		})
	}
	return out, nil
}

func namesOf(may casework.HandChoices) []string {
	list := []string{}
	for _, x := range []struct {
		may  bool
		name string
	}{
		{may.Claim, "claim"},
		{may.Release, "release"},
		{may.HandOver, "hand_over"},
		{may.Assign, "assign"},
		{may.TakeOver, "take_over"},
		{may.Declare, "declare"},
	} {
		if x.may {
			list = append(list, x.name)
		}
	}
	return list
}

type handIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Do   string `json:"do" enum:"claim,release,hand_over,assign,take_over"`
		To   string `json:"to,omitempty" maxLength:"64" doc:"hand_over, assign: the colleague's account"`
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

func (o operations) handOn(ctx context.Context, actor auth.Principal, in *handIn) (*caseOut, error) {
	id, to := contract.CaseID(in.ID), contract.AccountID(in.Body.To)
	var c casework.Case
	var err error
	switch in.Body.Do {
	case "claim":
		c, err = o.s.Claim(ctx, actor, id)
	case "release":
		c, err = o.s.Release(ctx, actor, id, in.Body.Note)
	case "hand_over":
		c, err = o.s.HandOver(ctx, actor, id, to, in.Body.Note)
	case "assign":
		c, err = o.s.Assign(ctx, actor, id, to, in.Body.Note)
	default:
		c, err = o.s.TakeOver(ctx, actor, id)
	}
	if err != nil {
		return nil, err
	}
	b, err := o.withActions(ctx, c, actor)
	return &caseOut{b}, err
}

type bulkIn struct {
	Body struct {
		Do    string   `json:"do" enum:"claim,release,assign"`
		Cases []string `json:"cases" minItems:"1" maxItems:"100"`
		To    string   `json:"to,omitempty" maxLength:"64" doc:"assign: the colleague's account"`
		Note  string   `json:"note,omitempty" maxLength:"500"`
	}
}

type bulkOut struct {
	Body struct {
		Results []handedBody `json:"results"`
	}
}

type handedBody struct {
	ID     string      `json:"id"`
	Done   bool        `json:"done"`
	Error  string      `json:"error,omitempty" doc:"code"`
	Holder *holderBody `json:"holder,omitempty" doc:"who has it now"`
}

func (o operations) bulk(ctx context.Context, actor auth.Principal, in *bulkIn) (*bulkOut, error) {
	ids := make([]contract.CaseID, len(in.Body.Cases))
	for i, id := range in.Body.Cases {
		ids[i] = contract.CaseID(id)
	}
	var done []casework.Done
	var err error
	switch in.Body.Do {
	case "claim":
		done, err = o.s.ClaimAll(ctx, actor, ids)
	case "release":
		done, err = o.s.ReleaseAll(ctx, actor, ids)
	default:
		done, err = o.s.AssignAll(ctx, actor, ids, contract.AccountID(in.Body.To), in.Body.Note)
	}
	if err != nil {
		return nil, err
	}
	out := &bulkOut{}
	for _, d := range done {
		r := handedBody{ID: string(d.ID), Done: d.Err == nil, Holder: holderOf(d.Case)}
		if e, ok := errors.AsType[*fault.Error](d.Err); ok {
			r.Error = e.Code
		}
		out.Body.Results = append(out.Body.Results, r)
	}
	return out, nil
}

type nextIn struct {
	Body struct {
		Tab string `json:"tab,omitempty" maxLength:"20" doc:"of which tab; all in which the caller has something to do, unless said"`
	}
}

func (o operations) takeNext(ctx context.Context, actor auth.Principal, in *nextIn) (*caseOut, error) {
	c, err := o.s.TakeNext(ctx, actor, casework.Tab(in.Body.Tab), "")
	if err != nil {
		return nil, err
	}
	b, err := o.withActions(ctx, c, actor)
	return &caseOut{b}, err
}

type absenceBody struct {
	ID       string `json:"id"`
	Official string `json:"official"`
	Name     string `json:"name"`
	From     string `json:"from"`
	To       string `json:"to" doc:"last day"`
	Kind     string `json:"kind" enum:"leave,sick,training,duty,other"`
	Deputy   string `json:"deputy,omitempty"`
}

func absenceOf(a casework.Absence) absenceBody {
	return absenceBody{a.ID, a.Official.ID, a.Official.Name, a.From.String(), a.To.String(), a.Kind, a.Deputy.ID}
}

type absencesOut struct {
	Body struct {
		Absences []absenceBody `json:"absences"`
	}
}

func (o operations) absences(ctx context.Context, actor auth.Principal, _ *struct{}) (*absencesOut, error) {
	list, err := o.s.Absences(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &absencesOut{}
	out.Body.Absences = []absenceBody{}
	for _, a := range list {
		out.Body.Absences = append(out.Body.Absences, absenceOf(a))
	}
	return out, nil
}

type absentIn struct {
	Body struct {
		Official string `json:"official,omitempty" maxLength:"64" doc:"account; oneself unless said"`
		From     string `json:"from" format:"date"`
		To       string `json:"to" format:"date"`
		Kind     string `json:"kind" enum:"leave,sick,training,duty,other"`
		Deputy   string `json:"deputy,omitempty" maxLength:"64"`
	}
}

type absenceOut struct{ Body absenceBody }

func (o operations) absent(ctx context.Context, actor auth.Principal, in *absentIn) (*absenceOut, error) {
	a, err := o.s.Absent(ctx, actor, casework.NewAbsence{
		Official: contract.AccountID(in.Body.Official), From: dayIn(in.Body.From), To: dayIn(in.Body.To), Kind: in.Body.Kind,
		Deputy: contract.AccountID(in.Body.Deputy),
	})
	if err != nil {
		return nil, err
	}
	return &absenceOut{absenceOf(a)}, nil
}

// dayIn reads a day that the schema let through.
func dayIn(text string) day.Date {
	d, err := day.Parse(text)
	if err != nil {
		return day.Date{}
	}
	return d
}

type absenceIn struct {
	Absence string `path:"absence" maxLength:"64"`
}

func (o operations) endAbsence(ctx context.Context, actor auth.Principal, in *absenceIn) (*struct{}, error) {
	return &struct{}{}, o.s.EndAbsence(ctx, actor, in.Absence)
}

type deputyIn struct {
	Absence string `path:"absence" maxLength:"64"`
	Body    struct {
		Deputy string `json:"deputy" maxLength:"64" doc:"account; empty is none"`
	}
}

func (o operations) setDeputy(ctx context.Context, actor auth.Principal, in *deputyIn) (*struct{}, error) {
	return &struct{}{}, o.s.SetDeputy(ctx, actor, in.Absence, contract.AccountID(in.Body.Deputy))
}

type rulesOut struct {
	Body struct {
		Rules []ruleBody `json:"rules"`
	}
}

type ruleBody struct {
	Stage string     `json:"stage"`
	How   string     `json:"how" enum:"queue,turns,fewest"`
	By    string     `json:"by,omitempty"`
	At    *time.Time `json:"at,omitempty"`
}

func (o operations) workRules(ctx context.Context, actor auth.Principal, _ *struct{}) (*rulesOut, error) {
	list, err := o.s.WorkRules(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &rulesOut{}
	for _, r := range list {
		out.Body.Rules = append(out.Body.Rules, ruleBody{string(r.Stage), r.How, r.By.Name, instantOf(r.At)})
	}
	return out, nil
}

type workRuleIn struct {
	Stage string `path:"stage" maxLength:"20"`
	Body  struct {
		How string `json:"how" enum:"queue,turns,fewest"`
	}
}

func (o operations) setWorkRule(ctx context.Context, actor auth.Principal, in *workRuleIn) (*struct{}, error) {
	return &struct{}{}, o.s.SetWorkRule(ctx, actor, casework.Stage(in.Stage), in.Body.How)
}

type colleaguesOut struct {
	Body struct {
		Colleagues []workerBody `json:"colleagues"`
	}
}

func (o operations) colleagues(ctx context.Context, actor auth.Principal, _ *struct{}) (*colleaguesOut, error) {
	list, err := o.s.Staff(ctx, actor)
	out := &colleaguesOut{}
	out.Body.Colleagues = workersOf(list)
	return out, err
}
