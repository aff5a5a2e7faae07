package casework

import (
	"context"
	"errors"
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

// Cases that one place takes in and another handles (跨域通办, 异地代收代办). The
// place that takes in checks identity and form and answers for the way; the place
// that handles decides. The five days of acceptance begin when the handling place
// has the papers: until then only the time to forward runs, against the other.

// Actions of a case on its way.
const (
	actForward    = "forward"
	actDispatch   = "dispatch"
	actLose       = "lose"
	actComeBack   = "come_back"
	actIncomplete = "incomplete"
	actTurnBack   = "turn_back"
	actReceive    = "receive"
)

// transitActions are the steps that staff take by the forms of a case on its way.
var transitActions = []string{actDispatch, actLose, actComeBack, actIncomplete, actTurnBack, actReceive}

// cardForwarding is the card of a place that did not send papers on in time.
const cardForwarding = "forwarding"

// Faults of cases on their way.
var (
	// ErrRegion means that halls of this place do not take in the service.
	ErrRegion = fault.New(fault.Denied, "casework.region")
	// ErrNothingToSend means that no paper of the case lies in the hall.
	ErrNothingToSend = fault.New(fault.Conflict, "casework.nothing_to_send")
	// ErrNoLeg means that nothing is on its way that could be lost or come back.
	ErrNoLeg = fault.New(fault.Conflict, "casework.no_leg")
	// ErrNotForwarded means that one place alone takes in and handles the case.
	ErrNotForwarded = fault.New(fault.NotFound, "casework.not_forwarded")
)

// What becomes of a parcel between two places.
const (
	LegSent       = "sent"
	LegMoving     = "moving"
	LegReceived   = "received"
	LegIncomplete = "incomplete"
	LegLost       = "lost"
	LegReturned   = "returned"
	LegTurnedBack = "turned_back" // sent back by the handling place
)

// Ways of a parcel.
const (
	WayCourier = "courier"
	WayHand    = "hand" // a messenger of the hall
)

// Leg is one parcel from the place that took in a case to the place that handles it.
type Leg struct {
	ID      string
	Case    contract.CaseID
	No      int
	Way     string
	Carrier string
	Waybill string
	Status  string
	SentBy  Handler
	Sent    time.Time
	Changed time.Time
	Note    string
}

// open reports whether the parcel is on its way.
func (l Leg) open() bool {
	return l.Status == LegSent || l.Status == LegMoving
}

// Transit is the way of a case between two places.
type Transit struct {
	Case     contract.CaseID
	Agency   contract.AgencyID // that took it in
	Name     contract.Text
	Division string
	Began    day.Date
	Arrived  day.Date // zero while on the way
}

// OnTheWay is what somebody enters of a parcel.
type OnTheWay struct {
	Way     string // dispatch
	Carrier string
	Waybill string
	// Arrived is the day on which the handling place had the papers; zero is today.
	Arrived day.Date
	// Missing are papers that should have come and did not.
	Missing []contract.PaperID
}

// hallArea is the county of a division: the six digits in which one hall takes in for
// all. A town takes in for its county, and is no other place.
func hallArea(division string) string {
	if len(division) > 6 {
		division = division[:6]
	}
	return division + strings.Repeat("0", 6-len(division))
}

// takenElsewhere reports whether it was taken in at another place than handles it.
func takenElsewhere(at contract.Counter, division string) bool {
	return at.Session != "" && hallArea(at.Division) != hallArea(division)
}

// MayTakeIn reports whether halls of a division take in a service that an agency
// of another one handles.
func MayTakeIn(svc contract.Service, handled, hall string) bool {
	if hallArea(handled) == hallArea(hall) {
		return true
	}
	return slices.ContainsFunc(svc.Handling.Regions, func(r string) bool {
		return r == "any" || r != "" && strings.HasPrefix(hall, strings.TrimRight(r, "0"))
	})
}

// forwards reports whether an application begins on its way: papers go on to
// another place. A commitment is decided on at once, papers or not (告知承诺).
func (r rules) forwards(f application, division string) bool {
	_, err := r.proc.Transition(r.proc.Initial, actForward)
	return err == nil && f.Counter.Paper && f.Committed == nil && takenElsewhere(f.Counter, division)
}

// takenIn stores where a case was taken in, beside the case, and refuses what halls
// of that place do not take in.
func (s *Service) takenIn(ctx context.Context, tx db.Tx, c Case, svc contract.Service) error {
	if c.Counter.Session == "" {
		return nil
	}
	if c.Parent == "" && !MayTakeIn(svc, c.Division, c.Counter.Division) {
		return ErrRegion
	}
	if err := setTakenDivision(ctx, tx, c.ID, c.Counter.Division); err != nil {
		return err
	}
	if !takenElsewhere(c.Counter, c.Division) || !c.Counter.Paper {
		return nil
	}
	t := Transit{Case: c.ID, Agency: c.Counter.Agency, Name: c.Counter.AgencyName, Division: c.Counter.Division}
	if c.Stage == StageTransit {
		t.Began = day.In(c.Moved)
	}
	return insertTransit(ctx, tx, t)
}

// release is how a part begins that waited: at once, or with its papers on the way.
func (s *Service) release(ctx context.Context, tx db.Tx, c Case) (string, error) {
	t, err := transitOf(ctx, tx, c.ID)
	if errors.Is(err, ErrNotForwarded) {
		return actRelease, nil
	}
	if err != nil || !t.Arrived.IsZero() {
		return actRelease, err
	}
	proc, err := s.procedure(c)
	if err != nil {
		return "", err
	}
	if _, err := proc.Transition(c.State, actForward); err != nil {
		return actRelease, nil //nolint:nilerr // the procedure knows no way: it begins where it is handled
	}
	return actForward, nil
}

// Transit takes one step of a case on its way.
func (s *Service) Transit(ctx context.Context, actor auth.Principal, id contract.CaseID, a Action) (Case, error) {
	if !slices.Contains(transitActions, a.Name) {
		return Case{}, ErrState
	}
	a, err := tidy(a)
	if err != nil {
		return Case{}, err
	}
	var c Case
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		found, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, found); err != nil {
			return err
		}
		c, err = s.step(ctx, tx, actor, found, a)
		return err
	})
	return c, err
}

