package casework

import (
	"context"
	"slices"
	"time"

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
	// Article is the code of the article that sets the limit; "" where the list entry
	// of the service does.
	Article string
	// Analogy says that the matter is no licence: the Licensing Law counts its days by
	// analogy alone.
	Analogy bool
	Deemed  bool // the decision is counted from an acceptance by silence
}

// Explain tells the clock that runs, or ran last, day by day.
func (s *Service) Explain(ctx context.Context, actor auth.Principal, id contract.CaseID) (Explanation, error) {
	c, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return Explanation{}, err
	}
	kinds := started(history)
	if len(kinds) == 0 { // nothing began yet
		return Explanation{}, nil
	}
	k := kinds[len(kinds)-1]
	if slices.Contains(kinds, c.Due.Clock) {
		k = c.Due.Clock
	}
	return r.explain(c, k, history, s.Today())
}

// Explanations tells every clock of a case day by day, in the order they started.
func (s *Service) Explanations(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Explanation, error) {
	c, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var list []Explanation
	for _, k := range started(history) {
		e, err := r.explain(c, k, history, s.Today())
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (r rules) explain(c Case, k statute.ClockKind, history []clockEntry, today day.Date) (Explanation, error) {
	st, err := r.run(k, history)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Deadline: deadlineOf(st, today), Analogy: !r.licensing(), Deemed: c.Deemed && k == statute.Decision}
	e.Article = r.limitArticle(e)
	clock, entries, err := pick(k, history)
	if err != nil {
		return e, err
	}
	e.Lines, err = statute.Explain(r.calendar(k), clock, entries, today)
	for i, l := range e.Lines {
		if l.Why == statute.ReasonAfter { // beyond the limit, whoever set it
			e.Lines[i].Article = e.Article
		}
	}
	return e, err
}

// limitArticle is the article that sets the limit of a clock, "" where it is another
// one: of the service's own law (art. 42(1) yields to it), of a list entry.
func (r rules) limitArticle(e Explanation) string {
	if e.Analogy || e.Clock == statute.Decision && e.LegalDays-e.Extended != r.proc.DecisionDays {
		return ""
	}
	return statute.LimitArticle(e.Clock)
}

// Term is a period beside the clocks of a case: of another agency's opinion, of
// a material that comes later, of the answer to an objection.
type Term struct {
	Kind  string        // "opinion", "owed", "objection"
	ID    string        // unit, material, objection
	Name  contract.Text // empty for an objection
	Days  int           // working days; 0 where only the day was told
	Began day.Date
	Due   day.Date
	Ended day.Date // zero while it runs
	Lines []statute.Line
}

// Terms tells the periods beside the clocks of a case day by day, and nothing of
// what was said in them.
func (s *Service) Terms(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Term, error) {
	c, r, history, err := s.clocksOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	units, err := unitsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	var list []Term
	for _, u := range newest(units) {
		list = append(list, Term{Kind: termOpinion, ID: u.ID, Name: u.AgencyName, Days: u.Days, Began: day.In(u.Sent), Due: u.Due, Ended: dayOf(u.Ended)})
	}
	owes, err := s.owedTerms(ctx, c)
	if err != nil {
		return nil, err
	}
	list = append(list, owes...)
	objections, err := objectionsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	for _, o := range objections {
		list = append(list, Term{
			Kind: termObjection, ID: o.ID, Days: s.c.ObjectionDays, Began: day.In(o.At), Due: o.Due, Ended: dayOf(o.AnsweredAt),
		})
	}
	for i := range list {
		if list[i].Lines, err = list[i].explain(r.cal, s.Today()); err != nil {
			return nil, err
		}
	}
	if actor.Kind != auth.Staff { // what the agency sets itself within is not the applicant's
		return list, nil
	}
	stages, err := s.stageTerms(r, history)
	return append(list, stages...), err
}

func (s *Service) owedTerms(ctx context.Context, c Case) ([]Term, error) {
	rows, err := owedOf(ctx, s.c.DB, c.ID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	var list []Term
	for _, o := range rows {
		t := Term{Kind: termOwed, ID: o.material, Name: materialSpec(svc, o.material).Name, Days: o.days, Began: o.since, Due: o.due}
		if !o.open() {
			t.Ended = o.due
			if day.In(o.changed).Before(o.due) {
				t.Ended = day.In(o.changed)
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// dayOf is the legal day of an instant; the zero time has none.
func dayOf(t time.Time) day.Date {
	if t.IsZero() {
		return day.Date{}
	}
	return day.In(t)
}

// explain tells a term day by day. No national law sets these periods: an article
// says only which days count.
func (t Term) explain(cal *statute.Calendar, today day.Date) ([]statute.Line, error) {
	if t.Days == 0 {
		return nil, nil
	}
	clock := statute.Clock{Kind: statute.ClockKind(t.Kind), Statutory: t.Days, Promised: t.Days}
	history := []statute.Entry{{Kind: statute.Start, On: t.Began}}
	if !t.Ended.IsZero() {
		history = append(history, statute.Entry{Kind: statute.Stop, On: t.Ended})
	}
	return statute.Explain(cal, clock, history, today)
}

func (s *Service) clocksOf(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, rules, []clockEntry, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return c, rules{}, nil, err
	}
	return s.clocks(ctx, s.c.DB, c)
}

func (s *Service) clocks(ctx context.Context, q db.Q, c Case) (Case, rules, []clockEntry, error) {
	_, r, err := s.lawOf(ctx, c)
	if err != nil {
		return c, r, nil, err
	}
	history, err := entriesOf(ctx, q, c.ID)
	return c, r, history, err
}

// started lists the clocks of the law in a history in the order of their last start;
// stages are told as terms.
func started(history []clockEntry) []statute.ClockKind {
	var list []statute.ClockKind
	for _, e := range history {
		if _, stage := e.clock.Stage(); stage || e.entry.Kind != statute.Start {
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
	p, err := s.procedure(c)
	if err != nil {
		return 0
	}
	return p.ExtensionDays
}

// ExtensionBy is who must have approved an extension above the head of the
// agency; empty where the head alone does.
func (s *Service) ExtensionBy(c Case) contract.Text {
	p, err := s.procedure(c)
	if err != nil {
		return contract.Text{}
	}
	return contract.Text(p.ExtensionBy)
}

// NoClock says why no clock runs in the state of a case.
func (s *Service) NoClock(c Case) contract.Text {
	p, err := s.procedure(c)
	if err != nil {
		return contract.Text{}
	}
	st, _ := p.State(c.State)
	return contract.Text(st.NoClock)
}
