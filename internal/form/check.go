package form

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Problem is something wrong with a service package: where, and what.
type Problem struct {
	Where string
	What  string
}

// String is one line of a report.
func (p Problem) String() string { return p.Where + ": " + p.What }

// namedRule is one rule of a package, with the place it stands in.
type namedRule struct {
	where, text string
	page, field int  // position in the form; -1 where rules see everything
	face        bool // gives text, not true or false
}

func rulesOf(svc contract.Service) []namedRule {
	var list []namedRule
	add := func(where, text string) {
		list = append(list, namedRule{where: where, text: text, page: -1, field: -1})
	}
	for i, p := range svc.Form.Pages {
		list = append(list, namedRule{"page " + p.ID, p.When, i, 0, false})
		for j, f := range p.Fields {
			list = append(list, namedRule{"field " + f.ID, f.When, i, j, false})
			for _, k := range f.Checks {
				add("check of field "+f.ID, k.Rule)
			}
		}
	}
	for _, m := range svc.Materials {
		add("material "+m.ID, m.When)
	}
	for i, k := range svc.Rules.Eligible {
		add(fmt.Sprintf("eligible %d", i+1), k.Rule)
	}
	add("instant", svc.Rules.Instant)
	if svc.Licence != nil {
		for _, l := range svc.Licence.Face {
			list = append(list, namedRule{"licence line " + l.Label.ZH, l.Value, -1, -1, true})
		}
	}
	return list
}

// Check lists what is wrong with the form, the materials and the rules of a
// package: rules that do not compile, read unknown or later fields or can never
// hold, pages nobody can reach, options twice, texts in one language only.
func Check(svc contract.Service) []Problem {
	k := &checker{svc: svc, engine: rule.MustNew(), at: map[string][2]int{}}
	k.structure()
	k.materials()
	k.rules()
	if len(k.problems) == 0 {
		k.reach() // needs rules that run
	}
	return k.problems
}

type checker struct {
	svc      contract.Service
	engine   *rule.Engine
	at       map[string][2]int // position of each field
	problems []Problem
}

func (k *checker) add(where, what string, args ...any) {
	k.problems = append(k.problems, Problem{where, fmt.Sprintf(what, args...)})
}

var goodID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// A field is named in rules as a.name, so it has no hyphen.
var goodField = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (k *checker) structure() {
	if len(k.svc.Form.Pages) == 0 {
		k.add("form", "has no page")
	}
	pages := map[string]bool{}
	for i, p := range k.svc.Form.Pages {
		where := "page " + p.ID
		if !goodID.MatchString(p.ID) {
			k.add(where, "id must be lower case letters, digits, - and _")
		}
		if pages[p.ID] {
			k.add(where, "id is used twice")
		}
		pages[p.ID] = true
		k.text(where+" title", p.Title, true)
		k.text(where+" hint", p.Hint, false)
		if len(p.Fields) == 0 {
			k.add(where, "asks nothing")
		}
		for j, f := range p.Fields {
			if _, twice := k.at[f.ID]; twice {
				k.add("field "+f.ID, "id is used twice")
			}
			k.at[f.ID] = [2]int{i, j}
			k.field(f)
		}
	}
}

func (k *checker) field(f contract.Field) {
	where := "field " + f.ID
	if !goodField.MatchString(f.ID) {
		k.add(where, "id must be lower case letters, digits and _")
	}
	if !slices.Contains(Kinds(), f.Kind) {
		k.add(where, "unknown kind %q", f.Kind)
	}
	k.text(where+" label", f.Label, true)
	k.text(where+" hint", f.Hint, false)
	k.text(where+" unit", f.Unit, false)
	for i, c := range f.Checks {
		k.text(fmt.Sprintf("%s check %d", where, i+1), c.Message, true)
	}
	choice := f.Kind == KindChoice || f.Kind == KindChoices
	if choice && len(f.Options) < 2 {
		k.add(where, "a choice needs two options at least")
	}
	if f.Kind == KindYesNo && len(f.Options) != 0 && len(f.Options) != 2 {
		k.add(where, "yes or no has two options, or the usual ones")
	}
	if len(f.Options) > 0 && !choice && f.Kind != KindYesNo {
		k.add(where, "options of a field that is no choice")
	}
	k.options(where, f.Options)
	if personal := f.Kind == KindResidentID || f.Kind == KindPhone; personal && !f.Personal {
		k.add(where, "kind %s is personal data and must be marked so", f.Kind)
	}
	if l := f.Limit; l.Min != nil && l.Max != nil && *l.Min > *l.Max || l.MaxLen > 0 && l.MinLen > l.MaxLen {
		k.add(where, "no answer can be within its limits")
	}
}

