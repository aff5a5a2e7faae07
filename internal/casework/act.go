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
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/statute"
)

// Limits of what officials write, in characters.
const (
	maxOpinion = 1000
	maxReason  = 500
	maxReasons = 20
	maxMarks   = 100
)

// Act takes one step of a case for an actor: staff by the decision bar, an
// applicant who withdraws.
func (s *Service) Act(ctx context.Context, actor auth.Principal, id contract.CaseID, a Action) (Case, error) {
	if !slices.Contains(offered, a.Name) {
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
		if a.Name == actWithdraw && actor.AtCounter() && applies(actor, found) {
			return ErrUnconfirmed // by WithdrawAt, with who stands there
		}
		if found, err = s.overtaken(ctx, tx, found); err != nil {
			return err
		}
		c, err = s.step(ctx, tx, actor, found, a)
		return err
	})
	return c, err
}

// tidy trims what was typed and refuses what is too long.
func tidy(a Action) (Action, error) {
	var form fault.Form
	a.Opinion, a.Organ = strings.TrimSpace(a.Opinion), strings.TrimSpace(a.Organ)
	if len([]rune(a.Opinion)) > maxOpinion {
		form.Add("opinion", "casework.too_long", "max", maxOpinion)
	}
	if len([]rune(a.Organ)) > maxReason {
		form.Add("organ", "casework.too_long", "max", maxReason)
	}
	reasons := make([]string, 0, len(a.Reasons))
	for _, r := range a.Reasons {
		if r = strings.TrimSpace(r); r != "" {
			reasons = append(reasons, r)
		}
	}
	if len(reasons) > maxReasons || slices.ContainsFunc(reasons, func(r string) bool { return len([]rune(r)) > maxReason }) {
		form.Add("reasons", "casework.too_long", "max", maxReason)
	}
	a.Reasons = reasons
	marks := slices.Clone(a.Marks)
	for i := range marks {
		marks[i].Reason = strings.TrimSpace(marks[i].Reason)
		if len([]rune(marks[i].Reason)) > maxReason {
			form.Add("reason-"+marks[i].Kind+"-"+marks[i].ID, "casework.too_long", "max", maxReason)
		}
	}
	if len(marks) > maxMarks {
		form.Add("marks", "casework.too_long", "max", maxMarks)
	}
	a.Marks = marks
	return a, form.Err()
}

// work is one step on its way: what it rests on, what it brings about.
type work struct {
	svc   contract.Service
	r     rules
	actor auth.Principal
	t     statute.Transition
	a     Action
	at    time.Time
	c     Case // as it becomes

	found    contract.Answers // by officials, this step included
	findings []Finding        // that the step enters
	more     []Unit           // asked because of what was found
	special  Special          // that starts or ends
	units    []Unit           // tasks of other agencies
	unit     Unit             // the one that the step is about
	out      outcome
}

// step takes one step in a transaction, with everything that belongs to it.
func (s *Service) step(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, a Action) (Case, error) {
	return s.stepAs(ctx, tx, actor, c, a, Unit{})
}

// stepAs is step for an agency that is asked: u is its task.
func (s *Service) stepAs(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, a Action, u Unit) (Case, error) {
	w, err := s.begin(ctx, actor, c, a)
	if err != nil {
		return c, err
	}
	if err := s.mayTake(w, u); err != nil {
		return c, err
	}
	actor = standing(actor, c, w.t)
	w.actor = actor
	if err := s.inHands(ctx, tx, w, u); err != nil {
		return c, err
	}
	actor = w.actor // a deputy is recorded as one
	if err := knownMarks(w.svc, a.Marks); err != nil {
		return c, err
	}
	history, err := entriesOf(ctx, tx, c.ID)
	if err != nil {
		return c, err
	}
	if err := s.prepare(ctx, tx, w); err != nil {
		return c, err
	}
	unit := unitOf(actor, c)
	if u.ID != "" {
		unit = contract.Agency{ID: u.Agency, Name: u.AgencyName, Division: u.Division}
	}
	w.c, w.out, err = w.r.apply(w.c, history, input{Action: w.a, actor: actor, unit: unit, at: w.at, special: w.special})
	if err != nil {
		return c, err
	}
	if err := s.carry(ctx, tx, w); err != nil {
		return c, err
	}
	if err := s.pass(ctx, tx, w, c); err != nil {
		return c, err
	}
	if err := updateCase(ctx, tx, w.c, c.Step); err != nil {
		return c, err
	}
	if err := s.record(ctx, tx, actor, w.c, w.out, len(history)+1); err != nil {
		return c, err
	}
	return w.c, s.together(ctx, tx, w)
}

