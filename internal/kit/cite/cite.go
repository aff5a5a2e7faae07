// Package cite names places in laws in English: "Article 45, paragraph 1", with the
// law before it in tables and brackets. There is one style, so that readers see that
// two pages rest on the same place.
package cite

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	placeText  = regexp.MustCompile(`第([〇零一二三四五六七八九十百]+)(条|款|项)`)
	placeNames = map[string]string{"条": "Article", "款": "paragraph", "项": "item"}
)

// Place turns 第四十五条第一款 into "Article 45, paragraph 1". It reports whether the
// place is one that numbers name; 全文 is not.
func Place(zh string) (string, bool) {
	found := placeText.FindAllStringSubmatchIndex(zh, -1)
	if len(found) == 0 || found[0][0] != 0 || found[len(found)-1][1] != len(zh) {
		return "", false
	}
	var out strings.Builder
	end := 0
	for _, m := range found {
		switch between := zh[end:m[0]]; {
		case between == "至":
			out.WriteString(" to ")
		case between == "、":
			out.WriteString(" and ")
		case between != "":
			return "", false
		case end > 0:
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%s %d", placeNames[zh[m[4]:m[5]]], number(zh[m[2]:m[3]]))
		end = m[1]
	}
	return out.String(), true
}

// In puts the law before the place: "Administrative Licensing Law, Article 45". The
// place may be Chinese or English already.
func In(law, place string) string {
	if english, ok := Place(place); ok {
		place = english
	}
	if place == "" {
		return law
	}
	return law + ", " + place
}

// number reads a Chinese number below one thousand.
func number(s string) int {
	const digits = "零一二三四五六七八九"
	sum, last := 0, 0
	for _, r := range s {
		switch r {
		case '百':
			sum, last = sum+max(last, 1)*100, 0
		case '十':
			sum, last = sum+max(last, 1)*10, 0
		case '〇':
			last = 0
		default:
			last = strings.IndexRune(digits, r) / len("零")
		}
	}
	return sum + last
}
