package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Faults of delivery.
var (
	// ErrWay means that the result of the service does not come that way.
	ErrWay = fault.New(fault.Invalid, "casework.delivery_way")
	// ErrDelivered means that the result is in the applicant's hands already.
	ErrDelivered = fault.New(fault.Conflict, "casework.delivered")
)

// deliveryField is what name, phone and address of a delivery are sealed under.
const deliveryField = "casework.delivery"

// DeliveryWays are the ways in which the result of a service can come.
func DeliveryWays(svc contract.Service) []string {
	if len(svc.Delivery) == 0 {
		return []string{contract.DeliverElectronic}
	}
	return svc.Delivery
}

// Delivery tells how the applicant wants the result. Applicants see what they
// entered; officials the way alone.
func (s *Service) Delivery(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.DeliveryChoice, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return contract.DeliveryChoice{}, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return contract.DeliveryChoice{}, err
	}
	d, err := s.deliveryOf(ctx, s.c.DB, id)
	d.Ways = DeliveryWays(svc)
	own := s.c.Policy.Check(actor, "casework.choose_delivery", object(c, nil)) == nil
	if !own {
		d.Name, d.Phone, d.Address = "", "", ""
	}
	return d, err
}

// deliveryOf is the choice with everything in it; electronic where nobody chose.
func (s *Service) deliveryOf(ctx context.Context, q db.Q, id contract.CaseID) (contract.DeliveryChoice, error) {
	row, err := deliveryRow(ctx, q, id)
	d := contract.DeliveryChoice{Case: id, Way: row.way, At: row.at}
	if err != nil || row.way == "" {
		d.Way = contract.DeliverElectronic
		return d, err
	}
	for _, f := range []struct {
		sealed []byte
		to     *string
	}{{row.receiver, &d.Name}, {row.phone, &d.Phone}, {row.address, &d.Address}} {
		if *f.to, err = s.c.Seal.Open(deliveryField, f.sealed); err != nil {
			return d, err
		}
	}
	return d, nil
}

// ChooseDelivery keeps how an applicant wants the result, until it is delivered.
func (s *Service) ChooseDelivery(ctx context.Context, actor auth.Principal, id contract.CaseID, d contract.DeliveryChoice) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		if err := s.c.Policy.Check(actor, "casework.choose_delivery", object(c, nil)); err != nil {
			return err
		}
		svc, err := s.ServiceOf(ctx, c)
		if err != nil {
			return err
		}
		if !slices.Contains(DeliveryWays(svc), d.Way) {
			return ErrWay.With("way", d.Way)
		}
		if c.Stage == StageDone {
			return ErrDelivered
		}
		d.Name, d.Phone, d.Address = strings.TrimSpace(d.Name), strings.TrimSpace(d.Phone), strings.TrimSpace(d.Address)
		if err := checkDelivery(d); err != nil {
			return err
		}
		row, err := s.sealedDelivery(actor, d)
		if err != nil {
			return err
		}
		if err := saveDelivery(ctx, tx, id, row); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.DeliveryChosen{Case: id, Way: d.Way, At: s.c.Now().UTC().Truncate(time.Microsecond)})
	})
}

// sealedDelivery is a choice as it is stored.
func (s *Service) sealedDelivery(actor auth.Principal, d contract.DeliveryChoice) (row delivery, err error) {
	row = delivery{way: d.Way, by: actor.ID, at: s.c.Now()}
	for _, f := range []struct {
		plain string
		to    *[]byte
	}{{d.Name, &row.receiver}, {d.Phone, &row.phone}, {d.Address, &row.address}} {
		if *f.to, err = s.c.Seal.Seal(deliveryField, f.plain); err != nil {
			return row, err
		}
	}
	return row, nil
}

func checkDelivery(d contract.DeliveryChoice) error {
	var form fault.Form
	within := func(name, v string, least, most int) {
		if n := len([]rune(v)); n < least || n > most {
			form.Add(name, "casework.delivery_"+name)
		}
	}
	if d.Way == contract.DeliverCourier {
		within("name", d.Name, 2, 40)
		within("address", d.Address, 8, 120)
		if !phoneLike(d.Phone) {
			form.Add("phone", "casework.delivery_phone")
		}
	}
	return form.Err()
}

