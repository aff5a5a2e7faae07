// Package api serves /api/v1 with OpenAPI 3.1.
//
// An area's web package registers operations. Each names the policy action that
// is checked before its input is read; the service then decides with the facts.
// Errors leave as RFC 9457 problems in the caller's language and never repeat
// what the caller sent.
//
// Input and output are huma structs: fields tagged path, query or header, and a
// field Body. A file is sent as an Upload and answered as a *File:
//
//	type uploadIn struct {
//		ID string `path:"id"`
//		api.Upload
//	}
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Prefix is where the API stands on the mux.
const Prefix = "/api/v1"

// maxBody bounds a JSON body where an operation does not say otherwise.
const maxBody = 1 << 20

// Config is what the API needs from the rest of the program.
type Config struct {
	Mux    *http.ServeMux
	Policy *policy.Engine
	// Actor finds who asks, from a bearer token or a cookie.
	Actor func(r *http.Request) (auth.Principal, error)
	// Locale chooses the language of problems for a request.
	Locale func(r *http.Request) string
	// Text is the sentence of a message key; args are name, value pairs.
	Text  func(locale, key string, args ...any) string
	Log   *slog.Logger
	NewID func() string
	// Version is the version of the product, for the OpenAPI document.
	Version string
}

// API is the registry of operations.
type API struct {
	c    Config
	huma huma.API

	names names

	mu  sync.Mutex
	ops []Op
	doc []byte
}

// Op describes one operation.
type Op struct {
	Method  string
	Path    string // below Prefix: "/cases/{id}"
	ID      string // operation id: "case-get"
	Action  string // policy action, checked before the input is read
	Tag     string
	Summary string
	Status  int // of success; 0 is 200, or 204 for an output without a body
	// MaxBytes bounds the body; 0 is one megabyte.
	MaxBytes int64
}

// New puts an API on the mux.
func New(c Config) *API {
	a := &API{c: c}
	conf := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "通办 Tongban",
				Version:     c.Version,
				Description: "Services, applications, cases, licences and proof.",
			},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", a.names.name),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "A session token or an API key (tbk_...)."},
					"cookie": {Type: "apiKey", In: "cookie", Name: auth.CookieName},
				},
			},
		},
		// "json" is where huma looks for application/problem+json.
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{a.transform},
	}
	a.huma = humago.NewWithPrefix(c.Mux, Prefix, conf)
	c.Mux.HandleFunc("GET "+Prefix+"/openapi.json", a.serveDocument)
	c.Mux.HandleFunc(Prefix+"/", a.serveUnknown)
	return a
}

// Operations lists what is registered, for the test that tries each role on each.
func (a *API) Operations() []Op {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ops)
}

// Unknown lists operations whose action no policy permits to anyone: a
// misspelling. The program refuses to start with them.
func (a *API) Unknown() []Op {
	return slices.DeleteFunc(a.Operations(), func(o Op) bool { return a.c.Policy.Known(o.Action) })
}

// Register adds an operation. The handler runs only for an actor whom some
// policy permits the action.
func Register[I, O any](a *API, op Op, h func(ctx context.Context, actor auth.Principal, in *I) (*O, error)) {
	a.mu.Lock()
	a.ops = append(a.ops, op)
	a.mu.Unlock()
	handler := func(ctx context.Context, in *I) (*O, error) {
		call := callOf(ctx)
		if !isText(reflect.ValueOf(in)) {
			return nil, a.problem(call.r, errNoText)
		}
		out, err := h(ctx, call.actor, in)
		if err != nil {
			return nil, a.problem(call.r, err)
		}
		return out, nil
	}
	for _, t := range []reflect.Type{reflect.TypeFor[I](), reflect.TypeFor[O]()} {
		if name := unseen(t, nil); name != "" {
			panic("api: " + op.ID + " embeds " + name + ", which is not exported: its fields would be neither read nor documented")
		}
	}
	if a.names.area = areaOf(reflect.TypeFor[O]()); a.names.area == "" { // it answers nothing
		a.names.area = areaOf(reflect.TypeFor[I]())
	}
	huma.Register(a.huma, a.operation(op, reflect.TypeFor[I]()), handler)
}

