package casework

import (
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// slowStage is the limit of a stage, read from the rule and counted day by day: the
// day on which the stage began is not counted, nor days off, nor the days after one
// on which a special procedure began, up to the day on which the last one ended.
type slowStage struct {
	name    Stage
	limit   int
	event   int      // index of the day
	pauses  [][2]int // (from, to]; to is -1 while it lasts
	doubled bool     // lengthened once
	days    map[Stage]int
}

// stages gives a random service its own limits.
func (tr *trial) stages() {
	tr.stage.days = map[Stage]int{StageAccept: 1 + tr.rng.IntN(5), StageReview: 1 + tr.rng.IntN(20)}
	for _, name := range []Stage{StageAccept, StageReview} {
		tr.rules.stages = append(tr.rules.stages, contract.StageSpec{Stage: string(name), Days: tr.stage.days[name]})
	}
}

// due counts the days one by one.
func (s *slowStage) due(a almanac) int {
	n := 0
	for i := s.event + 1; i < len(a); i++ {
		stands := false
		for _, p := range s.pauses {
			stands = stands || i > p[0] && (p[1] < 0 || i <= p[1])
		}
		if a[i].works && !stands {
			n++
		}
		if n == s.limit {
			return i
		}
	}
	return len(a) - 1
}

func (s *slowStage) paused() bool { return len(s.pauses) > 0 && s.pauses[len(s.pauses)-1][1] < 0 }

// watchStage follows what happened, and compares with what the code says.
func (tr *trial) watchStage(x happening) error {
	s, now := &tr.stage, tr.c.Stage
	lasting := false
	if k := tr.law.clocks["decision"]; k != nil && tr.law.running == "decision" {
		lasting = k.lasting()
	}
	if x.what == "extended" && s.name != "" && !s.doubled && (s.paused() || s.due(tr.at.a) >= x.day) {
		s.limit, s.doubled = s.limit+tr.rules.proc.ExtensionDays, true
	}
	switch {
	case s.name != "" && lasting && !s.paused():
		s.pauses = append(s.pauses, [2]int{x.day, -1})
	case s.name != "" && !lasting && s.paused():
		s.pauses[len(s.pauses)-1][1] = x.day
	}
	if now != StagePaused && now != s.name {
		*s = slowStage{days: s.days}
		if s.days[now] > 0 {
			s.name, s.limit, s.event = now, s.days[now], x.day
		}
	}
	if s.name == "" {
		if tr.c.Limit != (StageLimit{}) {
			return fmt.Errorf("a limit of no stage: %+v", tr.c.Limit)
		}
		return nil
	}
	tr.compared++
	if s.paused() != (tr.c.Limit.Light(tr.at.days[x.day], tr.c.Due.Paused) == statute.PausedLight) {
		return fmt.Errorf("stage %s: the clock stands still: %v", s.name, s.paused())
	}
	if s.paused() {
		return nil
	}
	if want := tr.at.days[s.due(tr.at.a)]; tr.c.Limit.Due != want {
		return fmt.Errorf("stage %s after %s: code %s, by the rule %s", s.name, x.what, tr.c.Limit.Due, want)
	}
	return nil
}

// wait lets some days go by: often none, sometimes weeks.
func (tr *trial) wait() {
	switch tr.rng.IntN(8) {
	case 0, 1, 2:
		tr.today += tr.rng.IntN(3)
	case 3, 4, 5:
		tr.today += tr.rng.IntN(9)
	case 6:
		tr.today += tr.rng.IntN(30)
	case 7:
		tr.today += tr.rng.IntN(70)
	}
}
