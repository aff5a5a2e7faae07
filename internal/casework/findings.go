package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Forms reads what officials enter in the fields of a stage, by the same rules as
// forms: the values that are right, and what is wrong with the rest.
type Forms interface {
	ReadFound(svc contract.Service, in FoundInput) (contract.Answers, []fault.Field, error)
}

// FoundInput is what an official entered, with what its rules see.
type FoundInput struct {
	Applicant contract.Party
	On        day.Date
	Answers   contract.Answers
	Found     contract.Answers // before
	Fields    []contract.Field
	Entered
	Partly bool // nothing has to be there
}

// Entered are the fields of a stage as a browser sends them (Get, by the names of
// the form's controls), or as a client of the API does (JSON). The zero value is
// nothing.
type Entered struct {
	Get  func(name string) []string
	JSON map[string]json.RawMessage
	// Earlier are the fields of earlier stages that stand on the page too, to be
	// corrected; JSON corrects those that it names.
	Earlier []string
}

// foundName is the name of a control for a finding: findings stand on the page of
// a step, beside its opinion and reasons.
const foundName = "found-"

// Finding is what an official found: one entry, never changed. A later one with
// Corrects set stands in its place.
type Finding struct {
	No        int
	Stage     string
	Step      int
	Field     contract.Field
	Value     any
	Words     contract.Text
	Corrects  int // number of the entry that it corrects
	Corrected int // number of the entry that corrects it; 0 is in force
	By        Handler
	At        time.Time
}

// Findings lists what officials found, in the order of the record. Applicants see
// what is marked public and in force. That an official read it is recorded.
func (s *Service) Findings(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Finding, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	list, err := s.findings(ctx, s.c.DB, c, svc)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if actor.Kind == auth.Resident {
		list = slices.DeleteFunc(list, func(f Finding) bool { return !f.Field.Public || f.Corrected != 0 })
		for i := range list {
			list[i].By = Handler{}
		}
	}
	for i, f := range list {
		list[i].Words = s.words(ctx, c).value(f.Field, f.Value, false)
	}
	return list, s.recordRead(ctx, actor, c, "", "findings")
}

// findings opens the entries of a case.
func (s *Service) findings(ctx context.Context, q db.Q, c Case, svc contract.Service) ([]Finding, error) {
	rows, err := findingsOf(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	fields := findable(svc, "")
	list := make([]Finding, 0, len(rows))
	for _, r := range rows {
		text := r.value
		if len(r.sealed) > 0 {
			if text, err = s.c.Seal.Open(findingSeal(c.ID), r.sealed); err != nil {
				return nil, fmt.Errorf("open finding: %w", err)
			}
		}
		f, known := fields[r.field]
		if !known { // the service was changed and the case moved: kept under its id
			f = contract.Field{ID: r.field, Kind: "text", Label: contract.Text{ZH: r.field, EN: r.field}}
		}
		if text != "null" {
			if r.Value, err = typed(f, json.RawMessage(text)); err != nil {
				return nil, fmt.Errorf("finding %s: %w", r.field, err)
			}
		}
		r.Field = f
		list = append(list, r.Finding)
	}
	for _, f := range list {
		if f.Corrects > 0 && f.Corrects <= len(list) {
			list[f.Corrects-1].Corrected = f.No
		}
	}
	return list, nil
}

// inForce are the findings that stand, by field.
func inForce(list []Finding) contract.Answers {
	out := contract.Answers{}
	for _, f := range list {
		if f.Corrected == 0 && f.Value != nil {
			out[f.Field.ID] = f.Value
		}
	}
	return out
}

// found are the findings of a case that stand.
func (s *Service) found(ctx context.Context, q db.Q, c Case, svc contract.Service) (contract.Answers, error) {
	if len(svc.Handling.Stages) == 0 {
		return nil, nil
	}
	list, err := s.findings(ctx, q, c, svc)
	return inForce(list), err
}

// findable are the fields that officials fill in, up to and with a stage; "" is all.
func findable(svc contract.Service, until Stage) map[string]contract.Field {
	fields := map[string]contract.Field{}
	for _, spec := range svc.Handling.Stages {
		for _, f := range spec.Fields {
			fields[f.ID] = f
		}
		if spec.Stage == string(until) {
			break
		}
	}
	return fields
}

// StageForm is what an official fills in to end the stage that a case is in.
type StageForm struct {
	Stage   string
	Name    contract.Text
	Help    contract.Text
	Fields  []contract.Field // of this stage
	Earlier []contract.Field // of earlier ones, to be corrected
	Found   contract.Answers // what stands
	Limit   StageLimit
}

// StageForm returns the form of the stage that a case is in; ok is false where the
// service says nothing of it.
func (s *Service) StageForm(ctx context.Context, actor auth.Principal, c Case) (f StageForm, ok bool, err error) {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return f, false, err
	}
	spec, ok := stageSpec(svc.Handling.Stages, c.Stage)
	if !ok || !s.c.Policy.May(actor, "casework.read", object(c, nil)) {
		return f, false, nil
	}
	f = StageForm{Stage: spec.Stage, Name: spec.Name, Help: spec.Help, Fields: spec.Fields, Earlier: earlierFields(svc, spec), Limit: c.Limit}
	f.Found, err = s.found(ctx, s.c.DB, c, svc)
	return f, true, err
}

