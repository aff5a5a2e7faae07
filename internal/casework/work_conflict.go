package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// An official with an interest in a case withdraws from it (回避): by the own word,
// because the head says so, or because the applicant asked and it was granted. From
// then on they neither see the case nor act on it, and a review of theirs does not
// count any more. Which interests those are is local rule; the program asks for the
// reason and does not judge it.

// How an official came to be kept from a case.
const (
	WithdrewDeclared = "declared"
	WithdrewOrdered  = "ordered"
	WithdrewAsked    = "asked"
)

// minConflict is the least of a reason, in characters that one sees: 系其配偶 is a
// whole one.
const minConflict = 2

// interest tidies the reason of a withdrawal.
func interest(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	seen := 0
	for _, r := range text {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			seen++
		}
	}
	var form fault.Form
	switch {
	case seen < minConflict:
		form.Add("reason", "casework.too_short", "min", minConflict)
	case utf8.RuneCountInString(text) > maxObjection:
		form.Add("reason", "casework.too_long", "max", maxObjection)
	}
	return text, form.Err()
}

// cardNobody says that no official is left who may take a stage of a case.
const cardNobody = "nobody"

// Faults of withdrawals.
var (
	ErrWithdrew = fault.New(fault.Conflict, "casework.withdrew_already")
	ErrAsked    = fault.New(fault.Conflict, "casework.withdrawal_asked_already")
	ErrDisputed = fault.New(fault.Conflict, "casework.withdrawal_open") // the decision waits for the answer
)

// Conflict is an official who is kept from a case.
type Conflict struct {
	ID       string
	Case     contract.CaseID
	Number   string
	ItemName contract.Text
	Agency   contract.AgencyID
	Official Handler
	How      string
	Reason   string
	By       Handler
	Void     bool // a review of theirs does not count any more
	Over     bool // the case has ended
	At       time.Time

	sealed []byte
}

// conflictSeal names the seal of the reasons of one case.
func conflictSeal(id contract.CaseID) string { return "casework.conflict." + string(id) }

// Declare keeps the actor from a case for a conflict of interest. It leaves the
// actor's hands at once.
func (s *Service) Declare(ctx context.Context, actor auth.Principal, id contract.CaseID, reason string) error {
	return s.withdraws(ctx, actor, id, "casework.declare", withdrawal{Handler{actor.ID, actor.Name}, WithdrewDeclared, reason})
}

// Order has the head of the agency keep an official from a case; where the head is
// kept from it, an approver decides.
func (s *Service) Order(ctx context.Context, actor auth.Principal, id contract.CaseID, official contract.AccountID, reason string) error {
	o, err := s.colleague(ctx, contract.AgencyID(actor.Agency), official)
	if err != nil {
		return inField("official", fault.New(fault.Invalid, ErrColleague.Code).Wrap(err))
	}
	return s.withdraws(ctx, actor, id, "casework.order_withdrawal", withdrawal{Handler{string(o.ID), o.Name}, WithdrewOrdered, reason})
}

// withdrawal is who is kept from a case and why.
type withdrawal struct {
	who    Handler
	how    string
	reason string
}

func (s *Service) withdraws(ctx context.Context, actor auth.Principal, id contract.CaseID, action string, x withdrawal) error {
	_, err := s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		if err := s.mayRule(ctx, actor, *c, action, x.who.ID); err != nil {
			return err
		}
		var err error
		if x.reason, err = interest(x.reason); err != nil {
			return err
		}
		return s.keepOff(ctx, tx, actor, c, x)
	})
	return err
}

// mayRule asks the policy with what is particular here: whom it is about, and
// whether every head of the agency is kept from the case or is who it is about.
func (s *Service) mayRule(ctx context.Context, actor auth.Principal, c Case, action, about string) error {
	headless, err := s.headless(ctx, c, about)
	if err != nil {
		return err
	}
	o := object(c, nil)
	o.Attrs["about"], o.Attrs["headless"] = about, headless
	return s.c.Policy.Check(actor, action, o)
}

// headless reports whether no head of the agency can rule on a withdrawal.
func (s *Service) headless(ctx context.Context, c Case, about string) (bool, error) {
	all, err := s.colleagues(ctx, c.Agency)
	if err != nil || len(all) == 0 {
		return false, err
	}
	return !slices.ContainsFunc(all, func(o contract.Official) bool {
		return slices.Contains(o.Roles, auth.RoleHead) && string(o.ID) != about && !c.Concerns(string(o.ID))
	}), nil
}

// Concerns reports whether an account has a part in a case, or is kept from it.
func (c Case) Concerns(account string) bool { return slices.Contains(barred(c.concerned), account) }

