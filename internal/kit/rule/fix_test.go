package rule_test

import (
	"testing"

	"github.com/tongban/tongban/internal/kit/rule"
)

func TestRulesReadSettings(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	v := &rule.Vars{A: map[string]any{"area": 320.5, "age": int64(17)}, Settings: map[string]float64{"area": 300, "age": 18}}
	for text, want := range map[string]bool{
		"a.area >= settings.area": true,
		"a.age >= settings.age":   false,
		`a.members == "x"`:        false,
		`years_between("2009-01-01", "2026-11-22") < settings.age`: true,
		`(a.area > 1.0 ? settings.area : settings.age) == 300.0`:   true,
	} {
		v.A["members"] = ""
		if got, err := e.Bool(text, v); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	p, err := e.Compile("a.area >= settings.area")
	if err != nil || !p.Reads("settings", "area") {
		t.Errorf("refs %v, %v", p.Refs(), err)
	}
	if got, err := e.Rename("a.area >= settings.area", func(r rule.Ref) string { return "x_" + r.Name }); err != nil || got != "a.x_area >= settings.x_area" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestKnownValuesSettleRules(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	known := map[rule.Ref]any{
		{Var: "a", Name: "kind"}: "restaurant", {Var: "given", Name: "kind"}: true, {Var: "a", Name: "yes"}: true,
		{Var: "a", Name: "n"}: int64(4), {Var: "a", Name: "x"}: 2.5, {Var: "a", Name: "list"}: []string{"p", "q"},
	}
	for text, want := range map[string]string{
		"": "",
		`!(a.floor < 0 && a.kind == "club") || a.floor >= -1`: "true",
		`a.kind == "restaurant"`:                              "true",
		`given.kind && a.kind != "restaurant"`:                "false",
		`a.kind == "restaurant" && a.floor > 1`:               "a.floor > 1",
		`a.yes ? a.floor : 3`:                                 "a.floor",
		`a.n > 3 && a.x < 3.0`:                                "true",
		`"p" in a.list`:                                       "true",
		`a.floor > 1`:                                         "a.floor > 1",
		`a.staff.exists(s, s.kind == a.kind)`:                 `a.staff.exists(s, s.kind == "restaurant")`,
	} {
		got, err := e.Fix(text, func(r rule.Ref) (any, bool) { v, ok := known[r]; return v, ok })
		if err != nil || got != want {
			t.Errorf("%s: %q, want %q; %v", text, got, want, err)
		}
	}
	if _, err := e.Fix("a.kind ==", func(rule.Ref) (any, bool) { return nil, false }); err == nil {
		t.Error("a rule that cannot be read is no error")
	}
}
