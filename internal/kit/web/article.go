package web

import (
	"context"
	"html"
	"io"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/cite"
)

// Law cites a place in a law: 《法》第几条 in Chinese, and in English by numbers. A
// place without numbers stays Chinese and is marked as such, so that it is read out
// in the right voice.
func Law(v View, zh, en, place string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		text := html.EscapeString(v.Cite(zh, en, place))
		if _, numbered := cite.Place(place); v.English() && place != "" && !numbered {
			text = html.EscapeString(en) + `, <span lang="` + ZH + `">` + html.EscapeString(place) + "</span>"
		}
		_, err := io.WriteString(w, text)
		return err
	})
}

// Cite is the same within a sentence.
func (v View) Cite(zh, en, place string) string {
	if v.English() {
		return cite.In(en, place)
	}
	return zh + place
}
