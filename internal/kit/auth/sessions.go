package auth

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrToken says that a bearer token is not, or no longer, good.
var ErrToken = fault.New(fault.Unauthenticated, "auth.token")

// Lifetime is how long a session lasts.
type Lifetime struct {
	Idle     time.Duration // without a request
	Absolute time.Duration // whatever happens
}

// The lifetimes of sessions by kind of principal.
var (
	residentLifetime = Lifetime{Idle: 2 * time.Hour, Absolute: 24 * time.Hour}
	staffLifetime    = Lifetime{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}
	factorLifetime   = Lifetime{Idle: 5 * time.Minute, Absolute: 5 * time.Minute}
)

// Stages of a session.
const (
	stageFull   = "full"
	stageFactor = "factor" // the password was right, the second factor is awaited
)

// Sessions keeps who is signed in, on the server. The browser or program holds
// a random token, of which only the hash is stored.
type Sessions struct {
	db     *db.DB
	keys   *Keys
	now    func() time.Time
	newID  func() string
	secure bool

	residents Lifetime
	rights    Rights
}

// Rights tells whether a person may act for another now, and how far: the right
// as it is at this moment, or ok false where it has ended.
type Rights func(ctx context.Context, p Principal) (a Acting, ok bool, err error)

// AskRights has each request ask whether the right to act for another still
// holds, so that one that was revoked, limited or has ended is gone with the very
// next request. It is called once, before the first request.
func (s *Sessions) AskRights(r Rights) { s.rights = r }

// SessionConfig is what NewSessions needs.
type SessionConfig struct {
	DB    *db.DB
	Keys  *Keys
	Now   func() time.Time
	NewID func() string
	// Secure is set when people reach the site by https.
	Secure bool
	// Residents bounds the sessions of residents; the zero value is the default.
	// Officials' sessions are never longer than these or their own bounds.
	Residents Lifetime
}

// NewSessions returns the sessions in a database.
func NewSessions(c SessionConfig) *Sessions {
	if c.Residents == (Lifetime{}) {
		c.Residents = residentLifetime
	}
	return &Sessions{db: c.DB, keys: c.Keys, now: c.Now, newID: c.NewID, secure: c.Secure, residents: c.Residents}
}

// Session is one session, for its owner to look at.
type Session struct {
	ID      string
	Account string
	Device  string // what the browser says it is
	Began   time.Time
	Seen    time.Time
	Ends    time.Time
}

// Find returns who sends a request: by "Authorization: Bearer" with a session
// token or an API key, which must be good, else by the cookie. A cookie that is
// no longer good is nobody, not an error.
func (s *Sessions) Find(r *http.Request) (Principal, error) {
	if token, ok := bearer(r); ok {
		return s.byToken(r.Context(), token)
	}
	token, ok := TokenOf(r)
	if !ok {
		return Principal{}, nil
	}
	p, _, err := s.find(r.Context(), token)
	return p, err
}

func (s *Sessions) byToken(ctx context.Context, token string) (Principal, error) {
	if strings.HasPrefix(token, keyPrefix) {
		return s.keys.find(ctx, token)
	}
	p, ok, err := s.find(ctx, token)
	if err == nil && !ok {
		err = ErrToken
	}
	return p, err
}

// seenEvery is how often a session notes that it is used: not with each
// request, which would be a write for each read.
const seenEvery = time.Minute

func (s *Sessions) find(ctx context.Context, token string) (Principal, bool, error) {
	row, ok, err := getSession(ctx, s.db, digest(token), stageFull)
	if err != nil || !ok || row.over(s.now()) {
		return Principal{}, false, err
	}
	if now := s.now(); now.Sub(row.Seen) >= seenEvery {
		if err := touchSession(ctx, s.db, row.ID, now); err != nil {
			return Principal{}, false, err
		}
	}
	p, err := s.withRight(ctx, row.principal(s.now()))
	return p, err == nil, err
}

// withRight leaves a person alone whose right to act for another has ended. Staff
// of a counter act for whom they serve at this moment, which no session knows.
func (s *Sessions) withRight(ctx context.Context, p Principal) (Principal, error) {
	if p.For.ID == "" && !p.Is(RoleCounter) || s.rights == nil {
		return p, nil
	}
	a, ok, err := s.rights(ctx, p)
	if err != nil {
		return Principal{}, err
	}
	if !ok {
		a = Acting{}
	}
	p.For = a
	if a.Kind == ForCounter {
		p.Level = a.Level
	}
	return p, nil
}

// From says where a sign-in comes from.
type From struct {
	Device  string // what the browser says it is
	Earlier string // token it brought; no longer good afterwards, so that one an attacker planted is worth nothing
}

// Begin starts a session for p and returns its token. Where p acts for a
// company, until is when the mandate ends; zero is never.
func (s *Sessions) Begin(ctx context.Context, tx db.Tx, p Principal, until time.Time, from From) (string, error) {
	life := s.residents
	if p.Kind == Staff {
		life = Lifetime{min(life.Idle, staffLifetime.Idle), min(life.Absolute, staffLifetime.Absolute)}
	}
	return s.begin(ctx, tx, sessionRow{who: p, stage: stageFull, actingUntil: until}, life, from)
}