// begin finds the law for a step.
func (s *Service) begin(ctx context.Context, actor auth.Principal, c Case, a Action) (*work, error) {
	w := &work{actor: actor, a: a, c: c, at: s.c.Now()}
	var err error
	if w.svc, w.r, err = s.lawOf(ctx, c); err != nil {
		return nil, err
	}
	if w.t, err = w.r.proc.Transition(c.State, a.Name); err != nil {
		return nil, ErrState.Wrap(err)
	}
	return w, nil
}

// mayTake asks the policy, with the facts of the unit where the step is its own.
func (s *Service) mayTake(w *work, u Unit) error {
	if u.ID != "" {
		return s.c.Policy.Check(w.actor, "casework."+w.t.Action, unitObject(w.c, u))
	}
	if w.a.inquired {
		return s.c.Policy.Check(w.actor, "casework.inquire", object(w.c, w.t.Roles))
	}
	if w.a.delivery != nil { // from the shelf of a hall, which need not have taken the case in
		o := object(w.c, w.t.Roles)
		o.Attrs["shelf"] = string(w.a.delivery.Hall)
		return s.c.Policy.Check(w.actor, "casework."+w.t.Action, o)
	}
	return s.may(w.actor, w.c, w.t)
}

// prepare works out what only the database knows, before the rules decide. A
// step that nobody may take now is refused first, so that a form is not faulted
// for what would not be taken anyhow.
func (s *Service) prepare(ctx context.Context, tx db.Tx, w *work) error {
	if w.a.Step != 0 && w.a.Step != w.c.Step {
		return ErrStale
	}
	if err := s.prepareMarks(ctx, tx, w); err != nil {
		return err
	}
	if err := s.prepareFound(ctx, tx, w); err != nil {
		return err
	}
	if err := s.prepareMore(ctx, tx, w); err != nil {
		return err
	}
	switch w.a.Name {
	case actPause:
		return s.startSpecial(w)
	case actResume:
		if err := s.endSpecial(ctx, tx, w); err != nil {
			return err
		}
		return s.kept(ctx, tx, w)
	case actOpine, actRecall, actSend:
		return s.prepareUnit(ctx, tx, w)
	case actReview, actCountersign:
		return s.apart(ctx, tx, w.actor, w.c.ID)
	case actWithdraw:
		return s.mayWithdraw(ctx, tx, w)
	case actDispatch, actReceive:
		return s.prepareTransit(ctx, tx, w)
	case actApprove:
		if err := s.noneOwed(ctx, tx, w.c); err != nil {
			return err
		}
		return s.inquired(ctx, tx, w, true)
	case actGrant, actDeny:
		return s.inquired(ctx, tx, w, w.a.Name == actGrant)
	}
	return nil
}

// carry stores what a step brings about beside the case itself.
func (s *Service) carry(ctx context.Context, tx db.Tx, w *work) error {
	if w.a.Name == actCorrect || w.a.Name == actCorrectOnsite {
		if err := insertMarks(ctx, tx, w.c.ID, w.c.Marked, w.a.Marks); err != nil {
			return err
		}
	}
	if err := s.clearMarks(ctx, tx, w); err != nil {
		return err
	}
	if err := s.carryFound(ctx, tx, w); err != nil {
		return err
	}
	for _, u := range w.more {
		if err := s.ask(ctx, tx, w, u); err != nil {
			return err
		}
	}
	if err := s.carrySpecial(ctx, tx, w); err != nil {
		return err
	}
	if err := s.carryUnit(ctx, tx, w); err != nil {
		return err
	}
	if w.a.Name == actAccept || w.a.Name == actDeem {
		if err := s.askUnits(ctx, tx, w); err != nil {
			return err
		}
	}
	if err := s.carryTransit(ctx, tx, w); err != nil {
		return err
	}
	if err := s.settleCommitment(ctx, tx, w); err != nil {
		return err
	}
	if err := s.issue(ctx, tx, &w.c, w.svc, w.t, w.r); err != nil {
		return err
	}
	return s.raise(ctx, tx, w.actor, &w.c, w.out.cards)
}