func (k *checker) options(where string, options []contract.Option) {
	ids, zh, en := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range options {
		at := where + " option " + o.ID
		if !goodID.MatchString(o.ID) {
			k.add(at, "id must be lower case letters, digits, - and _")
		}
		k.text(at, o.Label, true)
		k.text(at+" hint", o.Hint, false)
		if ids[o.ID] || zh[o.Label.ZH] || en[o.Label.EN] {
			k.add(at, "is there twice")
		}
		ids[o.ID], zh[o.Label.ZH], en[o.Label.EN] = true, true, true
	}
}

// text says where a text is missing in one language; one that is not needed may
// be missing in both.
func (k *checker) text(where string, t contract.Text, needed bool) {
	if t.ZH == "" && (needed || t.EN != "") {
		k.add(where, "has no Chinese")
	}
	if t.EN == "" && (needed || t.ZH != "") {
		k.add(where, "has no English")
	}
}

// vague words name no paper; the law forbids to ask for them (Licensing Law
// art. 31; domain: 兜底材料).
var vague = regexp.MustCompile(`其他(相关|有关)?材料|(相关|有关)材料|other (relevant )?(materials|documents)`)

func (k *checker) materials() {
	seen := map[string]bool{}
	for _, m := range k.svc.Materials {
		where := "material " + m.ID
		if !goodID.MatchString(m.ID) {
			k.add(where, "id must be lower case letters, digits, - and _")
		}
		if seen[m.ID] {
			k.add(where, "id is used twice")
		}
		seen[m.ID] = true
		k.text(where+" name", m.Name, true)
		k.text(where+" note", m.Note, false)
		if vague.MatchString(m.Name.ZH) || vague.MatchString(m.Name.EN) {
			k.add(where, "names no paper in particular, so it must not be asked for")
		}
		if !slices.Contains([]string{OriginGovernment, OriginUpload, OriginForm, OriginCounter}, m.Origin) {
			k.add(where, "unknown origin %q", m.Origin)
		}
		if m.Origin == OriginUpload {
			k.upload(where, m)
		}
	}
}

func (k *checker) upload(where string, m contract.MaterialSpec) {
	if len(m.Types) == 0 {
		k.add(where, "takes no type of file")
	}
	for _, t := range m.Types {
		if _, ok := mediaTypes[t]; !ok {
			k.add(where, "unknown type of file %q", t)
		}
	}
	if m.MaxMB < 1 || m.MaxFiles < 1 {
		k.add(where, "needs max_mb and max_files")
	}
}

func (k *checker) rules() {
	for i, c := range k.svc.Rules.Eligible {
		k.text(fmt.Sprintf("eligible %d message", i+1), c.Message, true)
	}
	for _, r := range rulesOf(k.svc) {
		if r.text == "" {
			if r.face {
				k.add(r.where, "has no value")
			}
			continue
		}
		p, err := k.engine.Compile(r.text)
		if err != nil {
			k.add(r.where, "%v", err)
			continue
		}
		if r.face && !p.GivesText() || !r.face && !p.GivesBool() {
			k.add(r.where, "rule %q gives the wrong type of result", r.text)
		}
		for _, ref := range p.Refs() {
			k.ref(r, ref)
		}
	}
}

func (k *checker) ref(r namedRule, ref rule.Ref) {
	if !readsField(ref) {
		return
	}
	pos, known := k.at[ref.Name]
	switch {
	case ref.Name == "":
		k.add(r.where, "rule %q must name the fields it reads", r.text)
	case !known:
		k.add(r.where, "rule %q reads the unknown field %s", r.text, ref.Name)
	case r.page >= 0 && (pos[0] > r.page || pos[0] == r.page && pos[1] >= r.field):
		k.add(r.where, "rule %q reads %s, which is asked later", r.text, ref.Name)
	}
}

// readsField reports whether a rule reads a field of the form.
func readsField(r rule.Ref) bool { return r.Var == "a" || r.Var == "given" || r.Var == "words" }

// maxTries bounds the search for answers that make a rule hold.
const maxTries = 20_000

