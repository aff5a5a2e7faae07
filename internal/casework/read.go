package casework

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// Open returns a case to whoever may see it, ErrNotFound to everybody else.
func (s *Service) Open(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, error) {
	c, err := caseByID(ctx, s.c.DB, id)
	if err != nil {
		return c, err
	}
	return c, s.see(actor, c)
}

// ByNumber is Open by the case number.
func (s *Service) ByNumber(ctx context.Context, actor auth.Principal, number string) (Case, error) {
	c, err := caseByNumber(ctx, s.c.DB, number)
	if err != nil {
		return c, err
	}
	return c, s.see(actor, c)
}

// Steps is the process record of a case the actor may see.
func (s *Service) Steps(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Step, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	list, err := stepsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	if actor.Applies() {
		outward(list)
	}
	return s.placed(ctx, list)
}

// outward leaves out of steps what agencies write to each other: the applicant sees
// who was asked and what the outcome is, as in Units; the decision states the rest.
func outward(list []Step) {
	for i := range list {
		switch st := &list[i]; st.Action {
		case actOpine:
			st.Opinion, st.Reasons, st.Actor.Name = "", nil, ""
		case actSend, actRecall:
			st.Opinion, st.Reasons = "", nil
		}
	}
}

// StepName is what the procedure calls an action, and the state it led to.
// It is that of the edition under which the step was taken.
func (s *Service) StepName(c Case, st Step) (action, state contract.Text) {
	p, err := s.procedureThen(c, st)
	if err != nil {
		return contract.Text{ZH: st.Action, EN: st.Action}, contract.Text{ZH: st.To, EN: st.To}
	}
	if t, err := p.Transition(st.From, st.Action); err == nil {
		action = contract.Text(t.Name)
	}
	if st.Action == actMove {
		action = contract.Text{
			ZH: fmt.Sprintf("改按服务第 %d 版、程序第 %d 版办理", st.HandledAs, st.ProcVersion),
			EN: fmt.Sprintf("Handled by version %d of the service, edition %d of the procedure from here on", st.HandledAs, st.ProcVersion),
		}
	}
	return action, nameOf(p, st.To)
}

// StateName is what the procedure of a case calls the state that it is in.
func (s *Service) StateName(c Case) contract.Text {
	p, err := s.procedure(c)
	if err != nil {
		return contract.Text{ZH: c.State, EN: c.State}
	}
	return nameOf(p, c.State)
}

func nameOf(p *statute.Procedure, state string) contract.Text {
	st, ok := p.State(state)
	if !ok {
		return contract.Text{ZH: state, EN: state}
	}
	return contract.Text(st.Name)
}

// Outcome is what the state of a case means for the applicant; "" while open.
// A case that went on after its decision keeps what was decided.
func (s *Service) Outcome(c Case, steps []Step) statute.Outcome {
	for _, st := range slices.Backward(steps) {
		p, err := s.procedureThen(c, st)
		if err != nil {
			return ""
		}
		if state, ok := p.State(st.To); ok && state.Outcome != "" {
			return state.Outcome
		}
	}
	return ""
}

// Cards lists what supervision noted on a case.
func (s *Service) Cards(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Record, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	return recordsOf(ctx, s.c.DB, id)
}

// Documents lists the official documents of a case, newest first.
func (s *Service) Documents(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Document, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	return documentsOf(ctx, s.c.DB, id)
}

// Document opens one document. An applicant who opens the decision has received
// it, and the case is delivered.
func (s *Service) Document(ctx context.Context, actor auth.Principal, id contract.CaseID, doc string) (Document, io.ReadCloser, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return Document{}, nil, err
	}
	d, err := documentByID(ctx, s.c.DB, doc)
	if err == nil && d.Case != id {
		err = ErrNotFound
	}
	if err != nil {
		return Document{}, nil, err
	}
	file, err := s.c.Blobs.Open(ctx, string(d.Blob))
	if err != nil {
		return d, nil, fmt.Errorf("document %s: %w", d.ID, err)
	}
	if err := s.received(ctx, actor, c, d); err != nil {
		file.Close() //nolint:errcheck,gosec // read only
		return d, nil, err
	}
	return d, file, nil
}

// received delivers a decision that has no licence to wait for, once the
// applicant reads it.
func (s *Service) received(ctx context.Context, actor auth.Principal, c Case, d Document) error {
	decision := c.Stage == StageDeliver && c.Licence == "" && d.At.Equal(c.Decided)
	if !decision || !applies(actor, c) {
		return nil
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, c.ID)
		if err != nil || c.Stage != StageDeliver {
			return err
		}
		if chosen, err := deliveryRow(ctx, tx, c.ID); err != nil || chosen.onPaper() {
			return err
		}
		_, err = s.step(ctx, tx, actor, c, Action{Name: actDeliver})
		return err
	})
}

// Purposes of reading personal data, by whose turn the case is.
func purpose(c Case) (why, basis string) {
	switch c.Stage {
	case StageAccept, StageApplicant, StageTransit:
		return "acceptance", "行政许可法 第三十二条"
	case StageReview, StageCountersign, StageOpinions, StagePaused, StageNotice:
		return "review", "行政许可法 第三十四条"
	case StageDecide:
		return "decision", "行政许可法 第三十八条"
	case StageVerify, StageRectify:
		return "verification", "行政许可法 第六十一条"
	case StageWaiting, StageParts:
		return "other", ""
	case StageDeliver, StageDone:
		return "archive", "行政许可法 第六十一条"
	}
	return "other", ""
}

