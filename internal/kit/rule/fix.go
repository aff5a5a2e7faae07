package rule

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// Fix writes text again where the value of some variables is known: known gets
// each use by name and returns a string, bool, int64, float64 or []string. What
// follows from the values alone is worked out, so that a rule that they settle
// becomes "true" or "false".
func (e *Engine) Fix(text string, known func(Ref) (any, bool)) (string, error) {
	factory, fixed := ast.NewExprFactory(), false
	out, err := e.rewrite(text, func(x, operand ast.Expr, name string) {
		v, ok := known(Ref{operand.AsIdent(), name})
		if !ok {
			return
		}
		fixed = true
		if list, ok := v.([]string); ok {
			elements := make([]ast.Expr, len(list))
			for i, s := range list {
				elements[i] = factory.NewLiteral(0, types.String(s))
			}
			x.SetKindCase(factory.NewList(x.ID(), elements, nil))
			return
		}
		x.SetKindCase(factory.NewLiteral(x.ID(), types.DefaultTypeAdapter.NativeToValue(v)))
	})
	if err != nil || !fixed {
		return out, err
	}
	return e.fold(out)
}

// fold works out what is constant in text.
func (e *Engine) fold(text string) (string, error) {
	folding, err := cel.NewConstantFoldingOptimizer()
	if err != nil {
		return "", fmt.Errorf("fold rule %q: %w", text, err)
	}
	optimizer, err := cel.NewStaticOptimizer(folding)
	if err != nil {
		return "", fmt.Errorf("fold rule %q: %w", text, err)
	}
	env, err := e.env.Extend(cel.EnableMacroCallTracking()) // or what a macro became could not be written
	if err != nil {
		return "", fmt.Errorf("fold rule %q: %w", text, err)
	}
	a, iss := env.Compile(text)
	if err := iss.Err(); err != nil {
		return "", fmt.Errorf("compile rule %q: %w", text, err)
	}
	if a, iss = optimizer.Optimize(env, a); iss.Err() != nil { //nolint:misspell // as the library spells it
		return "", fmt.Errorf("fold rule %q: %w", text, iss.Err())
	}
	out, err := cel.AstToString(a)
	if err != nil {
		return "", fmt.Errorf("write rule %q: %w", text, err)
	}
	return out, nil
}
