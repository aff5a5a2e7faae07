package form_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
)

// controls answers for a browser.
type controls map[string]string

func (c controls) get(name string) []string {
	if v, ok := c[name]; ok {
		return []string{v}
	}
	return nil
}

func number(x float64) *float64 { return &x }

var county = contract.Text{ZH: "四川省广安市广安区", EN: "Guang'an District, Guang'an, Sichuan"}

func divisions(code string) (contract.Text, bool) {
	return county, code == "511602" || code == "511602001001"
}

// fromBrowser is what a browser sends for a field, and what becomes of it.
type fromBrowser struct {
	kind  string
	f     contract.Field
	typed controls
	want  any
	code  string
	words string
}

func amountsAndPeriods() []fromBrowser {
	return []fromBrowser{
		{kind: "money", typed: controls{"x": "1,234.5"}, want: int64(123450), words: "¥1,234.50"},
		{kind: "money", typed: controls{"x": "￥１２３４．５０元"}, want: int64(123450), words: "¥1,234.50"},
		{kind: "money", typed: controls{"x": "0.29"}, want: int64(29), words: "¥0.29"},
		{kind: "money", typed: controls{"x": "1234567"}, want: int64(123456700), words: "¥1,234,567.00"},
		{kind: "money", typed: controls{"x": "12.345"}, code: "form.field.decimals"},
		{kind: "money", typed: controls{"x": "12.300"}, want: int64(1230), words: "¥12.30"},
		{kind: "money", typed: controls{"x": "一万"}, code: "form.field.money"},
		{kind: "money", typed: controls{"x": "1e5"}, code: "form.field.money"},
		{kind: "money", typed: controls{"x": "-5"}, want: int64(-500), code: "form.field.small", words: "-¥5.00"},
		{kind: "money", f: contract.Field{Limit: contract.Limit{Min: number(-10)}}, typed: controls{"x": "-5.01"}, want: int64(-501), words: "-¥5.01"},
		{kind: "money", f: contract.Field{Limit: contract.Limit{Max: number(100)}}, typed: controls{"x": "100.01"}, want: int64(10001), code: "form.field.great", words: "¥100.01"},
		{
			kind: "period", typed: controls{"x-from-year": "2026", "x-from-month": "1", "x-from-day": "2", "x-to-year": "2026", "x-to-month": "2", "x-to-day": "3"},
			want: "2026-01-02/2026-02-03", words: "2026 年 1 月 2 日至 2026 年 2 月 3 日",
		},
		{kind: "period", typed: controls{"x-from": "2026-01-02", "x-to": "2026-02-03"}, want: "2026-01-02/2026-02-03", words: "2026 年 1 月 2 日至 2026 年 2 月 3 日"},
		{kind: "period", typed: controls{"x-from": "2026-03-02", "x-to": "2026-02-03"}, want: "2026-03-02/2026-02-03", code: "form.field.period_order", words: "2026 年 3 月 2 日至 2026 年 2 月 3 日"},
		{kind: "period", typed: controls{"x-from": "2026-03-02"}, code: "form.field.period_part"},
		{kind: "period", typed: controls{"x": "2026-02-30/2026-03-01"}, code: "form.field.period"},
		{kind: "period", typed: controls{"x": "always"}, code: "form.field.period"},
	}
}

