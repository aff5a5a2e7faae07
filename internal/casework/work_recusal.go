package casework

import (
	"context"
	"fmt"
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

// An applicant can ask that an official withdraws (申请回避). The head decides; where
// it is about the head, an approver does. How many days that may take, and whether
// the official's decision waits for the answer, are settings: Config.RecusalDays and
// Config.RecusalWaits.

// Results of what an applicant asked.
const (
	RecusalGranted = "granted"
	RecusalRefused = "refused"
)

// Recusal is what an applicant asks: that an official withdraws from the case.
type Recusal struct {
	ID         string
	Case       contract.CaseID
	Number     string
	Item       contract.ItemID
	ItemName   contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Applicant  contract.Party // kind and name
	Official   Handler        // without an id while only a name is known
	Author     string         // account
	AgentKind  string
	Reason     string
	At         time.Time
	Due        day.Date
	Result     string // "" while open
	Answer     string
	AnsweredBy Handler
	AnsweredAt time.Time

	sealed, sealedAnswer []byte
}

// recusalSeal names the seal of what is written about one case.
func recusalSeal(id contract.CaseID) string { return "casework.recusal." + string(id) }

// NewRecusal is what an applicant says: an official of the list, or a name.
type NewRecusal struct {
	Official contract.AccountID
	Name     string
	Reason   string
}

// Named lists the officials whose names stand in the record of a case: those whom
// its applicant can know.
func (s *Service) Named(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Handler, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.ask_withdrawal", object(c, nil)); err != nil {
		return nil, err
	}
	steps, err := stepsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	var list []Handler
	for _, st := range steps {
		h := Handler{st.Actor.ID, st.Actor.Name}
		if st.Actor.Kind == string(auth.Staff) && st.UnitID == c.Agency && !slices.Contains(list, h) && !c.Concerns(h.ID) {
			list = append(list, h)
		}
	}
	return list, nil
}

// AskWithdrawal asks that an official withdraws from the applicant's case.
func (s *Service) AskWithdrawal(ctx context.Context, actor auth.Principal, id contract.CaseID, n NewRecusal) (Recusal, error) {
	named, err := s.Named(ctx, actor, id)
	if err != nil {
		return Recusal{}, err
	}
	x := Recusal{ID: s.c.NewID(), Case: id, Author: actor.ID, AgentKind: actor.For.Kind, At: s.now()}
	if x, err = checkRecusal(x, n, named); err != nil {
		return x, err
	}
	if x.sealed, err = s.c.Seal.Seal(recusalSeal(id), x.Reason); err != nil {
		return x, fmt.Errorf("seal reason: %w", err)
	}
	_, err = s.locked(ctx, actor, id, func(ctx context.Context, tx db.Tx, c *Case) error {
		if c.Outcome != "" || c.Stage == StageDone { // what was decided is a matter of remedies
			return ErrState
		}
		x.Agency, x.Due = c.Agency, s.c.Calendars.For(c.Division).AddWorkdays(day.In(x.At), s.recusalDays())
		fresh, err := insertRecusal(ctx, tx, x)
		if err != nil {
			return err
		}
		if !fresh {
			return ErrAsked
		}
		if err := s.c.Events.Record(ctx, tx, meta(actor, *c), contract.WithdrawalAsked{
			Case: c.ID, Number: c.Number, Agency: c.Agency, Request: x.ID, Due: x.Due.String(), At: x.At,
		}); err != nil {
			return err
		}
		return s.nobodyAnswers(ctx, tx, actor, c, x)
	})
	return x, err
}

func (s *Service) recusalDays() int {
	if s.c.RecusalDays > 0 {
		return s.c.RecusalDays
	}
	return 3
}

func checkRecusal(x Recusal, n NewRecusal, named []Handler) (Recusal, error) {
	var form fault.Form
	name := strings.TrimSpace(n.Name)
	i := slices.IndexFunc(named, func(h Handler) bool { return h.ID == string(n.Official) })
	switch {
	case n.Official != "" && i >= 0:
		x.Official = named[i]
	case n.Official != "":
		form.Add("official", "casework.choose_one")
	case name == "" && len(named) > 0:
		form.Add("official", "casework.withdrawal_who")
	case name == "":
		form.Add("name", "casework.withdrawal_who")
	case len([]rune(name)) > 50:
		form.Add("name", "casework.too_long", "max", 50)
	default:
		x.Official.Name = name
	}
	var err error
	if x.Reason, err = interest(n.Reason); err != nil {
		for _, f := range fault.FieldsOf(err) {
			form.Add(f.Name, f.Err.Code, f.Err.Args...)
		}
	}
	return x, form.Err()
}

// nobodyAnswers puts a card on a case where nobody of the agency may answer what its
// applicant asks.
func (s *Service) nobodyAnswers(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, x Recusal) error {
	all, err := s.colleagues(ctx, c.Agency)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, o := range all {
		if s.mayRule(ctx, principalOf(o), *c, "casework.answer_withdrawal", x.Official.ID) == nil {
			return nil
		}
	}
	return s.raise(ctx, tx, actor, c, []card{{rule: cardNobody, occurrence: x.ID, light: statute.Yellow}})
}

// RecusalsOf lists what the applicant of a case asked, with the answers: to the
// applicant, and to officials who may see the case.
func (s *Service) RecusalsOf(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Recusal, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.recusals", object(c, nil)); err != nil {
		return nil, err
	}
	list, err := recusalsWhere(ctx, s.c.DB, recusalsOfCase(id))
	if err != nil {
		return nil, err
	}
	return list, s.openRecusals(list)
}

