package caseworkweb

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// maxSent bounds a JSON body with files: base64 takes a third more.
const maxSent = 44 << 20

// applicantAPI registers the operations on what happens beside the steps.
func applicantAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "cases", Summary: summary}
	}
	sends := func(p api.Op) api.Op { p.MaxBytes, p.Status = maxSent, http.StatusCreated; return p }
	api.Register(a, op(http.MethodGet, "/todos", "todo-list", "casework.mine", "What the person can do now, the most urgent first"), o.todos)
	api.Register(a, op(http.MethodGet, "/cases/{id}/messages", "case-messages", "casework.api", "Messages of a case, oldest first; between agencies with the opinions that they asked and gave, as far as the caller may know them. Reading them is noted"), o.messages)
	api.Register(a, sends(op(http.MethodPost, "/cases/{id}/messages", "case-write", "casework.act", "Write a message, with up to three files")), o.write)
	api.Register(a, op(http.MethodGet, "/cases/{id}/messages/{file}", "case-message-file", "casework.api", "The file of a message, or of an opinion among them"), o.messageFile)
	api.Register(a, op(http.MethodGet, "/cases/{id}/supplement", "case-places", "casework.mine", "Where material may be added now, what is owed first"), o.places)
	api.Register(a, sends(op(http.MethodPost, "/cases/{id}/supplement", "case-supplement", "casework.mine", "Add material before the decision, or hand in what is owed")), o.supplement)
	api.Register(a, op(http.MethodGet, "/cases/{id}/objection", "case-objections", "casework.api", "What can be objected to, and the objections of a case"), o.objections)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/cases/{id}/objection", ID: "case-object", Action: "casework.mine", Tag: "cases", Status: http.StatusCreated, Summary: "Object within the case; no statutory remedy"}, o.object)
	api.Register(a, op(http.MethodGet, "/objections", "objection-list", "casework.objections", "Objections that the caller's agency has to answer"), o.agencyObjections)
	api.Register(a, op(http.MethodPost, "/objections/{objection}/answer", "objection-answer", "casework.objections", "Answer an objection"), o.answer)
	api.Register(a, op(http.MethodGet, "/cases/{id}/receipt.pdf", "case-receipt", "casework.api", "The signed receipt of the submission"), o.receipt)
	api.Register(a, op(http.MethodGet, "/cases/{id}/parts", "case-parts", "casework.api", "The parts of a bundle's case, and the agencies that are asked for an opinion"), o.parts)
	api.Register(a, sends(op(http.MethodPost, "/cases/{id}/materials/{file}/verified", "material-verify", "casework.desk", "Note that a material was compared with its original")), o.verify)
	api.Register(a, op(http.MethodGet, "/cases/{id}/expectation", "case-expectation", "casework.api", "How long decisions of this service took in the last year"), o.expectation)
}

type fileBody struct {
	Name    string `json:"name" maxLength:"200" example:"说明.pdf" doc:"of the file"`
	Content []byte `json:"content" doc:"as base64"`
}

func uploadsOf(list []fileBody) []casework.Upload {
	out := make([]casework.Upload, len(list))
	for i, f := range list {
		out[i] = casework.Upload{Name: f.Name, Body: bytes.NewReader(f.Content)}
	}
	return out
}

type todoBody struct {
	Kind     string         `json:"kind" enum:"correct,owed,message,object,rate"`
	Case     string         `json:"case"`
	Number   string         `json:"number"`
	Name     contract.Text  `json:"name"`
	Material *contract.Text `json:"material,omitempty"`
	Due      string         `json:"due,omitempty"`
	Left     int            `json:"left,omitempty" doc:"working days of what must be done, else calendar days"`
	Count    int            `json:"count,omitempty"`
	Must     bool           `json:"must" doc:"not doing it has consequences"`
}

type todosOut struct {
	Body struct {
		Todos []todoBody `json:"todos"`
	}
}

