package casework

import (
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
)

// Masks follow the desensitisation table of the domain reference: what somebody
// needs to recognise a person, not what it takes to act as that person.

// MaskName keeps the first character: 张**.
func MaskName(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return s[:n] + "**"
}

// ListName is how lists and public answers name an applicant: companies are
// public, persons are masked.
func ListName(p contract.Party) string {
	if p.Kind == "company" {
		return p.Name
	}
	return MaskName(p.Name)
}

// mask hides a personal value by the kind of its field.
func mask(kind, value string) string {
	switch kind {
	case "phone":
		return keep(value, 3, 4)
	case "resident_id":
		return keep(value, 3, 4)
	case "email":
		at := strings.LastIndexByte(value, '@')
		if at < 1 {
			return "***"
		}
		return value[:1] + "***" + value[at:]
	case "address":
		return maskAddress(value)
	case "date":
		return keep(value, 4, 0)
	}
	return MaskName(value)
}

// keep leaves head and tail characters and stars what is between.
func keep(s string, head, tail int) string {
	r := []rune(s)
	if len(r) <= head+tail {
		return strings.Repeat("*", len(r))
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-tail) + string(r[len(r)-tail:])
}

// maskAddress keeps the address down to the county.
func maskAddress(s string) string {
	r := []rune(s)
	for i := len(r) - 1; i > 0; i-- {
		switch r[i] {
		case '区', '县', '旗':
			return string(r[:i+1]) + "***"
		}
	}
	return keep(s, min(2, len(r)/2), 0)
}
