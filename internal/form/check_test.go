package form_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
)

// sound is a package that uses everything and has nothing wrong with it.
func sound() contract.Service {
	number := func(id string) contract.Field {
		return contract.Field{ID: id, Kind: form.KindResidentID, Label: both, Personal: true, Required: true}
	}
	return contract.Service{
		Item: "x",
		Form: contract.Form{
			Sections: []contract.Section{{ID: "first", Title: both}},
			Pages: []contract.Page{
				{ID: "one", Section: "first", Title: both, Fields: []contract.Field{
					{ID: "old", Kind: form.KindLicence, Label: both, Required: true, LicenceTypes: []string{typeCode}},
					{ID: "name", Kind: form.KindText, Label: both, Required: true, Held: "licence.name", Element: "name"},
					number("number"),
					{ID: "rent", Kind: form.KindMoney, Label: both},
					{ID: "members", Kind: form.KindGroup, Label: both, Row: both, Fields: []contract.Field{
						{ID: "name", Kind: form.KindText, Label: both, Required: true},
						number("number"),
						{ID: "age", Kind: form.KindInteger, Label: both, Checks: []contract.Check{{Rule: "row.age < 150", Message: both}}},
						{ID: "works", Kind: form.KindYesNo, Label: both, When: "row.age > 15"},
					}},
					{ID: "total", Kind: form.KindComputed, Label: both, Value: `sum(a.members, "age")`},
				}},
				{ID: "two", Title: both, When: "yuan(a.rent) > 5000.0", Fields: []contract.Field{
					{ID: "shot", Kind: form.KindPhoto, Label: both, Required: true, Material: "photo"},
					{ID: "all_work", Kind: form.KindYesNo, Label: both, When: "a.members.all(m, m.works) && size(a.members) > 1"},
				}},
				{ID: "three", Title: both, Signer: "adult", Fields: []contract.Field{
					{ID: "agree", Kind: form.KindDeclaration, Label: both, Required: true},
					{ID: "job", Kind: form.KindText, Label: both, When: "row.works"},
				}},
				{ID: "four", Title: both, Signer: "spouse", Fields: []contract.Field{{ID: "yes", Kind: form.KindDeclaration, Label: both, Required: true}}},
			},
		},
		Materials: []contract.MaterialSpec{
			{ID: "photo", Name: both, Origin: "upload", Required: true, Types: []string{"jpg"}, MaxMB: 1, MaxFiles: 1, Photo: true, Licence: []string{typeCode}},
			{ID: "plan", Name: both, Origin: "upload", Required: true, Types: []string{"pdf"}, MaxMB: 1, MaxFiles: 1, Element: "plan", ReuseDays: 9, OwedDays: 3},
		},
		Signers: []contract.SignerSpec{
			{ID: "adult", Name: both, Text: both, Group: "members", NameField: "name", NumberField: "number", When: "row.age >= 18"},
			{ID: "spouse", Name: both, Text: both, NameField: "name", NumberField: "number"},
		},
		Commitment: &contract.CommitmentSpec{
			Content: []contract.Text{both}, Liability: []contract.Text{both}, Materials: []string{"plan"}, VerifyDays: 60,
			Basis: contract.LawRef{Law: both, Article: "1"},
		},
		Handling: contract.Handling{
			Units:   []contract.Unit{{ID: "fire", Agency: "1", Task: both, Days: 3, Fields: []string{"name"}, Materials: []string{"plan"}, When: "a.rent > 100"}},
			Special: []contract.SpecialSpec{{Kind: "appraisal", Days: 5, Text: both}},
		},
		Rules: contract.Rules{Eligible: []contract.Check{{Rule: "a.yes || a.rent < 7", Message: both}}},
		Licence: &contract.LicenceSpec{TypeCode: typeCode, Effect: contract.LicenceRenew, Prior: "old", Face: []contract.LicenceLine{
			{ID: "name", Label: both, Value: "licence.name + string(a.total)"},
		}},
	}
}

func page(s *contract.Service, i int) *contract.Page { return &s.Form.Pages[i] }

func column0(s *contract.Service, i int) *contract.Field { return &page(s, 0).Fields[i] }

// spoilt is a way to break a package, and what the check says then.
type spoilt struct {
	spoil func(s *contract.Service)
	says  string
}

