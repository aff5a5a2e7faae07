// Package catalogtest has what tests of the catalogue need.
package catalogtest

import (
	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Examiner compiles rules for real and joins bundles by version alone: how forms
// merge is the form area's matter, and tested there.
type Examiner struct{ rules *rule.Engine }

// New returns an Examiner.
func New() Examiner { return Examiner{rule.MustNew()} }

// Rule compiles one rule.
func (x Examiner) Rule(expr string) error {
	_, err := x.rules.Compile(expr)
	return err
}

// Examine finds nothing: scenarios are the form's.
func (Examiner) Examine(contract.Service, catalog.Files) []catalog.Problem { return nil }

// Merge says which versions a bundle joins.
func (Examiner) Merge(bundle contract.Service, parts []contract.Service) (contract.Service, []catalog.Problem) {
	joined := make([]contract.Part, len(bundle.Parts))
	for i, p := range bundle.Parts {
		p.Version, p.Name, p.Agency = parts[i].Version, parts[i].Name, parts[i].Agency
		joined[i] = p
	}
	bundle.Parts = joined
	return bundle, nil
}
