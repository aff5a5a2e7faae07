package rule_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/rule"
)

func household() *rule.Vars {
	rows := []any{
		map[string]any{"name": "陈静", "age": int64(35), "income": int64(300000), "rate": 0.5},
		map[string]any{"name": "黄小满", "age": int64(1), "income": int64(0), "rate": 0.25},
	}
	return &rule.Vars{
		A:     map[string]any{"members": rows, "none": []any{}, "rent": int64(123456), "period": "2026-01-02/2026-02-03", "number": "11010519491231002X"},
		Given: map[string]bool{"members": true}, Row: rows[0].(map[string]any), Licence: map[string]string{"address": "旧址"},
		Held: map[string]any{"household.members": []map[string]any{{"name": "a"}, {"name": "b"}}}, Today: "2026-11-21",
	}
}

func TestRulesSeeRows(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	for _, c := range []struct {
		text string
		want any
	}{
		{`size(a.members)`, int64(2)},
		{`sum(a.members, "income")`, int64(300000)},
		{`sum(a.members, "rate")`, 0.75},
		{`sum(a.members, "nothing")`, int64(0)},
		{`sum(a.none, "income")`, int64(0)},
		{`sum(a.members.map(m, m.age))`, int64(36)},
		{`sum([1, 2.5])`, 3.5},
		{`yuan(sum(a.members, "income"))`, 3000.0},
		{`yuan(a.rent)`, 1234.56},
		{`yuan(2.0)`, 0.02},
		{`a.members.exists(m, m.age < 18)`, true},
		{`a.members.all(m, m.income > 0)`, false},
		{`a.members.filter(m, m.age > 17).size()`, int64(1)},
		{`a.members[1].name`, "黄小满"},
		{`row.name`, "陈静"},
		{`licence.address`, "旧址"},
		{`held["household.members"].size()`, int64(2)},
		{`held["household.members"][1].name`, "b"},
		{`period_from(a.period)`, "2026-01-02"},
		{`days_between(period_from(a.period), period_to(a.period))`, int64(32)},
		{`period_to("")`, ""},
		{`birth_date(a.number)`, "1949-12-31"},
		{`sex(a.number)`, "female"},
		{`birth_date("") + sex("1")`, ""},
		{`years_between(birth_date(a.number), today) >= 60`, true},
	} {
		text, want := c.text, c.want
		p, err := e.Compile(text)
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := p.Value(household())
		if err != nil || got != want {
			t.Errorf("%s = %v (%T), %v, want %v", text, got, got, err, want)
		}
		if !p.GivesValue() {
			t.Errorf("%s gives no value", text)
		}
	}
	for _, text := range []string{`sum(a.members, "name")`, `sum(["a"])`, `yuan(a.period)`, `a.members`, `1 / 0`, `a.members.map(m, m)`} {
		p, err := e.Compile(text)
		if err != nil {
			continue
		}
		if got, err := p.Value(household()); err == nil {
			t.Errorf("%s = %v", text, got)
		}
	}
}

// The limit of cost holds for loops in loops.
func TestLoopsAreBounded(t *testing.T) {
	t.Parallel()
	rows := make([]any, 200)
	for i := range rows {
		rows[i] = map[string]any{"n": int64(i)}
	}
	v := household()
	v.A["many"] = rows
	if got, err := rule.MustNew().Bool(`a.many.all(m, m.n >= 0)`, v); err != nil || !got {
		t.Errorf("one loop over 200 rows: %v, %v", got, err)
	}
	if _, err := rule.MustNew().Bool(`a.many.all(x, a.many.all(y, a.many.all(z, x.n + y.n + z.n >= 0)))`, v); err == nil {
		t.Error("eight million steps were taken")
	}
}

func TestColumnsOfGroups(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	for text, want := range map[string][]rule.Column{
		`a.members.exists(m, m.age > 60 && m["name"] != "")`: {{"members", "age"}, {"members", "name"}},
		`sum(a.members, "income") > 5`:                       {{"members", "income"}},
		`size(a.members) > 1`:                                nil,
		`a.x.all(m, a.y.all(n, m.p == n.q))`:                 {{"x", "p"}, {"y", "q"}},
		`[1, 2].all(m, m > 0)`:                               nil,
	} {
		p, err := e.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Columns(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads %v, want %v", text, got, want)
		}
	}
	p, err := e.Compile(`row.age > 3 && licence.x == "" && a.b`)
	if err != nil || !reflect.DeepEqual(p.Refs(), []rule.Ref{{"row", "age"}, {"licence", "x"}, {"a", "b"}}) || !p.Reads("a", "b") || p.Reads("a", "c") {
		t.Errorf("%v, %v", p.Refs(), err)
	}
}

func TestRulesAreWrittenUnderOtherNames(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	rename := func(r rule.Ref) string {
		if r.Var == "a" || r.Var == "given" || r.Var == "words" {
			return "fire_" + r.Name
		}
		return r.Name
	}
	for text, want := range map[string]string{
		``:                                     ``,
		`a.area > 10 || !given.area`:           `a.fire_area > 10 || !given.fire_area`,
		`a["area"] + 1`:                        `a["fire_area"] + 1`,
		`a.m.exists(x, x.area > a.area)`:       `a.fire_m.exists(x, x.area > a.fire_area)`,
		`words.kind == "a.kind"`:               `words.fire_kind == "a.kind"`,
		`has(a.area) ? 1 : 2`:                  `has(a.fire_area) ? 1 : 2`,
		`row.area + licence.area`:              `row.area + licence.area`,
		`sum(a.m, "area") > (a.b + 1) * 2`:     `sum(a.fire_m, "area") > (a.fire_b + 1) * 2`,
		`held["area"] == "" && today > "2026"`: `held["area"] == "" && today > "2026"`,
	} {
		got, err := e.Rename(text, rename)
		if err != nil || got != want {
			t.Errorf("%s becomes %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := e.Rename("a.b >", rename); err == nil || !strings.Contains(err.Error(), "a.b >") {
		t.Errorf("a broken rule: %v", err)
	}
}

// Written again without a change, a rule means the same.
func FuzzRename(f *testing.F) {
	for _, s := range []string{`a.b > 1 && !(c || a["x"] == 'y')`, `a.m.all(x, x.y < 2) ? "a" : 'b'`, `-a.b - -1 * (2 + 3)`, `"\n\"" + a.b`} {
		f.Add(s)
	}
	e := rule.MustNew()
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := e.Compile(text); err != nil {
			return
		}
		once, err := e.Rename(text, func(r rule.Ref) string { return r.Name })
		if err != nil {
			t.Fatal(err)
		}
		if text != "" {
			if _, err := e.Compile(once); err != nil {
				t.Fatalf("%q becomes %q: %v", text, once, err)
			}
		}
		twice, err := e.Rename(once, func(r rule.Ref) string { return r.Name })
		if err != nil || twice != once {
			t.Fatalf("%q, then %q, then %q: %v", text, once, twice, err)
		}
	})
}