// prepareTransit checks what was entered of a parcel.
func (s *Service) prepareTransit(ctx context.Context, tx db.Tx, w *work) error {
	on := &w.a.OnTheWay
	on.Carrier, on.Waybill = strings.TrimSpace(on.Carrier), strings.ToUpper(strings.TrimSpace(on.Waybill))
	var form fault.Form
	switch w.a.Name {
	case actDispatch:
		checkParcel(&form, *on)
	case actReceive:
		t, err := transitOf(ctx, tx, w.c.ID)
		if err != nil {
			return err
		}
		today := day.In(w.at)
		if on.Arrived.IsZero() {
			on.Arrived = today
		}
		legs, err := legsOf(ctx, tx, w.c.ID)
		if err != nil {
			return err
		}
		first := t.Began // papers cannot have come before they left
		if n := len(legs); n > 0 {
			first = day.In(legs[n-1].Sent)
		}
		if on.Arrived.After(today) || on.Arrived.Before(first) {
			form.Add("arrived", "casework.arrived_when", "from", first.String(), "to", today.String())
		}
	}
	return form.Err()
}

func checkParcel(form *fault.Form, on OnTheWay) {
	switch on.Way {
	case WayHand:
	case WayCourier:
		if on.Carrier == "" || len([]rune(on.Carrier)) > 40 {
			form.Add("carrier", "casework.carrier_required")
		}
		ok := len(on.Waybill) >= 6 && len(on.Waybill) <= 40
		for _, r := range on.Waybill {
			ok = ok && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r == '-')
		}
		if !ok {
			form.Add("waybill", "casework.waybill_form")
		}
	default:
		form.Add("way", "casework.way_required")
	}
}

// carryTransit stores what a step on the way does to parcel and papers.
func (s *Service) carryTransit(ctx context.Context, tx db.Tx, w *work) error {
	switch w.a.Name {
	case actForward:
		return beginTransit(ctx, tx, w.c.ID, day.In(w.at))
	case actDispatch:
		return s.dispatch(ctx, tx, w)
	case actLose:
		return s.closeLeg(ctx, tx, w, LegLost, contract.PaperLost)
	case actComeBack:
		return s.closeLeg(ctx, tx, w, LegReturned, contract.PaperAtHall)
	case actTurnBack:
		return s.closeLeg(ctx, tx, w, LegTurnedBack, contract.PaperReturning)
	case actIncomplete:
		return s.closeLeg(ctx, tx, w, LegIncomplete, contract.PaperAtAgency)
	case actReceive:
		if err := endTransit(ctx, tx, w.c.ID, w.a.OnTheWay.Arrived); err != nil {
			return err
		}
		return s.closeLeg(ctx, tx, w, LegReceived, contract.PaperAtAgency)
	}
	return nil
}

