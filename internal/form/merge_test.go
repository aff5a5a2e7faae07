package form_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/rule"
)

func text(id string) contract.Field {
	return contract.Field{ID: id, Kind: form.KindText, Label: both, Required: true}
}

func element(f contract.Field, name string) contract.Field {
	f.Element = name
	return f
}

func upload(id, element string) contract.MaterialSpec {
	return contract.MaterialSpec{
		ID: id, Name: both, Origin: "upload", Required: true, Types: []string{"pdf", "jpg"}, MaxMB: 10, MaxFiles: 2, Element: element,
	}
}

// restaurant is a bundle of a food and a fire service.
func restaurant() (contract.Service, []contract.Service) {
	bundle := contract.Service{
		Item: "bundle", Name: both,
		Parts: []contract.Part{{ID: "food", Item: "food-item", Required: true}, {ID: "fire", Item: "fire-item", When: "a.big", After: []string{"food"}}},
		Form: contract.Form{Pages: []contract.Page{{ID: "shop", Title: both, Fields: []contract.Field{
			element(text("shop_name"), "shop-name"), {ID: "big", Kind: form.KindYesNo, Label: both, Required: true},
		}}}},
		Materials: []contract.MaterialSpec{upload("lease", "lease")},
	}
	held := text("boss")
	held.Held = "company.legal_representative"
	food := contract.Service{
		Item: "food-item", Version: 3, Name: contract.Text{ZH: "食品", EN: "Food"}, Agency: "market",
		Form: contract.Form{
			Sections: []contract.Section{{ID: "s", Title: both}},
			Pages: []contract.Page{
				{ID: "who", Title: both, Section: "s", Fields: []contract.Field{element(text("name"), "shop-name"), held}},
				{ID: "space", Title: both, When: `a.name != ""`, Fields: []contract.Field{
					{ID: "area", Kind: form.KindDecimal, Label: both, Required: true, Checks: []contract.Check{{Rule: "a.area > 5", Message: both}}},
					{ID: "staff", Kind: form.KindGroup, Label: both, Row: both, Element: "staff", Fields: []contract.Field{
						text("name"), {ID: "cert", Kind: form.KindYesNo, Label: both, When: `row.name != ""`},
					}},
				}},
			},
		},
		Materials: []contract.MaterialSpec{upload("rent", "lease"), upload("plan", "plan")},
		Rules:     contract.Rules{Eligible: []contract.Check{{Rule: "a.area >= 8", Message: both}}},
	}
	boss := text("chief")
	boss.Held = "company.legal_representative"
	plan := upload("plan", "plan")
	plan.Types, plan.MaxMB, plan.When, plan.CounterToo = []string{"pdf"}, 5, "a.area > 100", true
	own := upload("photo", "")
	fire := contract.Service{
		Item: "fire-item", Version: 2, Name: contract.Text{ZH: "消防", EN: "Fire"}, Agency: "fire",
		Form: contract.Form{Pages: []contract.Page{{ID: "space", Title: both, Fields: []contract.Field{
			boss,
			{ID: "area", Kind: form.KindInteger, Label: both, Required: true},
			{ID: "staff", Kind: form.KindGroup, Label: both, Row: both, Element: "staff", Fields: []contract.Field{text("name"), {ID: "phone", Kind: form.KindPhone, Label: both, Personal: true}}},
			{ID: "exit", Kind: form.KindYesNo, Label: both, Required: true, When: "a.area > 100"},
		}}}},
		Materials:  []contract.MaterialSpec{plan, own},
		Rules:      contract.Rules{Eligible: []contract.Check{{Rule: `!("x" in ["y"]) && a.staff.all(s, s.name != a.chief)`, Message: both}}},
		Commitment: &contract.CommitmentSpec{Content: []contract.Text{both}, Liability: []contract.Text{both}, Materials: []string{"photo"}, VerifyDays: 30, Basis: contract.LawRef{Law: both, Article: "15"}},
	}
	return bundle, []contract.Service{fire, food}
}

