package archtest

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	hole = regexp.MustCompile(`\{[a-z_]+\}`)
	key  = regexp.MustCompile(`^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+$`)
	head = regexp.MustCompile(`^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\.$`)
	tail = regexp.MustCompile(`^(?:\.[a-z0-9_-]+)+$`)
)

// plain are keys of one word: what programs are told of an error nobody classified.
var plain = []string{"internal"}

// sentence is one entry of a locale file: a text, or a singular and a plural.
type sentence struct{ One, Other string }

func (s *sentence) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &s.Other)
	}
	type pair sentence
	return json.Unmarshal(b, (*pair)(s))
}

type texts map[string]sentence

func holes(s string) []string {
	h := hole.FindAllString(s, -1)
	slices.Sort(h)
	return slices.Compact(h)
}

// languageFaults compares the two languages of one folder. zh-CN is the
// reference and has no singular.
func languageFaults(dir string, zh, en texts) (bad []string) {
	for _, k := range slices.Sorted(maps.Keys(zh)) {
		e, ok := en[k]
		switch {
		case !key.MatchString(k) && !slices.Contains(plain, k):
			bad = append(bad, dir+": "+k+" is no key")
		case !ok:
			bad = append(bad, dir+": "+k+" has no English")
		case zh[k].Other == "" || e.Other == "":
			bad = append(bad, dir+": "+k+" is empty")
		case zh[k].One != "":
			bad = append(bad, dir+": "+k+" has a singular in Chinese")
		case !slices.Equal(holes(zh[k].Other), holes(e.Other)):
			bad = append(bad, dir+": "+k+" has other holes in English")
		case slices.ContainsFunc(holes(e.One), func(h string) bool { return !slices.Contains(holes(e.Other), h) }):
			bad = append(bad, dir+": "+k+" has other holes in the singular")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(en)) {
		if _, ok := zh[k]; !ok {
			bad = append(bad, dir+": "+k+" has no Chinese")
		}
	}
	return bad
}

// usage is how the program speaks of sentences.
type usage struct {
	// needed are keys in places where only a key can stand, with the names
	// that are given for holes (nil when they cannot be read off).
	needed []use
	// flashed are those that are shown on the next page.
	flashed []use
	// literals are all texts that may be keys; heads and tails are pieces that
	// keys are put together from: "licence.state." + state, key + ".title".
	literals, heads, tails map[string]bool
}

type use struct {
	path, key string
	given     []string
	counted   bool // given is known
}

func newUsage() *usage {
	return &usage{literals: map[string]bool{}, heads: map[string]bool{}, tails: map[string]bool{}}
}

// read takes over what a file says of keys.
func (u *usage) read(s source) {
	ast.Inspect(s.File, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BasicLit:
			if lit, ok := text(x); ok && (key.MatchString(lit) || slices.Contains(plain, lit)) {
				u.literals[lit] = true
			}
		case *ast.BinaryExpr:
			u.pieces(x)
		case *ast.CallExpr:
			u.call(s.Path, x)
		case *ast.KeyValueExpr: // fault.Error{Code: "form.invalid"}
			if name, ok := x.Key.(*ast.Ident); ok && name.Name == "Code" {
				u.need(s.Path, x.Value, nil, false)
			}
		}
		return true
	})
}

func (u *usage) pieces(x *ast.BinaryExpr) {
	if x.Op != token.ADD {
		return
	}
	for _, side := range []ast.Expr{x.X, x.Y} {
		lit, ok := text(side)
		if ok && head.MatchString(lit) {
			u.heads[lit] = true
		}
		if ok && tail.MatchString(lit) {
			u.tails[lit] = true
		}
	}
}

