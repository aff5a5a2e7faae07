package web

import (
	"context"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/a-h/templ"
)

// Article cites a place in a law: as the law has it in Chinese, and by its numbers
// in English. What is not cited by numbers stays Chinese and is marked as such, so
// that it is read out in the right voice.
func Article(v View, place string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		lang := ""
		if v.English() {
			english, ok := articleEnglish(place)
			if ok {
				place = english
			} else {
				lang = ` lang="` + ZH + `"`
			}
		}
		_, err := io.WriteString(w, "<span"+lang+">"+html.EscapeString(place)+"</span>")
		return err
	})
}

// Cite is the same within a sentence.
func (v View) Cite(place string) string {
	if english, ok := articleEnglish(place); ok && v.English() {
		return english
	}
	return place
}

var (
	placeText  = regexp.MustCompile(`第([〇零一二三四五六七八九十百]+)(条|款|项)`)
	placeNames = map[string]string{"条": "article", "款": "paragraph", "项": "item"}
)

// articleEnglish turns 第十五条第一款 into "article 15, paragraph 1".
func articleEnglish(place string) (string, bool) {
	found := placeText.FindAllStringSubmatchIndex(place, -1)
	if len(found) == 0 || found[0][0] != 0 || found[len(found)-1][1] != len(place) {
		return "", false
	}
	var out strings.Builder
	end := 0
	for _, m := range found {
		kind := place[m[4]:m[5]]
		switch between := place[end:m[0]]; {
		case between == "至":
			out.WriteString(" to ")
		case between == "、" && kind == "条":
			out.WriteString("; ")
		case between == "、":
			out.WriteString(" and ")
		case between != "":
			return "", false
		case end > 0:
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%s %d", placeNames[kind], chineseNumber(place[m[2]:m[3]]))
		end = m[1]
	}
	return out.String(), true
}

// chineseNumber reads a number below one thousand.
func chineseNumber(s string) int {
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