// reach looks for answers under which each page, field and material is there,
// by trying the values that its conditions distinguish. A condition that holds
// for none of them can never hold.
func (k *checker) reach() {
	for _, r := range rulesOf(k.svc) {
		if r.text == "" || r.face || k.readsText(r.text) {
			continue
		}
		yes, no := k.try(r.text)
		if !yes {
			k.add(r.where, "rule %q can never hold", r.text)
		}
		if !no {
			k.add(r.where, "rule %q always holds", r.text)
		}
	}
}

// readsText reports whether a rule judges a text that people write freely: no
// samples can show that such a rule never holds.
func (k *checker) readsText(text string) bool {
	p, err := k.engine.Compile(text)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(p.Refs(), func(r rule.Ref) bool {
		if !readsField(r) || r.Var == "given" {
			return false
		}
		f := k.svc.Form.Pages[k.at[r.Name][0]].Fields[k.at[r.Name][1]]
		return !slices.Contains([]string{KindInteger, KindDecimal, KindDate, KindChoice, KindChoices, KindYesNo, KindDeclaration}, f.Kind)
	})
}

// try runs a rule over combinations of sample values of what it reads.
func (k *checker) try(text string) (yes, no bool) {
	p, err := k.engine.Compile(text)
	if err != nil {
		return false, false
	}
	var names []string
	for _, ref := range p.Refs() {
		if readsField(ref) && !slices.Contains(names, ref.Name) {
			names = append(names, ref.Name)
		}
	}
	kinds, samples := map[string]string{}, make([][]any, len(names))
	for i, name := range names {
		f := k.svc.Form.Pages[k.at[name][0]].Fields[k.at[name][1]]
		kinds[name], samples[i] = f.Kind, sampleValues(f, text)
	}
	pick := make([]int, len(names))
	for range maxTries {
		answers := map[string]any{}
		for i, name := range names {
			answers[name] = samples[i][pick[i]]
		}
		y, n := k.tryWith(p, kinds, answers)
		yes, no = yes || y, no || n
		if yes && no || !next(pick, samples) {
			break
		}
	}
	return yes, no
}

func next(pick []int, samples [][]any) bool {
	for i := range pick {
		if pick[i]++; pick[i] < len(samples[i]) {
			return true
		}
		pick[i] = 0
	}
	return false
}

// tryWith runs a rule for both kinds of applicant and some days.
func (k *checker) tryWith(p *rule.Program, kinds map[string]string, answers map[string]any) (yes, no bool) {
	a, given := rule.Fill(kinds, answers)
	words := map[string]string{}
	for id := range kinds {
		f := k.svc.Form.Pages[k.at[id][0]].Fields[k.at[id][1]]
		words[id] = Show(f, a[id]).ZH
	}
	for _, kind := range []string{"person", "company"} {
		for _, today := range []string{"2000-01-01", "2026-11-21", "2099-12-31"} {
			for _, code := range []string{"91350100M000100Y43", "92511602MA66K8T333"} {
				v := &rule.Vars{
					A: a, Given: given, Words: words, Today: today, Held: map[string]any{},
					Applicant: map[string]any{"kind": kind, "name": "样本", "code": code},
				}
				ok, err := p.Bool(v)
				if err != nil {
					return true, true // it needs what we do not have; not ours to judge
				}
				yes, no = yes || ok, no || !ok
			}
		}
	}
	return yes, no
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
	case KindInteger, KindDecimal:
		return append(list, numberSamples(f, text)...)
	case KindDate:
		return append(list, "1950-01-01", "2000-01-01", "2026-11-21", "2099-12-31")
	}
	for _, m := range textsIn.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1]+m[2])
	}
	return append(list, "x", "样本文字，足够长的一段，用来试长度")
}

func numberSamples(f contract.Field, text string) []any {
	values := map[float64]bool{0: true, 1: true, 1e6: true}
	if f.Limit.Min != nil {
		values[*f.Limit.Min] = true
	}
	if f.Limit.Max != nil {
		values[*f.Limit.Max] = true
	}
	for _, s := range numbersIn.FindAllString(text, -1) {
		if x, ok := readDecimal(s); ok {
			values[x-1], values[x], values[x+1] = true, true, true
		}
	}
	var list []any
	for _, x := range slices.Sorted(maps.Keys(values)) {
		if f.Kind == KindInteger {
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
