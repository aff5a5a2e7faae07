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
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// maxAbsence bounds one absence, in days.
const maxAbsence = 366

// AbsenceKinds are the reasons for being absent. What ails somebody is nobody's
// business: the kind is all that is asked.
func AbsenceKinds() []string { return []string{"leave", "sick", "training", "duty", "other"} }

// Absence is a span of days on which an official is not there, with the deputy who
// sees the official's queue and acts on it in the own name.
type Absence struct {
	ID       string
	Agency   contract.AgencyID
	Official Handler
	From, To day.Date // the last day is one of absence
	Kind     string
	Deputy   Handler // zero: the cases go back to the queue
	By       Handler // who entered it
	Entered  time.Time
	Ended    time.Time // early
	EndedBy  string
	Released bool
}

// as is for whom the actor acts: the absent official, where the actor is the deputy.
func (a Absence) as(actor auth.Principal) Handler {
	if a.ID == "" || a.Deputy.ID != actor.ID {
		return Handler{}
	}
	return a.Official
}

// acting is the right of the deputy, as records have it.
func (a Absence) acting() auth.Acting {
	return auth.Acting{Kind: forDeputy, ID: a.Official.ID, Name: a.Official.Name, Mandate: a.ID}
}

// On reports whether the official is absent on a day.
func (a Absence) On(d day.Date) bool { return !d.Before(a.From) && !d.After(a.To) }

// NewAbsence is what is said of an absence.
type NewAbsence struct {
	Official contract.AccountID // "" is oneself
	From, To day.Date
	Kind     string
	Deputy   contract.AccountID // "" for none
}

// caseRoles are the roles with which cases are worked.
func caseRoles(roles []string) []string {
	work := []string{auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead}
	return slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return !slices.Contains(work, r) })
}

// absenceObject is an absence as policies see it.
func absenceObject(agency contract.AgencyID, account string) policy.Object {
	return policy.Object{Type: "Absence", Attrs: map[string]any{"agency": string(agency), "account": account}}
}

// Absences lists those of the actor's agency that are not over: the actor's own, and
// those in which the actor is the deputy; the head sees all.
func (s *Service) Absences(ctx context.Context, actor auth.Principal) ([]Absence, error) {
	if err := s.c.Policy.Check(actor, "casework.absence", absenceObject(contract.AgencyID(actor.Agency), actor.ID)); err != nil {
		return nil, err
	}
	whose := actor.ID
	if s.c.Policy.May(actor, "casework.absence_set", absenceObject(contract.AgencyID(actor.Agency), "")) {
		whose = ""
	}
	return absencesFrom(ctx, s.c.DB, contract.AgencyID(actor.Agency), whose, s.Today())
}

// Absent enters an absence: one's own, or of anybody of the agency by its head.
func (s *Service) Absent(ctx context.Context, actor auth.Principal, n NewAbsence) (Absence, error) {
	if n.Official == "" {
		n.Official = contract.AccountID(actor.ID)
	}
	agency := contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.absence_set", absenceObject(agency, string(n.Official))); err != nil {
		return Absence{}, err
	}
	who, err := s.colleague(ctx, agency, n.Official)
	if err != nil {
		return Absence{}, inField("official", fault.New(fault.Invalid, ErrColleague.Code).Wrap(err))
	}
	if err := s.checkAbsence(n); err != nil {
		return Absence{}, err
	}
	a := Absence{
		ID: s.c.NewID(), Agency: agency, Official: Handler{string(who.ID), who.Name}, From: n.From, To: n.To, Kind: n.Kind,
		By: Handler{actor.ID, actor.Name}, Entered: s.now(),
	}
	if a.Deputy, err = s.deputy(ctx, agency, who, n.Deputy); err != nil {
		return a, err
	}
	return a, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if _, err := lockRota(ctx, tx, agency, 0); err != nil {
			return err
		}
		if err := s.clash(ctx, tx, a); err != nil {
			return err
		}
		if err := insertAbsence(ctx, tx, a); err != nil {
			return err
		}
		if err := s.c.Jobs.InsertTx(ctx, tx, absenceJob{a.ID}, job.Insert{At: a.From.Time(), Unique: a.ID}); err != nil {
			return err
		}
		return s.absenceChanged(ctx, tx, actor, a, "entered")
	})
}

func (s *Service) checkAbsence(n NewAbsence) error {
	var form fault.Form
	switch {
	case n.From.IsZero():
		form.Add("from", "casework.absence_from")
	case n.From.Before(s.Today()):
		form.Add("from", "casework.absence_past")
	}
	switch {
	case n.To.IsZero():
		form.Add("to", "casework.absence_to")
	case n.To.Before(n.From):
		form.Add("to", "casework.absence_order")
	case n.To.Sub(n.From) >= maxAbsence:
		form.Add("to", "casework.absence_long", "max", maxAbsence)
	}
	if !slices.Contains(AbsenceKinds(), n.Kind) {
		form.Add("kind", "casework.choose_one")
	}
	return form.Err()
}

// deputy finds who stands in: a colleague with every role in which the absent
// official works cases.
func (s *Service) deputy(ctx context.Context, agency contract.AgencyID, who contract.Official, id contract.AccountID) (Handler, error) {
	if id == "" {
		return Handler{}, nil
	}
	var form fault.Form
	o, err := s.colleague(ctx, agency, id)
	switch {
	case errors.Is(err, ErrColleague):
		form.Add("deputy", ErrColleague.Code)
	case err != nil:
		return Handler{}, err
	case o.ID == who.ID:
		form.Add("deputy", "casework.deputy_self")
	case slices.ContainsFunc(caseRoles(who.Roles), func(r string) bool { return !slices.Contains(o.Roles, r) }):
		form.Add("deputy", "casework.deputy_roles", "name", o.Name)
	}
	return Handler{string(o.ID), o.Name}, form.Err()
}

