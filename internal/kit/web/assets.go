package web

import (
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is what `make assets` builds from web/: styles, scripts and icons with a
// hash in the name, each with a compressed twin.
//
//go:embed all:dist
var dist embed.FS

// Assets serves the built files and knows their hashed names.
type Assets struct {
	names map[string]string // app.css -> app.3f9c1b2a.css
	files map[string]asset  // by hashed name
}

type asset struct {
	kind      string
	plain, gz []byte
	br        []byte
}

// loadAssets reads the files of a build. Without a build there are none: pages
// then come without styles, and the tests of Go code run without Node.
func loadAssets(files fs.FS) *Assets {
	a := &Assets{names: map[string]string{}, files: map[string]asset{}}
	b, err := fs.ReadFile(files, "dist/manifest.json")
	if err != nil {
		return a
	}
	if err := json.Unmarshal(b, &a.names); err != nil {
		panic(err) // a broken build
	}
	for _, hashed := range a.names {
		plain, err := fs.ReadFile(files, "dist/"+hashed)
		if err != nil {
			panic(err) // a broken build
		}
		a.files[hashed] = asset{
			kind:  mime.TypeByExtension(path.Ext(hashed)),
			plain: plain,
			gz:    optional(files, "dist/"+hashed+".gz"),
			br:    optional(files, "dist/"+hashed+".br"),
		}
	}
	return a
}

func optional(files fs.FS, name string) []byte {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil
	}
	return b
}

// Path returns the URL of a built file.
func (a *Assets) Path(name string) string {
	if hashed, ok := a.names[name]; ok {
		return "/assets/" + hashed
	}
	return "/assets/" + name
}

// ServeHTTP serves one file. Its name changes with its content, so browsers
// keep it for ever.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	f.write(w, r)
}

func (f asset) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Add("Vary", "Accept-Encoding")
	body := f.plain
	switch {
	case f.br != nil && acceptsEncoding(r, "br"):
		h.Set("Content-Encoding", "br")
		body = f.br
	case f.gz != nil && acceptsEncoding(r, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = f.gz
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that left is no error
	}
}

// favicon answers browsers that ask without having read the page.
func (k *Kit) favicon(w http.ResponseWriter, r *http.Request) {
	f, ok := k.assets.files[strings.TrimPrefix(k.assets.Path("favicon.svg"), "/assets/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	f.write(w, r)
}