// keepOff keeps an official from a case. The caller has locked it.
func (s *Service) keepOff(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, x withdrawal) error {
	if c.Stage == StageDone {
		return ErrState
	}
	sealed, err := s.c.Seal.Seal(conflictSeal(c.ID), x.reason)
	if err != nil {
		return fmt.Errorf("seal reason: %w", err)
	}
	voided, err := s.void(ctx, c, x.who.ID)
	if err != nil {
		return err
	}
	fresh, err := insertConflict(ctx, tx, Conflict{
		ID: s.c.NewID(), Case: c.ID, Agency: c.Agency, Official: x.who, How: x.how,
		By: Handler{actor.ID, actor.Name}, Void: voided.review, At: s.now(), sealed: sealed,
	})
	if err != nil {
		return err
	}
	if !fresh {
		return ErrWithdrew
	}
	c.concerned = with(c.concerned, x.who.ID)
	if err := setConcerned(ctx, tx, c.ID, c.concerned); err != nil {
		return err
	}
	if err := s.afterWithdrawal(ctx, tx, actor, c, x, voided); err != nil {
		return err
	}
	left, err := s.candidates(ctx, *c)
	if err != nil {
		return err
	}
	if err := s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "case:" + string(c.ID)}, contract.OfficialWithdrew{
		Case: c.ID, Number: c.Number, Agency: c.Agency, Official: contract.AccountID(x.who.ID), How: x.how, Void: voided.review,
		Nobody: c.Queueing() && len(left) == 0, At: s.now(),
	}); err != nil {
		return err
	}
	return s.nobodyLeft(ctx, tx, actor, c)
}

// with adds an account to a list as it is stored.
func with(list, account string) string {
	if list == "" {
		list = "|"
	}
	return list + account + "|"
}

// voided is what a withdrawal undoes.
type voided struct {
	review bool // a review does not count any more
	stage  bool // the case goes back to an earlier stage
}

// void takes back the review of an official who should not have reviewed: before the
// decision, for it is the decision that rests on it. A second official's review then
// is the first.
func (s *Service) void(ctx context.Context, c *Case, account string) (voided, error) {
	if !c.Decided.IsZero() || account != c.Reviewer.ID && account != c.Second.ID {
		return voided{}, nil
	}
	_, r, err := s.lawOf(ctx, *c)
	if err != nil {
		return voided{}, err
	}
	state, ok := r.proc.State(c.State)
	if !ok {
		return voided{}, fmt.Errorf("state %s is not in procedure %s", c.State, c.Procedure)
	}
	if account == c.Reviewer.ID {
		c.Reviewer = c.Second
	}
	c.Second = Handler{}
	was := c.Stage
	c.Stage = r.stage(*c, state)
	return voided{review: true, stage: c.Stage != was}, nil
}

// afterWithdrawal takes the case out of the official's hands, and out of anybody's
// where it goes back to an earlier stage.
func (s *Service) afterWithdrawal(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, x withdrawal, v voided) error {
	if c.Holder.ID != "" && (c.Holder.ID == x.who.ID || v.stage) {
		why := contract.HeldWithdrawn
		if x.how == WithdrewDeclared {
			why = contract.HeldConflict
		}
		if err := s.hand(ctx, tx, actor, c, inHand{why: why}); err != nil {
			return err
		}
	}
	if !v.review {
		return nil
	}
	return updateCase(ctx, tx, *c, c.Step)
}

// nobodyLeft puts a card on a case for whose stage the agency has nobody who may take
// it: everybody has reviewed it before, or is kept from it.
func (s *Service) nobodyLeft(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case) error {
	none, err := s.unmanned(ctx, *c)
	if err != nil || !none {
		return err
	}
	return s.raise(ctx, tx, actor, c, []card{{rule: cardNobody, occurrence: fmt.Sprintf("%s/%d", c.Stage, c.Step), light: statute.Yellow}})
}

// unmanned reports whether a case waits for an official and there is none. Only a
// case from which somebody is kept is looked at: an agency that never had anybody
// for a step is a matter of its posts.
func (s *Service) unmanned(ctx context.Context, c Case) (bool, error) {
	if c.concerned == "" || !c.Queueing() {
		return false, nil
	}
	all, err := s.colleagues(ctx, c.Agency)
	if err != nil || len(all) == 0 {
		return false, err
	}
	left, err := s.candidates(ctx, c)
	return len(left) == 0, err
}

// Unmanned tells officials that nobody of the agency can take the stage of a case.
func (s *Service) Unmanned(ctx context.Context, actor auth.Principal, c Case) (bool, error) {
	if !s.c.Policy.May(actor, "casework.holds", object(c, nil)) {
		return false, nil
	}
	return s.unmanned(ctx, c)
}

// MayOrder reports whether the actor may keep officials from a case now.
func (s *Service) MayOrder(ctx context.Context, actor auth.Principal, c Case) (bool, error) {
	err := s.mayRule(ctx, actor, c, "casework.order_withdrawal", "")
	if fault.KindOf(err) == fault.Denied {
		return false, nil
	}
	return err == nil, err
}

// Conflicts lists who is kept from cases of the actor's agency, the latest first,
// for its head and approvers.
func (s *Service) Conflicts(ctx context.Context, actor auth.Principal) ([]Conflict, error) {
	if err := s.c.Policy.Check(actor, "casework.withdrawals", agencyObject(actor)); err != nil {
		return nil, err
	}
	list, err := conflictsIn(ctx, s.c.DB, contract.AgencyID(actor.Agency), 100)
	if err != nil {
		return nil, err
	}
	return list, s.openReasons(list)
}

// ConflictsOf lists who is kept from a case, for officials who may see it.
func (s *Service) ConflictsOf(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Conflict, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.holds", object(c, nil)); err != nil {
		return nil, err
	}
	list, err := conflictsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	// Why is for who answers for the agency.
	if s.c.Policy.May(actor, "casework.withdrawals", agencyObject(actor)) {
		return list, s.openReasons(list)
	}
	return list, nil
}

func (s *Service) openReasons(list []Conflict) error {
	var errs []error
	for i := range list {
		var err error
		list[i].Reason, err = s.c.Seal.Open(conflictSeal(list[i].Case), list[i].sealed)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
