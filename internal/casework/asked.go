package casework

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// AskedFor is one thing that a correction notice asks to be mended, with what was
// handed in so far.
type AskedFor struct {
	contract.Mark

	Name  contract.Text
	Value contract.Text // of a field, as it was answered; empty where it was not
	Files []string      // of a material, as the applicant named them
}

// AskedToCorrect lists what the applicant must still correct, with the reason of each
// mark; nothing while the case does not wait for that, or for whoever is not on the
// applicant's side.
func (s *Service) AskedToCorrect(ctx context.Context, actor auth.Principal, c Case) ([]AskedFor, error) {
	if c.Stage != StageApplicant || !applies(actor, c) {
		return nil, nil
	}
	asked, err := s.Correction(ctx, actor, c.ID)
	if errors.Is(err, ErrState) { // of a bundle: its parts are corrected, each on its own page
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	say, fields := s.words(ctx, c), fieldsOf(svc)
	var list []AskedFor
	for _, m := range asked.Marks {
		a := AskedFor{Mark: m, Name: MarkName(svc, m)}
		if v, answered := asked.Answers[m.ID]; answered && m.Kind == "field" {
			a.Value = say.value(fields[m.ID], v, false)
		}
		for _, x := range asked.Materials {
			if m.Kind == "material" && x.ID == m.ID && x.Name != "" {
				a.Files = append(a.Files, x.Name)
			}
		}
		list = append(list, a)
	}
	return list, nil
}
