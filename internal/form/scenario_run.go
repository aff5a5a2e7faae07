package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
)

// RunScenario reports where a package does something else than the scenario
// expects. A bundle is what Merge made of it.
func RunScenario(svc contract.Service, sc Scenario) []Problem {
	c, err := Compile(rule.MustNew(), svc)
	if err != nil {
		return []Problem{{sc.Name, err.Error()}}
	}
	return c.scenario(sc)
}

// RunScenarios runs several and compiles the package once.
func RunScenarios(svc contract.Service, list []Scenario) []Problem {
	c, err := Compile(rule.MustNew(), svc)
	if err != nil {
		return []Problem{{"rules", err.Error()}}
	}
	var problems []Problem
	for _, sc := range list {
		problems = append(problems, c.scenario(sc)...)
	}
	return problems
}

func (c *Compiled) scenario(sc Scenario) []Problem {
	in, err := sc.input(c)
	if err != nil {
		return []Problem{{sc.Name, err.Error()}}
	}
	r, err := c.Evaluate(in)
	if err != nil {
		return []Problem{{sc.Name, err.Error()}}
	}
	k := &compare{where: sc.Name, c: c, r: r, want: sc.Want, in: in}
	k.pages()
	k.papers()
	k.verdict()
	k.people()
	k.answers()
	k.found()
	k.face()
	k.days()
	return k.problems
}

// ScenarioBurden is what the first complete scenario of a package asks of
// people: the promise of "nothing asked twice", measured.
func ScenarioBurden(svc contract.Service, list []Scenario) (b Burden, name string, ok bool) {
	c, err := Compile(rule.MustNew(), svc)
	if err != nil {
		return Burden{}, "", false
	}
	for _, sc := range list {
		in, err := sc.input(c)
		if err != nil {
			continue
		}
		if r, err := c.Evaluate(in); err == nil && r.Complete() {
			return r.Burden(), sc.Name, true
		}
	}
	return Burden{}, "", false
}

func fieldsOf(svc contract.Service) []contract.Field {
	var list []contract.Field
	for _, p := range svc.Form.Pages {
		list = append(list, p.Fields...)
	}
	return list
}

// compare holds a result against what is expected.
type compare struct {
	where    string
	c        *Compiled
	in       Input
	r        Result
	want     Want
	problems []Problem
}

func (k *compare) that(ok bool, what string, args ...any) {
	if !ok {
		k.problems = append(k.problems, Problem{k.where, fmt.Sprintf(what, args...)})
	}
}

func (k *compare) list(what string, want, got []string) {
	if want != nil {
		k.that(slices.Equal(want, got), "%s are %v, want %v", what, got, want)
	}
}

