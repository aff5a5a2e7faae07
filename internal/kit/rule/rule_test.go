package rule_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/kit/rule"
)

var kinds = map[string]string{
	"name": "text", "seats": "integer", "area": "decimal", "aircon": "yesno",
	"kinds": "choices", "opened": "date",
}

func vars(answers map[string]any) *rule.Vars {
	a, given := rule.Fill(kinds, answers)
	return &rule.Vars{
		A: a, Given: given, Today: "2026-11-21",
		Applicant: map[string]any{"kind": "company", "name": "清和美发店"},
		Held:      map[string]any{"company.status": "open"},
	}
}

func TestAbsentAnswersAreBlankNotErrors(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	full := map[string]any{
		"name": "清和", "seats": int64(4), "area": 48.5, "aircon": true,
		"kinds": []string{"retail", "online"}, "opened": "2026-01-31",
	}
	for _, c := range []struct {
		text    string
		full    bool
		nothing bool
	}{
		{"", true, true},
		{"a.aircon", true, false},
		{"!a.aircon", false, true},
		{"a.seats > 3", true, false},
		{"a.seats < 10", true, true}, // blank is 0: ask given where it matters
		{"given.seats && a.seats < 10", true, false},
		{"a.area > 48 && a.area < 49", true, false},
		{"a.area > a.seats", true, false}, // decimals and integers compare
		{`"online" in a.kinds`, true, false},
		{`a.kinds.exists(k, k == "retail")`, true, false},
		{"size(a.kinds) == 0", false, true},
		{`a.name.startsWith("清")`, true, false},
		{"a.opened <= today", true, true},
		{"days_between(a.opened, today) > 100", true, false},
		{"years_between(\"2008-11-22\", today) == 17", true, true},
		{"years_between(\"2008-11-21\", today) == 18", true, true},
		{`applicant.kind == "company"`, true, true},
		{`held["company.status"] == "open"`, true, true},
		{`"company.none" in held`, false, false},
	} {
		for which, want := range map[string]bool{"full": c.full, "nothing": c.nothing} {
			answers := full
			if which == "nothing" {
				answers = nil
			}
			got, err := e.Bool(c.text, vars(answers))
			if err != nil || got != want {
				t.Errorf("%s (%s) = %v, %v, want %v", c.text, which, got, err, want)
			}
		}
	}
}

func TestNumbersKeepTheirKindAfterJSON(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	v := vars(map[string]any{"seats": float64(4), "kinds": []any{"x"}, "area": float64(48)})
	for text, want := range map[string]string{
		`string(a.seats)`: "4", `a.seats * 2`: "8", `a.area`: "48", `a.kinds[0]`: "x",
		`a.name + "·" + applicant.name`: "·清和美发店", "": "",
	} {
		if got, err := e.Text(text, v); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	for _, text := range []string{
		"a.", "nobody.x", "1 +", "today > 3", "given.x == 1",
		strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500),
		strings.Repeat("true && ", 2000) + "true",
	} {
		if _, err := e.Compile(text); err == nil {
			t.Errorf("%.40s compiled", text)
		}
	}
	if _, err := e.Bool("a.seats", vars(nil)); !errors.Is(err, rule.ErrType) {
		t.Errorf("a number is no condition: %v", err)
	}
	if _, err := e.Text("a.kinds", vars(nil)); !errors.Is(err, rule.ErrType) {
		t.Errorf("a list is no text: %v", err)
	}
	if _, err := e.Bool("a.unknown == 1", vars(nil)); err == nil {
		t.Error("an unknown field gave an answer")
	}
}

func TestCostIsLimited(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	list := make([]string, 300)
	v := vars(map[string]any{"kinds": list})
	_, err := e.Bool("a.kinds.all(x, a.kinds.all(y, a.kinds.all(z, x == z && y == z)))", v)
	if err == nil || !strings.Contains(err.Error(), "cost limit") {
		t.Fatalf("27 million steps ran: %v", err)
	}
}

func TestRefsNameWhatARuleReads(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	for text, want := range map[string][]rule.Ref{
		"a.x && given.y":                         {{"a", "x"}, {"given", "y"}},
		`a["x"] == a.x`:                          {{"a", "x"}},
		`"x" in a`:                               {{"a", ""}},
		"a[today] == 1":                          {{"a", ""}, {"today", ""}},
		`a.l.exists(v, v == a.m)`:                {{"a", "l"}, {"a", "m"}},
		`applicant.kind == "person" && has(a.z)`: {{"applicant", "kind"}, {"a", "z"}},
	} {
		p, err := e.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Refs(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads %v, want %v", text, got, want)
		}
	}
}

func TestKindOfResult(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	for text, want := range map[string][2]bool{
		"true": {true, false}, "'x'": {false, true}, "1": {false, true}, "a.x": {true, true}, "[1]": {false, false},
	} {
		p, err := e.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{p.GivesBool(), p.GivesText()}; got != want {
			t.Errorf("%s gives %v, want %v", text, got, want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	e := rule.MustNew()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if ok, err := e.Bool("a.seats == 4 && !a.aircon", vars(map[string]any{"seats": int64(4)})); err != nil || !ok {
					t.Error(ok, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"a.seats > 3", `"x" in a.kinds`, "a.x.y.z", "today.split('-')[0]", "a", "1/0", "a.seats/0 > 1"} {
		f.Add(s, "x", int64(1))
	}
	e := rule.MustNew()
	f.Fuzz(func(t *testing.T, text, name string, n int64) {
		v := vars(map[string]any{"name": name, "seats": n, "kinds": []string{name}})
		p, err := e.Compile(text)
		if err != nil {
			return
		}
		_, _ = p.Bool(v)
		_, _ = p.Text(v)
		_ = p.Refs()
	})
}

func BenchmarkBool(b *testing.B) {
	e := rule.MustNew()
	v := vars(map[string]any{"seats": int64(4), "aircon": true})
	p, err := e.Compile("a.aircon && a.seats > 3")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := p.Bool(v); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