func spoiltFields() map[string]spoilt {
	one := column0
	return map[string]spoilt{
		"section":            {func(s *contract.Service) { page(s, 0).Section = "none" }, "unknown section"},
		"section twice":      {func(s *contract.Service) { s.Form.Sections = slices.Repeat(s.Form.Sections, 2) }, "used twice"},
		"page signer":        {func(s *contract.Service) { page(s, 2).Signer = "none" }, "unknown signer"},
		"element twice":      {func(s *contract.Service) { one(s, 3).Element = "name" }, "same element"},
		"no columns":         {func(s *contract.Service) { one(s, 4).Fields = nil }, "needs fields"},
		"columns elsewhere":  {func(s *contract.Service) { one(s, 3).Fields = one(s, 4).Fields }, "does not belong"},
		"column kind":        {func(s *contract.Service) { one(s, 4).Fields[0].Kind = form.KindSignature }, "cannot stand in a row"},
		"column twice":       {func(s *contract.Service) { one(s, 4).Fields[1].ID = "name" }, "used twice"},
		"row has no name":    {func(s *contract.Service) { one(s, 4).Row = contract.Text{} }, "has no Chinese"},
		"column not marked":  {func(s *contract.Service) { one(s, 4).Fields[1].Personal = false }, "must be marked so"},
		"unknown row":        {func(s *contract.Service) { one(s, 4).Fields[3].When = "row.years > 15" }, "unknown column row.years"},
		"later in row":       {func(s *contract.Service) { one(s, 4).Fields[0].When = "row.age > 15" }, "asked later"},
		"row outside":        {func(s *contract.Service) { one(s, 3).When = "row.age > 15" }, "does not stand in a row"},
		"unknown column":     {func(s *contract.Service) { one(s, 5).Value = `sum(a.members, "income")` }, "unknown column income"},
		"column in loop":     {func(s *contract.Service) { page(s, 1).When = "a.members.exists(m, m.ages > 3)" }, "unknown column ages"},
		"never in rows":      {func(s *contract.Service) { page(s, 1).When = "a.members.exists(m, m.age > 3 && m.age < 2)" }, "never hold"},
		"own group":          {func(s *contract.Service) { one(s, 4).Fields[0].When = "size(a.members) > 1" }, "asked later"},
		"no value":           {func(s *contract.Service) { one(s, 5).Value = "" }, "needs value"},
		"required value":     {func(s *contract.Service) { one(s, 5).Required = true }, "never asked"},
		"value gives a list": {func(s *contract.Service) { one(s, 5).Value = "[1]" }, "wrong type"},
		"value reads later":  {func(s *contract.Service) { one(s, 5).Value = "a.all_work" }, "asked later"},
		"money unit":         {func(s *contract.Service) { one(s, 3).Unit = both }, "leave out the unit"},
		"licence types":      {func(s *contract.Service) { one(s, 0).LicenceTypes = nil }, "needs licence_types"},
		"type code":          {func(s *contract.Service) { one(s, 0).LicenceTypes[0] = "T" }, "no type code"},
		"licence later": {func(s *contract.Service) {
			f := page(s, 0).Fields
			f[0], f[1] = f[1], f[0]
		}, "no licence field is asked before"},
		"unlisted material": {func(s *contract.Service) { page(s, 1).Fields[0].Material = "film" }, "does not list"},
		"material twice":    {func(s *contract.Service) { page(s, 1).Fields[1] = page(s, 1).Fields[0]; page(s, 1).Fields[1].ID = "b" }, "same material"},
		"material held":     {func(s *contract.Service) { s.Materials[0].Origin = form.OriginGovernment }, "not handed in"},
		"material optional": {func(s *contract.Service) { s.Materials[0].Required = false }, "must be required as"},
		"photo as pdf":      {func(s *contract.Service) { s.Materials[0].Types = []string{"pdf"} }, "comes as jpg"},
	}
}

