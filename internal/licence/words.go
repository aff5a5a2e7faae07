package licence

import (
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// What the program itself writes as the reason of a state.
const (
	reasonWithdrawn = "准予许可的决定已被撤销，详见撤销决定书。"
	reasonCancelled = "许可已注销，详见注销决定书。"
	reasonReplaced  = "证照已变更，由新版本代替。"
	endedBefore     = "已办理注销，见编号 " // the number of the case stands between
	endedAfter      = " 的决定书。"
	basisWithdraw   = "《行政许可法》第六十九条"
)

// Words is the reason or the basis of a licence's state in both languages. What an
// official wrote is the same in both: nobody but who decided says what it means.
func Words(stored string) contract.Text {
	t := contract.Text{ZH: stored, EN: stored}
	switch stored {
	case reasonWithdrawn:
		t.EN = "The decision to grant it was withdrawn; the decision of withdrawal says why."
	case reasonCancelled:
		t.EN = "It was deregistered; the decision of deregistration says why."
	case reasonReplaced:
		t.EN = "It was changed, and a newer version stands in its place."
	case basisWithdraw:
		t.EN = "Administrative Licensing Law, Article 69"
	case basisChange:
		t.EN = "Administrative Licensing Law, Article 49"
	case basisRenew:
		t.EN = "Administrative Licensing Law, Article 50"
	case basisCancel:
		t.EN = "Administrative Licensing Law, Article 70"
	default:
		number, ok := strings.CutPrefix(stored, endedBefore)
		if number, end := strings.CutSuffix(number, endedAfter); ok && end {
			t.EN = "It was deregistered by the decision in case " + number + "."
		}
	}
	return t
}
