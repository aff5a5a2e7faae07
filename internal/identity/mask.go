package identity

import (
	"strings"
	"unicode/utf8"
)

// Masks show a person enough of a fact to know it again and nobody else enough
// to use it. They are applied on the server.

// MaskName keeps the first character of a name.
func MaskName(s string) string {
	if s == "" {
		return ""
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n] + strings.Repeat("*", min(utf8.RuneCountInString(s[n:]), 3))
}

// MaskNumber keeps the first three and the last four characters of an identity
// number, for the person's own screens.
func MaskNumber(s string) string { return middle(s, 3, 4) }

// MaskPhone keeps the first three and the last four digits.
func MaskPhone(s string) string { return middle(s, 3, 4) }

func middle(s string, head, tail int) string {
	r := []rune(s)
	if len(r) <= head+tail {
		return strings.Repeat("*", len(r))
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-tail) + string(r[len(r)-tail:])
}

// MaskEmail keeps the first character and the domain.
func MaskEmail(s string) string {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" {
		return strings.Repeat("*", utf8.RuneCountInString(s))
	}
	_, n := utf8.DecodeRuneInString(name)
	return name[:n] + "***@" + domain
}

// MaskAddress keeps an address down to the county.
func MaskAddress(s string) string {
	if s == "" {
		return ""
	}
	end, mark := 0, 0
	for i, r := range s {
		if !strings.ContainsRune("省市区县旗", r) {
			continue
		}
		end, mark = i+utf8.RuneLen(r), mark+1
		if mark == 3 {
			break
		}
	}
	return s[:end] + "***"
}
