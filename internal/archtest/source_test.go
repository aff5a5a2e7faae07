// Package archtest keeps the rules of docs/architecture.md true: who may import
// whom, where SQL stands, that every sentence exists in both languages.
//
// The tests read the files themselves instead of asking the go command: the
// test cache sees files that a test opens, not what a child process reads. Each
// fence has a test beside it that shows it catches.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// source is one Go file, tests left out.
type source struct {
	Path string // "casework/store.go", below internal
	File *ast.File
}

// pkg is the folder of the file below internal.
func (s source) pkg() string { return filepath.ToSlash(filepath.Dir(s.Path)) }

// sources parses the Go files below internal. It fails when it finds none:
// then the test would check nothing.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	walk(t, ".go", func(name string) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		if s := parse(t, name, nil); !ignored(s.File) {
			list = append(list, s)
		}
	})
	if len(list) < 50 {
		t.Fatalf("only %d files: this test checks nothing", len(list))
	}
	return list
}

// ignored reports a file that is run by hand ("//go:build ignore").
func ignored(f *ast.File) bool {
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && c.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

func parse(t *testing.T, name string, src any) source {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{Path: filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator))), File: f}
}

// walk calls do with every file below internal that ends so.
func walk(t *testing.T, suffix string, do func(name string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "testdata" {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, suffix) {
			do(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// text is the value of a string literal.
func text(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
