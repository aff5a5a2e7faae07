package auth

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Area is the migrations of this package for db.Migrate.
func Area() db.Area { return db.Area{Name: "auth", Files: Migrations} }

// Sealer encrypts a secret at rest.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// Faults of signing in. ErrFailed never says whether the account exists.
var (
	ErrFailed     = fault.New(fault.Unauthenticated, "auth.failed")
	ErrNeedFactor = fault.New(fault.Unauthenticated, "auth.code_required")
	ErrWrongCode  = fault.New(fault.Unauthenticated, "auth.code_wrong")
	ErrLocked     = fault.New(fault.TooMany, "auth.locked")
	ErrTooOften   = fault.New(fault.TooMany, "auth.too_often")
)

// Credentials keeps password hashes, second factors and failed attempts.
type Credentials struct {
	db   *db.DB
	hash *Hasher
	seal Sealer
	now  func() time.Time
}

// NewCredentials returns the Credentials in d.
func NewCredentials(d *db.DB, hash *Hasher, seal Sealer, now func() time.Time) *Credentials {
	return &Credentials{db: d, hash: hash, seal: seal, now: now}
}

// Set stores the password hash of an account, made by Hasher.Hash, and its
// second factor; an empty secret is none.
func (c *Credentials) Set(ctx context.Context, tx db.Tx, account, phc, secret string) error {
	sealed, err := c.sealed(secret)
	if err != nil {
		return err
	}
	return putCredential(ctx, tx, account, phc, sealed)
}

// SetPassword replaces the password of an account and keeps its second factor.
func (c *Credentials) SetPassword(ctx context.Context, tx db.Tx, account, phc string) error {
	return putPassword(ctx, tx, account, phc)
}

// SetFactor replaces the second factor of an account; an empty secret removes it.
func (c *Credentials) SetFactor(ctx context.Context, tx db.Tx, account, secret string) error {
	sealed, err := c.sealed(secret)
	if err != nil {
		return err
	}
	return putFactor(ctx, tx, account, sealed)
}

const factorField = "auth.factor"

func (c *Credentials) sealed(secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	return c.seal.Seal(factorField, secret)
}

// Factor returns the secret of an account's second factor, "" where there is none.
func (c *Credentials) Factor(ctx context.Context, account string) (string, error) {
	cred, err := getCredential(ctx, c.db, account)
	if err != nil || len(cred.factor) == 0 {
		return "", err
	}
	return c.seal.Open(factorField, cred.factor)
}

// Password reports whether the account has the password, and whether a second
// factor must follow. An account that does not exist ("") takes as long.
func (c *Credentials) Password(ctx context.Context, account, password string) (ok, factor bool, err error) {
	cred, err := getCredential(ctx, c.db, account)
	if err != nil {
		return false, false, err
	}
	ok, err = c.hash.Verify(ctx, cred.password, password)
	return ok, len(cred.factor) > 0, err
}

// UseCode checks a code of the second factor and uses it up: a code is good
// once (RFC 6238 5.2), also when two requests bring it at the same time.
func (c *Credentials) UseCode(ctx context.Context, tx db.Tx, account, code string) error {
	cred, err := getCredential(ctx, tx, account)
	if err != nil {
		return err
	}
	if len(cred.factor) == 0 {
		return ErrWrongCode
	}
	secret, err := c.seal.Open(factorField, cred.factor)
	if err != nil {
		return fmt.Errorf("second factor of %s: %w", account, err)
	}
	n, ok, err := stepOf(secret, code, c.now())
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongCode
	}
	fresh, err := useStep(ctx, tx, account, n)
	if err != nil {
		return err
	}
	if !fresh {
		return ErrWrongCode
	}
	return nil
}

// NextCode returns the first code of the second factor that is still good at
// this time, or how long to wait where all are used up. Only a demonstration
// shows codes.
func (c *Credentials) NextCode(ctx context.Context, account string) (code string, wait time.Duration, err error) {
	cred, err := getCredential(ctx, c.db, account)
	if err != nil || len(cred.factor) == 0 {
		return "", 0, err
	}
	secret, err := c.seal.Open(factorField, cred.factor)
	if err != nil {
		return "", 0, err
	}
	now := c.now()
	present := now.Unix() / int64(step/time.Second)
	n := max(present, cred.lastStep+1)
	at := time.Unix(n*int64(step/time.Second), 0)
	if n > present+1 {
		return "", at.Add(-step).Sub(now), nil
	}
	code, err = FactorCode(secret, at)
	return code, 0, err
}

// Lockout: free attempts, then a pause that doubles with each further failure.
const (
	freeAttempts = 5
	firstPause   = 30 * time.Second
	longestPause = 30 * time.Minute
	forgetAfter  = 24 * time.Hour
)

// Reserve counts an attempt at an account name before it is made, so that many
// at once cannot slip through; Clear forgets them after a success. Names that
// no account has are counted alike.
func (c *Credentials) Reserve(ctx context.Context, name string) error {
	return c.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		now := c.now()
		failures, ok, err := countFailure(ctx, tx, subject(name), now, now.Add(-forgetAfter))
		if err != nil {
			return err
		}
		if !ok {
			until, err := pausedUntil(ctx, tx, subject(name))
			if err != nil {
				return err
			}
			return ErrLocked.With("wait", until.Sub(now), "minutes", minutes(until.Sub(now)))
		}
		return pause(ctx, tx, subject(name), now.Add(pauseAfter(failures)))
	})
}

// Clear forgets the failed attempts at an account name.
func (c *Credentials) Clear(ctx context.Context, tx db.Tx, name string) error {
	return clearFailures(ctx, tx, subject(name))
}

// pauseAfter is how long nothing is tried after so many failures in a row.
func pauseAfter(failures int64) time.Duration {
	if failures < freeAttempts {
		return 0
	}
	return min(firstPause<<min(failures-freeAttempts, 10), longestPause)
}

func minutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }

// subject hides the name: people type passwords into the wrong field.
func subject(name string) string { return digest("name:" + name) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
