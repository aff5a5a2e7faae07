package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// Actions whose meaning goes beyond what the procedure data says. States and
// transitions are never named here: they are the procedure's.
const (
	actSubmit        = "submit"
	actAccept        = "accept"
	actDeem          = "deem"
	actCorrect       = "correct"
	actCorrectOnsite = "correct_onsite"
	actTakeBack      = "take_back" // of what was to be mended on the spot
	actResubmit      = "resubmit"
	actReview        = "review"
	actCountersign   = "countersign"
	actApprove       = "approve"
	actGrant         = "grant"
	actDeny          = "deny"
	actExtend        = "extend"
	actComplete      = "complete"
	actDeliver       = "deliver"
	actWithdraw      = "withdraw"
	actTerminate     = "terminate"
	actRevoke        = "revoke"
	actCancel        = "cancel"
	// Special procedures and public notice.
	actPause      = "pause"
	actResume     = "resume"
	actEndSpecial = "end_special"
	actPublicise  = "publicise"
	actEndNotice  = "end_notice"
	// Opinions of other agencies.
	actOpine  = "opine"
	actRecall = "recall"
	actSend   = "send"
	// Commitments.
	actKeep      = "keep"
	actBreach    = "breach"
	actRectified = "rectified"
	// Parts of a bundle, and its sum.
	actHold          = "hold"
	actRelease       = "release"
	actDrop          = "drop"
	actPartsAccepted = "parts_accepted"
	actPartDenied    = "part_denied"
	actSumUp         = "sum_up"
	actSumUpPartly   = "sum_up_partly"
)

// offered are the actions that staff and applicants take on a case by a form of
// this area. Resubmission comes from the form area, opinions come by the unit's
// own page, the rest by itself.
var offered = []string{
	actAccept, actCorrect, actCorrectOnsite, actTakeBack, "not_required", "refuse", actReview, actCountersign, actApprove, actDeny,
	actPause, actResume, actPublicise, actEndNotice, actRecall, actSend, actExtend, actTerminate, actDeliver, actWithdraw,
	actKeep, actBreach, actRectified, actRevoke, actCancel,
}

// rules is the law as it holds for one case: its procedure, the working days of
// its place, the limits of its service.
type rules struct {
	proc           *statute.Procedure
	cal            *statute.Calendar
	limits         contract.Limits
	lights         statute.LightRule
	correctionDays int
	verifyDays     int               // after the decision, of a commitment
	forwardDays    int               // to send papers on to another place
	from           *statute.Calendar // of the place that took it in; nil is the same
	stages         []contract.StageSpec
	today          day.Date // a pause that should have ended goes on until it; zero tells what was told when it began
}

// input is one act of one actor.
type input struct {
	Action
	actor auth.Principal
	unit  contract.Agency // of staff and system; zero for applicants
	at    time.Time
	// special is the procedure that the step starts or ends.
	special Special
}

// outcome is what an act brings about beside the changed case.
type outcome struct {
	steps   []taken
	entries []clockEntry
	cards   []card
}

// taken is a step with the transition it took.
type taken struct {
	Step
	transition statute.Transition
}

// card is a card of electronic supervision.
type card struct {
	rule       string
	occurrence string // a rule can apply to one case more than once
	light      statute.Light
	of         contract.Agency // whose card it is, where it is not the case's agency
}

// Rules of electronic supervision.
const (
	cardDeemed       = "deemed"        // five silent days (art. 32(4))
	cardPromised     = "promised"      // the promised day is over
	cardLegal        = "legal"         // the day set by law is over
	cardSecondNotice = "second_notice" // corrections are to be told once
	cardTwoYellow    = "two_yellow"
	cardUnitLate     = "unit_late"    // an agency that was asked gave no opinion in time
	cardUnverified   = "verification" // a commitment was not verified in time
	cardStage        = "stage"        // a stage took longer than its own limit
	cardObjection    = "objection"    // an objection was not answered in time
)

// apply takes one act and the automatic steps that follow it. It changes
// nothing but what it returns.
func (r rules) apply(c Case, history []clockEntry, in input) (Case, outcome, error) {
	var out outcome
	t, err := r.proc.Transition(c.State, in.Name)
	if err != nil {
		return c, out, ErrState.Wrap(err)
	}
	if err := r.admit(c, t, in); err != nil {
		return c, out, err
	}
	c = note(c, in)
	if t.Deemed {
		out.cards = append(out.cards, card{rule: cardDeemed, occurrence: fmt.Sprint(c.Step), light: statute.Yellow})
	}
	if in.Name == actCorrect && c.Notices > 1 {
		out.cards = append(out.cards, card{rule: cardSecondNotice, occurrence: fmt.Sprint(c.Notices), light: statute.Yellow})
	}
	c, err = r.take(c, t, in, &out)
	for err == nil {
		next, ok := r.proc.Automatic(c.State)
		if !ok {
			break
		}
		follow := input{Action: Action{Name: next.Action}, actor: auth.SystemPrincipal("procedure"), unit: in.unit, at: in.at}
		c, err = r.take(note(c, follow), next, follow, &out)
	}
	if err != nil {
		return c, out, err
	}
	if c, err = r.timeStage(c, history, &out, in); err != nil {
		return c, out, err
	}
	c.Due, err = r.due(c, append(slices.Clone(history), out.entries...))
	return c, out, err
}

