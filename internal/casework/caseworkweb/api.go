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
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// API registers the operations on cases.
func API(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "cases", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/tasks", "task-list", "casework.tasks", "What an official has to do, by urgency, with exact counts"), o.tasks)
	api.Register(a, op(http.MethodGet, "/cases", "case-list", "casework.mine", "Cases of the person or of the company acted for"), o.mine)
	api.Register(a, op(http.MethodGet, "/cases/{id}", "case-get", "casework.api", "One case and what may be done with it"), o.get)
	api.Register(a, op(http.MethodGet, "/cases/{id}/timeline", "case-timeline", "casework.api", "The process record of a case"), o.timeline)
	api.Register(a, op(http.MethodGet, "/cases/{id}/deadlines", "case-deadlines", "casework.api", "The clocks of a case, and the running one day by day"), o.deadlines)
	api.Register(a, op(http.MethodGet, "/cases/{id}/documents", "case-documents", "casework.api", "The official documents of a case"), o.documents)
	api.Register(a, op(http.MethodGet, "/cases/{id}/documents/{doc}", "case-document", "casework.api", "One official document as a signed PDF"), o.document)
	api.Register(a, withFiles(op(http.MethodPost, "/cases/{id}/units/{unit}", "case-opine", "casework.opine", "Say what one's agency thinks of a case that another one decides, with up to three files")), o.opine)
	api.Register(a, op(http.MethodPost, "/cases/{id}/actions", "case-act", "casework.act", "Take a step: accept, correct, review, approve, deny, withdraw, ..."), o.act)
	api.Register(a, op(http.MethodGet, "/progress", "progress", "casework.progress", "Where a case stands, by number and query code"), o.progress)
	applicantAPI(a, s)
	contentAPI(a, s)
	transitAPI(a, s)
	reviewAPI(a, s)
	agencyAPI(a, s)
	workAPI(a, s)
	listAPI(a, s)
	deskAPI(a, s)
	moveAPI(a, s)
	apiCounter(a, operations{s})
}

type operations struct{ s *casework.Service }

type caseBody struct {
	ID        string        `json:"id"`
	Number    string        `json:"number"`
	QueryCode string        `json:"query_code,omitempty" doc:"for the applicant alone"`
	Item      string        `json:"item"`
	Name      contract.Text `json:"name"`
	Agency    contract.Text `json:"agency"`
	Applicant string        `json:"applicant"`
	State     string        `json:"state"`
	StateName contract.Text `json:"state_name"`
	Stage     string        `json:"stage" enum:"accept,applicant,review,countersign,decide,paused,deliver,done"`
	Step      int           `json:"step" doc:"send it back with an action: another number is a conflict"`
	Filed     time.Time     `json:"filed"`
	Accepted  *time.Time    `json:"accepted,omitempty"`
	Decided   *time.Time    `json:"decided,omitempty"`
	Deemed    bool          `json:"deemed,omitempty"`
	Licence   string        `json:"licence,omitempty"`
	Results   []resultBody  `json:"results,omitempty" doc:"of a bundle: what each part came to"`
	Due       *dueBody      `json:"due,omitempty"`
	Light     string        `json:"light,omitempty" enum:"green,amber,yellow,red,paused"`
	Holder    *holderBody   `json:"holder,omitempty" doc:"the official who has it, for officials"`
	Actions   []actionBody  `json:"actions,omitempty" doc:"what the caller may do now"`
	Asked     []askedBody   `json:"asked,omitempty" doc:"for the applicant, while it is to be corrected: each field and material with the reason"`
}

type dueBody struct {
	Clock       string `json:"clock" enum:"acceptance,decision,delivery,correction"`
	Promised    string `json:"promised"`
	Legal       string `json:"legal"`
	Left        int    `json:"left" doc:"working days until the promised day; negative when over"`
	Provisional bool   `json:"provisional,omitempty"`
}

type actionBody struct {
	Action  string        `json:"action"`
	Name    contract.Text `json:"name"`
	Reasons bool          `json:"reasons" doc:"reasons must be given"`
	Opinion bool          `json:"opinion" doc:"an opinion must be given"`
}

func instantOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// body is a case for a caller. Lists name persons masked.
func (o operations) body(c casework.Case, actor auth.Principal) caseBody {
	b := caseBody{
		ID: string(c.ID), Number: c.Number, Item: string(c.Item), Name: c.ItemName, Agency: c.AgencyName,
		Applicant: casework.ListName(c.Applicant), State: c.State, StateName: o.s.StateName(c),
		Stage: string(c.Stage), Step: c.Step, Filed: c.Filed.UTC(), Accepted: instantOf(c.Accepted), Decided: instantOf(c.Decided),
		Deemed: c.Deemed, Licence: string(c.Licence), Light: string(c.Light(o.s.Today())),
	}
	if actor.Kind == auth.Resident {
		b.QueryCode, b.Applicant = c.QueryCode, c.Applicant.Name
	}
	if actor.Kind == auth.Staff && !actor.AtCounter() {
		b.Holder = holderOf(c)
	}
	if c.Due.Clock != "" {
		b.Due = &dueBody{
			Clock: string(c.Due.Clock), Promised: c.Due.Promised.String(), Legal: c.Due.Legal.String(),
			Left: o.s.DaysLeft(c, c.Due.Promised), Provisional: c.Due.Provisional,
		}
	}
	return b
}

