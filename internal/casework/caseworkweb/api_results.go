package caseworkweb

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// resultBody is what one part of a bundle came to.
type resultBody struct {
	Part    string        `json:"part"`
	Number  string        `json:"number"`
	Name    contract.Text `json:"name"`
	Agency  contract.Text `json:"agency"`
	Outcome string        `json:"outcome,omitempty" enum:"granted,denied,refused,ended" doc:"empty while it is open"`
	Decided *time.Time    `json:"decided,omitempty"`
	Licence string        `json:"licence,omitempty"`
}

func (o operations) results(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]resultBody, error) {
	parts, err := o.s.Parts(ctx, actor, id)
	list := make([]resultBody, len(parts))
	for i, p := range parts {
		list[i] = resultBody{
			Part: p.ID, Number: p.Number, Name: p.Name, Agency: p.AgencyName, Outcome: string(p.Outcome),
			Decided: instantOf(p.Decided), Licence: string(p.Licence),
		}
	}
	return list, err
}
