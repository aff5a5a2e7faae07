package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/statute"
)

// What a unit says.
const (
	OpinionAgree     = "agree"
	OpinionObject    = "object"
	OpinionNotNeeded = "not_needed"
)

// States of a unit's task.
const (
	UnitOpen     = "open"
	UnitAnswered = "answered"
	UnitRecalled = "recalled"
	UnitClosed   = "closed" // the case was decided or ended without it
)

// What else is told of a unit's task than its states: it was sent, it is late.
const (
	UnitSent = "sent"
	UnitLate = "late"
)

// opinionFile is what may be attached to an opinion.
var opinionFile = contract.MaterialSpec{ID: "opinion", Types: []string{"pdf", "jpg", "png"}, MaxMB: 10, MaxFiles: maxMessageFiles}

// Unit is the task of another agency: to give an opinion on a case.
type Unit struct {
	Case       contract.CaseID
	ID         string // of the unit in the service
	Round      int    // 1 is the first sending
	Agency     contract.AgencyID
	AgencyName contract.Text
	Division   string
	Task       contract.Text
	Required   bool
	Blocking   bool
	Days       int // working days
	State      string
	Sent       time.Time
	Due        day.Date
	// Provisional says that Due rests on a year whose holidays are not known.
	Provisional bool
	Late        bool // the day passed without an opinion
	Opinion     string
	Note        string // what the unit says; empty for applicants
	Reasons     []string
	Handler     Handler
	Files       []contract.Material // attached to the opinion
	Ended       time.Time           // answered or recalled
	Why         string              // why it was recalled or sent elsewhere
}

// Objects reports whether the opinion rules a grant out.
func (u Unit) Objects() bool {
	return u.State == UnitAnswered && u.Blocking && u.Opinion == OpinionObject
}

// Owed reports whether no decision may come without it.
func (u Unit) Owed() bool { return u.Required && (u.State == UnitOpen || u.State == UnitRecalled) }

// Light is the light of a task on a day.
func (u Unit) Light(today day.Date) statute.Light {
	switch {
	case u.State != UnitOpen:
		return ""
	case past(u.Due, today):
		return statute.Yellow
	case u.Due == today:
		return statute.Amber
	}
	return statute.Green
}

// Units lists the tasks of other agencies on a case, the newest sending of each.
// Applicants see who was asked, until when and the outcome; what one agency
// wrote to the other they do not see: the decision states it.
func (s *Service) Units(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Unit, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	all, err := unitsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	list := newest(all)
	if actor.Applies() {
		for i := range list {
			list[i].Note, list[i].Reasons, list[i].Handler, list[i].Why = "", nil, Handler{}, ""
			list[i].Files = nil
		}
	}
	return list, nil
}

// newest keeps the last sending of each unit, in the order of the service.
func newest(all []Unit) []Unit {
	var list []Unit
	for _, u := range all {
		if n := len(list); n > 0 && list[n-1].ID == u.ID {
			list[n-1] = u
			continue
		}
		list = append(list, u)
	}
	return list
}

// maxUnitDays bounds the time that another agency is given.
const maxUnitDays = 45

// count says what the opinions of other agencies mean for a decision.
func (c Case) count(units []Unit) Case {
	c.OpinionsOpen, c.Objections = 0, 0
	for _, u := range units {
		if u.Owed() {
			c.OpinionsOpen++
		}
		if u.Objects() {
			c.Objections++
		}
	}
	return c
}

