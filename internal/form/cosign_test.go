package form_test

import (
	"reflect"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
)

// wedding is a service that a spouse and each adult of the household sign.
func wedding() contract.Service {
	return contract.Service{
		Signers: []contract.SignerSpec{
			{ID: "spouse", Name: both, Text: both, When: "a.married", NameField: "spouse", NumberField: "spouse_number"},
			{ID: "adult", Name: both, Text: both, When: "row.age >= 18", Group: "members", NameField: "name", NumberField: "number"},
		},
		Materials: []contract.MaterialSpec{{ID: "photo", Name: both, Origin: "upload", Required: true, Signer: "spouse"}},
		Form: contract.Form{Pages: []contract.Page{
			{ID: "me", Title: both, Fields: []contract.Field{
				{ID: "married", Kind: form.KindYesNo, Label: both, Required: true},
				{ID: "spouse", Kind: form.KindText, Label: both, Required: true, When: "a.married"},
				{ID: "spouse_number", Kind: form.KindResidentID, Label: both, Required: true, Personal: true, When: "a.married"},
				{ID: "members", Kind: form.KindGroup, Label: both, Row: both, Fields: []contract.Field{
					{ID: "name", Kind: form.KindText, Label: both, Required: true},
					{ID: "number", Kind: form.KindResidentID, Label: both, Personal: true},
					{ID: "age", Kind: form.KindInteger, Label: both, Required: true},
				}},
			}},
			{ID: "other", Title: both, Signer: "spouse", Fields: []contract.Field{
				{ID: "job", Kind: form.KindText, Label: both, Required: true, Held: "employment.employer"},
				{ID: "agrees", Kind: form.KindDeclaration, Label: both, Required: true},
			}},
			{ID: "each", Title: both, Signer: "adult", Fields: []contract.Field{
				{ID: "wage", Kind: form.KindMoney, Label: both, Required: true, When: "row.age < 60"},
				{ID: "consent", Kind: form.KindDeclaration, Label: both, Required: true, Checks: []contract.Check{{Rule: "a.wage >= 0 && row.age > 0", Message: both}}},
			}},
		}},
		Rules: contract.Rules{
			Eligible: []contract.Check{{Rule: `a.job != "none"`, Message: both}},
			Instant:  "a.agrees",
		},
	}
}

