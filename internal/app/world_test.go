package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/web"
)

// TestMain collects garbage less often: dozens of whole products at once are much
// that lives and little that dies, and marking it again and again was a third of
// the time. It need not fill the machine for that: above the limit it costs no more,
// and the race detector takes several times as much again.
func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	debug.SetMemoryLimit(3 << 29)
	os.Exit(m.Run())
}

// monday is 2026-11-16, ten in the morning in China: a plain working week follows.
var monday = time.Date(2026, 11, 16, 2, 0, 0, 0, time.UTC)

// hands are those of a clock that a test moves.
type hands struct {
	mu sync.Mutex
	t  time.Time
}

func (c *hands) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *hands) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is the whole product in this process, with the demonstration county.
// Nothing is replaced but the clock; jobs run when a test drains them.
type world struct {
	*tools
	*areas
	clock *hands
	kit   *web.Kit
	api   *api.API
	http  *httptest.Server
}

// each runs fn on a product of its own with each database.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, sqliteWorld(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := inPostgres.URL(t) // the first fills, and only then are there files
		fn(t, unpack(t, filesOfPostgres, url))
	})
}

// sqliteWorld starts from a copy of a data folder that was filled once.
func sqliteWorld(t *testing.T) *world {
	t.Helper()
	files, err := inSQLite()
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, files, "")
}