// carrySpecial stores special procedures that begin or end; a case that ends
// ends them all, and the tasks of other agencies.
func (s *Service) carrySpecial(ctx context.Context, tx db.Tx, w *work) error {
	switch w.a.Name {
	case actPause:
		w.special.Step = w.c.Step
		return insertSpecial(ctx, tx, w.c.ID, w.special)
	case actResume, actEndSpecial:
		return endSpecial(ctx, tx, w.c.ID, w.special)
	}
	if w.c.Outcome == "" {
		return nil
	}
	if w.c.SpecialsOpen > 0 {
		if err := breakSpecials(ctx, tx, w.c.ID, w.at); err != nil {
			return err
		}
		w.c.SpecialsOpen = 0
	}
	if len(w.svc.Handling.Units) == 0 {
		return nil
	}
	return s.closeUnits(ctx, tx, w)
}

// issue asks for the licence that a grant is for.
func (s *Service) issue(ctx context.Context, tx db.Tx, c *Case, svc contract.Service, t statute.Transition, r rules) error {
	to, _ := r.proc.State(t.To)
	if to.Outcome != statute.Granted || svc.Licence == nil {
		return nil
	}
	h, err := lastHandIn(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	answers, err := s.answers(svc, c.ID, h)
	if err != nil {
		return err
	}
	found, err := s.found(ctx, tx, *c, svc)
	if err != nil {
		return err
	}
	prior := ""
	if svc.Licence.Prior != "" {
		prior, _ = answers[svc.Licence.Prior].(string)
	}
	face, err := s.c.Faces.Evaluate(ctx, svc, FaceInput{
		Holder: c.Applicant, On: day.In(c.Decided), Answers: answers, Found: found, Prior: contract.LicenceID(prior),
	})
	if err != nil {
		return err
	}
	agency, err := s.c.Agencies.Agency(ctx, c.Agency)
	if err != nil {
		return err
	}
	id, err := s.c.Licences.Issue(ctx, tx, contract.LicenceRequest{
		Case: c.ID, CaseNumber: c.Number, Item: c.Item, Spec: *svc.Licence, Holder: c.Applicant, Agency: agency,
		Face: face, ValidFrom: day.In(c.Decided).String(), At: c.Decided, Prior: contract.LicenceID(prior),
	})
	if err == nil && issues(svc) {
		c.Licence = id
	}
	return err
}

// issues reports whether a grant gives the applicant a licence to receive: a
// cancellation ends one, and its decision is all there is to deliver.
func issues(svc contract.Service) bool {
	return svc.Licence != nil && svc.Licence.Effect != contract.LicenceCancel
}

// record stores what an act brought about: the process record, the clock
// history, events, documents to render, and the day to look again.
func (s *Service) record(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, out outcome, firstEntry int) error {
	for i, st := range out.steps {
		st.HandledAs, st.Procedure, st.ProcVersion = c.HandledAs, c.Procedure, c.ProcVersion
		if err := insertStep(ctx, tx, c.ID, st.Step); err != nil {
			return err
		}
		who := actor
		if i > 0 { // what followed by itself was nobody's act
			who = auth.SystemPrincipal("procedure")
		}
		e := moved(c, st.Step)
		e.Until = out.until(st.No)
		if err := s.c.Events.Record(ctx, tx, meta(who, c), e); err != nil {
			return err
		}
		if st.transition.Document != "" {
			j := paperJob{Case: c.ID, Step: st.No, Paper: st.transition.Document}
			if err := s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{}); err != nil {
				return err
			}
		}
	}
	if err := insertEntries(ctx, tx, c.ID, firstEntry, out.entries); err != nil {
		return err
	}
	if err := s.settle(ctx, tx, c, out); err != nil {
		return err
	}
	if len(out.entries) == 0 {
		return nil // no deadline moved
	}
	return s.watch(ctx, tx, c)
}