func phoneLike(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			n++
		case r != '-' && r != ' ' && r != '+':
			return false
		}
	}
	return n >= 7 && n <= 15
}

// DeliveryAddress opens name, phone and address for whoever sends the result from
// the shelf of a hall; that it was read is recorded.
func (s *Service) DeliveryAddress(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, hall contract.AgencyID) (contract.DeliveryChoice, error) {
	c, err := caseByID(ctx, tx, id)
	if err != nil {
		return contract.DeliveryChoice{}, err
	}
	if err := s.c.Policy.Check(actor, "casework.delivery_address", onShelf(c, hall)); err != nil {
		return contract.DeliveryChoice{}, err
	}
	d, err := s.deliveryOf(ctx, tx, id)
	if err != nil {
		return d, err
	}
	m := meta(actor, c)
	m.Purpose, m.Basis = "delivery", "行政许可法 第四十四条"
	return d, s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
		Subject: c.Applicant.ID, What: []string{"delivery"}, Case: c.ID, Purpose: m.Purpose, Basis: m.Basis,
		At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// onShelf is a case whose result lies on the shelf of a hall, as policies see it.
func onShelf(c Case, hall contract.AgencyID) policy.Object {
	o := object(c, nil)
	o.Attrs["shelf"] = string(hall)
	return o
}

// ShelfCase tells the facts of a case by its number to whoever works at the shelf
// of a hall, with how the applicant wants the result, and no content of it.
func (s *Service) ShelfCase(ctx context.Context, actor auth.Principal, number string, hall contract.AgencyID) (contract.CaseFacts, error) {
	plain, err := idcode.ParseCaseNumber(number)
	if err != nil {
		return contract.CaseFacts{}, ErrNotFound
	}
	c, err := caseByNumber(ctx, s.c.DB, plain)
	if err != nil {
		return contract.CaseFacts{}, err
	}
	if s.c.Policy.Check(actor, "casework.shelf", onShelf(c, hall)) != nil {
		return contract.CaseFacts{}, ErrNotFound
	}
	chosen, err := deliveryRow(ctx, s.c.DB, c.ID)
	facts := factsOf(c)
	facts.Delivery = chosen.way
	return facts, err
}

// FactsByNumber is Facts by the number of the case.
func (s *Service) FactsByNumber(ctx context.Context, actor auth.Principal, number string) (contract.CaseFacts, error) {
	plain, err := idcode.ParseCaseNumber(number)
	if err != nil {
		return contract.CaseFacts{}, ErrNotFound
	}
	c, err := s.ByNumber(ctx, actor, plain)
	return factsOf(c), err
}

func factsOf(c Case) contract.CaseFacts {
	return contract.CaseFacts{
		ID: c.ID, Number: c.Number, Item: c.Item, ItemName: c.ItemName, Agency: c.Agency, AgencyName: c.AgencyName, Division: c.Division,
		Applicant: c.Applicant, Operator: c.Operator, State: c.State, Ended: !c.Ended.IsZero(), Parent: c.Parent,
	}
}

// Deliver takes the step of delivery in the caller's transaction: the ten days of
// art. 44 end with the proof that the result is in the applicant's hands. A result
// that the applicant already has in electronic form is not delivered again.
func (s *Service) Deliver(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, how contract.Delivery) error {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.c.Policy.Check(actor, "casework.shelf", onShelf(c, how.Hall)); err != nil {
		return err
	}
	if c.Stage != StageDeliver {
		if c.Decided.IsZero() {
			return ErrState
		}
		return nil
	}
	a := Action{Name: actDeliver, Opinion: proofOf(how, s.c.Now()), delivery: &how}
	_, err = s.step(ctx, tx, actor, c, a)
	return err
}

// proofOf is the proof in one sentence, for the document and the timeline. The name
// of the receiver is masked: the applicant knows it, others need not.
func proofOf(d contract.Delivery, now time.Time) string {
	if d.At.IsZero() {
		d.At = now
	}
	on, _ := words(day.In(d.At))
	who := ListName(contract.Party{Kind: "person", Name: d.To})
	if d.Agent {
		who += "（代理人）"
	}
	if d.Way == contract.DeliverCourier {
		return on + "由" + d.By + "寄达，" + who + "签收。"
	}
	return on + "在" + d.Place.ZH + "由" + who + "领取并签名，经办：" + d.By + "。"
}
