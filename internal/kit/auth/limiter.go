package auth

import (
	"sync"
	"time"
)

// Limiter lets each key through a number of times in a window. It lives in the
// process: it slows a flood down, the lockout in the database stops a guesser.
type Limiter struct {
	now    func() time.Time
	n      int
	window time.Duration

	mu   sync.Mutex
	seen map[string]*count
	next time.Time // when to forget what is over
}

type count struct {
	n    int
	ends time.Time
}

// maxKeys bounds the memory that strangers can fill. Beyond it, all unknown
// keys share one count.
const maxKeys = 100_000

// NewLimiter returns a Limiter of n a window.
func NewLimiter(n int, window time.Duration, now func() time.Time) *Limiter {
	return &Limiter{now: now, n: n, window: window, seen: map[string]*count{}}
}

// Allow counts one more for key; it reports false and how long to wait when
// that is too many.
func (l *Limiter) Allow(key string) (bool, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	c := l.seen[key]
	if c == nil && len(l.seen) >= maxKeys {
		key = ""
		c = l.seen[key]
	}
	if c == nil || !now.Before(c.ends) {
		c = &count{ends: now.Add(l.window)}
		l.seen[key] = c
	}
	c.n++
	return c.n <= l.n, c.ends.Sub(now)
}

func (l *Limiter) forget(now time.Time) {
	if now.Before(l.next) {
		return
	}
	l.next = now.Add(l.window)
	for k, c := range l.seen {
		if !now.Before(c.ends) {
			delete(l.seen, k)
		}
	}
}
