package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Problem is an error as it leaves the API (RFC 9457). It repeats nothing that
// the caller sent.
type Problem struct { //nolint:errname // RFC 9457 calls it so, and so does the API document
	Type     string `json:"type" doc:"A URN that ends in the code."`
	Title    string `json:"title" doc:"The sentence for a person, in the language asked for."`
	Status   int    `json:"status"`
	Code     string `json:"code" doc:"Stable; what a program decides by."`
	Instance string `json:"instance" doc:"Reference of this one occurrence, as the server's log has it."`
	// RetryAfter is set where trying again later can help.
	RetryAfter int            `json:"retry_after,omitempty" doc:"Seconds to wait."`
	Errors     []ProblemField `json:"errors,omitempty" doc:"One for each faulty field, in order."`
}

// ProblemField is the fault of one field.
type ProblemField struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error makes Problem an error that huma can carry.
func (p *Problem) Error() string { return p.Code }

// GetStatus makes Problem a huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes Problem a huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders makes Problem a huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="tongban"`)
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	return h
}

// RetryAfter is the name of the fault argument that says how long to wait, a
// time.Duration.
const RetryAfter = "wait"

// Status returns the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
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

// codeInternal is all that is said of an error nobody classified.
const codeInternal = "internal"

// problem turns any error into what may leave.
func (a *API) problem(r *http.Request, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = ErrTooLarge.Wrap(err)
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal {
		p := a.internal(r)
		a.c.Log.ErrorContext(r.Context(), "api operation failed",
			slog.String("reference", p.Instance), slog.Any("error", err))
		return p
	}
	locale := a.c.Locale(r)
	if f.Kind == fault.Unavailable { // a full disk, a lost server: whoever runs the product must hear of it
		a.c.Log.ErrorContext(r.Context(), "api operation not available", slog.Any("error", err))
	}
	p := a.newProblem(Status(f.Kind), f.Code, a.c.Text(locale, f.Code, f.Args...))
	p.RetryAfter = wait(f.Args)
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{
			Field: field.Name, Code: field.Err.Code,
			Message: a.c.Text(locale, field.Err.Code, field.Err.Args...),
		})
	}
	return p
}

func (a *API) internal(r *http.Request) *Problem {
	return a.newProblem(http.StatusInternalServerError, codeInternal, a.c.Text(a.c.Locale(r), codeInternal))
}

func (a *API) newProblem(status int, code, title string) *Problem {
	return &Problem{
		Type: "urn:tongban:problem:" + code, Title: title, Status: status, Code: code,
		Instance: "urn:uuid:" + a.c.NewID(),
	}
}

func wait(args []any) int {
	for i := 0; i+1 < len(args); i += 2 {
		if d, ok := args[i+1].(time.Duration); ok && args[i] == RetryAfter {
			return int(math.Ceil(d.Seconds()))
		}
	}
	return 0
}

// write answers with a problem outside huma.
func (a *API) write(w http.ResponseWriter, r *http.Request, err error) { a.send(w, a.problem(r, err)) }

func (a *API) send(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // fails when the client has gone
}

func (a *API) problemResponse() *huma.Response {
	return &huma.Response{
		Description: "A problem (RFC 9457)",
		Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas, typeOf[Problem]()),
		}},
	}
}

// Faults of requests that cannot be read.
var (
	ErrTooLarge  = fault.New(fault.TooLarge, "api.too_large")
	errUnread    = fault.New(fault.Invalid, "api.unreadable")
	errMediaType = fault.New(fault.Invalid, "api.media_type")
	errTimeout   = fault.New(fault.Unavailable, "api.timeout")
)

// transform replaces huma's own errors, which repeat submitted values, by ours.
// Everything huma answers passes here, so none can be forgotten.
func (a *API) transform(hc huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	r := callOf(hc.Context()).r
	p := a.problem(r, translate(m))
	if m.Status >= http.StatusInternalServerError {
		p = a.internal(r)
		a.c.Log.ErrorContext(r.Context(), "api request failed", slog.String("reference", p.Instance))
	}
	p.Status = m.Status
	return p, nil
}

// translate names the fault in an error of huma's.
func translate(m *huma.ErrorModel) error {
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusUnsupportedMediaType:
		return errMediaType
	case http.StatusRequestTimeout:
		return errTimeout
	case http.StatusBadRequest:
		return errUnread
	}
	var f fault.Form
	for _, d := range m.Errors {
		name, code, args := field(d)
		f.Add(name, code, args...)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return errUnread
}

// checks maps the beginnings of huma's messages to our codes, most telling first.
var checks = []struct{ start, code string }{
	{"required ", "api.field.required"},
	{"expected required property ", "api.field.required"},
	{"unexpected property", "api.field.unexpected"},
	{"unknown query parameter", "api.field.unexpected"},
	{"expected length >= ", "api.field.too_short"},
	{"expected length <= ", "api.field.too_long"},
	{"expected array length >= ", "api.field.too_few"},
	{"expected array length <= ", "api.field.too_many"},
	{"expected number >", "api.field.too_small"},
	{"expected number <", "api.field.too_great"},
	{"expected value to be one of ", "api.field.choice"},
	{"expected string to be ", "api.field.format"},
	{"expected string to match ", "api.field.format"},
	{"expected ", "api.field.type"},
	{"invalid ", "api.field.type"},
}

var (
	number = regexp.MustCompile(`^\d{1,12}$`)
	// A name of ours is plain; anything else came from the caller.
	plain = regexp.MustCompile(`^[a-z][A-Za-z0-9_.\[\]-]{0,99}$`)
)

// field reads huma's message. Names of fields are ours, except of those that
// are unexpected: they are the caller's, so only their parent is named.
func field(d *huma.ErrorDetail) (name, code string, args []any) {
	name, code = d.Location, "api.field.invalid"
	var rest string
	for _, c := range checks {
		if after, ok := strings.CutPrefix(d.Message, c.start); ok {
			code, rest = c.code, after
			break
		}
	}
	switch {
	case code == "api.field.unexpected":
		name, _, _ = cutLast(name)
	case strings.HasSuffix(rest, " to be present"):
		name += "." + strings.TrimSuffix(rest, " to be present")
	}
	if !plain.MatchString(name) {
		name = "body"
	}
	if n := strings.TrimLeft(rest, "= "); number.MatchString(n) {
		args = []any{"n", n}
	}
	return name, code, args
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
