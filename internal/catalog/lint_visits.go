package catalog

import (
	"fmt"

	"github.com/tongban/tongban/internal/contract"
)

// visits: what officials look at on the spot has words in both languages, a kind,
// and limits where it is measured.
func (l *linter) visits(v *contract.VisitSpec) {
	if v == nil {
		return
	}
	if v.Prepare.ZH != "" || v.Prepare.EN != "" {
		l.text("handling.visits.prepare", v.Prepare)
	}
	seen := map[string]bool{}
	for i, c := range v.Checklist {
		at := fmt.Sprintf("handling.visits.checklist[%d]", i)
		l.unique(at+".id", c.ID, seen)
		l.text(at+".text", c.Text)
		l.oneOf(at+".kind", c.Kind, []string{contract.CheckPass, contract.CheckNumber, contract.CheckText})
		if c.Kind == contract.CheckNumber {
			l.text(at+".unit", c.Unit)
		}
		if c.Law.Law.ZH != "" {
			l.text(at+".law.law", c.Law.Law)
			l.given(at+".law.article", c.Law.Article)
		}
	}
}
