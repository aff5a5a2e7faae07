package casework

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// UnitTask is a task of an agency in its work list.
type UnitTask struct {
	Unit
	Number   string
	ItemName contract.Text
	Lead     contract.Text // agency that asks
}

// unitActor reports whether a post sees the tasks that other agencies give to its
// own. It says what policy.cedar says; a test compares.
func unitActor(p auth.Principal) bool {
	return p.Kind == auth.Staff && slices.ContainsFunc([]string{auth.RoleReviewer, auth.RoleApprover, auth.RoleHead}, p.Is)
}

// owedOpinions counts the opinions that the actor's agency owes, and those of them
// that are late; -1 where that is not a matter of the post, or of an agency that
// nobody ever asked.
func (s *Service) owedOpinions(ctx context.Context, actor auth.Principal) (owed, late int, err error) {
	if !unitActor(actor) {
		return -1, 0, nil
	}
	open, late, ever, err := countUnits(ctx, s.c.DB, actor)
	if err != nil || ever == 0 {
		return -1, 0, err
	}
	return open, late, nil
}

// fillUnits reads one page of the opinions that an agency owes, the most urgent
// first.
func (s *Service) fillUnits(ctx context.Context, list List, actor auth.Principal, q Query) (List, error) {
	after, err := readCursor(q.After)
	if err != nil {
		return list, err
	}
	limit := q.Limit
	if limit < 1 || limit > 100 {
		limit = 25
	}
	if list.Units, err = unitTasks(ctx, s.c.DB, actor, after, limit+1); err != nil {
		return list, err
	}
	if len(list.Units) > limit {
		list.Units = list.Units[:limit]
		last := list.Units[limit-1]
		list.Next = cursor{Due: last.Due.String(), ID: last.Case, Unit: last.ID}.String()
	}
	return list, nil
}

// UnitView is what an agency that is asked sees of a case: its task, and of the
// application only what the service lists for it.
type UnitView struct {
	Unit
	Number    string
	ItemName  contract.Text
	Lead      contract.Text
	Applicant string
	Lines     []Line
	Materials []contract.Material
	Svc       contract.Service
	History   []Unit // earlier sendings to the same agency
	MayOpine  bool
}

// UnitPage opens the task of a unit to its own agency. The read is recorded.
func (s *Service) UnitPage(ctx context.Context, actor auth.Principal, id contract.CaseID, unit string) (UnitView, error) {
	c, u, all, err := s.openUnit(ctx, actor, id, unit)
	if err != nil {
		return UnitView{}, err
	}
	v := UnitView{Unit: u, Number: c.Number, ItemName: c.ItemName, Lead: c.AgencyName, Applicant: ListName(c.Applicant)}
	for _, x := range all {
		if x.ID == unit && x.Agency == u.Agency && x.Round < u.Round {
			v.History = append(v.History, x)
		}
	}
	if v.Svc, err = s.ServiceOf(ctx, c); err != nil {
		return v, err
	}
	v.MayOpine = u.State == UnitOpen && s.c.Policy.Check(actor, "casework.opine", unitObject(c, u)) == nil
	if u.State != UnitOpen { // what is done needs no more reading
		return v, nil
	}
	h, err := lastHandIn(ctx, s.c.DB, id)
	if err != nil {
		return v, err
	}
	if h.materials, err = s.openWords(id, h.materials); err != nil {
		return v, err
	}
	answers, err := s.answers(v.Svc, id, h)
	if err != nil {
		return v, err
	}
	spec := unitSpec(v.Svc, unit)
	for f := range answers {
		if !slices.Contains(spec.Fields, f) {
			delete(answers, f)
		}
	}
	v.Lines = lines(v.Svc, answers, s.words(ctx, c), false) // listed because they are needed
	v.Materials = slices.DeleteFunc(slices.Clone(h.materials), func(m contract.Material) bool { return !slices.Contains(spec.Materials, m.ID) })
	what := slices.Clone(spec.Fields)
	for _, m := range v.Materials {
		what = append(what, "material:"+m.ID)
	}
	return v, s.recordUnitRead(ctx, actor, c, what)
}

// UnitMaterial opens a material to the agency that is asked, if the service lists
// it for that agency.
func (s *Service) UnitMaterial(
	ctx context.Context, actor auth.Principal, id contract.CaseID, unit, file string,
) (Handed, io.ReadCloser, error) {
	c, u, _, err := s.openUnit(ctx, actor, id, unit)
	if err != nil {
		return Handed{}, nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return Handed{}, nil, err
	}
	h, err := lastHandIn(ctx, s.c.DB, id)
	if err != nil {
		return Handed{}, nil, err
	}
	spec := unitSpec(svc, unit)
	i := slices.IndexFunc(h.materials, func(m contract.Material) bool {
		return m.File == file && m.Blob != "" && slices.Contains(spec.Materials, m.ID)
	})
	if i < 0 || u.State != UnitOpen {
		return Handed{}, nil, ErrNotFound
	}
	m := h.materials[i]
	if err := s.recordUnitRead(ctx, actor, c, []string{"material:" + m.ID}); err != nil {
		return Handed{}, nil, err
	}
	return s.handOut(ctx, actor, c, m)
}

// openUnit finds the task of a unit for an actor of its agency; everybody else is
// told that there is none.
func (s *Service) openUnit(ctx context.Context, actor auth.Principal, id contract.CaseID, unit string) (Case, Unit, []Unit, error) {
	c, err := caseByID(ctx, s.c.DB, id)
	if err != nil {
		return c, Unit{}, nil, err
	}
	all, err := unitsOf(ctx, s.c.DB, id)
	if err != nil {
		return c, Unit{}, nil, err
	}
	list := newest(all)
	i := slices.IndexFunc(list, func(u Unit) bool { return u.ID == unit })
	if i < 0 || s.c.Policy.Check(actor, "casework.unit", unitObject(c, list[i])) != nil {
		return c, Unit{}, nil, ErrNotFound
	}
	return c, list[i], all, nil
}

func unitSpec(svc contract.Service, unit string) contract.Unit {
	i := slices.IndexFunc(svc.Handling.Units, func(u contract.Unit) bool { return u.ID == unit })
	if i < 0 {
		return contract.Unit{}
	}
	return svc.Handling.Units[i]
}

// recordUnitRead writes down what another agency read of an application.
func (s *Service) recordUnitRead(ctx context.Context, actor auth.Principal, c Case, what []string) error {
	if len(what) == 0 {
		return nil
	}
	m := meta(actor, c)
	m.Purpose, m.Basis = "opinion", "行政许可法 第二十六条"
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
			Subject: c.Applicant.ID, What: what, Case: c.ID, Purpose: m.Purpose, Basis: m.Basis,
			At: s.c.Now().UTC().Truncate(time.Microsecond),
		})
	})
}
