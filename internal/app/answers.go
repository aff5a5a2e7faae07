package app

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/licence"
)

// answerWords writes answers on the desk with the words of the form: the same
// function, with the places and licences of this installation.
type answerWords struct {
	divisions func(code string) (contract.Text, bool)
	licences  *licence.Service
}

func (w answerWords) Show(ctx context.Context, holder string, f contract.Field, v any) contract.Text {
	names := form.Names{Division: w.divisions}
	if id, ok := v.(string); ok && f.Kind == form.KindLicence {
		if l, err := w.licences.Named(ctx, contract.LicenceID(id), holder); err == nil {
			names.Licences = []contract.HeldLicence{l}
		}
	}
	return names.Show(f, v)
}
