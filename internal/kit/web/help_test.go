package web_test

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/a-h/templ"
)

type fsFS = fs.FS

var notices = fstest.MapFS{
	"locale/zh-CN.json": {Data: []byte(`{"test.notice.saved": "已保存", "test.count": "{n} 件，{who}"}`)},
	"locale/en.json":    {Data: []byte(`{"test.notice.saved": "Saved", "test.count": {"one": "{n} case, {who}", "other": "{n} cases, {who}"}}`)},
}

func request(t *testing.T, method, path, form string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// framed gives a frame its children.
func framed(frame templ.Component, html string) templ.Component {
	return inside(frame, templ.Raw(html))
}

// inside gives a frame its child.
func inside(frame, child templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, child), w)
	})
}

// words gives a part its children.
func words(ctx context.Context, s string) context.Context {
	return templ.WithChildren(ctx, templ.Raw(s))
}
