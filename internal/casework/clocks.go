package casework

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// entry is what a step does to a clock, on the legal day it happened.
func (r rules) entry(c Case, e statute.ClockEffect, in input) (clockEntry, error) {
	out := clockEntry{step: c.Step, clock: e.Clock, at: in.at, entry: statute.Entry{Kind: e.Entry, On: day.In(in.at)}}
	switch e.Entry {
	case statute.Start:
		switch {
		case in.Name == actDeem:
			out.entry.On = day.In(c.Received)
		case in.Name == actReceive && !in.OnTheWay.Arrived.IsZero(): // from the day the papers came, whenever that was confirmed
			out.entry.On = in.OnTheWay.Arrived
		}
		spec, err := json.Marshal(r.clock(e.Clock, in.Days))
		if err != nil {
			return out, fmt.Errorf("clock: %w", err)
		}
		out.spec = string(spec)
	case statute.Extend:
		out.entry.Days, out.entry.Reason = r.proc.ExtensionDays, strings.Join(in.Reasons, "；")
	case statute.Pause:
		out.entry.ID, out.entry.Special, out.entry.Until = in.special.ID, in.special.Kind, in.special.Until
		out.entry.Reason = strings.Join(in.Reasons, "；")
	case statute.Resume:
		out.entry.ID, out.entry.Special = in.special.ID, in.special.Kind
	case statute.Stop:
		if in.Name == actReceive && !in.OnTheWay.Arrived.IsZero() {
			out.entry.On = in.OnTheWay.Arrived
		}
	case statute.Limits: // a move writes it itself, no step of a procedure does
	}
	return out, nil
}

// clock is how long the service's clock runs, by its limits of today. A clock
// that started keeps the limits it started with. Days are those that an official
// set for it, where one does.
func (r rules) clock(k statute.ClockKind, days int) statute.Clock {
	switch k {
	case statute.Forwarding:
		return statute.ForwardingClock(r.forwardDays)
	case statute.Acceptance:
		return statute.AcceptanceClock(r.limits.Accept)
	case statute.Decision:
		return r.decisionClock()
	case statute.Delivery:
		return statute.DeliveryClock(r.limits.Deliver)
	case statute.Correction:
		return statute.CorrectionClock(r.correctionDays)
	case statute.Verification:
		return statute.VerificationClock(r.verifyDays)
	case statute.Rectification:
		return statute.RectificationClock(cmp.Or(days, r.correctionDays))
	}
	return statute.Clock{Kind: k}
}

// decisionClock has the limit of the service's own law, or that of the procedure
// (art. 42: twenty days, forty-five where agencies act together).
func (r rules) decisionClock() statute.Clock {
	if r.limits.Unit == "immediate" {
		return statute.ImmediateClock()
	}
	c := statute.DecisionClock(cmp.Or(r.limits.Statutory, r.proc.DecisionDays), r.limits.Promised)
	c.Extension = r.proc.ExtensionDays
	return c
}

// run replays one clock from its history. The zero State never started.
func (r rules) run(k statute.ClockKind, history []clockEntry) (statute.State, error) {
	clock, entries, err := pick(k, history)
	if err != nil || len(entries) == 0 {
		return statute.State{}, err
	}
	return statute.Replay(r.calendar(k), clock, entries)
}

// calendar has the working days that a clock counts: those of the place that takes
// in, while it forwards, and of the place that handles the case otherwise.
func (r rules) calendar(k statute.ClockKind) *statute.Calendar {
	if k == statute.Forwarding && r.from != nil {
		return r.from
	}
	return r.cal
}

// pick takes the entries of one clock, and the limits of its last start.
func pick(k statute.ClockKind, history []clockEntry) (statute.Clock, []statute.Entry, error) {
	var clock statute.Clock
	var entries []statute.Entry
	for _, h := range history {
		if h.clock != k {
			continue
		}
		if h.entry.Kind == statute.Start { // other limits held for the run before it alone
			entries = slices.DeleteFunc(entries, func(e statute.Entry) bool { return e.Kind == statute.Limits })
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
	s = s.AsOf(r.today)
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
	return append(lapsedStage(c, today), lapsedClock(c, today)...)
}

// lapsedClock are those of the clock that runs by law.
func lapsedClock(c Case, today day.Date) []card {
	if c.Due.Clock == statute.Verification && past(c.Due.Legal, today) {
		return []card{{rule: cardUnverified, light: statute.Yellow}}
	}
	if c.Due.Clock == statute.Forwarding && past(c.Due.Legal, today) { // the card of who took it in
		return []card{{rule: cardForwarding, light: statute.Yellow, of: contract.Agency{
			ID: c.Counter.Agency, Name: c.Counter.AgencyName, Division: c.Counter.Division,
		}}}
	}
	if c.Due.Paused || c.Due.Clock != statute.Decision && c.Due.Clock != statute.Delivery {
		return nil
	}
	var cards []card
	occurrence := string(c.Due.Clock)
	if past(c.Due.Promised, today) && c.Due.Promised.Before(c.Due.Legal) {
		cards = append(cards, card{rule: cardPromised, occurrence: occurrence, light: statute.Yellow})
	}
	if past(c.Due.Legal, today) {
		cards = append(cards, card{rule: cardLegal, occurrence: occurrence, light: statute.Red})
	}
	return cards
}

// wake is the day on which somebody must look at the case next, because a
// deadline of the agency will have passed; zero for never.
func (c Case) wake(today day.Date) day.Date {
	if c.Due.Clock == statute.Correction || c.Due.Clock == statute.Rectification { // the applicant's own time
		return day.Date{}
	}
	var next day.Date
	for _, due := range []day.Date{c.Limit.Due, c.Due.Promised, c.Due.Legal} {
		if !due.IsZero() && !today.After(due) && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		return next
	}
	return next.Add(1)
}
