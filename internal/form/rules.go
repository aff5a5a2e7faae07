package form

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Origins of a material.
const (
	OriginGovernment = "government" // the government holds it
	OriginUpload     = "upload"     // the applicant hands it in as a file
	OriginForm       = "form"       // made from the answers
	OriginCounter    = "counter"    // brought to the counter
)

// Compiled is a published version of a service, ready to evaluate. It is safe
// for use by many goroutines.
type Compiled struct {
	Service contract.Service
	engine  *rule.Engine
	kinds   map[string]string
	fields  map[string]contract.Field
	blank   rule.Vars // before anything is answered
	held    []string  // keys of held data that fields and rules use
}

// Compile checks every rule of a service and makes it ready. The error names
// the first rule that is wrong; Check lists all.
func Compile(e *rule.Engine, svc contract.Service) (*Compiled, error) {
	c := &Compiled{
		Service: svc, engine: e,
		kinds: map[string]string{}, fields: map[string]contract.Field{},
	}
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			c.kinds[f.ID], c.fields[f.ID] = f.Kind, f
		}
	}
	for _, r := range rulesOf(svc) {
		if r.text == "" {
			continue
		}
		if _, err := e.Compile(r.text); err != nil {
			return nil, fmt.Errorf("%s: %w", r.where, err)
		}
	}
	c.blank.A, c.blank.Given = rule.Fill(c.kinds, nil)
	c.blank.Words = make(map[string]string, len(c.kinds))
	for id := range c.kinds {
		c.blank.Words[id] = ""
	}
	c.held = c.heldKeys()
	return c, nil
}

// Field returns a field of the form.
func (c *Compiled) Field(id string) (contract.Field, bool) {
	f, ok := c.fields[id]
	return f, ok
}

// Fields returns the form's fields in order.
func (c *Compiled) Fields() []contract.Field {
	var list []contract.Field
	for _, p := range c.Service.Form.Pages {
		list = append(list, p.Fields...)
	}
	return list
}

// Input is all that an application is judged by.
type Input struct {
	Answers   contract.Answers
	Typed     map[string][]string // as typed, where it could not be read
	Applicant contract.Party
	Today     day.Date
	Held      map[string]contract.Held
	Materials []contract.Material
	// Reopened fields are asked even where the government holds an answer: a
	// correction notice doubts it.
	Reopened []contract.Mark
}

// Result is what the form says about an application as it stands.
type Result struct {
	Pages     []PageState
	Materials []MaterialState
	// Answers are what would be submitted: of fields that are shown, typed,
	// with what the government holds.
	Answers contract.Answers
	// Ineligible are the conditions of the service that do not hold.
	Ineligible []contract.Text
	// Instant is set when the service's own rule allows a grant at once; Trace
	// says in plain words what was looked at. Nothing is ever denied here.
	Instant bool
	Trace   []contract.Text
	// Fields of the whole form, and how many of them this applicant is asked.
	Fields, Asked int
}

// PageState is a page that is shown.
type PageState struct {
	Page   contract.Page
	Fields []FieldState // those that are shown
	Done   bool         // nothing is missing or wrong
	Begun  bool         // something was answered
}

// FieldState is a field that is shown.
type FieldState struct {
	Field contract.Field
	Value any            // typed; nil without an answer
	Typed []string       // as typed, where it could not be read
	Held  *contract.Held // the answer comes from the government
	Fault *fault.Error
}

// Signing reports whether the page asks for nothing but declarations. It is no
// step of its own: it stands beside the button that submits.
func (p PageState) Signing() bool {
	return !slices.ContainsFunc(p.Fields, func(f FieldState) bool { return f.Field.Kind != KindDeclaration })
}

// Steps are the pages that are steps of their own.
func (r Result) Steps() []PageState {
	return slices.DeleteFunc(slices.Clone(r.Pages), PageState.Signing)
}

// Signatures are the declarations that stand beside the button.
func (r Result) Signatures() []FieldState {
	var list []FieldState
	for _, p := range r.Pages {
		if p.Signing() {
			list = append(list, p.Fields...)
		}
	}
	return list
}

// MaterialState is a material that applies.
type MaterialState struct {
	Spec  contract.MaterialSpec
	Files []contract.Material
	Fault *fault.Error // a required file is missing
}

// Done reports whether nothing is missing.
func (m MaterialState) Done() bool { return m.Fault == nil }

// Uploads returns the materials that the applicant can upload.
func (r Result) Uploads() []MaterialState {
	return slices.DeleteFunc(slices.Clone(r.Materials), func(m MaterialState) bool { return m.Spec.Origin != OriginUpload })
}