// Recusals lists what is asked of the actor's agency, open ones by the day they are
// due, answered ones the latest first.
func (s *Service) Recusals(ctx context.Context, actor auth.Principal, answered bool) ([]Recusal, error) {
	if err := s.c.Policy.Check(actor, "casework.withdrawals", agencyObject(actor)); err != nil {
		return nil, err
	}
	list, err := recusalsWhere(ctx, s.c.DB, recusalsOfAgency(contract.AgencyID(actor.Agency), answered))
	if err != nil {
		return nil, err
	}
	return list, s.openRecusals(list)
}

// Recusal opens one, and tells whether the actor may answer it. Officials whom it is
// about do not.
func (s *Service) Recusal(ctx context.Context, actor auth.Principal, id string) (Recusal, Case, bool, error) {
	x, err := recusalByID(ctx, s.c.DB, id)
	if err != nil {
		return x, Case{}, false, err
	}
	c, err := s.Open(ctx, actor, x.Case)
	if err != nil {
		return x, c, false, err
	}
	if err := s.c.Policy.Check(actor, "casework.withdrawals", agencyObject(actor)); err != nil {
		return x, c, false, err
	}
	err = s.mayRule(ctx, actor, c, "casework.answer_withdrawal", x.Official.ID)
	if err != nil && fault.KindOf(err) != fault.Denied {
		return x, c, false, err
	}
	may := err == nil && x.Result == ""
	one := []Recusal{x}
	err = s.openRecusals(one)
	return one[0], c, may, err
}

func (s *Service) openRecusals(list []Recusal) error {
	for i := range list {
		x := &list[i]
		var err error
		if x.Reason, err = s.c.Seal.Open(recusalSeal(x.Case), x.sealed); err != nil {
			return fmt.Errorf("open reason: %w", err)
		}
		if len(x.sealedAnswer) == 0 {
			continue
		}
		if x.Answer, err = s.c.Seal.Open(recusalSeal(x.Case), x.sealedAnswer); err != nil {
			return fmt.Errorf("open answer: %w", err)
		}
	}
	return nil
}

// Reply is the answer to what an applicant asked.
type Reply struct {
	Result   string
	Official contract.AccountID // where the applicant knew a name alone
	Text     string
}

// AnswerWithdrawal decides whether an official withdraws. The applicant is told.
func (s *Service) AnswerWithdrawal(ctx context.Context, actor auth.Principal, id string, r Reply) error {
	x, err := recusalByID(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	who, err := s.checkReply(ctx, actor, x, &r)
	if err != nil {
		return err
	}
	sealed, err := s.c.Seal.Seal(recusalSeal(x.Case), r.Text)
	if err != nil {
		return fmt.Errorf("seal answer: %w", err)
	}
	_, err = s.locked(ctx, actor, x.Case, func(ctx context.Context, tx db.Tx, c *Case) error {
		if err := s.mayRule(ctx, actor, *c, "casework.answer_withdrawal", who.ID); err != nil {
			return err
		}
		x.Official, x.Result, x.sealedAnswer = who, r.Result, sealed
		x.AnsweredBy, x.AnsweredAt = Handler{actor.ID, actor.Name}, s.now()
		fresh, err := answerRecusal(ctx, tx, x)
		if err != nil {
			return err
		}
		if !fresh {
			return ErrStale
		}
		if r.Result == RecusalGranted && !c.Concerns(who.ID) && c.Stage != StageDone {
			if err := s.grantRecusal(ctx, tx, actor, c, x); err != nil {
				return err
			}
		}
		return s.c.Events.Record(ctx, tx, meta(actor, *c), contract.WithdrawalAnswered{
			Case: c.ID, Number: c.Number, Item: c.Item, Request: x.ID, Result: x.Result, Notify: c.Operator, At: x.AnsweredAt,
		})
	})
	return err
}

func (s *Service) grantRecusal(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, x Recusal) error {
	reason, err := s.c.Seal.Open(recusalSeal(x.Case), x.sealed)
	if err != nil {
		return fmt.Errorf("open reason: %w", err)
	}
	return s.keepOff(ctx, tx, actor, c, withdrawal{x.Official, WithdrewAsked, reason})
}

// checkReply tidies an answer and finds whom it is about.
func (s *Service) checkReply(ctx context.Context, actor auth.Principal, x Recusal, r *Reply) (Handler, error) {
	var form fault.Form
	if r.Result != RecusalGranted && r.Result != RecusalRefused {
		form.Add("result", "casework.choose_one")
	}
	who := x.Official
	if who.ID == "" && r.Result == RecusalGranted {
		o, err := s.colleague(ctx, contract.AgencyID(actor.Agency), r.Official)
		if err != nil {
			form.Add("official", "casework.withdrawal_find")
		}
		who = Handler{string(o.ID), o.Name}
	}
	text, err := plainText("answer", r.Text)
	for _, f := range fault.FieldsOf(err) {
		form.Add(f.Name, f.Err.Code, f.Err.Args...)
	}
	r.Text = text
	return who, form.Err()
}

// undisputed makes decisions of an official wait for the answer to what the applicant
// asked about them, where the setting says so.
func (s *Service) undisputed(ctx context.Context, q db.Q, w *work) error {
	if !s.c.RecusalWaits || w.a.Name != actApprove && w.a.Name != actDeny {
		return nil
	}
	open, err := openRecusalOn(ctx, q, w.c.ID, w.actor.ID)
	if err != nil || !open {
		return err
	}
	return ErrDisputed
}
