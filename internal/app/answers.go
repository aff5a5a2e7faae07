package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
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
	s, text := v.(string)
	switch {
	case text && f.Kind == form.KindLicence:
		if l, err := w.licences.Named(ctx, contract.LicenceID(s), holder); err == nil {
			names.Licences = []contract.HeldLicence{l}
		}
	case text && f.Kind == form.KindDate:
		return inWords(s)
	case text && f.Kind == form.KindPeriod:
		from, to, _ := strings.Cut(s, "/")
		a, b := inWords(from), inWords(to)
		return contract.Text{ZH: a.ZH + "至" + b.ZH, EN: a.EN + " to " + b.EN}
	}
	return names.Show(f, v)
}

// inWords writes a day as people do; what is no day stays as it is.
func inWords(s string) contract.Text {
	d, err := day.Parse(s)
	if err != nil {
		return contract.Text{ZH: s, EN: s}
	}
	y, m, dd := d.Date()
	return contract.Text{ZH: fmt.Sprintf("%d年%d月%d日", y, m, dd), EN: fmt.Sprintf("%d %s %d", dd, m, y)}
}
