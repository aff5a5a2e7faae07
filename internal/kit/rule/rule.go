// Package rule runs the small expressions that a service package is written
// with: which page is shown, which paper is needed, who may apply.
//
// The language is CEL: no loops without end, no side effects, and a cost limit
// on each run. An expression sees eleven variables:
//
//	a          answers by field id; a group is a list of rows: a.members[0].name
//	given      given.x is true when x was answered
//	words      answers as people read them: the label of a choice, not its id
//	applicant  kind, name, code
//	held       what is already known, by its key ("company.name" is held["company.name"])
//	today      "2026-11-21"
//	row        inside a group: the answers of the same row, row.name
//	licence    the face of the licence that was chosen, by line: licence.address;
//	           licence.valid_from and licence.valid_to are its first and last day
//	settings   numbers that a place sets: settings.area_limit
//	found      what officials found while they handled the case: found.grade;
//	           a choice is its option in Chinese in found_words.grade
//
// Money is in fen: a.rent > 100000 is more than 1,000 yuan, and yuan(a.rent) is
// the amount in yuan. Besides the functions of CEL there are
//
//	sum(list)                 of numbers; sum(a.members, "income") of a column
//	yuan(fen)                 a decimal number
//	days_between(d, d)        days_between("2026-11-21", today)
//	years_between(d, d)       full years
//	period_from(p)            first and last day of a period
//	period_to(p)
//	birth_date(number)        what a resident identity number says
//	sex(number)               "male", "female"
//
// An answer that is absent is not an error: Fill gives it the blank value of its
// kind ("" 0 false []), so that a.seats > 10 is false before anybody answered.
// Where blank and absent differ, ask given.seats. Dates are ISO text and compare
// as text; days_between and years_between count, and give 0 when a date is blank.
package rule

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Limits of one expression. A rule of a service is one line; what needs more is
// not a rule.
const (
	maxText  = 2000
	maxDepth = 40
	maxCost  = 20_000
	maxCache = 4096
)

// ErrType means that an expression gives something else than it should.
var ErrType = errors.New("rule: wrong type of result")

// Vars is what an expression sees. Nil maps are empty.
type Vars struct {
	A         map[string]any
	Given     map[string]bool
	Words     map[string]string
	Applicant map[string]any
	Held      map[string]any
	Today     string
	Row       map[string]any
	Licence   map[string]string
	Settings  map[string]float64
	Found     map[string]any
	// FoundWords are findings as people read them, in Chinese.
	FoundWords map[string]string
}

// ResolveName serves CEL.
func (v *Vars) ResolveName(name string) (any, bool) {
	switch name {
	case "a":
		return v.A, true
	case "given":
		return v.Given, true
	case "words":
		return v.Words, true
	case "applicant":
		return v.Applicant, true
	case "held":
		return v.Held, true
	case "today":
		return v.Today, true
	case "row":
		return v.Row, true
	case "licence":
		return v.Licence, true
	case "settings":
		return v.Settings, true
	case "found":
		return v.Found, true
	case "found_words":
		return v.FoundWords, true
	}
	return nil, false
}

// Parent serves CEL.
func (v *Vars) Parent() cel.Activation { return nil }

// Engine compiles expressions and keeps what it compiled. It is safe for use by
// many goroutines.
type Engine struct {
	env  *cel.Env
	bare *cel.Env // without macros: what it parses can be written again

	mu    sync.RWMutex
	cache map[string]*Program
}

// Program is a compiled expression.
type Program struct {
	text string
	ast  *cel.Ast
	prg  cel.Program
	refs []Ref
}

