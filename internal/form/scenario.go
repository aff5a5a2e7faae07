package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Scenario is one example of a service package: given an applicant, a day,
// answers and files, it expects what the form says. Packages bring them in
// scenarios/*.yaml, and `tongban check` runs them.
type Scenario struct {
	Name  string `yaml:"name"`
	Given Given  `yaml:"given"`
	Want  Want   `yaml:"expect"`
}

// Given is the situation.
type Given struct {
	Applicant Applicant         `yaml:"applicant"`
	Today     string            `yaml:"today"`
	Held      map[string]string `yaml:"held"`
	Answers   map[string]any    `yaml:"answers"`
	Files     []string          `yaml:"files"` // materials with a file each
}

// Applicant is who applies.
type Applicant struct {
	Kind string `yaml:"kind"`
	Name string `yaml:"name"`
	Code string `yaml:"code"`
}

// Want is what the form must say. What is left out is not looked at.
type Want struct {
	Pages      []string          `yaml:"pages"`      // shown, in order
	Hidden     []string          `yaml:"hidden"`     // fields that must not be asked
	Asked      []string          `yaml:"asked"`      // fields that must be asked
	Materials  []string          `yaml:"materials"`  // that apply, in order
	Faults     map[string]string `yaml:"faults"`     // by field; exactly these
	Ineligible *int              `yaml:"ineligible"` // conditions that do not hold
	Complete   *bool             `yaml:"complete"`
	Instant    *bool             `yaml:"instant"`
	Face       map[string]string `yaml:"face"` // licence lines by Chinese label
}

// ParseScenarios reads a file with one or several YAML documents.
func ParseScenarios(text []byte) ([]Scenario, error) {
	var list []Scenario
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	for {
		var s Scenario
		err := dec.Decode(&s)
		if err != nil && err.Error() == "EOF" {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read scenarios: %w", err)
		}
		if s.Name == "" {
			return nil, fmt.Errorf("read scenarios: scenario %d has no name", len(list)+1)
		}
		list = append(list, s)
	}
}

// RunScenario reports where a package does something else than the scenario
// expects.
func RunScenario(svc contract.Service, sc Scenario) []Problem {
	r, err := sc.result(svc)
	if err != nil {
		return []Problem{{sc.Name, err.Error()}}
	}
	k := &compare{where: sc.Name}
	var pages, fields, materials []string
	for _, p := range r.Pages {
		pages = append(pages, p.Page.ID)
		for _, f := range p.Fields {
			if f.Held == nil {
				fields = append(fields, f.Field.ID)
			}
		}
	}
	for _, m := range r.Materials {
		materials = append(materials, m.Spec.ID)
	}
	k.list("pages", sc.Want.Pages, pages)
	k.list("materials", sc.Want.Materials, materials)
	for _, f := range sc.Want.Asked {
		k.that(slices.Contains(fields, f), "field %s is not asked", f)
	}
	for _, f := range sc.Want.Hidden {
		k.that(!slices.Contains(fields, f), "field %s is asked", f)
	}
	k.faults(sc.Want.Faults, r.Faults())
	if w := sc.Want.Ineligible; w != nil {
		k.that(*w == len(r.Ineligible), "%d conditions do not hold, want %d: %v", len(r.Ineligible), *w, r.Ineligible)
	}
	if w := sc.Want.Complete; w != nil {
		k.that(*w == r.Complete(), "complete is %v, want %v: %v", r.Complete(), *w, names(r.Faults()))
	}
	if w := sc.Want.Instant; w != nil {
		k.that(*w == r.Instant, "instant is %v, want %v", r.Instant, *w)
	}
	k.face(svc, sc, r)
	return k.problems
}

func (sc Scenario) result(svc contract.Service) (Result, error) {
	in, err := sc.input(svc)
	if err != nil {
		return Result{}, err
	}
	return Evaluate(svc, in)
}

