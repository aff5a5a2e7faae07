package catalog

import (
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
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

// hearing: one that the law prescribes, or to which a right is told, with its words
// and its law.
func (l *linter) hearing(h *contract.HearingSpec) {
	if h == nil {
		return
	}
	const at = "handling.hearing"
	l.oneOf(at+".kind", h.Kind, []string{contract.HearingMust, contract.HearingOffer})
	l.rule(at+".when", h.When)
	l.text(at+".why", h.Why)
	l.text(at+".law.law", h.Law.Law)
	l.given(at+".law.article", h.Law.Article)
}

// first: what is to be found out before a decision leaves no decision at once, and
// needs a procedure in which it has its place.
func (l *linter) first(svc contract.Service) {
	h := svc.Handling
	if h.Visits != nil && h.Visits.Required && svc.Rules.Instant != "" {
		l.add("handling.visits.required", "at_once")
	}
	if h.Hearing == nil {
		return
	}
	if svc.Rules.Instant != "" || svc.Commitment != nil {
		l.add("handling.hearing", "at_once")
	}
	if svc.Procedure == "instant" || svc.Procedure == "bundle" {
		l.add("handling.hearing", "no_hearing", "value", svc.Procedure)
	}
	if len(h.Special) > 0 && !slices.ContainsFunc(h.Special, func(s contract.SpecialSpec) bool { return s.Kind == string(statute.Hearing) }) {
		l.add("handling.special", "hearing_special")
	}
}
