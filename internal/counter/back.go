package counter

import (
	"context"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// What lies behind a window: lists by which papers go to departments, the shelf
// for results, carriers, and what people could not get done.

// Actions behind the window.
const (
	ActionHandovers = "counter.handovers" // lists that concern one's agency
	ActionHandOver  = "counter.hand_over" // make a list
	ActionTakeOver  = "counter.take_over" // confirm it
	ActionShelf     = "counter.shelf"     // results in the hall
	ActionPickup    = "counter.pickup"    // one's own
	ActionCarrier   = "counter.carrier"   // tell what became of a parcel; the signature says who
	ActionStuck     = "counter.stuck"     // report and ask about one's report
	ActionStuckDesk = "counter.stuck_desk"
	ActionAssign    = "counter.stuck_assign"
	ActionAnswer    = "counter.stuck_answer"
	ActionStuckRead = "counter.stuck_read"
)

// Papers keeps who has which paper.
type Papers interface {
	PapersToHandOver(ctx context.Context, q db.Q, actor auth.Principal) ([]contract.Paper, error)
	MovePapers(ctx context.Context, tx db.Tx, actor auth.Principal, m contract.PaperMove) ([]contract.Paper, error)
}

// Results are the cases whose results come to the hall.
type Results interface {
	// ShelfCase is a case by its number, for whoever works at the shelf of a hall.
	ShelfCase(ctx context.Context, actor auth.Principal, number string, hall contract.AgencyID) (contract.CaseFacts, error)
	// Deliver takes the step of delivery with its proof.
	Deliver(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, how contract.Delivery) error
	// DeliveryAddress opens where a result shall be sent; that it was read is recorded.
	DeliveryAddress(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, hall contract.AgencyID) (contract.DeliveryChoice, error)
	// Carrier takes what a carrier told of papers between two places.
	Carrier(ctx context.Context, tx db.Tx, e contract.CarrierEvent) (known bool, err error)
}

// Cases tells whose case it is to whoever may know of it.
type Cases interface {
	FactsByNumber(ctx context.Context, actor auth.Principal, number string) (contract.CaseFacts, error)
}

// Calendars gives the working days of a region.
type Calendars interface {
	For(region string) *statute.Calendar
}

// Back is what the rooms behind the window need.
type Back struct {
	Papers    Papers
	Results   Results
	Cases     Cases
	Calendars Calendars
	Press     *pdf.Press
	Code      func(n int) string // random characters that can be read aloud
	Carriers  []Carrier          // whose word is taken by the signed interface
	Couriers  []string           // other carriers that parcels may be given to
	// RemindDays and ReturnDays are calendar days on the shelf after which the
	// applicant is reminded, and the result goes back to who made it; StuckDays is
	// working days for an answer. Zero means 7, 30 and 5.
	RemindDays, ReturnDays, StuckDays int
	Site                              string // "https://host", for codes on paper
}

func (b Back) remindDays() int { return or(b.RemindDays, 7) }
func (b Back) returnDays() int { return or(b.ReturnDays, 30) }
func (b Back) stuckDays() int  { return or(b.StuckDays, 5) }

func or(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// Faults behind the window.
var (
	ErrTries   = fault.New(fault.TooMany, "counter.tries")
	ErrChanged = fault.New(fault.Conflict, "counter.changed") // somebody else was first
)

// trySpan is the time in which wrong codes are counted.
const trySpan = 10 * time.Minute

// span is the piece of time in which tries are counted now.
func (s *Service) span() int64 { return s.c.Now().Unix() / int64(trySpan.Seconds()) }

// triedOut is ErrTries once there were too many. Where wrong tries alone are counted
// it is asked before the try is looked at: whoever guesses on would be told by the
// right one that it is right.
func (s *Service) triedOut(ctx context.Context, most int, field, who string) error {
	n, err := triesOf(ctx, s.c.DB, s.c.Seal.Index(field, who), s.span())
	if err == nil && n >= most {
		return ErrTries
	}
	return err
}

// tried counts a try; ErrTries once there were too many. It stands in a
// transaction of its own: a refused try counts all the same.
func (s *Service) tried(ctx context.Context, most int, field, who string) error {
	span, n := s.span(), 0
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if n, err = countTry(ctx, tx, s.c.Seal.Index(field, who), span); err != nil || n > 1 {
			return err
		}
		return forgetTries(ctx, tx, span-1)
	})
	if err == nil && n > most {
		return ErrTries
	}
	return err
}

// ofAgency is an object that belongs to an agency in a division.
func ofAgency(kind, id string, agency contract.AgencyID, division string) policy.Object {
	return policy.Object{Type: kind, ID: id, Attrs: map[string]any{"agency": string(agency), "division": division}}
}

// readable is a code as people type it: Crockford's alphabet takes O for 0, and I
// or L for 1.
func readable(code string) string {
	code = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' {
			return -1
		}
		return r
	}, code))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(code)
}

// grouped is a code as it is shown and read aloud: "7KQ4 M2XP".
func grouped(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + " " + code[4:]
}

// hallOf is the agency that an official at a window works for, as a party to a list.
func (s *Service) hallOf(ctx context.Context, actor auth.Principal) (contract.Agency, error) {
	return s.c.Agencies.Agency(ctx, contract.AgencyID(actor.Agency))
}

// Purposes for which staff read here what is personal.
const (
	readStuck       = "stuck"
	readDelivery    = "delivery"
	readSupervision = "supervision"
)

// bases are by what law.
var bases = map[string]string{
	readStuck:       "优化营商环境条例；办不成事反映窗口工作规则",
	readDelivery:    "行政许可法 第四十四条",
	readSupervision: "优化营商环境条例第三十六条、第三十七条；个人信息保护法第五十四条",
}

// saw records that somebody is shown personal data, before they are.
func (s *Service) saw(ctx context.Context, actor auth.Principal, object string, r contract.PersonalDataRead) error {
	r.Basis, r.At = bases[r.Purpose], s.now()
	m := metaOf(actor, r.Subject, object)
	m.Purpose, m.Basis = r.Purpose, r.Basis
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, m, r)
	})
}

func metaOf(actor auth.Principal, subject, object string) event.Meta {
	return event.Meta{Actor: actor, Subject: subject, Object: object}
}

func within(form *fault.Form, name, v string, least, most int) {
	if n := len([]rune(strings.TrimSpace(v))); n < least || n > most {
		form.Add(name, "counter.length", "min", least, "max", most)
	}
}