func unpack(t *testing.T, files map[string][]byte, database string) *world {
	t.Helper()
	data := t.TempDir()
	for path, content := range files {
		path = filepath.Join(data, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return newWorld(t, data, database)
}

var inSQLite = sync.OnceValues(func() (map[string][]byte, error) { return filled(context.Background(), "") })

// The rows that were filled in once, and the files that belong to them: keys, for one.
var (
	inPostgres = dbtest.NewFilled(func(ctx context.Context, url string) (err error) {
		filesOfPostgres, err = filled(ctx, url)
		return err
	}, schema()...)
	filesOfPostgres map[string][]byte
)

// filled starts the product on an empty database and returns its data folder.
func filled(ctx context.Context, database string) (files map[string][]byte, err error) {
	data, err := os.MkdirTemp("", "tongban-app-test-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	c, err := settings(data, database)
	if err != nil {
		return nil, err
	}
	t, _, err := start(ctx, c, &hands{t: monday}, io.Discard)
	if err != nil {
		return nil, err
	}
	if err := t.db.Close(); err != nil { // moves the write-ahead log into the file
		return nil, err
	}
	files = map[string][]byte{}
	return files, filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(data, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
}

func settings(data, database string) (config.Config, error) {
	args := []string{"--demo", "--data", data, "--database", database, "--log-level", "error"}
	return config.Load(args, func(string) string { return "" })
}

// start does what serve does before it listens.
func start(ctx context.Context, c config.Config, clk *hands, logs io.Writer) (*tools, *areas, error) {
	t, err := openTools(ctx, c, clk.now, logs)
	if err != nil {
		return nil, nil, err
	}
	t.hasher = auth.NewHasherOf(0, 64) // a test signs in dozens of times
	a, err := build(ctx, t)
	if err == nil {
		err = a.seed(ctx, t)
	}
	if err != nil {
		return nil, nil, errors.Join(err, t.db.Close())
	}
	return t, a, nil
}

func newWorld(t *testing.T, data, database string) *world {
	t.Helper()
	c, err := settings(data, database)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: &hands{t: monday}, http: httptest.NewUnstartedServer(nil)}
	w.tools, w.areas, err = start(t.Context(), c.At(w.http.Listener.Addr().String()), w.clock, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site(w.tools, w.areas); err != nil {
		t.Fatal(err)
	}
	w.kit, w.api = routes(w.tools, w.areas)
	w.http.Config.Handler = w.kit.Handler()
	w.http.Start()
	if t, ok := w.http.Client().Transport.(*http.Transport); ok {
		t.DisableCompression = true // kit/web tries that; here it costs more than the page
	}
	w.http.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		w.http.Close()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// drain does every job that is due by the test's clock.
func (w *world) drain(t *testing.T) {
	t.Helper()
	if err := w.jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead, err := w.jobs.DeadLetters(t.Context())
	if err != nil || len(dead) > 0 {
		t.Fatalf("dead letters: %v, %v", dead, err)
	}
}

// caller is somebody who sends requests, with a token or without one.
type caller struct {
	w     *world
	t     *testing.T
	token string
}

// nobody has not signed in.
func (w *world) nobody(t *testing.T) caller { return caller{w: w, t: t} }

// signIn signs a demonstration account in, as a program would: the list of
// accounts says the password and the code to use now.
func (w *world) signIn(t *testing.T, username string) caller {
	t.Helper()
	w.clock.add(time.Minute) // a code is good once, and tries are counted by the minute
	var accounts []map[string]any
	w.nobody(t).call(http.MethodGet, "/demo/accounts", nil, &accounts)
	for _, a := range accounts {
		if a["username"] != username {
			continue
		}
		in := map[string]any{"username": username, "password": a["password"]}
		if a["code"] != nil {
			in["code"] = a["code"]
		}
		var session struct{ Token string }
		w.nobody(t).call(http.MethodPost, "/session", in, &session)
		return caller{w, t, session.Token}
	}
	t.Fatalf("no demonstration account %q", username)
	return caller{}
}

// session begins a session for somebody whom the demonstration does not have.
func (w *world) session(t *testing.T, p auth.Principal) caller {
	t.Helper()
	var token string
	err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		token, err = w.sessions.Begin(ctx, tx, p, time.Time{}, auth.From{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return caller{w, t, token}
}

// machine is a program with an API key.
func (w *world) machine(t *testing.T, scopes ...string) caller {
	t.Helper()
	keys := auth.NewKeys(w.db, w.now, w.newID)
	var key string
	err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		_, key, err = keys.Create(ctx, tx, auth.Client{Name: "registry", Scopes: scopes, MadeBy: "demo-admin"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return caller{w, t, key}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) location() string { return a.header.Get("Location") }

// send sends a request; headers are name, value pairs. Redirects are not followed.
func (c caller) send(method, path, body string, headers ...string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.w.http.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.w.http.Client().Do(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func (c caller) get(path string) answer {
	c.t.Helper()
	return c.send(http.MethodGet, path, "")
}

// try sends JSON to an operation of the API.
func (c caller) try(method, path string, in any) answer {
	c.t.Helper()
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			c.t.Fatal(err)
		}
	}
	return c.send(method, api.Prefix+path, body.String(), "Content-Type", "application/json")
}

// call is try for what must succeed; it reads the answer into out.
func (c caller) call(method, path string, in, out any) {
	c.t.Helper()
	a := c.try(method, path, in)
	if a.status >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.body), out); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
	}
}

func TestEveryDemonstrationAccountSignsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		told, err := w.identity.DemoAccounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range told {
			names = append(names, a.Username)
		}
		if !slices.Equal(names, demoAccounts) {
			t.Errorf("accounts %q\nwant     %q", names, demoAccounts)
		}
		for _, username := range demoAccounts {
			var me struct{ Username string }
			w.signIn(t, username).call(http.MethodGet, "/me", nil, &me)
			if me.Username != username {
				t.Errorf("%s is %q", username, me.Username)
			}
		}
	})
}

// demoAccounts are those that serve tells a newcomer, in its order.
var demoAccounts = []string{
	"zhou", "lin", "chen", "huang", "zhao", "sun", "he",
	"clerk", "reviewer1", "reviewer2", "approver", "head", "supervisor", "catalog", "admin", "window1", "window2", "window3",
	"health", "health-head", "civil", "civil2", "civil-head", "disabled", "disabled-head", "industry", "industry-head",
	"market", "market-head", "fire", "fire2", "fire-head", "city", "city-head", "social",
}
