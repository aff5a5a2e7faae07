package app

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/internal/kit/web"
)

// dev runs a demonstration with the packages of a folder in it and watches the
// folder: what is saved is checked, published and shown at once. Its data are
// thrown away when it stops.
func dev(ctx context.Context, p process) (err error) {
	data, err := os.MkdirTemp("", "tongban-dev-")
	if err != nil {
		return fmt.Errorf("dev: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	c, err := config.Load(append(slices.Clone(p.args), "--demo", "--data", data), p.getenv)
	if err == nil && len(c.Args) != 1 {
		err = errors.New("as: tongban dev services/ [--listen HOST:PORT]")
	}
	if err != nil {
		return &misuseError{err}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	t, err := openTools(ctx, c.At(listener.Addr().String()), clock.System(), p.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	t.trial = true
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	if err := a.seed(ctx, t); err != nil {
		return err
	}
	rules, err := rule.New()
	if err != nil {
		return err
	}
	w := &watcher{folder: c.Args[0], a: a, rules: rules, changed: make(chan struct{})}
	if err := w.look(ctx, p); err != nil {
		return err
	}
	k, _ := routes(t, a)
	w.routes(k)
	fmt.Fprintf(p.out, "tongban: ready at %s/dev\n", t.config.BaseURL)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return run(ctx, t, a, listener, reloading(k.Handler())) })
	g.Go(func() error { return w.watch(ctx, p) })
	return g.Wait()
}

// watcher publishes what changes in a folder of packages.
type watcher struct {
	folder string
	a      *areas
	rules  *rule.Engine

	mu       sync.Mutex
	seen     string
	packages []catalog.Examined
	changed  chan struct{} // closed at each change, and made anew
}

// every is how often the folder is looked at: saving feels immediate.
const every = 300 * time.Millisecond

func (w *watcher) watch(ctx context.Context, p process) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := w.look(ctx, p); err != nil && ctx.Err() == nil {
				fmt.Fprintln(p.err, "tongban dev:", err)
			}
		}
	}
}