// recordRead writes down that personal data of a case was read, before it is
// shown. What the applicants read of themselves is not recorded.
func (s *Service) recordRead(ctx context.Context, actor auth.Principal, c Case, why string, what ...string) error {
	if actor.Kind == auth.Resident {
		return nil
	}
	stage, basis := purpose(c)
	if applies(actor, c) {
		stage, basis = purposeCounter, basisCounter
	}
	if why == "" {
		why = stage
	}
	m := meta(actor, c)
	m.Purpose, m.Basis = why, basis
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
			Subject: c.Applicant.ID, What: what, Case: c.ID, Purpose: why, Basis: basis,
			At: s.c.Now().UTC().Truncate(time.Microsecond),
		})
	})
}

// Content is what the applicant handed in, as a page shows it.
type Content struct {
	Round     int
	At        time.Time
	Lines     []Line
	Materials []contract.Material
	Trace     []contract.Text // of an instant grant
}

// Line is one answered field.
type Line struct {
	Page  contract.Text
	Field contract.Field
	Value contract.Text // masked where Masked is set
	// Masked says that the value is personal and hidden: Unmask shows it.
	Masked bool
	// Rows are those of a group or table, as Value says them in one line.
	Rows [][]Cell
}

// Cell is one answer within a row.
type Cell struct {
	Label contract.Text
	Value contract.Text
}

// Content opens answers and materials. Officials see personal fields masked,
// and that they opened the case is recorded.
func (s *Service) Content(ctx context.Context, actor auth.Principal, id contract.CaseID) (Content, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return Content{}, err
	}
	answers, err := s.answers(svc, id, h)
	if err != nil {
		return Content{}, err
	}
	if err := s.recordRead(ctx, actor, c, "", "answers", "materials"); err != nil {
		return Content{}, err
	}
	return Content{
		Round: h.round, At: h.at, Materials: h.materials, Trace: h.trace,
		Lines: lines(svc, answers, s.words(ctx, c), !applies(actor, c)),
	}, nil
}

// handedInBy loads what an actor may read of a case.
func (s *Service) handedInBy(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, handIn, contract.Service, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return c, handIn{}, contract.Service{}, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return c, handIn{}, contract.Service{}, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return c, handIn{}, svc, err
	}
	h, err := lastHandIn(ctx, s.c.DB, id)
	if err == nil {
		h.materials, err = s.openWords(id, h.materials)
	}
	return c, h, svc, err
}

// Unmask shows one personal answer to an official who says why. The reason is
// recorded as the purpose and the applicant can read it.
func (s *Service) Unmask(ctx context.Context, actor auth.Principal, id contract.CaseID, field, reason string) (contract.Text, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return contract.Text{}, err
	}
	if err := s.c.Policy.Check(actor, "casework.unmask", object(c, nil)); err != nil {
		return contract.Text{}, err
	}
	var form fault.Form
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 4 || n > 200 {
		form.Add("reason", "casework.unmask_reason")
	}
	answers, err := s.answers(svc, id, h)
	if err != nil {
		return contract.Text{}, err
	}
	f, known := fieldsOf(svc)[field]
	v, answered := answers[field]
	if !known || !answered {
		return contract.Text{}, ErrNotFound
	}
	if err := form.Err(); err != nil {
		return contract.Text{}, err
	}
	if err := s.recordRead(ctx, actor, c, reason, "field:"+field); err != nil {
		return contract.Text{}, err
	}
	return s.words(ctx, c).value(f, v, false), nil
}

// Material opens one file that was handed in. Reading it is recorded.
func (s *Service) Material(ctx context.Context, actor auth.Principal, id contract.CaseID, file string) (Handed, io.ReadCloser, error) {
	c, h, _, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return Handed{}, nil, err
	}
	i := slices.IndexFunc(h.materials, func(m contract.Material) bool { return m.File == file })
	if i < 0 {
		return Handed{}, nil, ErrNotFound
	}
	m := h.materials[i]
	if err := s.recordRead(ctx, actor, c, "", "material:"+m.ID); err != nil {
		return Handed{}, nil, err
	}
	return s.handOut(ctx, actor, c, m)
}

// Correction is what the applicant must still correct. It is ErrState when the
// case does not wait for that.
func (s *Service) Correction(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.Correction, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return contract.Correction{}, err
	}
	if c.Stage != StageApplicant || c.Procedure == bundleProcedure { // its parts are corrected
		return contract.Correction{}, ErrState
	}
	if !applies(actor, c) {
		return contract.Correction{}, ErrNotFound
	}
	answers, err := s.answers(svc, id, h)
	if err != nil {
		return contract.Correction{}, err
	}
	marks, err := marksOf(ctx, s.c.DB, id, c.Marked)
	if err != nil {
		return contract.Correction{}, err
	}
	return contract.Correction{
		Case: id, Item: c.Item, Version: c.Version, Applicant: c.Applicant,
		Marks: marks, Answers: answers, Materials: h.materials, DueBy: c.Due.Promised.String(),
	}, nil
}

// Marks are what the last notice asked the applicant to correct.
func (s *Service) Marks(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]contract.Mark, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return marksOf(ctx, s.c.DB, id, c.Marked)
}

// Facts is what other areas may ask of a case, for an actor who may see it.
func (s *Service) Facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return contract.CaseFacts{}, err
	}
	return contract.CaseFacts{
		ID: c.ID, Number: c.Number, Item: c.Item, ItemName: c.ItemName, Agency: c.Agency, AgencyName: c.AgencyName, Division: c.Division,
		Applicant: c.Applicant, Operator: c.Operator, State: c.State, Ended: !c.Ended.IsZero(),
		Parent: c.Parent,
	}, nil
}

// History lists the events of a case, for the record behind the pages.
func (s *Service) History(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]event.Recorded, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, err
	}
	return s.c.Events.Of(ctx, "case:"+string(id))
}
