package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// View is what every template gets: the person, the language, the place.
type View struct {
	Locale string
	Actor  auth.Principal
	// Path is the path and query of the page, to come back to.
	Path  string
	Site  Site
	Demo  bool
	Prefs Preferences
	Now   time.Time
	// Waiting is how many things wait for a member of staff.
	Waiting int
	// Notice is the key of a message from the page before; "" is none.
	Notice string
	// Serving is who is served at the window, where Actor.AtCounter.
	Serving Serving

	kit *Kit
}

// View returns the view for r.
func (k *Kit) View(r *http.Request) View {
	p, actor := readPreferences(r), k.Actor(r)
	var serving Serving
	if actor.AtCounter() && k.c.Serving != nil {
		serving = k.c.Serving(r.Context(), actor)
	}
	waiting := 0
	if actor.Kind == auth.Staff && k.c.Waiting != nil {
		waiting = k.c.Waiting(r.Context(), actor)
	}
	return View{
		Locale: p.Locale, Serving: serving, Waiting: waiting,
		Actor:  actor,
		Path:   hereOf(r),
		Site:   k.c.Site,
		Demo:   k.c.Demo,
		Prefs:  p,
		Now:    k.c.Now(),
		Notice: k.notice(r),
		kit:    k,
	}
}

// ViewOf returns a view without a request, for letters, PDFs and tests.
func (k *Kit) ViewOf(locale string, actor auth.Principal) View {
	return View{
		Locale: locale, Actor: actor, Path: "/", Site: k.c.Site, Demo: k.c.Demo,
		Prefs: Preferences{Locale: locale}, Now: k.c.Now(), kit: k,
	}
}

// Locale returns the language of the person who asks.
func Locale(r *http.Request) string { return readPreferences(r).Locale }

// T returns the sentence of key in the language of the page; args are name,
// value pairs for its holes.
func (v View) T(key string, args ...any) string {
	return v.kit.c.Texts.T(v.Locale, key, args...)
}

// Pick chooses between two texts that are data: Chinese, unless the page is
// English and there is an English text.
func (v View) Pick(zh, en string) string {
	if v.Locale == EN && en != "" {
		return en
	}
	return zh
}

// Fault returns the sentence of an error that a person may be told about.
func (v View) Fault(e *fault.Error) string {
	if e == nil {
		return ""
	}
	return v.T(e.Code, e.Args...)
}

// atDesk reports whether the page is one of the desk, and the person of the staff.
func (v View) atDesk() bool {
	return v.Actor.Kind == auth.Staff && strings.HasPrefix(v.Path, "/staff/")
}

// English reports whether the page is in English.
func (v View) English() bool { return v.Locale == EN }

// SignedIn reports whether somebody is signed in.
func (v View) SignedIn() bool { return v.Actor.Kind != auth.Anonymous }

// May reports whether the actor may open pages that declare action: for
// leaving out a link that would lead nowhere, never instead of the check.
func (v View) May(action string) bool { return v.kit.May(v.Actor, action) }

// Asset returns the path of a built file, with its hash.
func (v View) Asset(name string) string { return v.kit.assets.Path(name) }
