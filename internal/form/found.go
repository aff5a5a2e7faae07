package form

import (
	"encoding/json"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
)

// FoundKinds are the kinds of field that officials can fill in: what somebody sees
// and writes down while a case is handled.
func FoundKinds() []string {
	return []string{
		KindText, KindLong, KindInteger, KindDecimal, KindMoney, KindDate, KindPeriod, KindChoice, KindChoices,
		KindYesNo, KindAddress, KindTable,
	}
}

// FoundInput is what an official entered in the fields of a stage.
type FoundInput struct {
	Applicant contract.Party
	Today     day.Date
	Answers   contract.Answers // of the applicant
	Found     contract.Answers // before
	Fields    []contract.Field
	// Get gives what a browser sent, by the names that Parse knows; JSON what an API
	// client sent, by field. One of the two.
	Get  func(name string) []string
	JSON map[string]json.RawMessage
	// Partly takes what is there and asks for nothing: for a step against the
	// applicant, which need not find everything.
	Partly bool
}

// ReadFound reads findings: those that are right, and what is wrong with the rest.
// Rules see the answers as ever, and as found what was found before and what
// stands before the field. A field that does not apply is left out.
func ReadFound(e *rule.Engine, svc contract.Service, in FoundInput) (contract.Answers, []fault.Field, error) {
	c, err := Compile(e, svc)
	if err != nil {
		return nil, nil, err
	}
	r := foundReader{c: c, in: in, out: contract.Answers{}}
	r.v = c.handedIn(Input{Applicant: in.Applicant, Today: in.Today, Answers: in.Answers, Found: in.Found})
	var shown []contract.Field
	for _, f := range in.Fields {
		applies, err := e.Bool(f.When, r.v)
		if err != nil {
			return nil, nil, err
		}
		if applies {
			shown = append(shown, f)
			r.read(f)
		}
	}
	for _, f := range shown {
		if err := r.check(e, f); err != nil {
			return nil, nil, err
		}
	}
	return r.out, r.faults, nil
}

type foundReader struct {
	c      *Compiled
	in     FoundInput
	v      *rule.Vars
	out    contract.Answers
	faults []fault.Field
}

func (r *foundReader) read(f contract.Field) {
	var p Parsed
	if r.in.JSON != nil {
		if raw, ok := r.in.JSON[f.ID]; ok {
			p = ParseJSON(f, raw)
		}
	} else {
		p = Parse(f, r.in.Get)
	}
	faults := p.Errors(f)
	switch {
	case len(faults) > 0:
	case p.Value == nil && f.Required && !r.in.Partly:
		faults = []fault.Field{{Name: f.ID, Err: missing(f)}}
	case Rows(f.Kind):
		faults = r.rows(f, p.Value)
	case p.Value != nil:
		if err := validate(f, p.Value); err != nil {
			faults = []fault.Field{{Name: f.ID, Err: err}}
		}
	}
	r.faults = append(r.faults, faults...)
	if len(faults) == 0 && p.Value != nil {
		r.out[f.ID] = p.Value
		r.c.found1(r.v, f, p.Value)
	}
}

// rows judges a table: the number of its rows, and each cell by itself.
func (r *foundReader) rows(f contract.Field, v any) []fault.Field {
	var faults []fault.Field
	list := rowsOf(v)
	if n := mostRows(f); len(list) > n {
		faults = append(faults, fault.Field{Name: f.ID, Err: invalid(f, "form.field.rows_many", "n", n)})
	}
	if n := f.Limit.MinLen; len(list) < n && !r.in.Partly {
		faults = append(faults, fault.Field{Name: f.ID, Err: invalid(f, "form.field.rows_few", "n", n)})
	}
	for i, row := range list {
		for _, column := range f.Fields {
			cell := cellOf(f, i, column)
			x, given := row[column.ID]
			var err *fault.Error
			if given {
				err = validate(cell, x)
			} else if column.Required {
				err = missing(cell)
			}
			if err != nil {
				faults = append(faults, fault.Field{Name: cell.ID, Err: err})
			}
		}
	}
	return faults
}

// check runs the checks of a field once everything of the stage is known.
func (r *foundReader) check(e *rule.Engine, f contract.Field) error {
	if _, given := r.out[f.ID]; !given {
		return nil
	}
	for _, k := range f.Checks {
		ok, err := e.Bool(k.Rule, r.v)
		if err != nil {
			return err
		}
		if !ok {
			delete(r.out, f.ID)
			r.faults = append(r.faults, fault.Field{Name: f.ID, Err: invalid(f, "form.field.check", "message", Words(k.Message))})
			return nil
		}
	}
	return nil
}

// foundFields are the fields of all stages by id. Where a later stage has the same
// field again, it is the same fact.
func foundFields(svc contract.Service) map[string]contract.Field {
	out := map[string]contract.Field{}
	for _, s := range svc.Handling.Stages {
		for _, f := range s.Fields {
			out[f.ID] = f
		}
	}
	return out
}

// seeFound lets rules read findings: each field has a value, blank where nothing
// was found.
func (c *Compiled) seeFound(v *rule.Vars, found contract.Answers) {
	v.Found, v.FoundWords = make(map[string]any, len(c.found)), make(map[string]string, len(c.found))
	for id, f := range c.found {
		v.Found[id], v.FoundWords[id] = rule.Blank(f.Kind), ""
		if x := found[id]; x != nil {
			c.found1(v, f, Restore(f, x))
		}
	}
}

func (c *Compiled) found1(v *rule.Vars, f contract.Field, x any) {
	v.Found[f.ID], v.FoundWords[f.ID] = x, Names{}.Show(f, x).ZH
	if Rows(f.Kind) {
		v.Found[f.ID] = filled(f, x)
	}
}

// foundRules are those of the fields that officials fill in.
func foundRules(svc contract.Service) []namedRule {
	var list []namedRule
	for _, s := range svc.Handling.Stages {
		for _, f := range s.Fields {
			where := "stage " + s.Stage + " field " + f.ID
			list = append(list, namedRule{where: where, text: f.When, late: true, found: true})
			for _, k := range f.Checks {
				list = append(list, namedRule{where: "check of " + where, text: k.Rule, late: true, found: true})
			}
		}
	}
	return list
}

// foundRef checks that a rule reads a finding that there is, and stands where
// findings are known: while somebody applies, nothing was found yet.
func (k *checker) foundRef(r namedRule, ref rule.Ref) {
	_, known := foundFields(k.svc)[ref.Name]
	switch {
	case !r.found:
		k.add(r.where, "rule %q reads found, which is known only while the case is handled", r.text)
	case ref.Name == "":
		k.add(r.where, "rule %q must name the findings it reads", r.text)
	case !known:
		k.add(r.where, "rule %q reads the unknown finding %s", r.text, ref.Name)
	}
}

// foundKind reports whether officials can fill in fields of the kind.
func foundKind(kind string) bool { return slices.Contains(FoundKinds(), kind) }
