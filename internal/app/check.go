package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	folder := os.DirFS(p.args[0])
	packages, err := catalog.LoadAll(folder, compiles(rules))
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		return fmt.Errorf("there is no package in %s", p.args[0])
	}
	bad := 0
	for _, pkg := range packages {
		n, err := checkPackage(p, folder, pkg)
		if err != nil {
			return err
		}
		bad += n
	}
	if bad > 0 {
		return fmt.Errorf("%d problems", bad)
	}
	return nil
}

// checkPackage prints what is wrong with a package and returns how much of it
// is an error.
func checkPackage(p process, folder fs.FS, pkg catalog.Package) (bad int, err error) {
	for _, problem := range pkg.Problems {
		fmt.Fprintf(p.out, "%s: %s\n", pkg.Name, problem)
		if !problem.Warning {
			bad++
		}
	}
	if bad > 0 {
		return bad, nil // what was not read cannot be tried
	}
	scenarios, err := readScenarios(folder, pkg.Name)
	if err != nil {
		return bad, err
	}
	problems := form.Check(pkg.Service)
	for _, sc := range scenarios {
		problems = append(problems, form.RunScenario(pkg.Service, sc)...)
	}
	problems = append(problems, form.Covered(pkg.Service, scenarios)...)
	for _, problem := range problems {
		fmt.Fprintf(p.out, "%s: %s\n", pkg.Name, problem)
	}
	fmt.Fprintf(p.out, "%s: %s: %d pages, %d materials, %d scenarios, %d problems\n", pkg.Name, pkg.Service.Name.ZH,
		len(pkg.Service.Form.Pages), len(pkg.Service.Materials), len(scenarios), len(problems))
	return bad + len(problems), nil
}

func readScenarios(folder fs.FS, name string) ([]form.Scenario, error) {
	files, err := fs.Glob(folder, name+"/scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("scenarios of %s: %w", name, err)
	}
	var list []form.Scenario
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, fmt.Errorf("scenarios of %s: %w", name, err)
		}
		these, err := form.ParseScenarios(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, these...)
	}
	return list, nil
}
