package form_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// one is a service that asks one field.
func one(f contract.Field) contract.Service {
	f.ID, f.Label = "x", both
	return contract.Service{Form: contract.Form{Pages: []contract.Page{{ID: "p", Title: both, Fields: []contract.Field{f}}}}}
}

// typedCase is what somebody types into a field, and what becomes of it.
type typedCase struct {
	kind  string
	f     contract.Field
	typed []string
	want  any
	code  string
}

func texts() []typedCase {
	return []typedCase{
		{kind: "text", typed: []string{"  清和\u202e美发\x00店 "}, want: "清和美发店"},
		{kind: "text", typed: []string{"a\r\nb"}, want: "a b"},
		{kind: "text", typed: []string{"<b>&amp;"}, want: "<b>&amp;"},
		{kind: "text", typed: []string{strings.Repeat("长", 201)}, want: strings.Repeat("长", 201), code: "form.field.long"},
		{kind: "text", f: contract.Field{Limit: contract.Limit{MinLen: 2}}, typed: []string{"清"}, want: "清", code: "form.field.short"},
		{kind: "longtext", typed: []string{"一\r\n二\t三"}, want: "一\n二 三"},
		{kind: "phone", typed: []string{"139 0013-8000"}, want: "13900138000"},
		{kind: "phone", typed: []string{"＋86 13900138000"}, want: "+8613900138000"},
		{kind: "phone", typed: []string{"0826-2300000"}, want: "08262300000"},
		{kind: "phone", typed: []string{"12345"}, want: "12345", code: "form.field.phone"},
		{kind: "email", typed: []string{"Lin@Example.cn"}, want: "Lin@Example.cn"},
		{kind: "email", typed: []string{"lin@example"}, want: "lin@example", code: "form.field.email"},
		{kind: "email", typed: []string{"a@b.cn\nBcc: x@y.cn"}, want: "a@b.cnBcc:x@y.cn", code: "form.field.email"},
		{kind: "resident_id", typed: []string{"11010519491231002x"}, want: "11010519491231002X"},
		{kind: "resident_id", typed: []string{"110105194912310021"}, want: "110105194912310021", code: "form.field.id_check"},
		{kind: "resident_id", typed: []string{"1101051949"}, want: "1101051949", code: "form.field.id_length"},
		{kind: "credit_code", typed: []string{"91350100m000100y43"}, want: "91350100M000100Y43"},
		{kind: "credit_code", typed: []string{"91350100M000100Y44"}, want: "91350100M000100Y44", code: "form.field.id_check"},
		{kind: "address", f: contract.Field{Required: true}, code: "form.field.required"},
		{kind: "text"},
	}
}

func numbersAndChoices() []typedCase {
	five, ten := 5.0, 10.0
	options := []contract.Option{{ID: "a", Label: both}, {ID: "b", Label: both}}
	return []typedCase{
		{kind: "integer", typed: []string{"１２"}, want: int64(12)},
		{kind: "integer", typed: []string{"1,200"}, want: int64(1200)},
		{kind: "integer", typed: []string{"1,2"}, code: "form.field.integer"},
		{kind: "integer", typed: []string{"4.5"}, code: "form.field.integer"},
		{kind: "integer", typed: []string{"99999999999999999999"}, code: "form.field.integer"},
		{kind: "integer", f: contract.Field{Limit: contract.Limit{Min: &five}}, typed: []string{"-3"}, want: int64(-3), code: "form.field.small"},
		{kind: "integer", f: contract.Field{Limit: contract.Limit{Max: &ten}}, typed: []string{"11"}, want: int64(11), code: "form.field.great"},
		{kind: "decimal", typed: []string{"４８．５ "}, want: 48.5},
		{kind: "decimal", typed: []string{"48。5"}, want: 48.5},
		{kind: "decimal", typed: []string{"四十八"}, code: "form.field.number"},
		{kind: "decimal", typed: []string{"1e9"}, code: "form.field.number"},
		{kind: "decimal", typed: []string{"NaN"}, code: "form.field.number"},
		{kind: "decimal", typed: []string{"0.123456"}, want: 0.123456, code: "form.field.decimals"},
		{kind: "date", typed: []string{"2026-11-21"}, want: "2026-11-21"},
		{kind: "date", typed: []string{"2026-02-30"}, code: "form.field.date"},
		{kind: "date", typed: []string{"tomorrow"}, code: "form.field.date"},
		{kind: "choice", f: contract.Field{Options: options}, typed: []string{"a"}, want: "a"},
		{kind: "choice", f: contract.Field{Options: options}, typed: []string{"c"}, want: "c", code: "form.field.option"},
		{kind: "choices", f: contract.Field{Options: options}, typed: []string{"a", "b", "a"}, want: []string{"a", "b"}},
		{kind: "choices", f: contract.Field{Options: options}, typed: []string{"a", "z"}, want: []string{"a", "z"}, code: "form.field.option"},
		{kind: "yesno", typed: []string{"no"}, want: false},
		{kind: "yesno", typed: []string{"maybe"}, code: "form.field.choose"},
		{kind: "declaration", f: contract.Field{Required: true}, typed: []string{"no"}, want: false, code: "form.field.declare"},
		{kind: "choice", f: contract.Field{Required: true, Options: options}, code: "form.field.choose"},
	}
}

