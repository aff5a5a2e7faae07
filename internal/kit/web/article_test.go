package web

import "testing"

func TestArticlesAreCitedByNumbersInEnglish(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"第四条":         "article 4",
		"第十条":         "article 10",
		"第三十四条第三款":    "article 34, paragraph 3",
		"第二十二条至第二十五条": "article 22 to article 25",
		"第十五条第三款、第四款": "article 15, paragraph 3 and paragraph 4",
		"第七条、第八条":     "article 7; article 8",
		"第一百零二条第二项":   "article 102, item 2",
		"第一百一十条":      "article 110",
		"全文":          "",
		"关于延续的规定":     "",
		"第四条及附件":      "",
		"依照第四条":       "",
		"第四条或第五条":     "",
		"":            "",
	} {
		got, ok := articleEnglish(place)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", place, got, ok)
		}
	}
}
