package form_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

const typeCode = "11100000000013338W001"

// proof is a service with one material that may come in every way.
func proof(change func(m *contract.MaterialSpec)) contract.Service {
	m := contract.MaterialSpec{
		ID: "plan", Name: both, Origin: form.OriginUpload, Required: true, Types: []string{"pdf", "jpg"}, MaxMB: 5, MaxFiles: 2,
		Licence: []string{typeCode}, Held: "estate.certificate", ReuseDays: 100, Element: "site-plan",
		Statement: contract.Text{ZH: "我承诺属实", EN: "I state that it is so"}, CounterToo: true, OwedDays: 5,
	}
	if change != nil {
		change(&m)
	}
	return contract.Service{
		Form:      contract.Form{Pages: []contract.Page{{ID: "p", Title: both, Fields: []contract.Field{{ID: "plain", Kind: form.KindYesNo, Label: both}}}}},
		Materials: []contract.MaterialSpec{m},
		Commitment: &contract.CommitmentSpec{
			When: `applicant.kind == "company"`, Content: []contract.Text{both}, Liability: []contract.Text{both}, Materials: []string{"plan"}, VerifyDays: 60,
		},
	}
}

func TestMaterialsComeInWays(t *testing.T) {
	t.Parallel()
	licence := []contract.HeldLicence{{ID: "l", TypeCode: typeCode, Name: both, Number: "N7"}}
	held := map[string]contract.Held{"estate.certificate": {Value: "E1", Source: contract.Text{ZH: "不动产登记", EN: "register"}}}
	copyOf := func(checked, level string) []contract.Copy {
		return []contract.Copy{{Material: contract.Material{ID: "x", File: "f", Blob: "b", Level: level}, Element: "site-plan", Checked: checked}}
	}
	file := []contract.Material{{ID: "plan", File: "f1", Blob: "b", Origin: contract.MaterialUpload}}
	all := []string{contract.MaterialUpload, contract.MaterialStatement, contract.MaterialCounter, contract.MaterialOwed}
	for what, c := range map[string]struct {
		in     form.Input
		asked  bool
		way    string
		ways   []string
		fault  string
		handed []contract.Material
	}{
		"nothing": {form.Input{}, true, "", all, "form.file.missing", nil},
		"licence": {form.Input{Licences: licence}, false, "licence", nil, "", []contract.Material{{ID: "plan", Origin: "licence", Name: "字", Source: "N7", Level: "A"}}},
		"licence disputed": {
			form.Input{Licences: licence, Disputed: map[string]string{"material.plan": "old"}}, true, "", all, "form.file.missing", nil,
		},
		"held": {form.Input{Held: held}, false, "held", nil, "", []contract.Material{{ID: "plan", Origin: "held", Source: "不动产登记", Level: "A"}}},
		"down": {form.Input{Down: []string{"estate.certificate"}}, true, "", all, "form.file.missing", nil},
		"committed": {
			form.Input{Committed: true, Applicant: contract.Party{Kind: "company"}},
			false, "committed", nil, "",
			[]contract.Material{{ID: "plan", Origin: "committed"}},
		},
		"may not commit": {form.Input{Committed: true, Applicant: contract.Party{Kind: "person"}}, true, "", all, "form.file.missing", nil},
		"file":           {form.Input{Materials: file}, true, "upload", all, "", file},
		"of another":     {form.Input{Materials: []contract.Material{{ID: "plan", File: "f", Signer: "other"}}}, true, "", all, "form.file.missing", nil},
		"unlisted":       {form.Input{Materials: []contract.Material{{ID: "other", File: "f"}}}, true, "", all, "form.file.missing", nil},
		"stated": {
			form.Input{Ways: map[string]string{"plan": "statement"}, Materials: file},
			true, "statement", all, "",
			[]contract.Material{{ID: "plan", Origin: "statement", Text: "我承诺属实", Level: "D"}},
		},
		"counter": {form.Input{Ways: map[string]string{"plan": "counter"}}, true, "counter", all, "", []contract.Material{{ID: "plan", Origin: "counter"}}},
		"owed": {
			form.Input{Ways: map[string]string{"plan": "owed"}, DueBy: func(n int) string { return day.MustParse("2026-11-21").Add(n).String() }},
			true, "owed", all, "",
			[]contract.Material{{ID: "plan", Origin: "owed", Due: "2026-11-26"}},
		},
		"chosen, not there": {form.Input{Ways: map[string]string{"plan": "upload"}}, true, "upload", all, "form.file.missing", nil},
		"closed way":        {form.Input{Ways: map[string]string{"plan": "copy"}}, true, "copy", append([]string{"copy"}, all...), "form.file.missing", nil},
		"copy offered":      {form.Input{Copies: copyOf("2026-09-01", "B")}, true, "", append([]string{"copy"}, all...), "form.file.missing", nil},
		"copy taken": {
			form.Input{Copies: copyOf("2026-09-01", "A"), Materials: []contract.Material{{ID: "plan", File: "f", Blob: "b", Origin: "copy"}}},
			true, "copy", append([]string{"copy"}, all...), "",
			[]contract.Material{{ID: "plan", File: "f", Blob: "b", Origin: "copy"}},
		},
		"copy too old":      {form.Input{Copies: copyOf("2026-08-01", "B")}, true, "", all, "form.file.missing", nil},
		"copy not verified": {form.Input{Copies: copyOf("2026-09-01", "C")}, true, "", all, "form.file.missing", nil},
		"in a correction": {
			form.Input{Materials: []contract.Material{{ID: "plan", Origin: "licence", Source: "N7"}}, Reopened: []contract.Mark{{Kind: "field", ID: "plain"}}},
			false, "licence", nil, "",
			[]contract.Material{{ID: "plan", Origin: "licence", Source: "N7"}},
		},
		"reopened": {form.Input{Held: held, Reopened: []contract.Mark{{Kind: "material", ID: "plan"}}}, true, "", all, "form.file.missing", nil},
	} {
		r := judge(t, proof(nil), c.in)
		m := r.Materials[0]
		var ways []string
		for _, w := range m.Ways {
			ways = append(ways, w.Kind)
		}
		code := ""
		if m.Fault != nil {
			code = m.Fault.Code
		}
		if m.Asked != c.asked || m.Way != c.way || !slices.Equal(ways, c.ways) || code != c.fault {
			t.Errorf("%s: asked %v by %q of %v with %q", what, m.Asked, m.Way, ways, code)
		}
		if got := r.Handed(); !reflect.DeepEqual(got, c.handed) {
			t.Errorf("%s: hands in %+v", what, got)
		}
		if (what == "down") != (len(r.Unchecked) == 1) || (what == "licence disputed") != (len(r.Disputes) == 1) {
			t.Errorf("%s: unchecked %v, disputes %v", what, r.Unchecked, r.Disputes)
		}
	}
}

