package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/calendar/calendarweb"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/catalog/catalogweb"
	"github.com/tongban/tongban/internal/counter/counterweb"
	"github.com/tongban/tongban/internal/directory/directoryweb"
	"github.com/tongban/tongban/internal/form/formweb"
	"github.com/tongban/tongban/internal/identity/identityweb"
	"github.com/tongban/tongban/internal/inquiry/inquiryweb"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence/licenceweb"
	"github.com/tongban/tongban/internal/notify/notifyweb"
	"github.com/tongban/tongban/internal/operation/operationweb"
	"github.com/tongban/tongban/internal/rating/ratingweb"
	"github.com/tongban/tongban/internal/registry/registryweb"
)

// texts are the words of every page, in both languages.
func texts() *web.Texts {
	return web.NewTexts(
		api.Texts, directoryweb.Texts, identityweb.Texts, calendarweb.Texts, catalogweb.Texts, formweb.Texts,
		caseworkweb.Texts, licenceweb.Texts, ratingweb.Texts, notifyweb.Texts, operationweb.Texts, registryweb.Texts, inquiryweb.Texts, counterweb.Texts,
	)
}

// secure reports whether people reach the site by https.
func (t *tools) secure() bool { return strings.HasPrefix(t.config.BaseURL, "https://") }

// site is everything that answers HTTP. A page or an operation whose action no
// policy permits to anyone is a misspelling, and stops the start.
func site(t *tools, a *areas) (http.Handler, error) {
	k, operations := routes(t, a)
	for _, r := range k.Routes() {
		if r.Action != "" && !t.policy.Known(r.Action) {
			return nil, fmt.Errorf("page %s %s: no policy permits %s to anyone", r.Method, r.Path, r.Action)
		}
	}
	for _, o := range operations.Unknown() {
		return nil, fmt.Errorf("operation %s: no policy permits %s to anyone", o.ID, o.Action)
	}
	return k.Handler(), nil
}

// routes registers the pages and operations of every area.
func routes(t *tools, a *areas) (*web.Kit, *api.API) {
	k := web.New(web.Config{
		Site: t.site(), Texts: t.texts, Sessions: watched{a.sessions, a.counter}, Serving: watched{a.sessions, a.counter}.serving, Waiting: waiting{t, a}.count, Now: t.now, Log: t.log,
		Secure: t.secure(), Demo: t.config.Demo, Observe: t.metrics.HTTP, Proxies: t.config.Proxies,
		Allow: func(p auth.Principal, action string) error { return t.policy.Check(p, action, policy.Page) },
	})
	operations := api.New(api.Config{
		Mux: k.Mux(), Policy: t.policy, Actor: watched{a.sessions, a.counter}.Find, Locale: web.Locale, Text: t.text,
		Log: t.log, NewID: t.newID, Version: versionText(),
	})
	k.Link("/api/v1/openapi.json")
	k.Mount("GET /healthz", http.HandlerFunc(healthy))
	k.Mount("GET /readyz", t.ready())
	k.Mount("GET /metrics", t.metrics.Handler())

	calendarweb.Routes(k, a.calendar, regions(a.directory))
	calendarweb.API(operations, a.calendar)
	caseworkweb.Routes(k, a.casework, begun{unsent{a.form, a.casework}}, caseworkweb.Panels{
		Staff:    []caseworkweb.Panel{inquiryweb.StaffPanel(a.inquiry), counterweb.ShelfPanel(a.counter)},
		Resident: []caseworkweb.Panel{counterweb.PickupPanel(a.counter), inquiryweb.ResidentPanel(a.inquiry)},
		Inbox:    []caseworkweb.InboxPanel{notifyweb.InboxPanel(a.notify)},
	})
	caseworkweb.API(operations, a.casework)
	catalogweb.Routes(k, a.catalog, unsent{a.form, a.casework})
	catalogweb.API(operations, a.catalog)
	counterweb.Routes(k, a.counter, matters{a.form, a.casework})
	counterweb.API(operations, a.counter, matters{a.form, a.casework})
	directoryweb.API(operations, a.directory)
	formweb.Routes(k, a.form, places{a.directory, t.config.Site.Division})
	formweb.API(operations, a.form)
	identityweb.Routes(k, a.identity)
	identityweb.API(operations, a.identity)
	inquiryweb.Routes(k, a.inquiry)
	inquiryweb.API(operations, a.inquiry)
	licenceweb.Routes(k, a.licence)
	licenceweb.API(operations, a.licence)
	notifyweb.Routes(k, a.notify)
	notifyweb.API(operations, a.notify)
	operationweb.Routes(k, a.operation)
	registryweb.Routes(k, a.registry)
	ratingweb.Routes(k, a.rating)
	ratingweb.API(operations, a.rating)
	return k, operations
}

// healthy says that the process lives.
func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// ready says that the database answers, so that a balancer sends requests.
func (t *tools) ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := t.db.Ping(r.Context()); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("database\n"))
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
}

func (t *tools) site() web.Site {
	c := t.config.Site
	return web.Site{NameZH: "通办", NameEN: "Tongban", PlaceZH: c.NameZH, PlaceEN: c.NameEN, Base: t.config.BaseURL}
}

// waiting counts what waits for an official, for the bar of every page. A count that
// cannot be had is no reason to show no page.
type waiting struct {
	t *tools
	a *areas
}

func (w waiting) count(ctx context.Context, p auth.Principal) int {
	n, err := w.a.casework.Waiting(ctx, p)
	if err != nil {
		w.t.log.WarnContext(ctx, "count what waits", slog.Any("error", err))
	}
	return n
}
