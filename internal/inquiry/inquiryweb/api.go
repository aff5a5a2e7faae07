package inquiryweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/statute"
)

type operations struct{ s *inquiry.Service }

// API registers the operations of this area.
func API(a *api.API, s *inquiry.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string, status int) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "inquiries", Summary: summary, Status: status}
	}
	api.Register(a, op(http.MethodGet, "/inquiries", "inquiry-list", "inquiry.desk", "Visits, hearings and reviews of one's agency, with exact counts", 0), o.list)
	api.Register(a, op(http.MethodGet, "/inquiries/{id}", "inquiry-get", "inquiry.api", "One inquiry with its record", 0), o.get)
	api.Register(a, op(http.MethodGet, "/cases/{id}/inquiries", "inquiry-case", "inquiry.api", "The inquiries of a case", 0), o.ofCase)
	api.Register(a, op(http.MethodPost, "/cases/{id}/visits", "visit-plan", "inquiry.plan", "Make an appointment for a site visit by two officials", http.StatusCreated), o.planVisit)
	api.Register(a, op(http.MethodPost, "/cases/{id}/hearings", "hearing-tell", "inquiry.plan", "Tell the right to a hearing, or order one ex officio", http.StatusCreated), o.tellHearing)
	api.Register(a, op(http.MethodPost, "/cases/{id}/reviews", "review-start", "inquiry.plan", "Begin an expert review or another special procedure; the clock stops", http.StatusCreated), o.startReview)
	api.Register(a, op(http.MethodPost, "/inquiries/{id}/steps", "inquiry-step", "inquiry.api", "Take a step of an inquiry; which one decides what must be given", 0), o.step)
	api.Register(a, op(http.MethodGet, "/hearings", "hearing-public", "inquiry.public", "Hearings that anybody may attend", 0), o.public)
	api.Register(a, op(http.MethodGet, "/experts", "expert-list", "inquiry.experts", "The agency's roster of experts", 0), o.experts)
	api.Register(a, op(http.MethodPost, "/experts", "expert-save", "inquiry.roster", "Put an expert on the roster, or change one", http.StatusCreated), o.saveExpert)
	api.Register(a, op(http.MethodPost, "/inquiries/{id}/links", "expert-link", "inquiry.plan", "Make a one-time link for an expert", http.StatusCreated), o.link)
	api.Register(a, op(http.MethodGet, "/expert/{token}", "expert-view", "inquiry.expert", "What an expert with a link is asked", 0), o.expertView)
	api.Register(a, op(http.MethodPost, "/expert/{token}", "expert-answer", "inquiry.expert", "Give an opinion by a link, or step back", http.StatusNoContent), o.expertAnswer)
	api.Register(a, op(http.MethodGet, "/inquiries/{id}/appointment", "inquiry-calendar", "inquiry.api", "The appointment as a calendar file", 0), o.calendar)
	apiFiles(a, o)
}

type inquiryBody struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Case      string    `json:"case"`
	Number    string    `json:"number"`
	State     string    `json:"state"`
	Open      bool      `json:"open"`
	Day       string    `json:"day,omitempty"`
	Time      string    `json:"time,omitempty"`
	Due       string    `json:"due,omitempty"`
	Revision  int64     `json:"revision"`
	Applicant string    `json:"applicant"`
	Moved     time.Time `json:"moved_at"`

	Visit   *inquiry.Visit   `json:"visit,omitempty"`
	Hearing *inquiry.Hearing `json:"hearing,omitempty"`
	Review  *inquiry.Review  `json:"review,omitempty"`
}

func bodyOf(h inquiry.Head) inquiryBody {
	return inquiryBody{
		ID: h.ID, Kind: string(h.Kind), Case: string(h.Case), Number: h.Number, State: string(h.State), Open: h.Open,
		Day: h.Day.String(), Time: h.Slot, Due: h.Due.String(), Revision: h.Revision, Applicant: h.Applicant.Name, Moved: h.Moved,
	}
}

// inList is an inquiry in a list: officials see people masked, for no list records
// that it was read.
func inList(actor auth.Principal, h inquiry.Head) inquiryBody {
	b := bodyOf(h)
	if actor.Kind == auth.Staff {
		b.Applicant = listName(h.Applicant)
	}
	return b
}

// listName is how lists name an applicant: companies are public.
func listName(p contract.Party) string {
	if p.Kind == "company" {
		return p.Name
	}
	return mask.Name(p.Name)
}

// wholeOf is an inquiry for who asks: applicants see what their page shows.
func wholeOf(actor auth.Principal, x inquiry.Inquiry) inquiryBody {
	b := bodyOf(x.Head)
	b.Visit, b.Hearing = x.Visit, x.Hearing
	if actor.Kind == auth.Staff && !counterFor(actor) {
		b.Review = x.Review
		return b
	}
	if x.Hearing != nil {
		h := *x.Hearing
		own, _ := h.Own()
		h.Parties = []inquiry.Party{own}
		if x.State != inquiry.Closed {
			h.Transcript, h.Attendance = "", nil
		}
		b.Hearing = &h
	}
	return b
}

