package counter

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// StuckQuery narrows the list of a desk.
type StuckQuery struct {
	State string // "" is open and answered
	Kind  string
}

// StuckDesk lists the reports that an actor's agency answers or assigns, or that
// lie in the division of a supervisor.
func (s *Service) StuckDesk(ctx context.Context, actor auth.Principal, q StuckQuery) ([]Report, error) {
	if err := s.c.Policy.Check(actor, ActionStuckDesk, policy.Page); err != nil {
		return nil, err
	}
	var list []Report
	var err error
	if actor.Is(auth.RoleSupervisor) || actor.Is(auth.RoleAuditor) {
		list, err = reportsWhere(ctx, s.c.DB, `SUBSTR(division, 1, $2) = $1`, actor.Division, len(actor.Division))
	} else {
		list, err = reportsWhere(ctx, s.c.DB, `(agency = $1 OR hall_agency = $1)`, actor.Agency)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(r Report) bool {
		state := q.State == "" && r.State == StuckClosed || q.State != "" && q.State != "all" && r.State != q.State
		return state || q.Kind != "" && r.Kind != q.Kind || s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil
	}), nil
}

// StuckCount is how many reports of one reason one agency has.
type StuckCount struct {
	Kind   string
	Agency contract.Text
	All    int
	Open   int
	Late   int
	Solved int // by the person's own word
}

// StuckCounts counts for supervision, by reason and by agency.
func (s *Service) StuckCounts(ctx context.Context, actor auth.Principal) (byKind, byAgency []StuckCount, err error) {
	list, err := s.StuckDesk(ctx, actor, StuckQuery{State: "all"})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		byKind = counted(byKind, r, func(c StuckCount) bool { return c.Kind == r.Kind }, StuckCount{Kind: r.Kind})
		byAgency = counted(byAgency, r, func(c StuckCount) bool { return c.Agency == r.Agency.Name }, StuckCount{Agency: r.Agency.Name})
	}
	order := func(a, b StuckCount) int { return cmp.Compare(b.All, a.All) }
	slices.SortStableFunc(byKind, order)
	slices.SortStableFunc(byAgency, order)
	return byKind, byAgency, nil
}

func counted(list []StuckCount, r Report, same func(StuckCount) bool, first StuckCount) []StuckCount {
	i := slices.IndexFunc(list, same)
	if i < 0 {
		list, i = append(list, first), len(list)
	}
	c := &list[i]
	c.All++
	if r.State == StuckOpen {
		c.Open++
	}
	if r.Overdue {
		c.Late++
	}
	if r.Solved == "yes" {
		c.Solved++
	}
	return list
}

// StuckReport opens one to who answers, assigns or supervises. Who only looks sees
// no name and no phone. What people wrote tells of them, too: each look is recorded.
func (s *Service) StuckReport(ctx context.Context, actor auth.Principal, id string) (Report, error) {
	r, err := reportByID(ctx, s.c.DB, id)
	if err != nil {
		return r, err
	}
	if s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil {
		return Report{}, ErrNoReport
	}
	if r, err = s.shown(ctx, r); err != nil {
		return r, err
	}
	what := []string{"report"}
	if assign, answer := s.MayDo(actor, r); assign || answer {
		what = append(what, "name", "phone")
	} else {
		r.Name, r.Phone = "", ""
	}
	return r, s.saw(ctx, actor, "stuck:"+r.ID, contract.PersonalDataRead{
		Subject: string(r.Person), What: what, Case: r.Case, Purpose: readStuck,
	})
}

// Assign gives a report to an agency.
func (s *Service) Assign(ctx context.Context, actor auth.Principal, id string, edition int, to contract.AgencyID) error {
	agency, err := s.c.Agencies.Agency(ctx, to)
	if fault.KindOf(err) == fault.NotFound {
		return invalid("agency", "counter.stuck.agency")
	}
	if err != nil {
		return err
	}
	return s.changeReport(ctx, actor, change{id, edition, ActionAssign}, func(r *Report) (string, string, error) {
		if county(agency.Division) != county(r.Division) {
			return "", "", invalid("agency", "counter.stuck.agency")
		}
		r.Agency = agency
		return "assigned", agency.Name.ZH, nil
	})
}

func county(division string) string { return division[:min(len(division), 6)] }

// Answering is what an official answers.
type Answering struct {
	Edition             int // that was seen; 0 asks for none
	Result, Answer, Law string
}

// Answer tells the person what came of it. What cannot be done needs the law that
// says so; what is passed on says to whom.
func (s *Service) Answer(ctx context.Context, actor auth.Principal, id string, in Answering) error {
	result, answer, law := in.Result, in.Answer, in.Law
	var form fault.Form
	if !slices.Contains([]string{StuckSolved, StuckExplained, StuckPassed}, result) {
		form.Add("result", "counter.stuck.result")
	}
	within(&form, "answer", answer, 5, 1000)
	within(&form, "law", law, 0, 300)
	if result == StuckExplained && strings.TrimSpace(law) == "" {
		form.Add("law", "counter.stuck.law")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return s.changeReport(ctx, actor, change{id, in.Edition, ActionAnswer}, func(r *Report) (string, string, error) {
		r.State, r.Result, r.Answer, r.Law, r.Answered = StuckAnswered, result, strings.TrimSpace(answer), strings.TrimSpace(law), s.now()
		if r.Reopened { // its second answer is its last
			r.State = StuckClosed
		}
		return "answered", r.Answer, nil
	})
}

// change is what an official does to a report: edition is the one that was seen.
type change struct {
	report  string
	edition int
	action  string
}

func (s *Service) changeReport(ctx context.Context, actor auth.Principal, x change, do func(*Report) (what, note string, err error)) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		r, err := lockReport(ctx, tx, x.report)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil {
			return ErrNoReport
		}
		if err := s.c.Policy.Check(actor, x.action, stuckObject(r)); err != nil {
			return err
		}
		if r.State != StuckOpen {
			return ErrStuckDone
		}
		if x.edition != 0 && r.Edition != x.edition {
			return ErrChanged
		}
		what, note, err := do(&r)
		if err != nil {
			return err
		}
		if err := saveReport(ctx, tx, r); err != nil {
			return err
		}
		return s.noteStuck(ctx, tx, actor, r, what, note)
	})
}

// StuckDays is how many working days an answer may take.
func (s *Service) StuckDays() int { return s.c.Back.stuckDays() }

// MayDo says what an actor may do with a report, for its page.
func (s *Service) MayDo(actor auth.Principal, r Report) (assign, answer bool) {
	return s.c.Policy.Check(actor, ActionAssign, stuckObject(r)) == nil, s.c.Policy.Check(actor, ActionAnswer, stuckObject(r)) == nil
}

// AgenciesOf lists those a report can be given to.
func (s *Service) AgenciesOf(ctx context.Context, r Report) ([]contract.Agency, error) {
	return s.c.Agencies.Agencies(ctx, r.Division)
}
