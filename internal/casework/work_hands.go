package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// forDeputy is the kind of right by which the deputy of an absent official acts.
// The deputy acts in the own name; records say for whom.
const forDeputy = "deputy"

// maxHandNote bounds what is written with a case that is handed over, in characters.
const maxHandNote = 500

// inHand is a change of hands on its way.
type inHand struct {
	to     Handler // zero is the queue of the unit
	why    string
	note   string
	deputy Handler // for whom the actor acts
}

// hand puts a case into other hands. The caller has locked it.
func (s *Service) hand(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, x inHand) error {
	h := Hold{
		ID: s.c.NewID(), Case: c.ID, Stage: c.Stage, From: c.Holder, To: x.to, Why: x.why, Note: x.note,
		Actor: recorded(actor), Deputy: x.deputy, At: s.now(),
	}
	c.Holder, c.Held = x.to, h.At
	if x.to.ID == "" {
		c.Held = fromMicro(0)
	}
	if err := setHolder(ctx, tx, *c); err != nil {
		return err
	}
	if err := insertHold(ctx, tx, h); err != nil {
		return err
	}
	// The record of the applicant does not name it: the event has no subject.
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "case:" + string(c.ID)}, contract.CaseHeld{
		Case: c.ID, Number: c.Number, Agency: c.Agency, Stage: string(c.Stage),
		From: contract.AccountID(h.From.ID), To: contract.AccountID(h.To.ID), Why: h.Why, Deputy: contract.AccountID(h.Deputy.ID), At: h.At,
	})
}

// heldObject is a case as policies see it with who holds it, and for whom the
// holder's deputy acts.
func heldObject(c Case, deputy string) policy.Object {
	o := object(c, nil)
	o.Attrs["holder"], o.Attrs["deputy"] = c.Holder.ID, deputy
	return o
}

// standIn is who stands in for the holder of a case today, and the absence.
func (s *Service) standIn(ctx context.Context, q db.Q, c Case) (Absence, error) {
	if c.Holder.ID == "" {
		return Absence{}, nil
	}
	return s.absenceOf(ctx, q, c.Agency, c.Holder.ID)
}

// absenceOf is the absence of an official today; zero while they are there.
func (s *Service) absenceOf(ctx context.Context, q db.Q, agency contract.AgencyID, account string) (Absence, error) {
	list, err := absencesOn(ctx, q, agency, s.Today())
	if err != nil {
		return Absence{}, err
	}
	i := slices.IndexFunc(list, func(a Absence) bool { return a.Official.ID == account })
	if i < 0 {
		return Absence{}, nil
	}
	return list[i], nil
}

// inHands lets a step of staff be taken by who holds the case, by the head of the
// agency and by the deputy of a holder who is absent; by everybody while nobody
// holds it. Whoever acts as a deputy is recorded as one.
func (s *Service) inHands(ctx context.Context, q db.Q, w *work, u Unit) error {
	if u.ID != "" || w.a.inquired || !staffStep(w.actor) || w.c.Stage == StageTransit || w.a.delivery != nil {
		return nil // what two places do to papers on their way, and what a hall hands out, nobody holds
	}
	if err := s.undisputed(ctx, q, w); err != nil {
		return err
	}
	deputy, err := s.mayTouch(ctx, q, w.actor, w.c)
	if deputy.ID != "" {
		w.actor.For = deputy.acting()
	}
	return err
}

// mayTouch refuses to let others than the holder change a case, and returns the
// absence during which the actor stands in for the holder.
func (s *Service) mayTouch(ctx context.Context, q db.Q, actor auth.Principal, c Case) (Absence, error) {
	if c.Holder.ID == "" || c.Holder.ID == actor.ID {
		return Absence{}, nil
	}
	away, err := s.standIn(ctx, q, c)
	if err != nil {
		return Absence{}, err
	}
	switch {
	case away.ID != "" && away.Deputy.ID == actor.ID:
		return away, nil
	case actor.Is(auth.RoleHead) && actor.Agency == string(c.Agency):
		return Absence{}, nil
	}
	return Absence{}, ErrHeld.With("name", c.Holder.Name, "since", c.Held)
}

// staffStep tells the steps of officials from those that they take on the
// applicant's side at a counter.
func staffStep(actor auth.Principal) bool {
	return actor.Kind == auth.Staff && !actor.Applies()
}

