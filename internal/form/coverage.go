package form

import (
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Covered reports which rules of a package the scenarios never try both ways:
// a rule that no example makes true, or none makes false, may be wrong unseen.
func Covered(svc contract.Service, list []Scenario) []Problem {
	c, err := Compile(rule.MustNew(), svc)
	if err != nil {
		return []Problem{{"rules", err.Error()}}
	}
	yes, no := map[string]bool{}, map[string]bool{}
	for _, sc := range list {
		if err := c.cover(sc, yes, no); err != nil {
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

// cover notes for each rule whether the scenario makes it true or false. A rule
// that sees rows is tried on each.
func (c *Compiled) cover(sc Scenario, yes, no map[string]bool) error {
	in, err := sc.input(c)
	if err != nil {
		return err
	}
	e, err := c.run(in, true)
	if err != nil {
		return err
	}
	for _, r := range rulesOf(c.Service) {
		if r.text == "" || r.gives != givesBool {
			continue
		}
		p, err := c.engine.Compile(r.text)
		if err != nil {
			return err
		}
		for _, v := range e.views(r) {
			ok, err := p.Bool(v)
			if err != nil {
				return err
			}
			key := r.where + r.text
			yes[key], no[key] = yes[key] || ok, no[key] || !ok
		}
	}
	return nil
}

// views are what a rule sees after the whole form was read: once, or once for
// each row of its group.
func (e *evaluation) views(r namedRule) []*rule.Vars {
	if r.group == "" {
		return []*rule.Vars{e.v}
	}
	if seen := e.seen[r.signer]; r.signer != "" {
		return seen
	}
	f, _ := e.r.field(r.group)
	var list []*rule.Vars
	for _, row := range f.Rows {
		v := *e.v
		v.Row = row.vars
		list = append(list, &v)
	}
	return list
}
