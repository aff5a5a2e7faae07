package web

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// errNotFound is what a path nobody registered gives.
var errNotFound = fault.New(fault.NotFound, "web.not_found")

// statusOf maps the kinds of fault to HTTP (RFC 9110).
func statusOf(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// fail answers a request with the page of an error.
func (k *Kit) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, http.ErrAbortHandler) {
		panic(err)
	}
	kind := fault.KindOf(err)
	actor := k.Actor(r)
	if actor.Kind == auth.Anonymous && (kind == fault.Denied || kind == fault.Unauthenticated) {
		k.askToSignIn(w, r)
		return
	}
	// Whether a thing exists is not said to strangers: what they may not see is
	// not there. Staff learn that a page is not theirs.
	if kind == fault.Denied && actor.Kind != auth.Staff {
		kind, err = fault.NotFound, errNotFound
	}
	switch kind { //nolint:exhaustive // the rest is said to whoever asked, and theirs to mend
	case fault.Internal:
		k.logFailure(r, "request failed", err)
	case fault.Unavailable: // a full disk, a lost server: whoever runs the product must hear of it
		k.logFailure(r, "not available", err)
	}
	status := statusOf(kind)
	if kind == fault.TooMany || kind == fault.Unavailable {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	e := problem{Status: status, Kind: kind, ID: stateOf(r).id, Kept: keep(r, err)}
	if f, ok := errors.AsType[*fault.Error](err); ok && kind != fault.Internal && kind != fault.NotFound {
		e.Fault = f
	}
	if err := k.Render(w, r, status, errorPage(k.View(r), e)); err != nil {
		k.logFailure(r, "error page failed", err)
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func (k *Kit) logFailure(r *http.Request, what string, err error) {
	k.c.Log.ErrorContext(r.Context(), "page", slog.String("what", what),
		slog.String("request_id", stateOf(r).id), slog.Any("err", err))
}

// retryAfter returns the seconds to wait: the duration among the arguments of
// the fault, or a minute.
func retryAfter(err error) int {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for _, a := range f.Args {
			if d, ok := a.(time.Duration); ok {
				return int(math.Ceil(d.Seconds()))
			}
		}
	}
	return 60
}

// askToSignIn sends a stranger to the sign-in page, and back afterwards: to
// the page of the same address where there is one, else to where they were.
func (k *Kit) askToSignIn(w http.ResponseWriter, r *http.Request) {
	next := hereOf(r)
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	if _, pattern := k.mux.Handler(get); pattern != "" {
		next = SafePath(r.URL.RequestURI())
	}
	http.Redirect(w, r, "/signin?next="+url.QueryEscape(next), http.StatusSeeOther)
}

// hereOf returns the page a person is on: what they asked for, or, when they
// sent a form, the page the form stood on.
func hereOf(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return SafePath(r.URL.RequestURI())
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		return SafePath(u.RequestURI())
	}
	return "/"
}

// problem is what the error page shows.
type problem struct {
	Status int
	Kind   fault.Kind
	Fault  *fault.Error // the sentence to show, if there is a particular one
	ID     string
	Kept   *kept // what was sent, where it can be sent again
}

// key returns the part of the keys for the page of p.
func (p problem) key() string {
	switch p.Kind {
	case fault.NotFound:
		return "not_found"
	case fault.Denied, fault.Unauthenticated:
		return "denied"
	case fault.Conflict:
		return "conflict"
	case fault.Invalid:
		return "invalid"
	case fault.TooMany:
		return "too_many"
	case fault.TooLarge:
		return "too_large"
	case fault.Unavailable:
		return "unavailable"
	case fault.Internal:
	}
	return "internal"
}