// call knows the calls that take a key, by the name of the function and where
// the key stands.
func (u *usage) call(path string, x *ast.CallExpr) {
	sel, ok := x.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch of, _ := sel.X.(*ast.Ident); {
	case sel.Sel.Name == "T" && len(x.Args) > 0:
		given, counted := names(x.Args[1:], x.Ellipsis)
		u.need(path, x.Args[0], given, counted)
	case sel.Sel.Name == "New" && of != nil && of.Name == "fault" && len(x.Args) > 1,
		sel.Sel.Name == "Add" && len(x.Args) > 1:
		u.need(path, x.Args[1], nil, false)
	case sel.Sel.Name == "Flash" && len(x.Args) > 1:
		u.need(path, x.Args[1], nil, false)
		if lit, ok := text(x.Args[1]); ok {
			u.flashed = append(u.flashed, use{path: path, key: lit})
		}
	}
}

func (u *usage) need(path string, arg ast.Expr, given []string, counted bool) {
	if lit, ok := text(arg); ok && key.MatchString(lit) {
		u.needed = append(u.needed, use{path, lit, given, counted})
	}
}

// names are the names of name, value pairs; false when they cannot be read off.
func names(args []ast.Expr, spread token.Pos) ([]string, bool) {
	var list []string
	for i := 0; i < len(args); i += 2 {
		name, ok := text(args[i])
		if !ok {
			return nil, false
		}
		list = append(list, "{"+name+"}")
	}
	return list, spread == token.NoPos
}

// missing reports keys that are used and have no sentence, and holes that
// nothing fills.
func (u *usage) missing(all texts) (bad []string) {
	told := map[string]bool{}
	for _, n := range u.needed {
		s, ok := all[n.key]
		if !ok {
			if told[n.key] {
				continue
			}
			told[n.key] = true
			bad = append(bad, n.path+": "+n.key+" has no sentence")
			continue
		}
		for _, h := range holes(s.Other) {
			if n.counted && !slices.Contains(n.given, h) {
				bad = append(bad, n.path+": nothing fills "+h+" of "+n.key)
			}
		}
	}
	return bad
}

// idle reports sentences that nothing uses.
func (u *usage) idle(all texts) (bad []string) {
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if !u.uses(k) {
			bad = append(bad, k+" is used nowhere")
		}
	}
	return bad
}

func (u *usage) uses(k string) bool {
	if u.literals[k] {
		return true
	}
	for h := range u.heads {
		if strings.HasPrefix(k, h) {
			return true
		}
	}
	for end := range u.tails {
		if base, ok := strings.CutSuffix(k, end); ok && u.literals[base] {
			return true
		}
	}
	return false
}

func load(t *testing.T, name string) texts {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return nil
	}
	var m texts
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

// sentences loads every locale folder and reports what is wrong within it.
func sentences(t *testing.T) texts {
	t.Helper()
	dirs, err := filepath.Glob("../*/*/locale")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no locales: %v", err)
	}
	all := texts{}
	for _, dir := range dirs { // of <area>web, kit/web and kit/api
		zh, en := load(t, dir+"/zh-CN.json"), load(t, dir+"/en.json")
		for _, b := range languageFaults(dir, zh, en) {
			t.Error(b)
		}
		for k, s := range zh {
			if _, twice := all[k]; twice {
				t.Errorf("%s: %s is defined twice", dir, k)
			}
			all[k] = s
		}
	}
	return all
}

func TestEverySentenceIsThereInBothLanguagesAndUsed(t *testing.T) {
	t.Parallel()
	all, u := sentences(t), newUsage()
	for _, s := range sources(t) {
		u.read(s)
	}
	for _, b := range u.missing(all) {
		t.Error(b)
	}
	for _, b := range u.idle(all) {
		t.Error(b)
	}
	for _, b := range u.flashes() {
		t.Error(b)
	}
}

// flashes reports messages for the next page that the kit would not show: it
// shows keys with ".notice." alone, so that a cookie cannot show any sentence.
func (u *usage) flashes() (bad []string) {
	for _, n := range u.flashed {
		if !strings.Contains(n.key, ".notice.") {
			bad = append(bad, n.path+": "+n.key+" would not be shown: name it <area>.notice.<what>")
		}
	}
	return bad
}

