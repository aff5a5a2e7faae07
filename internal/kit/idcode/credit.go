package idcode

import "strings"

// creditAlphabet leaves out I, O, S, V and Z, which are read as digits.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// CreditCode checks a unified social credit code and returns it normalised.
func CreditCode(s string) (string, error) {
	s = clean(s)
	switch {
	case len(s) != 18:
		return "", ErrLength.With("n", 18)
	case !only(s, creditAlphabet):
		return "", ErrCharacters
	case creditCheck(s[:17]) != s[17]:
		return "", ErrCheck
	}
	return s, nil
}

// CompleteCreditCode returns the code of 17 characters with its check
// character, for data that is made up: demo agencies and companies.
func CompleteCreditCode(s17 string) (string, error) {
	s := clean(s17)
	switch {
	case len(s) != 17:
		return "", ErrLength.With("n", 17)
	case !only(s, creditAlphabet):
		return "", ErrCharacters
	}
	return s + string(creditCheck(s)), nil
}

func creditCheck(s string) byte {
	sum := 0
	for i, w := range creditWeights {
		sum += strings.IndexByte(creditAlphabet, s[i]) * w
	}
	return creditAlphabet[(31-sum%31)%31]
}
