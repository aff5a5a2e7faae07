// Package clock is the only place that asks what time it is. Everything else
// takes a now function, so that a test can choose the moment.
package clock

import "time"

// System returns the clock of the machine, in UTC and whole microseconds: what
// is stored is what was read.
func System() func() time.Time {
	return func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
}
