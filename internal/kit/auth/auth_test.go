package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
)

// plain seals nothing: these tests are not about sealing.
type plain struct{}

func (plain) Seal(_, s string) ([]byte, error)        { return []byte(s), nil }
func (plain) Open(_ string, b []byte) (string, error) { return string(b), nil }

// clock is moved by the test alone.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)} }

func inTx(t *testing.T, d *db.DB, fn func(ctx context.Context, tx db.Tx) error) {
	t.Helper()
	if err := d.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := auth.NewHasher(2)
	phc, err := h.Hash(t.Context(), "正确的密码 2026")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", phc, err)
	}
	long := strings.Repeat("a", auth.MaxPassword)
	longHash, err := h.Hash(t.Context(), long+"x")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, phc, password string
		want                bool
	}{
		{"right", phc, "正确的密码 2026", true},
		{"wrong", phc, "正确的密码 2025", false},
		{"empty", phc, "", false},
		{"no account", "", "", false},
		{"no account, any password", "", "tongban-demo-2026", false},
		{"cut off is another", longHash, long, false},
	} {
		if got, err := h.Verify(t.Context(), c.phc, c.password); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	for _, bad := range []string{"x", "$argon2id$v=19$m=19456,t=2,p=1$only", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA", phc + "AAAA"} {
		if ok, err := h.Verify(t.Context(), bad, "x"); err == nil || ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestHasherGivesUpWithItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := auth.NewHasher(1)
	// With a free slot and an ended context either may win; a full one cannot.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := h.Hash(ctx, "x"); err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
}

func TestACodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		c := auth.NewCredentials(d, auth.NewHasher(1), plain{}, clk.now)
		secret := auth.NewFactor()
		inTx(t, d, func(ctx context.Context, tx db.Tx) error { return c.Set(ctx, tx, "a", "hash", secret) })
		use := func(code string) error {
			return d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return c.UseCode(ctx, tx, "a", code) })
		}
		at := func(offset time.Duration) string {
			code, err := auth.FactorCode(secret, clk.now().Add(offset))
			if err != nil {
				t.Fatal(err)
			}
			return code
		}
		wrong := func(name, code string) {
			t.Helper()
			if err := use(code); !errors.Is(err, auth.ErrWrongCode) {
				t.Errorf("%s: err = %v", name, err)
			}
		}
		wrong("nonsense", "abc")
		wrong("empty", "")
		wrong("two steps late", at(-60*time.Second))
		wrong("two steps early", at(60*time.Second))
		if err := use(at(-30 * time.Second)); err != nil {
			t.Errorf("one step late: %v", err)
		}
		now := at(0)
		if err := use(now); err != nil {
			t.Errorf("now: %v", err)
		}
		wrong("again", now)
		wrong("an earlier one after a later", at(-30*time.Second))
		code, wait, err := c.NextCode(t.Context(), "a")
		if err != nil || wait != 0 || code != at(30*time.Second) {
			t.Errorf("next code %q, %v, %v", code, wait, err)
		}
		if err := use(code); err != nil {
			t.Errorf("next: %v", err)
		}
		if code, wait, err := c.NextCode(t.Context(), "a"); err != nil || code != "" || wait <= 0 || wait > 30*time.Second {
			t.Errorf("all used: %q, %v, %v", code, wait, err)
		}
		clk.add(30 * time.Second)
		if code, _, err := c.NextCode(t.Context(), "a"); err != nil || use(code) != nil {
			t.Errorf("after a step: %q, %v", code, err)
		}
		if err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return c.UseCode(ctx, tx, "nobody", "123456") }); !errors.Is(err, auth.ErrWrongCode) {
			t.Errorf("no such account: %v", err)
		}
	}, auth.Area())
}

