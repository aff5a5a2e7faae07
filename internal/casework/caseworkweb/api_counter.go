package caseworkweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// apiCounter registers what a clerk does at a window with cases of who stands there.
func apiCounter(a *api.API, o operations) {
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/cases/{id}/withdrawal", ID: "case-withdraw-there", Action: "casework.mine", Tag: "counter", Summary: "Withdraw a case for the person at the window, with their confirmation and the clerk as witness"}, o.withdrawThere)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/cases/{id}/confirmations", ID: "case-confirmations", Action: "casework.api", Tag: "counter", Summary: "What was confirmed in person at a window, how, and before whom"}, o.confirmations)
}

type withdrawThereIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Step    int    `json:"step" doc:"That the person read."`
		Method  string `json:"method" enum:"paper,drawn"`
		Mark    string `json:"mark,omitempty" maxLength:"30000" doc:"Path of a drawn signature."`
		Witness bool   `json:"witness" doc:"The clerk saw the person sign."`
	}
}

func (o operations) withdrawThere(ctx context.Context, actor auth.Principal, in *withdrawThereIn) (*struct{}, error) {
	how := casework.Confirming{Method: in.Body.Method, Mark: strings.TrimSpace(in.Body.Mark)}
	if !in.Body.Witness {
		how.Method = "" // nobody saw it
	}
	_, err := o.s.WithdrawAt(ctx, actor, contract.CaseID(in.ID), in.Body.Step, how)
	return &struct{}{}, err
}

type confirmationsOut struct {
	Body struct {
		Confirmations []confirmationBody `json:"confirmations"`
	}
}

type confirmationBody struct {
	contract.Confirmed
	Step int    `json:"step"`
	What string `json:"what" enum:"submit,resubmit,withdraw"`
}

func (o operations) confirmations(ctx context.Context, actor auth.Principal, in *caseIn) (*confirmationsOut, error) {
	list, err := o.s.Confirmations(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &confirmationsOut{}
	out.Body.Confirmations = []confirmationBody{}
	for _, x := range list {
		out.Body.Confirmations = append(out.Body.Confirmations, confirmationBody{x.Confirmed, x.Step, x.What})
	}
	return out, nil
}
