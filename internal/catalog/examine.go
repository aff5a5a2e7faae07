package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/tongban/tongban/internal/contract"
)

// Examiner judges what a package says as those who fill it in will meet it.
type Examiner interface {
	// Rule compiles one rule without running it.
	Rule(expr string) error
	// Examine looks at the form as a whole and runs the scenarios. The service of
	// a bundle is merged already.
	Examine(svc contract.Service, scenarios Files) []Problem
	// Merge joins the forms and materials of a bundle's parts, which come in the
	// order of bundle.Parts.
	Merge(bundle contract.Service, parts []contract.Service) (contract.Service, []Problem)
}

// Examined is a package with all that is known about it before it is published.
type Examined struct {
	Package
	Scenarios int
}

// Sound reports whether the package may be published.
func (e Examined) Sound() bool { return !HasErrors(e.Problems) }

// ExamineAll reads every package of a folder of packages, as `tongban check`
// does: each is linted, bundles are merged with the parts that lie beside them,
// and all scenarios run.
func ExamineAll(folder fs.FS, ex Examiner) ([]Examined, error) {
	packages, err := LoadAll(folder, ex.Rule)
	if err != nil {
		return nil, err
	}
	beside := map[contract.ItemID]contract.Service{}
	for _, p := range packages {
		beside[p.Service.Item] = p.Service
	}
	find := func(id contract.ItemID) (contract.Service, error) {
		if svc, ok := beside[id]; ok {
			return svc, nil
		}
		return contract.Service{}, ErrNotPublished.With("item", string(id))
	}
	list := make([]Examined, len(packages))
	for i, p := range packages {
		if list[i], err = examine(p, ex, find); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// HashFolder identifies everything that the packages of a folder say.
func HashFolder(folder fs.FS) (string, error) {
	packages, err := readFolders(folder)
	if err != nil {
		return "", err
	}
	all := Files{}
	for _, p := range packages {
		all[p.Name] = p.Files.hash()
	}
	return all.hash(), nil
}

// examine goes on where Load ended. Find tells the services that a bundle joins.
func examine(p Package, ex Examiner, find func(contract.ItemID) (contract.Service, error)) (Examined, error) {
	e := Examined{Package: p, Scenarios: len(p.Files.Scenarios())}
	if HasErrors(p.Problems) {
		return e, nil // what was not read cannot be tried
	}
	merged, problems, err := merge(p.Service, ex, find)
	if err != nil {
		return e, err
	}
	if !HasErrors(problems) {
		e.Service = merged
		problems = append(problems, ex.Examine(merged, p.Files.Scenarios())...)
	}
	for i := range problems {
		problems[i].File = path.Join(p.Name, problems[i].File)
	}
	e.Problems = append(e.Problems, problems...)
	return e, nil
}

// merge resolves the parts of a bundle; any other service is what it is.
func merge(svc contract.Service, ex Examiner, find func(contract.ItemID) (contract.Service, error)) (contract.Service, []Problem, error) {
	if len(svc.Parts) == 0 {
		return svc, nil, nil
	}
	parts := make([]contract.Service, len(svc.Parts))
	var problems []Problem
	for i, p := range svc.Parts {
		part, err := find(p.Item)
		if errors.Is(err, ErrNotPublished) || errors.Is(err, ErrNoItem) {
			problems = append(problems, Problem{
				File: serviceFile, Path: fmt.Sprintf("parts[%d].item", i), Code: "part",
				Message: message("part", "item", string(p.Item)),
			})
			continue
		}
		if err != nil {
			return svc, nil, err
		}
		parts[i] = part
	}
	if len(problems) > 0 {
		return svc, problems, nil
	}
	merged, problems := ex.Merge(svc, parts)
	return merged, problems, nil
}

// Examine judges the files of a package against the catalogue as it stands.
func (s *Service) Examine(ctx context.Context, files Files) (Examined, error) {
	p := Package{Files: files}
	p.Service, p.Problems = Load(files, s.c.Examiner.Rule)
	p.Problems = append(p.Problems, s.placed(ctx, p.Service)...)
	return examine(p, s.c.Examiner, s.finder(ctx))
}

func (s *Service) finder(ctx context.Context) func(contract.ItemID) (contract.Service, error) {
	return func(id contract.ItemID) (contract.Service, error) { return s.Current(ctx, id) }
}

// placed looks at what only the catalogue knows: the item and the department.
func (s *Service) placed(ctx context.Context, svc contract.Service) []Problem {
	_, err := s.Item(ctx, svc.Item)
	switch {
	case svc.Added == nil && err != nil && svc.Item != "":
		return []Problem{{File: serviceFile, Path: "item", Code: "no_item", Message: message("no_item", "item", string(svc.Item))}}
	case svc.Added == nil:
		return nil
	}
	var list []Problem
	if _, ok := s.ref.dept[svc.Added.Department]; !ok {
		list = append(list, Problem{
			File: serviceFile, Path: "added.department", Code: "department",
			Message: message("department", "value", svc.Added.Department),
		})
	}
	if !s.ref.hasType(svc.Added.Type) {
		list = append(list, Problem{
			File: serviceFile, Path: "added.type", Code: "type", Message: message("type", "value", svc.Added.Type),
		})
	}
	return list
}