func spoiltRest() map[string]spoilt {
	return map[string]spoilt{
		"fails":             {func(s *contract.Service) { page(s, 1).When = "10 / size(a.members) > 3" }, "fails for some answers"},
		"reuse":             {func(s *contract.Service) { s.Materials[1].Element = "" }, "needs an element"},
		"owed and optional": {func(s *contract.Service) { s.Materials[1].Required = false }, "cannot be owed"},
		"material signer":   {func(s *contract.Service) { s.Materials[1].Signer = "none" }, "unknown signer"},
		"statement in one":  {func(s *contract.Service) { s.Materials[1].Statement.ZH = "承诺" }, "has no English"},
		"signer text":       {func(s *contract.Service) { s.Signers[0].Text = contract.Text{} }, "has no Chinese"},
		"signer group":      {func(s *contract.Service) { s.Signers[0].Group = "name" }, "no group"},
		"signer name":       {func(s *contract.Service) { s.Signers[1].NameField = "nobody" }, "no field that the applicant answers"},
		"signer number":     {func(s *contract.Service) { s.Signers[1].NumberField = "name" }, "must be of kind"},
		"signer twice":      {func(s *contract.Service) { s.Signers[1].ID = "adult" }, "used twice"},
		"signer optional":   {func(s *contract.Service) { column0(s, 2).Required = false }, "nobody can be asked to sign"},
		"signer sometimes":  {func(s *contract.Service) { column0(s, 2).When = `a.name != ""` }, "give the signer that condition"},
		"day of validity":   {func(s *contract.Service) { s.Licence.Face[0].ID = "valid_to" }, "days of validity"},
		"unverified":        {func(s *contract.Service) { s.Procedure = "joint" }, "needs the procedure notify-and-commit"},
		"units alone":       {func(s *contract.Service) { s.Procedure = "licensing" }, "units give opinions"},
		"parts alone": {func(s *contract.Service) {
			s.Licence, s.Procedure, s.Parts = nil, "licensing", []contract.Part{{ID: "a", Item: "1"}}
		}, "need the procedure bundle"},
		"bundle of nothing": {func(s *contract.Service) { s.Procedure = "bundle" }, "are missing"},
		"from itself": {func(s *contract.Service) {
			s.Licence, s.Parts = nil, []contract.Part{{ID: "a", Item: "1", From: map[string]string{"m": "a"}}}
		}, "no other part"},
		"signer's answer":  {func(s *contract.Service) { page(s, 1).When = "a.yes" }, "which only the signer"},
		"row's answer":     {func(s *contract.Service) { s.Rules.Eligible[0].Rule = "a.agree" }, "which only the signer"},
		"other's answer":   {func(s *contract.Service) { page(s, 2).Fields[1].When = "a.yes" }, "which only the signer"},
		"commitment":       {func(s *contract.Service) { s.Commitment.Materials = []string{"none"} }, "unknown material"},
		"no liability":     {func(s *contract.Service) { s.Commitment.Liability = nil }, "no liability"},
		"not verified":     {func(s *contract.Service) { s.Commitment.VerifyDays = 0 }, "verify_days"},
		"unit field":       {func(s *contract.Service) { s.Handling.Units[0].Fields = []string{"none"} }, "unknown field"},
		"unit days":        {func(s *contract.Service) { s.Handling.Units[0].Days = 0 }, "needs days"},
		"special":          {func(s *contract.Service) { s.Handling.Special[0].Kind = "party" }, "unknown kind"},
		"setting":          {func(s *contract.Service) { s.Settings = []contract.Setting{{Name: both, Value: both}} }, "has no Chinese"},
		"effect":           {func(s *contract.Service) { s.Licence.Effect = "burn" }, "unknown effect"},
		"no prior":         {func(s *contract.Service) { s.Licence.Prior = "" }, "needs prior"},
		"new with prior":   {func(s *contract.Service) { s.Licence.Effect = "" }, "no prior one"},
		"prior of another": {func(s *contract.Service) { s.Licence.TypeCode = "21100000000013338W001" }, "does not offer"},
		"no licence to read": {func(s *contract.Service) {
			s.Licence, page(s, 0).Fields = nil, page(s, 0).Fields[2:]
			s.Signers = s.Signers[:1]
			s.Form.Pages = s.Form.Pages[:3]
			s.Handling.Units, s.Rules.Eligible = nil, []contract.Check{{Rule: `licence.name != ""`, Message: both}}
		}, "no licence field"},
		"part item": {func(s *contract.Service) { s.Licence, s.Parts = nil, []contract.Part{{ID: "a", Item: "x"}} }, "the bundle itself"},
		"part order": {func(s *contract.Service) {
			s.Licence, s.Parts = nil, []contract.Part{{ID: "a", Item: "1", After: []string{"b"}}, {ID: "b", Item: "2", After: []string{"a"}}}
		}, "waits for itself"},
		"part after": {func(s *contract.Service) {
			s.Licence, s.Parts = nil, []contract.Part{{ID: "a", Item: "1", After: []string{"z"}}}
		}, "unknown part"},
		"part when": {func(s *contract.Service) {
			s.Licence, s.Parts = nil, []contract.Part{{ID: "a", Item: "1", When: "a.zzz"}}
		}, "unknown field"},
		"bundle licence": {func(s *contract.Service) { s.Parts = []contract.Part{{ID: "a", Item: "1"}} }, "nothing itself"},
	}
}

func TestCheckCatchesMore(t *testing.T) {
	t.Parallel()
	if p := form.Check(sound()); len(p) != 0 {
		t.Fatalf("a good package: %v", p)
	}
	for _, table := range []map[string]spoilt{spoiltFields(), spoiltRest()} {
		for name, c := range table {
			svc := sound()
			c.spoil(&svc)
			problems := form.Check(svc)
			if !slices.ContainsFunc(problems, func(p form.Problem) bool { return strings.Contains(p.What, c.says) }) {
				t.Errorf("%s: %v, want %q", name, problems, c.says)
			}
		}
	}
}
