// Package id makes identifiers and short codes.
package id

import (
	"crypto/rand"

	"github.com/google/uuid"
)

// New returns a UUIDv7 (RFC 9562): unique, and in order of time.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// crockford leaves out I, L, O and U, so that a code can be read aloud.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Code returns n random characters of Crockford's base 32 (5 bits each).
func Code(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	for i := range b {
		b[i] = crockford[b[i]%32]
	}
	return string(b)
}
