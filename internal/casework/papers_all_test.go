package casework

import (
	"reflect"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/statute"
)

// TestEveryDocumentOfEveryProcedureHasAllItsFacts writes each document that a
// procedure can issue with every fact known, and finds what its wording leaves out
// or cannot say.
func TestEveryDocumentOfEveryProcedureHasAllItsFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, areas()...))
	n := 0
	for _, p := range w.c.Procedures.All() {
		for _, d := range p.Documents {
			if !issuedBySomebody(p, d.Kind) {
				continue
			}
			form, ok := w.forms[d.Kind]
			if !ok {
				t.Errorf("%s: %s has no wording", p.ID, d.Kind)
				continue
			}
			n++
			var paper Paper
			if err := paper.fill(form, known(strings.HasPrefix(d.Article, "xk-"))); err != nil {
				t.Errorf("%s: %s: %v", p.ID, d.Kind, err)
			}
			whole := strings.Join(append(append(append([]string{}, paper.Body...), paper.After...), paper.Summary...), "\n")
			switch {
			case len(paper.Body) == 0, len(paper.Summary) == 0:
				t.Errorf("%s: %s says nothing in one of the languages", p.ID, d.Kind)
			case strings.Contains(whole, "<no value>"), strings.Contains(whole, "{{"), strings.Contains(whole, "《》"):
				t.Errorf("%s: %s has holes:\n%s", p.ID, d.Kind, whole)
			case form.Mark == "", form.Seal == "", d.Name.ZH == "", d.Name.EN == "":
				t.Errorf("%s: %s has no number, seal or title", p.ID, d.Kind)
			case !strings.Contains(whole, "Facts-Item") && !strings.Contains(whole, "事实Item"):
				t.Errorf("%s: %s does not say what it is about:\n%s", p.ID, d.Kind, whole)
			}
			against := d.Kind == "denial" || d.Kind == "refusal" || d.Kind == "not_required_notice" || d.Kind == "termination" || d.Kind == "revocation"
			if against && (form.List != "reasons" || !strings.Contains(whole, "事实Remedies") || !strings.Contains(whole, "Facts-RemediesEN")) {
				t.Errorf("%s: %s goes against the applicant without reasons or remedies", p.ID, d.Kind)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d documents were looked at", n)
	}
}

func issuedBySomebody(p *statute.Procedure, kind string) bool {
	for _, st := range p.States {
		for _, x := range p.Actions(st.ID) {
			if x.Document == kind {
				return true
			}
		}
	}
	return false
}

// known is the data of wordings with every text filled in: 事实Item and, for what
// is in English, Facts-ItemEN.
func known(licensing bool) paperData {
	d := paperData{PromisedDays: 5, LegalDays: 20, SpecialDays: 15, Licensing: licensing}
	v := reflect.ValueOf(&d).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).Kind() != reflect.String {
			continue
		}
		text := "事实" + name
		if strings.HasSuffix(name, "EN") {
			text = "Facts-" + name
		}
		v.Field(i).SetString(text)
	}
	return d
}
