package statute

import "github.com/tongban/tongban/internal/kit/day"

// Light is the colour that supervision gives a case (电子监察).
type Light string

// The lights. Green is not the zero value: a case nobody looked at has none.
const (
	Green       Light = "green"
	Amber       Light = "amber"  // little time left
	Yellow      Light = "yellow" // yellow card: the promise is broken, the law is not
	Red         Light = "red"    // red card: the law is broken
	PausedLight Light = "paused"
)

// LightRule has the thresholds, which are local policy.
type LightRule struct {
	AmberPercent int // of the promised limit
	AmberDays    int // at least so many working days
	YellowCards  int // so many on one case make a red one
}

// DefaultLights is amber in the last fifth of the promised limit and at least
// on the last working day.
func DefaultLights() LightRule { return LightRule{AmberPercent: 20, AmberDays: 1, YellowCards: 2} }

// Finding is what supervision found beside the clock.
type Finding struct {
	StepOverdue  bool // one step took longer than its own limit
	NoReasons    bool // refused or denied without reasons
	OutsideGuide bool // asked for a material that the guide does not list
	YellowCards  int  // given earlier
}

// Of returns the light of a clock on today.
func (r LightRule) Of(s State, today day.Date, f Finding) Light {
	// Breaking the acceptance limit is a yellow card, because the law itself
	// cures it: the case counts as accepted. No law sets the limit of a
	// verification.
	overdue, byLaw := s.Overdue(today), s.Kind == Decision || s.Kind == Delivery
	switch {
	case f.NoReasons, f.OutsideGuide, r.YellowCards > 0 && f.YellowCards >= r.YellowCards:
		return Red
	case overdue && byLaw:
		return Red
	case overdue, s.OverduePromised(today), f.StepOverdue:
		return Yellow
	case s.Phase == Paused:
		return PausedLight
	case s.Phase == Running && s.RemainingPromised(today) <= r.amber(s.Promised):
		return Amber
	}
	return Green
}

func (r LightRule) amber(limit int) int { return max(r.AmberDays, limit*r.AmberPercent/100) }
