// Package web turns handlers that return errors into pages: routing with a
// declared action, sessions, languages, forms, layout and parts.
//
// It knows nothing of government areas. Whatever is particular to a place
// (names, addresses, menus) comes in by Config.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/auth"
)

// Handler answers a request or returns an error; it never does both.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Sessions finds who asks. No session is the zero Principal and no error.
type Sessions interface {
	Find(r *http.Request) (auth.Principal, error)
}

// Site is what the pages say about the place that runs them. Every field may
// be empty except the names; what is empty is not shown.
type Site struct {
	NameZH, NameEN           string // of the product: 通办
	PlaceZH, PlaceEN         string // short: 广安区政务服务
	RegionZH, RegionEN       string // long: 四川省广安市广安区 · 政务服务
	HostZH, HostEN           string // 主办
	OrganiserZH, OrganiserEN string // 承办
	AddressZH, AddressEN     string // counter address and hours
	Phone                    string // a number people may call; none is invented
	Base                     string // of links that are sent to somebody: https://host
}

// Config is what New needs. Now, Texts and Allow must be set.
type Config struct {
	Site     Site
	Texts    *Texts
	Sessions Sessions
	// Allow says whether p may do action on a page: nil, or a fault.
	// It is a function so that pages can be tested without a policy engine.
	Allow func(p auth.Principal, action string) error
	Now   func() time.Time
	Log   *slog.Logger
	// Proxies are believed when they tell for whom they ask (X-Forwarded-For).
	Proxies []netip.Prefix
	// Serving tells of who is served at the window of staff.
	Serving func(ctx context.Context, p auth.Principal) Serving
	// Waiting counts what waits for a member of staff, for the bar; nil counts nothing.
	Waiting func(ctx context.Context, p auth.Principal) int
	// Observe, if set, wraps the mux: it sees each request with its pattern.
	Observe func(http.Handler) http.Handler
	// Secure is set when people reach the site by https: cookies and HSTS follow.
	Secure bool
	// Demo marks every page as a demonstration.
	Demo bool
	// Nav and StaffNav are the menus; nil means the usual ones.
	// An entry is shown only while its page is registered.
	Nav, StaffNav, Footer []MenuItem
}

// Kit is what pages are registered on and rendered with.
type Kit struct {
	c      Config
	mux    *http.ServeMux
	pages  http.Handler // the mux, observed
	routes []Route
	assets *Assets
	cross  *http.CrossOriginProtection
	extra  map[string]bool // paths that Link announced
	gzips  sync.Pool       // of *gzip.Writer
}

// Route is one registered page, for the table of who may open what.
type Route struct {
	Method, Path, Action string
}

// New returns a kit with the pages of the kit itself registered.
func New(c Config) *Kit {
	if c.Texts == nil {
		c.Texts = NewTexts()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Nav == nil {
		c.Nav = residentMenu()
	}
	if c.StaffNav == nil {
		c.StaffNav = staffMenu()
	}
	if c.Footer == nil {
		c.Footer = footerMenu()
	}
	k := &Kit{c: c, mux: http.NewServeMux(), assets: loadAssets(dist), cross: http.NewCrossOriginProtection(), extra: map[string]bool{}}
	k.pages = k.mux
	if c.Observe != nil {
		k.pages = c.Observe(k.mux)
	}
	k.mux.Handle("GET /assets/{file}", k.assets)
	k.mux.HandleFunc("GET /favicon.ico", k.favicon)
	k.Open("GET /preferences", k.showPreferences)
	k.Open("POST /preferences", k.savePreferences)
	k.Open("GET /accessibility", k.showStatement(accessibilityPage))
	k.Open("GET /privacy", k.showStatement(privacyPage))
	return k
}

// Page registers h under a ServeMux pattern with a method, like
// "GET /cases/{id}". The action is checked for the page before h runs; h still
// lets the service check it again with the facts of the object.
func (k *Kit) Page(pattern, action string, h Handler) {
	k.register(pattern, action, h)
}

// Open registers a page that anybody may use and that shows nothing protected.
func (k *Kit) Open(pattern string, h Handler) { k.register(pattern, "", h) }

func (k *Kit) register(pattern, action string, h Handler) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("web: pattern without a method: " + pattern)
	}
	k.routes = append(k.routes, Route{Method: method, Path: path, Action: action})
	k.mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit(w, r, defaultBody)
		err := readable(r)
		if err == nil {
			err = k.guard(r, action)
		}
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			k.fail(w, r, err)
		}
	}))
}

// guard finds who asks and checks the action of the page.
func (k *Kit) guard(r *http.Request, action string) error {
	s := stateOf(r)
	if err := s.identify(r, k.c.Sessions); err != nil {
		return err
	}
	if action == "" {
		return nil
	}
	return k.c.Allow(s.actor, action)
}

// Mount puts a handler that looks after itself (the API, health) on the mux.
// It still gets the log line, the recovery and the security headers.
func (k *Kit) Mount(pattern string, h http.Handler) { k.mux.Handle(pattern, h) }

// Link announces that a mounted handler answers GET path, so that menus may
// lead there.
func (k *Kit) Link(path string) { k.extra[path] = true }

// Mux is the mux pages are registered on, for a library that registers itself.
func (k *Kit) Mux() *http.ServeMux { return k.mux }

// Routes lists the registered pages with the action each declares; an empty
// action means that anybody may open it.
func (k *Kit) Routes() []Route { return slices.Clone(k.routes) }

// Actor returns who asks.
func (k *Kit) Actor(r *http.Request) auth.Principal {
	s := stateOf(r)
	if err := s.identify(r, k.c.Sessions); err != nil {
		return auth.Principal{}
	}
	return s.actor
}

// May reports whether p may open pages that declare action.
func (k *Kit) May(p auth.Principal, action string) bool {
	return action == "" || k.c.Allow(p, action) == nil
}

// Now returns the time of the injected clock.
func (k *Kit) Now() time.Time { return k.c.Now() }

// Component is what a page renders; an alias saves areas an import.
type Component = templ.Component
