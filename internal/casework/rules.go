package casework

import (
	"encoding/json"
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
	actSubmit      = "submit"
	actAccept      = "accept"
	actDeem        = "deem"
	actCorrect     = "correct"
	actResubmit    = "resubmit"
	actReview      = "review"
	actCountersign = "countersign"
	actApprove     = "approve"
	actGrant       = "grant"
	actDeny        = "deny"
	actExtend      = "extend"
	actComplete    = "complete"
	actDeliver     = "deliver"
	actPause       = "pause"
	actResume      = "resume"
)

// offered are the actions that staff and applicants take on a case by a form of
// this area. Resubmission comes from the form area, the rest by itself.
var offered = []string{
	actAccept, actCorrect, "not_required", "refuse", actReview, actCountersign, actApprove, actDeny,
	actExtend, "terminate", actDeliver, "withdraw",
}

// extensionDays is by how much the head of the organ may extend (art. 42(1)).
const extensionDays = 10

// rules is the law as it holds for one case: its procedure, the working days of
// its place, the limits of its service.
type rules struct {
	proc           *statute.Procedure
	cal            *statute.Calendar
	limits         contract.Limits
	lights         statute.LightRule
	correctionDays int
}

// input is one act of one actor.
type input struct {
	Action
	actor auth.Principal
	unit  contract.Agency // of staff and system; zero for applicants
	at    time.Time
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
}

