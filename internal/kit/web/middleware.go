package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
)

// pageTime is how long a page may take before its work is cancelled.
const pageTime = 30 * time.Second

// policy allows nothing but our own files: no inline script or style, no frame
// around us, no form that posts elsewhere.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; frame-src 'self'; object-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler returns everything that is registered, behind the log, the recovery,
// the security headers and the protection against foreign forms.
func (k *Kit) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := k.c.Now()
		s := &state{id: id.Code(10), body: r.Body}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), stateKey{}, s), arrival(r)+pageTime)
		defer cancel()
		arriveWithin(w, arrival(r))
		out := &recorder{ResponseWriter: w}
		k.headers(out.Header(), s.id)
		r = r.WithContext(ctx)
		r.RemoteAddr = clientAddress(r, k.c.Proxies)
		k.answer(out, r)
		k.c.Log.InfoContext(ctx, "request",
			slog.String("request_id", s.id), slog.String("method", r.Method), slog.String("route", out.route),
			slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
			slog.Duration("took", k.c.Now().Sub(start)), slog.String("actor", string(s.actor.Kind)))
	})
}

// arrival is how long the body of r may take to arrive.
func arrival(r *http.Request) time.Duration {
	if uploads(r) {
		return uploadTime
	}
	return bodyTime
}

// readable refuses a path that is no text: nothing has such a name, and
// PostgreSQL would not even look for it.
func readable(r *http.Request) error {
	if clean(r.URL.Path) != r.URL.Path {
		return errNotFound
	}
	return nil
}

// cleanQuery takes out of the query what is no text, as ReadForm does with forms.
func cleanQuery(u *url.URL) {
	q := u.Query()
	changed := false
	for _, values := range q {
		changed = cleanAll(values) || changed
	}
	if changed {
		u.RawQuery = q.Encode()
	}
}

// clean returns s without what no text has: bytes that are not UTF-8, and zeros.
func clean(s string) string { return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "") }

func cleanAll(values []string) (changed bool) {
	for i, v := range values {
		values[i] = clean(v)
		changed = changed || values[i] != v
	}
	return changed
}

// uploads reports whether the body may take long to arrive.
func uploads(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data" || r.ContentLength > defaultBody
}

func (k *Kit) headers(h http.Header, requestID string) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(self), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Request-Id", requestID)
	if k.c.Secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// answer serves the request; a form from another site is refused.
func (k *Kit) answer(w *recorder, r *http.Request) {
	defer k.recovered(w, r)
	cleanQuery(r.URL)
	if err := k.cross.Check(r); err != nil {
		k.fail(w, r, fault.New(fault.Invalid, "web.foreign_form").Wrap(err))
		return
	}
	k.route(w, r)
}

// recovered turns a panic into the page of an unknown error; it is deferred.
func (k *Kit) recovered(w *recorder, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if w.status != 0 {
		k.c.Log.ErrorContext(r.Context(), "request failed after its answer began", slog.Any("err", err))
		return
	}
	k.fail(w, r, err)
}

// route serves r, with our own pages for what is not registered.
func (k *Kit) route(w *recorder, r *http.Request) {
	h, pattern := k.mux.Handler(r)
	w.route = pattern
	if pattern != "" {
		k.pages.ServeHTTP(w, r)
		return
	}
	// The mux knows whether the path exists with another method.
	probe := httptest.NewRecorder()
	h.ServeHTTP(probe, r)
	if probe.Code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	k.fail(w, r, errNotFound)
}

// recorder remembers what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	route  string
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// NewServer returns a server for h with limits against slow clients.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}
