package registry

import (
	"sync"
	"time"
)

// A breaker keeps a registry that fails from being asked again and again: after
// some failures in a row it rests, then one look-up may try.
type breaker struct {
	mu       sync.Mutex
	failures int
	until    time.Time // rests until then
	trying   bool      // one look-up tries after the rest

	lastError   string
	lastErrorAt time.Time
	lastAt      time.Time // of an answer
	latency     time.Duration
}

const (
	failuresToRest = 3
	rest           = 30 * time.Second
)

// allow reports whether the registry may be asked now.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < failuresToRest {
		return true
	}
	if now.Before(b.until) || b.trying {
		return false
	}
	b.trying = true
	return true
}

// done notes how a look-up ended.
func (b *breaker) done(now time.Time, took time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	if err == nil {
		b.failures, b.lastAt, b.latency = 0, now, took
		return
	}
	b.failures++
	b.lastError, b.lastErrorAt = err.Error(), now
	if b.failures >= failuresToRest {
		b.until = now.Add(rest)
	}
}

// leave notes that nobody waited for the end of a look-up.
func (b *breaker) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// health is what the desk shows of a breaker.
func (b *breaker) health(now time.Time) Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Health{
		Resting:   b.failures >= failuresToRest && now.Before(b.until),
		Failures:  b.failures,
		LastError: b.lastError, LastErrorAt: b.lastErrorAt, LastAt: b.lastAt, Latency: b.latency,
	}
}

// Health is how a registry answered lately, since this process began.
type Health struct {
	Resting     bool // not asked for a while after failures
	Failures    int  // in a row
	LastError   string
	LastErrorAt time.Time
	LastAt      time.Time
	Latency     time.Duration
}
