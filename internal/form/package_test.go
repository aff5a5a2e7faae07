package form_test

import (
	"io/fs"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/services"
)

func TestShippedPackagesAreSound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{formtest.Hygiene, formtest.Filing} {
		for _, p := range form.Check(formtest.Shipped(t, name)) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

func scenarios(t testing.TB, name string) []form.Scenario {
	t.Helper()
	files, err := fs.Glob(services.Files, name+"/scenarios/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []form.Scenario
	for _, file := range files {
		text, err := services.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		more, err := form.ParseScenarios(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, more...)
	}
	return list
}

func TestShippedScenarios(t *testing.T) {
	t.Parallel()
	for _, name := range []string{formtest.Hygiene, formtest.Filing} {
		svc, list := formtest.Shipped(t, name), scenarios(t, name)
		if len(list) < 4 {
			t.Errorf("%s has %d scenarios, want four at least", name, len(list))
		}
		for _, sc := range list {
			for _, p := range form.RunScenario(svc, sc) {
				t.Errorf("%s: %s", name, p)
			}
		}
		for _, p := range form.Covered(svc, list) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// A scenario that expects something else must fail.
func TestScenarioCatches(t *testing.T) {
	t.Parallel()
	svc := formtest.Shipped(t, formtest.Filing)
	yes, two := true, 2
	for name, want := range map[string]form.Want{
		"pages":      {Pages: []string{"operator"}},
		"materials":  {Materials: []string{"filing_form"}},
		"hidden":     {Hidden: []string{"loose"}},
		"asked":      {Asked: []string{"cold"}},
		"faults":     {Faults: map[string]string{"loose": "form.field.number"}},
		"ineligible": {Ineligible: &two},
		"complete":   {Complete: &yes},
		"instant":    {Instant: &yes},
		"face":       {Face: map[string]string{"经营场所": "别处"}},
	} {
		sc := form.Scenario{Name: name, Given: form.Given{Applicant: form.Applicant{Kind: "company"}, Today: "2026-11-21"}, Want: want}
		if len(form.RunScenario(svc, sc)) == 0 {
			t.Errorf("a wrong expectation of %s passed", name)
		}
	}
	for name, given := range map[string]form.Given{
		"day": {Today: "soon"}, "field": {Today: "2026-11-21", Answers: map[string]any{"nothing": 1}},
		"type": {Today: "2026-11-21", Answers: map[string]any{"loose": "perhaps"}},
	} {
		if len(form.RunScenario(svc, form.Scenario{Name: name, Given: given})) == 0 {
			t.Errorf("a scenario with a wrong %s passed", name)
		}
	}
}

func TestCheckCatches(t *testing.T) {
	t.Parallel()
	good := func() contract.Service {
		return contract.Service{
			Form: contract.Form{Pages: []contract.Page{
				{ID: "one", Title: both, Fields: []contract.Field{
					{ID: "kind", Kind: form.KindChoice, Label: both, Options: []contract.Option{
						{ID: "a", Label: contract.Text{ZH: "甲", EN: "A"}}, {ID: "b", Label: contract.Text{ZH: "乙", EN: "B"}},
					}},
					{ID: "n", Kind: form.KindInteger, Label: both, When: `a.kind == "a"`},
				}},
				{ID: "two", Title: both, When: "a.n > 3", Fields: []contract.Field{{ID: "text", Kind: form.KindText, Label: both}}},
			}},
			Materials: []contract.MaterialSpec{{ID: "plan", Name: both, Origin: "upload", Types: []string{"pdf"}, MaxMB: 1, MaxFiles: 1}},
		}
	}
	if p := form.Check(good()); len(p) != 0 {
		t.Fatalf("a good package: %v", p)
	}
	field := func(s *contract.Service) *contract.Field { return &s.Form.Pages[0].Fields[0] }
	for name, spoil := range map[string]func(s *contract.Service){
		"no pages":            func(s *contract.Service) { s.Form.Pages = nil },
		"page twice":          func(s *contract.Service) { s.Form.Pages[1].ID = "one" },
		"empty page":          func(s *contract.Service) { s.Form.Pages[1].Fields = nil },
		"field twice":         func(s *contract.Service) { s.Form.Pages[1].Fields[0].ID = "kind" },
		"bad field id":        func(s *contract.Service) { s.Form.Pages[1].Fields[0].ID = "my-text" },
		"kind":                func(s *contract.Service) { field(s).Kind = "colour" },
		"no English":          func(s *contract.Service) { field(s).Label.EN = "" },
		"no Chinese":          func(s *contract.Service) { s.Form.Pages[0].Title.ZH = "" },
		"hint in one":         func(s *contract.Service) { field(s).Hint.ZH = "提示" },
		"option twice":        func(s *contract.Service) { field(s).Options[1].ID = "a" },
		"option label twice":  func(s *contract.Service) { field(s).Options[1].Label.ZH = "甲" },
		"one option":          func(s *contract.Service) { field(s).Options = field(s).Options[:1] },
		"unmarked phone":      func(s *contract.Service) { s.Form.Pages[1].Fields[0].Kind = form.KindPhone },
		"rule does not parse": func(s *contract.Service) { s.Form.Pages[1].When = "a.n >" },
		"unknown field":       func(s *contract.Service) { s.Form.Pages[1].When = "a.m > 3" },
		"later field":         func(s *contract.Service) { s.Form.Pages[0].When = "a.n > 3" },
		"own field":           func(s *contract.Service) { s.Form.Pages[0].Fields[1].When = "a.n > 3" },
		"computed field":      func(s *contract.Service) { s.Form.Pages[1].When = "a[a.kind] == 1" },
		"no condition":        func(s *contract.Service) { s.Form.Pages[1].When = "1 + 1" },
		"never":               func(s *contract.Service) { s.Form.Pages[1].When = "a.n > 3 && a.n < 2" },
		"never an option":     func(s *contract.Service) { s.Materials[0].When = `a.kind == "c"` },
		"always":              func(s *contract.Service) { s.Rules.Instant = "a.n > 3 || a.n < 5" },
		"limits":              func(s *contract.Service) { field(s).Limit = contract.Limit{MinLen: 3, MaxLen: 2} },
		"vague material":      func(s *contract.Service) { s.Materials[0].Name.ZH = "其他相关材料" },
		"material origin":     func(s *contract.Service) { s.Materials[0].Origin = "fax" },
		"material types":      func(s *contract.Service) { s.Materials[0].Types = []string{"exe"} },
		"material size":       func(s *contract.Service) { s.Materials[0].MaxMB = 0 },
		"message":             func(s *contract.Service) { s.Rules.Eligible = []contract.Check{{Rule: "a.n > 3"}} },
		"licence line": func(s *contract.Service) {
			s.Licence = &contract.LicenceSpec{Face: []contract.LicenceLine{{Label: both, Value: "a.n > 3"}}}
		},
	} {
		svc := good()
		spoil(&svc)
		if len(form.Check(svc)) == 0 {
			t.Errorf("%s passed", name)
		}
	}
}

var both = contract.Text{ZH: "字", EN: "word"}
