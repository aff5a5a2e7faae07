package cite_test

import (
	"testing"

	"github.com/tongban/tongban/internal/kit/cite"
)

func TestPlacesAreNamedByNumbers(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"第四条":         "Article 4",
		"第十条":         "Article 10",
		"第三十四条第三款":    "Article 34, paragraph 3",
		"第二十二条至第二十五条": "Article 22 to Article 25",
		"第十五条第三款、第四款": "Article 15, paragraph 3 and paragraph 4",
		"第七条、第八条":     "Article 7 and Article 8",
		"第一百零二条第二项":   "Article 102, item 2",
		"第一百一十条":      "Article 110",
		"全文":          "",
		"关于延续的规定":     "",
		"第四条及附件":      "",
		"依照第四条":       "",
		"第四条或第五条":     "",
		"":            "",
	} {
		got, ok := cite.Place(place)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", place, got, ok)
		}
	}
}

func TestTheLawStandsBeforeThePlace(t *testing.T) {
	t.Parallel()
	for place, want := range map[string]string{
		"第四十五条第一款":   "Food Safety Law, Article 45, paragraph 1",
		"Article 45": "Food Safety Law, Article 45",
		"全文":         "Food Safety Law, 全文",
		"":           "Food Safety Law",
	} {
		if got := cite.In("Food Safety Law", place); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
}