// Progress counts the steps: pages and uploads, and the final check.
func (r Result) Progress() (done, total int) {
	steps := r.Steps()
	for _, p := range steps {
		if p.Done {
			done++
		}
	}
	for _, m := range r.Uploads() {
		if m.Done() {
			done++
		}
	}
	return done, len(steps) + len(r.Uploads()) + 1
}

// Complete reports whether the application can be submitted.
func (r Result) Complete() bool { return len(r.Faults()) == 0 && len(r.Ineligible) == 0 }

// Faults lists what is missing or wrong, in the order of the form. Materials
// are named "material.<id>".
func (r Result) Faults() []fault.Field {
	var list []fault.Field
	for _, p := range r.Pages {
		list = append(list, p.Faults()...)
	}
	for _, m := range r.Materials {
		if m.Fault != nil {
			list = append(list, fault.Field{Name: "material." + m.Spec.ID, Err: m.Fault})
		}
	}
	return list
}

// Faults lists what is missing or wrong on the page.
func (p PageState) Faults() []fault.Field {
	var list []fault.Field
	for _, f := range p.Fields {
		if f.Fault != nil {
			list = append(list, fault.Field{Name: f.Field.ID, Err: f.Fault})
		}
	}
	return list
}

// Page returns a page that is shown.
func (r Result) Page(id string) (PageState, bool) {
	i := slices.IndexFunc(r.Pages, func(p PageState) bool { return p.Page.ID == id })
	if i < 0 {
		return PageState{}, false
	}
	return r.Pages[i], true
}

// Material returns a material that applies.
func (r Result) Material(id string) (MaterialState, bool) {
	i := slices.IndexFunc(r.Materials, func(m MaterialState) bool { return m.Spec.ID == id })
	if i < 0 {
		return MaterialState{}, false
	}
	return r.Materials[i], true
}

// Evaluate judges an application. It is pure: the same input gives the same
// result. Conditions see earlier fields that are shown; a hidden answer counts
// as absent, whatever the draft still holds. The error is a broken package.
func (c *Compiled) Evaluate(in Input) (Result, error) {
	r := Result{Answers: make(contract.Answers, len(c.fields)), Fields: len(c.fields)}
	r.Pages = make([]PageState, 0, len(c.Service.Form.Pages))
	r.Materials = make([]MaterialState, 0, len(c.Service.Materials))
	v := c.vars(in)
	for _, p := range c.Service.Form.Pages {
		state, shown, err := c.page(p, in, v, r.Answers)
		if err != nil {
			return Result{}, err
		}
		if shown {
			r.Pages = append(r.Pages, state)
		}
	}
	if err := c.checkFields(&r, v); err != nil {
		return Result{}, err
	}
	for i := range r.Pages {
		r.Pages[i].settle(&r)
	}
	if err := c.materials(&r, in, v); err != nil {
		return Result{}, err
	}
	return r, c.judge(&r, v)
}

func (c *Compiled) vars(in Input) *rule.Vars {
	held := make(map[string]any, len(in.Held))
	for k, h := range in.Held {
		held[k] = h.Value
	}
	return &rule.Vars{
		A: maps.Clone(c.blank.A), Given: maps.Clone(c.blank.Given), Words: maps.Clone(c.blank.Words), Today: in.Today.String(), Held: held,
		Applicant: map[string]any{"kind": in.Applicant.Kind, "name": in.Applicant.Name, "code": in.Applicant.Code},
	}
}

// page decides which fields of a page are shown and reads their answers, which
// later conditions then see. A page without a field to show is not shown.
func (c *Compiled) page(p contract.Page, in Input, v *rule.Vars, answers contract.Answers) (PageState, bool, error) {
	state := PageState{Page: p}
	shown, err := c.engine.Bool(p.When, v)
	if err != nil || !shown {
		return state, false, err
	}
	state.Fields = make([]FieldState, 0, len(p.Fields))
	for _, f := range p.Fields {
		shown, err := c.engine.Bool(f.When, v)
		if err != nil {
			return state, false, err
		}
		if !shown {
			continue
		}
		fs := look(f, in)
		if fs.Value != nil && fs.Fault == nil {
			answers[f.ID], v.A[f.ID], v.Given[f.ID] = fs.Value, fs.Value, true
			v.Words[f.ID] = Show(f, fs.Value).ZH
		}
		state.Fields = append(state.Fields, fs)
	}
	return state, len(state.Fields) > 0, nil
}

