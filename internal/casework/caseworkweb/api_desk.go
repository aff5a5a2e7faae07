package caseworkweb

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// deskAPI registers what officials do beside the steps of a case: findings, marks,
// comparison with registries, cards of supervision, their inbox.
func deskAPI(a *api.API, s *casework.Service) {
	o := deskOperations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "desk", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/inbox/staff", "staff-inbox", "casework.inbox", "What needs an official today"), o.inbox)
	api.Register(a, op(http.MethodGet, "/cases/{id}/findings", "case-findings", "casework.api", "What officials found; to applicants what is public"), o.findings)
	api.Register(a, op(http.MethodGet, "/cases/{id}/stage", "case-stage", "casework.desk", "The fields of the stage that a case is in, and until when it should be done"), o.stage)
	api.Register(a, op(http.MethodGet, "/cases/{id}/registries", "case-registries", "casework.desk", "What was declared beside what registries hold; the look is recorded"), o.compare)
	api.Register(a, op(http.MethodGet, "/cases/{id}/marks", "case-marks", "casework.mark", "What was marked as wrong so far"), o.marks)
	api.Register(a, op(http.MethodPut, "/cases/{id}/marks", "case-marks-save", "casework.mark", "Keep marks for the correction notice"), o.saveMarks)
	api.Register(a, op(http.MethodGet, "/cards/{card}", "card-get", "casework.card", "One card of supervision"), o.card)
	api.Register(a, op(http.MethodPost, "/cards/{card}/explanation", "card-explain", "casework.explain", "Explain a card, once"), o.explain)
	api.Register(a, op(http.MethodPost, "/cards/{card}/ruling", "card-rule", "casework.rule_card", "Keep or cancel a card"), o.rule)
}

type deskOperations struct{ s *casework.Service }

type findingBody struct {
	No       int           `json:"no"`
	Stage    string        `json:"stage"`
	Field    string        `json:"field"`
	Label    contract.Text `json:"label"`
	Value    any           `json:"value,omitempty"`
	Words    contract.Text `json:"words"`
	Corrects int           `json:"corrects,omitempty" doc:"number of the finding that this one corrects"`
	InForce  bool          `json:"in_force"`
	By       string        `json:"by,omitempty" doc:"for officials"`
	At       time.Time     `json:"at"`
}

type findingsOut struct {
	Body struct {
		Findings []findingBody `json:"findings"`
	}
}