func (s *Service) dispatch(ctx context.Context, tx db.Tx, w *work) error {
	papers, err := papersOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	legs, err := legsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(legs, Leg.open) {
		return ErrState // one parcel at a time: what follows goes when it is known what became of it
	}
	here := slices.DeleteFunc(papers, func(p contract.Paper) bool { return p.State != contract.PaperAtHall })
	if len(here) == 0 {
		return ErrNothingToSend
	}
	l := Leg{
		ID: s.c.NewID(), Case: w.c.ID, No: len(legs) + 1, Way: w.a.OnTheWay.Way, Carrier: w.a.OnTheWay.Carrier, Waybill: w.a.OnTheWay.Waybill,
		Status: LegSent, SentBy: Handler{w.actor.ID, w.actor.Name}, Sent: w.at, Changed: w.at, Note: w.a.Opinion,
	}
	if err := insertLeg(ctx, tx, l); err != nil {
		return err
	}
	m := custodyMove{c: w.c, actor: w.actor, to: contract.PaperSent, ref: l.ID, at: w.at}
	for _, p := range here {
		if err := s.movePaper(ctx, tx, m, p); err != nil {
			return err
		}
	}
	return s.tellLeg(ctx, tx, w.actor, w.c, l, LegSent)
}

// closeLeg ends the parcel that is on its way, and says where its papers are then.
func (s *Service) closeLeg(ctx context.Context, tx db.Tx, w *work, status, papers string) error {
	legs, err := legsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(legs, Leg.open)
	if i < 0 && w.a.Name == actComeBack { // what the handling place sent back arrives
		i = slices.IndexFunc(legs, func(l Leg) bool { return l.Status == LegTurnedBack })
	}
	if i < 0 && w.a.Name == actTurnBack {
		i = len(legs) - 1
	}
	if i < 0 && w.a.Name == actReceive { // handed over the desk: no parcel was entered
		return s.arrive(ctx, tx, w, "", papers)
	}
	if i < 0 {
		return ErrNoLeg
	}
	l := legs[i]
	l.Status, l.Changed, l.Note = status, w.at, strings.Join(w.a.Reasons, "；")
	if err := updateLeg(ctx, tx, l); err != nil {
		return err
	}
	if err := s.arrive(ctx, tx, w, l.ID, papers); err != nil {
		return err
	}
	return s.tellLeg(ctx, tx, w.actor, w.c, l, status)
}