type inquiryOut struct{ Body inquiryBody }

func out(actor auth.Principal, x inquiry.Inquiry, err error) (*inquiryOut, error) {
	if err != nil {
		return nil, err
	}
	return &inquiryOut{wholeOf(actor, x)}, nil
}

type listIn struct {
	Tab   string `query:"tab" enum:"today,week,overdue,open,done" default:"today"`
	Mine  bool   `query:"mine"`
	Kind  string `query:"kind" maxLength:"10"`
	After string `query:"after" maxLength:"80"`
}

type listOut struct {
	Body struct {
		Inquiries []inquiryBody  `json:"inquiries"`
		Counts    map[string]int `json:"counts"`
		Next      string         `json:"next,omitempty"`
		// Of one case alone, for officials.
		BeforeAny   []contract.Text `json:"before_any,omitempty" doc:"What any decision on the case still waits for"`
		BeforeGrant []contract.Text `json:"before_grant,omitempty" doc:"What a grant waits for beside that"`
	}
}

func (o operations) list(ctx context.Context, actor auth.Principal, in *listIn) (*listOut, error) {
	l, err := o.s.List(ctx, actor, inquiry.Query{Tab: in.Tab, Mine: in.Mine, Kind: inquiry.Kind(in.Kind), After: in.After})
	if err != nil {
		return nil, err
	}
	r := &listOut{}
	r.Body.Counts, r.Body.Next, r.Body.Inquiries = l.Counts, l.Next, []inquiryBody{}
	for _, h := range l.Rows {
		r.Body.Inquiries = append(r.Body.Inquiries, inList(actor, h))
	}
	return r, nil
}

type idIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (o operations) get(ctx context.Context, actor auth.Principal, in *idIn) (*inquiryOut, error) {
	x, err := o.s.Open(ctx, actor, in.ID)
	return out(actor, x, err)
}

func (o operations) ofCase(ctx context.Context, actor auth.Principal, in *idIn) (*listOut, error) {
	list, err := o.s.OfCase(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	r := &listOut{}
	r.Body.Inquiries, r.Body.Counts = []inquiryBody{}, map[string]int{"all": len(list)}
	for _, x := range list {
		r.Body.Inquiries = append(r.Body.Inquiries, inList(actor, x.Head))
	}
	if actor.Kind != auth.Staff || counterFor(actor) {
		return r, nil
	}
	before, err := o.s.Before(ctx, actor, contract.CaseID(in.ID))
	r.Body.BeforeAny, r.Body.BeforeGrant = before.Any, before.Grant
	return r, err
}

func dayOf(text string) day.Date {
	d, err := day.Parse(text)
	if err != nil {
		return day.Date{}
	}
	return d
}

type planIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Purpose   string   `json:"purpose"`
		Place     string   `json:"place"`
		Officials []string `json:"officials" maxItems:"2" doc:"Accounts of two officials of the agency"`
		Day       string   `json:"day"`
		Time      string   `json:"time" doc:"09:00-11:00"`
	}
}

func (o operations) planVisit(ctx context.Context, actor auth.Principal, in *planIn) (*inquiryOut, error) {
	v := inquiry.NewVisit{Purpose: in.Body.Purpose, Place: in.Body.Place, Slot: inquiry.Slot{Day: dayOf(in.Body.Day), Time: in.Body.Time}}
	for _, id := range in.Body.Officials {
		v.Officials = append(v.Officials, contract.AccountID(id))
	}
	x, err := o.s.PlanVisit(ctx, actor, contract.CaseID(in.ID), v)
	return out(actor, x, err)
}

type tellIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Why       string      `json:"why"`
		ExOfficio bool        `json:"ex_officio,omitempty"`
		Thirds    []thirdBody `json:"third_parties,omitempty" maxItems:"20"`
	}
}

type thirdBody struct {
	Name    string `json:"name"`
	Contact string `json:"contact"`
}

func (o operations) tellHearing(ctx context.Context, actor auth.Principal, in *tellIn) (*inquiryOut, error) {
	n := inquiry.NewHearing{Why: in.Body.Why, ExOfficio: in.Body.ExOfficio}
	for _, t := range in.Body.Thirds {
		n.Thirds = append(n.Thirds, inquiry.Party{Name: t.Name, Contact: t.Contact})
	}
	x, err := o.s.TellHearing(ctx, actor, contract.CaseID(in.ID), n)
	return out(actor, x, err)
}

type reviewIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Special     string   `json:"special" enum:"expert_review,testing,inspection,quarantine,appraisal"`
		Question    string   `json:"question"`
		Days        int      `json:"days"`
		Materials   []string `json:"materials,omitempty" maxItems:"200" doc:"Files of the case that experts are given"`
		Institution string   `json:"institution,omitempty"`
		Sent        string   `json:"sent,omitempty"`
	}
}

func (o operations) startReview(ctx context.Context, actor auth.Principal, in *reviewIn) (*inquiryOut, error) {
	x, err := o.s.StartReview(ctx, actor, contract.CaseID(in.ID), inquiry.NewReview{
		Special: statute.Special(in.Body.Special), Question: in.Body.Question, Days: in.Body.Days, Materials: in.Body.Materials,
		Institution: in.Body.Institution, Sent: dayOf(in.Body.Sent),
	})
	return out(actor, x, err)
}

