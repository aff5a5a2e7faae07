package auth

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// keyPrefix marks an API key, so that one that leaked into a text can be found.
const keyPrefix = "tbk_"

// ErrNoKey says that there is no such API client.
var ErrNoKey = fault.New(fault.NotFound, "auth.no_key")

// Keys keeps the keys of API clients.
type Keys struct {
	db    *db.DB
	now   func() time.Time
	newID func() string
}

// NewKeys returns the keys in d.
func NewKeys(d *db.DB, now func() time.Time, newID func() string) *Keys {
	return &Keys{db: d, now: now, newID: newID}
}

// Client is one API client with its key, which itself is not kept.
type Client struct {
	ID      string
	Name    string
	Hint    string // last characters of the key
	Scopes  []string
	MadeBy  string // account id
	Made    time.Time
	Ends    time.Time // zero: never
	Revoked time.Time // zero: not
	Seen    time.Time // zero: never
}

// Open reports whether the client's key is good at t.
func (c Client) Open(t time.Time) bool {
	return c.Revoked.IsZero() && (c.Ends.IsZero() || t.Before(c.Ends))
}

// Create makes a client and returns its key, which cannot be shown again.
func (k *Keys) Create(ctx context.Context, tx db.Tx, c Client) (Client, string, error) {
	key := keyPrefix + base64.RawURLEncoding.EncodeToString(random(32))
	c.ID, c.Made, c.Hint = k.newID(), k.now(), key[len(key)-4:]
	return c, key, putKey(ctx, tx, c, digest(key))
}

// Revoke ends a client's key at once.
func (k *Keys) Revoke(ctx context.Context, tx db.Tx, id string) error {
	ok, err := revokeKey(ctx, tx, id, k.now())
	if err == nil && !ok {
		err = ErrNoKey
	}
	return err
}

// List returns the clients, newest first.
func (k *Keys) List(ctx context.Context) ([]Client, error) { return listKeys(ctx, k.db) }

func (k *Keys) find(ctx context.Context, key string) (Principal, error) {
	c, ok, err := getKey(ctx, k.db, digest(key))
	if err != nil {
		return Principal{}, err
	}
	now := k.now()
	if !ok || !c.Open(now) {
		return Principal{}, ErrToken
	}
	if now.Sub(c.Seen) >= seenEvery {
		if err := touchKey(ctx, k.db, c.ID, now); err != nil {
			return Principal{}, err
		}
	}
	return Principal{Kind: Machine, ID: "client:" + c.ID, Name: c.Name, Scopes: c.Scopes}, nil
}
