package form

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Origins of a material.
const (
	OriginGovernment = "government" // the government holds it
	OriginUpload     = "upload"     // the applicant hands it in as a file
	OriginStatement  = "statement"  // the applicant states it
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

	pages     []page
	materials []*rule.Program // when, by material
	signers   []signer
	eligible  []*rule.Program
	instant   *rule.Program
	offers    []offer
	parts     []*rule.Program           // when, by part
	lines     []string                  // of the chosen licence, that rules read
	settings  map[string]float64        // numbers that a place sets
	found     map[string]contract.Field // of stages of handling
	values    map[string]*rule.Program  // of computed fields

	schemaOnce sync.Once
	schema     *jsonschema.Schema
	schemaErr  error
}

// page, field and signer are the parts of a form with their rules ready to run.
type page struct {
	contract.Page
	when   *rule.Program
	fields []field
}

type field struct {
	contract.Field
	when    *rule.Program
	checks  []*rule.Program
	value   *rule.Program // of a computed field
	columns []field
	blank   map[string]any // of a row
}

type signer struct {
	contract.SignerSpec
	when  *rule.Program
	pages []page
}

// Compile checks every rule of a service and makes it ready. The error names
// the first rule that is wrong; Check lists all.
func Compile(e *rule.Engine, svc contract.Service) (*Compiled, error) {
	c := &Compiled{
		Service: svc, engine: e,
		kinds: map[string]string{}, fields: map[string]contract.Field{}, values: map[string]*rule.Program{},
		settings: numbers(svc.Settings), found: foundFields(svc),
	}
	for _, r := range rulesOf(svc) {
		if r.text == "" {
			continue
		}
		p, err := e.Compile(r.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.where, err)
		}
		for _, ref := range p.Refs() {
			if ref.Var == "licence" && ref.Name != "" && !slices.Contains(c.lines, ref.Name) {
				c.lines = append(c.lines, ref.Name)
			}
		}
	}
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			c.kinds[f.ID], c.fields[f.ID] = f.Kind, f
		}
	}
	if err := c.programs(); err != nil {
		return nil, err
	}
	c.blank.A, c.blank.Given = rule.Fill(c.kinds, nil)
	c.blank.Words = make(map[string]string, len(c.kinds))
	for id := range c.kinds {
		c.blank.Words[id] = ""
	}
	c.held = c.heldKeys()
	return c, nil
}

// programs looks up every rule once, so that Evaluate never does.
func (c *Compiled) programs() error {
	b := &builder{engine: c.engine}
	bySigner := map[string][]page{}
	for id, f := range c.fields {
		if f.Kind == KindComputed {
			c.values[id] = b.program(f.Value)
		}
	}
	for _, p := range c.Service.Form.Pages {
		x := page{Page: p, when: b.program(p.When), fields: b.fields(p.Fields)}
		if p.Signer != "" {
			bySigner[p.Signer] = append(bySigner[p.Signer], x)
			continue
		}
		c.pages = append(c.pages, x)
	}
	for _, s := range c.Service.Signers {
		c.signers = append(c.signers, signer{s, b.program(s.When), bySigner[s.ID]})
	}
	for _, m := range c.Service.Materials {
		c.materials = append(c.materials, b.program(m.When))
	}
	for _, k := range c.Service.Rules.Eligible {
		c.eligible = append(c.eligible, b.program(k.Rule))
	}
	for _, p := range c.Service.Parts {
		c.parts = append(c.parts, b.program(p.When))
	}
	c.instant = b.program(c.Service.Rules.Instant)
	for _, o := range Offers(c.Service) {
		c.offers = append(c.offers, offer{o, b.program(o.Spec.When)})
	}
	return b.err
}

type builder struct {
	engine *rule.Engine
	err    error
}

// program is nil for the empty text.
func (b *builder) program(text string) *rule.Program {
	if text == "" {
		return nil
	}
	p, err := b.engine.Compile(text)
	if err != nil && b.err == nil {
		b.err = err
	}
	return p
}

func (b *builder) fields(fields []contract.Field) []field {
	list := make([]field, 0, len(fields))
	for _, f := range fields {
		x := field{Field: f, when: b.program(f.When)}
		for _, k := range f.Checks {
			x.checks = append(x.checks, b.program(k.Rule))
		}
		if f.Kind == KindComputed {
			x.value = b.program(f.Value)
		}
		if Rows(f.Kind) {
			x.columns = b.fields(f.Fields)
			x.blank = make(map[string]any, len(f.Fields))
			for _, column := range f.Fields {
				x.blank[column.ID] = rule.Blank(column.Kind)
			}
		}
		list = append(list, x)
	}
	return list
}

// holds runs a condition; none always holds.
func holds(p *rule.Program, v *rule.Vars) (bool, error) {
	if p == nil {
		return true, nil
	}
	return p.Bool(v)
}

// Field returns a field of the form. Of a cell's name it returns the column,
// with that name.
func (c *Compiled) Field(id string) (contract.Field, bool) {
	if f, ok := c.fields[id]; ok {
		return f, ok
	}
	group, rest, cell := strings.Cut(id, ".")
	_, column, named := strings.Cut(rest, ".")
	if !cell || !named {
		return contract.Field{}, false
	}
	for _, x := range c.fields[group].Fields {
		if x.ID == column {
			x.ID = id
			return x, true
		}
	}
	return contract.Field{}, false
}