func (o deskOperations) findings(ctx context.Context, actor auth.Principal, in *caseIn) (*findingsOut, error) {
	list, err := o.s.Findings(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &findingsOut{}
	out.Body.Findings = []findingBody{}
	for _, f := range list {
		out.Body.Findings = append(out.Body.Findings, findingBody{
			No: f.No, Stage: f.Stage, Field: f.Field.ID, Label: f.Field.Label, Value: f.Value, Words: f.Words,
			Corrects: f.Corrects, InForce: f.Corrected == 0, By: f.By.Name, At: f.At.UTC(),
		})
	}
	return out, nil
}

type stageOut struct {
	Body struct {
		Stage   string           `json:"stage,omitempty" doc:"empty where the service says nothing of it"`
		Name    contract.Text    `json:"name"`
		Help    contract.Text    `json:"help"`
		Due     string           `json:"due,omitempty" doc:"last day of the stage's own limit"`
		Light   string           `json:"light,omitempty"`
		Fields  []contract.Field `json:"fields" doc:"to enter with the step that ends the stage"`
		Earlier []contract.Field `json:"earlier" doc:"of earlier stages; sent again, they are corrected"`
		Found   contract.Answers `json:"found" doc:"what stands, by field"`
	}
}

func (o deskOperations) stage(ctx context.Context, actor auth.Principal, in *caseIn) (*stageOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	f, _, err := o.s.StageForm(ctx, actor, c)
	if err != nil {
		return nil, err
	}
	out := &stageOut{}
	b := &out.Body
	b.Stage, b.Name, b.Help, b.Due, b.Found = f.Stage, f.Name, f.Help, f.Limit.Due.String(), f.Found
	b.Light = string(c.Limit.Light(o.s.Today(), c.Due.Paused))
	b.Fields, b.Earlier = append([]contract.Field{}, f.Fields...), append([]contract.Field{}, f.Earlier...)
	if b.Found == nil {
		b.Found = contract.Answers{}
	}
	return out, nil
}

type comparedBody struct {
	Key      string        `json:"key"`
	Field    string        `json:"field,omitempty"`
	Name     contract.Text `json:"name"`
	Declared contract.Text `json:"declared"`
	Held     contract.Text `json:"held"`
	Source   contract.Text `json:"source"`
	At       string        `json:"at,omitempty"`
	Result   string        `json:"result" enum:"same,differs,silent,down"`
}

type compareOut struct {
	Body struct {
		Compared []comparedBody `json:"compared"`
	}
}

func (o deskOperations) compare(ctx context.Context, actor auth.Principal, in *caseIn) (*compareOut, error) {
	list, err := o.s.Compare(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &compareOut{}
	out.Body.Compared = []comparedBody{}
	for _, x := range list {
		out.Body.Compared = append(out.Body.Compared, comparedBody{
			Key: x.Key, Field: x.Field.ID, Name: x.Name, Declared: x.Declared, Held: x.Held, Source: x.Source, At: x.At, Result: x.Result,
		})
	}
	return out, nil
}

type draftMarkBody struct {
	contract.Mark
	By string    `json:"by,omitempty" readOnly:"true"`
	At time.Time `json:"at,omitzero" readOnly:"true"`
}

type marksOut struct {
	Body struct {
		Marks []draftMarkBody `json:"marks"`
	}
}

type saveMarksIn struct {
	ID   string `path:"id" maxLength:"64" doc:"of the case"`
	Body struct {
		Marks   []contract.Mark `json:"marks" doc:"put or changed"`
		Dropped []contract.Mark `json:"dropped,omitempty" doc:"taken away"`
	}
}

func (o deskOperations) marks(ctx context.Context, actor auth.Principal, in *caseIn) (*marksOut, error) {
	list, err := o.s.DraftMarks(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &marksOut{}
	out.Body.Marks = []draftMarkBody{}
	for _, m := range list {
		out.Body.Marks = append(out.Body.Marks, draftMarkBody{m.Mark, m.By.Name, m.At.UTC()})
	}
	return out, nil
}

func (o deskOperations) saveMarks(ctx context.Context, actor auth.Principal, in *saveMarksIn) (*marksOut, error) {
	if err := o.s.SaveMarks(ctx, actor, contract.CaseID(in.ID), in.Body.Marks, in.Body.Dropped); err != nil {
		return nil, err
	}
	return o.marks(ctx, actor, &caseIn{in.ID})
}

type cardBody struct {
	ID          string        `json:"id"`
	Case        string        `json:"case"`
	Number      string        `json:"number"`
	Name        contract.Text `json:"name"`
	Rule        string        `json:"rule"`
	Light       string        `json:"light" enum:"yellow,red"`
	Agency      contract.Text `json:"agency"`
	Handler     string        `json:"handler,omitempty"`
	At          time.Time     `json:"at"`
	ExplainBy   string        `json:"explain_by,omitempty"`
	Explanation string        `json:"explanation,omitempty"`
	Explained   *time.Time    `json:"explained,omitempty"`
	Appealed    bool          `json:"appealed,omitempty" doc:"the agency asks to have it cancelled"`
	Ruling      string        `json:"ruling,omitempty" enum:"kept,cancelled"`
	Reasons     string        `json:"reasons,omitempty"`
}

func cardOf(r casework.Record) cardBody {
	return cardBody{
		ID: r.ID, Case: string(r.Case), Number: r.Number, Name: r.Item, Rule: r.Rule, Light: string(r.Light), Agency: r.AgencyName,
		Handler: r.Handler, At: r.At.UTC(), ExplainBy: r.ExplainBy.String(), Explanation: r.Explained, Explained: instantOf(r.ExplainedAt),
		Appealed: r.Appealed, Ruling: r.Ruling, Reasons: r.Ruled,
	}
}

type cardIn struct {
	Card string `path:"card"`
}

type cardOut struct{ Body cardBody }

func (o deskOperations) card(ctx context.Context, actor auth.Principal, in *cardIn) (*cardOut, error) {
	r, _, err := o.s.Card(ctx, actor, in.Card)
	return &cardOut{cardOf(r)}, err
}

type explainIn struct {
	Card string `path:"card" maxLength:"64"`
	Body struct {
		Text   string `json:"text" maxLength:"2000" example:"系统升级期间未能受理，已电话告知申请人。" doc:"why it came to that"`
		Appeal bool   `json:"appeal,omitempty" doc:"the card is asked to be cancelled"`
	}
}

func (o deskOperations) explain(ctx context.Context, actor auth.Principal, in *explainIn) (*cardOut, error) {
	if err := o.s.ExplainCard(ctx, actor, in.Card, in.Body.Text, in.Body.Appeal); err != nil {
		return nil, err
	}
	return o.card(ctx, actor, &cardIn{in.Card})
}

type ruleIn struct {
	Card string `path:"card" maxLength:"64"`
	Body struct {
		Ruling string `json:"ruling" enum:"kept,cancelled"`
		Text   string `json:"text"`
	}
}

func (o deskOperations) rule(ctx context.Context, actor auth.Principal, in *ruleIn) (*cardOut, error) {
	if err := o.s.RuleCard(ctx, actor, in.Card, in.Body.Ruling, in.Body.Text); err != nil {
		return nil, err
	}
	return o.card(ctx, actor, &cardIn{in.Card})
}

type inboxOut struct {
	Body struct {
		Count      int               `json:"count"`
		Held       []caseBody        `json:"held"`
		Messages   []inboxMessage    `json:"messages"`
		Objections []inboxObjection  `json:"objections"`
		Opinions   []inboxOpinion    `json:"opinions" doc:"that the agency owes"`
		Overdue    []inboxOpinion    `json:"overdue" doc:"that others owe beyond their day on cases of the agency"`
		Cards      []cardBody        `json:"cards" doc:"to be explained"`
		Rulings    []cardBody        `json:"rulings" doc:"to be ruled on"`
		Deputy     []inboxDeputyship `json:"deputy"`

		Withdrawals []recusalBody  `json:"withdrawals" doc:"requests that an official withdraws, to be answered; the reasons are told by their own operation"`
		Today       []inboxInquiry `json:"today" doc:"appointments of today: visits and hearings"`
		Inquiries   []inboxInquiry `json:"inquiries" doc:"what else visits, hearings and reviews ask of the caller, or of whom the caller stands in for"`
	}
}

type inboxMessage struct {
	Case   string        `json:"case"`
	Number string        `json:"number"`
	Name   contract.Text `json:"name"`
	Unread int           `json:"unread" doc:"messages, and opinions of other agencies"`
	Thread string        `json:"thread" enum:"applicant,internal" doc:"where to read them first"`
}

type inboxObjection struct {
	ID     string        `json:"id"`
	Number string        `json:"number"`
	Name   contract.Text `json:"name"`
	Due    string        `json:"due"`
}

type inboxOpinion struct {
	Case   string        `json:"case"`
	Unit   string        `json:"unit"`
	Number string        `json:"number"`
	Task   contract.Text `json:"task"`
	Due    string        `json:"due"`
	Late   bool          `json:"late"`
}

type inboxInquiry struct {
	Inquiry string        `json:"inquiry"`
	Kind    string        `json:"kind" enum:"visit,hearing,review,errand"`
	Case    string        `json:"case"`
	Number  string        `json:"number"`
	Name    contract.Text `json:"name"`
	Do      string        `json:"do" enum:"go,answer,record,sign,others,corrections,arrange,preside,objection,panel,opinions,close,report"`
	Day     string        `json:"day,omitempty" doc:"of the appointment"`
	Slot    string        `json:"slot,omitempty"`
	Due     string        `json:"due,omitempty"`
	Now     bool          `json:"now" doc:"it is to be done today"`
	Instead string        `json:"instead_of,omitempty" doc:"account of the colleague for whom the caller stands in"`
}

func inquiriesOf(x casework.Inbox, list []contract.InquiryTask) []inboxInquiry {
	out := []inboxInquiry{}
	for _, t := range list {
		b := inboxInquiry{
			Inquiry: t.Inquiry, Kind: t.Kind, Case: string(t.Case), Number: t.Number, Name: t.ItemName, Do: t.Do,
			Day: t.Day, Slot: t.Slot, Due: t.Due, Now: t.Now,
		}
		if x.Instead(t) != "" {
			b.Instead = string(t.Who)
		}
		out = append(out, b)
	}
	return out
}

type inboxDeputyship struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (o deskOperations) inbox(ctx context.Context, actor auth.Principal, _ *struct{}) (*inboxOut, error) {
	x, err := o.s.Inbox(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &inboxOut{}
	b := &out.Body
	b.Count = x.Count()
	b.Held, b.Messages, b.Objections, b.Opinions = []caseBody{}, []inboxMessage{}, []inboxObjection{}, []inboxOpinion{}
	b.Overdue = []inboxOpinion{}
	b.Cards, b.Rulings, b.Deputy = []cardBody{}, []cardBody{}, []inboxDeputyship{}
	for _, c := range x.Held {
		b.Held = append(b.Held, operations(o).body(c, actor))
	}
	for _, c := range x.Messages {
		b.Messages = append(b.Messages, inboxMessage{string(c.ID), c.Number, c.ItemName, x.News[c.ID].Count(), x.News[c.ID].Thread()})
	}
	for _, u := range x.Words {
		b.Messages = append(b.Messages, inboxMessage{string(u.Case), u.Number, u.ItemName, x.News[u.Case].Count(), contract.ThreadInternal})
	}
	for _, y := range x.Objections {
		b.Objections = append(b.Objections, inboxObjection{y.ID, y.Number, y.Item, y.Due.String()})
	}
	for _, u := range x.Opinions {
		b.Opinions = append(b.Opinions, opinionOf(u))
	}
	for _, u := range x.Overdue {
		b.Overdue = append(b.Overdue, opinionOf(u))
	}
	for _, r := range x.Cards {
		b.Cards = append(b.Cards, cardOf(r))
	}
	for _, r := range x.Rulings {
		b.Rulings = append(b.Rulings, cardOf(r))
	}
	b.Withdrawals = recusalBodies(x.Recusals).Body.Withdrawals
	b.Today, b.Inquiries = inquiriesOf(x, x.Today), inquiriesOf(x, x.Inquiries)
	for _, a := range x.Deputy {
		b.Deputy = append(b.Deputy, inboxDeputyship{a.Official.Name, a.From.String(), a.To.String()})
	}
	return out, nil
}

func opinionOf(u casework.UnitTask) inboxOpinion {
	return inboxOpinion{string(u.Case), u.ID, u.Number, u.Task, u.Due.String(), u.Late}
}

// enteredJSON are findings that a client of the API sends with a step.
func enteredJSON(raw map[string]json.RawMessage) casework.Entered {
	if len(raw) == 0 {
		return casework.Entered{}
	}
	return casework.Entered{JSON: raw}
}
