package caseworktest

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// AtWindow is a clerk of the hall while somebody stands at window 3.
func AtWindow(clerk, person, subject string) auth.Principal {
	p := Staff(clerk, auth.RoleCounter)
	p.For = auth.Acting{Kind: auth.ForCounter, ID: subject, Name: subject, Mandate: "session-" + clerk, Person: person, PersonName: person, Level: 3}
	return p
}

// windows tells where a session is, which is called after its clerk.
type windows struct{}

func (windows) At(_ context.Context, session string) (contract.Counter, error) {
	clerk, ok := strings.CutPrefix(session, "session-")
	if !ok {
		return contract.Counter{}, fault.New(fault.NotFound, "counter.session.none")
	}
	return contract.Counter{
		Session: session, Hall: contract.Text{ZH: "广安区政务服务中心", EN: "Guang'an hall"}, Window: "3", Clerk: contract.AccountID(clerk),
		ClerkName: "岗位 " + clerk, Agency: "bureau", AgencyName: contract.Text{ZH: "区行政审批局", EN: "Approval bureau"}, Division: "511602",
	}, nil
}
