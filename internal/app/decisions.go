package app

import (
	"context"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/internal/licence"
)

// faces evaluates the face of a licence with the rules of its package, which see
// the licence that came before.
type faces struct {
	rules     *rule.Engine
	licences  *licence.Service
	divisions func(code string) (contract.Text, bool)
}

func (f faces) Evaluate(ctx context.Context, svc contract.Service, x casework.FaceInput) ([]contract.FaceLine, error) {
	in := form.FaceInput{Applicant: x.Holder, Today: x.On, Answers: x.Answers, Found: x.Found, Divisions: f.divisions}
	if x.Prior != "" {
		var err error
		if in.Prior, err = f.licences.PriorFace(ctx, x.Prior, x.Holder.ID); err != nil {
			return nil, err
		}
	}
	return form.FaceOf(f.rules, svc, in)
}

// findings reads what officials enter in a stage, with the rules of the package.
type findings struct{ rules *rule.Engine }

func (f findings) ReadFound(svc contract.Service, x casework.FoundInput) (contract.Answers, []fault.Field, error) {
	in := form.FoundInput{
		Applicant: x.Applicant, Today: x.On, Answers: x.Answers, Found: x.Found, Fields: x.Fields,
		Get: x.Get, JSON: x.JSON, Partly: x.Partly,
	}
	return form.ReadFound(f.rules, svc, in)
}

// conditions evaluates when another agency is asked, with the rules of the package.
type conditions struct{ rules *rule.Engine }

func (c conditions) Holds(
	svc contract.Service, when string, applicant contract.Party, on day.Date, answers, found contract.Answers,
) (bool, error) {
	return form.Holds(c.rules, svc, when, form.Input{Applicant: applicant, Today: on, Answers: answers, Found: found})
}
