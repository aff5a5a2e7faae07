package form_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
)

const weddingScenarios = `
name: all sign
given:
  applicant: {kind: person, name: 陈静}
  today: "2026-11-23"
  answers:
    married: true
    spouse: 黄磊
    spouse_number: "11010519491231002X"
    members:
      - {name: 王建国, age: 70}
      - {name: 黄小满, age: 1}
  signers:
    spouse: {answers: {agrees: true}, held: {employment.employer: 医院}, files: [photo], signed: true}
    adult/0: {answers: {consent: true}, signed: true}
expect:
  pages: [me]
  signers: [spouse, adult/0]
  signed: true
  signer_faults: {spouse: {}, adult/0: {}}
  materials: [photo]
  ways: {photo: upload}
  answers: {job: 医院, members: [{name: 王建国, age: 70, consent: true}, {name: 黄小满, age: 1}]}
  asked: [consent, members.0.name]
  complete: true
  instant: true
  not_asked: {fields: 0.1}
---
name: nobody has signed
given:
  applicant: {kind: person}
  today: "2026-11-23"
  answers: {married: false, members: [{name: 王小英, age: 40}]}
  signers:
    adult/0: {answers: {consent: false, wage: -1}}
expect:
  signers: [adult/0]
  signed: false
  signer_faults: {adult/0: {consent: form.field.declare, wage: form.field.small}}
`

func TestScenariosTellWhoSigns(t *testing.T) {
	t.Parallel()
	list, err := form.ParseScenarios([]byte(weddingScenarios))
	if err != nil || len(list) != 2 {
		t.Fatal(err)
	}
	for _, p := range form.RunScenarios(wedding(), list) {
		t.Error(p)
	}
	b, name, ok := form.ScenarioBurden(wedding(), list)
	// Seven fields of the applicant and three of the signers (one of two pages has
	// no wage), of which only the employer is held; one photo.
	if !ok || name != "all sign" || b != (form.Burden{Fields: 9, Asked: 8, Materials: 1, MaterialsAsked: 1}) {
		t.Errorf("%+v of %s", b, name)
	}
}

func TestScenariosTellWaysLicencesAndDays(t *testing.T) {
	t.Parallel()
	svc := renewal()
	svc.Materials = proof(nil).Materials
	svc.Limits = contract.Limits{Accept: 5, Statutory: 20, Promised: 7, Unit: "workday"}
	list, err := form.ParseScenarios([]byte(`
name: a licence is changed
given:
  applicant: {kind: company, name: 清和}
  today: "2026-11-23"
  licences: [{id: l1, type: ` + typeCode + `, number: "7", face: {name: 清和, address: 旧址}}]
  disputes: {name: misspelt}
  down: [estate.certificate]
  answers: {old: l1, name: 清禾, moves: true, address: 新址}
expect:
  effect: change
  face: {字: 新址}
  disputes: [name]
  unchecked: []
  ways: {plan: licence}
  not_needed: [plan]
  not_asked: {materials: 1}
  complete: true
  accept_by: "2026-11-30"
  decide_by: "2026-12-02"
---
name: the plan comes later
given:
  applicant: {kind: company}
  today: "2026-11-23"
  licences: []
  copies: [site-plan]
  down: [estate.certificate]
  ways: {plan: owed}
expect:
  ways: {plan: owed}
  unchecked: [material.plan]
  faults: {old: form.field.no_licence, name: form.field.required, moves: form.field.choose}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range form.RunScenarios(svc, list) {
		t.Error(p)
	}
}

func TestScenariosOfABundle(t *testing.T) {
	t.Parallel()
	bundle, parts := restaurant()
	m, _ := form.Merge(bundle, parts)
	list, err := form.ParseScenarios([]byte(`
name: a small place needs no fire inspection
given:
  applicant: {kind: company}
  today: "2026-11-23"
  held: {company.legal_representative: 何建军}
  answers: {shop_name: 小馆, big: false, area: 20}
  files: [lease, plan]
expect: {parts: [food], complete: true, not_asked: {fields: 0.1}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range form.RunScenarios(m, list) {
		t.Error(p)
	}
}

func TestEachExpectationCanFail(t *testing.T) {
	t.Parallel()
	no, given := false, form.Given{Applicant: form.Applicant{Kind: "company"}, Today: "2026-11-23"}
	for name, want := range map[string]form.Want{
		"ways": {Ways: map[string]string{"plan": "licence"}}, "ways of nothing": {Ways: map[string]string{"film": ""}},
		"not needed": {NotNeeded: []string{"plan"}}, "answers": {Answers: map[string]any{"plain": true}},
		"effect": {Effect: "change"}, "disputes": {Disputes: []string{"plain"}}, "unchecked": {Unchecked: []string{"plain"}},
		"signers": {Signers: []string{"a"}}, "signed": {Signed: &no}, "signer faults": {SignerFaults: map[string]map[string]string{"a": {}}},
		"parts": {Parts: []string{"a"}}, "share": {NotAsked: &form.WantShare{Materials: 0.5}}, "accept": {AcceptBy: "2026-11-27"}, "decide": {DecideBy: "soon"},
	} {
		svc := proof(nil)
		svc.Limits = contract.Limits{Accept: 5, Statutory: 20, Promised: 7}
		if len(form.RunScenario(svc, form.Scenario{Name: name, Given: given, Want: want})) == 0 {
			t.Errorf("a wrong expectation of %s passed", name)
		}
	}
	for name, spoil := range map[string]func(g *form.Given){
		"file": func(g *form.Given) { g.Files = []string{"film"} }, "cell": func(g *form.Given) { g.Answers = map[string]any{"plain": []any{1}} },
		"held": func(g *form.Given) { g.Held = map[string]any{"x": map[string]any{}} },
		"signer": func(g *form.Given) {
			g.Signers = map[string]form.GivenSigner{"a": {Answers: map[string]any{"none": 1}}}
		},
	} {
		g := given
		spoil(&g)
		if len(form.RunScenario(proof(nil), form.Scenario{Name: name, Given: g})) == 0 {
			t.Errorf("a scenario with a wrong %s passed", name)
		}
	}
}

func TestRulesOfRowsAreCovered(t *testing.T) {
	t.Parallel()
	list, err := form.ParseScenarios([]byte(weddingScenarios))
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, p := range form.Covered(wedding(), list) {
		open = append(open, p.String())
	}
	for _, want := range []string{"eligible 1: no scenario makes the rule false", "check of field consent: no scenario makes the rule false"} {
		if !slices.ContainsFunc(open, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("not told: %s", want)
		}
	}
	for _, rule := range []string{"signer adult", "field wage", "signer spouse"} {
		if slices.ContainsFunc(open, func(s string) bool { return strings.HasPrefix(s, rule) }) {
			t.Errorf("%s is covered, but %v", rule, open)
		}
	}
}
