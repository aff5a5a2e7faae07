package form

import (
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// settle runs the checks of the fields once all answers of the person are known,
// so that one may compare two of them, and says what is done.
func (e *evaluation) settle(pages []PageState, materials []MaterialState, answers contract.Answers) error {
	for i := range pages {
		p := &pages[i]
		p.Done = true
		for j := range p.Fields {
			fs := &p.Fields[j]
			if err := e.check(fs); err != nil {
				return err
			}
			fs.attach(materials, p.Page.ID)
			e.settleField(p, fs, answers)
		}
		p.Begun = p.Begun || p.Done
	}
	return nil
}

// attach shows the material that a file or photo field asks for.
func (f *FieldState) attach(materials []MaterialState, page string) {
	if f.Field.Material == "" {
		return
	}
	i := slices.IndexFunc(materials, func(m MaterialState) bool { return m.Spec.ID == f.Field.Material })
	if i >= 0 {
		materials[i].Page = page
		f.Material = &materials[i]
	}
}

func (e *evaluation) settleField(p *PageState, fs *FieldState, answers contract.Answers) {
	faulty := len(fs.Faults()) > 0
	if faulty {
		p.Done = false
	}
	if fs.Fault != nil || faulty && !Rows(fs.Field.Kind) {
		delete(answers, fs.Field.ID)
	}
	if Rows(fs.Field.Kind) {
		trimRows(answers, fs.Field.ID)
	}
	if fs.Field.Required || faulty {
		e.awaited[fs.Field.ID] = true
	}
	if !fs.Asks() {
		return
	}
	e.r.Asked++
	p.Begun = p.Begun || fs.Value != nil || len(fs.Typed) > 0 || fs.Material != nil && len(fs.Material.Files) > 0
}

// trimRows drops the rows at the end in which nothing stands.
func trimRows(answers contract.Answers, group string) {
	rows, _ := answers[group].([]any)
	for len(rows) > 0 {
		if row, _ := rows[len(rows)-1].(map[string]any); len(row) > 0 {
			break
		}
		rows = rows[:len(rows)-1]
	}
	if len(rows) == 0 {
		delete(answers, group)
		return
	}
	answers[group] = rows
}

// check runs the checks of a field and of its cells.
func (e *evaluation) check(fs *FieldState) error {
	before := e.v.Row // of the signer whose page this is
	for i := range fs.Rows {
		row := &fs.Rows[i]
		e.v.Row = row.vars
		for j := range row.Fields {
			cell := &row.Fields[j]
			if err := e.check(cell); err != nil {
				return err
			}
			if cell.Fault != nil {
				delete(row.answers, cell.def.ID)
			}
		}
		e.v.Row = before
	}
	if fs.judged() {
		return nil
	}
	for i, k := range fs.def.checks {
		ok, err := k.Bool(e.v)
		if err != nil {
			return err
		}
		if !ok {
			fs.Fault = invalid(fs.Field, "form.field.check", "message", Words(fs.Field.Checks[i].Message))
			return nil
		}
	}
	return nil
}

// judged reports whether there is nothing left to check.
func (f *FieldState) judged() bool { return f.Value == nil || f.Fault != nil || f.Held != nil }

// parts says which parts of a bundle apply.
func (e *evaluation) parts() error {
	for i, p := range e.c.Service.Parts {
		applies, err := holds(e.c.parts[i], e.v)
		if err != nil {
			return err
		}
		if applies {
			e.r.Parts = append(e.r.Parts, p.ID)
		}
	}
	return nil
}

// judge runs the rules of the service: who may apply, and what may be granted
// at once. A condition is judged once everything it reads was answered; before
// that nobody is told that they may not apply.
func (e *evaluation) judge() error {
	for i, k := range e.c.eligible {
		if !e.answered(k) {
			continue
		}
		ok, err := holds(k, e.v)
		if err != nil {
			return err
		}
		if !ok {
			e.r.Ineligible = append(e.r.Ineligible, e.c.Service.Rules.Eligible[i].Message)
		}
	}
	if e.c.instant == nil || !e.r.Complete() || !e.r.Signed() {
		return nil
	}
	ok, err := e.c.instant.Bool(e.v)
	if err != nil || !ok {
		return err
	}
	e.r.Instant = true
	e.r.Trace = e.c.trace(e.r)
	return nil
}

// answered reports whether every field that a rule reads is answered or hidden,
// also by way of computed values.
func (e *evaluation) answered(p *rule.Program) bool {
	return p == nil || e.answeredTo(p, len(e.c.values))
}

// answeredTo follows computed values, which read earlier fields only, to a depth.
func (e *evaluation) answeredTo(p *rule.Program, depth int) bool {
	for _, ref := range p.Refs() {
		if !readsField(ref) || ref.Var == "given" {
			continue
		}
		if value := e.c.values[ref.Name]; value != nil && depth > 0 && !e.answeredTo(value, depth-1) {
			return false
		}
		if e.awaited[ref.Name] && (!e.v.Given[ref.Name] || Rows(e.c.kinds[ref.Name]) && !e.whole(ref.Name)) {
			return false
		}
	}
	return true
}

// whole reports whether nothing is missing in a group.
func (e *evaluation) whole(group string) bool {
	f, ok := e.r.field(group)
	return !ok || len(f.Faults()) == 0
}
