package casework

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// A part whose own rule allows it is granted with the application, and the bundle
// goes on with the others, which are there by then.
func TestAPartIsGrantedAtOnceByItsOwnRule(t *testing.T) {
	t.Parallel()
	two := []string{"hygiene", "filing"}
	for what, c := range map[string]struct {
		parts   []string
		change  func(sub *contract.Submission)
		granted bool
		whole   string
	}{
		"with others":  {nil, func(*contract.Submission) {}, true, "SUBMITTED"},
		"all there is": {[]string{"filing"}, func(*contract.Submission) {}, true, "COMPLETED"},
		"the rule does not hold": {two, func(sub *contract.Submission) {
			sub.Parts[1].Instant = false
		}, false, "SUBMITTED"},
		"the bundle's own rule is not the part's": {two, func(sub *contract.Submission) {
			sub.Parts[1].Instant, sub.Instant = false, true
		}, false, "SUBMITTED"},
		"something comes later": {two, func(sub *contract.Submission) {
			sub.Parts[1].Materials = append(sub.Parts[1].Materials, contract.Material{
				ID: "lease", File: "owed", Origin: contract.MaterialOwed, Due: "2026-12-01", At: sub.At,
			})
		}, false, "SUBMITTED"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				sub := w.bundle("instant", c.parts...)
				for i := range sub.Parts {
					if sub.Parts[i].Part == "filing" {
						sub.Parts[i].Instant, sub.Parts[i].Trace = true, []contract.Text{{ZH: "材料齐全", EN: "Complete"}}
					}
				}
				c.change(&sub)
				r, err := w.submit(t.Context(), lin, sub)
				must(t, err)
				w.drain(t)
				whole, parts := w.reload(t, r.Case)
				filing := parts["filing"]
				if granted := filing.Outcome == statute.Granted; granted != c.granted || whole.State != c.whole {
					t.Errorf("%s in a bundle that is %s: %q", filing.State, whole.State, filing.Outcome)
				}
				if n := len(sub.Parts); len(parts) != n {
					t.Errorf("%d parts, want %d", len(parts), n)
				}
				w.checkInvariants(t, filing.ID)
				w.checkInvariants(t, whole.ID)
			})
		})
	}
}

func TestAPartIsToldOfItsOwnChecksAlone(t *testing.T) {
	t.Parallel()
	spec := contract.Part{
		Fields: map[string]string{"name": "shop_name", "chief": "boss"}, Materials: map[string]string{"proof": "certificate", "other": "paper"},
	}
	sub := contract.Submission{
		Disputes:  []contract.Dispute{{Field: "shop_name"}, {Field: "boss"}, {Field: "elsewhere"}, {Field: "material.certificate"}},
		Unchecked: []string{"shop_name", "boss", "material.certificate", "material.paper", "certificate"},
	}
	p := contract.PartSubmission{Answers: contract.Answers{"name": "x"}, Materials: []contract.Material{{ID: "proof"}}}
	disputes, unchecked := checksFor(spec, sub, p)
	if len(disputes) != 2 || disputes[0].Field != "name" || disputes[1].Field != "material.proof" {
		t.Errorf("%+v", disputes)
	}
	if len(unchecked) != 2 || unchecked[0] != "name" || unchecked[1] != "material.proof" {
		t.Errorf("%q", unchecked)
	}
}
