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
	"github.com/tongban/tongban/internal/kit/job"
)

// An objection (异议) asks the agency, in plain words, to look at a step again.
// It is a service of the agency and no statutory remedy: it stops no deadline,
// neither that of a correction nor those of reconsideration (60 days) and of an
// action in court (six months), and pages say so.

// Limits of objections, in characters.
const (
	minObjection = 10
	maxObjection = 2000
)

// Results of an objection.
const (
	ObjectionKept    = "kept"    // the step stands
	ObjectionChanged = "changed" // the agency puts it right, as the answer says
)

// Faults of objections.
var (
	ErrObjected    = fault.New(fault.Conflict, "casework.objected_already")
	ErrNoObjection = fault.New(fault.Conflict, "casework.nothing_to_object")
)

// Objection is one objection with its answer.
type Objection struct {
	ID         string
	Case       contract.CaseID
	Number     string
	Item       contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Applicant  contract.Party // kind and name
	Step       int            // that it is about
	Action     string         // of that step
	Author     string         // account
	Agent      string         // kind of right that the author acted by
	Text       string
	At         time.Time
	Due        day.Date // by which the agency answers
	Decider    string   // who took the step
	Result     string   // "" while open
	Answer     string
	AnsweredBy Handler
	AnsweredAt time.Time

	sealed, sealedAnswer []byte
	division             string
}

// Contestable is the step of a case that its applicant can object to now.
type Contestable struct {
	Step  Step
	Until day.Date // last day
	Left  int      // calendar days
}

// Contestable tells what the applicant can object to now; ok is false where
// there is nothing, or where they have.
func (s *Service) Contestable(ctx context.Context, actor auth.Principal, id contract.CaseID) (x Contestable, ok bool, err error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return x, false, err
	}
	if !s.c.Policy.May(actor, "casework.object", object(c, nil)) {
		return x, false, nil
	}
	return s.contestable(ctx, s.c.DB, c)
}

func (s *Service) contestable(ctx context.Context, q db.Q, c Case) (x Contestable, ok bool, err error) {
	steps, err := stepsOf(ctx, q, c.ID)
	if err != nil {
		return x, false, err
	}
	done, err := objectionsOf(ctx, q, c.ID)
	if err != nil {
		return x, false, err
	}
	for _, st := range slices.Backward(steps) {
		if !objectionable(st) {
			continue
		}
		x = Contestable{Step: st, Until: day.In(st.At).Add(s.c.ObjectionWithin)}
		x.Left = x.Until.Sub(s.Today())
		known := slices.ContainsFunc(done, func(o Objection) bool { return o.Step == st.No })
		// A notice that was answered with new papers is over.
		over := st.Action == actCorrect && c.Stage != StageApplicant
		return x, !known && !over && x.Left >= 0, nil
	}
	return x, false, nil
}

// objectionable tells the steps against the applicant.
func objectionable(st Step) bool {
	switch st.Action {
	case "refuse", "not_required", actDeny, actCorrect, "terminate":
		return true
	case actWithdraw:
		return st.Deemed
	}
	return false
}

// Object objects to the newest step that goes against the applicant.
func (s *Service) Object(ctx context.Context, actor auth.Principal, id contract.CaseID, text string) (Objection, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return Objection{}, err
	}
	if err := s.c.Policy.Check(actor, "casework.object", object(c, nil)); err != nil {
		return Objection{}, err
	}
	if text, err = plainText("text", text); err != nil {
		return Objection{}, err
	}
	sealed, err := s.c.Seal.Seal(objectionSeal(id), text)
	if err != nil {
		return Objection{}, fmt.Errorf("seal objection: %w", err)
	}
	var o Objection
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if c, err = lockCase(ctx, tx, id); err != nil {
			return err
		}
		x, ok, err := s.contestable(ctx, tx, c)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoObjection
		}
		o = Objection{
			ID: s.c.NewID(), Case: id, Number: c.Number, Item: c.ItemName, Agency: c.Agency, AgencyName: c.AgencyName,
			Step: x.Step.No, Action: x.Step.Action, Author: actor.ID, Agent: actor.For.Kind, Text: text, sealed: sealed,
			At: s.now(), Due: s.answerBy(c, s.now()), Decider: x.Step.Actor.ID,
		}
		fresh, err := insertObjection(ctx, tx, o)
		if err != nil {
			return err
		}
		if !fresh {
			return ErrObjected
		}
		if err := s.watchObjection(ctx, tx, o); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.ObjectionMade{
			Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency, Objection: o.ID, Action: o.Action, Due: o.Due.String(), At: o.At,
		})
	})
	return o, err
}

// watchObjection plans to look when the day of the answer has passed.
func (s *Service) watchObjection(ctx context.Context, tx db.Tx, o Objection) error {
	on := o.Due.Add(1)
	return s.c.Jobs.InsertTx(ctx, tx, objectionJob{o.ID}, job.Insert{At: on.Time(), Unique: o.ID + "@" + on.String()})
}