// Nothing is taken that the guide does not list, that does not apply, or that is
// not asked for.
func TestOnlyWhatIsListedIsTaken(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		svc      contract.Service
		in       form.Input
		material string
		way      string
		kind     fault.Kind
	}{
		"listed":         {proof(nil), form.Input{}, "plan", "upload", 0},
		"unlisted":       {proof(nil), form.Input{}, "photo", "upload", fault.NotFound},
		"does not apply": {proof(func(m *contract.MaterialSpec) { m.When = "a.plain" }), form.Input{}, "plan", "upload", fault.NotFound},
		"applies": {
			proof(func(m *contract.MaterialSpec) { m.When = "a.plain" }), form.Input{Answers: contract.Answers{"plain": true}}, "plan", "upload", 0,
		},
		"licence stands for it": {proof(nil), form.Input{Licences: []contract.HeldLicence{{TypeCode: typeCode}}}, "plan", "upload", fault.NotFound},
		"way not offered":       {proof(func(m *contract.MaterialSpec) { m.OwedDays = 0 }), form.Input{}, "plan", "owed", fault.Invalid},
		"government has it":     {proof(func(m *contract.MaterialSpec) { m.Origin = form.OriginGovernment }), form.Input{}, "plan", "upload", fault.NotFound},
		"of a signer":           {proof(nil), form.Input{}, "plan", "upload", 0},
	} {
		m, err := judge(t, c.svc, c.in).Takes("", c.material, c.way)
		if c.kind == 0 && (err != nil || m.Spec.ID != c.material) || c.kind != 0 && fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v, %v", what, m.Spec.ID, err)
		}
	}
	if _, err := judge(t, proof(nil), form.Input{}).Takes("nobody", "plan", "upload"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a signer that does not exist: %v", err)
	}
}

