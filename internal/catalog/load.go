package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/tongban/tongban/internal/contract"
)

// The files of a package. A folder may hold more (scenarios), which others read.
const (
	serviceFile = "service.yaml"
	formFile    = "form.yaml"
)

// Package is one folder of service packages as Load found it.
type Package struct {
	Name     string // of the folder
	Files    Files
	Service  contract.Service
	Problems []Problem
}

// Problem is one thing that is wrong with a package, or a Warning: something
// that a person has to look at before the service goes live.
type Problem struct {
	File    string // in the package
	Line    int    // 0: the file as a whole
	Path    string // "materials[2].name.en"
	Code    string // of the rule, for tests and documentation
	Message contract.Text
	Warning bool
}

// String is the English line that the command line prints.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message.EN)
	return b.String()
}

// HasErrors reports whether any problem is more than a warning.
func HasErrors(list []Problem) bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return !p.Warning })
}

// LoadAll loads every folder of fsys that has a service.yaml, in order of name.
// The error is about reading; what is wrong with a package is in its Problems.
func LoadAll(fsys fs.FS, check func(expr string) error) ([]Package, error) {
	list, err := readFolders(fsys)
	if err != nil {
		return nil, err
	}
	for i := range list {
		p := &list[i]
		p.Service, p.Problems = Load(p.Files, check)
		for j := range p.Problems {
			p.Problems[j].File = path.Join(p.Name, p.Problems[j].File)
		}
	}
	return list, nil
}

// readFolders reads the files of every package of a folder, in order of name.
func readFolders(fsys fs.FS) ([]Package, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read packages: %w", err)
	}
	var list []Package
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		sub, err := fs.Sub(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read package %s: %w", e.Name(), err)
		}
		files, err := ReadFolder(sub)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", e.Name(), err)
		}
		if _, ok := files[serviceFile]; ok {
			list = append(list, Package{Name: e.Name(), Files: files})
		}
	}
	return list, nil
}

// Load reads a package and checks it: unknown keys, wrong types, and the rules
// of Lint, each with file and line. Texts have the numbers of the settings that
// they name. Check compiles a rule without running it.
func Load(files Files, check func(expr string) error) (contract.Service, []Problem) {
	var svc contract.Service
	service, p1 := read(files, serviceFile, &svc)
	form, p2 := read(files, formFile, &svc.Form)
	problems := slices.Concat(p1, p2)
	if len(problems) > 0 {
		return svc, problems // rules about half a package would only confuse
	}
	problems = Lint(svc, check)
	for i := range problems {
		p := &problems[i]
		file, at := service, p.Path
		p.File = serviceFile
		if rest, ok := strings.CutPrefix(p.Path, "form."); ok {
			file, at, p.File = form, rest, formFile
		}
		p.Line = lineOf(file, at)
	}
	// Texts show the numbers that rules use.
	filled, err := svc.Filled()
	if err != nil {
		problems = append(problems, Problem{File: serviceFile, Code: "yaml", Message: message("yaml", "reason", err.Error())})
	}
	return filled, problems
}

func read(files Files, name string, into any) (*ast.File, []Problem) {
	text, ok := files[name]
	if !ok {
		return nil, []Problem{{File: name, Code: "missing_file", Message: message("missing_file")}}
	}
	file, err := parser.ParseBytes([]byte(text), 0)
	if err == nil {
		err = yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(into)
	}
	if err != nil {
		return nil, []Problem{syntax(name, err)}
	}
	return file, nil
}

// syntax turns an error of the YAML reader into a problem with its line.
func syntax(name string, err error) Problem {
	p := Problem{File: name, Code: "yaml", Message: message("yaml", "reason", err.Error())}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		p.Message = message("yaml", "reason", e.GetMessage())
		if t := e.GetToken(); t != nil {
			p.Line = t.Position.Line
		}
	}
	return p
}

// lineOf finds where at stands in the file, or the nearest thing around it that
// is written there.
func lineOf(file *ast.File, at string) int {
	for at != "" {
		p, err := yaml.PathString("$." + at)
		if err != nil {
			return 0
		}
		if node, err := p.FilterFile(file); err == nil && node != nil {
			return node.GetToken().Position.Line
		}
		cut := strings.LastIndexAny(at, ".[")
		at = at[:max(cut, 0)]
	}
	return 0
}