// look reads the answer of a field and judges it by itself.
func look(f contract.Field, in Input) FieldState {
	if h, value, ok := heldValue(f, in); ok {
		return FieldState{Field: f, Value: value, Held: &h}
	}
	fs := FieldState{Field: f, Value: restore(f, in.Answers[f.ID]), Typed: in.Typed[f.ID]}
	if len(fs.Typed) > 0 {
		fs.Value = nil
		if p := reparse(f, fs.Typed); p.Fault != nil {
			fs.Fault = p.Fault
			return fs
		}
		fs.Typed = nil
	}
	switch {
	case fs.Value == nil && f.Required:
		fs.Fault = missing(f)
	case fs.Value != nil:
		fs.Fault = validateOn(f, fs.Value, in.Today)
	}
	return fs
}

func validateOn(f contract.Field, v any, today day.Date) *fault.Error {
	if e := validate(f, v); e != nil || f.Kind != KindResidentID {
		return e
	}
	s, _ := v.(string)
	id, err := idcode.ParseResident(s)
	if err == nil {
		err = id.BornBy(today)
	}
	return coded(f, err)
}

// heldValue returns what the government holds for a field, if it is a good
// answer to it and no notice doubts it.
func heldValue(f contract.Field, in Input) (contract.Held, any, bool) {
	h, ok := in.Held[f.Held]
	if f.Held == "" || !ok || h.Value == "" || marked(in.Reopened, "field", f.ID) {
		return contract.Held{}, nil, false
	}
	p := reparse(f, []string{h.Value})
	if p.Value == nil || validate(f, p.Value) != nil {
		return contract.Held{}, nil, false
	}
	return h, p.Value, true
}

func marked(marks []contract.Mark, kind, id string) bool {
	return slices.ContainsFunc(marks, func(m contract.Mark) bool { return m.Kind == kind && m.ID == id })
}

// reparse reads again what was kept as typed.
func reparse(f contract.Field, typed []string) Parsed {
	switch {
	case f.Kind == KindDate && len(typed) == len(dateParts):
		return parseDate(f, slices.Clone(typed))
	case f.Kind == KindChoices:
		return parseChoices(typed)
	}
	return Parse(f, func(string) []string { return typed })
}

// restore gives an answer its kind back after JSON.
func restore(f contract.Field, v any) any { return rule.Restore(f.Kind, v) }

// checkFields runs the checks of the fields once all answers are known, so that
// one may compare two of them.
func (c *Compiled) checkFields(r *Result, v *rule.Vars) error {
	for i := range r.Pages {
		for j := range r.Pages[i].Fields {
			fs := &r.Pages[i].Fields[j]
			if fs.Value == nil || fs.Fault != nil || fs.Held != nil {
				continue
			}
			e, err := c.check(fs.Field, v)
			if err != nil {
				return err
			}
			fs.Fault = e
		}
	}
	return nil
}

func (c *Compiled) check(f contract.Field, v *rule.Vars) (*fault.Error, error) {
	for _, k := range f.Checks {
		ok, err := c.engine.Bool(k.Rule, v)
		if err != nil {
			return nil, err
		}
		if !ok {
			return invalid(f, "form.field.check", "message", Words(k.Message)), nil
		}
	}
	return nil, nil
}

// settle counts what the page asks and says whether it is done.
func (p *PageState) settle(r *Result) {
	p.Done = true
	for _, f := range p.Fields {
		if f.Fault != nil {
			p.Done = false
			delete(r.Answers, f.Field.ID)
		}
		if f.Held == nil {
			r.Asked++
			p.Begun = p.Begun || f.Value != nil || len(f.Typed) > 0
		}
	}
	p.Begun = p.Begun || p.Done
}

func (c *Compiled) materials(r *Result, in Input, v *rule.Vars) error {
	for _, spec := range c.Service.Materials {
		applies, err := c.engine.Bool(spec.When, v)
		if err != nil {
			return err
		}
		if !applies {
			continue
		}
		m := MaterialState{Spec: spec}
		for _, f := range in.Materials {
			if f.ID == spec.ID {
				m.Files = append(m.Files, f)
			}
		}
		if spec.Required && spec.Origin == OriginUpload && len(m.Files) == 0 {
			m.Fault = fault.New(fault.Invalid, "form.file.missing", "name", Words(spec.Name))
		}
		r.Materials = append(r.Materials, m)
	}
	return nil
}

// judge runs the rules of the service: who may apply, and what may be granted
// at once. A condition is judged once everything it reads was answered; before
// that nobody is told that they may not apply.
func (c *Compiled) judge(r *Result, v *rule.Vars) error {
	for _, k := range c.Service.Rules.Eligible {
		ready, err := c.answered(k.Rule, r, v)
		if err != nil {
			return err
		}
		if !ready {
			continue
		}
		ok, err := c.engine.Bool(k.Rule, v)
		if err != nil {
			return err
		}
		if !ok {
			r.Ineligible = append(r.Ineligible, k.Message)
		}
	}
	if c.Service.Rules.Instant == "" || !r.Complete() {
		return nil
	}
	ok, err := c.engine.Bool(c.Service.Rules.Instant, v)
	if err != nil || !ok {
		return err
	}
	r.Instant = true
	r.Trace, err = c.trace(*r)
	return err
}

