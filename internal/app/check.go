package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/rule"
)

// check lints the service packages of a folder and runs their scenarios.
func check(_ context.Context, p process) error {
	if len(p.args) != 1 {
		return &misuseError{errors.New("name one folder of packages, as: tongban check services/")}
	}
	rules, err := rule.New()
	if err != nil {
		return err
	}
	packages, err := catalog.ExamineAll(os.DirFS(p.args[0]), examiner{rules})
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		return fmt.Errorf("there is no package in %s", p.args[0])
	}
	bad := 0
	for _, pkg := range packages {
		bad += report(p, pkg)
	}
	if bad > 0 {
		return fmt.Errorf("%d problems", bad)
	}
	return nil
}

// report prints what is wrong with a package and returns how much of it is an
// error.
func report(p process, pkg catalog.Examined) (bad int) {
	for _, problem := range pkg.Problems {
		kind := "warning"
		if !problem.Warning {
			kind = "error"
			bad++
		}
		fmt.Fprintf(p.out, "%s: %s\n", kind, problem)
	}
	fmt.Fprintf(p.out, "%s: %s: %d pages, %d materials, %d scenario files, %d problems%s\n", pkg.Name, pkg.Service.Name.ZH,
		len(pkg.Service.Form.Pages), len(pkg.Service.Materials), pkg.Scenarios, bad, sharesOf(pkg))
	return bad
}

// sharesOf says how much of the form and the papers is not asked for in the first
// complete scenario, which is the usual case: "nothing asked twice", measured.
func sharesOf(pkg catalog.Examined) string {
	b, _, ok := usual(pkg)
	if !ok {
		return ""
	}
	return fmt.Sprintf("; not asked in the usual case: %d of %d fields, %d of %d materials",
		b.Fields-b.Asked, b.Fields, b.Materials-b.MaterialsAsked, b.Materials)
}

// usual is the burden of a package's first complete scenario, with its name.
func usual(pkg catalog.Examined) (b form.Burden, scenario string, ok bool) {
	return form.ScenarioBurden(pkg.Service, scenariosOf([]catalog.Examined{pkg})[pkg.Name])
}
