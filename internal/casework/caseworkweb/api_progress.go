package caseworkweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

type progressIn struct {
	Number string `query:"number" maxLength:"60" required:"true"`
	Code   string `query:"code" maxLength:"20" required:"true"`
	from   string
}

// Resolve is called by huma before the operation: tries are counted by address.
func (p *progressIn) Resolve(hc huma.Context) []error {
	p.from = web.Host(hc.RemoteAddr())
	return nil
}

type progressOut struct {
	Body struct {
		Number    string        `json:"number"`
		Name      contract.Text `json:"name"`
		Agency    contract.Text `json:"agency"`
		Applicant string        `json:"applicant" doc:"masked, where it is a person"`
		State     contract.Text `json:"state"`
		Stage     string        `json:"stage"`
		Due       string        `json:"due,omitempty"`
		Filed     time.Time     `json:"filed"`
		Moved     time.Time     `json:"moved"`

		Parts []progressPartBody `json:"parts,omitempty" doc:"of a bundle"`
	}
}

type progressPartBody struct {
	Name  contract.Text `json:"name"`
	State contract.Text `json:"state"`
	Done  bool          `json:"done"`
	Due   string        `json:"due,omitempty"`
}

func (o operations) progress(ctx context.Context, _ auth.Principal, in *progressIn) (*progressOut, error) {
	p, err := o.s.Progress(ctx, in.from, in.Number, in.Code)
	if err != nil {
		return nil, err
	}
	out := &progressOut{}
	b := &out.Body
	b.Number, b.Name, b.Agency, b.Applicant = p.Number, p.Item, p.Agency, p.Applicant
	b.State, b.Stage, b.Due, b.Filed, b.Moved = p.State, string(p.Stage), p.Due.Promised.String(), p.Filed.UTC(), p.Moved.UTC()
	for _, x := range p.Parts {
		b.Parts = append(b.Parts, progressPartBody{x.Name, x.State, x.Done, x.Due.Promised.String()})
	}
	return out, nil
}