func TestFieldsTakeWhatPeopleType(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(texts(), numbersAndChoices()) {
		c.f.Kind = c.kind
		svc := one(c.f)
		f := svc.Form.Pages[0].Fields[0]
		p := form.Parse(f, func(name string) []string {
			if name == "x" {
				return c.typed
			}
			return nil
		})
		in := form.Input{Today: day.MustParse("2026-11-21"), Answers: contract.Answers{}, Typed: map[string][]string{}}
		if p.Value != nil {
			in.Answers["x"] = p.Value
		} else if len(p.Typed) > 0 {
			in.Typed["x"] = p.Typed
		}
		r, err := form.Evaluate(svc, in)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Pages[0].Fields[0]
		code := ""
		if got.Fault != nil {
			code = got.Fault.Code
		}
		if !reflect.DeepEqual(p.Value, c.want) || code != c.code {
			t.Errorf("%s %q is %#v with %q, want %#v with %q", c.kind, c.typed, p.Value, code, c.want, c.code)
		}
		if _, submitted := r.Answers["x"]; submitted != (c.code == "" && c.want != nil) {
			t.Errorf("%s %q: submitted is %v", c.kind, c.typed, submitted)
		}
		// What is shown in the control reads back as the same thing.
		if back := form.Parse(f, func(name string) []string { return form.Controls(got)[name] }); !reflect.DeepEqual(back.Value, p.Value) {
			t.Errorf("%s %q reads back as %#v", c.kind, c.typed, back.Value)
		}
	}
}

func TestDateIsThreeBoxes(t *testing.T) {
	t.Parallel()
	f := contract.Field{ID: "born", Kind: form.KindDate, Label: both}
	for _, c := range []struct {
		y, m, d, want, code string
	}{
		{"2026", "2", "28", "2026-02-28", ""},
		{"２０２６", "０２", " 8 ", "2026-02-08", ""},
		{"2026年", "2月", "8日", "2026-02-08", ""},
		{"2026", "2", "29", "", "form.field.date"},
		{"26", "2", "8", "", "form.field.date"},
		{"2026", "", "8", "", "form.field.date_part"},
		{"2026", "13", "1", "", "form.field.date"},
		{"", "", "", "", ""},
	} {
		p := form.Parse(f, func(name string) []string {
			return map[string][]string{"born-year": {c.y}, "born-month": {c.m}, "born-day": {c.d}}[name]
		})
		got, _ := p.Value.(string)
		code := ""
		if p.Fault != nil {
			code = p.Fault.Code
		}
		if got != c.want || code != c.code {
			t.Errorf("%s %s %s is %q %q, want %q %q", c.y, c.m, c.d, got, code, c.want, c.code)
		}
	}
}

func TestJSONIsStrictlyTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, raw string
		want      any
		code      string
	}{
		{"text", `"a"`, "a", ""},
		{"text", `1`, nil, "form.field.type"},
		{"text", `null`, nil, ""},
		{"text", `""`, nil, ""},
		{"text", `{"a":1}`, nil, "form.field.type"},
		{"integer", `4`, int64(4), ""},
		{"integer", `4.5`, nil, "form.field.integer"},
		{"integer", `"4"`, nil, "form.field.type"},
		{"integer", `1e400`, nil, "form.field.type"},
		{"decimal", `4.5`, 4.5, ""},
		{"decimal", `true`, nil, "form.field.type"},
		{"yesno", `true`, true, ""},
		{"yesno", `"yes"`, nil, "form.field.type"},
		{"choices", `["a","b"]`, []string{"a", "b"}, ""},
		{"choices", `"a"`, nil, "form.field.type"},
		{"choices", `[1]`, nil, "form.field.type"},
		{"date", `"2026-11-21"`, "2026-11-21", ""},
		{"date", `"21.11.2026"`, nil, "form.field.date"},
		{"date", `20261121`, nil, "form.field.type"},
		{"declaration", `false`, false, ""},
	} {
		p := form.ParseJSON(contract.Field{ID: "x", Kind: c.kind, Label: both}, json.RawMessage(c.raw))
		code := ""
		if p.Fault != nil {
			code = p.Fault.Code
		}
		if !reflect.DeepEqual(p.Value, c.want) || code != c.code {
			t.Errorf("%s %s is %#v %q, want %#v %q", c.kind, c.raw, p.Value, code, c.want, c.code)
		}
	}
}