// Rules of electronic supervision.
const (
	cardDeemed       = "deemed"        // five silent days (art. 32(4))
	cardPromised     = "promised"      // the promised day is over
	cardLegal        = "legal"         // the day set by law is over
	cardSecondNotice = "second_notice" // corrections are to be told once
	cardTwoYellow    = "two_yellow"
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
		out.cards = append(out.cards, card{cardDeemed, fmt.Sprint(c.Step), statute.Yellow})
	}
	if in.Name == actCorrect && c.Notices > 1 {
		out.cards = append(out.cards, card{cardSecondNotice, fmt.Sprint(c.Notices), statute.Yellow})
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

// admit checks what the procedure data cannot say.
func (r rules) admit(c Case, t statute.Transition, in input) error {
	if in.Step != 0 && in.Step != c.Step {
		return ErrStale
	}
	var form fault.Form
	if t.Reasons && t.Action != actCorrect && len(in.Reasons) == 0 {
		form.Add("reasons", "casework.reasons_required")
	}
	if t.Action == actCorrect {
		checkMarks(&form, in.Marks)
	}
	if (t.Action == actReview || t.Action == actCountersign) && in.Opinion == "" {
		form.Add("opinion", "casework.opinion_required")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return r.inTurn(c, t.Action)
}

// inTurn keeps the order of reviews: one or two different officials
// (art. 34(3)), then the decision.
func (r rules) inTurn(c Case, action string) error {
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
		if c.Stage != StageDecide {
			return ErrReviews
		}
	case actExtend:
		if c.Extended {
			return ErrExtended
		}
	}
	return nil
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
	case actDeem: // dated back to the day the papers came (art. 32(4))
		c.Accepted, c.Deemed = c.Received, true
	case actCorrect:
		c.Notices++
		c.Clerk = who
	case "refuse", "not_required", "terminate":
		c.Clerk = who
	case actResubmit:
		c.Received = in.at
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

// stage says whose turn it is in a state.
func (r rules) stage(c Case, s statute.ProcedureState) Stage {
	can := func(action string) bool {
		_, err := r.proc.Transition(s.ID, action)
		return err == nil
	}
	switch {
	case s.Final:
		return StageDone
	case can(actAccept):
		return StageAccept
	case can(actReview) && c.Reviewer.ID == "":
		return StageReview
	case can(actCountersign) && c.Two && c.Second.ID == "":
		return StageCountersign
	case can(actApprove):
		return StageDecide
	case can(actDeliver):
		return StageDeliver
	case can(actResume):
		return StagePaused
	case slices.Equal(s.Actors, []statute.Role{statute.RoleApplicant}):
		return StageApplicant
	}
	return StageDone // only passed through: an automatic step follows
}

// entry is what a step does to a clock, on the legal day it happened.
func (r rules) entry(c Case, e statute.ClockEffect, in input) (clockEntry, error) {
	out := clockEntry{step: c.Step, clock: e.Clock, at: in.at, entry: statute.Entry{Kind: e.Entry, On: day.In(in.at)}}
	switch e.Entry {
	case statute.Start:
		if in.Name == actDeem {
			out.entry.On = day.In(c.Received)
		}
		spec, err := json.Marshal(r.clock(e.Clock))
		if err != nil {
			return out, fmt.Errorf("clock: %w", err)
		}
		out.spec = string(spec)
	case statute.Extend:
		out.entry.Days, out.entry.Reason = extensionDays, strings.Join(in.Reasons, "；")
	case statute.Pause, statute.Resume, statute.Stop:
	}
	return out, nil
}

// clock is how long the service's clock runs, by its limits of today. A clock
// that started keeps the limits it started with.
func (r rules) clock(k statute.ClockKind) statute.Clock {
	switch k {
	case statute.Acceptance:
		return statute.AcceptanceClock(r.limits.Accept)
	case statute.Decision:
		if r.limits.Unit == "immediate" {
			return statute.ImmediateClock()
		}
		return statute.DecisionClock(r.limits.Statutory, r.limits.Promised)
	case statute.Delivery:
		return statute.DeliveryClock(r.limits.Deliver)
	case statute.Correction:
		return statute.CorrectionClock(r.correctionDays)
	}
	return statute.Clock{Kind: k}
}

// run replays one clock from its history. The zero State never started.
func (r rules) run(k statute.ClockKind, history []clockEntry) (statute.State, error) {
	clock, entries, err := pick(k, history)
	if err != nil || len(entries) == 0 {
		return statute.State{}, err
	}
	return statute.Replay(r.cal, clock, entries)
}

// pick takes the entries of one clock, and the limits of its last start.
func pick(k statute.ClockKind, history []clockEntry) (statute.Clock, []statute.Entry, error) {
	var clock statute.Clock
	var entries []statute.Entry
	for _, h := range history {
		if h.clock != k {
			continue
		}
		entries = append(entries, h.entry)
		if h.spec == "" {
			continue
		}
		if err := json.Unmarshal([]byte(h.spec), &clock); err != nil {
			return clock, nil, fmt.Errorf("clock %s: %w", k, err)
		}
	}
	return clock, entries, nil
}

// due is the clock that runs in the case's state.
func (r rules) due(c Case, history []clockEntry) (Due, error) {
	state, ok := r.proc.State(c.State)
	if !ok {
		return Due{}, fmt.Errorf("state %s is not in procedure %s", c.State, r.proc.ID)
	}
	if state.Clock == "" {
		return Due{}, nil
	}
	s, err := r.run(state.Clock, history)
	if err != nil {
		return Due{}, fmt.Errorf("clock %s: %w", state.Clock, err)
	}
	return Due{
		Clock: state.Clock, Promised: s.DuePromised, Legal: s.Due, Warn: r.firstAmber(s),
		Provisional: s.Provisional, Paused: s.Phase == statute.Paused,
	}, nil
}

// firstAmber is the first day of amber light, so that a list can tell the light
// by comparing dates.
func (r rules) firstAmber(s statute.State) day.Date {
	d := s.DuePromised
	if d.IsZero() || s.Phase != statute.Running {
		return day.Date{}
	}
	for d.After(s.Started) && r.lights.Of(s, d.Add(-1), statute.Finding{}) == statute.Amber {
		d = d.Add(-1)
	}
	return d
}

// Light is the light of a case on a day, from what lists store.
func (c Case) Light(today day.Date) statute.Light {
	red := c.Due.Clock == statute.Decision || c.Due.Clock == statute.Delivery
	switch {
	case c.Stage == StageDone, c.Due.Clock == "":
		return ""
	case c.Red > 0, red && past(c.Due.Legal, today) && !c.Due.Paused:
		return statute.Red
	case past(c.Due.Promised, today) && !c.Due.Paused:
		return statute.Yellow
	case c.Due.Paused:
		return statute.PausedLight
	case !c.Due.Warn.IsZero() && !today.Before(c.Due.Warn):
		return statute.Amber
	}
	return statute.Green
}

func past(due, today day.Date) bool { return !due.IsZero() && today.After(due) }

// lapsed are the cards that the passing of time alone brings to a case.
func lapsed(c Case, today day.Date) []card {
	if c.Due.Paused || c.Due.Clock != statute.Decision && c.Due.Clock != statute.Delivery {
		return nil
	}
	var cards []card
	occurrence := string(c.Due.Clock)
	if past(c.Due.Promised, today) && c.Due.Promised.Before(c.Due.Legal) {
		cards = append(cards, card{cardPromised, occurrence, statute.Yellow})
	}
	if past(c.Due.Legal, today) {
		cards = append(cards, card{cardLegal, occurrence, statute.Red})
	}
	return cards
}

// wake is the day on which somebody must look at the case next, because a
// deadline of the agency will have passed; zero for never.
func (c Case) wake(today day.Date) day.Date {
	if c.Due.Clock == statute.Correction { // the applicant's own time; a clerk may end it
		return day.Date{}
	}
	for _, due := range []day.Date{c.Due.Promised, c.Due.Legal} {
		if !due.IsZero() && !today.After(due) {
			return due.Add(1)
		}
	}
	return day.Date{}
}
