package casework

import (
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// move handles the case by another version of its service while its clock runs: the
// law as a second reader has it and the code must agree whether that may be, and on
// every day that follows.
func (tr *trial) move() error {
	k := tr.law.clocks[tr.law.running]
	if k == nil || k.over >= 0 || tr.law.svc.procedure == "instant" || tr.rng.IntN(4) != 0 {
		return nil
	}
	if !slices.Contains([]string{"acceptance", "decision", "delivery"}, k.name) {
		return nil // no version sets these
	}
	next := tr.otherLimits(k.name)
	r := tr.rules
	r.limits = contract.Limits{Accept: next.accept, Statutory: next.limit, Promised: next.promised, Deliver: next.deliver, Unit: "workday"}
	limit, promised := next.limit, next.promised
	switch k.name {
	case "acceptance":
		limit, promised = 5, next.accept
	case "delivery":
		limit, promised = 10, next.deliver
	}
	may := k.mayBecome(tr.law.almanacOf(k), limit+k.added, promised+k.added, tr.today)
	kind := statute.ClockKind(k.name)
	st, err := tr.rules.run(kind, tr.history)
	if err != nil {
		return err
	}
	e, same, err := relimit(kind, tr.history, st, r.clock(kind, 0))
	if err != nil {
		return err
	}
	if is := limit == k.limit-k.added && promised == k.promised-k.added; is != same {
		return fmt.Errorf("other limits %d and %d: law says the same %v, code %v", limit, promised, is, same)
	}
	if same {
		return nil
	}
	e.entry.On, e.at = tr.at.days[tr.today], time.Unix(almanacStart+int64(tr.today)*86400, 0).UTC()
	history := append(slices.Clone(tr.history), e)
	if _, err := r.run(kind, history); (err == nil) != may {
		return fmt.Errorf("%s: limits %d and %d instead of %d and %d: law %v, code %w", tr.at.a[tr.today].text, limit, promised, k.limit-k.added, k.promised-k.added, may, err)
	}
	if !may {
		return nil
	}
	tr.happened = append(tr.happened, happening{what: "other limits", day: tr.today, which: fmt.Sprint(limit, promised)})
	tr.rules, tr.history, tr.law.svc = r, history, next
	k.limit, k.promised = limit+k.added, promised+k.added
	k.note(tr.today)
	if tr.c.Due, err = r.due(tr.c, history); err != nil {
		return err
	}
	tr.compared++
	if want := tr.due(); tr.c.Due != want {
		return fmt.Errorf("after other limits: code %+v, law %+v", tr.c.Due, want)
	}
	return nil
}

// otherLimits are those of another version: for the clock that runs any, for those
// that did not begin never longer ones.
func (tr *trial) otherLimits(running string) lawService {
	s := tr.law.svc
	near := func(n, most int, runs bool) int {
		m := max(1, n-tr.rng.IntN(5))
		if runs {
			m += tr.rng.IntN(3)
		}
		return min(m, most)
	}
	next := s
	next.accept = near(s.accept, 5, running == "acceptance")
	next.limit = near(s.limit, 80, running == "decision")
	next.promised = min(next.limit, near(s.promised, 80, running == "decision"))
	next.deliver = near(s.deliver, 10, running == "delivery")
	return next
}

// mayBecome: nothing that the applicant was told comes later, and nobody is late by
// the change alone.
func (c *lawClock) mayBecome(a almanac, limit, promised, today int) bool {
	if limit > c.limit || promised > c.promised {
		return false
	}
	over := func(n int) bool { return c.lastDay(a, n, today) < today }
	return (limit == c.limit || !over(limit)) && (promised == c.promised || !over(promised))
}