func (k *compare) set(what string, want, got []string) {
	k.list(what, sorted(want), sorted(got))
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func (k *compare) pages() {
	var pages, fields []string
	for _, p := range k.r.Pages {
		pages = append(pages, p.Page.ID)
		fields = append(fields, asked(p.Fields)...)
	}
	for _, s := range k.r.Signers {
		for _, p := range s.Pages {
			fields = append(fields, asked(p.Fields)...)
		}
	}
	k.list("pages", k.want.Pages, pages)
	for _, f := range k.want.Asked {
		k.that(slices.Contains(fields, f), "field %s is not asked", f)
	}
	for _, f := range k.want.Hidden {
		k.that(!slices.Contains(fields, f), "field %s is asked", f)
	}
}

// asked are the ids of fields that are asked, and the names of their cells.
func asked(fields []FieldState) []string {
	var list []string
	for _, f := range fields {
		if f.Asks() {
			list = append(list, f.Field.ID)
		}
		for _, row := range f.Rows {
			list = append(list, asked(row.Fields)...)
		}
	}
	return list
}

func (k *compare) papers() {
	var all, free []string
	ways := map[string]string{}
	for _, m := range k.materials() {
		all = append(all, m.Spec.ID)
		ways[m.Spec.ID] = m.Way
		if !m.Asked {
			free = append(free, m.Spec.ID)
		}
	}
	k.list("materials", k.want.Materials, all)
	for id, way := range k.want.Ways {
		have, applies := ways[id]
		k.that(applies, "material %s does not apply", id)
		k.that(have == way, "material %s comes by %q, want %q", id, have, way)
	}
	for _, id := range k.want.NotNeeded {
		k.that(slices.Contains(free, id), "material %s is asked for", id)
	}
}

func (k *compare) materials() []MaterialState {
	list := slices.Clone(k.r.Materials)
	for _, s := range k.r.Signers {
		list = append(list, s.Materials...)
	}
	return list
}

func (k *compare) verdict() {
	w, r := k.want, k.r
	if w.Faults != nil {
		have := codes(r.Faults())
		k.that(reflect.DeepEqual(w.Faults, have), "faults are %v, want %v", have, w.Faults)
	}
	if w.Ineligible != nil {
		k.that(*w.Ineligible == len(r.Ineligible), "%d conditions do not hold, want %d: %v", len(r.Ineligible), *w.Ineligible, r.Ineligible)
	}
	if w.Complete != nil {
		k.that(*w.Complete == r.Complete(), "complete is %v, want %v: %v", r.Complete(), *w.Complete, names(r.Faults()))
	}
	if w.Instant != nil {
		k.that(*w.Instant == r.Instant, "instant is %v, want %v", r.Instant, *w.Instant)
	}
	k.list("parts", w.Parts, r.Parts)
	if s := w.NotAsked; s != nil {
		b := r.Burden()
		k.share("fields", s.Fields, b.Asked, b.Fields)
		k.share("materials", s.Materials, b.MaterialsAsked, b.Materials)
	}
}

func (k *compare) share(what string, least float64, asked, of int) {
	if of > 0 {
		k.that(float64(of-asked) >= least*float64(of), "%d of %d %s are asked; at least %g should not be", asked, of, what, least)
	}
}

func (k *compare) people() {
	var signers, disputes []string
	for _, s := range k.r.Signers {
		signers = append(signers, s.ID)
	}
	for _, d := range k.r.Disputes {
		disputes = append(disputes, d.Field)
	}
	k.list("signers", k.want.Signers, signers)
	if k.want.Disputes != nil {
		k.set("disputes", k.want.Disputes, disputes)
	}
	if k.want.Unchecked != nil {
		k.set("unchecked", k.want.Unchecked, k.r.Unchecked)
	}
	if w := k.want.Signed; w != nil {
		k.that(*w == k.r.Signed(), "signed is %v, want %v", k.r.Signed(), *w)
	}
	for id, want := range k.want.SignerFaults {
		s, ok := k.r.Signer(id)
		have := codes(s.Faults())
		k.that(ok && (len(want) == 0 && len(have) == 0 || reflect.DeepEqual(want, have)), "faults of signer %s are %v, want %v", id, have, want)
	}
}

// answers compares as JSON would: 4 in YAML is 4 of any kind.
func (k *compare) answers() {
	for _, id := range slices.Sorted(maps.Keys(k.want.Answers)) {
		want, err := json.Marshal(k.want.Answers[id])
		have, err2 := json.Marshal(k.r.Answers[id])
		k.that(err == nil && err2 == nil && sameJSON(want, have), "answer %s is %s, want %s", id, have, want)
	}
}

func sameJSON(x, y []byte) bool {
	var a, b any
	return json.Unmarshal(x, &a) == nil && json.Unmarshal(y, &b) == nil && reflect.DeepEqual(a, b)
}

func (k *compare) face() {
	l := k.c.Service.Licence
	if k.want.Effect != "" {
		have := ""
		if l != nil {
			if have = l.Effect; have == "" {
				have = contract.LicenceIssue
			}
		}
		k.that(have == k.want.Effect, "the effect is %q, want %q", have, k.want.Effect)
	}
	if k.want.Face == nil {
		return
	}
	in := FaceInput{Applicant: k.in.Applicant, Today: k.in.Today, Answers: k.r.Answers, Found: k.in.Found}
	if k.r.Licence != nil {
		in.Prior = k.r.Licence.Lines()
	}
	lines, err := FaceOf(k.c.engine, k.c.Service, in)
	k.that(err == nil, "licence face: %v", err)
	have := map[string]string{}
	for _, l := range lines {
		have[l.Label.ZH] = l.Value
	}
	for label, value := range k.want.Face {
		k.that(have[label] == value, "licence line %s is %q, want %q", label, have[label], value)
	}
}

func (k *compare) days() {
	if k.want.AcceptBy == "" && k.want.DecideBy == "" {
		return
	}
	acceptBy, decideBy, err := limits(k.c.Service, k.in.Today)
	k.that(err == nil, "%v", err)
	for _, x := range []struct{ what, want, have string }{
		{"accepted", k.want.AcceptBy, acceptBy}, {"decided", k.want.DecideBy, decideBy},
	} {
		if x.want != "" {
			_, err := day.Parse(x.want)
			k.that(err == nil && x.want == x.have, "must be %s by %s, want %s", x.what, x.have, x.want)
		}
	}
}

func names(list []fault.Field) string {
	var s []string
	for _, f := range list {
		s = append(s, f.Name)
	}
	return strings.Join(s, " ")
}
