package licence

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/policy"
)

// maxHeld bounds how many licences of a holder are looked through.
const maxHeld = 200

// HeldBy lists the licences that subject holds today, of the types named or, for
// those whose right is not limited, of all types. Each is a use that its holder
// can read: a licence is used for a lawful matter, not browsed.
func (s *Service) HeldBy(ctx context.Context, actor auth.Principal, subject string, typeCodes []string) ([]contract.HeldLicence, error) {
	o := policy.Object{Type: "Wallet", Attrs: map[string]any{"holder": subject, "named": len(typeCodes) > 0}}
	if err := s.Policy.Check(actor, "licence.use", o); err != nil {
		return nil, err
	}
	rows, err := ofHolder(ctx, s.DB, subject, maxHeld)
	if err != nil {
		return nil, err
	}
	var held []contract.HeldLicence
	for _, r := range rows {
		named := len(typeCodes) == 0 || slices.Contains(typeCodes, r.TypeCode)
		if !named || !r.StateOn(day.In(s.Now())).usable() {
			continue
		}
		l, err := s.open(r, nil)
		if err != nil {
			return nil, err
		}
		if err := s.record(ctx, actor, l, UseApply, ChannelForm); err != nil {
			return nil, err
		}
		held = append(held, asHeld(l))
	}
	return held, nil
}

func asHeld(l Licence) contract.HeldLicence {
	face := map[string]string{}
	for _, line := range l.Face {
		if line.ID != "" {
			face[line.ID] = line.Value
		}
	}
	return contract.HeldLicence{
		ID: l.ID, TypeCode: l.TypeCode, Name: l.Name, Number: l.Number, Identifier: l.Identifier,
		Agency: l.AgencyName, From: l.From.String(), To: l.To.String(), Face: face,
	}
}