// input reads the answers as the API would: strictly typed.
func (sc Scenario) input(svc contract.Service) (Input, error) {
	in := Input{
		Answers: contract.Answers{}, Typed: map[string][]string{}, Held: map[string]contract.Held{},
		Applicant: contract.Party{
			Kind: sc.Given.Applicant.Kind, ID: "scenario", Name: sc.Given.Applicant.Name, Code: sc.Given.Applicant.Code,
		},
	}
	var err error
	if in.Today, err = day.Parse(sc.Given.Today); err != nil {
		return in, err
	}
	for k, v := range sc.Given.Held {
		in.Held[k] = contract.Held{Value: v}
	}
	for _, id := range sc.Given.Files {
		in.Materials = append(in.Materials, contract.Material{ID: id, File: id, Name: id + ".pdf"})
	}
	for id, v := range sc.Given.Answers {
		i := slices.IndexFunc(fieldsOf(svc), func(f contract.Field) bool { return f.ID == id })
		if i < 0 {
			return in, fmt.Errorf("answers unknown field %s", id)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return in, fmt.Errorf("answer %s: %w", id, err)
		}
		p := ParseJSON(fieldsOf(svc)[i], raw)
		if p.Fault != nil {
			return in, fmt.Errorf("answer %s: %w", id, p.Fault)
		}
		if p.Value != nil {
			in.Answers[id] = p.Value
		}
	}
	return in, nil
}

func fieldsOf(svc contract.Service) []contract.Field {
	var list []contract.Field
	for _, p := range svc.Form.Pages {
		list = append(list, p.Fields...)
	}
	return list
}

type compare struct {
	where    string
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

func (k *compare) faults(want map[string]string, got []fault.Field) {
	if want == nil {
		return
	}
	have := map[string]string{}
	for _, f := range got {
		have[f.Name] = f.Err.Code
	}
	k.that(reflect.DeepEqual(want, have), "faults are %v, want %v", have, want)
}

func (k *compare) face(svc contract.Service, sc Scenario, r Result) {
	if sc.Want.Face == nil {
		return
	}
	applicant := contract.Party{Kind: sc.Given.Applicant.Kind, Name: sc.Given.Applicant.Name, Code: sc.Given.Applicant.Code}
	today, _ := day.Parse(sc.Given.Today) // it was read before
	lines, err := Face(rule.MustNew(), svc, applicant, today, r.Answers)
	k.that(err == nil, "licence face: %v", err)
	have := map[string]string{}
	for _, l := range lines {
		have[l.Label.ZH] = l.Value
	}
	for label, value := range sc.Want.Face {
		k.that(have[label] == value, "licence line %s is %q, want %q", label, have[label], value)
	}
}

func names(list []fault.Field) string {
	var s []string
	for _, f := range list {
		s = append(s, f.Name)
	}
	return strings.Join(s, " ")
}

// Covered reports which rules of a package the scenarios never try both ways:
// a rule that no example makes true, or none makes false, may be wrong unseen.
func Covered(svc contract.Service, list []Scenario) []Problem {
	c, err := Compile(rule.MustNew(), svc)
	if err != nil {
		return []Problem{{"rules", err.Error()}}
	}
	yes, no := map[string]bool{}, map[string]bool{}
	for _, sc := range list {
		if err := c.try(sc, yes, no); err != nil {
			return []Problem{{sc.Name, err.Error()}}
		}
	}
	var problems []Problem
	for _, r := range rulesOf(svc) {
		if r.text == "" || r.gives != givesBool {
			continue
		}
		if !yes[r.where+r.text] {
			problems = append(problems, Problem{r.where, "no scenario makes the rule true: " + r.text})
		}
		if !no[r.where+r.text] {
			problems = append(problems, Problem{r.where, "no scenario makes the rule false: " + r.text})
		}
	}
	return problems
}

// try notes for each rule whether the scenario makes it true or false.
func (c *Compiled) try(sc Scenario, yes, no map[string]bool) error {
	in, err := sc.input(c.Service)
	if err != nil {
		return err
	}
	e, err := c.run(in)
	if err != nil {
		return err
	}
	v := e.v
	for _, r := range rulesOf(c.Service) {
		if r.text == "" || r.gives != givesBool {
			continue
		}
		ok, err := c.engine.Bool(r.text, v)
		if err != nil {
			return err
		}
		key := r.where + r.text
		yes[key], no[key] = yes[key] || ok, no[key] || !ok
	}
	return nil
}
