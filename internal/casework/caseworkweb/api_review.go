package caseworkweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// reviewAPI registers what officials look at and settle while they review.
func reviewAPI(a *api.API, s *casework.Service) {
	o := deskOperations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "desk", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/cases/{id}/units/{unit}", "unit-get", "casework.unit", "The opinion that is asked of the caller's agency, and what of the application it needs; the look is recorded"), o.unit)
	api.Register(a, op(http.MethodGet, "/cases/{id}/units/{unit}/materials/{file}", "unit-material", "casework.unit", "A material that the agency needs for its opinion; the look is recorded"), o.unitMaterial)
	api.Register(a, op(http.MethodGet, "/cases/{id}/checks", "case-checks", "casework.desk", "What a handler has to look at: disputed and unchecked data"), o.checks)
	api.Register(a, op(http.MethodPost, "/cases/{id}/checks/{no}", "check-settle", "casework.settle", "Settle a check: the applicant is right, or not"), o.settle)
	api.Register(a, op(http.MethodPost, "/cases/{id}/unmask", "case-unmask", "casework.desk", "See one personal answer, with the reason; the applicant can read who saw it and why"), o.unmask)
	api.Register(a, op(http.MethodGet, "/cases/{id}/earlier", "case-earlier", "casework.earlier", "Earlier cases of the applicant at the same agency; the look is recorded"), o.earlier)
	api.Register(a, op(http.MethodGet, "/cases/{id}/commitment", "case-commitment", "casework.desk", "What the applicant committed to, until when it is verified, what became of it"), o.commitment)
}

type unitIn struct {
	ID   string `path:"id" maxLength:"64"`
	Unit string `path:"unit" maxLength:"64"`
}

type sendingBody struct {
	Round   int        `json:"round"`
	Opinion string     `json:"opinion,omitempty"`
	Note    string     `json:"note,omitempty"`
	Reasons []string   `json:"reasons,omitempty"`
	By      string     `json:"by,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`

	Files []attachmentBody `json:"files,omitempty" doc:"attached to the opinion"`
}

type unitOut struct {
	Body struct {
		Number    string         `json:"number"`
		Name      contract.Text  `json:"name"`
		Lead      contract.Text  `json:"lead" doc:"agency that decides"`
		Applicant string         `json:"applicant" doc:"masked, where it is a person"`
		Task      contract.Text  `json:"task"`
		Round     int            `json:"round"`
		State     string         `json:"state" enum:"open,answered,recalled,closed"`
		Opinion   string         `json:"opinion,omitempty"`
		Due       string         `json:"due"`
		Late      bool           `json:"late,omitempty"`
		Days      []lineBody     `json:"days" doc:"until then, day by day"`
		Answers   []contentLine  `json:"answers" doc:"that the service lists for this agency"`
		Materials []materialBody `json:"materials" doc:"that the service lists for this agency"`
		Earlier   []sendingBody  `json:"earlier" doc:"what the agency said before"`
		MayOpine  bool           `json:"may_opine,omitempty"`

		Files []attachmentBody `json:"files,omitempty" doc:"attached to the opinion"`
	}
}

func (o deskOperations) unit(ctx context.Context, actor auth.Principal, in *unitIn) (*unitOut, error) {
	v, err := o.s.UnitPage(ctx, actor, contract.CaseID(in.ID), in.Unit)
	if err != nil {
		return nil, err
	}
	days, err := o.s.UnitDays(v.Unit, v.Division)
	if err != nil {
		return nil, err
	}
	out := &unitOut{}
	b := &out.Body
	b.Number, b.Name, b.Lead, b.Applicant, b.Task = v.Number, v.ItemName, v.Lead, v.Applicant, v.Task
	b.Round, b.State, b.Opinion, b.Due, b.Late, b.MayOpine = v.Round, v.State, v.Opinion, v.Due.String(), v.Late, v.MayOpine
	b.Days, b.Answers, b.Materials, b.Earlier = linesOf(days), answersOf(v.Lines), materialsOf(v.Svc, v.Materials), []sendingBody{}
	b.Files = unitFilesOf(v.Unit)
	for _, u := range v.History {
		b.Earlier = append(b.Earlier, sendingBody{u.Round, u.Opinion, u.Note, u.Reasons, u.Handler.Name, instantOf(u.Ended), unitFilesOf(u)})
	}
	return out, nil
}

type unitFileIn struct {
	ID   string `path:"id" maxLength:"64" doc:"of the case"`
	Unit string `path:"unit" maxLength:"64" doc:"the task in the service"`
	File string `path:"file" maxLength:"64"`
}