// arrive moves the papers of a parcel; those that did not come are missing, and
// the place that sent them answers for them.
func (s *Service) arrive(ctx context.Context, tx db.Tx, w *work, leg, to string) error {
	list, err := papersOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	from := []string{contract.PaperSent, contract.PaperReturning}
	switch {
	case w.a.Name == actTurnBack:
		from = append(from, contract.PaperAtAgency)
	case leg == "":
		from = append(from, contract.PaperAtHall)
	}
	for _, p := range list {
		if !slices.Contains(from, p.State) {
			continue
		}
		m := custodyMove{c: w.c, actor: w.actor, to: to, ref: leg, note: strings.Join(w.a.Reasons, "；"), at: w.at}
		if to == contract.PaperAtAgency && slices.Contains(w.a.OnTheWay.Missing, p.ID) {
			m.to = contract.PaperMissing
		}
		if err := s.movePaper(ctx, tx, m, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellLeg(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, l Leg, change string) error {
	return s.c.Events.Record(ctx, tx, meta(actor, c), contract.TransitMoved{
		Case: c.ID, Number: c.Number, Leg: l.ID, Change: change, From: c.Counter.Agency, To: c.Agency,
		Notify: c.Operator, At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// Carrier takes what a carrier told of a parcel between two places. Known is false
// where no case has the waybill. A delivered parcel is received on that day, by
// whoever took it: nobody can hold up the five days by not opening it.
func (s *Service) Carrier(ctx context.Context, tx db.Tx, e contract.CarrierEvent) (known bool, err error) {
	legs, err := legsByWaybill(ctx, tx, e.Carrier, e.Waybill)
	if err != nil {
		return false, err
	}
	for _, l := range legs {
		if err := s.carried(ctx, tx, l, e); err != nil {
			return true, err
		}
	}
	return len(legs) > 0, nil
}

func (s *Service) carried(ctx context.Context, tx db.Tx, l Leg, e contract.CarrierEvent) error {
	c, err := lockCase(ctx, tx, l.Case)
	if err != nil || !l.open() || c.Stage != StageTransit {
		return err
	}
	system := auth.SystemPrincipal("carrier")
	var a Action
	switch e.Status {
	case contract.CarrierDelivered:
		arrived := day.In(e.At)
		if today := s.Today(); arrived.After(today) || arrived.Before(day.In(l.Sent)) {
			arrived = today // the carrier's clock is wrong
		}
		a = Action{Name: actReceive, OnTheWay: OnTheWay{Arrived: arrived}, Opinion: strings.TrimSpace(e.Carrier + " " + e.Waybill)}
	case contract.CarrierReturned, contract.CarrierFailed:
		if e.Status == contract.CarrierFailed {
			return s.legMoves(ctx, tx, system, c, l, e)
		}
		a = Action{Name: actComeBack, Reasons: []string{reasonOf(e, "承运方退回")}}
	case contract.CarrierLost:
		a = Action{Name: actLose, Reasons: []string{reasonOf(e, "承运方告知遗失")}}
	default:
		return s.legMoves(ctx, tx, system, c, l, e)
	}
	_, err = s.step(ctx, tx, system, c, a)
	return err
}

func reasonOf(e contract.CarrierEvent, otherwise string) string {
	if note := strings.TrimSpace(e.Note); note != "" {
		return note
	}
	return otherwise
}

func (s *Service) legMoves(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, l Leg, e contract.CarrierEvent) error {
	l.Status, l.Changed, l.Note = LegMoving, s.c.Now(), e.Note
	if err := updateLeg(ctx, tx, l); err != nil {
		return err
	}
	return s.tellLeg(ctx, tx, actor, c, l, LegMoving)
}

// Side is what one of two places did on a case, and until when it had to.
type Side struct {
	Agency    contract.AgencyID
	Name      contract.Text
	Division  string
	Steps     []Step
	Deadlines []Deadline
	Late      bool
}

// Sides tells the two responsibilities for a case that one place took in and
// another handles, apart: who is late is clear.
type Sides struct {
	Receiving, Handling Side
	Arrived             day.Date
	Legs                []Leg
}

// Sides returns ErrNotForwarded for a case that one place alone works on.
func (s *Service) Sides(ctx context.Context, actor auth.Principal, id contract.CaseID) (Sides, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return Sides{}, err
	}
	t, err := transitOf(ctx, s.c.DB, id)
	if err != nil {
		return Sides{}, err
	}
	out := Sides{
		Receiving: Side{Agency: t.Agency, Name: t.Name, Division: t.Division},
		Handling:  Side{Agency: c.Agency, Name: c.AgencyName, Division: c.Division}, Arrived: t.Arrived,
	}
	if out.Legs, err = legsOf(ctx, s.c.DB, id); err != nil {
		return out, err
	}
	steps, err := stepsOf(ctx, s.c.DB, id)
	if err != nil {
		return out, err
	}
	for _, st := range steps {
		side := &out.Handling
		if st.To == c.transitState() && st.Action != actIncomplete && st.Action != actTurnBack {
			side = &out.Receiving
		}
		side.Steps = append(side.Steps, st)
	}
	deadlines, err := s.Deadlines(ctx, actor, id)
	if err != nil {
		return out, err
	}
	for _, d := range deadlines {
		side := &out.Handling
		if d.Clock == statute.Forwarding {
			side = &out.Receiving
		}
		// What runs in the applicant's own time makes no agency late.
		own := d.Clock == statute.Correction || d.Clock == statute.Rectification
		side.Deadlines, side.Late = append(side.Deadlines, d), side.Late || d.Late && !own
	}
	return out, nil
}

// transitState is the state in which a case is on its way, in every procedure that
// has one.
func (Case) transitState() string { return "TRANSIT" }

// TransitList lists the cases on their way that an agency took in or waits for.
func (s *Service) TransitList(ctx context.Context, actor auth.Principal) ([]Case, error) {
	if actor.Kind != auth.Staff {
		return nil, nil
	}
	list, err := casesOnTheWay(ctx, s.c.DB, actor.Agency)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(c Case) bool { return s.see(actor, c) != nil }), nil
}

// TransitChoices are the steps on the way that an actor may take on a case now.
func (s *Service) TransitChoices(ctx context.Context, actor auth.Principal, c Case) ([]string, error) {
	if c.Stage != StageTransit {
		return nil, nil
	}
	proc, err := s.procedure(c)
	if err != nil {
		return nil, err
	}
	legs, err := legsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	open := slices.ContainsFunc(legs, Leg.open)
	turned := slices.ContainsFunc(legs, func(l Leg) bool { return l.Status == LegTurnedBack })
	var list []string
	for _, t := range proc.Actions(c.State) {
		if !slices.Contains(transitActions, t.Action) || s.may(actor, c, t) != nil {
			continue
		}
		sensible := true
		switch t.Action {
		case actDispatch:
			sensible = !open
		case actLose, actIncomplete:
			sensible = open
		case actComeBack:
			sensible = open || turned
		case actTurnBack:
			sensible = len(legs) > 0
		}
		if sensible {
			list = append(list, t.Action)
		}
	}
	return list, nil
}

// MayTakeInPapers reports whether an actor may enter papers of a case, for its page.
func (s *Service) MayTakeInPapers(actor auth.Principal, c Case) bool {
	return s.c.Policy.Check(actor, "casework.take_in", object(c, nil)) == nil
}

// MayMovePaper reports whether an actor answers for a paper, for its page.
func (s *Service) MayMovePaper(actor auth.Principal, c Case, p contract.Paper) bool {
	return s.c.Policy.Check(actor, "casework.move_paper", paperObject(c, p, contract.PaperGivenBack)) == nil
}
