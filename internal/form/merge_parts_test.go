package form_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
)

func setting(id string, n float64, name string) contract.Setting {
	return contract.Setting{
		ID: id, Number: &n, Name: contract.Text{ZH: name, EN: name}, Source: both,
		Value: contract.Text{ZH: "{settings." + id + "} 米", EN: "{settings." + id + "} metres"},
	}
}

func filled(t *testing.T, s contract.Service) contract.Service {
	t.Helper()
	out, err := s.Filled()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestASettingIsOnePlace(t *testing.T) {
	t.Parallel()
	_, parts := restaurant()
	food := parts[1]
	food.Settings = []contract.Setting{setting("least", 8.5, "least area")}
	food.Rules.Eligible = []contract.Check{{Rule: "a.area >= settings.least", Message: contract.Text{ZH: "不足 {settings.least} 平方米", EN: "below {settings.least}"}}}
	food = filled(t, food)
	if food.Settings[0].Value.ZH != "8.5 米" || food.Rules.Eligible[0].Message.EN != "below 8.5" {
		t.Errorf("%+v, %+v", food.Settings, food.Rules)
	}
	if p := form.Check(food); len(p) != 0 {
		t.Error(p)
	}
	for area, bad := range map[float64]int{8.4: 1, 8.5: 0} {
		if r := judge(t, food, form.Input{Answers: contract.Answers{"name": "x", "area": area}}); len(r.Ineligible) != bad {
			t.Errorf("%g: %v", area, r.Ineligible)
		}
	}
	for what, spoil := range map[string]func(s *contract.Service){
		"unknown setting":  func(s *contract.Service) { s.Settings = nil },
		"both id and":      func(s *contract.Service) { s.Settings[0].Number = nil; s.Rules.Eligible = nil },
		"used twice":       func(s *contract.Service) { s.Settings = append(s.Settings, s.Settings[0]) },
		"{settings.other}": func(s *contract.Service) { s.Guide.Summary.ZH = "{settings.other}" },
		"can never hold":   func(s *contract.Service) { *s.Settings[0].Number = 1e9 },
	} {
		bad := food
		n := *food.Settings[0].Number
		bad.Settings = slices.Clone(food.Settings)
		bad.Settings[0].Number = &n
		spoil(&bad)
		if what == "can never hold" { // no area is that large
			most := 1e6
			bad.Form.Pages = slices.Clone(bad.Form.Pages)
			bad.Form.Pages[1].Fields = slices.Clone(bad.Form.Pages[1].Fields)
			bad.Form.Pages[1].Fields[0].Limit.Max = &most
			bad.Rules.Eligible = []contract.Check{{Rule: "a.area >= settings.least && a.area < 5.0", Message: both}}
		}
		if p := form.Check(bad); !strings.Contains(fmt.Sprint(p), what) {
			t.Errorf("%s: %v", what, p)
		}
	}
}

func TestSettingsOfPartsMeet(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	same := setting("grace", 10, "grace")
	bundle.Settings = []contract.Setting{setting("limit", 1, "limit")}
	bundle.Parts[1].When = "a.big && settings.from <= 120.0"
	bundle.Guide.Summary = contract.Text{ZH: "从 {settings.from} 起", EN: "from {settings.from}"}
	parts[1].Settings = []contract.Setting{setting("limit", 2, "limit"), same}
	parts[1].Rules.Eligible[0].Rule = "a.area >= settings.limit + settings.grace"
	parts[0].Settings = []contract.Setting{setting("limit", 3, "limit"), same, setting("from", 100, "threshold")}
	parts[0].Rules.Eligible[0].Rule = "double(a.area) >= settings.limit"
	m, problems := form.Merge(bundle, []contract.Service{filled(t, parts[0]), filled(t, parts[1])})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	var have []string
	for _, s := range m.Settings {
		have = append(have, fmt.Sprint(s.ID, " ", *s.Number, " ", s.Name.EN))
	}
	want := []string{"limit 1 limit", "food_limit 2 Food: limit", "grace 10 grace", "fire_limit 3 Fire: limit", "from 100 threshold"}
	if !slices.Equal(have, want) {
		t.Errorf("%q", have)
	}
	if got := m.Rules.Eligible[0].Rule; got != "a.area >= settings.food_limit + settings.grace" {
		t.Errorf("%q", got)
	}
	if m.Guide.Summary.ZH != "从 100 起" {
		t.Errorf("%q", m.Guide.Summary.ZH)
	}
	if r := judge(t, m, form.Input{Answers: contract.Answers{"big": true}}); !slices.Equal(r.Parts, []string{"food", "fire"}) {
		t.Errorf("%v", r.Parts)
	}
}

// kindly gives the fire service a kind of place, with what depends on it.
func kindly(parts []contract.Service) {
	fire := &parts[0]
	kind := contract.Field{ID: "kind", Kind: form.KindChoice, Label: both, Required: true, Options: []contract.Option{
		{ID: "restaurant", Label: contract.Text{ZH: "餐馆", EN: "Restaurant"}}, {ID: "club", Label: contract.Text{ZH: "歌厅", EN: "Club"}},
	}}
	stage := contract.Field{ID: "stage", Kind: form.KindYesNo, Label: both, Required: true, When: `a.kind == "club"`}
	fire.Form.Pages[0].Fields = append(slices.Clone(fire.Form.Pages[0].Fields), kind, stage)
	fire.Rules.Eligible = append(fire.Rules.Eligible,
		contract.Check{Rule: `a.kind != "club" || !a.stage || a.area < 300`, Message: both},
		contract.Check{Rule: `a.kind == "restaurant" && a.area < 5000`, Message: both})
	noise := upload("noise", "")
	noise.When = "a.stage"
	seats := upload("seats", "")
	seats.When = `words.kind == "餐馆" && given.kind`
	fire.Materials = append(fire.Materials, noise, seats)
}

func TestABundleFixesAnswers(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	kindly(parts)
	bundle.Parts[1].Answers = map[string]any{"kind": "restaurant"}
	m, problems := form.Merge(bundle, parts)
	if more := form.Check(m); len(problems)+len(more) != 0 {
		t.Fatal(problems, more)
	}
	for _, p := range m.Form.Pages {
		for _, f := range p.Fields {
			if f.ID == "kind" || f.ID == "stage" {
				t.Errorf("%s is asked", f.ID)
			}
		}
	}
	var ids []string
	for _, x := range m.Materials {
		ids = append(ids, x.ID+" "+x.When)
	}
	if slices.ContainsFunc(ids, func(s string) bool { return strings.HasPrefix(s, "noise") }) || !slices.Contains(ids, "seats a.big") {
		t.Errorf("%q", ids)
	}
	var rules []string
	for _, k := range m.Rules.Eligible {
		rules = append(rules, k.Rule)
	}
	if len(rules) != 3 || rules[2] != "!(a.big) || (a.fire_area < 5000)" {
		t.Errorf("%q", rules)
	}
	in := bigOne()
	in.Materials = append(in.Materials, contract.Material{ID: "seats", File: "f4"})
	r := judge(t, m, in)
	if !r.Complete() {
		t.Fatal(faults(r.Faults()), r.Ineligible)
	}
	fire := split(t, m, parts, in, r)[1]
	if fire.Answers["kind"] != "restaurant" || fire.Materials[len(fire.Materials)-1].ID != "seats" {
		t.Errorf("%+v", fire)
	}
	for says, answers := range map[string]map[string]any{
		"unknown field":        {"none": "x"},
		"form.field.option":    {"kind": "hotel"},
		"cannot fix":           {"chief": "somebody"},
		"can never be applied": {"kind": "club"},
	} {
		bundle.Parts[1].Answers = answers
		if _, problems := form.Merge(bundle, parts); !strings.Contains(fmt.Sprint(problems), says) {
			t.Errorf("%s: %v", says, problems)
		}
	}
}

// bigOne is a good application for the restaurant.
func bigOne() form.Input {
	return form.Input{
		Today: day.MustParse("2026-11-21"), Committed: true,
		Held: map[string]contract.Held{"company.legal_representative": {Value: "何建军"}},
		Answers: contract.Answers{
			"shop_name": "小馆", "big": true, "area": 120.5, "fire_area": int64(130), "exit": true,
			"staff": []any{map[string]any{"name": "王芳", "cert": true, "phone": "13900138000"}},
		},
		Materials: []contract.Material{{ID: "lease", File: "f1"}, {ID: "plan", File: "f2"}},
	}
}

func TestAPartProducesWhatAnotherNeeds(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	bundle.Parts[0].After, bundle.Parts[1].After = nil, nil
	parts[1].Materials = append(parts[1].Materials, upload("certificates", "certificates"))
	bundle.Parts[0].From = map[string]string{"certificates": "fire"}
	m, problems := form.Merge(bundle, parts)
	if more := form.Check(m); len(problems)+len(more) != 0 {
		t.Fatal(problems, more)
	}
	in := bigOne()
	r := judge(t, m, in)
	if _, asked := r.Material("certificates"); asked || !r.Complete() {
		t.Fatalf("%v", faults(r.Faults()))
	}
	food := split(t, m, parts, in, r)[0]
	i := slices.IndexFunc(food.Materials, func(x contract.Material) bool { return x.ID == "certificates" })
	if i < 0 || food.Materials[i].Origin != contract.MaterialPart || food.Materials[i].Source != "fire" || food.Materials[i].Name != "消防" {
		t.Fatalf("%+v", food.Materials)
	}
	in.Answers["big"] = false
	r = judge(t, m, in)
	if x, asked := r.Material("certificates"); !asked || !x.Asked {
		t.Error("without the part that produces it nobody is asked for it")
	}
	bundle.Parts[1].When = ""
	if m, problems = form.Merge(bundle, parts); len(problems) != 0 || slices.ContainsFunc(m.Materials, func(x contract.MaterialSpec) bool { return x.ID == "certificates" }) {
		t.Errorf("%v: what a part always produces is still asked", problems)
	}
	bundle.Parts[0].From = map[string]string{"none": "fire", "certificates": "food"}
	m, problems = form.Merge(bundle, parts)
	if all := fmt.Sprint(problems, form.Check(m)); !strings.Contains(all, "unknown material none") || !strings.Contains(all, "no other part") {
		t.Error(all)
	}
}

// A part whose form would hide an answer does not get it, although the bundle
// asked it for another part.
func TestAPartGetsOnlyWhatItsFormShows(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	parts[1].Form.Pages[1].Fields[1].When = "a.area > 500.0" // the staff, for the food service
	m, problems := form.Merge(bundle, parts)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	in := bigOne()
	r := judge(t, m, in)
	if !r.Complete() {
		t.Fatal(faults(r.Faults()))
	}
	got := split(t, m, parts, in, r)
	if got[0].Answers["staff"] != nil {
		t.Errorf("the food service gets %v", got[0].Answers["staff"])
	}
	if want := []any{map[string]any{"name": "王芳", "phone": "13900138000"}}; !reflect.DeepEqual(got[1].Answers["staff"], want) {
		t.Errorf("the fire service gets %v", got[1].Answers["staff"])
	}
}

func TestAPartIsGrantedByItsOwnRule(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change  func(bundle *contract.Service, parts []contract.Service, in *form.Input)
		instant bool
	}{
		"as the rule says": {func(*contract.Service, []contract.Service, *form.Input) {}, true},
		"does not hold":    {func(_ *contract.Service, _ []contract.Service, in *form.Input) { in.Answers["area"] = 150.0 }, false},
		"disputed": {func(_ *contract.Service, _ []contract.Service, in *form.Input) {
			in.Disputed = map[string]string{"boss": "moved"}
			in.Answers["boss"] = "何建军"
		}, false},
		"unchecked": {func(_ *contract.Service, _ []contract.Service, in *form.Input) {
			in.Held, in.Down = nil, []string{"company.legal_representative"}
			in.Answers["boss"] = "何建军"
		}, false},
		"a condition of the part": {func(_ *contract.Service, p []contract.Service, _ *form.Input) {
			p[1].Rules.Eligible[0].Rule = "a.area >= 800.0"
		}, false},
		"waits for another part": {func(b *contract.Service, p []contract.Service, _ *form.Input) {
			p[1].Materials = append(p[1].Materials, upload("certificates", ""))
			b.Parts[0].From = map[string]string{"certificates": "fire"}
		}, false},
	} {
		bundle, parts := restaurant()
		parts[1].Rules.Instant = "a.area < 130.0"
		in := bigOne()
		c.change(&bundle, parts, &in)
		m, problems := form.Merge(bundle, parts)
		if len(problems) != 0 {
			t.Fatal(what, problems)
		}
		got := split(t, m, parts, in, judge(t, m, in))
		if got[0].Instant != c.instant || (len(got[0].Trace) > 0) != c.instant || got[1].Instant {
			t.Errorf("%s: %+v", what, got[0])
		}
	}
}