// pass keeps a case in the hands of who acts first, and takes it out of them when
// its stage is done: then the rule of the agency says whose it is.
func (s *Service) pass(ctx context.Context, tx db.Tx, w *work, was Case) error {
	if w.c.Stage == was.Stage {
		return s.actedOn(ctx, tx, w, was)
	}
	if w.c.Holder.ID != "" {
		x := inHand{why: contract.HeldStage}
		if w.actor.For.Kind == forDeputy {
			x.deputy = Handler{w.actor.For.ID, w.actor.For.Name}
		}
		if err := s.hand(ctx, tx, w.actor, &w.c, x); err != nil {
			return err
		}
	}
	if err := s.giveOut(ctx, tx, &w.c); err != nil {
		return err
	}
	return s.nobodyLeft(ctx, tx, w.actor, &w.c)
}

// actedOn gives a case that nobody held to who acted on it.
func (s *Service) actedOn(ctx context.Context, tx db.Tx, w *work, was Case) error {
	acts := was.Holder.ID == "" && w.unit.ID == "" && !w.a.inquired && staffStep(w.actor) && w.actor.Agency == string(w.c.Agency)
	if fits := s.fits(ctx, w.actor, w.c) == nil; !acts || !fits {
		return nil
	}
	away, err := s.absenceOf(ctx, tx, w.c.Agency, w.actor.ID)
	if err != nil || away.ID != "" {
		return err
	}
	return s.hand(ctx, tx, w.actor, &w.c, inHand{to: Handler{w.actor.ID, w.actor.Name}, why: contract.HeldActed})
}

// locked runs fn on a case that the actor may see, in a transaction of its own.
func (s *Service) locked(ctx context.Context, actor auth.Principal, id contract.CaseID, fn func(ctx context.Context, tx db.Tx, c *Case) error) (Case, error) {
	var c Case
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		var err error
		if c, err = lockCase(ctx, tx, id); err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		return fn(ctx, tx, &c)
	})
	return c, err
}

// canHold refuses to give a case to an official who is not there or may not take
// the step that its stage is for.
func (s *Service) canHold(ctx context.Context, tx db.Tx, p auth.Principal, c Case) error {
	if p.Agency != string(c.Agency) {
		return ErrColleague
	}
	if _, err := lockRota(ctx, tx, c.Agency, 0); err != nil {
		return err
	}
	away, err := s.absenceOf(ctx, tx, c.Agency, p.ID)
	if err != nil {
		return err
	}
	if away.ID != "" {
		return ErrAbsent.With("name", p.Name, "until", away.To)
	}
	return s.fits(ctx, p, c)
}

// Claim takes a case out of the queue of the unit into the actor's hands. Who holds
// it already keeps it.
func (s *Service) Claim(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, error) {
	return s.claim(ctx, actor, id, contract.HeldClaimed)
}

func (s *Service) claim(ctx context.Context, actor auth.Principal, id contract.CaseID, why string) (Case, error) {
	return s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		if err := s.c.Policy.Check(actor, "casework.claim", heldObject(*c, "")); err != nil {
			return err
		}
		switch {
		case c.Holder.ID == actor.ID && why == contract.HeldClaimed:
			return nil // a second click
		case c.Holder.ID != "":
			return ErrHeld.With("name", c.Holder.Name, "since", c.Held)
		}
		if err := s.canHold(ctx, tx, actor, *c); err != nil {
			return err
		}
		return s.hand(ctx, tx, actor, c, inHand{to: Handler{actor.ID, actor.Name}, why: why})
	})
}

// Release puts a case back into the queue of the unit.
func (s *Service) Release(ctx context.Context, actor auth.Principal, id contract.CaseID, note string) (Case, error) {
	note, err := tidyNote("note", note)
	if err != nil {
		return Case{}, err
	}
	return s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		away, err := s.mayMove(ctx, tx, actor, *c, "casework.release")
		if err != nil {
			return err
		}
		if c.Holder.ID == "" {
			return nil // a second click
		}
		return s.hand(ctx, tx, actor, c, inHand{why: contract.HeldReleased, note: note, deputy: away.as(actor)})
	})
}

