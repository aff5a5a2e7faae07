package licenceweb

import (
	"strings"
	"unicode"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// told is why a licence is in its state, in the reader's language as far as it can be
// said: the words of an official stand as they are, and the reader is told so.
func told(v web.View, stored string) string {
	t := licence.Words(stored)
	foreign := t.EN == t.ZH && strings.ContainsFunc(stored, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	if !foreign {
		return v.Pick(t.ZH, t.EN)
	}
	return v.Pick(stored, stored+" "+v.T("licence.as_written"))
}