// unseen names a struct with fields for the wire that is embedded under a name which
// is not exported: huma leaves it out, and a path's id stays empty without a word.
func unseen(t reflect.Type, within []reflect.Type) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(within, t) {
		return ""
	}
	within = append(within, t)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Struct && hasWire(f.Type) {
			return f.Type.String()
		}
		if f.IsExported() {
			if name := unseen(f.Type, within); name != "" {
				return name
			}
		}
	}
	return ""
}

// hasWire reports whether a struct has fields that a request or an answer carries.
func hasWire(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return false
}

func (a *API) operation(op Op, in reflect.Type) huma.Operation {
	limit := op.MaxBytes
	if limit == 0 {
		limit = maxBody
	}
	_, upload := in.FieldByName("Upload")
	if !upload {
		limit++ // huma calls a body of exactly the limit too large
	}
	o := huma.Operation{
		Method: op.Method, Path: op.Path, OperationID: op.ID, Summary: op.Summary,
		Tags: []string{op.Tag}, DefaultStatus: op.Status,
		MaxBodyBytes: limit,
		Middlewares:  huma.Middlewares{a.gate(op, limit)},
		Security:     []map[string][]string{{"bearer": {}}, {"cookie": {}}, {}},
		Extensions:   map[string]any{"x-action": op.Action},
		Responses:    map[string]*huma.Response{"default": a.problemResponse()},
	}
	if upload {
		o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}},
		}}
	}
	return o
}

type callKey struct{}

// call is what the gate learned, for the handler of the same request.
type call struct {
	actor auth.Principal
	r     *http.Request
}

func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// gate finds the actor and checks the action before the input is read.
func (a *API) gate(op Op, limit int64) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hc)
		defer func() {
			if v := recover(); v != nil {
				a.write(w, r, fmt.Errorf("panic: %v", v))
			}
		}()
		w.Header().Set("Cache-Control", "no-store")
		if !isText(reflect.ValueOf(r.URL.Path)) { // nothing has such a name
			a.write(w, r, ErrNoOperation)
			return
		}
		actor, err := a.c.Actor(r)
		if err == nil {
			err = a.c.Policy.Check(actor, op.Action, policy.Page)
		}
		if err != nil {
			a.write(w, r, askToSignIn(actor, err))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next(huma.WithValue(hc, callKey{}, call{actor, r}))
	}
}

// ErrSignIn asks an anonymous caller to say who they are.
var ErrSignIn = fault.New(fault.Unauthenticated, "auth.sign_in")

// askToSignIn tells an anonymous caller to sign in where a known one is denied.
func askToSignIn(actor auth.Principal, err error) error {
	if actor.Kind == auth.Anonymous && fault.KindOf(err) == fault.Denied {
		return ErrSignIn.Wrap(err)
	}
	return err
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.doc == nil {
		doc, err := json.Marshal(a.huma.OpenAPI())
		if err != nil {
			a.write(w, r, fmt.Errorf("openapi: %w", err))
			return
		}
		a.doc = doc
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(a.doc) // fails when the client has gone
}

// Faults of paths that no operation has.
var (
	ErrNoOperation = fault.New(fault.NotFound, "api.no_operation")
	errMethod      = fault.New(fault.Invalid, "api.method")
)

// serveUnknown answers what no operation matches, with 405 where only the
// method is wrong (RFC 9110 15.5.6).
func (a *API) serveUnknown(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := a.c.Mux.Handler(probe); strings.HasPrefix(pattern, m+" ") {
			allow = append(allow, m)
		}
	}
	if len(allow) == 0 {
		a.write(w, r, ErrNoOperation)
		return
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	p := a.problem(r, errMethod)
	p.Status = http.StatusMethodNotAllowed
	a.send(w, p)
}