// mayMove asks the policy whether the actor may take a case out of the hands that
// hold it, and returns the absence of the holder.
func (s *Service) mayMove(ctx context.Context, q db.Q, actor auth.Principal, c Case, action string) (Absence, error) {
	away, err := s.standIn(ctx, q, c)
	if err != nil {
		return away, err
	}
	return away, s.c.Policy.Check(actor, action, heldObject(c, away.Deputy.ID))
}

// HandOver gives a case that one holds to a colleague, with a note that the
// colleague sees.
func (s *Service) HandOver(ctx context.Context, actor auth.Principal, id contract.CaseID, to contract.AccountID, note string) (Case, error) {
	return s.give(ctx, actor, id, to, giving{"casework.hand_over", contract.HeldHanded, note, true})
}

// Assign gives a case to a colleague: the head or an approver says whose it is.
func (s *Service) Assign(ctx context.Context, actor auth.Principal, id contract.CaseID, to contract.AccountID, note string) (Case, error) {
	return s.give(ctx, actor, id, to, giving{"casework.assign", contract.HeldAssigned, note, false})
}

type giving struct {
	action, why, note string
	held              bool // somebody must hold it
}

func (s *Service) give(ctx context.Context, actor auth.Principal, id contract.CaseID, to contract.AccountID, x giving) (Case, error) {
	note, err := tidyNote("note", x.note)
	if err != nil {
		return Case{}, err
	}
	return s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		away, err := s.mayMove(ctx, tx, actor, *c, x.action)
		if err != nil {
			return err
		}
		o, err := s.colleague(ctx, c.Agency, to)
		if err != nil {
			return inField("to", fault.New(fault.Invalid, ErrColleague.Code).Wrap(err))
		}
		switch {
		case c.Holder.ID == string(o.ID):
			return nil // a second click
		case x.held && c.Holder.ID == "":
			return ErrUnheld
		}
		if err := s.canHold(ctx, tx, principalOf(o), *c); err != nil {
			return err
		}
		return s.hand(ctx, tx, actor, c, inHand{to: Handler{string(o.ID), o.Name}, why: x.why, note: note, deputy: away.as(actor)})
	})
}

// TakeOver takes a case out of a colleague's hands: the head may, the deputy of an
// absent holder, and everybody who can where the holder left the agency.
func (s *Service) TakeOver(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, error) {
	return s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		switch c.Holder.ID {
		case actor.ID:
			return nil // a second click
		case "":
			return ErrUnheld
		}
		away, err := s.mayTakeOver(ctx, tx, actor, *c)
		if err != nil {
			return err
		}
		if err := s.canHold(ctx, tx, actor, *c); err != nil {
			return err
		}
		return s.hand(ctx, tx, actor, c, inHand{to: Handler{actor.ID, actor.Name}, why: contract.HeldTaken, deputy: away.as(actor)})
	})
}

func (s *Service) mayTakeOver(ctx context.Context, q db.Q, actor auth.Principal, c Case) (Absence, error) {
	away, err := s.standIn(ctx, q, c)
	if err != nil {
		return away, err
	}
	deputy := away.Deputy.ID
	if s.c.Policy.Check(actor, "casework.take_over", heldObject(c, deputy)) != nil {
		_, err := s.colleague(ctx, c.Agency, contract.AccountID(c.Holder.ID))
		if err == nil || s.c.Colleagues == nil {
			return away, ErrHeld.With("name", c.Holder.Name, "since", c.Held)
		}
		deputy = actor.ID // the holder is no colleague any more
	}
	return away, s.c.Policy.Check(actor, "casework.take_over", heldObject(c, deputy))
}

// TakeNext gives the actor the most urgent case of the unit's queue: of a tab, or of
// all that the actor has something to do in. Two who ask at once get two cases. Last
// is what LastTaken said when the button was shown: a second click gets the same
// case. "" does not ask.
func (s *Service) TakeNext(ctx context.Context, actor auth.Principal, from Tab, last string) (Case, error) {
	if last != "" {
		h, err := lastTaken(ctx, s.c.DB, actor.ID)
		if err != nil {
			return Case{}, err
		}
		if h.mark() != last {
			return s.Open(ctx, actor, h.Case)
		}
	}
	for range 20 {
		id, err := s.nextInQueue(ctx, actor, from)
		if err != nil {
			return Case{}, err
		}
		if id == "" {
			return Case{}, ErrNoWork
		}
		c, err := s.claim(ctx, actor, id, contract.HeldNext)
		if errors.Is(err, ErrHeld) || errors.Is(err, ErrNoQueue) {
			continue // somebody was faster, or it went on
		}
		return c, err
	}
	return Case{}, ErrNoWork
}