func TestPhotosStandOnTheirPage(t *testing.T) {
	t.Parallel()
	svc := proof(func(m *contract.MaterialSpec) {
		*m = contract.MaterialSpec{ID: "plan", Name: both, Origin: "upload", Required: true, When: "a.plain"}
	})
	svc.Form.Pages = append(svc.Form.Pages, contract.Page{ID: "photo", Title: both, Fields: []contract.Field{
		{ID: "shot", Kind: form.KindPhoto, Label: both, Required: true, Material: "plan", When: "a.plain"},
	}})
	r := judge(t, svc, form.Input{Answers: contract.Answers{"plain": true}})
	if len(r.Uploads()) != 0 || len(r.Pages) != 2 || r.Pages[1].Done || r.Pages[1].Fields[0].Material == nil || r.Materials[0].Page != "photo" {
		t.Errorf("%+v", r)
	}
	wantFaults(t, "missing", r.Faults(), map[string]string{"material.plan": "form.file.missing"})
	r = judge(t, svc, form.Input{Answers: contract.Answers{"plain": true}, Materials: []contract.Material{{ID: "plan", File: "f"}}})
	if !r.Complete() || !r.Pages[1].Done || len(r.Handed()) != 1 {
		t.Errorf("%v", faults(r.Faults()))
	}
	if r := judge(t, svc, form.Input{}); len(r.Pages) != 1 || !r.Complete() {
		t.Errorf("shown although it does not apply: %v", faults(r.Faults()))
	}
	// Where the field is hidden and the material applies, it is a step of its own.
	svc.Form.Pages[1].Fields[0].When = "!a.plain"
	if r := judge(t, svc, form.Input{Answers: contract.Answers{"plain": true}}); len(r.Uploads()) != 1 || len(r.Faults()) != 1 {
		t.Errorf("lost: %v", faults(r.Faults()))
	}
}

// renewal changes a licence that the applicant holds.
func renewal() contract.Service {
	return contract.Service{
		Licence: &contract.LicenceSpec{TypeCode: typeCode, Effect: contract.LicenceChange, Prior: "old", Face: []contract.LicenceLine{
			{ID: "address", Label: both, Value: `given.address ? a.address : licence.address`},
		}},
		Form: contract.Form{Pages: []contract.Page{
			{ID: "which", Title: both, Fields: []contract.Field{{ID: "old", Kind: form.KindLicence, Label: both, Required: true, LicenceTypes: []string{typeCode}}}},
			{ID: "now", Title: both, Fields: []contract.Field{
				{ID: "name", Kind: form.KindText, Label: both, Required: true, Held: "licence.name"},
				{ID: "moves", Kind: form.KindYesNo, Label: both, Required: true},
				{ID: "address", Kind: form.KindText, Label: both, Required: true, When: "a.moves", Checks: []contract.Check{{Rule: "a.address != licence.address", Message: both}}},
			}},
		}},
	}
}

func TestTheChosenLicenceAnswers(t *testing.T) {
	t.Parallel()
	shop := contract.HeldLicence{ID: "l1", TypeCode: typeCode, Name: both, Number: "7", Face: map[string]string{"name": "清和", "address": "旧址"}}
	two := []contract.HeldLicence{shop, {ID: "l2", TypeCode: typeCode, Face: map[string]string{"address": "别处"}}}
	r := judge(t, renewal(), form.Input{Licences: two, Answers: contract.Answers{"old": "l1", "moves": false}})
	if f := r.Pages[1].Fields[0]; f.Held == nil || f.Value != "清和" || f.Held.Source.ZH != "字 7" || !r.Complete() || r.Licence == nil || r.Licence.ID != "l1" {
		t.Errorf("%+v, %v", f, faults(r.Faults()))
	}
	r = judge(t, renewal(), form.Input{Licences: two, Answers: contract.Answers{"old": "l1", "moves": true, "address": "旧址"}})
	wantFaults(t, "same address", r.Faults(), map[string]string{"address": "form.field.check"})
	r = judge(t, renewal(), form.Input{Licences: two, Answers: contract.Answers{"old": "l2", "moves": true, "address": "旧址"}})
	wantFaults(t, "a line that is blank", r.Faults(), map[string]string{"name": "form.field.required"})
	r = judge(t, renewal(), form.Input{Licences: []contract.HeldLicence{}, Answers: contract.Answers{"old": "l1"}})
	if faults(r.Faults())["old"] != "form.field.licence" || r.Licence != nil {
		t.Errorf("a licence of somebody else: %v", faults(r.Faults()))
	}
	r = judge(t, renewal(), form.Input{Answers: contract.Answers{"old": "l1"}})
	if faults(r.Faults())["old"] != "" {
		t.Error("nobody looked, so nobody doubts it")
	}
}