// Fields returns the form's fields in order, those of the signers too.
func (c *Compiled) Fields() []contract.Field { return fieldsOf(c.Service) }

// FieldsFor returns the fields that a signer fills in; "" is the applicant.
func (c *Compiled) FieldsFor(signer string) []contract.Field {
	spec, _, _ := strings.Cut(signer, "/")
	var list []contract.Field
	for _, p := range c.Service.Form.Pages {
		if p.Signer == spec {
			list = append(list, p.Fields...)
		}
	}
	return list
}

// Personal reports whether the answer under this name must be sealed: of a
// personal field, or of a group with a personal column and all its cells.
func (c *Compiled) Personal(name string) bool {
	id, _, _ := strings.Cut(name, ".")
	f := c.fields[id]
	return f.Personal || slices.ContainsFunc(f.Fields, func(x contract.Field) bool { return x.Personal })
}

// HeldKeys lists the held data that fields, materials and rules use. Keys
// "licence.<line>" are not among them: no registry answers them.
func (c *Compiled) HeldKeys() []string {
	return slices.DeleteFunc(c.heldKeys(), func(k string) bool { return strings.HasPrefix(k, chosenPrefix) })
}

func (c *Compiled) heldKeys() []string {
	var keys []string
	for _, f := range c.fields {
		if f.Held != "" {
			keys = append(keys, f.Held)
		}
	}
	for _, m := range c.Service.Materials {
		if m.Held != "" {
			keys = append(keys, m.Held)
		}
	}
	for _, r := range rulesOf(c.Service) {
		if p, err := c.engine.Compile(r.text); r.text != "" && err == nil {
			for _, ref := range p.Refs() {
				if ref.Var == "held" && ref.Name != "" {
					keys = append(keys, ref.Name)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (c *Compiled) vars(in Input) *rule.Vars {
	held := make(map[string]any, len(in.Held)+len(c.held))
	for _, k := range c.held {
		held[k] = "" // what is not known is blank, not an error
	}
	for k, h := range in.Held {
		held[k] = h.Value
		if h.Rows != nil {
			held[k] = h.Rows
		}
	}
	v := &rule.Vars{
		A: maps.Clone(c.blank.A), Given: maps.Clone(c.blank.Given), Words: maps.Clone(c.blank.Words), Today: in.Today.String(), Held: held,
		Applicant: map[string]any{"kind": in.Applicant.Kind, "name": in.Applicant.Name, "code": in.Applicant.Code},
		Settings:  c.settings,
	}
	v.Licence = c.face(nil)
	c.seeFound(v, in.Found)
	return v
}

// numbers are the settings that rules read.
func numbers(list []contract.Setting) map[string]float64 {
	out := map[string]float64{}
	for _, s := range list {
		if s.ID != "" && s.Number != nil {
			out[s.ID] = *s.Number
		}
	}
	return out
}

// face gives every line that a rule reads, blank where the licence has none.
func (c *Compiled) face(lines map[string]string) map[string]string {
	out := make(map[string]string, len(c.lines)+len(lines))
	for _, id := range c.lines {
		out[id] = ""
	}
	maps.Copy(out, lines)
	return out
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

// FaceInput is what the face of a licence is made from.
type FaceInput struct {
	Applicant contract.Party
	Today     day.Date
	Answers   contract.Answers
	// Prior is the face of the licence that is changed, renewed or cancelled, as
	// its Lines give it; rules see it as licence.
	Prior     map[string]string
	Found     contract.Answers                        // by officials while they handled the case
	Divisions func(code string) (contract.Text, bool) // as in Input
}

// Face evaluates what a new licence of the service says on its face.
func Face(e *rule.Engine, svc contract.Service, applicant contract.Party, today day.Date, answers contract.Answers) ([]contract.FaceLine, error) {
	return FaceOf(e, svc, FaceInput{Applicant: applicant, Today: today, Answers: answers})
}

// FaceOf is Face where a licence came before.
func FaceOf(e *rule.Engine, svc contract.Service, in FaceInput) ([]contract.FaceLine, error) {
	if svc.Licence == nil {
		return nil, nil
	}
	c, err := Compile(e, svc)
	if err != nil {
		return nil, err
	}
	v := c.vars(Input{Applicant: in.Applicant, Today: in.Today, Found: in.Found})
	v.Licence = c.face(in.Prior)
	names := Names{Division: in.Divisions}
	for id, x := range in.Answers {
		f, ok := c.fields[id]
		if !ok || x == nil {
			continue
		}
		x = Restore(f, x)
		v.A[id], v.Given[id], v.Words[id] = x, true, names.Show(f, x).ZH
		if Rows(f.Kind) {
			v.A[id] = filled(f, x)
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

// filled gives each cell of a group that has no answer the blank of its kind.
func filled(f contract.Field, v any) []any {
	list := []any{}
	for _, row := range rowsOf(v) {
		full := make(map[string]any, len(f.Fields))
		for _, column := range f.Fields {
			full[column.ID] = rule.Blank(column.Kind)
		}
		maps.Copy(full, row)
		list = append(list, full)
	}
	return list
}