func TestLanguageFaultsCatches(t *testing.T) {
	t.Parallel()
	good := sentence{Other: "{n} 天"}
	for _, tt := range []struct {
		rule   string
		zh, en texts
		want   int
	}{
		{"both alike", texts{"a.b": good}, texts{"a.b": {One: "1 day", Other: "{n} days"}}, 0},
		{"no English", texts{"a.b": good}, texts{}, 1},
		{"no Chinese", texts{}, texts{"a.b": good}, 1},
		{"other holes", texts{"a.b": good}, texts{"a.b": {Other: "{m} days"}}, 1},
		{"other holes in the singular", texts{"a.b": good}, texts{"a.b": {One: "{m} day", Other: "{n} days"}}, 1},
		{"an empty text", texts{"a.b": {}}, texts{"a.b": {}}, 1},
		{"a Chinese singular", texts{"a.b": {One: "1 天", Other: "{n} 天"}}, texts{"a.b": good}, 1},
		{"no key", texts{"Title": good}, texts{"Title": good}, 1},
	} {
		if got := languageFaults("x", tt.zh, tt.en); len(got) != tt.want {
			t.Errorf("%s: %v, want %d", tt.rule, got, tt.want)
		}
	}
}

func TestUsageCatches(t *testing.T) {
	t.Parallel()
	all := texts{
		"a.used": {Other: "x"}, "a.idle": {Other: "x"}, "a.holed": {Other: "{n} {m}"}, "a.state.open": {Other: "x"},
		"a.page.title": {Other: "x"}, "a.code": {Other: "x"}, "a.field": {Other: "x"},
	}
	for _, tt := range []struct {
		rule, body    string
		missing, idle string
	}{
		{"a key without sentence", `v.T("a.gone")`, "a.gone", ""},
		{"a fault without sentence", `fault.New(fault.Invalid, "a.gone")`, "a.gone", ""},
		{"a field fault without sentence", `form.Add("name", "a.gone", "n", 1)`, "a.gone", ""},
		{"a hole that nothing fills", `v.T("a.holed", "n", 1)`, "nothing fills {m}", ""},
		{"holes that are filled", `v.T("a.holed", "n", 1, "m", 2)`, "", "a.used"},
		{"holes from a list are believed", `v.T("a.holed", args...)`, "", "a.used"},
		{"a sentence that nothing uses", `v.T("a.used")`, "", "a.idle"},
		{"a key put together in front", `v.T("a.state." + string(s))`, "", "a.used"},
		{"a key put together behind", `f("a.page"); v.T(k + ".title")`, "", "a.used"},
	} {
		u := newUsage()
		u.read(parse(t, "x.go", "package x\nfunc f() { "+tt.body+" }"))
		if got := strings.Join(u.missing(all), "\n"); (got == "") != (tt.missing == "") || !strings.Contains(got, tt.missing) {
			t.Errorf("%s: missing %q, want %q", tt.rule, got, tt.missing)
		}
		if got := strings.Join(u.idle(all), "\n"); tt.idle != "" && !strings.Contains(got, tt.idle) {
			t.Errorf("%s: idle %q, want %q", tt.rule, got, tt.idle)
		}
	}
	u := newUsage()
	u.read(parse(t, "x.go", `package x
func f() { v.T("a.state." + s); g("a.page"); v.T(k + ".title") }`))
	for _, k := range []string{"a.state.open", "a.page.title"} {
		if !u.uses(k) {
			t.Errorf("%s is used", k)
		}
	}
	u.read(parse(t, "y.go", `package y
func f() { k.Flash(w, "a.used"); k.Flash(w, "a.notice.saved") }`))
	if got := u.flashes(); len(got) != 1 || !strings.Contains(got[0], "a.used") {
		t.Errorf("a message that would not be shown: %v", got)
	}
}
