// Package idcode checks and builds the official numbers that carry a check
// character: resident identity numbers (GB 11643-1999), unified social credit
// codes (GB 32100-2015), e-licence identifiers (GB/T 36904-2018) and the case
// numbers of this product.
//
// Every function takes what a person may have typed or scanned and returns the
// normalised form. A passed check says that a number is well made, never that
// it was issued to anybody.
package idcode

import (
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// The ways a number can be wrong. Length carries "n", the length it must have.
var (
	ErrLength     = fault.New(fault.Invalid, "idcode.length")
	ErrCharacters = fault.New(fault.Invalid, "idcode.characters")
	ErrArea       = fault.New(fault.Invalid, "idcode.area")
	ErrDate       = fault.New(fault.Invalid, "idcode.date")
	ErrFuture     = fault.New(fault.Invalid, "idcode.future")
	ErrCheck      = fault.New(fault.Invalid, "idcode.check")
	ErrShape      = fault.New(fault.Invalid, "idcode.shape")
)

// clean removes the spaces people group numbers with and folds full-width
// forms and lower case, so that a pasted number is as good as a typed one.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u00a0' || r == '\u3000' || r == '\t':
			return -1
		case r >= '\uff01' && r <= '\uff5e':
			r -= 0xfee0
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(s))
}

// only reports whether s has no character outside alphabet.
func only(s, alphabet string) bool {
	return strings.Trim(s, alphabet) == "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune(alphabet, r)
	})
}

const (
	digits = "0123456789"
	// alphabet36 is the character set of ISO 7064 MOD 37,36.
	alphabet36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// hybrid returns the check character of ISO 7064 hybrid systems (MOD m+1,m),
// where m is the size of the alphabet. Every character of s must be in it.
func hybrid(s, alphabet string) byte {
	m := len(alphabet)
	p := m
	for i := range len(s) {
		p = (p + strings.IndexByte(alphabet, s[i])) % m
		if p == 0 {
			p = m
		}
		p = p * 2 % (m + 1)
	}
	return alphabet[(m+1-p)%m]
}