// askUnits gives a task to each agency that the service names and whose
// condition holds, once the case is accepted.
func (s *Service) askUnits(ctx context.Context, tx db.Tx, w *work) error {
	if len(w.svc.Handling.Units) == 0 {
		return nil
	}
	h, err := lastHandIn(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	answers, err := s.answers(w.svc, w.c.ID, h)
	if err != nil {
		return err
	}
	var asked []Unit
	for _, spec := range w.svc.Handling.Units {
		if later := foundBy(w.svc, spec); later != "" && later != StageAccept {
			continue // what decides it is not known yet
		}
		if spec.When != "" {
			applies, err := s.c.Conditions.Holds(w.svc, spec.When, w.c.Applicant, day.In(w.at), answers, w.found)
			if err != nil {
				return fmt.Errorf("unit %s: %w", spec.ID, err)
			}
			if !applies {
				continue
			}
		}
		u, err := s.task(ctx, w, spec, 1, spec.Agency, spec.Days)
		if err != nil {
			return err
		}
		if err := s.ask(ctx, tx, w, u); err != nil {
			return err
		}
		asked = append(asked, u)
	}
	w.c = w.c.count(asked)
	return nil
}

// task is one sending of a unit's task, not stored yet.
func (s *Service) task(ctx context.Context, w *work, spec contract.Unit, round int, agency contract.AgencyID, days int) (Unit, error) {
	a, err := s.c.Agencies.Agency(ctx, agency)
	if err != nil {
		return Unit{}, fmt.Errorf("unit %s: %w", spec.ID, err)
	}
	u := Unit{
		Case: w.c.ID, ID: spec.ID, Round: round, Agency: a.ID, AgencyName: a.Name, Division: a.Division, Task: spec.Task,
		Required: spec.Required, Blocking: spec.Blocking, Days: min(max(days, 1), maxUnitDays), State: UnitOpen, Sent: w.at,
	}
	return s.dated(u, w.r), nil
}

// dated works out until when an opinion is due.
func (s *Service) dated(u Unit, r rules) Unit {
	from := day.In(u.Sent)
	u.Due = r.cal.AddWorkdays(from, u.Days)
	u.Provisional = r.cal.Provisional(from, u.Due)
	return u
}

// ask stores a task, tells of it, and plans to look when its day has passed.
func (s *Service) ask(ctx context.Context, tx db.Tx, w *work, u Unit) error {
	if err := insertUnit(ctx, tx, u); err != nil {
		return err
	}
	if err := s.tellUnit(ctx, tx, w.actor, w.c, u, UnitSent); err != nil {
		return err
	}
	return s.watchUnit(ctx, tx, u)
}

func (s *Service) watchUnit(ctx context.Context, tx db.Tx, u Unit) error {
	on := u.Due.Add(1)
	return s.c.Jobs.InsertTx(ctx, tx, unitJob{Case: u.Case, Unit: u.ID, Round: u.Round},
		job.Insert{At: on.Time(), Unique: fmt.Sprintf("%s/%s/%d@%s", u.Case, u.ID, u.Round, on)})
}

func (s *Service) tellUnit(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, u Unit, change string) error {
	e := contract.UnitTask{
		Case: c.ID, Number: c.Number, Item: c.Item, Lead: c.Agency, Unit: u.ID, Agency: u.Agency, Round: u.Round,
		Change: change, Due: u.Due.String(), Name: u.AgencyName, Task: u.Task, At: s.c.Now().UTC().Truncate(time.Microsecond),
	}
	for _, f := range u.Files {
		e.Files = append(e.Files, string(f.Blob))
	}
	return s.c.Events.Record(ctx, tx, meta(actor, c), e)
}

// prepareUnit works out what a step does to the task of another agency.
func (s *Service) prepareUnit(ctx context.Context, tx db.Tx, w *work) error {
	all, err := unitsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	w.units = newest(all)
	i := slices.IndexFunc(w.units, func(u Unit) bool { return u.ID == w.a.Target })
	switch w.a.Name {
	case actOpine:
		if i < 0 || w.units[i].State != UnitOpen {
			return ErrState
		}
		w.unit = w.answer(w.units[i])
	case actRecall:
		if i < 0 || w.units[i].State != UnitOpen {
			return ErrState
		}
		w.unit = w.units[i]
		w.unit.State, w.unit.Ended, w.unit.Why = UnitRecalled, w.at, strings.Join(w.a.Reasons, "；")
	case actSend:
		if w.unit, err = s.resend(ctx, w, i); err != nil {
			return err
		}
	}
	if i < 0 {
		w.units = append(w.units, w.unit)
	} else {
		w.units[i] = w.unit
	}
	w.c = w.c.count(w.units)
	return nil
}

// answer is a task with the opinion that a step gives.
func (w *work) answer(u Unit) Unit {
	u.State, u.Ended = UnitAnswered, w.at
	u.Opinion, u.Note, u.Reasons = w.a.verdict, w.a.Opinion, w.a.Reasons
	u.Handler, u.Files = Handler{w.actor.ID, w.actor.Name}, w.a.files
	return u
}

// resend is a new sending of a task: to the same agency or to another, or to a
// unit of the service that was not asked before.
func (s *Service) resend(ctx context.Context, w *work, i int) (Unit, error) {
	k := slices.IndexFunc(w.svc.Handling.Units, func(x contract.Unit) bool { return x.ID == w.a.Target })
	if k < 0 {
		return Unit{}, ErrNotFound
	}
	spec, round, agency, days := w.svc.Handling.Units[k], 1, w.svc.Handling.Units[k].Agency, w.svc.Handling.Units[k].Days
	if i >= 0 {
		was := w.units[i]
		if was.State == UnitOpen {
			return Unit{}, ErrState // to be recalled first
		}
		round, agency = was.Round+1, was.Agency
	}
	u, err := s.task(ctx, w, spec, round, cmp.Or(w.a.Agency, agency), cmp.Or(w.a.Days, days))
	if w.a.Agency != "" && (err != nil || countyOf(u.Division) != countyOf(w.c.Division) || u.Agency == w.c.Agency) {
		var form fault.Form
		form.Add("agency", "casework.agency_unknown")
		return u, form.Err()
	}
	if err != nil {
		return u, err
	}
	u.Why = w.a.Opinion
	return u, nil
}

// countyOf is the county of a division by its code (GB/T 2260: six digits).
func countyOf(division string) string { return division[:min(len(division), 6)] }

// Askable lists the agencies that may be asked for an opinion on a case: all of
// the county but the one that handles it.
func (s *Service) Askable(ctx context.Context, c Case) ([]contract.Agency, error) {
	list, err := s.c.Agencies.Agencies(ctx, countyOf(c.Division))
	if err != nil {
		return nil, fmt.Errorf("agencies of %s: %w", countyOf(c.Division), err)
	}
	return slices.DeleteFunc(slices.Clone(list), func(a contract.Agency) bool { return a.ID == c.Agency }), nil
}

// carryUnit stores what prepareUnit worked out.
func (s *Service) carryUnit(ctx context.Context, tx db.Tx, w *work) error {
	switch w.a.Name {
	case actSend:
		return s.ask(ctx, tx, w, w.unit)
	case actOpine, actRecall:
		if err := updateUnit(ctx, tx, w.unit); err != nil {
			return err
		}
		if err := insertUnitFiles(ctx, tx, w.unit); err != nil {
			return err
		}
		return s.tellUnit(ctx, tx, w.actor, w.c, w.unit, w.unit.State)
	}
	return nil
}

// closeUnits ends the tasks that a decided case no longer needs.
func (s *Service) closeUnits(ctx context.Context, tx db.Tx, w *work) error {
	all, err := unitsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	for _, u := range newest(all) {
		if u.State != UnitOpen && u.State != UnitRecalled {
			continue
		}
		u.State, u.Ended = UnitClosed, w.at
		if err := updateUnit(ctx, tx, u); err != nil {
			return err
		}
		if err := s.tellUnit(ctx, tx, w.actor, w.c, u, UnitClosed); err != nil {
			return err
		}
	}
	w.c.OpinionsOpen = 0
	return nil
}

// Answer is the opinion of a unit.
type Answer struct {
	Opinion string // OpinionAgree and so on
	Note    string
	Reasons []string // of an objection
	Files   []Upload
	Held    []string // tickets of files that came before
}

// Opine gives the opinion of another agency, by one of its own reviewers. Files are
// looked at and stored first, outside the transaction, once nothing else is missing.
func (s *Service) Opine(ctx context.Context, actor auth.Principal, id contract.CaseID, unit string, x Answer) error {
	a, err := tidy(Action{Name: actOpine, Target: unit, Opinion: x.Note, Reasons: x.Reasons})
	if err != nil {
		return err
	}
	a.verdict = x.Opinion
	c, u, _, err := s.openUnit(ctx, actor, id, unit)
	if err != nil {
		return err
	}
	if err := x.check(a); err != nil {
		return err
	}
	if len(x.Files)+len(x.Held) > 0 && u.State == UnitOpen && s.c.Policy.Check(actor, "casework.opine", unitObject(c, u)) == nil {
		if a.files, err = s.withHeld(ctx, actor, id, opinionFile, x.Held, x.Files); err != nil {
			return err
		}
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		u, err := unitNow(ctx, tx, id, unit)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, "casework.unit", unitObject(c, u)) != nil {
			return ErrNotFound
		}
		_, err = s.stepAs(ctx, tx, actor, c, a, u)
		return err
	})
}

