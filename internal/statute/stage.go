package statute

import "strings"

// stagePrefix begins the kind of a clock that times one stage of handling.
const stagePrefix = "stage:"

// StageKind is the clock of a stage (环节) of handling: "stage:review".
func StageKind(stage string) ClockKind { return ClockKind(stagePrefix + stage) }

// Stage is the stage that a clock times; ok is false for the clocks of the law.
func (k ClockKind) Stage() (stage string, ok bool) { return strings.CutPrefix(string(k), stagePrefix) }

// StageClock is the limit that an agency sets itself for one stage (环节时限). It
// is counted as the decision is: working days, without special procedures (XK art.
// 45), longer by what the head adds to the decision. A stage that comes again
// starts afresh.
func StageClock(stage string, days, extension int) Clock {
	return Clock{
		Kind: StageKind(stage), Statutory: days, Promised: days, Extension: extension, Pauses: true, Restarts: true,
	}
}
