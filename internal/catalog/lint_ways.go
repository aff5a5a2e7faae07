package catalog

import (
	"fmt"
	"regexp"

	"github.com/tongban/tongban/internal/contract"
)

// anywhere stands in handling.regions for the whole country.
const anywhere = "any"

var (
	deliveries = []string{contract.DeliverElectronic, contract.DeliverPickup, contract.DeliverCourier}
	// regionPattern is a division from province to village, by GB/T 2260 and its
	// continuation below the county.
	regionPattern = regexp.MustCompile(`^[1-9][0-9]([0-9]{2}){0,2}([0-9]{3}){0,2}$`)
)

// ways: where a service is taken in and how its result comes. The electronic result
// is always there, so a list that names others names it too.
func (l *linter) ways(svc contract.Service) {
	seen := map[string]bool{}
	for i, d := range svc.Delivery {
		at := fmt.Sprintf("delivery[%d]", i)
		l.oneOf(at, d, deliveries)
		l.once(at, d, seen)
	}
	if len(svc.Delivery) > 0 && !seen[contract.DeliverElectronic] {
		l.add("delivery", "electronic")
	}
	if c := svc.Handling.Counter; c != contract.CounterNone {
		l.oneOf("handling.counter", c, []string{contract.CounterAccept})
	}
	seen = map[string]bool{}
	for i, r := range svc.Handling.Regions {
		at := fmt.Sprintf("handling.regions[%d]", i)
		if r != anywhere {
			l.pattern(at, r, regionPattern)
		}
		l.once(at, r, seen)
	}
}

func (l *linter) once(at, s string, seen map[string]bool) {
	if seen[s] {
		l.add(at, "duplicate", "value", s)
	}
	seen[s] = true
}
