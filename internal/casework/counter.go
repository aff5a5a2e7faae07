package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// The integrated counter (综合窗口): a clerk takes in for every department on
// behalf of who stands at the window. While they do, they are on the applicant's
// side of the case; at their desk they are staff of the hall.

// applies reports whether an actor stands on the applicant's side of a case: the
// applicant, whoever acts for them, or the clerk whom they stand before.
func applies(actor auth.Principal, c Case) bool {
	return actor.Kind == auth.Resident || actor.AtCounter() && c.Applicant.ID == actor.Subject()
}

// atDesk is an actor without whom they serve: the lists of a post are the same
// whoever stands at the window.
func atDesk(actor auth.Principal) auth.Principal {
	if actor.AtCounter() {
		actor.For = auth.Acting{}
	}
	return actor
}

// applicantSteps are those that a clerk takes in the applicant's place; any other
// step is the agency's, also with the applicant at the window.
var applicantSteps = []string{actSubmit, actResubmit, actWithdraw, actSupplement}

// standing is an actor as a step is recorded: on behalf of who stands at the
// window where the step is the applicant's, in the name of the agency where not. Then
// the session is named all the same: the person was there, and takes a slip along.
func standing(actor auth.Principal, c Case, t statute.Transition) auth.Principal {
	if !actor.AtCounter() || !applies(actor, c) {
		return atDesk(actor)
	}
	if slices.Contains(applicantSteps, t.Action) && slices.Contains(t.Roles, statute.RoleApplicant) {
		return actor
	}
	session := actor.For.Mandate
	actor = atDesk(actor)
	actor.For.Mandate = session
	return actor
}

// AtWindow is the kind of right under which a clerk took a step of the agency with the
// applicant at the window; steps of the applicant have auth.ForCounter.
const AtWindow = "window"

// Through reports whether a step was taken at a window.
func (st Step) Through() bool { return st.BehalfKind == AtWindow || st.BehalfKind == auth.ForCounter }

// placed tells of the steps that were taken at a window at which.
func (s *Service) placed(ctx context.Context, list []Step) ([]Step, error) {
	places := map[string]contract.Counter{}
	for i := range list {
		st := &list[i]
		if !st.Through() || s.c.Counters == nil {
			continue
		}
		at, ok := places[st.Mandate]
		if !ok {
			var err error
			if at, err = s.c.Counters.At(ctx, st.Mandate); err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			places[st.Mandate] = at
		}
		st.Hall, st.Window = at.Hall, at.Window
	}
	return list, nil
}

// onSide is an actor as they take part in a case: the applicant's side only where
// the case is of who stands at the window.
func onSide(actor auth.Principal, c Case) auth.Principal {
	if applies(actor, c) {
		return actor
	}
	return atDesk(actor)
}

// lookedAt is the agency whose official looked at an original.
func lookedAt(actor auth.Principal, c Case) contract.Text {
	if c.Counter.Session != "" && actor.Agency == string(c.Counter.Agency) {
		return c.Counter.AgencyName
	}
	return c.AgencyName
}

// What a clerk reads of the person at the window is recorded as read for them, on
// the ground that people choose their way to the authorities, the counter too.
const (
	purposeCounter = "counter"
	basisCounter   = "优化营商环境条例第三十六条、第三十七条"
)

// ownRule is the condition of the lists of an applicant: what is theirs.
func ownRule(actor auth.Principal) *where {
	w := &where{}
	if !actor.Applies() || actor.AtCounter() && (!actor.Is(auth.RoleCounter) || actor.Person() == actor.ID) {
		w.and("1 = 0")
		return w
	}
	w.and("applicant_id = ?", actor.Subject())
	if len(actor.For.Items) > 0 { // the right to act is limited to these
		w.oneOf("item", actor.For.Items)
	}
	return w
}

// hallRule is the condition of what the clerks of a hall may see, or take a step
// of the procedure on; it says what the last part of policy.cedar says.
func (s *Service) hallRule(actor auth.Principal, action string) *where {
	w := &where{}
	if !actor.Is(auth.RoleCounter) || actor.Agency == "" {
		w.and("1 = 0")
		return w
	}
	w.and("taken_by = ?", actor.Agency)
	switch action {
	case "":
	case actAccept, actCorrect, actCorrectOnsite:
		w.and("counter_may = ?", contract.CounterAccept)
		takenAt(w, s.places(auth.Principal{Roles: []string{auth.RoleClerk}}, action), action)
		w.and("operator <> ? AND applicant_id <> ?", actor.ID, actor.ID)
	default:
		w.and("1 = 0")
	}
	return w
}

// withHall adds to what staff may see or do what they may at a counter. What
// nobody who has a part in a case may, they may not there either.
func (s *Service) withHall(w *where, actor auth.Principal, action string) *where {
	if !actor.Is(auth.RoleCounter) {
		return w
	}
	ways := []*where{w, s.hallRule(actor, action)}
	if actor.AtCounter() && action == "" {
		ways = append(ways, ownRule(actor))
	}
	out := anyOf(ways...)
	out.and(`concerned NOT LIKE ? ESCAPE '!'`, "%|"+escapeLike(actor.ID)+"|%")
	return out
}

// takesSome reports whether a step is a matter of the actor's post at all.
func (s *Service) takesSome(actor auth.Principal, action string) bool {
	return len(s.proceduresWhere(actor, action)) > 0 || actor.Is(auth.RoleCounter) && action == actAccept
}

// takerApart reports whether a step is not for who took the case in.
func takerApart(action string) bool {
	return action != actAccept && action != actCorrect && action != actCorrectOnsite && action != actDeliver
}