func (o deskOperations) unitMaterial(ctx context.Context, actor auth.Principal, in *unitFileIn) (*api.File, error) {
	m, body, err := o.s.UnitMaterial(ctx, actor, contract.CaseID(in.ID), in.Unit, in.File)
	if err != nil {
		return nil, err
	}
	return handedFile(m, body), nil
}

type checkBody struct {
	No     int           `json:"no"`
	Kind   string        `json:"kind"`
	Target string        `json:"target" doc:"field or material"`
	Name   contract.Text `json:"name"`
	Source contract.Text `json:"source" doc:"who holds it"`
	Reason string        `json:"reason,omitempty" doc:"why the applicant says that it is wrong"`
	Result string        `json:"result,omitempty" enum:"confirmed,rejected" doc:"empty while it is open"`
	Note   string        `json:"note,omitempty"`
	By     string        `json:"by,omitempty"`
	At     *time.Time    `json:"at,omitempty"`
}

type checksOut struct {
	Body struct {
		Checks []checkBody `json:"checks"`
	}
}

func (o deskOperations) checks(ctx context.Context, actor auth.Principal, in *caseIn) (*checksOut, error) {
	list, err := o.s.Checks(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &checksOut{}
	out.Body.Checks = []checkBody{}
	for _, c := range list {
		out.Body.Checks = append(out.Body.Checks, checkBody{c.No, c.Kind, c.Target, c.Name, c.Source, c.Reason, c.Result, c.Note, c.By.Name, instantOf(c.At)})
	}
	return out, nil
}

type settleIn struct {
	ID   string `path:"id" maxLength:"64"`
	No   int    `path:"no"`
	Body struct {
		Result string `json:"result" enum:"confirmed,rejected"`
		Note   string `json:"note" maxLength:"1000" doc:"what it rests on"`
	}
}

func (o deskOperations) settle(ctx context.Context, actor auth.Principal, in *settleIn) (*checksOut, error) {
	if err := o.s.Settle(ctx, actor, contract.CaseID(in.ID), in.No, in.Body.Result, in.Body.Note); err != nil {
		return nil, err
	}
	return o.checks(ctx, actor, &caseIn{in.ID})
}

type unmaskIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Field  string `json:"field" maxLength:"100"`
		Reason string `json:"reason" maxLength:"200"`
	}
}

type unmaskOut struct {
	Body struct {
		Field string        `json:"field"`
		Value contract.Text `json:"value"`
	}
}

func (o deskOperations) unmask(ctx context.Context, actor auth.Principal, in *unmaskIn) (*unmaskOut, error) {
	v, err := o.s.Unmask(ctx, actor, contract.CaseID(in.ID), in.Body.Field, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	out := &unmaskOut{}
	out.Body.Field, out.Body.Value = in.Body.Field, v
	return out, nil
}

type earlierBody struct {
	Case    string        `json:"case"`
	Number  string        `json:"number"`
	Name    contract.Text `json:"name"`
	Stage   string        `json:"stage"`
	Outcome string        `json:"outcome,omitempty" doc:"empty while it is open"`
	Filed   time.Time     `json:"filed"`
	Ended   *time.Time    `json:"ended,omitempty"`
}

type earlierOut struct {
	Body struct {
		Cases []earlierBody `json:"cases"`
	}
}

func (o deskOperations) earlier(ctx context.Context, actor auth.Principal, in *caseIn) (*earlierOut, error) {
	_, list, err := o.s.Earlier(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &earlierOut{}
	out.Body.Cases = []earlierBody{}
	for _, c := range list {
		out.Body.Cases = append(out.Body.Cases, earlierBody{string(c.Case), c.Number, c.ItemName, string(c.Stage), string(c.Outcome), c.Filed.UTC(), instantOf(c.Ended)})
	}
	return out, nil
}

type commitmentOut struct {
	Body struct {
		contract.Committed
		State string     `json:"state" enum:"open,kept,broken,rectified,revoked"`
		Note  string     `json:"note,omitempty"`
		By    string     `json:"by,omitempty"`
		Ended *time.Time `json:"settled,omitempty"`
	}
}

func (o deskOperations) commitment(ctx context.Context, actor auth.Principal, in *caseIn) (*commitmentOut, error) {
	x, err := o.s.Commitment(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &commitmentOut{}
	b := &out.Body
	b.Committed, b.State, b.Note, b.By, b.Ended = x.Committed, x.State, x.Note, x.By, instantOf(x.At)
	return out, nil
}
