package web

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"
)

// Preferences is how a person wants to see the pages. It is kept in a cookie,
// so it also holds for people who are not signed in.
type Preferences struct {
	Locale   string
	Elder    bool   // 长辈版: larger type and targets, same content
	Theme    string // "light", "dark" or "" for what the system wishes
	Contrast string // "more" or "" for what the system wishes
}

const (
	prefsCookie  = "tb_prefs"
	noticeCookie = "tb_notice"
	yearSeconds  = 365 * 24 * 60 * 60
)

func readPreferences(r *http.Request) Preferences {
	var p Preferences
	if c, err := r.Cookie(prefsCookie); err == nil {
		if q, err := url.ParseQuery(c.Value); err == nil {
			p = Preferences{
				Locale:   oneOf(q.Get("lang"), ZH, EN),
				Elder:    q.Get("mode") == "elder",
				Theme:    oneOf(q.Get("theme"), "light", "dark"),
				Contrast: oneOf(q.Get("contrast"), "more"),
			}
		}
	}
	if p.Locale == "" {
		p.Locale = Negotiate(r.Header.Get("Accept-Language"))
	}
	return p
}

// Negotiate picks the first language of an Accept-Language header that we have. Only an
// English reader gets English; everybody else gets the reference text.
func Negotiate(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ZH
	}
	for _, t := range tags {
		switch base, _ := t.Base(); base.String() {
		case "zh":
			return ZH
		case "en":
			return EN
		}
	}
	return ZH
}

func (p Preferences) encode() string {
	q := url.Values{}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("lang", p.Locale)
	set("theme", p.Theme)
	set("contrast", p.Contrast)
	if p.Elder {
		set("mode", "elder")
	}
	return q.Encode()
}

// apply changes what the form names and leaves the rest.
func (p Preferences) apply(q url.Values) Preferences {
	if l := oneOf(q.Get("lang"), ZH, EN); l != "" {
		p.Locale = l
	}
	if q.Has("mode") {
		p.Elder = q.Get("mode") == "elder"
	}
	if q.Has("theme") {
		p.Theme = oneOf(q.Get("theme"), "light", "dark")
	}
	if q.Has("contrast") {
		p.Contrast = oneOf(q.Get("contrast"), "more")
	}
	return p
}

func oneOf(s string, allowed ...string) string {
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	return ""
}

func (k *Kit) showPreferences(w http.ResponseWriter, r *http.Request) error {
	v := k.View(r)
	return k.Render(w, r, http.StatusOK, preferencesPage(v, SafePath(r.URL.Query().Get("back"))))
}

func (k *Kit) savePreferences(w http.ResponseWriter, r *http.Request) error {
	f, err := ReadForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	k.setCookie(w, prefsCookie, readPreferences(r).apply(f.Values).encode(), yearSeconds)
	return k.SeeOther(w, r, SafePath(f.Get("back")))
}

func (k *Kit) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the address people use; the demo has no TLS
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: k.c.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// SafePath returns s if it is a path on this site, else "/": a link that comes
// from outside must not lead people away (open redirect).
func SafePath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil {
		return "/"
	}
	// Browsers read "\" as "/", and drop control characters before they parse.
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") ||
		strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) {
		return "/"
	}
	return s
}
