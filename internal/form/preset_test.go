package form_test

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
)

// renewing asks which licence is renewed, and reads its last day.
func renewing() contract.Service {
	n := 30.0
	return contract.Service{
		Form: contract.Form{Pages: []contract.Page{{ID: "old", Title: both, Fields: []contract.Field{
			{ID: "old", Kind: form.KindLicence, Label: both, Required: true, LicenceTypes: []string{typeCode}},
			{ID: "until", Kind: form.KindComputed, Label: both, Value: "licence.valid_to"},
			{ID: "day", Kind: form.KindDate, Label: both, Held: "licence.valid_from"},
		}}}},
		Settings: []contract.Setting{{ID: "days", Number: &n, Name: both, Value: both, Source: both}},
		Rules: contract.Rules{Eligible: []contract.Check{{
			Rule: `licence.valid_to == "" || double(days_between(today, licence.valid_to)) >= settings.days`, Message: both,
		}}},
		Licence: &contract.LicenceSpec{TypeCode: typeCode, Effect: contract.LicenceRenew, Prior: "old", Face: []contract.LicenceLine{
			{Label: both, Value: `licence.valid_to`},
		}},
	}
}

func TestTheOnlyLicenceIsChosenBeforehand(t *testing.T) {
	t.Parallel()
	held := func(ids ...string) []contract.HeldLicence {
		list := []contract.HeldLicence{}
		for _, id := range ids {
			list = append(list, contract.HeldLicence{ID: contract.LicenceID(id), TypeCode: typeCode, Name: both, Number: "N" + id, From: "2022-12-28", To: "2026-12-27"})
		}
		return list
	}
	svc := renewing()
	if p := form.Check(svc); len(p) != 0 {
		t.Fatal(p)
	}
	optional := renewing()
	optional.Form.Pages[0].Fields[0].Required = false
	for what, c := range map[string]struct {
		svc    contract.Service
		in     form.Input
		want   any
		preset bool
	}{
		"one":            {svc, form.Input{Licences: held("a")}, "a", true},
		"one, confirmed": {svc, form.Input{Licences: held("a"), Answers: contract.Answers{"old": "a"}}, "a", true},
		"two":            {svc, form.Input{Licences: held("a", "b")}, nil, false},
		"two, chosen":    {svc, form.Input{Licences: held("a", "b"), Answers: contract.Answers{"old": "b"}}, "b", false},
		"none":           {svc, form.Input{Licences: held()}, nil, false},
		"nobody looked":  {svc, form.Input{}, nil, false},
		"another chosen": {svc, form.Input{Licences: held("a"), Answers: contract.Answers{"old": "gone"}}, "gone", false},
		"doubted":        {svc, form.Input{Licences: held("a"), Reopened: []contract.Mark{{Kind: "field", ID: "old"}}}, nil, false},
		"need not":       {optional, form.Input{Licences: held("a")}, nil, false},
	} {
		r := judge(t, c.svc, c.in)
		f := r.Pages[0].Fields[0]
		if f.Value != c.want || f.Preset != c.preset || f.Asks() == c.preset {
			t.Errorf("%s: %v, preset %v, asks %v", what, f.Value, f.Preset, f.Asks())
		}
		if c.preset && (!r.Complete() || r.Answers["old"] != "a" || f.Words.ZH == "" || r.Licence == nil || !r.Pages[0].Done) {
			t.Errorf("%s: %v", what, faults(r.Faults()))
		}
	}
}

func TestRulesReadTheDaysOfALicence(t *testing.T) {
	t.Parallel()
	svc := renewing()
	for to, bad := range map[string]int{"2026-12-21": 0, "2026-12-20": 1, "": 0} {
		in := form.Input{Licences: []contract.HeldLicence{{ID: "a", TypeCode: typeCode, From: "2022-12-28", To: to}}}
		r := judge(t, svc, in)
		if len(r.Ineligible) != bad || r.Answers["day"] != "2022-12-28" {
			t.Errorf("%q: %v, %v", to, r.Ineligible, r.Answers)
		}
		if to != "" && r.Answers["until"] != to {
			t.Errorf("%q: %v", to, r.Answers["until"])
		}
	}
}

// A place that no directory knows cannot be shown by its name, so it is asked.
func TestAHeldPlaceIsShownByNameOrAsked(t *testing.T) {
	t.Parallel()
	svc := contract.Service{Form: contract.Form{Pages: []contract.Page{{ID: "p", Title: both, Fields: []contract.Field{
		{ID: "home", Kind: form.KindDivision, Label: both, Required: true, Held: "household.division"},
	}}}}}
	names := func(code string) (contract.Text, bool) {
		return contract.Text{ZH: "四川省广安市广安区万盛街道", EN: "四川省广安市广安区万盛街道"}, code == "511602005"
	}
	for code, words := range map[string]string{"511602005": "四川省广安市广安区万盛街道", "511602003": ""} {
		r := judge(t, svc, form.Input{Divisions: names, Held: map[string]contract.Held{"household.division": {Value: code}}})
		f := r.Pages[0].Fields[0]
		if f.Words.ZH != words || f.Asks() != (words == "") {
			t.Errorf("%s: %q, asks %v", code, f.Words.ZH, f.Asks())
		}
		if got := r.Show(f.Field, "511602005").ZH; got != "四川省广安市广安区万盛街道" {
			t.Errorf("%q", got)
		}
	}
}
