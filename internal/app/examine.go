package app

import (
	"maps"
	"slices"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/rule"
)

// examiner is the form as the catalogue asks it about packages.
type examiner struct{ rules *rule.Engine }

// Rule compiles one rule without running it.
func (x examiner) Rule(expr string) error {
	_, err := x.rules.Compile(expr)
	return err
}

// Examine looks at the form as a whole and runs the scenarios.
func (x examiner) Examine(svc contract.Service, scenarios catalog.Files) []catalog.Problem {
	var list []catalog.Problem
	var all []form.Scenario
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		these, err := form.ParseScenarios([]byte(scenarios[name]))
		if err != nil {
			list = append(list, catalog.Problem{File: name, Code: "scenario", Message: same(err.Error())})
			continue
		}
		list = append(list, problemsIn(name, "scenario", form.RunScenarios(svc, these))...)
		all = append(all, these...)
	}
	list = append(list, problemsIn("", "form", form.Check(svc))...)
	return append(list, problemsIn("scenarios", "coverage", form.Covered(svc, all))...)
}

// Merge joins the forms and materials of a bundle's parts.
func (x examiner) Merge(bundle contract.Service, parts []contract.Service) (contract.Service, []catalog.Problem) {
	merged, problems := form.Merge(bundle, parts)
	return merged, problemsIn("service.yaml", "merge", problems)
}

// problemsIn gives the form's problems the catalogue's shape. They are technical
// and in English; those who write packages read them beside the lint's own.
func problemsIn(file, code string, problems []form.Problem) []catalog.Problem {
	list := make([]catalog.Problem, len(problems))
	for i, p := range problems {
		list[i] = catalog.Problem{File: file, Path: p.Where, Code: code, Message: same(p.What)}
		if file == "" {
			list[i].File = "form.yaml"
		}
	}
	return list
}

func same(s string) contract.Text { return contract.Text{ZH: s, EN: s} }
