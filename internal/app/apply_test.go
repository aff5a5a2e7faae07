package app

import (
	"net/http"
	"testing"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/api"
)

const (
	hygieneItem = "511A0015500009-511602000000-000-115113016823646795-1-00"
	filingItem  = "511Z31138001-511602000000-000-115113016823646795-1-00"
)

// The parts of the API's answers that these tests look at.
type (
	draftView struct {
		ID       string
		Complete bool
	}
	receiptView struct {
		Case, Number string
		QueryCode    string `json:"query_code"`
	}
	caseView struct {
		ID, State, Licence string
		Number             string
		Step               int
		Deemed             bool
		Accepted           string
		Actions            []struct{ Action string }
	}
	licenceView struct{ ID, Case, Number, Identifier, State string }
	noticeView  struct {
		Kind, Title string
		Statutory   bool
	}
	useView struct {
		Kind, Purpose, Case string
		What                []string
	}
)

// prepare makes a draft of the hygiene licence that can be handed in.
func (c caller) prepare() draftView {
	c.t.Helper()
	d := c.begin(hygieneItem, formtest.Good())
	for i, material := range formtest.Uploads() {
		path := api.Prefix + "/drafts/" + d.ID + "/materials/" + material
		a := c.send(http.MethodPost, path+"?name=plan.png", string(formtest.PNG(10+i, 10)), "Content-Type", "image/png")
		if i%2 == 0 {
			a = c.send(http.MethodPost, path+"?name=report.pdf", formtest.PDF(material), "Content-Type", "application/pdf")
		}
		if a.status != http.StatusCreated {
			c.t.Fatalf("attach %s: %d %s", material, a.status, a.body)
		}
	}
	return d
}

// begin starts a draft and answers what the form asks.
func (c caller) begin(item string, answers map[string]any) draftView {
	c.t.Helper()
	var d draftView
	c.call(http.MethodPost, "/drafts", map[string]any{"service": item}, &d)
	delete(answers, "representative") // the government holds it
	c.call(http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"answers": answers}, &d)
	return d
}

func (c caller) submit(d draftView) receiptView {
	c.t.Helper()
	var r receiptView
	c.call(http.MethodPost, "/drafts/"+d.ID+"/submission", nil, &r)
	return r
}

// act takes a step of a case, which must succeed.
func (c caller) act(id, action string) caseView {
	c.t.Helper()
	var v caseView
	c.call(http.MethodPost, "/cases/"+id+"/actions", c.action(id, action), &v)
	return v
}

// action is a step as the caller would send it after a look at the case.
func (c caller) action(id, action string) map[string]any {
	c.t.Helper()
	var v caseView
	c.call(http.MethodGet, "/cases/"+id, nil, &v)
	return map[string]any{"action": action, "step": v.Step, "opinion": "材料齐全，符合条件。"}
}

// grant takes a case from its submission to its licence.
func (w *world) grant(t *testing.T, id string) {
	t.Helper()
	w.steps(t, id, "clerk accept", "reviewer1 review", "reviewer2 countersign", "approver approve")
}
