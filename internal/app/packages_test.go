package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/services"
)

// Every shipped package is linted, merged where it is a bundle, and all its
// scenarios come out as written; and the share of what people are not asked is
// the one that the documents tell.
func TestShippedPackagesHoldAndAskLittle(t *testing.T) {
	t.Parallel()
	packages, err := catalog.ExamineAll(services.Files, examiner{rule.MustNew()})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 12 {
		t.Fatalf("%d packages, want twelve at the least", len(packages))
	}
	var b strings.Builder
	b.WriteString(notAskedHead)
	for _, p := range packages {
		for _, problem := range p.Problems {
			if !problem.Warning {
				t.Error(problem)
			}
		}
		u, scenario, ok := usual(p)
		if !ok {
			t.Errorf("%s: no scenario is complete", p.Name)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %d of %d | %d of %d | %s |\n", p.Service.Name.ZH, p.Name,
			u.Fields-u.Asked, u.Fields, u.Materials-u.MaterialsAsked, u.Materials, scenario)
	}
	webtest.Golden(t, "../../../docs/not-asked.md", b.String())
}

const notAskedHead = `# What people are not asked

Counted by the program in the first complete scenario of each package, which is the usual case: fields that a register
answers or that are computed, and materials for which an e-licence, a register or the form itself stands. Made by
` + "`go test ./internal/app -run Packages -update`" + `; compared with the packages on every test.

| service | package | fields not asked | materials not asked | scenario |
|---|---|---|---|---|
`