func TestHeldAnswersThatAreNoGoodAreAsked(t *testing.T) {
	t.Parallel()
	svc := one(contract.Field{Kind: form.KindPhone, Required: true, Held: "person.phone"})
	for value, held := range map[string]bool{"13900138000": true, "": false, "unknown": false} {
		r, err := form.Evaluate(svc, form.Input{
			Today: day.MustParse("2026-11-21"), Held: map[string]contract.Held{"person.phone": {Value: value}},
			Answers: contract.Answers{"x": "13700137000"},
		})
		f := r.Pages[0].Fields[0]
		if err != nil || (f.Held != nil) != held || f.Fault != nil {
			t.Errorf("held %q: %+v, %v", value, f, err)
		}
		if want := map[bool]any{true: value, false: "13700137000"}[held]; r.Answers["x"] != want {
			t.Errorf("held %q submits %v", value, r.Answers["x"])
		}
	}
}

func TestNumberBornTomorrowIsRefused(t *testing.T) {
	t.Parallel()
	svc := one(contract.Field{Kind: form.KindResidentID})
	r, err := form.Evaluate(svc, form.Input{Today: day.MustParse("1949-12-30"), Answers: contract.Answers{"x": "11010519491231002X"}})
	if err != nil || len(r.Faults()) != 1 || r.Faults()[0].Err.Code != "form.field.id_date" {
		t.Errorf("%v, %v", r.Faults(), err)
	}
}

func TestTraceNeverRepeatsWhatIsPersonal(t *testing.T) {
	t.Parallel()
	svc := one(contract.Field{Kind: form.KindText, Personal: true})
	svc.Rules.Instant = `a.x != ""`
	r, err := form.Evaluate(svc, form.Input{Today: day.MustParse("2026-11-21"), Answers: contract.Answers{"x": "林晓"}})
	if err != nil || !r.Instant || len(r.Trace) == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, l := range r.Trace {
		if strings.Contains(l.ZH+l.EN, "林晓") || l.ZH == "" || l.EN == "" {
			t.Errorf("trace says %v", l)
		}
	}
}

func TestWordsOfAnswers(t *testing.T) {
	t.Parallel()
	options := []contract.Option{{ID: "a", Label: contract.Text{ZH: "甲", EN: "A"}}, {ID: "b", Label: contract.Text{ZH: "乙", EN: "B"}}}
	for _, c := range []struct {
		f    contract.Field
		v    any
		want contract.Text
	}{
		{contract.Field{Kind: "decimal", Unit: contract.Text{ZH: "平方米", EN: "m²"}}, 48.5, contract.Text{ZH: "48.5 平方米", EN: "48.5 m²"}},
		{contract.Field{Kind: "integer"}, int64(4), contract.Text{ZH: "4", EN: "4"}},
		{contract.Field{Kind: "yesno"}, true, contract.Text{ZH: "是", EN: "Yes"}},
		{contract.Field{Kind: "yesno", Options: options}, false, contract.Text{ZH: "乙", EN: "B"}},
		{contract.Field{Kind: "choice", Options: options}, "a", contract.Text{ZH: "甲", EN: "A"}},
		{contract.Field{Kind: "choices", Options: options}, []string{"a", "b"}, contract.Text{ZH: "甲、乙", EN: "A; B"}},
		{contract.Field{Kind: "text"}, "原文", contract.Text{ZH: "原文", EN: "原文"}},
		{contract.Field{Kind: "text"}, nil, contract.Text{}},
	} {
		if got := form.Show(c.f, c.v); got != c.want {
			t.Errorf("%v is %v, want %v", c.v, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("decimal", "４８．５")
	f.Add("date", "2026-02-30")
	f.Add("resident_id", "11010519491231002X")
	f.Fuzz(func(t *testing.T, kind, typed string) {
		svc := one(contract.Field{Kind: kind, Required: true, Options: []contract.Option{{ID: "a", Label: both}}})
		field := svc.Form.Pages[0].Fields[0]
		p := form.Parse(field, func(string) []string { return []string{typed} })
		if p.Value != nil && len(p.Typed) > 0 {
			t.Error("both a value and a text")
		}
		in := form.Input{Today: day.MustParse("2026-11-21"), Answers: contract.Answers{}, Typed: map[string][]string{"x": p.Typed}}
		if p.Value != nil {
			in.Answers["x"] = p.Value
		}
		r, err := form.Evaluate(svc, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range r.Faults() {
			if x.Err.Kind != fault.Invalid {
				t.Error(x)
			}
		}
		form.ParseJSON(field, json.RawMessage(typed))
	})
}
