package form_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// household is a form with a group, computed values and rules over rows.
func household() contract.Service {
	number := contract.Field{ID: "number", Kind: form.KindResidentID, Label: both, Personal: true, Held: "household.members.number"}
	return contract.Service{Form: contract.Form{Pages: []contract.Page{
		{ID: "people", Title: both, Fields: []contract.Field{{
			ID: "members", Kind: form.KindGroup, Label: both, Row: both, Required: true, Held: "household.members", Limit: contract.Limit{MaxLen: 4},
			Fields: []contract.Field{
				{ID: "name", Kind: form.KindText, Label: both, Required: true},
				number,
				{ID: "works", Kind: form.KindYesNo, Label: both, Required: true},
				{
					ID: "income", Kind: form.KindMoney, Label: both, Required: true, When: "row.works",
					Checks: []contract.Check{{Rule: "row.income < 100000000", Message: both}},
				},
				{ID: "yearly", Kind: form.KindComputed, Label: both, When: "row.works", Value: "yuan(row.income * 12)", Unit: contract.Text{ZH: "元", EN: "yuan"}},
			},
			Checks: []contract.Check{{Rule: `a.members.exists(m, m.works)`, Message: both}},
		}}},
		{ID: "sum", Title: both, Fields: []contract.Field{
			{ID: "people", Kind: form.KindComputed, Label: both, Value: "size(a.members)"},
			{ID: "total", Kind: form.KindComputed, Label: both, Value: `yuan(sum(a.members, "income"))`, Unit: contract.Text{ZH: "元", EN: "yuan"}},
			{ID: "each", Kind: form.KindComputed, Label: both, Value: `a.total / double(a.people)`},
			{ID: "why", Kind: form.KindText, Label: both, When: `a.total > 5000.0`},
		}},
	}}}
}

