package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// maxSpecialDays bounds what an official may tell an applicant to wait: a year of
// working days.
const maxSpecialDays = 250

// Special is one special procedure of a case (Licensing Law art. 45): what the
// written notice told, and what came of it.
type Special struct {
	ID      string
	Kind    statute.Special
	Text    contract.Text // what happens, for the applicant
	Reason  string
	Days    int      // expected, in working days
	Until   day.Date // expected end
	Step    int      // that started it
	Starter Handler
	Started time.Time
	Result  string
	Ender   Handler
	Ended   time.Time // zero while it lasts
}

// Specials lists the special procedures of a case in the order they began.
func (s *Service) Specials(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Special, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	return specialsOf(ctx, s.c.DB, id)
}

// AllowedSpecials are the special procedures that a service may start: those it
// lists, or the eight of the law.
func AllowedSpecials(svc contract.Service) []contract.SpecialSpec {
	var list []contract.SpecialSpec
	for _, k := range statute.Specials() {
		i := slices.IndexFunc(svc.Handling.Special, func(x contract.SpecialSpec) bool { return x.Kind == string(k) })
		switch {
		case i >= 0:
			spec := svc.Handling.Special[i]
			if spec.Text.ZH == "" {
				spec.Text = contract.Text(k.Name())
			}
			list = append(list, spec)
		case len(svc.Handling.Special) == 0:
			list = append(list, contract.SpecialSpec{Kind: string(k), Text: contract.Text(k.Name())})
		}
	}
	return list
}

// startSpecial makes the special procedure that a pause is for.
func (s *Service) startSpecial(w *work) error {
	var form fault.Form
	allowed := AllowedSpecials(w.svc)
	i := slices.IndexFunc(allowed, func(x contract.SpecialSpec) bool { return x.Kind == string(w.a.Special) })
	if i < 0 {
		form.Add("special", "casework.special_required")
		return form.Err()
	}
	days := cmp.Or(w.a.Days, allowed[i].Days)
	if days < 1 || days > maxSpecialDays {
		form.Add("days", "casework.days_required", "max", maxSpecialDays)
		return form.Err()
	}
	w.special = Special{
		ID: s.c.NewID(), Kind: w.a.Special, Text: allowed[i].Text, Reason: strings.Join(w.a.Reasons, "；"),
		Days: days, Until: w.r.cal.AddWorkdays(day.In(w.at), days),
		Starter: Handler{w.actor.ID, w.actor.Name}, Started: w.at,
	}
	w.c.SpecialsOpen++
	return nil
}

// endSpecial finds the special procedure that ends. While another goes on, the
// clock stands still.
func (s *Service) endSpecial(ctx context.Context, tx db.Tx, w *work) error {
	all, err := specialsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	open := slices.DeleteFunc(all, func(x Special) bool { return !x.Ended.IsZero() })
	i := slices.IndexFunc(open, func(x Special) bool { return x.ID == w.a.Target || w.a.Target == "" && len(open) == 1 })
	if i < 0 {
		var form fault.Form
		form.Add("target", "casework.special_unknown")
		return form.Err()
	}
	if len(open) > 1 {
		if w.t, err = w.r.proc.Transition(w.c.State, actEndSpecial); err != nil {
			return ErrState.Wrap(err)
		}
		w.a.Name = actEndSpecial
	}
	w.special = open[i]
	w.special.Result, w.special.Ended, w.special.Ender = w.a.Opinion, w.at, Handler{w.actor.ID, w.actor.Name}
	w.c.SpecialsOpen--
	return nil
}