func TestSigners(t *testing.T) {
	t.Parallel()
	in := form.Input{Answers: contract.Answers{
		"married": true, "spouse": "黄磊", "spouse_number": "11010519491231002X",
		"members": []any{
			map[string]any{"name": "黄小满", "age": int64(1)},
			map[string]any{"name": "王建国", "age": int64(70)},
			map[string]any{"name": "王小英", "number": "11010519491231002X", "age": int64(40)},
		},
		"agrees": true, // what the applicant says on a signer's page does not count
	}}
	r := judge(t, wedding(), in)
	var ids []string
	for _, s := range r.Signers {
		ids = append(ids, s.ID)
	}
	if !reflect.DeepEqual(ids, []string{"spouse", "adult/1", "adult/2"}) || !r.Complete() || r.Signed() || r.Instant || len(r.Pages) != 1 {
		t.Fatalf("%v, complete %v, signed %v, %v", ids, r.Complete(), r.Signed(), faults(r.Faults()))
	}
	if r.Asked != 4 {
		t.Errorf("the applicant is asked %d, which counts what signers are asked", r.Asked)
	}
	spouse, _ := r.Signer("spouse")
	if spouse.Person != "黄磊" || spouse.Number != "11010519491231002X" || spouse.Row != -1 || len(spouse.Pages) != 1 {
		t.Errorf("%+v", spouse)
	}
	wantFaults(t, "spouse", spouse.Faults(), map[string]string{
		"job": "form.field.required", "agrees": "form.field.declare", "material.photo": "form.file.missing",
	})
	old, _ := r.Signer("adult/1")
	if old.Person != "王建国" || old.Row != 1 || len(old.Pages[0].Fields) != 1 {
		t.Errorf("%+v", old)
	}
	if _, there := r.Answers["agrees"]; there {
		t.Error("the applicant agreed for the spouse")
	}
	signature := &contract.Signature{Method: "keyed"}
	in.Signers = map[string]form.SignerInput{
		"spouse": {
			Answers: contract.Answers{"agrees": true}, Held: map[string]contract.Held{"employment.employer": {Value: "医院"}},
			Materials: []contract.Material{{ID: "photo", File: "f", Signer: "spouse"}}, Signature: signature,
		},
		"adult/1": {Answers: contract.Answers{"consent": true}, Signature: signature},
		"adult/2": {Answers: contract.Answers{"consent": true, "wage": int64(500)}, Signature: signature},
	}
	r = judge(t, wedding(), in)
	if !r.Signed() || !r.Instant || len(r.Handed()) != 1 {
		for _, s := range r.Signers {
			t.Errorf("%s: %v", s.ID, faults(s.Faults()))
		}
		t.Fatalf("signed %v, instant %v", r.Signed(), r.Instant)
	}
	rows := r.Answers["members"].([]any)
	if r.Answers["job"] != "医院" || !reflect.DeepEqual(rows[2], map[string]any{
		"name": "王小英", "number": "11010519491231002X", "age": int64(40), "consent": true, "wage": int64(500),
	}) {
		t.Errorf("submits %v", r.Answers)
	}
	if _, there := r.Answers["wage"]; there {
		t.Error("the wage of one stands at the top")
	}
	// A correction keeps what the signers said, and what stood for a material.
	again := judge(t, wedding(), form.Input{
		Answers: r.Answers, Materials: r.Handed(), Reopened: []contract.Mark{{Kind: "field", ID: "married"}},
	})
	if !reflect.DeepEqual(again.Answers, r.Answers) || !reflect.DeepEqual(again.Handed(), r.Handed()) {
		t.Errorf("a correction changes %v to %v", r.Answers, again.Answers)
	}
	// Nobody signs who need not.
	in.Answers["married"] = false
	if r = judge(t, wedding(), in); len(r.Signers) != 2 {
		t.Errorf("%d signers", len(r.Signers))
	}
	// What the spouse says can make the application impossible.
	in.Answers["married"] = true
	x := in.Signers["spouse"]
	x.Held, x.Answers = nil, contract.Answers{"agrees": true, "job": "none"}
	in.Signers["spouse"] = x
	if r = judge(t, wedding(), in); len(r.Ineligible) != 1 {
		t.Errorf("ineligible %v", r.Ineligible)
	}
}

func TestDisputesAndSilentRegistries(t *testing.T) {
	t.Parallel()
	svc := one(contract.Field{Kind: form.KindText, Required: true, Held: "company.address"})
	source := contract.Text{ZH: "市监局", EN: "market bureau"}
	held := map[string]contract.Held{"company.address": {Value: "旧址", Source: source}}
	r := judge(t, svc, form.Input{Held: held, Disputed: map[string]string{"x": "moved"}})
	f := r.Pages[0].Fields[0]
	if f.Held != nil || f.Known == nil || f.Known.Value != "旧址" || f.Disputed == nil || r.Asked != 1 {
		t.Errorf("%+v", f)
	}
	if want := []contract.Dispute{{Field: "x", Key: "company.address", Source: source, Reason: "moved"}}; !reflect.DeepEqual(r.Disputes, want) {
		t.Errorf("%v", r.Disputes)
	}
	wantFaults(t, "disputed", r.Faults(), map[string]string{"x": "form.field.required"})
	r = judge(t, svc, form.Input{Held: held, Disputed: map[string]string{"x": "moved"}, Answers: contract.Answers{"x": "新址"}})
	if r.Answers["x"] != "新址" || !r.Complete() {
		t.Errorf("%v", r.Answers)
	}
	// There is nothing to dispute where nothing is held.
	if r = judge(t, svc, form.Input{Disputed: map[string]string{"x": "moved"}}); len(r.Disputes) != 0 {
		t.Errorf("%v", r.Disputes)
	}
	r = judge(t, svc, form.Input{Down: []string{"company.address"}, Answers: contract.Answers{"x": "新址"}})
	if !reflect.DeepEqual(r.Unchecked, []string{"x"}) || !r.Pages[0].Fields[0].Unchecked || !r.Complete() {
		t.Errorf("%v", r.Unchecked)
	}
}
