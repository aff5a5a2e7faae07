package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// compressFrom is the size from which compressing is worth the work.
const compressFrom = 1200

// Render writes a page. It is rendered to memory first, so that an error shows
// an error page and not half a page.
func (k *Kit) Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var buf bytes.Buffer
	if err := c.Render(r.Context(), &buf); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", Locale(r))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Cookie, Accept-Language, Accept-Encoding")
	if _, err := r.Cookie(noticeCookie); err == nil {
		k.setCookie(w, noticeCookie, "", -1)
	}
	body := buf.Bytes()
	if len(body) >= compressFrom && acceptsEncoding(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = k.squeeze(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	// The head is out: a client that left is nothing to show a page about.
	_, _ = w.Write(body)
	return nil
}

// squeeze compresses a page. A writer has tables of a megabyte, so it is used again.
func (k *Kit) squeeze(b []byte) []byte {
	var out bytes.Buffer
	z, ok := k.gzips.Get().(*gzip.Writer)
	if ok {
		z.Reset(&out)
	} else {
		z, _ = gzip.NewWriterLevel(&out, gzip.BestSpeed) // the level is valid
	}
	_, _ = z.Write(b) // a bytes.Buffer takes everything
	_ = z.Close()
	k.gzips.Put(z)
	return out.Bytes()
}

func acceptsEncoding(r *http.Request, name string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		enc, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(enc) == name && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// SeeOther sends the browser to a path on this site with GET.
func (k *Kit) SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, SafePath(path), http.StatusSeeOther) //nolint:gosec // SafePath keeps it on this site
	return nil
}

// Flash leaves a message for the next page. The cookie holds only the key of
// the sentence, so nobody can put words into our mouth.
func (k *Kit) Flash(w http.ResponseWriter, key string) {
	k.setCookie(w, noticeCookie, key, 60)
}

func (k *Kit) notice(r *http.Request) string {
	c, err := r.Cookie(noticeCookie)
	if err != nil || !strings.Contains(c.Value, ".notice.") || !k.c.Texts.Has(c.Value) {
		return ""
	}
	return c.Value
}

// File is a stored file that a page hands out.
type File struct {
	Name string // as the person called it
	Type string // media type
	Size int64  // 0 when unknown
	// Inline shows the file in the page (a preview); else it is downloaded.
	Inline bool
}

// SendFile writes a file. Whatever is in it, it runs nothing and frames only in
// our own pages.
func (k *Kit) SendFile(w http.ResponseWriter, r *http.Request, f File, body io.Reader) error {
	h := w.Header()
	csp := "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
	if f.Type == "application/pdf" {
		csp = "frame-ancestors 'self'" // the built-in viewer does not start in a sandbox
	}
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", f.Type)
	how := "attachment"
	if f.Inline && previewable(f.Type) {
		how = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
	if f.Size > 0 {
		h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	}
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = io.Copy(w, body) // the head is out
	return nil
}

// previewable lists what browsers show without running anything.
func previewable(mediaType string) bool {
	switch mediaType {
	case "application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp", "text/plain; charset=utf-8":
		return true
	}
	return false
}
