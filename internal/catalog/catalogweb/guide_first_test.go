package catalogweb

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// The guide says which hearing comes before the decision and cites its law as every
// page does: in English by numbers.
func TestTheGuideTellsOfAHearing(t *testing.T) {
	t.Parallel()
	law := contract.LawRef{Law: contract.Text{ZH: "《行政许可法》（2019 年修正文本）", EN: "Administrative Licensing Law (text of 2019)"}, Article: "第四十七条"}
	why := contract.Text{ZH: "影响相邻住户", EN: "It concerns the neighbours"}
	for _, tt := range []struct{ kind, locale, says, cites string }{
		{contract.HearingOffer, web.ZH, "可以要求听证", "影响相邻住户（《行政许可法》（2019 年修正文本）第四十七条）"},
		{contract.HearingOffer, web.EN, "You may ask for a hearing", "It concerns the neighbours (Administrative Licensing Law (text of 2019), Article 47)"},
		{contract.HearingMust, web.ZH, "先听证", "第四十七条"},
		{contract.HearingMust, web.EN, "A hearing comes first", "Article 47"},
	} {
		svc := &contract.Service{}
		svc.Handling.Hearing = &contract.HearingSpec{Kind: tt.kind, Why: why, Law: law}
		got := webtest.Render(t, first(webtest.View(t, tt.locale, webtest.Options{Texts: []fs.FS{Texts}}), svc))
		if !strings.Contains(got, tt.says) || !strings.Contains(got, tt.cites) {
			t.Errorf("%s in %s: %s", tt.kind, tt.locale, got)
		}
	}
}
