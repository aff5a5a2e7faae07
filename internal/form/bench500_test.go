package form_test

import (
	"fmt"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/rule"
)

// large is a form of 500 fields with 200 conditions and 20 checks, which is more
// than any form that people should be asked to fill in.
func large() (contract.Service, contract.Answers) {
	svc, answers := contract.Service{Item: "large"}, contract.Answers{}
	kinds := []string{form.KindInteger, form.KindText, form.KindYesNo, form.KindDate, form.KindMoney}
	values := []any{int64(4), "文字", true, "2026-11-21", int64(123450)}
	for p := range 50 {
		page := contract.Page{ID: fmt.Sprintf("p%d", p), Title: both}
		for n := range 10 {
			i := p*10 + n
			f := contract.Field{ID: fmt.Sprintf("f%d", i), Kind: kinds[i%len(kinds)], Label: both, Required: true}
			if i >= 10 && i%5 < 2 { // 196 of 500
				f.When = fmt.Sprintf("a.f%d && a.f%d > 3 && a.f%d != \"\"", i/5*5-3, i/5*5-5, i/5*5-4)
			}
			if i%25 == 0 {
				f.Checks = []contract.Check{{Rule: fmt.Sprintf("a.%s >= 0", f.ID), Message: both}}
			}
			answers[f.ID] = values[i%len(values)]
			page.Fields = append(page.Fields, f)
		}
		if p > 0 && p%12 == 0 {
			page.When = fmt.Sprintf("a.f%d", p*10-8)
		}
		svc.Form.Pages = append(svc.Form.Pages, page)
	}
	return svc, answers
}

// A save of a form with 500 fields judges it once.
func BenchmarkEvaluate500(b *testing.B) {
	svc, answers := large()
	c, err := form.Compile(rule.MustNew(), svc)
	if err != nil {
		b.Fatal(err)
	}
	in := form.Input{Applicant: contract.Party{Kind: "company"}, Today: day.MustParse("2026-11-21"), Answers: answers}
	b.ReportAllocs()
	for b.Loop() {
		r, err := c.Evaluate(in)
		if err != nil || len(r.Answers) != 500 {
			b.Fatal(len(r.Answers), err)
		}
	}
}

// BenchmarkCompile500 is the first use of a new version.
func BenchmarkCompile500(b *testing.B) {
	svc, _ := large()
	for b.Loop() {
		if _, err := form.Compile(rule.MustNew(), svc); err != nil {
			b.Fatal(err)
		}
	}
}