// New returns an engine with an empty cache.
func New() (*Engine, error) {
	env, err := cel.NewEnv(
		cel.Variable("a", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("given", cel.MapType(cel.StringType, cel.BoolType)),
		cel.Variable("words", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("applicant", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("held", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("today", cel.StringType),
		cel.Variable("row", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("licence", cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable("settings", cel.MapType(cel.StringType, cel.DoubleType)),
		cel.Variable("found", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("found_words", cel.MapType(cel.StringType, cel.StringType)),
		// 48 and 48.5 are both areas: numbers compare whatever they are stored as.
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxText),
		cel.ParserRecursionLimit(maxDepth),
		ext.Strings(),
		dateFunction("days_between", daysBetween),
		dateFunction("years_between", yearsBetween),
		sumFunction(),
		yuanFunction(),
		textFunction("period_from", func(s string) string { return periodDay(s, 0) }),
		textFunction("period_to", func(s string) string { return periodDay(s, 1) }),
		textFunction("birth_date", birthDate),
		textFunction("sex", sexOf),
	)
	if err != nil {
		return nil, fmt.Errorf("rule environment: %w", err)
	}
	bare, err := env.Extend(cel.ClearMacros())
	if err != nil {
		return nil, fmt.Errorf("rule environment: %w", err)
	}
	return &Engine{env: env, bare: bare, cache: map[string]*Program{}}, nil
}

// MustNew is New for start-up and tests: the environment is fixed, so an error
// is a programming error.
func MustNew() *Engine {
	e, err := New()
	if err != nil {
		panic(err)
	}
	return e
}

// Compile parses and checks text. A second call with the same text is a lookup.
func (e *Engine) Compile(text string) (*Program, error) {
	e.mu.RLock()
	p, ok := e.cache[text]
	e.mu.RUnlock()
	if ok {
		return p, nil
	}
	a, iss := e.env.Compile(text)
	if err := iss.Err(); err != nil {
		return nil, fmt.Errorf("compile rule %q: %w", text, err)
	}
	prg, err := e.env.Program(a, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("plan rule %q: %w", text, err)
	}
	p = &Program{text, a, prg, refs(a)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.cache) >= maxCache { // somebody edits packages all day; start over
		clear(e.cache)
	}
	e.cache[text] = p
	return p, nil
}

// Bool compiles and runs text. The empty text is true: no condition.
func (e *Engine) Bool(text string, v *Vars) (bool, error) {
	if text == "" {
		return true, nil
	}
	p, err := e.Compile(text)
	if err != nil {
		return false, err
	}
	return p.Bool(v)
}

// Text compiles and runs text, whose result is a text or a number. The empty
// text gives the empty text.
func (e *Engine) Text(text string, v *Vars) (string, error) {
	if text == "" {
		return "", nil
	}
	p, err := e.Compile(text)
	if err != nil {
		return "", err
	}
	return p.Text(v)
}

// Bool runs the program, which must give true or false.
func (p *Program) Bool(v *Vars) (bool, error) {
	out, err := p.run(v)
	if err != nil {
		return false, err
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, fmt.Errorf("run rule %q: %w: %s, not bool", p.text, ErrType, out.Type().TypeName())
	}
	return bool(b), nil
}

// Text runs the program, which must give a text or a number.
func (p *Program) Text(v *Vars) (string, error) {
	out, err := p.run(v)
	if err != nil {
		return "", err
	}
	switch x := out.(type) {
	case types.String:
		return string(x), nil
	case types.Int:
		return strconv.FormatInt(int64(x), 10), nil
	case types.Double:
		return strconv.FormatFloat(float64(x), 'f', -1, 64), nil
	}
	return "", fmt.Errorf("run rule %q: %w: %s, not text", p.text, ErrType, out.Type().TypeName())
}

// Value runs the program and returns a string, int64, float64 or bool.
func (p *Program) Value(v *Vars) (any, error) {
	out, err := p.run(v)
	if err != nil {
		return nil, err
	}
	switch x := out.Value().(type) {
	case string, int64, float64, bool:
		return x, nil
	case uint64:
		return int64(x), nil //nolint:gosec // rules have no use for more
	}
	return nil, fmt.Errorf("run rule %q: %w: %s, not a value", p.text, ErrType, out.Type().TypeName())
}

func (p *Program) run(v *Vars) (ref.Val, error) {
	out, _, err := p.prg.Eval(v)
	if err != nil {
		return nil, fmt.Errorf("run rule %q: %w", p.text, err)
	}
	return out, nil
}

// GivesBool reports whether the program can give true or false.
func (p *Program) GivesBool() bool {
	t := p.ast.OutputType()
	return t == cel.BoolType || t == cel.DynType
}

// GivesText reports whether the program can give a text or a number.
func (p *Program) GivesText() bool {
	t := p.ast.OutputType()
	return t == cel.StringType || t == cel.IntType || t == cel.DoubleType || t == cel.DynType
}

// GivesValue reports whether the program can give what Value returns.
func (p *Program) GivesValue() bool { return p.GivesText() || p.GivesBool() }

// Blank returns the value that stands for "no answer" of a field kind.
func Blank(kind string) any {
	switch kind {
	case "integer", "money":
		return int64(0)
	case "decimal":
		return float64(0)
	case "yesno", "declaration":
		return false
	case "choices":
		return []string{}
	case "group", "table":
		return []any{}
	}
	return ""
}

// Fill returns the variables a and given for answers: each field of kinds has a
// value, blank where there is no answer. Numbers that went through JSON get
// their kind back.
func Fill(kinds map[string]string, answers map[string]any) (a map[string]any, given map[string]bool) {
	a, given = make(map[string]any, len(kinds)), make(map[string]bool, len(kinds))
	for name, kind := range kinds {
		v, ok := answers[name]
		given[name] = ok && v != nil
		if !given[name] {
			v = Blank(kind)
		}
		a[name] = Restore(kind, v)
	}
	return a, given
}

// Restore undoes what JSON does to a whole number and to a list.
func Restore(kind string, v any) any {
	switch x := v.(type) {
	case float64:
		if kind == "integer" || kind == "money" {
			return int64(x)
		}
	case []any:
		if kind == "group" || kind == "table" {
			return x // each cell has a kind of its own
		}
		list := make([]string, 0, len(x))
		for _, e := range x {
			list = append(list, fmt.Sprint(e))
		}
		return list
	}
	return v
}