// earlierFields are those of the stages before one that it does not ask again.
func earlierFields(svc contract.Service, of contract.StageSpec) []contract.Field {
	seen := map[string]bool{}
	for _, f := range of.Fields {
		seen[f.ID] = true
	}
	var list []contract.Field
	for _, spec := range svc.Handling.Stages {
		if spec.Stage == of.Stage {
			break
		}
		for _, f := range spec.Fields {
			if !seen[f.ID] {
				seen[f.ID], list = true, append(list, f)
			}
		}
	}
	return list
}

// prepareFound reads what the official entered, for a step that ends a stage. A
// grant, a review or an acceptance needs all that the stage asks for; a denial takes
// what there is.
func (s *Service) prepareFound(ctx context.Context, tx db.Tx, w *work) error {
	if len(w.svc.Handling.Stages) == 0 {
		return nil
	}
	before, err := s.findings(ctx, tx, w.c, w.svc)
	if err != nil {
		return err
	}
	w.found = inForce(before)
	stage := stageOf(w.a.Name)
	spec, said := stageSpec(w.svc.Handling.Stages, stage)
	if stage == "" || !said && w.a.Found.empty() {
		return nil
	}
	if err := w.r.inTurn(w.c, w.a.Name, day.In(w.at)); err != nil {
		return err
	}
	answers, err := s.currentAnswers(ctx, tx, w.c, w.svc)
	if err != nil {
		return err
	}
	in := FoundInput{
		Applicant: w.c.Applicant, On: day.In(w.at), Answers: answers, Found: w.found, Entered: w.a.Found, Partly: w.a.Name == actDeny,
	}
	for _, f := range earlierFields(w.svc, spec) {
		if w.a.Found.corrects(f.ID) {
			in.Fields = append(in.Fields, f)
		}
	}
	in.Fields = append(in.Fields, spec.Fields...)
	if in.Get == nil && in.JSON == nil {
		in.JSON = map[string]json.RawMessage{}
	}
	got, faults, err := s.c.Forms.ReadFound(w.svc, in)
	if err != nil {
		return fmt.Errorf("findings of stage %s: %w", stage, err)
	}
	if len(faults) > 0 {
		return foundFaults(faults)
	}
	w.findings = changes(before, got, in.Fields, in.Partly)
	for i := range w.findings {
		w.findings[i].Stage, w.findings[i].By, w.findings[i].At = string(stage), Handler{w.actor.ID, w.actor.Name}, w.at
		w.findings[i].No = len(before) + i + 1
	}
	w.found = maps.Clone(w.found)
	for _, f := range w.findings {
		w.found[f.Field.ID] = f.Value
		if f.Value == nil {
			delete(w.found, f.Field.ID)
		}
	}
	return nil
}

func (e Entered) empty() bool { return e.Get == nil && len(e.JSON) == 0 }

// corrects reports whether a field of an earlier stage was sent again.
func (e Entered) corrects(id string) bool {
	_, named := e.JSON[id]
	return named || e.Get != nil && slices.Contains(e.Earlier, id)
}

// changes are the entries that the record needs: what was not found before, and
// what is found otherwise now. What is the same is not written again.
func changes(before []Finding, got contract.Answers, fields []contract.Field, partly bool) []Finding {
	var list []Finding
	for _, f := range fields {
		i := slices.IndexFunc(before, func(x Finding) bool { return x.Field.ID == f.ID && x.Corrected == 0 })
		v, given := got[f.ID]
		switch {
		case i < 0 && given:
			list = append(list, Finding{Field: f, Value: v})
		case i >= 0 && !given && (partly || before[i].Value == nil):
		case i >= 0 && !same(before[i].Value, v):
			list = append(list, Finding{Field: f, Value: v, Corrects: before[i].No})
		}
	}
	return list
}

// foundFaults tells what is wrong by the names of the controls.
func foundFaults(list []fault.Field) error {
	named := make([]fault.Field, len(list))
	for i, f := range list {
		named[i] = fault.Field{Name: foundName + f.Name, Err: f.Err}
	}
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Args: []any{"n", len(named)}, Fields: named}
}