// clash refuses two absences of one official at a time, and chains: a deputy who is
// absent too, or an absent official who is somebody's deputy.
func (s *Service) clash(ctx context.Context, q db.Q, a Absence) error {
	list, err := absencesBetween(ctx, q, a.Agency, a.From, a.To)
	if err != nil {
		return err
	}
	var form fault.Form
	for _, x := range list {
		switch {
		case x.ID == a.ID:
		case x.Official.ID == a.Official.ID:
			form.Add("from", "casework.absence_twice", "from", x.From, "to", x.To)
		case a.Deputy.ID != "" && x.Official.ID == a.Deputy.ID:
			form.Add("deputy", "casework.deputy_absent", "name", a.Deputy.Name, "from", x.From, "to", x.To)
		case x.Deputy.ID == a.Official.ID:
			form.Add("from", "casework.absence_deputy", "name", x.Official.Name, "from", x.From, "to", x.To)
		}
	}
	return form.Err()
}

// EndAbsence ends an absence: the official is back today, or does not go.
func (s *Service) EndAbsence(ctx context.Context, actor auth.Principal, id string) error {
	return s.changeAbsence(ctx, actor, id, func(ctx context.Context, tx db.Tx, a *Absence) (string, error) {
		today := s.Today()
		if a.To.Before(today) {
			return "", nil // over, or ended by a click before
		}
		change := "ended"
		if a.From.After(today) {
			change = "cancelled"
		}
		a.To, a.Ended, a.EndedBy = today.Add(-1), s.now(), actor.ID
		if a.From.After(today) {
			a.To = a.From.Add(-1)
		}
		return change, s.c.Jobs.Cancel(ctx, tx, absenceJob{}.Kind(), a.ID)
	})
}

// SetDeputy names another deputy for an absence that is not over, or none: then the
// cases go back to the queue.
func (s *Service) SetDeputy(ctx context.Context, actor auth.Principal, id string, deputy contract.AccountID) error {
	return s.changeAbsence(ctx, actor, id, func(ctx context.Context, tx db.Tx, a *Absence) (string, error) {
		if a.To.Before(s.Today()) {
			return "", ErrState
		}
		who, err := s.colleague(ctx, a.Agency, contract.AccountID(a.Official.ID))
		if err != nil {
			return "", err
		}
		was := a.Deputy
		if a.Deputy, err = s.deputy(ctx, a.Agency, who, deputy); err != nil || a.Deputy == was {
			return "", err
		}
		if err := s.clash(ctx, tx, *a); err != nil {
			return "", err
		}
		if a.Deputy.ID == "" && a.On(s.Today()) {
			if err := s.c.Jobs.InsertTx(ctx, tx, absenceJob{a.ID}, job.Insert{Unique: a.ID + "@" + s.c.NewID()}); err != nil {
				return "", err
			}
			a.Released = false
		}
		return "deputy", nil
	})
}

// changeAbsence changes an absence; nothing is stored where fn tells no change.
func (s *Service) changeAbsence(
	ctx context.Context, actor auth.Principal, id string, fn func(ctx context.Context, tx db.Tx, a *Absence) (change string, err error),
) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if _, err := lockRota(ctx, tx, contract.AgencyID(actor.Agency), 0); err != nil {
			return err
		}
		a, err := absenceByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, "casework.absence_set", absenceObject(a.Agency, a.Official.ID)) != nil {
			return ErrNotFound
		}
		change, err := fn(ctx, tx, &a)
		if err != nil || change == "" {
			return err
		}
		if err := updateAbsence(ctx, tx, a); err != nil {
			return err
		}
		return s.absenceChanged(ctx, tx, actor, a, change)
	})
}

func (s *Service) absenceChanged(ctx context.Context, tx db.Tx, actor auth.Principal, a Absence, change string) error {
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "absence:" + a.ID}, contract.AbsenceChanged{
		Absence: a.ID, Official: contract.AccountID(a.Official.ID), Agency: a.Agency, Change: change,
		From: a.From.String(), To: a.To.String(), Deputy: contract.AccountID(a.Deputy.ID), At: s.now(),
	})
}

// absenceJob gives back the cases of an official whose absence begins without a
// deputy.
type absenceJob struct {
	Absence string `json:"absence"`
}

// Kind names the job.
func (absenceJob) Kind() string { return "casework.absence" }

// releaseBatch bounds one transaction.
const releaseBatch = 50

// absenceBegins puts the cases of an absent official back into the queue of the unit,
// once. Where there is a deputy they stay: the deputy works them.
func (s *Service) absenceBegins(ctx context.Context, tx db.Tx, j absenceJob) error {
	a, err := absenceByID(ctx, tx, j.Absence)
	if errors.Is(err, ErrNotFound) {
		return job.Dead(err)
	}
	if err != nil || a.Released || a.Deputy.ID != "" || !a.On(s.Today()) {
		return err
	}
	ids, err := heldBy(ctx, tx, a.Agency, a.Official.ID, releaseBatch)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Holder.ID != a.Official.ID {
			continue
		}
		if err := s.hand(ctx, tx, auth.SystemPrincipal("absence"), &c, inHand{why: contract.HeldAbsent}); err != nil {
			return err
		}
	}
	if len(ids) == releaseBatch {
		return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{})
	}
	return setReleased(ctx, tx, a.ID)
}
