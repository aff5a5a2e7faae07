package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/statute"
)

// Tolerance acceptance (容缺受理): the main materials are there, a secondary one
// comes later, by a day that the applicant was told. When the day passes, the
// application counts as withdrawn (so 安阳市政务服务条例 art. 24).

// owedWarning is how many working days before the day the applicant is reminded.
const owedWarning = 2

// defaultOwedDays is for a submission that names no day.
const defaultOwedDays = 10

// ErrOwed means that a case cannot be granted while a material is owed.
var ErrOwed = fault.New(fault.Conflict, "casework.owed_missing")

// owedJob looks at an owed material: some days before it is due, and after.
type owedJob struct {
	Case     contract.CaseID `json:"case"`
	Material string          `json:"material"`
	Warn     bool            `json:"warn,omitempty"`
}

// Kind names the job.
func (owedJob) Kind() string { return "casework.owed" }

// owe writes down what a hand-in still owes and plans to look at it.
func (s *Service) owe(ctx context.Context, tx db.Tx, c Case, svc contract.Service, materials []contract.Material) error {
	if c.Procedure == bundleProcedure { // each part owes its own
		return nil
	}
	cal, today := s.c.Calendars.For(c.Division), s.Today()
	for _, m := range materials {
		if m.Origin != contract.MaterialOwed {
			continue
		}
		due, err := day.Parse(m.Due)
		if err != nil { // the form told no day: the service's own
			days := materialSpec(svc, m.ID).OwedDays
			if days < 1 {
				days = defaultOwedDays
			}
			due = cal.AddWorkdays(today, days)
		}
		o := owed{id: c.ID, material: m.ID, due: due}
		if n := cal.Workdays(today, due); n > 0 && cal.AddWorkdays(today, n) == due {
			o.since, o.days = today, n
		}
		fresh, err := insertOwed(ctx, tx, o, s.c.Now())
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := s.watchOwed(ctx, tx, cal, o); err != nil {
			return err
		}
	}
	return nil
}

// watchOwed plans to remind of an owed material, and to look when its day has
// passed. The job looks at what is stored then: it comes to nothing where the day
// was moved.
func (s *Service) watchOwed(ctx context.Context, tx db.Tx, cal *statute.Calendar, o owed) error {
	for _, p := range []struct {
		on   day.Date
		warn bool
	}{{before(cal, o.due, owedWarning), true}, {o.due.Add(1), false}} {
		j := owedJob{Case: o.id, Material: o.material, Warn: p.warn}
		if err := s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{At: p.on.Time()}); err != nil {
			return err
		}
	}
	return nil
}

// before is the day n working days before d.
func before(cal *statute.Calendar, d day.Date, n int) day.Date {
	for n > 0 {
		n -= cal.Workdays(d.Add(-1), d)
		d = d.Add(-1)
	}
	return d
}

// owedDue reminds of an owed material, or withdraws the case where its day has
// passed. It may run as often as one likes.
func (s *Service) owedDue(ctx context.Context, tx db.Tx, j owedJob) error {
	c, err := lockCase(ctx, tx, j.Case)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			return job.Dead(err)
		}
		return err
	}
	o, err := owedBy(ctx, tx, j.Case, j.Material)
	if err != nil || !o.open() {
		return err
	}
	switch {
	case c.Stage == StageDone || !c.Decided.IsZero():
		return setOwed(ctx, tx, o, owedVoid, s.c.Now())
	case past(o.due, s.Today()):
		return s.lapseOwed(ctx, tx, c, o)
	case j.Warn && o.state == owedOpen && !s.Today().Before(before(s.c.Calendars.For(c.Division), o.due, owedWarning)):
		if err := setOwed(ctx, tx, o, owedWarned, s.c.Now()); err != nil {
			return err
		}
		return s.tellOwed(ctx, tx, c, o, false)
	}
	return nil
}

// lapseOwed withdraws a case for want of a material that was owed.
func (s *Service) lapseOwed(ctx context.Context, tx db.Tx, c Case, o owed) error {
	if err := setOwed(ctx, tx, o, owedLapsed, s.c.Now()); err != nil {
		return err
	}
	if err := s.tellOwed(ctx, tx, c, o, true); err != nil {
		return err
	}
	_, err := s.step(ctx, tx, owedSystem(), c, Action{Name: actWithdraw, Reasons: []string{o.material}})
	return err
}

func owedSystem() auth.Principal { return auth.SystemPrincipal("owed-material") }

// lapsedByLaw tells a withdrawal for want of an owed material from one that the
// applicant wanted.
func lapsedByLaw(in input) bool { return in.Name == actWithdraw && in.actor.ID == owedSystem().ID }

func (s *Service) tellOwed(ctx context.Context, tx db.Tx, c Case, o owed, passed bool) error {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return err
	}
	return s.c.Events.Record(ctx, tx, meta(owedSystem(), c), contract.MaterialDue{
		Case: c.ID, Number: c.Number, Item: c.Item, Material: o.material, Name: materialSpec(svc, o.material).Name,
		Due: o.due.String(), Left: max(0, s.DaysLeft(c, o.due)), Passed: passed, Notify: c.Operator,
		At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// noneOwed refuses a grant while a material is owed: it is needed, only later.
func (s *Service) noneOwed(ctx context.Context, q db.Q, c Case) error {
	list, err := owedOf(ctx, q, c.ID)
	if err == nil && slices.ContainsFunc(list, owed.open) {
		return ErrOwed
	}
	return err
}

// owes tells whether something of a submission comes later.
func owes(list []contract.Material) bool {
	return slices.ContainsFunc(list, func(m contract.Material) bool { return m.Origin == contract.MaterialOwed })
}

// Owed is a material that the applicant still owes.
type Owed struct {
	Material string
	Name     contract.Text
	Due      day.Date
	Left     int // working days
	Given    bool
	Lapsed   bool
}

// OwedOf lists what was owed in a case, by due day.
func (s *Service) OwedOf(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Owed, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	rows, err := owedOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	var list []Owed
	for _, o := range rows {
		if o.open() && c.Stage == StageDone || o.state == owedVoid {
			continue
		}
		list = append(list, Owed{
			Material: o.material, Name: materialSpec(svc, o.material).Name, Due: o.due, Left: s.DaysLeft(c, o.due),
			Given: o.state == owedGiven, Lapsed: o.state == owedLapsed,
		})
	}
	return list, nil
}

// materialSpec is what the guide says of a material; of one that it does not
// list, the name is all there is.
func materialSpec(svc contract.Service, id string) contract.MaterialSpec {
	for _, spec := range svc.Materials {
		if spec.ID == id {
			return spec
		}
	}
	return contract.MaterialSpec{ID: id, Name: contract.Text{ZH: id, EN: id}}
}

// keepGiven completes corrected papers with what was owed and came while they
// were being corrected: the form knows only what it began with.
func keepGiven(had, has []contract.Material, open func(id string) bool) []contract.Material {
	out := slices.DeleteFunc(slices.Clone(has), func(m contract.Material) bool {
		return m.Origin == contract.MaterialOwed && slices.ContainsFunc(had, func(x contract.Material) bool {
			return x.ID == m.ID && x.Origin != contract.MaterialOwed
		})
	})
	for _, m := range had {
		gone := slices.ContainsFunc(has, func(x contract.Material) bool { return x.ID == m.ID && x.Origin == contract.MaterialOwed })
		known := slices.ContainsFunc(out, func(x contract.Material) bool { return x.File == m.File })
		if m.Origin != contract.MaterialOwed && gone && !known && !open(m.ID) {
			out = append(out, m)
		}
	}
	return out
}
