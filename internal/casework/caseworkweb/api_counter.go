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
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/cases/{id}/withdrawal", ID: "case-withdraw-there", Action: "casework.mine", Tag: "counter", Summary: "Withdraw a case for the person at the window, with their confirmation, the scan of the sheet that they signed by hand, and the clerk as witness", MaxBytes: maxSheet}, o.withdrawThere)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/cases/{id}/confirmations", ID: "case-confirmations", Action: "casework.api", Tag: "counter", Summary: "What was confirmed in person at a window, how, and before whom"}, o.confirmations)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/cases/{id}/confirmations/{step}/sheet", ID: "case-confirmation-sheet", Action: "casework.api", Tag: "counter", Summary: "The scan of the sheet that was signed by hand at a window; officials get a copy that says who took it, and the look is recorded"}, o.sheet)
}

type withdrawThereIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Step    int       `json:"step" minimum:"1" example:"3" doc:"That the person read."`
		Method  string    `json:"method" enum:"paper,drawn" example:"paper" doc:"By hand on paper, or on the screen."`
		Mark    string    `json:"mark,omitempty" maxLength:"30000" doc:"Path of a drawn signature; required where it was drawn."`
		Witness bool      `json:"witness" example:"true" doc:"The clerk saw the person sign."`
		Sheet   *fileBody `json:"sheet,omitempty" doc:"Scan of the sheet that was signed by hand: PDF, JPG or PNG, up to 10 MB."`
	}
}

// maxSheet bounds a confirmation with its sheet: base64 takes a third more.
const maxSheet = 15 << 20

func (o operations) withdrawThere(ctx context.Context, actor auth.Principal, in *withdrawThereIn) (*struct{}, error) {
	how := casework.Confirming{Method: in.Body.Method, Mark: strings.TrimSpace(in.Body.Mark)}
	if !in.Body.Witness {
		how.Method = "" // nobody saw it
	}
	if in.Body.Sheet != nil {
		how.Sheet = uploadsOf([]fileBody{*in.Body.Sheet})
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

type sheetIn struct {
	ID   string `path:"id" maxLength:"64" doc:"of the case"`
	Step int    `path:"step" minimum:"1" doc:"that was confirmed"`
}

func (o operations) sheet(ctx context.Context, actor auth.Principal, in *sheetIn) (*api.File, error) {
	m, body, err := o.s.Sheet(ctx, actor, contract.CaseID(in.ID), in.Step)
	if err != nil {
		return nil, err
	}
	return handedFile(m, body), nil
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
