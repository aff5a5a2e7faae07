package form_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Nobody is told that they may not apply before they have said what the value
// is computed from.
func TestConditionsOnValuesWait(t *testing.T) {
	t.Parallel()
	svc := household()
	svc.Rules.Eligible = []contract.Check{{Rule: "a.each >= 100.0", Message: both}}
	svc.Form.Pages[1].Fields[2].Value = "a.people == 0 ? 0.0 : a.total / double(a.people)"
	for what, c := range map[string]struct {
		members    []any
		ineligible int
	}{
		"nothing yet": {nil, 0},
		"half a row":  {[]any{map[string]any{"name": "陈静", "works": true}}, 0},
		"too little":  {[]any{map[string]any{"name": "陈静", "works": true, "income": int64(9900)}}, 1},
		"enough":      {[]any{map[string]any{"name": "陈静", "works": true, "income": int64(10000)}}, 0},
	} {
		in := form.Input{Answers: contract.Answers{}}
		if c.members != nil {
			in.Answers["members"] = c.members
		}
		if r := judge(t, svc, in); len(r.Ineligible) != c.ineligible {
			t.Errorf("%s: %d conditions do not hold, want %d", what, len(r.Ineligible), c.ineligible)
		}
	}
}

// randomAnswers are right, wrong, unreadable and absent ones.
func randomAnswers(rnd *rand.Rand, svc contract.Service) form.Input {
	in := form.Input{
		Today: day.MustParse("2026-11-21"), Answers: contract.Answers{}, Typed: map[string][]string{}, Applicant: contract.Party{Kind: "person"},
		Held: map[string]contract.Held{}, Disputed: map[string]string{}, Ways: map[string]string{}, Signers: map[string]form.SignerInput{},
	}
	texts := []string{"", "yes", "no", "4", "12.5", "陈静", "2026-11-21", "11010519491231002X", "13900138000", "a", "b", "511602", "30.4,106.6", "x\x00y"}
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			sent := map[string][]string{}
			form.Parse(f, func(name string) []string { // whatever it asks for, it gets something
				if rnd.IntN(3) > 0 {
					sent[name] = []string{texts[rnd.IntN(len(texts))]}
				}
				return sent[name]
			})
			if form.Rows(f.Kind) {
				sent[f.ID+".rows"] = []string{fmt.Sprint(rnd.IntN(4))}
			}
			form.Parse(f, func(name string) []string { return sent[name] }).Put(f, in.Answers, in.Typed)
			if rnd.IntN(4) == 0 && f.Held != "" {
				in.Held[f.Held] = contract.Held{Value: "陈静", Rows: []map[string]any{{"name": "陈静"}}}
			}
			if rnd.IntN(4) == 0 {
				in.Disputed[f.ID] = "wrong"
			}
		}
	}
	for _, m := range svc.Materials {
		in.Ways[m.ID] = []string{"", "upload", "owed", "nothing"}[rnd.IntN(4)]
		in.Materials = append(in.Materials, contract.Material{ID: m.ID, File: "f"})
	}
	in.Signers["spouse"] = form.SignerInput{Answers: in.Answers, Typed: in.Typed, Materials: in.Materials}
	return in
}

// The same input gives the same result, from many goroutines at once, and is
// left as it was.
func TestEvaluateIsPure(t *testing.T) {
	t.Parallel()
	for _, svc := range []contract.Service{household(), wedding(), renewal(), proof(nil), sound(), every()} {
		c, err := form.Compile(rule.MustNew(), svc)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(60) {
			in := randomAnswers(rand.New(rand.NewPCG(seed, 3)), svc)
			before := fmt.Sprintf("%#v", in)
			text, err := json.Marshal(in.Answers)
			if err != nil {
				t.Fatal(err)
			}
			first, err := c.Evaluate(in)
			if err != nil {
				t.Fatal(seed, err)
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if again, err := c.Evaluate(in); err != nil || !reflect.DeepEqual(again, first) {
						t.Errorf("seed %d gives another result, %v", seed, err)
					}
				})
			}
			wg.Wait()
			if fmt.Sprintf("%#v", in) != before {
				t.Errorf("seed %d: the input is changed", seed)
			}
			keeps(t, c, in, text, first)
		}
	}
}

// keeps judges answers that were JSON in between.
func keeps(t *testing.T, c *form.Compiled, in form.Input, text []byte, want form.Result) {
	t.Helper()
	back := contract.Answers{}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	in.Answers = contract.Answers{}
	for id, v := range back {
		f, _ := c.Field(id)
		in.Answers[id] = form.Restore(f, v)
	}
	in.Signers = map[string]form.SignerInput{}
	want.Signers = nil
	got, err := c.Evaluate(in)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(faults(got.Faults()), faults(want.Faults())) || !reflect.DeepEqual(got.Pages, want.Pages) {
		t.Errorf("after storage: %v, before: %v", faults(got.Faults()), faults(want.Faults()))
	}
}

// Typing what is asked leads to a complete form, and what is submitted is judged
// the same again.
func TestWhatIsSubmittedIsComplete(t *testing.T) {
	t.Parallel()
	svc := household()
	in := form.Input{Answers: contract.Answers{"members": []any{map[string]any{"name": "陈静", "works": true, "income": int64(900000)}}, "why": "说明"}}
	r := judge(t, svc, in)
	if !r.Complete() {
		t.Fatal(faults(r.Faults()))
	}
	again := judge(t, svc, form.Input{Answers: r.Answers})
	if !reflect.DeepEqual(again.Answers, r.Answers) || !again.Complete() {
		t.Errorf("%v, then %v", r.Answers, again.Answers)
	}
}
