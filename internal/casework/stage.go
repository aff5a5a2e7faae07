package casework

import (
	"slices"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// What stands before a step.
var (
	ErrOpinions  = fault.New(fault.Conflict, "casework.opinions_missing")    // an agency that must be heard was not
	ErrObjection = fault.New(fault.Conflict, "casework.objection")           // an objection rules a grant out
	ErrChecks    = fault.New(fault.Conflict, "casework.checks_open")         // disputed or unconfirmed data were not looked at
	ErrRequired  = fault.New(fault.Conflict, "casework.part_required")       // a part that the bundle cannot do without
	ErrBarred    = fault.New(fault.Conflict, "casework.barred")              // broke a commitment and did not put it right
	ErrUngranted = fault.New(fault.Conflict, "casework.nothing_granted")     // nothing to revoke
	ErrOwnTime   = fault.New(fault.Conflict, "casework.own_time", "due", "") // the applicant still has the time that a notice gave
)

// inTurn keeps the order of things: reviews by one or two different officials
// (art. 34(3)), the opinions of other agencies, then the decision.
func (r rules) inTurn(c Case, action string, on day.Date) error {
	switch action {
	case actReview:
		if c.Stage != StageReview {
			return ErrState
		}
	case actCountersign:
		if c.Stage != StageCountersign {
			return ErrState
		}
	case actApprove, actDeny:
		return r.decidable(c, action)
	case actExtend:
		if c.Extended {
			return ErrExtended
		}
	case actKeep:
		if c.ChecksOpen > 0 {
			return ErrChecks
		}
	case actTerminate:
		return c.ownTime(statute.Correction, on)
	case actRevoke, actCancel:
		if c.Outcome != statute.Granted {
			return ErrUngranted
		}
		return c.ownTime(statute.Rectification, on)
	}
	return nil
}

// ownTime keeps the day that a notice gave the applicant: until it is over, nobody is
// late, and the agency does not take back what it gave in writing.
func (c Case) ownTime(k statute.ClockKind, on day.Date) error {
	if c.Due.Clock == k && !past(c.Due.Legal, on) {
		return ErrOwnTime.With("due", c.Due.Legal.String())
	}
	return nil
}

// decidable reports what is missing for a decision. What only a grant needs does
// not hold up a denial.
func (r rules) decidable(c Case, action string) error {
	switch {
	case c.Stage == StageOpinions:
		return ErrOpinions
	case c.Stage != StageDecide:
		return ErrReviews
	case action == actApprove && c.Objections > 0:
		return ErrObjection
	case action == actApprove && c.ChecksOpen > 0:
		return ErrChecks
	}
	return nil
}

// stage says whose turn it is in a state.
func (r rules) stage(c Case, s statute.ProcedureState) Stage {
	can := func(action string) bool {
		_, err := r.proc.Transition(s.ID, action)
		return err == nil
	}
	switch {
	case s.Final:
		return StageDone
	case can(actRelease):
		return StageWaiting
	case can(actSumUp):
		return StageParts
	case can(actReceive):
		return StageTransit
	case can(actAccept):
		return StageAccept
	case can(actReview) && c.Reviewer.ID == "":
		return StageReview
	case can(actCountersign) && c.Two && c.Second.ID == "":
		return StageCountersign
	case can(actApprove) && c.OpinionsOpen > 0:
		return StageOpinions
	case can(actApprove):
		return StageDecide
	case can(actDeliver):
		return StageDeliver
	case can(actResume):
		return StagePaused
	case can(actEndNotice):
		return StageNotice
	case can(actKeep):
		return StageVerify
	case can(actRectified):
		return StageRectify
	case slices.Equal(s.Actors, []statute.Role{statute.RoleApplicant}):
		return StageApplicant
	}
	return StageDone // only passed through: an automatic step follows
}