func placesAndSignatures() []fromBrowser {
	const path = "M 1 2 L 30 40 L 50 60"
	return []fromBrowser{
		{kind: "division", typed: controls{"x": "511602"}, want: "511602", words: county.ZH},
		{kind: "division", typed: controls{"x": "511602000000"}, want: "511602", words: county.ZH},
		{kind: "division", typed: controls{"x-1": "51", "x-2": "5116", "x-3": "511602", "x-4": "", "x-5": ""}, want: "511602", words: county.ZH},
		{kind: "division", typed: controls{"x-1": "51", "x-2": "5101", "x-3": "511602"}, want: "5101", code: "form.field.division", words: "5101"},
		{kind: "division", typed: controls{"x": "511699"}, want: "511699", code: "form.field.division", words: "511699"},
		{kind: "division", typed: controls{"x": "51160"}, code: "form.field.division"},
		{kind: "division", f: contract.Field{Limit: contract.Limit{Min: number(4)}}, typed: controls{"x": "511602"}, want: "511602", code: "form.field.division_level", words: county.ZH},
		{kind: "division", f: contract.Field{Limit: contract.Limit{Min: number(4)}}, typed: controls{"x": "511602001001"}, want: "511602001001", words: county.ZH},
		{kind: "map_point", typed: controls{"x": "30.456, 106.633"}, want: "30.456000,106.633000", words: "北纬 30.456000°，东经 106.633000°"},
		{kind: "map_point", typed: controls{"x": "106.633，30.456"}, want: "30.456000,106.633000", words: "北纬 30.456000°，东经 106.633000°"},
		{kind: "map_point", typed: controls{"x-lat": "30.4560001", "x-lng": "106.633"}, want: "30.456000,106.633000", words: "北纬 30.456000°，东经 106.633000°"},
		{kind: "map_point", typed: controls{"x": "51.5, -0.12"}, code: "form.field.map_point"},
		{kind: "map_point", typed: controls{"x": "here"}, code: "form.field.map_point"},
		{kind: "licence", f: contract.Field{LicenceTypes: []string{"T"}}, typed: controls{"x": "l1"}, want: "l1", words: "许可证 7"},
		{kind: "licence", f: contract.Field{LicenceTypes: []string{"T"}}, typed: controls{"x": "l3"}, want: "l3", code: "form.field.licence", words: " "},
		{kind: "licence", f: contract.Field{LicenceTypes: []string{"none"}, Required: true}, code: "form.field.no_licence"},
		{kind: "licence", f: contract.Field{LicenceTypes: []string{"T"}, Required: true}, code: "form.field.choose"},
		{kind: "signature", typed: controls{"x": " 林晓梅 "}, want: "keyed:林晓梅", words: "林晓梅"},
		{kind: "signature", typed: controls{"x": "林晓梅", "x-drawn": path}, want: "drawn:" + path, words: "已手写签名"},
		{kind: "signature", typed: controls{"x-drawn": `M 1 2"><script>alert(1)</script>`}, want: `drawn:M 1 2"><script>alert(1)</script>`, code: "form.field.signature", words: "已手写签名"},
		{kind: "signature", typed: controls{"x": "林"}, want: "keyed:林", code: "form.field.signature", words: "林"},
		{kind: "signature", f: contract.Field{Required: true}, code: "form.field.sign"},
		{kind: "division", f: contract.Field{Required: true}, code: "form.field.choose"},
		{kind: "money", f: contract.Field{Required: true}, code: "form.field.required"},
	}
}

func TestKindsTakeWhatPeopleType(t *testing.T) {
	t.Parallel()
	licences := []contract.HeldLicence{
		{ID: "l1", TypeCode: "T", Name: contract.Text{ZH: "许可证", EN: "Licence"}, Number: "7"}, {ID: "l2", TypeCode: "T"}, {ID: "l3", TypeCode: "other"},
	}
	for _, c := range slices.Concat(amountsAndPeriods(), placesAndSignatures()) {
		c.f.Kind = c.kind
		svc := one(c.f)
		f := svc.Form.Pages[0].Fields[0]
		p := form.Parse(f, c.typed.get)
		in := form.Input{
			Today: day.MustParse("2026-11-21"), Answers: contract.Answers{}, Typed: map[string][]string{}, Divisions: divisions, Licences: licences,
		}
		p.Put(f, in.Answers, in.Typed)
		if !p.Same(f, in.Answers, in.Typed) {
			t.Errorf("%s %v: what was put is not the same", c.kind, c.typed)
		}
		r, err := form.Evaluate(svc, in)
		if err != nil {
			t.Fatal(err)
		}
		got, code := r.Pages[0].Fields[0], ""
		if got.Fault != nil {
			code = got.Fault.Code
		}
		if !reflect.DeepEqual(p.Value, c.want) || code != c.code {
			t.Errorf("%s %v is %#v with %q, want %#v with %q", c.kind, c.typed, p.Value, code, c.want, c.code)
		}
		if got.Words.ZH != c.words && c.words != " " {
			t.Errorf("%s %v reads %q, want %q", c.kind, c.typed, got.Words.ZH, c.words)
		}
		shown := form.Controls(got)
		if back := form.Parse(f, func(name string) []string { return shown[name] }); !reflect.DeepEqual(back.Value, p.Value) || len(back.Typed) != len(p.Typed) && c.kind != "period" {
			t.Errorf("%s %v reads back as %#v %q", c.kind, c.typed, back.Value, back.Typed)
		}
	}
}

func TestKindsTakeJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, raw string
		want      any
		code      string
	}{
		{"money", `123450`, int64(123450), ""},
		{"money", `12.5`, nil, "form.field.integer"},
		{"money", `"12"`, nil, "form.field.type"},
		{"period", `"2026-01-02/2026-02-03"`, "2026-01-02/2026-02-03", ""},
		{"period", `"2026-01-02"`, nil, "form.field.period"},
		{"division", `"511602"`, "511602", ""},
		{"division", `511602`, nil, "form.field.type"},
		{"map_point", `"30.456000,106.633000"`, "30.456000,106.633000", ""},
		{"licence", `"l1"`, "l1", ""},
		{"signature", `"keyed:林晓梅"`, "keyed:林晓梅", ""},
		{"signature", `"drawn:M 1 2 L 3 4"`, "drawn:M 1 2 L 3 4", ""},
		{"computed", `1`, nil, "form.field.unasked"},
		{"file", `"a"`, nil, "form.field.unasked"},
		{"group", `"a"`, nil, "form.field.type"},
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

func TestWordsOfNewKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    contract.Field
		v    any
		want contract.Text
	}{
		{contract.Field{Kind: "period"}, "2026-01-02/2026-02-03", contract.Text{ZH: "2026 年 1 月 2 日至 2026 年 2 月 3 日", EN: "2 January 2026 to 3 February 2026"}},
		{contract.Field{Kind: "date"}, "2027-03-20", contract.Text{ZH: "2027 年 3 月 20 日", EN: "20 March 2027"}},
		{contract.Field{Kind: "computed"}, "2027-03-20", contract.Text{ZH: "2027 年 3 月 20 日", EN: "20 March 2027"}},
		{contract.Field{Kind: "text"}, "2027-03-20", contract.Text{ZH: "2027-03-20", EN: "2027-03-20"}},
		{contract.Field{Kind: "money"}, int64(-123456789), contract.Text{ZH: "-¥1,234,567.89", EN: "-¥1,234,567.89"}},
		{contract.Field{Kind: "division"}, "511602", contract.Text{ZH: "511602", EN: "511602"}},
		{contract.Field{Kind: "signature"}, "drawn:M 1 2", contract.Text{ZH: "已手写签名", EN: "Signed by hand"}},
		{contract.Field{Kind: "map_point"}, "30.456000,106.633000", contract.Text{ZH: "北纬 30.456000°，东经 106.633000°", EN: "30.456000° N, 106.633000° E"}},
	} {
		if got := form.Show(c.f, c.v); got != c.want {
			t.Errorf("%v is %v, want %v", c.v, got, c.want)
		}
	}
}

func TestDivisionLevels(t *testing.T) {
	t.Parallel()
	for code, level := range map[string]int{"": 0, "51": 1, "5116": 2, "511602": 3, "511602001": 4, "511602001001": 5} {
		if got := form.DivisionLevel(code); got != level {
			t.Errorf("%q is of level %d, want %d", code, got, level)
		}
	}
}

// What is read is stored in the one canonical form, and reads back as itself.
func FuzzKinds(f *testing.F) {
	for _, s := range []string{"1,234.50", "￥１２", "-0", "0.005", "2026-01-02/2026-02-03", "30.4,106.6", "106.6、30.4", "511602000000", "drawn:M 1 2", "9999-12-31/0001-01-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, kind := range []string{"money", "period", "map_point", "date", "division", "signature"} {
			field := contract.Field{ID: "x", Kind: kind, Label: both}
			p := form.Parse(field, controls{"x": typed}.get)
			if p.Value == nil {
				if (p.Fault == nil) != p.Empty() {
					t.Fatalf("%s %q: %+v", kind, typed, p)
				}
				continue
			}
			raw, err := json.Marshal(p.Value)
			if err != nil {
				t.Fatal(err)
			}
			if again := form.ParseJSON(field, raw); !reflect.DeepEqual(again.Value, p.Value) {
				t.Fatalf("%s %q is %v, and that is %v", kind, typed, p.Value, again.Value)
			}
			if s, ok := p.Value.(string); ok && kind == "period" {
				from, to, _ := strings.Cut(s, "/")
				for _, d := range []string{from, to} {
					if _, err := time.Parse(time.DateOnly, d); err != nil {
						t.Fatal(err)
					}
				}
			}
			form.Show(field, p.Value)
		}
	})
}