func TestACodeBroughtTwiceAtOnceIsGoodOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		c := auth.NewCredentials(d, auth.NewHasher(1), plain{}, clk.now)
		secret := auth.NewFactor()
		inTx(t, d, func(ctx context.Context, tx db.Tx) error { return c.Set(ctx, tx, "a", "hash", secret) })
		code, err := auth.FactorCode(secret, clk.now())
		if err != nil {
			t.Fatal(err)
		}
		var (
			wg   sync.WaitGroup
			mu   sync.Mutex
			good int
		)
		for range 8 {
			wg.Go(func() {
				err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return c.UseCode(ctx, tx, "a", code) })
				if err == nil {
					mu.Lock()
					good++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if good != 1 {
			t.Errorf("the code was good %d times", good)
		}
	}, auth.Area())
}

func TestFailuresPauseLongerAndLonger(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		c := auth.NewCredentials(d, auth.NewHasher(1), plain{}, clk.now)
		for i := range 5 {
			if err := c.Reserve(t.Context(), "zhou"); err != nil {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
		}
		for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
			if err := c.Reserve(t.Context(), "zhou"); !errors.Is(err, auth.ErrLocked) {
				t.Fatalf("err = %v, want a pause of %v", err, pause)
			}
			clk.add(pause - time.Second)
			if err := c.Reserve(t.Context(), "zhou"); !errors.Is(err, auth.ErrLocked) {
				t.Fatalf("a second early: err = %v", err)
			}
			clk.add(time.Second)
			if err := c.Reserve(t.Context(), "zhou"); err != nil {
				t.Fatalf("after %v: %v", pause, err)
			}
		}
		if err := c.Reserve(t.Context(), "lin"); err != nil {
			t.Errorf("another name is paused: %v", err)
		}
		inTx(t, d, func(ctx context.Context, tx db.Tx) error { return c.Clear(ctx, tx, "zhou") })
		if err := c.Reserve(t.Context(), "zhou"); err != nil {
			t.Errorf("after a success: %v", err)
		}
		for range 4 {
			_ = c.Reserve(t.Context(), "zhou")
		}
		clk.add(25 * time.Hour)
		for i := range 5 {
			if err := c.Reserve(t.Context(), "zhou"); err != nil {
				t.Errorf("attempt %d of the next day: %v", i+1, err)
			}
		}
	}, auth.Area())
}

func TestManyGuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := auth.NewCredentials(d, auth.NewHasher(1), plain{}, newClock().now)
		var (
			wg sync.WaitGroup
			mu sync.Mutex
			ok int
		)
		for range 30 {
			wg.Go(func() {
				if c.Reserve(t.Context(), "zhou") == nil {
					mu.Lock()
					ok++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if ok != 5 {
			t.Errorf("%d of 30 guesses at once were let through, want 5", ok)
		}
	}, auth.Area())
}

func sessions(d *db.DB, clk *clock, secure bool) (*auth.Sessions, *auth.Keys) {
	keys := auth.NewKeys(d, clk.now, id.New)
	return auth.NewSessions(auth.SessionConfig{DB: d, Keys: keys, Now: clk.now, NewID: id.New, Secure: secure}), keys
}

func start(t *testing.T, d *db.DB, s *auth.Sessions, p auth.Principal, until time.Time, from auth.From) string {
	t.Helper()
	var token string
	inTx(t, d, func(ctx context.Context, tx db.Tx) (err error) {
		token, err = s.Begin(ctx, tx, p, until, from)
		return err
	})
	return token
}

func request(cookie, header string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: auth.CookieName, Value: cookie})
	}
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	return r
}

func TestSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		s, _ := sessions(d, clk, true)
		lin := auth.Principal{Kind: auth.Resident, ID: "lin", Name: "林", For: auth.Acting{Kind: auth.ForCompany, ID: "co", Name: "店"}, Level: 3}
		token := start(t, d, s, lin, clk.now().Add(time.Hour), auth.From{Device: "Firefox\x00" + strings.Repeat("长", 200)})
		who := func(r *http.Request) auth.Principal {
			t.Helper()
			p, err := s.Find(r)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if p := who(request(token, "")); p.ID != "lin" || p.For.ID != "co" || p.Session == "" || p.Level != 3 {
			t.Errorf("by cookie: %+v", p)
		}
		if p := who(request("", "Bearer "+token)); p.ID != "lin" {
			t.Errorf("by header: %+v", p)
		}
		for _, r := range []*http.Request{request("", ""), request("tbs_nonsense", "")} {
			if p := who(r); p.Kind != auth.Anonymous {
				t.Errorf("nobody is %+v", p)
			}
		}
		for _, h := range []string{"Bearer x", "Bearer ", "Basic eDp5", "Bearer tbk_x"} {
			if _, err := s.Find(request(token, h)); !errors.Is(err, auth.ErrToken) {
				t.Errorf("%q: err = %v; a bad header must not fall back on the cookie", h, err)
			}
		}
		clk.add(time.Hour)
		if p := who(request(token, "")); p.ID != "lin" || p.For.ID != "" {
			t.Errorf("after the mandate: %+v", p)
		}
		clk.add(2*time.Hour - time.Second)
		if p := who(request(token, "")); p.ID != "lin" {
			t.Error("used within two hours, and over")
		}
		clk.add(2 * time.Hour)
		if p := who(request(token, "")); p.Kind != auth.Anonymous {
			t.Error("idle for two hours, and open")
		}
	}, auth.Area())
}

func TestSessionsEndWhateverHappens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		s, _ := sessions(d, clk, false)
		token := start(t, d, s, auth.Principal{Kind: auth.Staff, ID: "clerk"}, time.Time{}, auth.From{})
		for range 12 * 60 / 20 {
			if p, _ := s.Find(request(token, "")); p.ID != "clerk" {
				t.Fatal("over before twelve hours")
			}
			clk.add(20 * time.Minute)
		}
		if p, _ := s.Find(request(token, "")); p.ID != "" {
			t.Error("open after twelve hours")
		}
	}, auth.Area())
}

func TestATokenThatWasPlantedIsWorthNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		s, _ := sessions(d, clk, false)
		planted := start(t, d, s, auth.Principal{Kind: auth.Resident, ID: "attacker"}, time.Time{}, auth.From{})
		token := start(t, d, s, auth.Principal{Kind: auth.Resident, ID: "zhou"}, time.Time{}, auth.From{Earlier: planted})
		if token == planted {
			t.Fatal("the token was kept")
		}
		if p, _ := s.Find(request(planted, "")); p.ID != "" {
			t.Errorf("the planted token is %+v", p)
		}
		var half string
		inTx(t, d, func(ctx context.Context, tx db.Tx) (err error) {
			half, err = s.BeginFactor(ctx, tx, "clerk", auth.From{Earlier: token})
			return err
		})
		if p, _ := s.Find(request(half, "")); p.ID != "" {
			t.Errorf("without the second factor: %+v", p)
		}
		if _, err := s.Find(request("", "Bearer "+half)); !errors.Is(err, auth.ErrToken) {
			t.Errorf("without the second factor, by header: %v", err)
		}
		if account, ok, err := s.Awaited(t.Context(), half); err != nil || !ok || account != "clerk" {
			t.Errorf("awaited: %q %v %v", account, ok, err)
		}
		full := start(t, d, s, auth.Principal{Kind: auth.Staff, ID: "clerk"}, time.Time{}, auth.From{Earlier: half})
		if _, ok, _ := s.Awaited(t.Context(), full); ok {
			t.Error("a full session awaits a factor")
		}
		if _, ok, _ := s.Awaited(t.Context(), half); ok {
			t.Error("the half session is still there")
		}
		clk.add(6 * time.Minute)
	}, auth.Area())
}

func TestEndingSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		s, _ := sessions(d, clk, false)
		zhou := auth.Principal{Kind: auth.Resident, ID: "zhou"}
		var tokens []string
		for i := range 3 {
			tokens = append(tokens, start(t, d, s, zhou, time.Time{}, auth.From{Device: fmt.Sprint(i)}))
			clk.add(time.Second)
		}
		list, err := s.Of(t.Context(), "zhou")
		if err != nil || len(list) != 3 || list[0].Device != "2" {
			t.Fatalf("%+v, %v", list, err)
		}
		inTx(t, d, func(ctx context.Context, tx db.Tx) error {
			if ok, err := s.End(ctx, tx, "lin", list[0].ID); err != nil || ok {
				t.Errorf("ended another's session: %v %v", ok, err)
			}
			if ok, err := s.End(ctx, tx, "zhou", list[0].ID); err != nil || !ok {
				t.Errorf("own session: %v %v", ok, err)
			}
			return s.EndAll(ctx, tx, "zhou", list[1].ID)
		})
		for i, want := range []string{"", "zhou", ""} {
			if p, _ := s.Find(request(tokens[i], "")); p.ID != want {
				t.Errorf("session %d is %q, want %q", i, p.ID, want)
			}
		}
	}, auth.Area())
}

func TestCookie(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		s, _ := sessions(nil, newClock(), secure)
		w := httptest.NewRecorder()
		s.SetCookie(w, "tbs_x")
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != secure || c.MaxAge != 0 {
			t.Errorf("%+v", c)
		}
		w = httptest.NewRecorder()
		s.ClearCookie(w)
		if c := w.Result().Cookies()[0]; c.MaxAge != -1 || c.Value != "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := newClock()
		s, keys := sessions(d, clk, false)
		var (
			c   auth.Client
			key string
		)
		inTx(t, d, func(ctx context.Context, tx db.Tx) (err error) {
			c, key, err = keys.Create(ctx, tx, auth.Client{Name: "归集", Scopes: []string{"company.read"}, MadeBy: "admin", Ends: clk.now().Add(24 * time.Hour)})
			return err
		})
		p, err := s.Find(request("", "Bearer "+key))
		if err != nil || p.Kind != auth.Machine || p.Name != "归集" || len(p.Scopes) != 1 || p.ID != "client:"+c.ID {
			t.Fatalf("%+v, %v", p, err)
		}
		if p, _ := s.Find(request(key, "")); p.ID != "" {
			t.Error("a key is no cookie")
		}
		list, err := keys.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Seen.IsZero() || !strings.HasSuffix(key, list[0].Hint) || !list[0].Open(clk.now()) {
			t.Errorf("%+v, %v", list, err)
		}
		for table, column := range map[string]string{"auth_keys": "hash", "auth_sessions": "token_hash"} {
			var n int
			if err := d.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table+" WHERE "+column+" = $1", key).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s keeps the key itself: %d, %v", table, n, err)
			}
		}
		clk.add(24 * time.Hour)
		if _, err := s.Find(request("", "Bearer "+key)); !errors.Is(err, auth.ErrToken) {
			t.Errorf("ended: %v", err)
		}
		clk.add(-24 * time.Hour)
		inTx(t, d, func(ctx context.Context, tx db.Tx) error { return keys.Revoke(ctx, tx, c.ID) })
		if _, err := s.Find(request("", "Bearer "+key)); !errors.Is(err, auth.ErrToken) {
			t.Errorf("revoked: %v", err)
		}
		if err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return keys.Revoke(ctx, tx, c.ID) }); !errors.Is(err, auth.ErrNoKey) {
			t.Errorf("revoked twice: %v", err)
		}
	}, auth.Area())
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	clk := newClock()
	l := auth.NewLimiter(2, time.Minute, clk.now)
	want := func(key string, ok bool) {
		t.Helper()
		if got, wait := l.Allow(key); got != ok || wait <= 0 || wait > time.Minute {
			t.Errorf("%s: %v, %v", key, got, wait)
		}
	}
	want("a", true)
	want("a", true)
	want("a", false)
	want("b", true)
	clk.add(time.Minute)
	want("a", true)
}
