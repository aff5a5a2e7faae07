package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// renewalPending says that a case asks for the renewal of a licence: silence
// until the licence's last day then counts as a grant (Licensing Law art. 50).
func (s *Service) renewalPending(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, svc contract.Service, answers contract.Answers) error {
	if svc.Licence == nil || svc.Licence.Effect != contract.LicenceRenew {
		return nil
	}
	prior, _ := answers[svc.Licence.Prior].(string)
	if prior == "" {
		return nil
	}
	return s.c.Events.Record(ctx, tx, meta(actor, c), contract.RenewalPending{
		Licence: contract.LicenceID(prior), Case: c.ID, Applied: day.In(c.Filed).String(),
		At: c.Filed.UTC().Truncate(time.Microsecond),
	})
}