// look publishes the packages if any file differs from the last time.
func (w *watcher) look(ctx context.Context, p process) error {
	folder := os.DirFS(w.folder)
	now, err := catalog.HashFolder(folder)
	if err != nil || now == w.seen {
		return err
	}
	packages, err := catalog.ExamineAll(folder, examiner{w.rules})
	if err != nil {
		return err
	}
	w.seen = now
	for i := range packages {
		pkg := &packages[i]
		report(p, *pkg)
		if !pkg.Sound() {
			continue
		}
		if _, _, err := w.a.catalog.PublishFiles(ctx, auth.SystemPrincipal("dev"), pkg.Files); err != nil {
			fmt.Fprintf(p.err, "tongban dev: %s: %v\n", pkg.Name, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.packages = packages
	close(w.changed)
	w.changed = make(chan struct{})
	return nil
}

func (w *watcher) now() ([]catalog.Examined, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.packages, w.changed
}

func (w *watcher) routes(k *web.Kit) {
	k.Open("GET /dev", func(rw http.ResponseWriter, r *http.Request) error {
		packages, _ := w.now()
		return k.Render(rw, r, http.StatusOK, devPage(k.View(r), packages, scenariosOf(packages)))
	})
	k.Open("GET /dev/open/{package}", func(rw http.ResponseWriter, r *http.Request) error { return w.open(k, rw, r) })
	k.Open("GET /dev/renew", func(rw http.ResponseWriter, r *http.Request) error { return w.renew(k, rw, r) })
	k.Mount("GET /dev/events", http.HandlerFunc(w.events))
	k.Mount("GET /dev/reload.js", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = rw.Write(reloadScript)
	}))
}

//go:embed reload.js
var reloadScript []byte

// events tells a browser of the next change, once; it asks again by itself.
func (w *watcher) events(rw http.ResponseWriter, r *http.Request) {
	_, changed := w.now()
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	_ = http.NewResponseController(rw).Flush()
	select {
	case <-changed:
		_, _ = rw.Write([]byte("data: changed\n\n"))
	case <-r.Context().Done():
	case <-time.After(20 * time.Second):
	}
}

func scenariosOf(packages []catalog.Examined) map[string][]form.Scenario {
	all := map[string][]form.Scenario{}
	for _, p := range packages {
		files := p.Files.Scenarios()
		for _, name := range files.Names() {
			list, err := form.ParseScenarios([]byte(files[name]))
			if err == nil { // a broken one is among the problems
				all[p.Name] = append(all[p.Name], list...)
			}
		}
	}
	return all
}

// open begins an application with the answers of a scenario, as whoever is
// signed in, and goes to a page of it.
func (w *watcher) open(k *web.Kit, rw http.ResponseWriter, r *http.Request) error {
	if k.Actor(r).Kind == auth.Anonymous {
		return k.SeeOther(rw, r, "/signin?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	packages, _ := w.now()
	i := slices.IndexFunc(packages, func(p catalog.Examined) bool { return p.Name == r.PathValue("package") })
	if i < 0 {
		return catalog.ErrNoPackage
	}
	answers := map[string]any{}
	list := scenariosOf(packages)[packages[i].Name]
	if n, err := strconv.Atoi(r.URL.Query().Get("scenario")); err == nil && n >= 0 && n < len(list) {
		answers = list[n].Given.Answers
	}
	id, err := w.begin(r, k.Actor(r), packages[i].Service.Item, answers)
	if err != nil {
		return err
	}
	path := "/drafts/" + string(id)
	if page := r.URL.Query().Get("page"); page != "" {
		path += "/pages/" + url.PathEscape(page)
	}
	return k.SeeOther(rw, r, path)
}

// begin starts a draft and fills in what it can: answers that no longer fit the
// form are left out.
func (w *watcher) begin(r *http.Request, actor auth.Principal, item contract.ItemID, answers map[string]any) (contract.DraftID, error) {
	id, err := w.a.form.Start(r.Context(), actor, item)
	if err != nil {
		return "", err
	}
	for name, answer := range answers {
		text, err := json.Marshal(answer)
		if err != nil {
			continue
		}
		_, _ = w.a.form.SaveJSON(r.Context(), actor, id, 0, map[string]json.RawMessage{name: text})
	}
	return id, nil
}

// renew begins a draft anew under the version in force, with the answers of the
// old one, and shows the same page of it.
func (w *watcher) renew(k *web.Kit, rw http.ResponseWriter, r *http.Request) error {
	path := r.URL.Query().Get("path")
	rest, ok := strings.CutPrefix(path, "/drafts/")
	if !ok {
		return k.SeeOther(rw, r, "/dev")
	}
	old, page, _ := strings.Cut(rest, "/")
	d, err := w.a.form.Draft(r.Context(), k.Actor(r), contract.DraftID(old))
	if err != nil {
		return err
	}
	id, err := w.begin(r, k.Actor(r), d.Service.Item, d.Answers)
	if err != nil {
		return err
	}
	return k.SeeOther(rw, r, strings.TrimSuffix("/drafts/"+string(id)+"/"+page, "/"))
}

// reloading puts the script that reloads changed pages into every page.
func reloading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/dev/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
			next.ServeHTTP(rw, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		page := &pageBuffer{ResponseWriter: rw, status: http.StatusOK}
		next.ServeHTTP(page, r)
		body := bytes.Replace(page.body.Bytes(), []byte("</body>"), []byte(`<script src="/dev/reload.js" defer></script></body>`), 1)
		rw.Header().Del("Content-Length")
		rw.WriteHeader(page.status)
		_, _ = rw.Write(body)
	})
}

// pageBuffer keeps an answer until it can be changed.
type pageBuffer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (b *pageBuffer) WriteHeader(status int) { b.status = status }

func (b *pageBuffer) Write(p []byte) (int, error) { return b.body.Write(p) }
