package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Cost of argon2id: the first choice of OWASP's password storage sheet.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32
)

// MaxPassword bounds what is hashed, so that a long text costs no more than a
// password.
const MaxPassword = 256

// ErrBusy says that too many passwords are being checked; trying again helps.
var ErrBusy = fault.New(fault.Unavailable, "auth.busy")

// Hasher hashes passwords, only a few at a time: each takes 19 MiB and tens of
// milliseconds. Never call it in a database transaction.
type Hasher struct {
	slots   chan struct{}
	memory  uint32 // KiB
	head    string // of every hash it makes and knows
	nothing string // a hash that no password has, to spend the same time on
}

// NewHasher returns a Hasher for n hashes at a time; 0 is one for each CPU.
func NewHasher(n int) *Hasher { return NewHasherOf(n, argonMemory) }

// NewHasherOf is NewHasher with so many KiB for a hash. Less than NewHasher takes
// is for tests that sign in hundreds of times; it knows no hash of another cost.
func NewHasherOf(n int, memory uint32) *Hasher {
	if n <= 0 {
		n = runtime.NumCPU()
	}
	h := &Hasher{
		slots: make(chan struct{}, n), memory: memory,
		head: fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memory, argonTime, argonLanes),
	}
	h.nothing = h.encode(random(saltBytes), random(hashBytes))
	return h
}

// Hash returns the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := random(saltBytes)
	sum, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return h.encode(salt, sum), nil
}

// Verify reports whether password has the hash phc. An empty phc stands for an
// account that does not exist: it takes as long, and the answer is no.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (bool, error) {
	if phc == "" {
		phc = h.nothing
	}
	salt, want, err := h.decode(phc)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	if len(password) > MaxPassword {
		password = password[:MaxPassword] + "\x00" // no shorter password has this hash
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrBusy.Wrap(ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, argonTime, h.memory, argonLanes, hashBytes), nil
}

func (h *Hasher) encode(salt, sum []byte) string {
	e := base64.RawStdEncoding
	return h.head + e.EncodeToString(salt) + "$" + e.EncodeToString(sum)
}

var errHash = errors.New("password hash of unknown form")

// decode reads what encode wrote. Another cost would need its own head.
func (h *Hasher) decode(phc string) (salt, sum []byte, err error) {
	rest, ok := strings.CutPrefix(phc, h.head)
	if !ok {
		return nil, nil, errHash
	}
	a, b, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, nil, errHash
	}
	salt, err = base64.RawStdEncoding.DecodeString(a)
	if err != nil {
		return nil, nil, errHash
	}
	sum, err = base64.RawStdEncoding.DecodeString(b)
	if err != nil || len(sum) != hashBytes {
		return nil, nil, errHash
	}
	return salt, sum, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails since Go 1.24
	return b
}
