package caseworkweb

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

type declareIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Official string `json:"official,omitempty" maxLength:"64" doc:"whom the head keeps from the case; the caller's own conflict unless said"`
		Reason   string `json:"reason" minLength:"2" maxLength:"2000" example:"系其配偶" doc:"what the interest is; at least two characters that are not white space"`
	}
}

func (o operations) declare(ctx context.Context, actor auth.Principal, in *declareIn) (*struct{}, error) {
	id := contract.CaseID(in.ID)
	if who := contract.AccountID(in.Body.Official); who != "" && string(who) != actor.ID {
		return &struct{}{}, o.s.Order(ctx, actor, id, who, in.Body.Reason)
	}
	return &struct{}{}, o.s.Declare(ctx, actor, id, in.Body.Reason)
}

type conflictBody struct {
	Case     string        `json:"case"`
	Number   string        `json:"number"`
	Name     contract.Text `json:"name"`
	Official string        `json:"official"`
	Post     string        `json:"post"`
	How      string        `json:"how" enum:"declared,ordered,asked"`
	Reason   string        `json:"reason,omitempty"`
	By       string        `json:"by"`
	Void     bool          `json:"void,omitempty" doc:"a review of the official does not count any more"`
	At       time.Time     `json:"at"`
}

type conflictsOut struct {
	Body struct {
		Conflicts []conflictBody `json:"conflicts"`
	}
}

func (o operations) conflicts(ctx context.Context, actor auth.Principal, _ *struct{}) (*conflictsOut, error) {
	list, err := o.s.Conflicts(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &conflictsOut{}
	out.Body.Conflicts = []conflictBody{}
	for _, x := range list {
		out.Body.Conflicts = append(out.Body.Conflicts, conflictBody{
			Case: string(x.Case), Number: x.Number, Name: x.ItemName, Official: x.Official.ID, Post: x.Official.Name, How: x.How,
			Reason: x.Reason, By: x.By.Name, Void: x.Void, At: x.At.UTC(),
		})
	}
	return out, nil
}

type recusalBody struct {
	ID       string     `json:"id"`
	Case     string     `json:"case"`
	Number   string     `json:"number"`
	Official string     `json:"official" doc:"name"`
	Reason   string     `json:"reason"`
	At       time.Time  `json:"at"`
	Due      string     `json:"due"`
	Result   string     `json:"result,omitempty" enum:"granted,refused"`
	Answer   string     `json:"answer,omitempty"`
	Answered *time.Time `json:"answered,omitempty"`
}

type recusalsOut struct {
	Body struct {
		Withdrawals []recusalBody `json:"withdrawals"`
	}
}

func recusalBodies(list []casework.Recusal) *recusalsOut {
	out := &recusalsOut{}
	out.Body.Withdrawals = []recusalBody{}
	for _, x := range list {
		out.Body.Withdrawals = append(out.Body.Withdrawals, recusalBodyOf(x))
	}
	return out
}

func recusalBodyOf(x casework.Recusal) recusalBody {
	return recusalBody{
		ID: x.ID, Case: string(x.Case), Number: x.Number, Official: x.Official.Name, Reason: x.Reason, At: x.At.UTC(),
		Due: x.Due.String(), Result: x.Result, Answer: x.Answer, Answered: instantOf(x.AnsweredAt),
	}
}

func (o operations) recusals(ctx context.Context, actor auth.Principal, in *caseIn) (*recusalsOut, error) {
	list, err := o.s.RecusalsOf(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	return recusalBodies(list), nil
}

type agencyRecusalsIn struct {
	Answered bool `query:"answered"`
}

func (o operations) agencyRecusals(ctx context.Context, actor auth.Principal, in *agencyRecusalsIn) (*recusalsOut, error) {
	list, err := o.s.Recusals(ctx, actor, in.Answered)
	if err != nil {
		return nil, err
	}
	return recusalBodies(list), nil
}

type recuseIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Official string `json:"official,omitempty" maxLength:"64" doc:"account, where the record of the case names it"`
		Name     string `json:"name,omitempty" maxLength:"50" doc:"of an official whom the record does not name"`
		Reason   string `json:"reason" minLength:"2" maxLength:"2000" example:"系其配偶" doc:"what the relation is, and how one knows; at least two characters that are not white space"`
	}
}

type recusalOut struct{ Body recusalBody }

func (o operations) recuse(ctx context.Context, actor auth.Principal, in *recuseIn) (*recusalOut, error) {
	x, err := o.s.AskWithdrawal(ctx, actor, contract.CaseID(in.ID), casework.NewRecusal{
		Official: contract.AccountID(in.Body.Official), Name: in.Body.Name, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return &recusalOut{recusalBodyOf(x)}, nil
}

type recusalAnswerIn struct {
	Request string `path:"request" maxLength:"64"`
	Body    struct {
		Result   string `json:"result" enum:"granted,refused"`
		Official string `json:"official,omitempty" maxLength:"64" doc:"whom it is about, where the applicant knew a name alone"`
		Answer   string `json:"answer" maxLength:"2000"`
	}
}

func (o operations) answerRecusal(ctx context.Context, actor auth.Principal, in *recusalAnswerIn) (*struct{}, error) {
	return &struct{}{}, o.s.AnswerWithdrawal(ctx, actor, in.Request, casework.Reply{
		Result: in.Body.Result, Official: contract.AccountID(in.Body.Official), Text: in.Body.Answer,
	})
}
