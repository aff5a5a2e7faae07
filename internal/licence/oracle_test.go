package licence

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// TestOracleOfDeemedRenewal reads art. 50 of the Licensing Law a second time, day by
// day: who applies thirty days before the end and hears nothing until the end has
// the licence renewed; it lasts as long again, and no refusal that comes later
// undoes it.
func TestOracleOfDeemedRenewal(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(50, 50))
	for range 20_000 {
		first := time.Date(2024, 1, 1+rng.IntN(1461), 0, 0, 0, 0, time.UTC)
		lasts := 40 + rng.IntN(700)
		last := first.AddDate(0, 0, lasts-1)
		var l Licence
		l.State, l.From, l.To = Valid, date(first), date(last)
		var applied, answered time.Time
		if rng.IntN(5) > 0 {
			applied = last.AddDate(0, 0, -rng.IntN(min(lasts, 70)))
			l.Renewal.Case, l.Renewal.Applied = contract.CaseID("c"), date(applied)
			if rng.IntN(2) == 0 {
				answered = applied.AddDate(0, 0, rng.IntN(100))
				l.Renewal.Ended = date(answered)
			}
		}
		today := first.AddDate(0, 0, rng.IntN(3*lasts)-10)
		if got, want := l.StateOn(date(today)), deemedByLaw(first, last, applied, answered, today); got != want {
			t.Fatalf("%s to %s, applied %s, refused %s: on %s %s, by law %s", first, last, applied, answered, today, got, want)
		}
	}
}

func date(t time.Time) day.Date { return day.MustParse(t.Format(time.DateOnly)) }

// deemedByLaw walks through the days of a licence.
func deemedByLaw(first, last, applied, answered, today time.Time) State {
	state, days := Upcoming, 0
	for d := first; !d.After(today); d = d.AddDate(0, 0, 1) {
		days++
		switch {
		case !d.After(last):
			state = Valid
		case d.Equal(last.AddDate(0, 0, 1)): // the first day after: was it applied for in time, and answered by then?
			inTime := !applied.IsZero() && !applied.AddDate(0, 0, 30).After(last)
			before := !answered.IsZero() && !answered.After(last)
			state = Expired
			if inTime && !before {
				state = Deemed
			}
		case state == Deemed && days > 2*(int(last.Sub(first).Hours()/24)+1):
			state = Expired
		}
	}
	return state
}
