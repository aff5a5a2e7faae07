package form

import (
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
)

// settings checks what a place may set, and the texts that name it.
func (k *checker) settings() {
	seen := map[string]bool{}
	for i, s := range k.svc.Settings {
		where := fmt.Sprintf("setting %d", i+1)
		k.text(where+" name", s.Name, true)
		k.text(where+" value", s.Value, true)
		k.text(where+" source", s.Source, true)
		if (s.ID == "") != (s.Number == nil) {
			k.add(where, "needs both id and number, or none: rules read the number by the id")
		}
		if s.ID == "" {
			continue
		}
		if !goodField.MatchString(s.ID) {
			k.add(where, badField)
		}
		if seen[s.ID] {
			k.add(where, idTwice)
		}
		seen[s.ID] = true
	}
	if k.unmerged() {
		return
	}
	unknown, err := k.svc.Unfilled()
	if err != nil {
		k.add("settings", "%v", err)
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(unknown))) {
		k.add("texts", "name the unknown setting {settings.%s}", id)
	}
}

// Procedures that only some services follow, or that need something.
const (
	procedureBundle     = "bundle"
	procedureCommitment = "notify-and-commit"
	procedureJoint      = "joint"
	procedurePayment    = "payment-benefit"
)

// procedure checks that the service has what its procedure is about, and nothing
// that no step of it would look at. Which procedures exist, the catalogue knows.
func (k *checker) procedure() {
	p := k.svc.Procedure
	if p == "" {
		return
	}
	// A bundle has the commitments of its parts, each of which is checked itself.
	if k.svc.Commitment != nil && p != procedureCommitment && (p != procedureBundle || k.unmerged()) {
		k.add("commitment", "needs the procedure %s: with %s nobody would verify it", procedureCommitment, p)
	}
	if len(k.svc.Handling.Units) > 0 && p != procedureJoint && p != procedurePayment {
		k.add("handling", "units give opinions in the procedures %s and %s, not in %s", procedureJoint, procedurePayment, p)
	}
	if len(k.svc.Parts) > 0 && p != procedureBundle {
		k.add("parts", "need the procedure %s, not %s", procedureBundle, p)
	}
	if p == procedureBundle && len(k.svc.Parts) == 0 {
		k.add("parts", "are missing: the procedure is %s", procedureBundle)
	}
}

// fixed checks what a bundle says of one part beside its conditions.
func (k *checker) fixed(p contract.Part) {
	for material, producer := range p.From {
		i := slices.IndexFunc(k.svc.Parts, func(x contract.Part) bool { return x.ID == producer })
		if i < 0 || producer == p.ID {
			k.add("part "+p.ID, "takes the material %s from %q, which is no other part", material, producer)
		}
	}
}
