// Package mask shows of a personal datum what somebody needs to know a person
// again, not what it takes to act as that person. One rule for each kind of datum,
// applied on the server and by every area: two masks of one value would together
// show more than either.
package mask

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// rest stands for what is hidden where its length would tell something.
const rest = "***"

// Name keeps the first character: 罗*, and 张** however long the name is. Of a
// name of one character nothing would be hidden, so that nothing of it is shown.
func Name(s string) string {
	r := []rune(s)
	switch len(r) {
	case 0, 1:
		return strings.Repeat("*", len(r))
	case 2:
		return string(r[:1]) + "*"
	}
	return string(r[:1]) + "**"
}

// Number keeps the first three and the last four characters of an identity number.
func Number(s string) string { return middle(s, 3, 4) }

// Phone keeps the first three and the last four digits.
func Phone(s string) string { return middle(s, 3, 4) }

// Year keeps the year of a date written year first.
func Year(s string) string { return middle(s, 4, 0) }

// middle keeps head and tail and stars what is between, one star a character.
func middle(s string, head, tail int) string {
	r := []rune(s)
	if len(r) <= head+tail {
		return strings.Repeat("*", len(r))
	}
	return string(r[:head]) + strings.Repeat("*", len(r)-head-tail) + string(r[len(r)-tail:])
}

// Email keeps the first character and the domain.
func Email(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return strings.Repeat("*", min(utf8.RuneCountInString(s), len(rest)))
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n] + rest + s[at:]
}

// county finds province, prefecture and county at the beginning of an address. A
// mark further on is a part of a street or an estate (和平路1号市场, 幸福小区), so
// that a step does not go over a street, a village or a number; where in doubt
// less is shown.
var county = regexp.MustCompile(`^(?:[^省市区县\d]{2,4}省|[^省市区县\d]{2,6}自治区|[^省市区县\d]{2,3}市)?` +
	`(?:[^省市区县旗街号村\d]{2,12}(?:自治州|地区|盟|市))?` +
	`(?:[^省市号\d][^省市区县旗路街道号村镇乡社园小\d]{0,14}(?:自治旗|区|县|旗|市))?`)

// Address keeps an address down to the county.
func Address(s string) string {
	if s == "" {
		return ""
	}
	return county.FindString(s) + rest
}