// carryFound stores what was found with the step that it belongs to.
func (s *Service) carryFound(ctx context.Context, tx db.Tx, w *work) error {
	if len(w.findings) == 0 {
		return nil
	}
	e := contract.FindingsEntered{Case: w.c.ID, Stage: w.findings[0].Stage, At: s.now()}
	for _, f := range w.findings {
		f.Step = w.out.steps[0].No
		row := findingRow{Finding: f, field: f.Field.ID}
		text, err := json.Marshal(f.Value)
		if err != nil {
			return fmt.Errorf("finding %s: %w", f.Field.ID, err)
		}
		row.value = string(text)
		if personalIn(f.Field) {
			if row.sealed, err = s.c.Seal.Seal(findingSeal(w.c.ID), row.value); err != nil {
				return fmt.Errorf("seal finding: %w", err)
			}
			row.value = ""
		}
		if err := insertFinding(ctx, tx, w.c.ID, row); err != nil {
			return err
		}
		e.Fields = append(e.Fields, f.Field.ID)
		if f.Corrects > 0 {
			e.Corrected = append(e.Corrected, f.Field.ID)
		}
	}
	return s.c.Events.Record(ctx, tx, meta(w.actor, w.c), e)
}

// currentAnswers are those of the newest round.
func (s *Service) currentAnswers(ctx context.Context, q db.Q, c Case, svc contract.Service) (contract.Answers, error) {
	h, err := lastHandIn(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	return s.answers(svc, c.ID, h)
}

// paperFound are the findings that a document prints, as they stood at its step.
func (s *Service) paperFound(ctx context.Context, c Case, svc contract.Service, kind string, own Step) ([]PaperRow, error) {
	list, err := findingsUntil(ctx, s, c, svc, own.No)
	if err != nil {
		return nil, err
	}
	var rows []PaperRow
	for _, spec := range svc.Handling.Stages {
		for _, f := range spec.Fields {
			i := slices.IndexFunc(list, func(x Finding) bool { return x.Field.ID == f.ID && x.Corrected == 0 && x.Value != nil })
			if i < 0 || !slices.Contains(f.Papers, kind) || slices.ContainsFunc(rows, func(r PaperRow) bool { return r.Label == f.Label }) {
				continue
			}
			rows = append(rows, PaperRow{Label: f.Label, Value: s.words(ctx, c).value(f, list[i].Value, false).ZH})
		}
	}
	return rows, nil
}

func findingsUntil(ctx context.Context, s *Service, c Case, svc contract.Service, step int) ([]Finding, error) {
	if len(svc.Handling.Stages) == 0 {
		return nil, nil
	}
	all, err := s.findings(ctx, s.c.DB, c, svc)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f Finding) bool { return f.Step > step })
	for i := range all {
		if all[i].Corrected > len(all) {
			all[i].Corrected = 0
		}
	}
	return all, nil
}

// readsFound finds the findings that a condition reads.
var readsFound = regexp.MustCompile(`\bfound(?:_words)?\.([a-z][a-z0-9_]*)`)

// foundBy is the stage after which everything is known that the condition of a
// unit reads; "" where it reads no findings.
func foundBy(svc contract.Service, u contract.Unit) Stage {
	last := Stage("")
	names := readsFound.FindAllStringSubmatch(u.When, -1)
	for _, spec := range svc.Handling.Stages {
		for _, f := range spec.Fields {
			if slices.ContainsFunc(names, func(m []string) bool { return m[1] == f.ID }) {
				last = Stage(spec.Stage)
				break
			}
		}
	}
	return last
}

// prepareMore finds the units that must be heard because of what a review found:
// before the step, so that the case goes to them and not to the decision.
func (s *Service) prepareMore(ctx context.Context, tx db.Tx, w *work) error {
	stage := stageOf(w.a.Name)
	if stage != StageReview && stage != StageCountersign {
		return nil
	}
	waiting := slices.DeleteFunc(slices.Clone(w.svc.Handling.Units), func(u contract.Unit) bool {
		by := foundBy(w.svc, u)
		return by != stage && (by != StageReview || stage != StageCountersign)
	})
	if len(waiting) == 0 {
		return nil
	}
	asked, err := unitsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	answers, err := s.currentAnswers(ctx, tx, w.c, w.svc)
	if err != nil {
		return err
	}
	for _, spec := range waiting {
		if slices.ContainsFunc(asked, func(u Unit) bool { return u.ID == spec.ID }) {
			continue
		}
		applies, err := s.c.Conditions.Holds(w.svc, spec.When, w.c.Applicant, day.In(w.at), answers, w.found)
		if err != nil {
			return fmt.Errorf("unit %s: %w", spec.ID, err)
		}
		if !applies {
			continue
		}
		u, err := s.task(ctx, w, spec, 1, spec.Agency, spec.Days)
		if err != nil {
			return err
		}
		w.more = append(w.more, u)
	}
	if len(w.more) > 0 {
		w.c = w.c.count(append(newest(asked), w.more...))
	}
	return nil
}

func findingSeal(id contract.CaseID) string { return "casework.finding:" + string(id) }
