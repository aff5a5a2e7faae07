package notify

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// Duties finds the officials whom something about a case is for. Casework implements it.
type Duties interface {
	Told(ctx context.Context, d contract.Duty) ([]contract.AccountID, error)
}

// Kinds of what officials are told.
const (
	kindCard       = "duty.card." // with the light behind it
	kindObjection  = "duty.objection"
	kindOpinion    = "duty.opinion"
	kindOverdue    = "duty.overdue"
	kindWithdrawal = "duty.withdrawal"
	kindAssigned   = "duty.assigned"
	kindHanded     = "duty.handed"
)

// dutyEvents registers what officials are told about.
func (s *Service) dutyEvents(l *event.Log, me string) {
	event.Subscribe(l, me, s.onCard)
	event.Subscribe(l, me, s.onObjected)
	event.Subscribe(l, me, s.onOpinion)
	event.Subscribe(l, me, s.onAskedToWithdraw)
	event.Subscribe(l, me, s.onHeld)
}

// onCard tells who had the case that a card of supervision is to be explained. A red
// one is told to who answers for the agency too.
func (s *Service) onCard(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.SupervisionRaised) error {
	if e.Card == "" { // from before cards were named
		return nil
	}
	d := contract.Duty{Kind: contract.DutyCard, Case: e.Case, Agency: e.Agency, Handler: e.Handler}
	if e.Unit != "" {
		d.Agency = e.Unit
	}
	if e.Light == "red" {
		d.Kind = contract.DutyRedCard
	}
	return s.tellDuty(ctx, tx, rec, d, Message{Kind: kindCard + e.Light, Due: e.ExplainBy, At: e.At, Place: "/staff/cards/" + e.Card})
}

func (s *Service) onObjected(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.ObjectionMade) error {
	d := contract.Duty{Kind: contract.DutyObjection, Case: e.Case, Agency: e.Agency, Of: e.Objection}
	return s.tellDuty(ctx, tx, rec, d, Message{Kind: kindObjection, Due: e.Due, At: e.At, Place: "/staff/objections/" + e.Objection})
}

// onOpinion tells an agency that its opinion is asked, and the one that leads the case
// that an opinion is owed too long. That the other has a card, its card says.
func (s *Service) onOpinion(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.UnitTask) error {
	path := "/staff/cases/" + string(e.Case)
	switch e.Change {
	case "sent":
		d := contract.Duty{Kind: contract.DutyOpinion, Case: e.Case, Agency: e.Agency, Of: e.Unit}
		return s.tellDuty(ctx, tx, rec, d, Message{Kind: kindOpinion, Due: e.Due, At: e.At, Place: path + "/units/" + e.Unit, Facts: Facts{Name: e.Task}})
	case "late":
		d := contract.Duty{Kind: contract.DutyOverdue, Case: e.Case, Agency: e.Lead, Of: e.Unit}
		return s.tellDuty(ctx, tx, rec, d, Message{Kind: kindOverdue, Due: e.Due, At: e.At, Place: path, Facts: Facts{Name: e.Name}})
	}
	return nil
}

func (s *Service) onAskedToWithdraw(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.WithdrawalAsked) error {
	d := contract.Duty{Kind: contract.DutyWithdrawal, Case: e.Case, Agency: e.Agency, Of: e.Request}
	return s.tellDuty(ctx, tx, rec, d, Message{Kind: kindWithdrawal, Due: e.Due, At: e.At, Place: "/staff/withdrawals/" + e.Request})
}

// onHeld tells that somebody put a case into one's hands. What a rule gives out is
// in the list of tasks like all work of the day, and told to nobody.
func (s *Service) onHeld(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.CaseHeld) error {
	kind := map[string]string{contract.HeldAssigned: kindAssigned, contract.HeldHanded: kindHanded}[e.Why]
	if kind == "" || e.To == "" {
		return nil
	}
	d := contract.Duty{Kind: contract.DutyHands, Case: e.Case, Agency: e.Agency, Handler: e.To}
	return s.tellDuty(ctx, tx, rec, d, Message{Kind: kind, At: e.At, Place: "/staff/cases/" + string(e.Case)})
}

// tellDuty tells the officials whom a duty is for, and not the one who made it. It is
// about no person: nobody's webhook gets it.
func (s *Service) tellDuty(ctx context.Context, tx db.Tx, rec event.Recorded, d contract.Duty, m Message) error {
	if s.c.Duties == nil {
		return nil
	}
	to, err := s.c.Duties.Told(ctx, d)
	if err != nil {
		return err
	}
	if rec.ActorKind == auth.Staff {
		to = slices.DeleteFunc(to, func(a contract.AccountID) bool { return string(a) == rec.ActorID })
	}
	if len(to) == 0 {
		return nil
	}
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), d.Case)
	if err != nil {
		return err
	}
	m.Case, m.Number, m.Item, m.Facts.By = d.Case, facts.Number, facts.ItemName, facts.AgencyName
	return s.tell(ctx, tx, rec, m, to...)
}
