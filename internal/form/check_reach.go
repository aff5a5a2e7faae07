package form

import (
	"maps"
	"regexp"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// maxTries bounds the search for answers that make a rule hold.
const maxTries = 20_000

// reach looks for answers under which each page, field and material is there,
// by trying the values that its conditions distinguish. A condition that holds
// for none of them can never hold.
func (k *checker) reach() {
	for _, r := range rulesOf(k.svc) {
		if r.text == "" || r.gives != givesBool {
			continue
		}
		p, err := k.engine.Compile(r.text)
		if err != nil || k.readsText(r, p) {
			continue
		}
		yes, no, err := k.try(r, p)
		if err != nil {
			k.add(r.where, "rule %q fails for some answers: %v", r.text, err)
		}
		if !yes {
			k.add(r.where, "rule %q can never hold", r.text)
		}
		if !no {
			k.add(r.where, "rule %q always holds", r.text)
		}
	}
}

// bounded are the kinds whose answers samples can stand for.
func bounded(kind string) bool {
	return slices.Contains([]string{
		KindInteger, KindDecimal, KindMoney, KindDate, KindChoice, KindChoices, KindYesNo, KindDeclaration,
	}, kind)
}

// readsText reports whether a rule judges something that people write freely, or
// that comes from elsewhere: no samples can show that such a rule never holds.
func (k *checker) readsText(r namedRule, p *rule.Program) bool {
	return slices.ContainsFunc(p.Refs(), func(ref rule.Ref) bool {
		switch ref.Var {
		case "given":
			return false
		case "held", "licence", "found", "found_words":
			return true
		case "row":
			f, ok := k.column(r.group, ref.Name)
			return !ok || !bounded(f.Kind)
		}
		if !readsField(ref) {
			return false
		}
		f := k.at[ref.Name].field
		if !Rows(f.Kind) {
			return !bounded(f.Kind)
		}
		return slices.ContainsFunc(p.Columns(), func(c rule.Column) bool {
			column, ok := k.column(c.Group, c.Name)
			return c.Group == ref.Name && (!ok || !bounded(column.Kind))
		})
	})
}

// variable is something that a rule reads, with the values to try.
type variable struct {
	ref    rule.Ref
	field  contract.Field
	values []any
}

// variables lists what a rule reads of answers and of its row.
func (k *checker) variables(r namedRule, p *rule.Program) []variable {
	var list []variable
	for _, ref := range p.Refs() {
		if readsField(ref) {
			ref.Var = "a" // a.x, given.x and words.x are the same answer
		}
		if ref.Var != "a" && ref.Var != "row" || slices.ContainsFunc(list, func(v variable) bool { return v.ref == ref }) {
			continue
		}
		text := k.withNumbers(p, r.text)
		v := variable{ref: ref, field: k.at[ref.Name].field}
		if ref.Var == "row" {
			v.field, _ = k.column(r.group, ref.Name)
		}
		if v.values = sampleValues(v.field, text); Rows(v.field.Kind) {
			v.values = sampleRows(v.field, p, text)
		}
		list = append(list, v)
	}
	return list
}

// withNumbers is a rule with the numbers that its settings stand for, around
// which answers are tried.
func (k *checker) withNumbers(p *rule.Program, text string) string {
	all := numbers(k.svc.Settings)
	for _, ref := range p.Refs() {
		if n, ok := all[ref.Name]; ok && ref.Var == "settings" {
			text += " " + number(n)
		}
	}
	return text
}

// try runs a rule over combinations of sample values of what it reads.
func (k *checker) try(r namedRule, p *rule.Program) (yes, no bool, failed error) {
	vars := k.variables(r, p)
	pick := make([]int, len(vars))
	for range maxTries {
		s := sample{
			answers: map[string]any{}, row: map[string]any{}, fields: map[string]contract.Field{}, settings: numbers(k.svc.Settings),
		}
		for i, v := range vars {
			s.set(v, v.values[pick[i]])
		}
		y, n, err := s.try(p)
		yes, no = yes || y, no || n
		if err != nil || yes && no && len(vars) > maxAll || !next(pick, vars) {
			return yes, no, err
		}
	}
	return yes, no, nil
}

// maxAll is of how many variables all combinations are tried, for one that fails.
const maxAll = 3

func (s sample) set(v variable, x any) {
	if v.ref.Var == "row" {
		s.row[v.ref.Name] = filledCell(v.field, x)
		return
	}
	s.answers[v.ref.Name], s.fields[v.ref.Name] = x, v.field
}

func filledCell(f contract.Field, v any) any {
	if v == nil {
		return rule.Blank(f.Kind)
	}
	return v
}

func next(pick []int, vars []variable) bool {
	for i := range pick {
		if pick[i]++; pick[i] < len(vars[i].values) {
			return true
		}
		pick[i] = 0
	}
	return false
}

// sample is one combination of answers.
type sample struct {
	answers map[string]any
	row     map[string]any
	fields  map[string]contract.Field

	settings map[string]float64
}

// try runs a rule for both kinds of applicant and some days.
func (s sample) try(p *rule.Program) (yes, no bool, failed error) {
	kinds, words := map[string]string{}, map[string]string{}
	for id, f := range s.fields {
		kinds[id], words[id] = f.Kind, Show(f, s.answers[id]).ZH
	}
	a, given := rule.Fill(kinds, s.answers)
	for id, f := range s.fields {
		if Rows(f.Kind) {
			a[id] = filled(f, a[id])
		}
	}
	for _, kind := range []string{"person", "company"} {
		for _, today := range []string{"2000-01-01", "2026-11-21", "2099-12-31"} {
			for _, code := range []string{"91350100M000100Y43", "92511602MA66K8T333"} {
				v := &rule.Vars{
					A: a, Given: given, Words: words, Today: today, Held: map[string]any{}, Row: s.row,
					Applicant: map[string]any{"kind": kind, "name": "样本", "code": code}, Settings: s.settings,
				}
				ok, err := p.Bool(v)
				if err != nil {
					return true, true, err
				}
				yes, no = yes || ok, no || !ok
			}
		}
	}
	return yes, no, nil
}

var (
	numbersIn = regexp.MustCompile(`-?\d+(\.\d+)?`)
	textsIn   = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)
)

