package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
)

// Limits of a request body and of the time it may take to arrive.
const (
	defaultBody = 256 << 10
	bodyTime    = 30 * time.Second
	uploadTime  = 5 * time.Minute
)

// state is what the kit itself remembers about a request.
type state struct {
	id    string
	actor auth.Principal
	known bool
	err   error
	body  io.ReadCloser
}

type stateKey struct{}

// stateOf returns the state of r; a request that did not pass the kit's
// middleware (a test of one handler) gets a state of its own each time.
func stateOf(r *http.Request) *state {
	if s, ok := r.Context().Value(stateKey{}).(*state); ok {
		return s
	}
	return &state{body: r.Body}
}

// RequestID returns the id of the request, for the log and for people to quote.
func RequestID(ctx context.Context) string {
	if s, ok := ctx.Value(stateKey{}).(*state); ok {
		return s.id
	}
	return ""
}

// identify finds the actor once per request.
func (s *state) identify(r *http.Request, find Sessions) error {
	if !s.known && find != nil {
		s.actor, s.err = find.Find(r)
	}
	s.known = true
	return s.err
}

// limit lets at most n bytes of the body through, whatever was allowed before.
func limit(w http.ResponseWriter, r *http.Request, n int64) {
	body := stateOf(r).body
	if body == nil {
		body = r.Body
	}
	if body == nil || body == http.NoBody {
		return
	}
	r.Body = http.MaxBytesReader(w, body, n)
	wait := bodyTime
	if n > defaultBody {
		wait = uploadTime
	}
	arriveWithin(w, wait)
}

// arriveWithin bounds the time the rest of the request may take to arrive.
func arriveWithin(w http.ResponseWriter, wait time.Duration) {
	// A writer that cannot set deadlines (a test recorder) has none to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(wait)) //nolint:forbidigo // the network's clock, not ours
}
