package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func TestAssetsAreServedForEver(t *testing.T) {
	t.Parallel()
	a := loadAssets(fstest.MapFS{
		"dist/manifest.json":     {Data: []byte(`{"app.css": "app.1a2b.css"}`)},
		"dist/app.1a2b.css":      {Data: []byte("plain")},
		"dist/app.1a2b.css.gz":   {Data: []byte("zipped")},
		"dist/app.1a2b.css.br":   {Data: []byte("pressed")},
		"dist/not-in-manifest.x": {Data: []byte("hidden")},
	})
	if got := a.Path("app.css"); got != "/assets/app.1a2b.css" {
		t.Errorf("path %s", got)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{file}", a)
	for _, x := range []struct{ path, accept, encoding, body string }{
		{"/assets/app.1a2b.css", "", "", "plain"},
		{"/assets/app.1a2b.css", "gzip, deflate", "gzip", "zipped"},
		{"/assets/app.1a2b.css", "gzip, deflate, br", "br", "pressed"},
		{"/assets/app.1a2b.css", "br;q=0, gzip", "gzip", "zipped"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.path, nil)
		r.Header.Set("Accept-Encoding", x.accept)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		h := w.Header()
		if w.Body.String() != x.body || h.Get("Content-Encoding") != x.encoding {
			t.Errorf("%q: %q as %q", x.accept, w.Body.String(), h.Get("Content-Encoding"))
		}
		if h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Content-Type") != "text/css; charset=utf-8" {
			t.Errorf("headers %v", h)
		}
	}
	for _, path := range []string{"/assets/not-in-manifest.x", "/assets/app.css", "/assets/manifest.json"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestWithoutABuildThereAreNoAssets(t *testing.T) {
	t.Parallel()
	if got := loadAssets(fstest.MapFS{}).Path("app.css"); got != "/assets/app.css" {
		t.Error(got)
	}
}