// check reports what an opinion lacks.
func (x Answer) check(a Action) error {
	var form fault.Form
	switch x.Opinion {
	case OpinionAgree, OpinionNotNeeded:
	case OpinionObject:
		if len(a.Reasons) == 0 {
			form.Add("reasons", "casework.reasons_required")
		}
	default:
		form.Add("opinion", "casework.verdict_required")
	}
	if a.Opinion == "" && x.Opinion != OpinionObject {
		form.Add("note", "casework.opinion_required")
	}
	if len(x.Files)+len(x.Held) > maxMessageFiles {
		form.Add("files", "casework.message_files", "n", maxMessageFiles)
	}
	return form.Err()
}

// unitNow is the newest sending of a unit's task.
func unitNow(ctx context.Context, q db.Q, id contract.CaseID, unit string) (Unit, error) {
	all, err := unitsOf(ctx, q, id)
	if err != nil {
		return Unit{}, err
	}
	list := newest(all)
	i := slices.IndexFunc(list, func(u Unit) bool { return u.ID == unit })
	if i < 0 {
		return Unit{}, ErrNotFound
	}
	return list[i], nil
}

// late notes that an opinion did not come in time: a card for the agency that owes
// it. From then on it stands in the inbox of its head, of whoever holds the case and
// of those who answer for the agency that leads it, and before the supervisor.
func (s *Service) late(ctx context.Context, tx db.Tx, j unitJob) error {
	c, err := lockCase(ctx, tx, j.Case)
	if err != nil {
		return err
	}
	u, err := unitNow(ctx, tx, j.Case, j.Unit)
	if err != nil {
		return err
	}
	if u.Round != j.Round || u.State != UnitOpen || u.Late || !past(u.Due, s.Today()) {
		return nil
	}
	u.Late = true
	if err := updateUnit(ctx, tx, u); err != nil {
		return err
	}
	system := auth.SystemPrincipal("supervision")
	k := card{
		rule: cardUnitLate, occurrence: fmt.Sprintf("%s/%d", u.ID, u.Round), light: statute.Yellow,
		of: contract.Agency{ID: u.Agency, Name: u.AgencyName, Division: u.Division},
	}
	if err := s.raise(ctx, tx, system, &c, []card{k}); err != nil {
		return err
	}
	return s.tellUnit(ctx, tx, system, c, u, UnitLate)
}

// movedUnits are the open tasks of a case with the days that they have now, where
// those are not the stored ones.
func (s *Service) movedUnits(ctx context.Context, q db.Q, c Case) (were, are []Unit, err error) {
	svc, r, err := s.lawOf(ctx, c)
	if err != nil || len(svc.Handling.Units) == 0 {
		return nil, nil, err
	}
	all, err := unitsOf(ctx, q, c.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range newest(all) {
		now := s.dated(u, r)
		if u.State == UnitOpen && (now.Due != u.Due || now.Provisional != u.Provisional) {
			were, are = append(were, u), append(are, now)
		}
	}
	return were, are, nil
}

// UnitDays explains until when an opinion is due, day by day.
func (s *Service) UnitDays(u Unit, division string) ([]statute.Line, error) {
	t := Term{Kind: termOpinion, Days: u.Days, Began: day.In(u.Sent), Ended: dayOf(u.Ended)}
	return t.explain(s.c.Calendars.For(division), s.Today())
}