// split hands each part what is its own.
func split(t *testing.T, m contract.Service, parts []contract.Service, in form.Input, r form.Result) []contract.PartSubmission {
	t.Helper()
	list, err := form.Split(m, in, r, func(p contract.Part) (*form.Compiled, error) {
		i := slices.IndexFunc(parts, func(s contract.Service) bool { return s.Item == p.Item })
		return form.Compile(rule.MustNew(), parts[i])
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestABundleIsOneForm(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	before, err := json.Marshal(bundle)
	if err != nil {
		t.Fatal(err)
	}
	m, problems := form.Merge(bundle, parts)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	if after, err := json.Marshal(bundle); err != nil || string(after) != string(before) {
		t.Error("the bundle that was given is changed")
	}
	var ids []string
	for _, p := range m.Form.Pages {
		for _, f := range p.Fields {
			ids = append(ids, p.ID+"."+f.ID)
		}
	}
	want := []string{"shop.shop_name", "shop.big", "food-who.boss", "food-space.area", "food-space.staff", "fire-space.fire_area", "fire-space.exit"}
	if !slices.Equal(ids, want) {
		t.Errorf("asks %v, want %v", ids, want)
	}
	if len(m.Form.Sections) != 2 || m.Form.Sections[1].Title.EN != "Fire" || m.Form.Pages[1].Section != "food" || m.Form.Pages[3].When != "a.big" {
		t.Errorf("%+v", m.Form.Sections)
	}
	food, fire := m.Parts[0], m.Parts[1]
	if food.Version != 3 || food.Name.EN != "Food" || food.Agency != "market" || food.Fields["name"] != "shop_name" || food.Materials["rent"] != "lease" {
		t.Errorf("%+v", food)
	}
	if fire.Fields["chief"] != "boss" || fire.Fields["area"] != "fire_area" || fire.Materials["plan"] != "plan" || fire.Fields["staff.phone"] != "staff.phone" {
		t.Errorf("%+v", fire)
	}
	// The staff are needed by both, so they are asked when either needs them.
	space := m.Form.Pages[2]
	if space.When != "" || space.Fields[0].When != `a.shop_name != ""` || space.Fields[1].When != `(a.shop_name != "") || (a.big)` {
		t.Errorf("conditions %q, %q, %q", space.When, space.Fields[0].When, space.Fields[1].When)
	}
	if got := m.Form.Pages[3].Fields[1].When; got != "a.fire_area > 100" {
		t.Errorf("condition %q", got)
	}
	if got := m.Rules.Eligible[1].Rule; got != `!(a.big) || (!("x" in ["y"]) && a.staff.all(s, s.name != a.boss))` {
		t.Errorf("rule %q", got)
	}
	plan := m.Materials[slices.IndexFunc(m.Materials, func(x contract.MaterialSpec) bool { return x.ID == "plan" })]
	if len(m.Materials) != 3 || plan.When != "" || plan.MaxMB != 5 || !slices.Equal(plan.Types, []string{"pdf"}) || plan.CounterToo {
		t.Errorf("plan %+v of %d materials", plan, len(m.Materials))
	}
	if k := m.Parts[1].Commitment; m.Commitment != nil || k == nil || !slices.Equal(k.Materials, []string{"photo"}) || k.When != "a.big" {
		t.Errorf("%+v %+v", m.Commitment, k)
	}
	if p := form.Check(m); len(p) != 0 {
		t.Errorf("the merged form is not sound: %v", p)
	}
}

func TestPartsGetTheirOwnBack(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	m, _ := form.Merge(bundle, parts)
	in := form.Input{
		Today: day.MustParse("2026-11-21"), Committed: true,
		Held: map[string]contract.Held{"company.legal_representative": {Value: "何建军"}},
		Answers: contract.Answers{
			"shop_name": "小馆", "big": true, "area": 120.5, "fire_area": int64(130), "exit": true,
			"staff": []any{map[string]any{"name": "王芳", "cert": true, "phone": "13900138000"}},
		},
		Materials: []contract.Material{{ID: "lease", File: "f1"}, {ID: "plan", File: "f2"}, {ID: "plan", File: "f3"}},
	}
	r := judge(t, m, in)
	if !r.Complete() || !slices.Equal(r.Parts, []string{"food", "fire"}) {
		t.Fatalf("%v, %v", faults(r.Faults()), r.Parts)
	}
	got := split(t, m, parts, in, r)
	want := []contract.Answers{
		{"name": "小馆", "boss": "何建军", "area": 120.5, "staff": []any{map[string]any{"name": "王芳", "cert": true}}},
		{"chief": "何建军", "area": int64(130), "exit": true, "staff": []any{map[string]any{"name": "王芳", "phone": "13900138000"}}},
	}
	files := [][]string{{"plan f2", "plan f3", "rent f1"}, {"photo ", "plan f2", "plan f3"}}
	for i, x := range got {
		if !reflect.DeepEqual(x.Answers, want[i]) {
			t.Errorf("part %s gets %v", x.Part, x.Answers)
		}
		var have []string
		for _, f := range x.Materials {
			have = append(have, f.ID+" "+f.File)
		}
		if !slices.Equal(have, files[i]) {
			t.Errorf("part %s gets %v", x.Part, have)
		}
	}
	if got[0].Committed != nil || got[1].Committed == nil || got[1].Version != 2 || got[1].Item != "fire-item" {
		t.Errorf("%+v", got)
	}
	// What a part gets is a good application for it.
	own := judge(t, parts[0], form.Input{Today: in.Today, Answers: got[1].Answers, Materials: got[1].Materials, Committed: true})
	if !own.Complete() {
		t.Errorf("fire: %v", faults(own.Faults()))
	}
	in.Answers["big"] = false
	if r = judge(t, m, in); !slices.Equal(r.Parts, []string{"food"}) || len(split(t, m, parts, in, r)) != 1 || !r.Complete() {
		t.Errorf("%v, %v", r.Parts, faults(r.Faults()))
	}
}

func TestWhatCannotBeMergedIsTold(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		spoil func(bundle *contract.Service, parts []contract.Service)
		says  string
	}{
		"no package": {func(b *contract.Service, _ []contract.Service) { b.Parts[0].Item = "other" }, "no package"},
		"kinds":      {func(_ *contract.Service, p []contract.Service) { p[0].Form.Pages[0].Fields[0].Kind = form.KindInteger }, "one is text"},
		"columns": {func(_ *contract.Service, p []contract.Service) {
			p[0].Form.Pages[0].Fields[2].Fields = []contract.Field{{ID: "name", Kind: form.KindDate, Label: both}}
		}, "the column name"},
		"conditions": {func(_ *contract.Service, p []contract.Service) {
			p[1].Form.Pages[0].Fields[1].When = "a.name == \"x\""
			p[0].Form.Pages[0].Fields = slices.Insert(p[0].Form.Pages[0].Fields, 0, contract.Field{ID: "need", Kind: form.KindYesNo, Label: both})
			p[0].Form.Pages[0].Fields[1].When = "a.need"
		}, "ask it on a page of the bundle"},
	} {
		bundle, parts := restaurant()
		c.spoil(&bundle, parts)
		_, problems := form.Merge(bundle, parts)
		if !slices.ContainsFunc(problems, func(p form.Problem) bool { return strings.Contains(p.What, c.says) }) {
			t.Errorf("%s: %v", what, problems)
		}
	}
	// A condition that can be told in time widens the first question instead.
	bundle, parts := restaurant()
	parts[1].Form.Pages[0].Fields[1].When = `a.name == "x"`
	m, problems := form.Merge(bundle, parts)
	if got := m.Form.Pages[1].Fields[0].When; len(problems) != 0 || got != `(a.shop_name == "x") || (a.big)` {
		t.Errorf("%q, %v", got, problems)
	}
}

func TestSignersOfPartsSignOnce(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	for i := range parts {
		name := map[int]string{0: "chief", 1: "boss"}[i]
		p := &parts[i]
		number := contract.Field{ID: "number", Kind: form.KindResidentID, Label: both, Personal: true, Element: "boss-number"}
		p.Form.Pages[0].Fields = append(slices.Clone(p.Form.Pages[0].Fields), number)
		p.Form.Pages = append(p.Form.Pages, contract.Page{ID: "sign", Title: both, Signer: "boss", Fields: []contract.Field{
			{ID: "agree", Kind: form.KindDeclaration, Label: both, Required: true},
		}})
		p.Signers = []contract.SignerSpec{{ID: "boss", Name: both, Text: contract.Text{ZH: fmt.Sprint(i), EN: fmt.Sprint(i)}, NameField: name, NumberField: "number"}}
	}
	m, problems := form.Merge(bundle, parts)
	if len(problems) != 0 || len(m.Signers) != 1 || m.Signers[0].When != "" || m.Signers[0].Text.ZH != "1；0" {
		t.Fatalf("%+v, %v", m.Signers, problems)
	}
	in := form.Input{Today: day.MustParse("2026-11-21"), Answers: contract.Answers{"big": true, "boss": "何建军"}, Signers: map[string]form.SignerInput{
		"boss": {Answers: contract.Answers{"agree": true, "fire_agree": true}},
	}}
	r := judge(t, m, in)
	if len(r.Signers) != 1 || len(r.Signers[0].Pages) != 2 || !r.Signers[0].Complete() {
		t.Fatalf("%+v", r.Signers)
	}
	for _, x := range split(t, m, parts, in, r) {
		if x.Answers["agree"] != true {
			t.Errorf("%s lost the signer's answer: %v", x.Part, x.Answers)
		}
	}
}

// A photo that two parts show on their pages is taken once, and is required if
// either part requires it.
func TestPhotosOfPartsAreTakenOnce(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	for i := range parts {
		shot := upload("shot", "shop-front")
		shot.Required = i == 0 // the fire service, which is the second part
		parts[i].Materials = append(parts[i].Materials, shot)
		parts[i].Form.Pages = append(parts[i].Form.Pages, contract.Page{ID: "photo", Title: both, Fields: []contract.Field{
			{ID: "front", Kind: form.KindPhoto, Label: both, Required: shot.Required, Material: "shot"},
		}})
	}
	m, problems := form.Merge(bundle, parts)
	if more := form.Check(m); len(problems)+len(more) != 0 {
		t.Fatal(problems, more)
	}
	var photos []contract.Field
	for _, p := range m.Form.Pages {
		for _, f := range p.Fields {
			if f.Kind == form.KindPhoto {
				photos = append(photos, f)
			}
		}
	}
	if len(photos) != 1 || !photos[0].Required {
		t.Errorf("%+v", photos)
	}
}

// TestSplitLosesNoAnswer merges random services and gives every part back
// exactly what its own form would have asked and got.
func TestSplitLosesNoAnswer(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		parts, given := make([]contract.Service, 3), contract.Answers{}
		bundle := contract.Service{Item: "b", Form: contract.Form{Pages: []contract.Page{{ID: "own", Title: both, Fields: []contract.Field{text("own")}}}}}
		for i := range parts {
			item := contract.ItemID(fmt.Sprintf("i%d", i))
			parts[i] = contract.Service{Item: item}
			used := map[string]bool{}
			for p := range 1 + rnd.IntN(3) {
				page := contract.Page{ID: fmt.Sprintf("p%d", p), Title: both}
				for range 1 + rnd.IntN(4) {
					f := text(fmt.Sprintf("f%d", rnd.IntN(9)))
					if used[f.ID] {
						continue
					}
					used[f.ID] = true
					if rnd.IntN(2) == 0 {
						f.Element = fmt.Sprintf("e%d", rnd.IntN(5))
					}
					page.Fields = append(page.Fields, f)
				}
				parts[i].Form.Pages = append(parts[i].Form.Pages, page)
			}
			bundle.Parts = append(bundle.Parts, contract.Part{ID: fmt.Sprintf("part%d", i), Item: item})
		}
		m, problems := form.Merge(bundle, parts)
		if len(problems) != 0 {
			t.Fatal(seed, problems)
		}
		for _, p := range m.Form.Pages {
			for _, f := range p.Fields {
				if _, twice := given[f.ID]; twice {
					t.Fatalf("seed %d: %s is asked twice", seed, f.ID)
				}
				given[f.ID] = "answer to " + f.ID
			}
		}
		in := form.Input{Answers: given, Today: day.MustParse("2026-11-21")}
		r := judge(t, m, in)
		if !r.Complete() || !maps.Equal(r.Answers, given) {
			t.Fatalf("seed %d: %v", seed, faults(r.Faults()))
		}
		reached := map[string]bool{"own": true}
		for i, x := range split(t, m, parts, in, r) {
			for _, p := range parts[i].Form.Pages {
				for _, f := range p.Fields {
					merged := m.Parts[i].Fields[f.ID]
					reached[merged] = true
					if x.Answers[f.ID] != "answer to "+merged {
						t.Errorf("seed %d: part %d gets %v for %s, which is asked as %s", seed, i, x.Answers[f.ID], f.ID, merged)
					}
				}
			}
		}
		for id := range given {
			if !reached[id] {
				t.Errorf("seed %d: the answer to %s reaches no part", seed, id)
			}
		}
	}
}
