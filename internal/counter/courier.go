package counter

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/webhook"
)

// Carriers. What becomes of a parcel is told in one of two ways: staff enter it
// (ByHand), or the carrier's own system tells it by a signed call (Signed). No
// carrier is imitated: where none is connected, people enter what the waybill says.

// Carrier is a connector to one carrier.
type Carrier interface {
	// Name is the carrier as it stands on waybills: "EMS".
	Name() string
	// Read checks a call of the carrier and says what it tells.
	Read(now time.Time, timestamp, signature string, body []byte) (contract.CarrierEvent, error)
}

// Faults of carriers.
var (
	ErrCarrier   = fault.New(fault.NotFound, "counter.carrier.unknown")
	ErrSignature = fault.New(fault.Denied, "counter.carrier.signature")
	ErrTold      = fault.New(fault.Invalid, "counter.carrier.body")
)

// freshness is how old a signed call may be: an older one is a replay.
const freshness = 5 * time.Minute

// Signed is a carrier whose system signs what it tells, as our own webhooks do:
// v1=hex(HMAC-SHA256(secret, timestamp + "." + body)).
type Signed struct{ Carrier, Secret string }

// Name is the carrier's.
func (c Signed) Name() string { return c.Carrier }

// Read verifies the signature and the time, and reads the event.
func (c Signed) Read(now time.Time, timestamp, signature string, body []byte) (contract.CarrierEvent, error) {
	var e contract.CarrierEvent
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > freshness {
		return e, ErrSignature
	}
	if c.Secret == "" || !hmac.Equal([]byte(signature), []byte(webhook.Sign(c.Secret, timestamp, body))) {
		return e, ErrSignature
	}
	var in struct {
		ID      string    `json:"id"`
		Waybill string    `json:"waybill"`
		Status  string    `json:"status"`
		Note    string    `json:"note"`
		Signer  string    `json:"signer"`
		At      time.Time `json:"at"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return e, ErrTold.Wrap(err)
	}
	if in.ID == "" || in.Waybill == "" || !carrierStatus(in.Status) || in.At.IsZero() || len(in.ID) > 100 {
		return e, ErrTold
	}
	return contract.CarrierEvent{
		ID: in.ID, Carrier: c.Carrier, Waybill: strings.ToUpper(strings.TrimSpace(in.Waybill)), Status: in.Status,
		Note: clip(in.Note, 200), Signer: clip(in.Signer, 40), At: in.At.UTC().Truncate(time.Microsecond),
	}, nil
}

func clip(s string, most int) string {
	r := []rune(strings.TrimSpace(s))
	return string(r[:min(len(r), most)])
}

func carrierStatus(s string) bool {
	return slices.Contains([]string{
		contract.CarrierTaken, contract.CarrierMoving, contract.CarrierDelivered, contract.CarrierFailed, contract.CarrierReturned, contract.CarrierLost,
	}, s)
}

// SignedCarriers are the carriers of a setting, with the secret of each.
func SignedCarriers(secrets map[string]string) []Carrier {
	var list []Carrier
	for name, secret := range secrets {
		list = append(list, Signed{name, secret})
	}
	return list
}

// Couriers are the carriers that a hall gives parcels to, by name: those whose system
// tells what becomes of them, and those of whom staff enter it. None means that
// nobody said which, and any name is taken.
func (s *Service) Couriers() []string {
	var list []string
	for _, c := range s.c.Back.Carriers {
		list = append(list, c.Name())
	}
	list = append(list, s.c.Back.Couriers...)
	slices.Sort(list)
	return slices.Compact(list)
}

// Told takes a signed call of a carrier. The same event counts once, however often
// it is sent; one about a parcel that nobody knows is an error, so that the carrier
// sees its mistake.
func (s *Service) Told(ctx context.Context, actor auth.Principal, carrier, timestamp, signature string, body []byte) (fresh bool, err error) {
	if err := s.c.Policy.Check(actor, ActionCarrier, policy.Page); err != nil {
		return false, err
	}
	i := slices.IndexFunc(s.c.Back.Carriers, func(c Carrier) bool { return c.Name() == carrier })
	if i < 0 {
		return false, ErrCarrier
	}
	e, err := s.c.Back.Carriers[i].Read(s.c.Now(), timestamp, signature, body)
	if err != nil {
		return false, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if fresh, err = freshCarrierEvent(ctx, tx, e); err != nil || !fresh {
			return err
		}
		return s.carried(ctx, tx, auth.SystemPrincipal("carrier"), e)
	})
	return fresh, err
}

// carried does what a word of a carrier means: for results on their way to
// applicants, and for papers between two places.
func (s *Service) carried(ctx context.Context, tx db.Tx, actor auth.Principal, e contract.CarrierEvent) error {
	list, err := parcelsByWaybill(ctx, tx, e.Carrier, e.Waybill)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.track(ctx, tx, actor, p.ID, e); err != nil {
			return err
		}
	}
	known, err := s.c.Back.Results.Carrier(ctx, tx, e)
	if err != nil {
		return err
	}
	if !known && len(list) == 0 {
		return ErrNoParcel
	}
	return nil
}

// Send gives a parcel to a carrier. Who does so reads the address, and that is
// recorded.
func (s *Service) Send(ctx context.Context, actor auth.Principal, id, carrier, waybill string) error {
	carrier, waybill = strings.TrimSpace(carrier), strings.ToUpper(strings.TrimSpace(waybill))
	var form fault.Form
	if known := s.Couriers(); len(known) == 0 {
		within(&form, "carrier", carrier, 2, 40)
	} else if !slices.Contains(known, carrier) { // a waybill under another name would never be found
		form.Add("carrier", "counter.parcel.carrier_unknown")
	}
	within(&form, "waybill", waybill, 6, 40)
	if err := form.Err(); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		p, err := s.onShelf(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		to, err := s.c.Back.Results.DeliveryAddress(ctx, tx, actor, p.Case, p.Agency)
		if err != nil {
			return err
		}
		if to.Way != contract.DeliverCourier || to.Address == "" {
			return invalid("carrier", "counter.parcel.no_address")
		}
		p.State, p.Way, p.Carrier, p.Waybill, p.Tracking = ParcelSent, contract.DeliverCourier, carrier, waybill, ""
		p.code, p.index = []byte{}, "" // nobody fetches what is on its way
		if err := saveParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, actor, p, "sent", carrier+" "+waybill)
	})
}

// Address opens where a parcel shall go, for who writes the waybill; recorded.
func (s *Service) Address(ctx context.Context, actor auth.Principal, id string) (to contract.DeliveryChoice, err error) {
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		p, err := s.onShelf(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		to, err = s.c.Back.Results.DeliveryAddress(ctx, tx, actor, p.Case, p.Agency)
		return err
	})
	return to, err
}

// Track takes what staff read on a waybill, where the carrier's system is not
// connected.
func (s *Service) Track(ctx context.Context, actor auth.Principal, id, status, signer, note string) error {
	var form fault.Form
	if !carrierStatus(status) {
		form.Add("status", "counter.carrier.status")
	}
	if status == contract.CarrierDelivered {
		within(&form, "signer", signer, 2, 40)
	}
	within(&form, "note", note, 0, 200)
	if err := form.Err(); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		p, err := lockParcel(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, ActionShelf, parcelObject(p)) != nil {
			return ErrNoParcel
		}
		if p.State != ParcelSent {
			return ErrGone
		}
		e := contract.CarrierEvent{Carrier: p.Carrier, Waybill: p.Waybill, Status: status, Signer: strings.TrimSpace(signer), Note: strings.TrimSpace(note), At: s.now()}
		return s.track(ctx, tx, actor, id, e)
	})
}

// track changes one parcel by what was told of it. A delivered one is the proof of
// delivery; one that comes back lies on the shelf again, with a new code.
func (s *Service) track(ctx context.Context, tx db.Tx, actor auth.Principal, id string, e contract.CarrierEvent) error {
	p, err := lockParcel(ctx, tx, id)
	if err != nil || p.State != ParcelSent {
		return err
	}
	p.Tracking = strings.TrimSpace(e.Status + " " + e.Note)
	switch e.Status {
	case contract.CarrierDelivered:
		p.end(ParcelDelivered, s.now())
		p.Proof = Proof{To: e.Signer, How: "carrier", By: e.Carrier + " " + e.Waybill}
		if err := s.keepProof(ctx, tx, p); err != nil {
			return err
		}
		if p.Kind != ParcelOriginals {
			how := contract.Delivery{Way: contract.DeliverCourier, Hall: p.Agency, Place: p.Hall, To: e.Signer, By: e.Carrier + " " + e.Waybill, Proof: "carrier", At: e.At}
			if err := s.c.Back.Results.Deliver(ctx, tx, actor, p.Case, how); err != nil {
				return err
			}
		}
		return s.noteParcel(ctx, tx, actor, p, "delivered", "")
	case contract.CarrierFailed, contract.CarrierReturned:
		p.State, p.Way, p.Slot = ParcelShelved, contract.DeliverPickup, ""
		p.RemindOn, p.ReturnOn = day.In(s.now()).Add(s.c.Back.remindDays()), day.In(s.now()).Add(s.c.Back.returnDays())
		p.Reminded = time.Time{}
		if err := s.newCode(&p); err != nil {
			return err
		}
		if err := s.planParcel(ctx, tx, p); err != nil {
			return err
		}
		if err := saveParcel(ctx, tx, p); err != nil {
			return err
		}
		return s.noteParcel(ctx, tx, actor, p, "failed", e.Note)
	}
	if err := saveParcel(ctx, tx, p); err != nil {
		return err
	}
	return s.noteParcel(ctx, tx, actor, p, e.Status, e.Note)
}