// answerBy is the day by which the agency answers what was said at a time.
func (s *Service) answerBy(c Case, at time.Time) day.Date {
	return s.c.Calendars.For(c.Division).AddWorkdays(day.In(at), s.c.ObjectionDays)
}

// now is the time as it is stored.
func (s *Service) now() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }

// plainText tidies what somebody wrote and refuses too little and too much.
func plainText(field, text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var form fault.Form
	switch n := len([]rune(text)); {
	case n < minObjection:
		form.Add(field, "casework.too_short", "min", minObjection)
	case n > maxObjection:
		form.Add(field, "casework.too_long", "max", maxObjection)
	}
	return text, form.Err()
}

// ObjectionsOf lists the objections of a case with what was said and answered.
func (s *Service) ObjectionsOf(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Objection, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return nil, err
	}
	list, err := objectionsOf(ctx, s.c.DB, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for i := range list {
		if err := s.unseal(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, s.recordRead(ctx, actor, c, "", "objection")
}

func (s *Service) unseal(o *Objection) (err error) {
	if o.Text, err = s.c.Seal.Open(objectionSeal(o.Case), o.sealed); err != nil {
		return fmt.Errorf("open objection: %w", err)
	}
	if len(o.sealedAnswer) > 0 {
		if o.Answer, err = s.c.Seal.Open(objectionSeal(o.Case), o.sealedAnswer); err != nil {
			return fmt.Errorf("open answer: %w", err)
		}
	}
	o.sealed, o.sealedAnswer = nil, nil
	return nil
}

// Objections lists the objections of the actor's agency without their words:
// the open ones by due day, or the latest that were answered.
func (s *Service) Objections(ctx context.Context, actor auth.Principal, answered bool) ([]Objection, error) {
	if !answersFor(actor) {
		return nil, ErrNotFound
	}
	w := &where{}
	w.and("o.agency = ?", actor.Agency)
	order := "o.due, o.id"
	if answered {
		w.and("o.result <> ''")
		order = "o.answered_at DESC, o.id DESC"
	} else {
		w.and("o.result = ''")
	}
	list, err := objectionsWhere(ctx, s.c.DB, w, order, 100)
	for i := range list {
		list[i].sealed, list[i].sealedAnswer = nil, nil
	}
	return list, err
}

// OpenObjections counts what Objections lists as open.
func (s *Service) OpenObjections(ctx context.Context, actor auth.Principal) (int, error) {
	if !answersFor(actor) {
		return 0, nil
	}
	return countObjections(ctx, s.c.DB, actor.Agency)
}

func answersFor(p auth.Principal) bool {
	return p.Kind == auth.Staff && (p.Is(auth.RoleApprover) || p.Is(auth.RoleHead))
}

// Objection opens one objection to who may answer it; may tells whether the
// actor is the right one, who did not take the step.
func (s *Service) Objection(ctx context.Context, actor auth.Principal, id string) (o Objection, c Case, may bool, err error) {
	if o, err = objectionByID(ctx, s.c.DB, id); err != nil {
		return o, c, false, err
	}
	if c, err = s.Open(ctx, actor, o.Case); err != nil {
		return Objection{}, c, false, err
	}
	if !answersFor(actor) || actor.Agency != string(o.Agency) {
		return Objection{}, c, false, ErrNotFound
	}
	if err := s.unseal(&o); err != nil {
		return o, c, false, err
	}
	may = o.Result == "" && s.mayAnswer(actor, c, o) == nil
	return o, c, may, s.recordRead(ctx, actor, c, "", "objection")
}

func (s *Service) mayAnswer(actor auth.Principal, c Case, o Objection) error {
	return s.c.Policy.Check(actor, "casework.answer", withFact(object(c, nil), "decider", o.Decider))
}

// Answer answers an objection in writing.
func (s *Service) Answer(ctx context.Context, actor auth.Principal, id, result, text string) error {
	o, err := objectionByID(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	c, err := s.Open(ctx, actor, o.Case)
	if err != nil {
		return err
	}
	if err := s.mayAnswer(actor, c, o); err != nil {
		return err
	}
	text, err = plainText("answer", text)
	if result != ObjectionKept && result != ObjectionChanged {
		err = withField(err, "result", "casework.objection_result")
	}
	if err != nil {
		return err
	}
	if o.sealedAnswer, err = s.c.Seal.Seal(objectionSeal(o.Case), text); err != nil {
		return fmt.Errorf("seal answer: %w", err)
	}
	o.Result, o.AnsweredBy, o.AnsweredAt = result, Handler{actor.ID, actor.Name}, s.now()
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := answerObjection(ctx, tx, o); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.ObjectionAnswered{
			Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency, Objection: o.ID, Result: result, Notify: c.Operator, At: o.AnsweredAt,
		})
	})
}

// withField adds a fault of one more field.
func withField(err error, name, code string) error {
	f := fault.Field{Name: name, Err: fault.New(fault.Invalid, code)}
	list := append([]fault.Field{f}, fault.FieldsOf(err)...)
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Args: []any{"n", len(list)}, Fields: list}
}

func objectionSeal(id contract.CaseID) string { return "casework.objection:" + string(id) }
