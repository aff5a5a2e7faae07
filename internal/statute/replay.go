package statute

import (
	"slices"

	"github.com/tongban/tongban/internal/kit/day"
)

// check reports a clock that cannot be.
func (c Clock) check() error {
	if c.Statutory < 1 || c.Promised < 1 || c.Promised > c.Statutory {
		return ErrLimit.With("statutory", c.Statutory, "promised", c.Promised)
	}
	return nil
}

// Replay runs a history and says where the clock stands. The history is in the
// order of its dates; one that breaks the law is an error.
func Replay(cal *Calendar, c Clock, history []Entry) (State, error) {
	if err := c.check(); err != nil {
		return State{}, err
	}
	r := replay{clock: c, extension: c.Extension, State: State{Kind: c.Kind, cal: cal, Limit: c.Statutory, Promised: c.Promised}}
	for i, e := range history {
		if e.On.IsZero() || i > 0 && e.On.Before(history[i-1].On) {
			return State{}, ErrOrder.With("date", e.On.String())
		}
		if err := r.apply(e); err != nil {
			return State{}, err
		}
		r.lastUntil(e.On)
	}
	if r.Phase != "" {
		r.settle()
	}
	return r.State, nil
}

// replay is a State on its way through a history.
type replay struct {
	State
	clock     Clock
	extension int // that the limit may grow by, once
	open      []lasting
}

// lasting is a special procedure that has not ended.
type lasting struct {
	id    string
	until day.Date // expected end, zero for none
}

func (r *replay) lasting(id string) int {
	return slices.IndexFunc(r.open, func(l lasting) bool { return l.id == id })
}

func (r *replay) apply(e Entry) error {
	switch e.Kind {
	case Start:
		return r.start(e)
	case Pause:
		return r.pause(e)
	case Resume:
		return r.resume(e)
	case Extend:
		return r.extend(e)
	case Stop:
		return r.stop(e)
	case Limits:
		return r.limits(e)
	}
	return ErrPhase.With("entry", string(e.Kind))
}

func (r *replay) start(e Entry) error {
	again := r.Phase == Stopped && r.clock.Restarts
	if r.Phase != "" && !again {
		return ErrPhase.With("entry", string(e.Kind))
	}
	r.State = State{
		Kind: r.Kind, cal: r.cal, Phase: Running, Started: e.On,
		Limit: r.clock.Statutory, Promised: r.clock.Promised,
	}
	r.extension = r.clock.Extension
	return nil
}

func (r *replay) pause(e Entry) error {
	switch {
	case r.Phase != Running && r.Phase != Paused, r.lasting(e.ID) >= 0:
		return ErrPhase.With("entry", string(e.Kind))
	case !r.clock.Pauses, !e.Special.StopsClock():
		return ErrSpecial.With("special", string(e.Special))
	case e.Reason == "":
		return ErrReason.With("entry", string(e.Kind))
	}
	r.open = append(r.open, lasting{e.ID, e.Until})
	if r.Phase == Running { // overlapping pauses are one
		r.Phase = Paused
		r.pauses = append(r.pauses, span{from: e.On})
	}
	r.expect()
	return nil
}

func (r *replay) resume(e Entry) error {
	i := r.lasting(e.ID)
	if r.Phase != Paused || i < 0 {
		return ErrPhase.With("entry", string(e.Kind))
	}
	r.open = slices.Delete(r.open, i, i+1)
	if len(r.open) == 0 {
		r.pauses[len(r.pauses)-1].to = e.On
		r.Phase = Running
		return nil
	}
	r.expect()
	return nil
}

// expect sets when the present pause should end: with the last of the
// procedures that go on, and unknown if one of them tells no end.
func (r *replay) expect() {
	var until day.Date
	for _, l := range r.open {
		if l.until.IsZero() {
			until = day.Date{}
			break
		}
		until = later(until, l.until)
	}
	r.pauses[len(r.pauses)-1].until = until
}

// extend raises the limits and pauses nothing. The promise grows with the law's
// limit: the applicant was told of both by the same notice.
func (r *replay) extend(e Entry) error {
	switch {
	case r.Phase != Running && r.Phase != Paused:
		return ErrPhase.With("entry", string(e.Kind))
	case e.Days < 1, r.Extended > 0, e.Days > r.extension:
		return ErrExtension.With("days", e.Days, "most", r.extension)
	case e.Reason == "":
		return ErrReason.With("entry", string(e.Kind))
	case r.ranOut(r.Limit, e.On):
		return ErrTooLate.With("date", e.On.String())
	}
	r.Extended = e.Days
	r.Limit += e.Days
	r.Promised += e.Days
	return nil
}

// limits sets other limits, which hold from the beginning of the run: what was
// used is used. What the applicant was told may come earlier, never later, and no
// agency is late by a change alone. What was granted as an extension stays.
func (r *replay) limits(e Entry) error {
	limit, promised := e.Statutory+r.Extended, e.Promised+r.Extended
	switch {
	case r.Phase != Running && r.Phase != Paused:
		return ErrPhase.With("entry", string(e.Kind))
	case e.Promised < 1, e.Promised > e.Statutory:
		return ErrLimit.With("statutory", e.Statutory, "promised", e.Promised)
	case limit > r.Limit, promised > r.Promised, r.Extended == 0 && e.Extension > r.extension:
		return ErrLonger.With("statutory", r.Limit, "promised", r.Promised)
	case limit < r.Limit && r.ranOut(limit, e.On), promised < r.Promised && r.ranOut(promised, e.On):
		return ErrAtOnce.With("date", e.On.String())
	}
	r.Limit, r.Promised, r.extension = limit, promised, e.Extension
	return nil
}

// ranOut reports whether the last day of a limit lies before on.
func (r *replay) ranOut(limit int, on day.Date) bool {
	due, estimated := r.dueAfter(limit)
	return !estimated && on.After(due)
}

func (r *replay) stop(e Entry) error {
	if r.Phase != Running && r.Phase != Paused {
		return ErrPhase.With("entry", string(e.Kind))
	}
	if r.Phase == Paused {
		r.pauses[len(r.pauses)-1].to = e.On
		r.open = nil
	}
	r.Phase, r.Ended = Stopped, e.On
	return nil
}

// lastUntil notes that a pause with an expected end that has not ended goes on
// at least until on, the last day of which something is known.
func (r *replay) lastUntil(on day.Date) {
	if r.Phase != Paused {
		return
	}
	if p := &r.pauses[len(r.pauses)-1]; !p.until.IsZero() {
		p.until = later(p.until, on)
	}
}