// take goes from one state to the next and writes the process record.
func (r rules) take(c Case, t statute.Transition, in input, out *outcome) (Case, error) {
	from := c.State
	c.State = t.To
	c.Step++
	state, ok := r.proc.State(t.To)
	if !ok {
		return c, fmt.Errorf("state %s is not in procedure %s", t.To, r.proc.ID)
	}
	c.Stage = r.stage(c, state)
	if state.Outcome != "" {
		c.Outcome = state.Outcome
	}
	if t.Effect(statute.Acceptance) == statute.Start { // the papers came
		c.Received = in.at
		if on := in.OnTheWay.Arrived; !on.IsZero() && on.Before(day.In(in.at)) {
			c.Received = on.Time()
		}
	}
	if c.Ended.IsZero() && (state.Final || t.Action == actComplete) {
		c.Ended = in.at
	}
	for _, e := range t.Clocks {
		entry, err := r.entry(c, e, in)
		if err != nil {
			return c, err
		}
		out.entries = append(out.entries, entry)
	}
	s := taken{transition: t, Step: Step{
		No: c.Step, Action: t.Action, From: from, To: t.To,
		Actor: recorded(in.actor), Opinion: in.Opinion, Reasons: in.Reasons, Organ: in.Organ,
		Deemed: t.Deemed || lapsedByLaw(in), Started: c.Moved, At: in.at,
		UnitID: in.unit.ID, Unit: in.unit.Name,
	}}
	s.Behalf, s.BehalfKind, s.Mandate = behalf(c, in.actor)
	out.steps = append(out.steps, s)
	c.Moved = in.at
	return c, nil
}

// recorded is an actor as records name it: never a resident's name.
func recorded(p auth.Principal) contract.Actor {
	a := contract.Actor{Kind: string(p.Kind), ID: p.ID}
	if p.Kind == auth.Staff {
		a.Name = p.Name
	}
	return a
}

// behalf is for whom a step was taken and by what right. The last signature
// sends in what the agent filled in.
func behalf(c Case, p auth.Principal) (subject, kind, mandate string) {
	if p.For.ID != "" && (p.Applies() || p.For.Kind == forDeputy) {
		return p.For.ID, p.For.Kind, p.For.Mandate
	}
	if p.Kind == auth.Staff && p.For.ID == "" && p.For.Mandate != "" {
		return "", AtWindow, p.For.Mandate
	}
	if p.ID == lastSignature && c.Agent.Kind != "" {
		return c.Applicant.ID, c.Agent.Kind, c.Agent.Mandate
	}
	return "", "", ""
}

// admit checks what the procedure data cannot say.
func (r rules) admit(c Case, t statute.Transition, in input) error {
	if in.Step != 0 && in.Step != c.Step {
		return ErrStale
	}
	var form fault.Form
	marks := t.Action == actCorrect || t.Action == actCorrectOnsite
	if t.Reasons && !marks && len(in.Reasons) == 0 {
		form.Add("reasons", "casework.reasons_required")
	}
	if marks {
		checkMarks(&form, in.Marks)
	}
	if needsOpinion(t.Action) && in.Opinion == "" {
		form.Add("opinion", "casework.opinion_required")
	}
	if t.Action == actExtend && r.proc.ExtensionBy.ZH != "" && in.Organ == "" {
		form.Add("organ", "casework.approval_required")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return r.inTurn(c, t.Action, day.In(in.at))
}

// needsOpinion reports whether a step is nothing without what the official says.
func needsOpinion(action string) bool {
	return slices.Contains([]string{actReview, actCountersign, actResume, actEndSpecial, actEndNotice, actKeep, actRectified}, action)
}

func checkMarks(form *fault.Form, marks []contract.Mark) {
	if len(marks) == 0 {
		form.Add("marks", "casework.marks_required")
	}
	for _, m := range marks {
		if strings.TrimSpace(m.Reason) == "" {
			form.Add("reason-"+m.Kind+"-"+m.ID, "casework.mark_reason_required")
		}
	}
}

// note writes down what an act means for the case, besides the state.
func note(c Case, in input) Case {
	who := Handler{in.actor.ID, in.actor.Name}
	switch in.Name {
	case actAccept:
		c.Accepted, c.Clerk = in.at, who
	case actPartsAccepted:
		c.Accepted = in.at
	case actPartDenied, actSumUp, actSumUpPartly: // what the parts came to; once denied it stays so
		if c.Decided.IsZero() {
			c.Decided = in.at
		}
	case actDeem: // dated back to the day the papers came (art. 32(4))
		c.Accepted, c.Deemed = c.Received, true
	case actCorrect:
		c.Notices++
		c.Clerk, c.Marked = who, c.Notices
	case actCorrectOnsite: // not the notice that the law allows once: the number is the step's
		c.Clerk, c.Marked = who, -(c.Step + 1)
	case "refuse", "not_required", actTerminate:
		c.Clerk = who
	case actReview:
		c.Reviewer = who
	case actCountersign:
		c.Second = who
	case actApprove, actDeny, actGrant:
		c.Decided, c.Approver = in.at, who
	case actExtend:
		c.Extended = true
	}
	return c
}
