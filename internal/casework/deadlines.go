package casework

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// Deadline is one clock of a case, as it stands today.
type Deadline struct {
	Clock        statute.ClockKind
	Phase        statute.Phase
	Started      day.Date
	Ended        day.Date
	PromisedDays int
	LegalDays    int
	Extended     int
	Promised     day.Date
	Legal        day.Date
	Used         int
	Left         int // working days of the promised limit; negative when over
	LeftByLaw    int
	Late         bool // the statutory limit passed
	Provisional  bool
}

// Deadlines lists the clocks of a case in the order they started, replayed from
// their history.
func (s *Service) Deadlines(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Deadline, error) {
	_, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	var list []Deadline
	for _, k := range started(history) {
		st, err := r.run(k, history)
		if err != nil {
			return nil, err
		}
		list = append(list, deadlineOf(st, today))
	}
	return list, nil
}

// deadlineOf is a clock as it stands on a day.
func deadlineOf(st statute.State, today day.Date) Deadline {
	st = st.AsOf(today)
	return Deadline{
		Clock: st.Kind, Phase: st.Phase, Started: st.Started, Ended: st.Ended,
		PromisedDays: st.Promised, LegalDays: st.Limit, Extended: st.Extended,
		Promised: st.DuePromised, Legal: st.Due, Used: st.Used(today),
		Left: st.RemainingPromised(today), LeftByLaw: st.Remaining(today),
		Late: st.Overdue(today), Provisional: st.Provisional,
	}
}

// Explanation answers "why this day?" for one clock.
type Explanation struct {
	Deadline
	Lines []statute.Line
}

// Explain tells the clock that runs, or ran last, day by day.
func (s *Service) Explain(ctx context.Context, actor auth.Principal, id contract.CaseID) (Explanation, error) {
	deadlines, err := s.Deadlines(ctx, actor, id)
	if err != nil {
		return Explanation{}, err
	}
	c, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return Explanation{}, err
	}
	if len(deadlines) == 0 { // nothing began yet
		return Explanation{}, nil
	}
	e := Explanation{Deadline: deadlines[len(deadlines)-1]}
	for _, d := range deadlines {
		if d.Clock == c.Due.Clock {
			e.Deadline = d
		}
	}
	clock, entries, err := pick(e.Clock, history)
	if err != nil {
		return e, err
	}
	e.Lines, err = statute.Explain(r.cal, clock, entries, s.Today())
	return e, err
}

func (s *Service) clocksOf(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, rules, []clockEntry, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return c, rules{}, nil, err
	}
	return s.clocks(ctx, s.c.DB, c)
}

func (s *Service) clocks(ctx context.Context, q db.Q, c Case) (Case, rules, []clockEntry, error) {
	svc, err := s.service(ctx, c.Item, c.Version)
	if err != nil {
		return c, rules{}, nil, err
	}
	r, err := s.rulesOf(svc, c.Division)
	if err != nil {
		return c, r, nil, err
	}
	history, err := entriesOf(ctx, q, c.ID)
	return c, r, history, err
}

// started lists the clocks of a history in the order of their last start.
func started(history []clockEntry) []statute.ClockKind {
	var list []statute.ClockKind
	for _, e := range history {
		if e.entry.Kind != statute.Start {
			continue
		}
		kept := list[:0]
		for _, k := range list {
			if k != e.clock {
				kept = append(kept, k)
			}
		}
		list = append(kept, e.clock)
	}
	return list
}

// ExtensionDays is by how much the limit of a case may be extended, once.
func (s *Service) ExtensionDays(c Case) int {
	p, err := s.c.Procedures.Get(c.Procedure)
	if err != nil {
		return 0
	}
	return p.ExtensionDays
}

// ExtensionBy is who must have approved an extension above the head of the
// agency; empty where the head alone does.
func (s *Service) ExtensionBy(c Case) contract.Text {
	p, err := s.c.Procedures.Get(c.Procedure)
	if err != nil {
		return contract.Text{}
	}
	return contract.Text(p.ExtensionBy)
}

// NoClock says why no clock runs in the state of a case.
func (s *Service) NoClock(c Case) contract.Text {
	p, err := s.c.Procedures.Get(c.Procedure)
	if err != nil {
		return contract.Text{}
	}
	st, _ := p.State(c.State)
	return contract.Text(st.NoClock)
}
