package caseworkweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

func correction() casework.Action {
	return casework.Action{Name: "correct", Marks: []contract.Mark{
		{Kind: "field", ID: "area", Reason: "面积与平面图不一致。"},
		{Kind: "material", ID: "plan", Reason: "图上没有标出消毒间。"},
		{Kind: "material", ID: "lease", Reason: "没有提交租赁合同。"},
	}}
}

// What is to be corrected is told where it stands, with the reason beside it.
func TestReasonsOfACorrectionStandBesideWhatIsMarked(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	c := "/cases/" + string(id)
	beside := func(t *testing.T, p *webtest.Page) {
		for label, reason := range map[string]string{"营业面积": "面积与平面图不一致。"} {
			row := p.Doc.Find(".govuk-summary-list__row").FilterFunction(func(_ int, s *goquery.Selection) bool {
				return strings.Contains(s.Find("dt").Text(), label)
			})
			if !strings.Contains(row.Find("dd").First().Text(), reason) || !strings.Contains(row.Text(), "48.5") {
				t.Errorf("beside %s: %q", label, row.Text())
			}
		}
		if n := strings.Count(p.Doc.Text(), "图上没有标出消毒间。"); n != 1 {
			t.Errorf("the reason of the plan stands %d times", n)
		}
	}
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "nothing yet", Actor: "lin", Path: c, HasNot: []string{"要补正的内容"}},
	})
	w.Do(t, caseworktest.Clerk, id, correction())
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Name: "on the page of the case", Actor: "lin", Path: c, Has: []string{"要补正的内容（3 处）", "plan.pdf", "没有提交租赁合同。", "没有提交", "去补正"}, Then: beside},
		{Name: "in English", Actor: "lin", Locale: web.EN, Path: c, Has: []string{"What is to be corrected (3)", "To be corrected: 面积与平面图不一致。", "Nothing was handed in", "Make the corrections"}},
		{Name: "beside what was handed in", Actor: "lin", Path: c + "/answers", Has: []string{"图上没有标出消毒间。"}, Then: beside},
		{Name: "not to others", Actor: "zhou", Path: c, Status: http.StatusNotFound},
	})
}

func TestReasonsOfACorrectionByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := service(t)
	id := w.File(t, "a", caseworktest.Hygiene)
	w.Do(t, caseworktest.Clerk, id, correction())
	path := "/cases/" + string(id)
	status, text := ask("lin", http.MethodGet, path, nil)
	if status != http.StatusOK || strings.Count(text, `"reason":`) != 3 || !strings.Contains(text, "面积与平面图不一致。") || !strings.Contains(text, "plan.pdf") {
		t.Errorf("%d %s", status, text)
	}
	if _, text := ask("clerk", http.MethodGet, path, nil); strings.Contains(text, `"asked"`) {
		t.Errorf("the official is asked to correct: %s", text)
	}
}