// sampleValues are values of a field on both sides of whatever the rule
// compares it with, and nil for no answer.
func sampleValues(f contract.Field, text string) []any {
	list := []any{nil}
	switch f.Kind {
	case KindYesNo, KindDeclaration:
		return append(list, true, false)
	case KindChoice:
		for _, o := range f.Options {
			list = append(list, o.ID)
		}
		return list
	case KindChoices:
		return append(list, subsets(f.Options)...)
	case KindInteger, KindDecimal, KindMoney:
		return append(list, numberSamples(f, text)...)
	case KindDate:
		return append(list, "1950-01-01", "2000-01-01", "2026-11-21", "2099-12-31")
	}
	for _, m := range textsIn.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1]+m[2])
	}
	return append(list, "x", "样本文字，足够长的一段，用来试长度")
}

// maxSampleRows bounds the combinations of cells that are tried.
const maxSampleRows = 60

// sampleRows are groups of none, one, two and many rows, whose cells are samples
// of the columns that the rule reads.
func sampleRows(f contract.Field, p *rule.Program, text string) []any {
	rows := []map[string]any{{}}
	for _, c := range p.Columns() {
		if c.Group != f.ID {
			continue
		}
		i := slices.IndexFunc(f.Fields, func(x contract.Field) bool { return x.ID == c.Name })
		if i < 0 {
			continue
		}
		var more []map[string]any
		for _, row := range rows {
			for _, v := range sampleValues(f.Fields[i], text) {
				next := maps.Clone(row)
				if v != nil {
					next[c.Name] = v
				}
				more = append(more, next)
			}
		}
		rows = more[:min(len(more), maxSampleRows)]
	}
	list := []any{nil}
	for _, row := range rows {
		list = append(list, []any{row}, []any{row, rows[0]}, slices.Repeat([]any{row}, 3))
	}
	many := slices.Repeat([]any{rows[len(rows)-1]}, mostRows(f))
	return append(list, many, []any{rows[0], rows[len(rows)-1]})
}

func numberSamples(f contract.Field, text string) []any {
	values := map[float64]bool{0: true, 1: true, 1e6: true}
	add := func(x float64) { values[x-1], values[x], values[x+1] = true, true, true }
	if f.Limit.Min != nil {
		values[*f.Limit.Min] = true
	}
	if f.Limit.Max != nil {
		values[*f.Limit.Max] = true
	}
	for _, s := range numbersIn.FindAllString(text, -1) {
		if x, ok := readDecimal(s); ok {
			add(x)
			if f.Kind == KindMoney { // the rule may count in yuan
				add(x * 100)
			}
		}
	}
	var list []any
	for _, x := range slices.Sorted(maps.Keys(values)) {
		if f.Kind != KindDecimal {
			list = append(list, int64(x))
			continue
		}
		list = append(list, x)
	}
	return list
}

// subsets are each option alone, each two, and all.
func subsets(options []contract.Option) []any {
	var list []any
	all := make([]string, 0, len(options))
	for i, o := range options {
		all = append(all, o.ID)
		list = append(list, []string{o.ID})
		for _, p := range options[i+1:] {
			list = append(list, []string{o.ID, p.ID})
		}
	}
	return append(list, all)
}