// LastTaken marks the last case that the actor was given on asking.
func (s *Service) LastTaken(ctx context.Context, actor auth.Principal) (string, error) {
	h, err := lastTaken(ctx, s.c.DB, actor.ID)
	return h.mark(), err
}

// mark is the id of a change of hands, "-" for none.
func (h Hold) mark() string { return cmp.Or(h.ID, "-") }

func (s *Service) nextInQueue(ctx context.Context, actor auth.Principal, from Tab) (contract.CaseID, error) {
	for _, t := range tabs {
		action := workStep(t.stage)
		if action == "" || from != "" && t.tab != from || len(s.proceduresWhere(actor, action)) == 0 {
			continue
		}
		w := s.rule(actor, action)
		w.and("stage = ? AND holder = '' AND agency = ?", t.stage, actor.Agency)
		list, err := listUrgent(ctx, s.c.DB, w, s.Today().String(), nil, 1)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return list[0].ID, nil
		}
	}
	return "", nil
}

// Done is what became of one of several cases.
type Done struct {
	ID   contract.CaseID
	Case Case // zero where it may not be seen
	Err  error
}

// maxBulk bounds what is done at once.
const maxBulk = 100

// ClaimAll claims several cases, each for itself.
func (s *Service) ClaimAll(ctx context.Context, actor auth.Principal, ids []contract.CaseID) ([]Done, error) {
	return s.each(ctx, ids, func(id contract.CaseID) (Case, error) { return s.Claim(ctx, actor, id) })
}

// ReleaseAll puts several cases back, each for itself.
func (s *Service) ReleaseAll(ctx context.Context, actor auth.Principal, ids []contract.CaseID) ([]Done, error) {
	return s.each(ctx, ids, func(id contract.CaseID) (Case, error) { return s.Release(ctx, actor, id, "") })
}

// AssignAll gives several cases to a colleague, each for itself.
func (s *Service) AssignAll(ctx context.Context, actor auth.Principal, ids []contract.CaseID, to contract.AccountID, note string) ([]Done, error) {
	return s.each(ctx, ids, func(id contract.CaseID) (Case, error) { return s.Assign(ctx, actor, id, to, note) })
}

func (s *Service) each(ctx context.Context, ids []contract.CaseID, do func(contract.CaseID) (Case, error)) ([]Done, error) {
	var form fault.Form
	switch {
	case len(ids) == 0:
		form.Add("case", "casework.select_some")
	case len(ids) > maxBulk:
		form.Add("case", "casework.select_fewer", "max", maxBulk)
	}
	if err := form.Err(); err != nil {
		return nil, err
	}
	list := make([]Done, 0, len(ids))
	seen := map[contract.CaseID]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		c, err := do(id)
		// What is to be told of a case that was refused is at most its name.
		if err != nil && fault.KindOf(err) == fault.Internal {
			return list, err
		}
		if fault.KindOf(err) == fault.NotFound {
			c = Case{}
		}
		list = append(list, Done{id, c, err})
	}
	return list, ctx.Err()
}

// Holds lists the changes of hands of a case, the latest first, to officials who
// may see it.
func (s *Service) Holds(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Hold, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.holds", object(c, nil)); err != nil {
		return nil, err
	}
	return holdsOf(ctx, s.c.DB, id, 100)
}

// HandNote is what a colleague wrote when inHand a case to the actor.
type HandNote struct {
	Case     contract.CaseID
	Number   string
	ItemName contract.Text
	From     string
	Note     string
	At       time.Time
}

// HandNotes lists the notes of cases that were given to the actor and that the actor
// still holds.
func (s *Service) HandNotes(ctx context.Context, actor auth.Principal) ([]HandNote, error) {
	if actor.Kind != auth.Staff {
		return nil, nil
	}
	return notesTo(ctx, s.c.DB, actor.ID, 20)
}

func tidyNote(field, note string) (string, error) {
	note = strings.TrimSpace(strings.ReplaceAll(note, "\r\n", "\n"))
	var form fault.Form
	if len([]rune(note)) > maxHandNote {
		form.Add(field, "casework.too_long", "max", maxHandNote)
	}
	return note, form.Err()
}