func (o operations) todos(ctx context.Context, actor auth.Principal, _ *struct{}) (*todosOut, error) {
	list, err := o.s.Todos(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &todosOut{}
	out.Body.Todos = []todoBody{}
	for _, t := range list {
		b := todoBody{Kind: t.Kind, Case: string(t.Case), Number: t.Number, Name: t.Name, Due: t.Due.String(), Left: t.Left, Count: t.Count, Must: t.Must}
		if t.Material.ZH != "" {
			b.Material = &t.Material
		}
		out.Body.Todos = append(out.Body.Todos, b)
	}
	return out, nil
}

type messageBody struct {
	Kind   string           `json:"kind" enum:"message,sent,answered,recalled,closed,late" example:"message" doc:"a message, or between agencies what became of an opinion that is asked"`
	ID     string           `json:"id"`
	No     int              `json:"no" doc:"of messages; 0 with opinions"`
	Side   string           `json:"side" enum:"applicant,staff,system"`
	Post   string           `json:"post,omitempty"`
	Agency contract.Text    `json:"agency"`
	Agent  string           `json:"agent,omitempty" doc:"kind of right, where somebody wrote for the applicant"`
	Text   string           `json:"text"`
	Files  []attachmentBody `json:"files,omitempty"`
	At     time.Time        `json:"at"`
	New    bool             `json:"new,omitempty"`
	Own    bool             `json:"own,omitempty"`

	Opinion *opinionBody `json:"opinion,omitempty" doc:"what was asked or answered; not of messages"`
}

type attachmentBody struct {
	File  string         `json:"file"`
	Name  string         `json:"name"`
	Type  string         `json:"type"`
	Size  int64          `json:"size"`
	Title *contract.Text `json:"title,omitempty" doc:"of a material of the application"`
	Path  string         `json:"path" example:"/cases/0198/messages/file-1" doc:"where the caller fetches it, below /api/v1"`
}

func bodyOf(c contract.CaseID, m casework.Message) messageBody {
	b := messageBody{
		Kind: "message", ID: m.ID, No: m.No, Side: m.Side, Post: m.Post, Agency: m.Agency, Agent: m.Agent, Text: m.Text, At: m.At.UTC(), New: m.Fresh, Own: m.Own,
	}
	for _, f := range m.Files {
		b.Files = append(b.Files, attachmentBody{File: f.File, Name: f.Name, Type: f.Type, Size: f.Size, Path: "/cases/" + string(c) + "/messages/" + f.File})
	}
	return b
}

type messagesIn struct {
	ID     string `path:"id" maxLength:"64" doc:"of the case"`
	Thread string `query:"thread" enum:"applicant,internal" default:"applicant" doc:"with the applicant, or between the agencies of the case"`
}

type messagesOut struct {
	Body struct {
		Messages []messageBody `json:"messages" doc:"in the order of time"`
		MayWrite bool          `json:"may_write"`
		Closes   *time.Time    `json:"closes,omitempty"`
	}
}

func (o operations) messages(ctx context.Context, actor auth.Principal, in *messagesIn) (*messagesOut, error) {
	t, err := o.s.Messages(ctx, actor, contract.CaseID(in.ID), in.Thread)
	if err != nil {
		return nil, err
	}
	out := &messagesOut{}
	out.Body.Messages, out.Body.MayWrite, out.Body.Closes = []messageBody{}, t.MayWrite, instantOf(t.Closes)
	for _, e := range t.Entries() {
		if e.Turn != nil {
			out.Body.Messages = append(out.Body.Messages, turnBody(t.Case, *e.Turn))
		} else {
			out.Body.Messages = append(out.Body.Messages, bodyOf(t.Case.ID, *e.Message))
		}
	}
	return out, nil
}

type writeIn struct {
	ID   string `path:"id"`
	Body struct {
		Thread string     `json:"thread,omitempty" enum:"applicant,internal" default:"applicant"`
		Text   string     `json:"text" minLength:"1" maxLength:"2000" example:"请看第二页。" doc:"what is said"`
		Files  []fileBody `json:"files,omitempty" maxItems:"3"`
	}
}

type messageOut struct{ Body messageBody }

func (o operations) write(ctx context.Context, actor auth.Principal, in *writeIn) (*messageOut, error) {
	m, err := o.s.Write(ctx, actor, contract.CaseID(in.ID), casework.Words{
		Thread: in.Body.Thread, Text: in.Body.Text, Files: uploadsOf(in.Body.Files),
	})
	if err != nil {
		return nil, err
	}
	return &messageOut{bodyOf(contract.CaseID(in.ID), m)}, nil
}

type caseFileIn struct {
	ID   string `path:"id"`
	File string `path:"file"`
}

func (o operations) messageFile(ctx context.Context, actor auth.Principal, in *caseFileIn) (*api.File, error) {
	m, body, err := o.s.MessageFile(ctx, actor, contract.CaseID(in.ID), in.File)
	if err != nil {
		return nil, err
	}
	return handedFile(m, body), nil
}

type placeBody struct {
	Material string        `json:"material"`
	Name     contract.Text `json:"name"`
	Files    int           `json:"files" doc:"so far"`
	Due      string        `json:"due,omitempty" doc:"it must come by this day; the case counts as withdrawn after it"`
	Left     int           `json:"left,omitempty"`
}

type placesOut struct {
	Body struct {
		Places []placeBody `json:"places"`
	}
}

func (o operations) places(ctx context.Context, actor auth.Principal, in *caseIn) (*placesOut, error) {
	_, list, err := o.s.Supplements(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &placesOut{}
	out.Body.Places = []placeBody{}
	for _, p := range list {
		b := placeBody{Material: p.Spec.ID, Name: p.Spec.Name, Files: p.Has}
		if p.Owed != nil {
			b.Due, b.Left = p.Owed.Due.String(), p.Owed.Left
		}
		out.Body.Places = append(out.Body.Places, b)
	}
	return out, nil
}

type supplementIn struct {
	ID   string `path:"id"`
	Body struct {
		Material string     `json:"material"`
		Note     string     `json:"note,omitempty" maxLength:"200"`
		Files    []fileBody `json:"files" minItems:"1" maxItems:"20"`
	}
}

func (o operations) supplement(ctx context.Context, actor auth.Principal, in *supplementIn) (*caseOut, error) {
	c, err := o.s.Supplement(ctx, actor, contract.CaseID(in.ID), casework.Supplement{
		Material: in.Body.Material, Note: in.Body.Note, Files: uploadsOf(in.Body.Files),
	})
	if err != nil {
		return nil, err
	}
	b, err := o.withActions(ctx, c, actor)
	return &caseOut{b}, err
}

type objectionBody struct {
	ID       string        `json:"id"`
	Case     string        `json:"case"`
	Number   string        `json:"number"`
	Item     contract.Text `json:"item"`
	Step     int           `json:"step"`
	Action   string        `json:"action"`
	Text     string        `json:"text,omitempty"`
	At       time.Time     `json:"at"`
	Due      string        `json:"due" doc:"by which the agency answers"`
	Result   string        `json:"result,omitempty" enum:"kept,changed"`
	Answer   string        `json:"answer,omitempty"`
	By       string        `json:"by,omitempty" doc:"post that answered"`
	Answered *time.Time    `json:"answered,omitempty"`
}

func objectionOf(o casework.Objection) objectionBody {
	return objectionBody{
		ID: o.ID, Case: string(o.Case), Number: o.Number, Item: o.Item, Step: o.Step, Action: o.Action, Text: o.Text, At: o.At.UTC(),
		Due: o.Due.String(), Result: o.Result, Answer: o.Answer, By: o.AnsweredBy.Name, Answered: instantOf(o.AnsweredAt),
	}
}

type objectionsOut struct {
	Body struct {
		Open       bool            `json:"open" doc:"there is a step to object to"`
		Step       int             `json:"step,omitempty"`
		Until      string          `json:"until,omitempty"`
		Remedies   contract.Text   `json:"remedies" doc:"of the law; an objection is none of them and stops no time limit"`
		Objections []objectionBody `json:"objections"`
	}
}

func (o operations) objections(ctx context.Context, actor auth.Principal, in *caseIn) (*objectionsOut, error) {
	id := contract.CaseID(in.ID)
	x, open, err := o.s.Contestable(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	list, err := o.s.ObjectionsOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	c, err := o.s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	svc, err := o.s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &objectionsOut{}
	out.Body.Open, out.Body.Remedies, out.Body.Objections = open, casework.Remedies(svc), []objectionBody{}
	if open {
		out.Body.Step, out.Body.Until = x.Step.No, x.Until.String()
	}
	for _, y := range list {
		out.Body.Objections = append(out.Body.Objections, objectionOf(y))
	}
	return out, nil
}

type objectIn struct {
	ID   string `path:"id"`
	Body struct {
		Text string `json:"text" maxLength:"2000"`
	}
}

type objectionOut struct{ Body objectionBody }

func (o operations) object(ctx context.Context, actor auth.Principal, in *objectIn) (*objectionOut, error) {
	x, err := o.s.Object(ctx, actor, contract.CaseID(in.ID), in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &objectionOut{objectionOf(x)}, nil
}

type agencyObjectionsIn struct {
	Answered bool `query:"answered"`
}

type agencyObjectionsOut struct {
	Body struct {
		Objections []objectionBody `json:"objections"`
	}
}

func (o operations) agencyObjections(ctx context.Context, actor auth.Principal, in *agencyObjectionsIn) (*agencyObjectionsOut, error) {
	list, err := o.s.Objections(ctx, actor, in.Answered)
	if err != nil {
		return nil, err
	}
	out := &agencyObjectionsOut{}
	out.Body.Objections = []objectionBody{}
	for _, x := range list {
		out.Body.Objections = append(out.Body.Objections, objectionOf(x))
	}
	return out, nil
}

type answerIn struct {
	Objection string `path:"objection"`
	Body      struct {
		Result string `json:"result" enum:"kept,changed"`
		Text   string `json:"text" maxLength:"2000"`
	}
}

func (o operations) answer(ctx context.Context, actor auth.Principal, in *answerIn) (*objectionOut, error) {
	if err := o.s.Answer(ctx, actor, in.Objection, in.Body.Result, in.Body.Text); err != nil {
		return nil, err
	}
	x, _, _, err := o.s.Objection(ctx, actor, in.Objection)
	return &objectionOut{objectionOf(x)}, err
}

func (o operations) receipt(ctx context.Context, actor auth.Principal, in *caseIn) (*api.File, error) {
	d, body, err := o.s.ReceiptPDF(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	return api.NewFile("application/pdf", documentName(d), body), nil
}

type partBody struct {
	ID       string          `json:"id"`
	Case     string          `json:"case,omitempty" doc:"where the caller may open it"`
	Number   string          `json:"number"`
	Name     contract.Text   `json:"name"`
	Agency   contract.Text   `json:"agency"`
	Required bool            `json:"required"`
	State    contract.Text   `json:"state"`
	Stage    string          `json:"stage"`
	Outcome  string          `json:"outcome,omitempty" enum:"granted,denied,refused,ended"`
	Due      string          `json:"due,omitempty"`
	After    []contract.Text `json:"after,omitempty" doc:"parts that it waits for"`
	Licence  string          `json:"licence,omitempty"`
}

type unitBody struct {
	ID      string        `json:"id"`
	Agency  contract.Text `json:"agency"`
	Task    contract.Text `json:"task"`
	State   string        `json:"state" enum:"open,answered,recalled,closed"`
	Opinion string        `json:"opinion,omitempty" enum:"agree,object,not_needed"`
	Due     string        `json:"due"`
}

type partsOut struct {
	Body struct {
		Parts []partBody `json:"parts"`
		Units []unitBody `json:"units"`
	}
}

func (o operations) parts(ctx context.Context, actor auth.Principal, in *caseIn) (*partsOut, error) {
	parts, err := o.s.Parts(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	units, err := o.s.Units(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &partsOut{}
	out.Body.Parts, out.Body.Units = []partBody{}, []unitBody{}
	for _, p := range parts {
		b := partBody{
			ID: p.ID, Number: p.Number, Name: p.Name, Agency: p.AgencyName, Required: p.Required, State: p.State, Stage: string(p.Stage),
			Outcome: string(p.Outcome), Due: p.Due.Promised.String(), After: p.After, Licence: string(p.Licence),
		}
		if p.Open {
			b.Case = string(p.Case)
		}
		out.Body.Parts = append(out.Body.Parts, b)
	}
	for _, u := range units {
		out.Body.Units = append(out.Body.Units, unitBody{u.ID, u.AgencyName, u.Task, u.State, u.Opinion, u.Due.String()})
	}
	return out, nil
}

type verifyIn struct {
	ID   string `path:"id"`
	File string `path:"file"`
	Body struct {
		Note string    `json:"note,omitempty" maxLength:"200"`
		Scan *fileBody `json:"scan,omitempty" doc:"of an original that was brought to the counter"`
	}
}

type verifyOut struct {
	Body struct {
		Material string `json:"material"`
		File     string `json:"file"`
		Level    string `json:"level" enum:"A,B,C,D"`
	}
}

func (o operations) verify(ctx context.Context, actor auth.Principal, in *verifyIn) (*verifyOut, error) {
	v := casework.Verification{Note: in.Body.Note}
	if in.Body.Scan != nil {
		v.Scan = uploadsOf([]fileBody{*in.Body.Scan})
	}
	id := contract.CaseID(in.ID)
	if err := o.s.Verify(ctx, actor, id, in.File, v); err != nil {
		return nil, err
	}
	m, err := o.s.HandedIn(ctx, actor, id, in.File)
	out := &verifyOut{}
	out.Body.Material, out.Body.File, out.Body.Level = m.ID, m.File, m.Level
	return out, err
}

type expectationOut struct {
	Body struct {
		Cases  int  `json:"cases" doc:"decided by officials in the last year"`
		Median *int `json:"median,omitempty" doc:"working days from acceptance to decision, from ten cases on"`
		P90    *int `json:"p90,omitempty"`
	}
}

func (o operations) expectation(ctx context.Context, actor auth.Principal, in *caseIn) (*expectationOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	e, err := o.s.Expect(ctx, c.Item)
	if err != nil {
		return nil, err
	}
	out := &expectationOut{}
	out.Body.Cases = e.N
	if e.Enough() {
		out.Body.Median, out.Body.P90 = &e.Median, &e.P90
	}
	return out, nil
}