type publicOut struct {
	Body struct {
		Hearings []publicBody `json:"hearings"`
	}
}

type publicBody struct {
	Item   contract.Text `json:"item"`
	Agency contract.Text `json:"agency"`
	Day    string        `json:"day"`
	Time   string        `json:"time"`
	Place  string        `json:"place"`
}

func (o operations) public(ctx context.Context, _ auth.Principal, _ *struct{}) (*publicOut, error) {
	list, err := o.s.PublicHearings(ctx)
	if err != nil {
		return nil, err
	}
	r := &publicOut{}
	r.Body.Hearings = []publicBody{}
	for _, h := range list {
		r.Body.Hearings = append(r.Body.Hearings, publicBody{h.Item, h.Agency, h.Slot.Day.String(), h.Slot.Time, h.Place})
	}
	return r, nil
}

type expertBody struct {
	ID      string `json:"id,omitempty"`
	Name    string `json:"name"`
	Field   string `json:"field"`
	Unit    string `json:"unit"`
	Contact string `json:"contact,omitempty" doc:"For who keeps the roster alone"`
	Active  bool   `json:"active"`
}

type expertsOut struct {
	Body struct {
		Experts []expertBody `json:"experts"`
	}
}

func (o operations) experts(ctx context.Context, actor auth.Principal, _ *struct{}) (*expertsOut, error) {
	list, err := o.s.Experts(ctx, actor)
	if err != nil {
		return nil, err
	}
	r := &expertsOut{}
	r.Body.Experts = []expertBody{}
	for _, e := range list {
		r.Body.Experts = append(r.Body.Experts, expertBody{e.ID, e.Name, e.Field, e.Unit, e.Contact, e.Active})
	}
	return r, nil
}

type expertIn struct{ Body expertBody }

type expertOut struct{ Body expertBody }

func (o operations) saveExpert(ctx context.Context, actor auth.Principal, in *expertIn) (*expertOut, error) {
	b := in.Body
	e, err := o.s.SaveExpert(ctx, actor, inquiry.Expert{ID: b.ID, Name: b.Name, Field: b.Field, Unit: b.Unit, Contact: b.Contact, Active: b.Active})
	if err != nil {
		return nil, err
	}
	return &expertOut{expertBody{e.ID, e.Name, e.Field, e.Unit, e.Contact, e.Active}}, nil
}

type linkIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Member string `json:"member" maxLength:"64"`
	}
}

type linkOut struct {
	Body struct {
		Token string `json:"token" doc:"Shown once: /expert/{token}"`
	}
}

func (o operations) link(ctx context.Context, actor auth.Principal, in *linkIn) (*linkOut, error) {
	secret, err := o.s.Link(ctx, actor, in.ID, in.Body.Member)
	if err != nil {
		return nil, err
	}
	r := &linkOut{}
	r.Body.Token = secret
	return r, nil
}

type tokenIn struct {
	Token string `path:"token" maxLength:"128"`
}

type viewOut struct {
	Body struct {
		Item      contract.Text `json:"item"`
		Agency    contract.Text `json:"agency"`
		Question  string        `json:"question"`
		Until     string        `json:"until"`
		Materials []string      `json:"materials"`
	}
}

func (o operations) expertView(ctx context.Context, _ auth.Principal, in *tokenIn) (*viewOut, error) {
	view, err := o.s.ExpertView(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	r := &viewOut{}
	r.Body.Item, r.Body.Agency, r.Body.Question, r.Body.Until, r.Body.Materials = view.Item, view.Agency, view.Question, view.Until.String(), []string{}
	for _, m := range view.Materials {
		r.Body.Materials = append(r.Body.Materials, m.File)
	}
	return r, nil
}

type expertAnswerIn struct {
	Token string `path:"token" maxLength:"128"`
	Body  struct {
		Verdict  string `json:"verdict,omitempty"`
		Opinion  string `json:"opinion,omitempty"`
		Conflict string `json:"conflict,omitempty" doc:"Why the expert must not judge; then no opinion is given"`
	}
}

func (o operations) expertAnswer(ctx context.Context, _ auth.Principal, in *expertAnswerIn) (*struct{}, error) {
	if in.Body.Conflict != "" {
		return &struct{}{}, o.s.ExpertConflict(ctx, in.Token, in.Body.Conflict)
	}
	return &struct{}{}, o.s.ExpertOpinion(ctx, in.Token, in.Body.Verdict, in.Body.Opinion)
}

func (o operations) calendar(ctx context.Context, actor auth.Principal, in *idIn) (*api.File, error) {
	body, err := o.s.Calendar(ctx, actor, in.ID, "", false)
	if err != nil {
		return nil, err
	}
	return api.NewFile("text/calendar; charset=utf-8", "appointment.ics", reader(body)), nil
}

// errStep is a step that no inquiry has.
var errStep = fault.New(fault.Invalid, "inquiry.state")
