package rule

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// Ref is one use of a variable: a.seats is {"a", "seats"}. The name is empty
// where the whole map is used or the key is computed.
type Ref struct{ Var, Name string }

// Refs returns what the program reads, each once, in order of the text.
func (p *Program) Refs() []Ref { return slices.Clone(p.refs) }

// Reads reports whether the program reads the variable name of v.
func (p *Program) Reads(v, name string) bool { return slices.Contains(p.refs, Ref{v, name}) }

// Column is a column of a group that a program reads in a loop: in
// a.members.exists(m, m.age > 60) it is {"members", "age"}; so is the one that
// sum(a.members, "income") names.
type Column struct{ Group, Name string }

func isVar(name string) bool {
	switch name {
	case "a", "given", "words", "applicant", "held", "today", "row", "licence", "settings", "found", "found_words":
		return true
	}
	return false
}

func refs(a *cel.Ast) []Ref {
	var list []Ref
	taken := map[int64]bool{} // identifiers that a select or an index has named
	ast.PreOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		operand, name := use(e)
		if operand == nil || taken[operand.ID()] || !isVar(operand.AsIdent()) {
			return
		}
		taken[operand.ID()] = true
		if r := (Ref{operand.AsIdent(), name}); !slices.Contains(list, r) {
			list = append(list, r)
		}
	}))
	return list
}

// use returns the identifier that an expression reads, and by which name.
func use(e ast.Expr) (operand ast.Expr, name string) {
	switch e.Kind() { //nolint:exhaustive // the other kinds read no variable
	case ast.SelectKind:
		operand, name = e.AsSelect().Operand(), e.AsSelect().FieldName()
	case ast.CallKind:
		call := e.AsCall()
		if call.FunctionName() == "_[_]" && len(call.Args()) == 2 {
			operand, name = call.Args()[0], literal(call.Args()[1])
		}
	case ast.IdentKind:
		return e, ""
	}
	if operand == nil || operand.Kind() != ast.IdentKind {
		return nil, ""
	}
	return operand, name
}

func literal(e ast.Expr) string {
	if e.Kind() != ast.LiteralKind {
		return ""
	}
	s, _ := e.AsLiteral().Value().(string)
	return s
}

// Columns returns the columns of groups that the program reads, each once.
func (p *Program) Columns() []Column {
	var list []Column
	add := func(group, name string) {
		if c := (Column{group, name}); group != "" && name != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	ast.PreOrderVisit(p.ast.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() { //nolint:exhaustive // only loops and sums read columns
		case ast.ComprehensionKind:
			loop := e.AsComprehension()
			group := groupOf(loop.IterRange())
			inLoop(loop.LoopStep(), loop.IterVar(), func(name string) { add(group, name) })
		case ast.CallKind:
			call := e.AsCall()
			if call.FunctionName() == "sum" && len(call.Args()) == 2 {
				add(groupOf(call.Args()[0]), literal(call.Args()[1]))
			}
		}
	}))
	return list
}

func groupOf(e ast.Expr) string {
	if operand, name := use(e); operand != nil && operand.AsIdent() == "a" {
		return name
	}
	return ""
}

func inLoop(body ast.Expr, loopVar string, add func(name string)) {
	ast.PreOrderVisit(body, ast.NewExprVisitor(func(e ast.Expr) {
		if operand, name := use(e); operand != nil && operand.AsIdent() == loopVar {
			add(name)
		}
	}))
}

// Rename writes text again with other names of fields: rename gets each use of
// a variable by name and returns the new name. Loop variables are left alone.
func (e *Engine) Rename(text string, rename func(Ref) string) (string, error) {
	factory := ast.NewExprFactory()
	return e.rewrite(text, func(x, operand ast.Expr, name string) {
		to := rename(Ref{operand.AsIdent(), name})
		if to == name {
			return
		}
		if x.Kind() == ast.SelectKind {
			x.SetKindCase(factory.NewSelect(x.ID(), operand, to))
			return
		}
		key := x.AsCall().Args()[1]
		key.SetKindCase(factory.NewLiteral(key.ID(), types.String(to)))
	})
}

// rewrite writes text again after change saw each use of a variable by name.
func (e *Engine) rewrite(text string, change func(x, operand ast.Expr, name string)) (string, error) {
	if text == "" {
		return "", nil
	}
	// Macros would be expanded, and what is expanded cannot be written as it was.
	a, iss := e.bare.Parse(text)
	if err := iss.Err(); err != nil {
		return "", fmt.Errorf("parse rule %q: %w", text, err)
	}
	ast.PostOrderVisit(a.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if operand, name := use(x); operand != nil && name != "" && isVar(operand.AsIdent()) {
			change(x, operand, name)
		}
	}))
	out, err := cel.AstToString(a)
	if err != nil {
		return "", fmt.Errorf("write rule %q: %w", text, err)
	}
	return out, nil
}
