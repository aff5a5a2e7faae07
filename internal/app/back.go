package app

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/id"
)

// back is what the rooms behind the windows need; the cases are made after them.
func (a *areas) back(t *tools) counter.Back {
	cases := backCases{a}
	return counter.Back{
		Papers: cases, Results: cases, Cases: cases, Calendars: a.calendar, Press: t.press, Code: id.Code,
		Carriers: counter.SignedCarriers(t.config.Counter.Carriers), Couriers: t.config.Counter.Couriers,
		RemindDays: t.config.Counter.RemindDays, ReturnDays: t.config.Counter.ReturnDays, StuckDays: t.config.Counter.StuckDays,
		Site: t.config.BaseURL,
	}
}

// backCases are the cases as the counter asks for them.
type backCases struct{ a *areas }

func (b backCases) PapersToHandOver(ctx context.Context, q db.Q, actor auth.Principal) ([]contract.Paper, error) {
	return b.a.casework.PapersToHandOver(ctx, q, actor)
}

func (b backCases) MovePapers(ctx context.Context, tx db.Tx, actor auth.Principal, m contract.PaperMove) ([]contract.Paper, error) {
	return b.a.casework.MovePapers(ctx, tx, actor, m)
}

func (b backCases) ShelfCase(ctx context.Context, actor auth.Principal, number string, hall contract.AgencyID) (contract.CaseFacts, error) {
	return b.a.casework.ShelfCase(ctx, actor, number, hall)
}

func (b backCases) Deliver(ctx context.Context, tx db.Tx, actor auth.Principal, c contract.CaseID, how contract.Delivery) error {
	return b.a.casework.Deliver(ctx, tx, actor, c, how)
}

func (b backCases) DeliveryAddress(ctx context.Context, tx db.Tx, actor auth.Principal, c contract.CaseID, hall contract.AgencyID) (contract.DeliveryChoice, error) {
	return b.a.casework.DeliveryAddress(ctx, tx, actor, c, hall)
}

func (b backCases) Carrier(ctx context.Context, tx db.Tx, e contract.CarrierEvent) (bool, error) {
	return b.a.casework.Carrier(ctx, tx, e)
}

func (b backCases) FactsByNumber(ctx context.Context, actor auth.Principal, number string) (contract.CaseFacts, error) {
	return b.a.casework.FactsByNumber(ctx, actor, number)
}

// PickupCode is what messages tell of a result that lies ready.
func (b backCases) PickupCode(ctx context.Context, account contract.AccountID, c contract.CaseID) (string, error) {
	return b.a.counter.PickupCode(ctx, account, c)
}
