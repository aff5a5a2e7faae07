package casework

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// HandChoices is what an actor may do about who has a case.
type HandChoices struct {
	See, Claim, Release, HandOver, Assign, TakeOver, Declare bool
}

// HandChoices tells what the actor may do about who has a case now, and the absence
// of its holder.
func (s *Service) HandChoices(ctx context.Context, actor auth.Principal, c Case) (HandChoices, Absence, error) {
	var may HandChoices
	away, err := s.standIn(ctx, s.c.DB, c)
	if err != nil {
		return may, away, err
	}
	o := heldObject(c, away.Deputy.ID)
	can := func(action string) bool { return s.c.Policy.May(actor, "casework."+action, o) }
	may.See, may.Declare = can("holds"), can("declare") && c.Stage != StageDone
	if !c.Queueing() {
		return may, away, nil
	}
	fits := s.fits(ctx, actor, c) == nil
	held, mine := c.Holder.ID != "", c.Holder.ID == actor.ID
	may.Claim = !held && fits && can("claim")
	may.Release = held && can("release")
	may.HandOver = held && can("hand_over")
	may.Assign = can("assign")
	if held && !mine && fits {
		_, err := s.mayTakeOver(ctx, s.c.DB, actor, c)
		may.TakeOver = err == nil
	}
	return may, away, nil
}

// AwayNow is the actor's own absence today; zero while they are there.
func (s *Service) AwayNow(ctx context.Context, actor auth.Principal) (Absence, error) {
	if actor.Kind != auth.Staff {
		return Absence{}, nil
	}
	return s.absenceOf(ctx, s.c.DB, contract.AgencyID(actor.Agency), actor.ID)
}