func judge(t *testing.T, svc contract.Service, in form.Input) form.Result {
	t.Helper()
	if in.Today.IsZero() {
		in.Today = day.MustParse("2026-11-21")
	}
	r, err := form.Evaluate(svc, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func faults(list []fault.Field) map[string]string {
	out := map[string]string{}
	for _, f := range list {
		out[f.Name] = f.Err.Code
	}
	return out
}

func wantFaults(t *testing.T, what string, got []fault.Field, want map[string]string) {
	t.Helper()
	if have := faults(got); !maps.Equal(have, want) {
		t.Errorf("%s: faults %v, want %v", what, have, want)
	}
}

func TestRowsAreReadFromControls(t *testing.T) {
	t.Parallel()
	f := household().Form.Pages[0].Fields[0]
	sent := controls{
		"members.rows": "3", "members.0.name": "陈静", "members.0.works": "yes", "members.0.income": "3,000",
		"members.1.name": "黄磊", "members.1.works": "yes", "members.1.income": "much", "members.2.name": "",
	}
	p := form.Parse(f, sent.get)
	want := []any{
		map[string]any{"name": "陈静", "works": true, "income": int64(300000)},
		map[string]any{"name": "黄磊", "works": true},
	}
	if !reflect.DeepEqual(p.Value, want) || !reflect.DeepEqual(p.Cells, map[string][]string{"members.1.income": {"much"}}) {
		t.Errorf("%v, %v", p.Value, p.Cells)
	}
	wantFaults(t, "parse", p.Errors(f), map[string]string{"members.1.income": "form.field.money"})
	// Without the count, rows are found by their controls.
	delete(sent, "members.rows")
	if q := form.Parse(f, sent.get); !reflect.DeepEqual(q.Value, want) {
		t.Errorf("without a count: %v", q.Value)
	}
	sent["members.add"] = "1"
	if q := form.Parse(f, sent.get); len(q.Value.([]any)) != 3 {
		t.Errorf("add gives %v", q.Value)
	}
	delete(sent, "members.add")
	sent["members.remove"] = "0"
	q := form.Parse(f, sent.get)
	if !reflect.DeepEqual(q.Value, want[1:]) || q.Cells["members.0.income"] == nil {
		t.Errorf("remove gives %v, %v", q.Value, q.Cells)
	}
	// What was unreadable stays, beside the rest, and goes when it is mended.
	answers, typed := contract.Answers{}, map[string][]string{"members.7.name": {"old"}, "membership": {"other"}}
	p.Put(f, answers, typed)
	if !reflect.DeepEqual(typed, map[string][]string{"members.1.income": {"much"}, "membership": {"other"}}) || !p.Same(f, answers, typed) || q.Same(f, answers, typed) {
		t.Errorf("put %v", typed)
	}
	r := judge(t, household(), form.Input{Answers: answers, Typed: typed})
	wantFaults(t, "judge", r.Faults(), map[string]string{"members.1.income": "form.field.money"})
	shown := form.Controls(r.Pages[0].Fields[0])
	if back := form.Parse(f, func(name string) []string { return shown[name] }); !back.Same(f, answers, typed) {
		t.Errorf("reads back as %+v", back)
	}
}

func TestRowsAreJudged(t *testing.T) {
	t.Parallel()
	row := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	chen := row("name", "陈静", "works", true, "income", int64(300000))
	for what, c := range map[string]struct {
		rows   []any
		faults map[string]string
	}{
		"nothing":  {nil, map[string]string{"members.0.name": "form.field.required", "members.0.works": "form.field.choose"}},
		"good":     {[]any{chen, row("name", "黄小满", "works", false)}, map[string]string{}},
		"hidden":   {[]any{chen, row("name", "黄小满", "works", false, "income", int64(5))}, map[string]string{}},
		"missing":  {[]any{chen, row("name", "黄磊", "works", true)}, map[string]string{"members.1.income": "form.field.required"}},
		"check":    {[]any{row("name", "黄小满", "works", false)}, map[string]string{"members": "form.field.check"}},
		"row":      {[]any{chen, row("name", "黄磊", "works", true, "income", int64(200000000))}, map[string]string{"members.1.income": "form.field.check"}},
		"number":   {[]any{chen, row("name", "黄磊", "works", false, "number", "11010519491231002x1")}, map[string]string{"members.1.number": "form.field.id_length"}},
		"too many": {[]any{chen, chen, chen, chen, chen}, map[string]string{"members": "form.field.rows_many"}},
	} {
		in := form.Input{Answers: contract.Answers{}}
		if c.rows != nil {
			in.Answers["members"] = c.rows
		}
		r := judge(t, household(), in)
		wantFaults(t, what, r.Faults(), c.faults)
		if what == "hidden" {
			if got := r.Answers["members"].([]any)[1]; !reflect.DeepEqual(got, row("name", "黄小满", "works", false)) {
				t.Errorf("a hidden cell is submitted: %v", got)
			}
		}
		if what == "good" {
			if r.Answers["total"] != 3000.0 || r.Answers["people"] != int64(2) || r.Answers["each"] != 1500.0 || len(r.Pages[1].Fields) != 3 {
				t.Errorf("computed %v, %d fields", r.Answers, len(r.Pages[1].Fields))
			}
			if got := r.Answers["members"].([]any)[0].(map[string]any)["yearly"]; got != 36000.0 {
				t.Errorf("computed in a row: %v", got)
			}
			if w := r.Pages[1].Fields[1].Words; w.ZH != "3000 元" {
				t.Errorf("shown as %q", w.ZH)
			}
		}
	}
}

func TestValuesThatCannotBeWorkedOutAreNotThere(t *testing.T) {
	t.Parallel()
	r := judge(t, household(), form.Input{})
	if _, there := r.Answers["each"]; there || len(r.Pages[1].Fields) != 2 {
		t.Errorf("0/0 is %v", r.Answers["each"])
	}
}

func TestHeldRows(t *testing.T) {
	t.Parallel()
	source := contract.Text{ZH: "公安", EN: "police"}
	held := map[string]contract.Held{"household.members": {Value: "2", Source: source, Rows: []map[string]any{
		{"name": "陈静", "number": "11010519491231002X"}, {"name": "黄磊"},
	}}}
	answers := contract.Answers{"members": []any{map[string]any{"works": true, "income": int64(100)}, map[string]any{"works": false, "name": "someone else"}}}
	r := judge(t, household(), form.Input{Held: held, Answers: answers})
	wantFaults(t, "held", r.Faults(), map[string]string{})
	f := r.Pages[0].Fields[0]
	if !f.Fixed || f.Held != nil || len(f.Rows) != 2 || f.Rows[0].Fields[0].Held == nil || f.Rows[1].Fields[1].Held != nil {
		t.Errorf("%+v", f)
	}
	want := []any{
		map[string]any{"name": "陈静", "number": "11010519491231002X", "works": true, "income": int64(100), "yearly": 12.0},
		map[string]any{"name": "黄磊", "works": false},
	}
	if !reflect.DeepEqual(r.Answers["members"], want) {
		t.Errorf("submits %v", r.Answers["members"])
	}
	// Name is held in both rows, works and income are not, number not in one.
	if b := r.Burden(); b.Fields != 5+3 || b.Asked != 3 {
		t.Errorf("burden %+v", b)
	}
	// A dispute opens the rows, which begin with what is held.
	r = judge(t, household(), form.Input{Held: held, Disputed: map[string]string{"members": "he moved out"}})
	f = r.Pages[0].Fields[0]
	if f.Fixed || f.Disputed == nil || f.Known == nil || f.Rows[0].Fields[0].Value != "陈静" || f.Rows[0].Fields[0].Held != nil {
		t.Errorf("%+v", f)
	}
	if len(r.Disputes) != 1 || r.Disputes[0] != (contract.Dispute{Field: "members", Key: "household.members", Source: source, Reason: "he moved out"}) {
		t.Errorf("disputes %v", r.Disputes)
	}
	// What was said beside the held cells before is kept.
	r = judge(t, household(), form.Input{Held: held, Disputed: map[string]string{"members": "x"}, Answers: contract.Answers{"members": []any{
		map[string]any{"works": true, "income": int64(100)}, map[string]any{"works": false},
	}}})
	if got := r.Answers["members"].([]any)[0].(map[string]any); got["name"] != "陈静" || got["works"] != true || !r.Complete() {
		t.Errorf("%v, %v", got, faults(r.Faults()))
	}
	// A row that was taken out stays out.
	r = judge(t, household(), form.Input{Held: held, Disputed: map[string]string{"members": "x"}, Answers: contract.Answers{"members": []any{
		map[string]any{"name": "黄磊", "works": true, "income": int64(100)},
	}}})
	if got := r.Answers["members"].([]any); len(got) != 1 || got[0].(map[string]any)["name"] != "黄磊" {
		t.Errorf("%v", got)
	}
	// A registry that is down is noted.
	r = judge(t, household(), form.Input{Down: []string{"household.members"}})
	if !reflect.DeepEqual(r.Unchecked, []string{"members"}) || !r.Pages[0].Fields[0].Unchecked {
		t.Errorf("unchecked %v", r.Unchecked)
	}
}

func TestRowsInJSON(t *testing.T) {
	t.Parallel()
	f := household().Form.Pages[0].Fields[0]
	for raw, c := range map[string]struct {
		rows   int
		faults map[string]string
	}{
		`[]`:   {0, map[string]string{}},
		`null`: {0, map[string]string{}},
		`[{"name":"a","works":true,"income":100}]`: {1, map[string]string{}},
		`[{"name":1},{"income":"5"}]`:              {2, map[string]string{"members.0.name": "form.field.type", "members.1.income": "form.field.type"}},
		`[{"secret":1}]`:                           {1, map[string]string{"members.0": "form.field.unknown"}},
		`[{"yearly":1}]`:                           {1, map[string]string{"members.0.yearly": "form.field.unasked"}},
		`[1]`:                                      {0, map[string]string{"members": "form.field.type"}},
	} {
		p := form.ParseJSON(f, json.RawMessage(raw))
		rows, _ := p.Value.([]any)
		if len(rows) != c.rows {
			t.Errorf("%s has %d rows, want %d", raw, len(rows), c.rows)
		}
		wantFaults(t, raw, p.Errors(f), c.faults)
	}
}

// Rows that went through storage as JSON are the same rows.
func TestRowsSurviveJSON(t *testing.T) {
	t.Parallel()
	f := household().Form.Pages[0].Fields[0]
	rows := []any{map[string]any{"name": "陈静", "works": true, "income": int64(300000)}, map[string]any{}}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if got := form.Restore(f, back); !reflect.DeepEqual(got, rows) {
		t.Errorf("%#v", got)
	}
}
