package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
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
	Ended       time.Time // answered or recalled
	Why         string    // why it was recalled or sent elsewhere
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
	if actor.Kind == auth.Resident {
		for i := range list {
			list[i].Note, list[i].Reasons, list[i].Handler, list[i].Why = "", nil, Handler{}, ""
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
