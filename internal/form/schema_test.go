package form_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/rule"
)

// every is a form with a field of each kind.
func every() contract.Service {
	options := []contract.Option{{ID: "a", Label: both}, {ID: "b", Label: contract.Text{ZH: "乙", EN: "B"}}}
	svc := contract.Service{Name: both, Form: contract.Form{Pages: []contract.Page{{ID: "p", Title: both}}}}
	for _, kind := range form.Kinds() {
		f := contract.Field{ID: kind, Kind: kind, Label: both}
		switch kind {
		case form.KindChoice, form.KindChoices:
			f.Options = options
		case form.KindGroup, form.KindTable:
			f.Fields = []contract.Field{{ID: "name", Kind: "text", Label: both}, {ID: "age", Kind: "integer", Label: both}}
		}
		svc.Form.Pages[0].Fields = append(svc.Form.Pages[0].Fields, f)
	}
	return svc
}

func TestSchemaOfAnswers(t *testing.T) {
	t.Parallel()
	c, err := form.Compile(rule.MustNew(), every())
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]map[string]string{
		`{}`: {},
		`{"text":"a","integer":4,"decimal":4.5,"money":100,"date":"2026-11-21","period":"2026-01-01/2026-02-01","choice":"a","choices":["a","b"],
		 "yesno":true,"phone":"1","division":"511602","map_point":"30.1,106.2","licence":"l","declaration":false,"signature":"keyed:a",
		 "group":[{"name":"a","age":1},{}],"table":[]}`: {},
		`{"text":null,"integer":null,"choice":null,"group":null,"date":""}`: {},
		`{"text":1}`:                                   {"text": "form.field.type"},
		`{"integer":1.5}`:                              {"integer": "form.field.type"},
		`{"money":"5"}`:                                {"money": "form.field.type"},
		`{"choice":"z"}`:                               {"choice": "form.field.option"},
		`{"choices":["a","z"]}`:                        {"choices": "form.field.option"},
		`{"date":"21.11.2026"}`:                        {"date": "form.field.date"},
		`{"period":"2026"}`:                            {"period": "form.field.period"},
		`{"map_point":"here"}`:                         {"map_point": "form.field.map_point"},
		`{"division":"x"}`:                             {"division": "form.field.division"},
		`{"group":[{"age":"old"}]}`:                    {"group.0.age": "form.field.type"},
		`{"group":[{},{"secret":1}]}`:                  {"group.1": "form.field.unknown"},
		`{"group":["a"]}`:                              {"group.0": "form.field.unknown"},
		`{"nothing":1,"text":2}`:                       {"answers": "form.field.unknown", "text": "form.field.type"},
		`{"computed":1}`:                               {"answers": "form.field.unknown"},
		`{"yesno":"yes","declaration":1}`:              {"yesno": "form.field.type", "declaration": "form.field.type"},
		`{"text":"` + strings.Repeat("a", 5000) + `"}`: {"text": "form.field.type"},
		`{"group":` + "[" + strings.Repeat("{},", 200) + "{}]" + `}`: {"group": "form.field.rows_many"},
	} {
		var answers map[string]json.RawMessage
		if err := json.Unmarshal([]byte(raw), &answers); err != nil {
			t.Fatal(err, raw)
		}
		got, err := c.ValidateAnswers(answers)
		if err != nil {
			t.Fatal(err)
		}
		wantFaults(t, raw[:min(len(raw), 60)], got, want)
		for _, f := range got {
			if strings.Contains(f.Name+f.Err.Error(), "secret") || strings.Contains(f.Name, "nothing") {
				t.Errorf("%s is repeated", f.Name)
			}
		}
	}
	faults, err := c.ValidateAnswers(map[string]json.RawMessage{"table": json.RawMessage(`1`), "text": json.RawMessage(`1`), "date": json.RawMessage(`1`)})
	if err != nil || !slices.IsSortedFunc(faults, func(x, y fault.Field) int {
		return slices.Index(form.Kinds(), x.Name) - slices.Index(form.Kinds(), y.Name)
	}) {
		t.Errorf("%v in another order than the form, %v", faults, err)
	}
}

// The schema is compiled once, whoever asks first.
func TestSchemaIsSharedByManyCallers(t *testing.T) {
	t.Parallel()
	c, err := form.Compile(rule.MustNew(), every())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if f, err := c.ValidateAnswers(map[string]json.RawMessage{"text": json.RawMessage(`"a"`)}); err != nil || len(f) != 0 {
				t.Error(f, err)
			}
		})
	}
	wg.Wait()
}

func TestSchemaIsPublished(t *testing.T) {
	t.Parallel()
	b, err := form.AnswerSchema(every())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema     string                     `json:"$schema"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(b, &doc); err != nil || doc.Schema != "https://json-schema.org/draft/2020-12/schema" {
		t.Fatal(err, doc.Schema)
	}
	for _, kind := range form.Kinds() {
		_, there := doc.Properties[kind]
		if asks := kind != form.KindComputed && kind != form.KindFile && kind != form.KindPhoto; there != asks {
			t.Errorf("%s: in the schema %v", kind, there)
		}
	}
}
