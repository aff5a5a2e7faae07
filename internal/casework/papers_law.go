package casework

import (
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// licensingLaw is what the wording of documents cites by itself.
const licensingLaw = "行政许可法"

// paperBasis is the law of the service that a decision rests on, beside the law of
// the procedure that its wording cites. What nobody compared with the published text
// does not stand in a decision.
func paperBasis(svc contract.Service, action string) []PaperRow {
	if !slices.Contains([]string{actApprove, actGrant, actDeny}, action) {
		return nil
	}
	var laws []string
	articles := map[string][]string{}
	for _, b := range svc.Guide.Basis {
		if !b.Verified || strings.Contains(b.Law.ZH, licensingLaw) {
			continue
		}
		if !slices.Contains(laws, b.Law.ZH) {
			laws = append(laws, b.Law.ZH)
		}
		articles[b.Law.ZH] = append(articles[b.Law.ZH], b.Article)
	}
	if len(laws) == 0 {
		return nil
	}
	for i, law := range laws {
		laws[i] = law + strings.Join(articles[law], "、")
	}
	return []PaperRow{{contract.Text{ZH: "办理依据", EN: "Legal basis"}, strings.Join(laws, "；")}}
}

// askAt is where the addressee of a document can ask about it: the line for the
// service, or that of another agency which issues the document.
func askAt(issuer contract.Agency, c Case, svc contract.Service) string {
	if issuer.ID == c.Agency && svc.Guide.Consult != "" {
		return svc.Guide.Consult
	}
	return issuer.Phone
}