// watch plans to look at the case when its next deadline has passed, or at once
// where it already has: a deemed acceptance dates back.
func (s *Service) watch(ctx context.Context, tx db.Tx, c Case) error {
	today := s.Today()
	silent := c.Due.Clock == statute.Acceptance && past(c.Due.Legal, today) // confirmed late what came before
	if silent || len(lapsed(c, today)) > 0 {
		return s.lookOn(ctx, tx, c, today)
	}
	if c.Due.Paused {
		return s.watchPause(ctx, tx, c)
	}
	return s.lookOn(ctx, tx, c, c.wake(today))
}

// lookOn plans to look at the case on a day; zero is never.
func (s *Service) lookOn(ctx context.Context, tx db.Tx, c Case, on day.Date) error {
	if on.IsZero() {
		return nil
	}
	return s.c.Jobs.InsertTx(ctx, tx, dueJob{Case: c.ID, On: on.String()},
		job.Insert{At: on.Time(), Unique: string(c.ID) + "@" + on.String()})
}

func meta(actor auth.Principal, c Case) event.Meta {
	return event.Meta{Actor: actor, Subject: c.Applicant.ID, Object: "case:" + string(c.ID)}
}

// until is the expected end of the pause that a step begins, "" for others.
func (o outcome) until(step int) string {
	for _, e := range o.entries {
		if e.step == step && e.entry.Kind == statute.Pause {
			return e.entry.Until.String()
		}
	}
	return ""
}

func moved(c Case, st Step) contract.CaseMoved {
	return contract.CaseMoved{
		Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency,
		Action: st.Action, From: st.From, To: st.To, Deemed: st.Deemed,
		Due: c.Due.Promised.String(), Notify: c.Operator, Step: st.No, Parent: c.Parent, At: st.At.UTC().Truncate(time.Microsecond),
	}
}

// knownMarks refuses to ask for what the form and the guide do not have: no
// material may be asked for that the guide does not list.
func knownMarks(svc contract.Service, marks []contract.Mark) error {
	var form fault.Form
	for _, m := range marks {
		known := m.Kind == "material" && slices.ContainsFunc(svc.Materials, func(x contract.MaterialSpec) bool { return x.ID == m.ID })
		if m.Kind == "field" {
			_, known = fieldsOf(svc)[m.ID]
		}
		if !known {
			form.Add("marks", "casework.mark_unknown", "id", m.ID)
		}
	}
	return form.Err()
}

// Choice is a step that an actor may take on a case now.
type Choice struct {
	Action  string
	Name    contract.Text
	Reasons bool // must be given
	Opinion bool // must be given
	Against bool // ends the case against the applicant: ask twice
}

// Choices lists what an actor may do to a case now.
func (s *Service) Choices(ctx context.Context, actor auth.Principal, c Case) ([]Choice, error) {
	_, r, err := s.lawOf(ctx, c)
	if err != nil {
		return nil, err
	}
	var list []Choice
	for _, t := range r.proc.Actions(c.State) {
		if !slices.Contains(offered, t.Action) || r.inTurn(c, t.Action, r.today) != nil || s.may(actor, c, t) != nil {
			continue
		}
		if t.Action == actWithdraw && s.required(ctx, s.c.DB, c) != nil {
			continue
		}
		if reviews(t.Action) && s.apart(ctx, s.c.DB, actor, c.ID) != nil {
			continue
		}
		to, _ := r.proc.State(t.To)
		list = append(list, Choice{
			Action: t.Action, Name: contract.Text(t.Name), Reasons: t.Reasons, Opinion: needsOpinion(t.Action),
			Against: to.Outcome == statute.Ended || to.Outcome == statute.Denied || to.Outcome == statute.Refused,
		})
	}
	return list, nil
}
