package counterweb

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
)

type reportIn struct {
	origin
	Body struct {
		Key   string `json:"key" doc:"chosen by the caller: the same key reports once"`
		What  string `json:"what"`
		Wish  string `json:"wish"`
		Kind  string `json:"kind" enum:"sent_away,papers,system,slow,unclear,rule,nobody,other"`
		Place string `json:"place" enum:"online,hall,department,phone"`
		Hall  string `json:"hall,omitempty" doc:"id of a hall; the first where none is given"`
		Case  string `json:"case_number,omitempty"`
		Item  string `json:"item,omitempty"`
		Name  string `json:"name,omitempty" doc:"without sign-in"`
		Phone string `json:"phone,omitempty" doc:"without sign-in"`
	}
}

type reportBody struct {
	ID       string        `json:"id,omitempty"`
	Number   string        `json:"number"`
	Code     string        `json:"code,omitempty" doc:"told once"`
	State    string        `json:"state" enum:"open,answered,closed"`
	Kind     string        `json:"kind"`
	Place    string        `json:"place"`
	Agency   contract.Text `json:"agency"`
	Due      string        `json:"due"`
	Overdue  bool          `json:"overdue,omitempty"`
	Reopened bool          `json:"reopened,omitempty"`
	What     string        `json:"what,omitempty"`
	Wish     string        `json:"wish,omitempty"`
	Result   string        `json:"result,omitempty" enum:"solved,explained,passed_on"`
	Answer   string        `json:"answer,omitempty"`
	Law      string        `json:"law,omitempty"`
	Solved   string        `json:"solved,omitempty" enum:"yes,no"`
	Edition  int           `json:"edition,omitempty"`
	Name     string        `json:"name,omitempty"`
	Phone    string        `json:"phone,omitempty"`
	At       time.Time     `json:"at"`
}

type reportOut struct{ Body reportBody }

func reportOf(r counter.Report) reportBody {
	return reportBody{
		Number: r.Number, Code: r.Code, State: r.State, Kind: r.Kind, Place: r.Place, Agency: r.Agency.Name, Due: r.Due.String(), Overdue: r.Overdue,
		Reopened: r.Reopened, What: r.What, Wish: r.Wish, Result: r.Result, Answer: r.Answer, Law: r.Law, Solved: r.Solved, At: r.At,
	}
}

func (o backOps) report(ctx context.Context, actor auth.Principal, in *reportIn) (*reportOut, error) {
	x := counter.Reporting{
		Key: in.Body.Key, From: in.ip, Name: in.Body.Name, Phone: in.Body.Phone, Place: in.Body.Place, Kind: in.Body.Kind, What: in.Body.What,
		Wish: in.Body.Wish, Case: in.Body.Case, Item: contract.Text{ZH: in.Body.Item, EN: in.Body.Item},
	}
	halls, err := o.s.Halls(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range halls {
		if h.ID == in.Body.Hall || x.Hall == "" {
			x.Hall, x.Division = h.Agency, h.Division
		}
	}
	r, err := o.s.Report(ctx, actor, x)
	return &reportOut{reportOf(r)}, err
}

type askIn struct {
	origin
	Body struct {
		Number string `json:"number"`
		Code   string `json:"code,omitempty"`
	}
}

func (o backOps) ask(ctx context.Context, actor auth.Principal, in *askIn) (*reportOut, error) {
	r, err := o.s.Asked(ctx, actor, in.ip, in.Body.Number, in.Body.Code)
	r.Code = ""
	return &reportOut{reportOf(r)}, err
}

type confirmIn struct {
	origin
	Body struct {
		Number string `json:"number"`
		Code   string `json:"code,omitempty"`
		Solved bool   `json:"solved"`
		Words  string `json:"words,omitempty"`
	}
}

func (o backOps) confirm(ctx context.Context, actor auth.Principal, in *confirmIn) (*reportOut, error) {
	r, err := o.s.Confirm(ctx, actor, counter.Word{From: in.ip, Number: in.Body.Number, Code: in.Body.Code, Solved: in.Body.Solved, Words: in.Body.Words})
	r.Code = ""
	return &reportOut{reportOf(r)}, err
}

type deskIn struct {
	State string `query:"state" enum:"open,answered,closed,all"`
	Kind  string `query:"kind"`
}

type countBody struct {
	Kind   string         `json:"kind,omitempty"`
	Agency *contract.Text `json:"agency,omitempty"`
	All    int            `json:"all"`
	Open   int            `json:"open"`
	Late   int            `json:"late"`
	Solved int            `json:"solved"`
}

type deskOut struct {
	Body struct {
		Reports  []reportBody `json:"reports"`
		ByKind   []countBody  `json:"by_kind"`
		ByAgency []countBody  `json:"by_agency"`
	}
}

func (o backOps) desk(ctx context.Context, actor auth.Principal, in *deskIn) (*deskOut, error) {
	out := &deskOut{}
	out.Body.Reports, out.Body.ByKind, out.Body.ByAgency = []reportBody{}, []countBody{}, []countBody{}
	list, err := o.s.StuckDesk(ctx, actor, counter.StuckQuery{State: in.State, Kind: in.Kind})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		b := reportOf(r)
		b.ID, b.Edition = r.ID, r.Edition
		out.Body.Reports = append(out.Body.Reports, b)
	}
	byKind, byAgency, err := o.s.StuckCounts(ctx, actor)
	for _, c := range byKind {
		out.Body.ByKind = append(out.Body.ByKind, countBody{Kind: c.Kind, All: c.All, Open: c.Open, Late: c.Late, Solved: c.Solved})
	}
	for _, c := range byAgency {
		out.Body.ByAgency = append(out.Body.ByAgency, countBody{Agency: &c.Agency, All: c.All, Open: c.Open, Late: c.Late, Solved: c.Solved})
	}
	return out, err
}

func (o backOps) one(ctx context.Context, actor auth.Principal, in *idIn) (*reportOut, error) {
	r, err := o.s.StuckReport(ctx, actor, in.ID)
	b := reportOf(r)
	b.ID, b.Edition, b.Name, b.Phone = r.ID, r.Edition, r.Name, r.Phone
	return &reportOut{b}, err
}

type assignIn struct {
	ID   string `path:"id"`
	Body struct {
		Agency  string `json:"agency"`
		Edition int    `json:"edition,omitempty"`
	}
}

type doneOut struct{}

func (o backOps) assign(ctx context.Context, actor auth.Principal, in *assignIn) (*doneOut, error) {
	return &doneOut{}, o.s.Assign(ctx, actor, in.ID, in.Body.Edition, contract.AgencyID(in.Body.Agency))
}

type answerIn struct {
	ID   string `path:"id"`
	Body struct {
		Result  string `json:"result" enum:"solved,explained,passed_on"`
		Answer  string `json:"answer"`
		Law     string `json:"law,omitempty" doc:"needed where it cannot be done"`
		Edition int    `json:"edition,omitempty"`
	}
}

func (o backOps) answer(ctx context.Context, actor auth.Principal, in *answerIn) (*reportOut, error) {
	if err := o.s.Answer(ctx, actor, in.ID, counter.Answering{Edition: in.Body.Edition, Result: in.Body.Result, Answer: in.Body.Answer, Law: in.Body.Law}); err != nil {
		return nil, err
	}
	return o.one(ctx, actor, &idIn{in.ID})
}