// answered reports whether every field that a rule reads is answered or hidden.
func (c *Compiled) answered(text string, r *Result, v *rule.Vars) (bool, error) {
	p, err := c.engine.Compile(text)
	if err != nil {
		return false, err
	}
	for _, ref := range p.Refs() {
		if ref.Var != "a" || v.Given[ref.Name] {
			continue
		}
		if f, ok := r.field(ref.Name); ok && f.awaited() {
			return false, nil
		}
	}
	return true, nil
}

// awaited reports whether an answer has to come, or come again.
func (f FieldState) awaited() bool { return f.Field.Required || f.Fault != nil }

func (r Result) field(id string) (FieldState, bool) {
	for _, p := range r.Pages {
		for _, f := range p.Fields {
			if f.Field.ID == id {
				return f, true
			}
		}
	}
	return FieldState{}, false
}

// trace says what an instant grant was based on (PIPL art. 24: transparent).
// Personal answers are named, never repeated.
func (c *Compiled) trace(r Result) ([]contract.Text, error) {
	files := 0
	for _, m := range r.Materials {
		files += len(m.Files)
	}
	list := []contract.Text{
		{
			ZH: fmt.Sprintf("要填的 %d 项都填了，格式都对", len(r.Answers)),
			EN: fmt.Sprintf("All %d answers are given and well formed", len(r.Answers)),
		},
	}
	if n := len(r.Uploads()); n > 0 {
		list = append(list, contract.Text{
			ZH: fmt.Sprintf("要交的 %d 种材料都交了，共 %d 个文件", n, files),
			EN: fmt.Sprintf("All materials asked for (%d) are there, in %d files", n, files),
		})
	}
	if n := len(c.Service.Rules.Eligible); n > 0 {
		list = append(list, contract.Text{
			ZH: fmt.Sprintf("申请条件 %d 条都符合", n),
			EN: fmt.Sprintf("All conditions hold (%d)", n),
		})
	}
	p, err := c.engine.Compile(c.Service.Rules.Instant)
	if err != nil {
		return nil, err
	}
	for _, ref := range p.Refs() {
		if f, ok := r.field(ref.Name); ok && ref.Var == "a" {
			list = append(list, traceField(f))
		}
	}
	return append(list, contract.Text{
		ZH: "按已公布的规则自动办结，没有人工裁量；有疑问可以要求人工复核",
		EN: "Granted by the published rule without discretion; you can ask for a person to look at it again",
	}), nil
}

func traceField(f FieldState) contract.Text {
	if f.Field.Personal {
		return contract.Text{ZH: f.Field.Label.ZH + "：已填写", EN: f.Field.Label.EN + ": given"}
	}
	t := Show(f.Field, f.Value)
	return contract.Text{ZH: f.Field.Label.ZH + "：" + t.ZH, EN: f.Field.Label.EN + ": " + t.EN}
}

// merge lays change over base; nil takes an answer away.
func merge(base, change contract.Answers) contract.Answers {
	out := maps.Clone(base)
	if out == nil {
		out = contract.Answers{}
	}
	for k, v := range change {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}

// Evaluate compiles and judges in one step, for tools and tests; a server keeps
// the compiled form.
func Evaluate(svc contract.Service, in Input) (Result, error) {
	e, err := rule.New()
	if err != nil {
		return Result{}, err
	}
	c, err := Compile(e, svc)
	if err != nil {
		return Result{}, err
	}
	return c.Evaluate(in)
}

// Face evaluates what a licence of the service says on its face.
func Face(e *rule.Engine, svc contract.Service, applicant contract.Party, today day.Date, answers contract.Answers) ([]contract.FaceLine, error) {
	if svc.Licence == nil {
		return nil, nil
	}
	c, err := Compile(e, svc)
	if err != nil {
		return nil, err
	}
	v := c.vars(Input{Applicant: applicant, Today: today})
	v.A, v.Given = rule.Fill(c.kinds, answers)
	for id := range answers {
		if f, ok := c.fields[id]; ok {
			v.Words[id] = Show(f, v.A[id]).ZH
		}
	}
	lines := make([]contract.FaceLine, 0, len(svc.Licence.Face))
	for _, l := range svc.Licence.Face {
		value, err := c.engine.Text(l.Value, v)
		if err != nil {
			return nil, fmt.Errorf("licence line %s: %w", l.Label.ZH, err)
		}
		lines = append(lines, contract.FaceLine{ID: l.ID, Label: l.Label, Value: value, Public: l.Public})
	}
	return lines, nil
}
