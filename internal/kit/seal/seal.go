// Package seal encrypts single fields of personal data at rest.
//
// Each value is sealed with AES-256-GCM under a data key; the name of its field
// is bound in, so a value moved to another column does not open. The data keys
// stand, themselves sealed by a master key, in a key ring file; the ring grows
// by rotation, new values take the newest key, and old values open for as long
// as their key is in the ring. Where equality search is needed, Index gives a
// keyed blind index.
//
// The master key is behind Provider, so that a hardware module or SM4 can hold
// it; KeyFile is the one for a single machine.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrOpen means that a value does not open: damaged, moved from another field,
// or sealed by a key that is not in the ring. It says no more on purpose.
var ErrOpen = errors.New("sealed value does not open")

// Provider holds the master key: it wraps the data keys and never gives itself
// away.
type Provider interface {
	Wrap(key []byte) ([]byte, error)
	Unwrap(wrapped []byte) ([]byte, error)
}

// form is the first byte of a sealed value: 1 is
//
//	1 || key id (4 bytes, big endian) || nonce (12 bytes) || AES-256-GCM
//
// with the first five bytes and the field's name as associated data.
const form = 1

const (
	headSize  = 5
	nonceSize = 12
	tagSize   = 16
)

// Sealer seals and opens fields. It is safe for concurrent use.
type Sealer struct {
	keys   map[uint32]cipher.AEAD
	newest uint32
	index  []byte
}

// New unwraps the keys of ring.
func New(p Provider, ring Ring) (*Sealer, error) {
	if len(ring.Keys) == 0 {
		return nil, errors.New("key ring is empty")
	}
	s := &Sealer{keys: map[uint32]cipher.AEAD{}}
	for _, k := range ring.Keys {
		key, err := p.Unwrap(k.Wrapped)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", k.ID, err)
		}
		if s.keys[k.ID], err = newGCM(key); err != nil {
			return nil, fmt.Errorf("key %d: %w", k.ID, err)
		}
		s.newest = max(s.newest, k.ID)
	}
	index, err := p.Unwrap(ring.Index)
	if err != nil {
		return nil, fmt.Errorf("index key: %w", err)
	}
	s.index = index
	return s, nil
}

// Seal encrypts the value of a field. The same value never looks the same.
func (s *Sealer) Seal(field, plaintext string) ([]byte, error) {
	out := make([]byte, headSize+nonceSize, headSize+nonceSize+len(plaintext)+tagSize)
	out[0] = form
	binary.BigEndian.PutUint32(out[1:], s.newest)
	rand.Read(out[headSize:]) // never fails since Go 1.24
	return s.keys[s.newest].Seal(out, out[headSize:], []byte(plaintext), bound(out, field)), nil
}

// Open decrypts what Seal made for the same field.
func (s *Sealer) Open(field string, sealed []byte) (string, error) {
	if len(sealed) < headSize+nonceSize+tagSize || sealed[0] != form {
		return "", ErrOpen
	}
	key, ok := s.keys[binary.BigEndian.Uint32(sealed[1:])]
	if !ok {
		return "", ErrOpen
	}
	nonce, rest := sealed[headSize:headSize+nonceSize], sealed[headSize+nonceSize:]
	plain, err := key.Open(nil, nonce, rest, bound(sealed, field))
	if err != nil {
		return "", ErrOpen
	}
	return string(plain), nil
}

// Stale reports whether a sealed value is under an older key than the newest,
// so that a job can seal it anew.
func (s *Sealer) Stale(sealed []byte) bool {
	return len(sealed) < headSize || binary.BigEndian.Uint32(sealed[1:]) != s.newest
}

// bound is what a value is tied to: its form, its key and its field.
func bound(head []byte, field string) []byte {
	return append(append(make([]byte, 0, headSize+len(field)), head[:headSize]...), field...)
}

// Index returns a keyed blind index of a value: equal values of one field have
// equal indexes, and without the key nothing can be guessed from them. It is 16
// bytes of HMAC-SHA-256 in base64url. The caller brings the value into one form
// first (case, width, spaces).
func (s *Sealer) Index(field, value string) string {
	h := hmac.New(sha256.New, s.index)
	var size [4]byte                                        // keeps ("ab", "c") apart from ("a", "bc")
	binary.BigEndian.PutUint32(size[:], uint32(len(field))) //nolint:gosec // a field name
	h.Write(size[:])
	h.Write([]byte(field))
	h.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

func newGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, errors.New("key must have 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
