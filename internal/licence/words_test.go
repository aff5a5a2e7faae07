package licence

import (
	"strings"
	"testing"
	"unicode"
)

// What the program writes itself is told in English too; what an official wrote is
// not touched.
func TestWordsOfAState(t *testing.T) {
	t.Parallel()
	own := []string{reasonReplaced, basisChange, basisRenew, basisCancel, basisWithdraw, endedBefore + "115113016823646795" + endedAfter}
	for _, e := range undone {
		own = append(own, e.reason, e.basis)
	}
	for _, s := range own {
		w := Words(s)
		if w.ZH != s || w.EN == "" || strings.ContainsFunc(w.EN, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q: %+v", s, w)
		}
	}
	for _, s := range []string{"", "持证人申请注销", endedBefore, "Closed for good"} {
		if w := Words(s); w.ZH != s || w.EN != s {
			t.Errorf("%q: %+v", s, w)
		}
	}
}