// BeginFactor notes that the password of an account was right. The token is
// good for nothing but Awaited.
func (s *Sessions) BeginFactor(ctx context.Context, tx db.Tx, account string, from From) (string, error) {
	return s.begin(ctx, tx, sessionRow{who: Principal{ID: account}, stage: stageFactor}, factorLifetime, from)
}

func (s *Sessions) begin(ctx context.Context, tx db.Tx, row sessionRow, life Lifetime, from From) (string, error) {
	now := s.now()
	if from.Earlier != "" {
		if err := deleteByToken(ctx, tx, digest(from.Earlier)); err != nil {
			return "", err
		}
	}
	if err := deleteOver(ctx, tx, row.who.ID, now); err != nil {
		return "", err
	}
	token := "tbs_" + base64.RawURLEncoding.EncodeToString(random(32))
	row.idle = life.Idle
	row.Session = Session{
		ID: s.newID(), Account: row.who.ID, Device: clip(from.Device, 200),
		Began: now, Seen: now, Ends: now.Add(life.Absolute),
	}
	return token, putSession(ctx, tx, row, digest(token))
}

// Awaited returns the account whose second factor the token awaits.
func (s *Sessions) Awaited(ctx context.Context, token string) (account string, ok bool, err error) {
	row, ok, err := getSession(ctx, s.db, digest(token), stageFactor)
	if err != nil || !ok || row.over(s.now()) {
		return "", false, err
	}
	return row.Account, true, nil
}

// Act changes for whom the person of a session acts: another until the
// mandate ends, or oneself where p.For is zero. A zero until never ends.
func (s *Sessions) Act(ctx context.Context, tx db.Tx, session string, p Principal, until time.Time) error {
	return setPrincipal(ctx, tx, session, p, until)
}

// End ends one session of an account; it reports whether there was one.
func (s *Sessions) End(ctx context.Context, tx db.Tx, account, session string) (bool, error) {
	return deleteSession(ctx, tx, account, session)
}

// EndAll ends the sessions of an account, except one.
func (s *Sessions) EndAll(ctx context.Context, tx db.Tx, account, except string) error {
	return deleteSessions(ctx, tx, account, except)
}

// Live reports whether a session is still good: not ended, and not over.
func (s *Sessions) Live(ctx context.Context, q db.Q, session string) (bool, error) {
	row, ok, err := sessionByID(ctx, q, session)
	return err == nil && ok && !row.over(s.now()), err
}

// Behind tells whose session a token is, which a sign-in is about to replace; ok is
// false for none.
func (s *Sessions) Behind(ctx context.Context, q db.Q, token string) (p Principal, ok bool, err error) {
	if token == "" {
		return Principal{}, false, nil
	}
	row, ok, err := getSession(ctx, q, digest(token), stageFull)
	if err != nil || !ok {
		return Principal{}, false, err
	}
	return row.principal(s.now()), true, nil
}

// Of lists the sessions of an account, newest first.
func (s *Sessions) Of(ctx context.Context, account string) ([]Session, error) {
	rows, err := listSessions(ctx, s.db, account)
	if err != nil {
		return nil, err
	}
	var open []Session
	for _, row := range rows {
		if !row.over(s.now()) {
			open = append(open, row.Session)
		}
	}
	return open, nil
}

// SetCookie gives the browser a token. It lasts until the browser closes; the
// server decides when it ends.
func (s *Sessions) SetCookie(w http.ResponseWriter, token string) {
	http.SetCookie(w, s.cookie(token, 0))
}

// ClearCookie takes the token away.
func (s *Sessions) ClearCookie(w http.ResponseWriter) { http.SetCookie(w, s.cookie("", -1)) }

func (s *Sessions) cookie(token string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the address people use: a demonstration has no https
		Name: CookieName, Value: token, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

// TokenOf returns the token in the cookie of a request.
func TokenOf(r *http.Request) (string, bool) {
	c, err := r.Cookie(CookieName)
	if err != nil || c.Value == "" {
		return "", false
	}
	return c.Value, true
}

func bearer(r *http.Request) (string, bool) {
	h := r.Header.Get("Authorization")
	if h == "" {
		return "", false
	}
	scheme, token, _ := strings.Cut(h, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true // some other scheme: no token of ours
	}
	return strings.TrimSpace(token), true
}

type sessionRow struct {
	Session
	who         Principal
	stage       string
	actingUntil time.Time // zero: never ends
	idle        time.Duration
}

func (r sessionRow) over(now time.Time) bool {
	return !now.Before(r.Ends) || now.Sub(r.Seen) >= r.idle
}

// principal returns who it is now; a mandate that has ended leaves the person alone.
func (r sessionRow) principal(now time.Time) Principal {
	p := r.who
	if !r.actingUntil.IsZero() && !now.Before(r.actingUntil) {
		p.For = Acting{}
	}
	p.Session = r.ID
	return p
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
