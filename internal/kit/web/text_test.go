package web_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// PostgreSQL keeps no zeros and nothing but UTF-8, so neither gets past the door.
func TestWhatIsNoTextDoesNotComeIn(t *testing.T) {
	t.Parallel()
	k := webtest.New(t, webtest.Options{})
	k.Open("GET /x/{id}", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, r.PathValue("id")+" "+r.URL.Query().Get("q"))
		return err
	})
	k.Open("POST /x", func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(w, r, 1000)
		if err == nil {
			_, err = io.WriteString(w, f.Get("q"))
		}
		return err
	})
	webtest.Run(t, k.Handler(), []webtest.Step{
		{Path: "/x/1?q=%E5%B9%BF", Has: []string{"1 广"}},
		{Path: "/x/1?q=a%00b%FFc", Has: []string{"1 abc"}},
		{Path: "/x/%00", Status: 404},
		{Path: "/x/%FF", Status: 404},
		{Path: "/x", Form: map[string][]string{"q": {"a\x00b\xffc"}}, Has: []string{"abc"}},
	})
}