// withActions adds what the caller may do now.
func (o operations) withActions(ctx context.Context, c casework.Case, actor auth.Principal) (caseBody, error) {
	b := o.body(c, actor)
	choices, err := o.s.Choices(ctx, actor, c)
	for _, x := range choices {
		b.Actions = append(b.Actions, actionBody{x.Action, x.Name, x.Reasons, x.Opinion})
	}
	return b, err
}

type tasksIn struct {
	Tab    string `query:"tab" enum:"transit,accept,review,countersign,decide,paused,notice,verify,rectify,opinions,awaiting,applicant,waiting,parts,deliver,done" doc:"the first that the caller has, unless said"`
	Queue  string `query:"queue" enum:"mine,unit" doc:"what the caller holds, or what nobody holds yet; all unless said"`
	Holder string `query:"holder" maxLength:"64" doc:"what this colleague holds"`
	Text   string `query:"q" maxLength:"100"`
	Item   string `query:"item"`
	Light  string `query:"light" enum:"green,amber,yellow,red,paused"`
	Before string `query:"before" doc:"due by this day" format:"date"`
	After  string `query:"after" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
}

type tasksOut struct {
	Body struct {
		Tab    string         `json:"tab"`
		Counts map[string]int `json:"counts" doc:"exact, under the caller's permission"`
		Queues []queueBody    `json:"queues,omitempty" doc:"of this tab: exact"`
		Total  int            `json:"total" doc:"in this tab, under the filter"`
		Cases  []caseBody     `json:"cases"`
		Next   string         `json:"next,omitempty"`
	}
}

func (o operations) tasks(ctx context.Context, actor auth.Principal, in *tasksIn) (*tasksOut, error) {
	before, err := day.Parse(in.Before)
	if err != nil {
		before = day.Date{} // the schema lets through only dates or nothing
	}
	list, err := o.s.Tasks(ctx, actor, casework.Query{
		Tab: casework.Tab(in.Tab), Text: in.Text, Item: contract.ItemID(in.Item), Light: in.Light, Before: before,
		After: in.After, Limit: in.Limit, Queue: in.Queue, Holder: contract.AccountID(in.Holder),
	})
	if err != nil {
		return nil, err
	}
	out := &tasksOut{}
	out.Body.Tab, out.Body.Total, out.Body.Next = string(list.Tab), list.Total, list.Next
	out.Body.Counts, out.Body.Cases = map[string]int{}, []caseBody{}
	for _, c := range list.Counts {
		out.Body.Counts[string(c.Tab)] = c.N
	}
	for _, q := range list.Queues {
		out.Body.Queues = append(out.Body.Queues, queueBody{q.Queue, string(q.Holder), q.N})
	}
	for _, c := range list.Cases {
		out.Body.Cases = append(out.Body.Cases, o.body(c, actor))
	}
	return out, nil
}

type queueBody struct {
	Queue  string `json:"queue" doc:"mine, unit; empty is all"`
	Holder string `json:"holder,omitempty" doc:"of this colleague, for whom the caller stands in"`
	N      int    `json:"n"`
}

type mineIn struct {
	Tab   string `query:"tab" enum:"open,finished" doc:"both, unless said"`
	Text  string `query:"q" maxLength:"60" doc:"number, or part of the service's name"`
	After string `query:"after"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

type mineOut struct {
	Body struct {
		Total    int        `json:"total"`
		Open     int        `json:"open"`
		Finished int        `json:"finished"`
		Cases    []caseBody `json:"cases"`
		Next     string     `json:"next,omitempty"`
	}
}

func (o operations) mine(ctx context.Context, actor auth.Principal, in *mineIn) (*mineOut, error) {
	page, err := o.s.Own(ctx, actor, casework.OwnQuery{Tab: in.Tab, Text: in.Text, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &mineOut{}
	out.Body.Total, out.Body.Next, out.Body.Cases = page.Total, page.Next, []caseBody{}
	out.Body.Open, out.Body.Finished = page.Open, page.Finished
	for _, c := range page.Cases {
		out.Body.Cases = append(out.Body.Cases, o.body(c, actor))
	}
	return out, nil
}

type caseIn struct {
	ID string `path:"id"`
}

type caseOut struct{ Body caseBody }

func (o operations) get(ctx context.Context, actor auth.Principal, in *caseIn) (*caseOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	b, err := o.withActions(ctx, c, actor)
	if err == nil && c.Procedure == "bundle" {
		b.Results, err = o.results(ctx, actor, c.ID)
	}
	if err != nil {
		return nil, err
	}
	b.Asked, err = o.asked(ctx, actor, c)
	return &caseOut{b}, err
}

type stepBody struct {
	Step    int           `json:"step"`
	Action  string        `json:"action"`
	Name    contract.Text `json:"name"`
	From    string        `json:"from"`
	To      string        `json:"to"`
	By      string        `json:"by" enum:"resident,staff,system,machine"`
	Post    string        `json:"post,omitempty"`
	Unit    contract.Text `json:"unit"`
	Opinion string        `json:"opinion,omitempty"`
	Reasons []string      `json:"reasons,omitempty"`
	Organ   string        `json:"organ,omitempty"`
	Deemed  bool          `json:"deemed,omitempty"`
	Hall    contract.Text `json:"hall,omitzero" doc:"Where it was taken at a window."`
	Window  string        `json:"window,omitempty" doc:"Number of that window."`
	For     bool          `json:"for_applicant,omitempty" doc:"A clerk took it at the window for the applicant."`
	Started time.Time     `json:"started"`
	At      time.Time     `json:"at"`
}

type timelineOut struct {
	Body struct {
		Steps []stepBody `json:"steps"`
	}
}

func (o operations) timeline(ctx context.Context, actor auth.Principal, in *caseIn) (*timelineOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	steps, err := o.s.Steps(ctx, actor, c.ID)
	if err != nil {
		return nil, err
	}
	out := &timelineOut{}
	out.Body.Steps = []stepBody{}
	for _, st := range steps {
		name, _ := o.s.StepName(c, st)
		out.Body.Steps = append(out.Body.Steps, stepBody{
			Step: st.No, Action: st.Action, Name: name, From: st.From, To: st.To, By: st.Actor.Kind, Post: st.Actor.Name,
			Unit: st.Unit, Opinion: st.Opinion, Reasons: st.Reasons, Organ: st.Organ, Deemed: st.Deemed,
			Hall: st.Hall, Window: st.Window, For: st.BehalfKind == auth.ForCounter,
			Started: st.Started.UTC(), At: st.At.UTC(),
		})
	}
	return out, nil
}

type clockBody struct {
	Clock        string `json:"clock"`
	Phase        string `json:"phase" enum:"running,paused,stopped"`
	Started      string `json:"started"`
	Ended        string `json:"ended,omitempty"`
	PromisedDays int    `json:"promised_days"`
	LegalDays    int    `json:"legal_days"`
	Extended     int    `json:"extended,omitempty"`
	Promised     string `json:"promised"`
	Legal        string `json:"legal"`
	Used         int    `json:"used"`
	Left         int    `json:"left"`
	Late         bool   `json:"late"`
	Provisional  bool   `json:"provisional,omitempty"`
	Article      string `json:"article,omitempty" doc:"that sets the limit; absent where the service's own law does"`
	Analogy      bool   `json:"analogy,omitempty" doc:"the matter is no licence: the Licensing Law counts its days by analogy"`

	Days []lineBody `json:"days" doc:"the clock day by day"`
}

type lineBody struct {
	Date    string   `json:"date"`
	Counted bool     `json:"counted"`
	Ordinal int      `json:"ordinal,omitempty"`
	Why     string   `json:"why"`
	Name    string   `json:"name,omitempty"`
	Article string   `json:"article,omitempty"`
	Marks   []string `json:"marks,omitempty"`

	Entries []entryBody `json:"entries,omitempty" doc:"what happened to the clock that day"`
}

type deadlinesOut struct {
	Body struct {
		Clocks []clockBody `json:"clocks"`
		Days   []lineBody  `json:"days" doc:"the running clock day by day, or the last that ran"`
		Terms  []termBody  `json:"terms,omitempty" doc:"opinions of other agencies, owed materials, answers to objections"`
	}
}

type termBody struct {
	Kind  string        `json:"kind" enum:"opinion,owed,objection,stage"`
	ID    string        `json:"id"`
	Name  contract.Text `json:"name"`
	Began string        `json:"began,omitempty"`
	Due   string        `json:"due"`
	Ended string        `json:"ended,omitempty"`
	Days  []lineBody    `json:"days"`
}

func (o operations) deadlines(ctx context.Context, actor auth.Principal, in *caseIn) (*deadlinesOut, error) {
	all, err := o.s.Explanations(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	e, err := o.s.Explain(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	terms, err := o.s.Terms(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &deadlinesOut{}
	for _, d := range all {
		out.Body.Clocks = append(out.Body.Clocks, clockBody{
			Clock: string(d.Clock), Phase: string(d.Phase), Started: d.Started.String(), Ended: d.Ended.String(),
			PromisedDays: d.PromisedDays, LegalDays: d.LegalDays, Extended: d.Extended,
			Promised: d.Promised.String(), Legal: d.Legal.String(), Used: d.Used, Left: d.Left, Late: d.Late, Provisional: d.Provisional,
			Article: d.Article, Analogy: d.Analogy,
			Days: linesOf(d.Lines),
		})
	}
	for _, t := range terms {
		out.Body.Terms = append(out.Body.Terms, termBody{
			Kind: t.Kind, ID: t.ID, Name: t.Name, Began: t.Began.String(), Due: t.Due.String(), Ended: t.Ended.String(), Days: linesOf(t.Lines),
		})
	}
	out.Body.Days = linesOf(e.Lines)
	return out, nil
}

func linesOf(lines []statute.Line) []lineBody {
	list := make([]lineBody, len(lines))
	for i, l := range lines {
		list[i] = lineOf(l)
	}
	return list
}

func lineOf(l statute.Line) lineBody {
	b := lineBody{Date: l.Date.String(), Counted: l.Counted, Ordinal: l.Ordinal, Why: string(l.Why), Name: l.Name, Article: l.Article}
	for _, m := range l.Marks {
		b.Marks = append(b.Marks, string(m))
	}
	b.Entries = entriesOf(l)
	return b
}

type documentBody struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind"`
	Title  contract.Text `json:"title"`
	Number string        `json:"number"`
	Step   int           `json:"step"`
	At     time.Time     `json:"at"`
	Size   int64         `json:"size"`
	SHA256 string        `json:"sha256"`
}

type documentsOut struct {
	Body struct {
		Documents []documentBody `json:"documents"`
	}
}

func (o operations) documents(ctx context.Context, actor auth.Principal, in *caseIn) (*documentsOut, error) {
	docs, err := o.s.Documents(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &documentsOut{}
	out.Body.Documents = []documentBody{}
	for _, d := range docs {
		out.Body.Documents = append(out.Body.Documents, documentBody{
			d.ID, d.Kind, d.Title, d.Number, d.Step, d.At.UTC(), d.Size, string(d.Blob),
		})
	}
	return out, nil
}

type documentIn struct {
	ID  string `path:"id"`
	Doc string `path:"doc"`
}

func (o operations) document(ctx context.Context, actor auth.Principal, in *documentIn) (*api.File, error) {
	d, body, err := o.s.Document(ctx, actor, contract.CaseID(in.ID), in.Doc)
	if err != nil {
		return nil, err
	}
	return api.NewFile("application/pdf", documentName(d), body), nil
}

type actIn struct {
	ID   string `path:"id"`
	Body struct {
		Action  string                     `json:"action" doc:"one of the case's actions"`
		Step    int                        `json:"step,omitempty" doc:"the step the caller saw; 0 is whatever it is now"`
		Opinion string                     `json:"opinion,omitempty" maxLength:"1000"`
		Reasons []string                   `json:"reasons,omitempty" maxItems:"20"`
		Organ   string                     `json:"organ,omitempty" doc:"refusal: the competent organ"`
		Marks   []contract.Mark            `json:"marks,omitempty" maxItems:"100" doc:"correct: everything that is wrong"`
		Special string                     `json:"special,omitempty" enum:"hearing,tender,auction,inspection,testing,quarantine,appraisal,expert_review" doc:"pause: the special procedure, during which the clock stops"`
		Days    int                        `json:"days,omitempty" minimum:"0" maximum:"1000" doc:"pause: expected working days; breach: to put it right; send: for the opinion"`
		Dropped []contract.Mark            `json:"dropped,omitempty" maxItems:"100" doc:"correct: kept marks that the notice leaves out"`
		Found   map[string]json.RawMessage `json:"found,omitempty" doc:"what the fields of the stage ask for, by field; case-stage lists them. Fields of earlier stages correct what was found"`
		Target  string                     `json:"target,omitempty" maxLength:"100" doc:"end_special: which; send, recall: the unit"`
	}
}

func (o operations) act(ctx context.Context, actor auth.Principal, in *actIn) (*caseOut, error) {
	c, err := o.s.Act(ctx, actor, contract.CaseID(in.ID), casework.Action{
		Name: in.Body.Action, Step: in.Body.Step, Opinion: in.Body.Opinion, Reasons: in.Body.Reasons,
		Organ: in.Body.Organ, Marks: in.Body.Marks, Dropped: in.Body.Dropped, Found: enteredJSON(in.Body.Found),
		Special: statute.Special(in.Body.Special), Days: in.Body.Days, Target: in.Body.Target,
	})
	if err != nil {
		return nil, err
	}
	b, err := o.withActions(ctx, c, actor)
	return &caseOut{b}, err
}
