package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Ring is the wrapped keys of a platform, as stored.
type Ring struct {
	Keys  []Key  `json:"keys"`
	Index []byte `json:"index"` // key of the blind indexes; never rotated, for every index would change
}

// Key is one wrapped data key.
type Key struct {
	ID      uint32 `json:"id"`
	Wrapped []byte `json:"wrapped"`
}

// NewRing returns a ring with one data key and an index key.
func NewRing(p Provider) (Ring, error) {
	index, err := p.Wrap(newKey())
	if err != nil {
		return Ring{}, fmt.Errorf("wrap index key: %w", err)
	}
	return Ring{Index: index}.Rotate(p)
}

// Rotate returns the ring with one more data key, which is used from now on.
// The older ones stay, for what they sealed.
func (r Ring) Rotate(p Provider) (Ring, error) {
	id := uint32(1)
	for _, k := range r.Keys {
		id = max(id, k.ID+1)
	}
	wrapped, err := p.Wrap(newKey())
	if err != nil {
		return Ring{}, fmt.Errorf("wrap key %d: %w", id, err)
	}
	keys := append(append([]Key{}, r.Keys...), Key{ID: id, Wrapped: wrapped})
	return Ring{Keys: keys, Index: r.Index}, nil
}

func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}

// Load reads the ring in ringFile, or makes one if there is none.
func Load(p Provider, ringFile string) (*Sealer, error) {
	text, err := os.ReadFile(ringFile) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		ring, err := NewRing(p)
		if err != nil {
			return nil, err
		}
		if text, err = createOnce(ringFile, ring); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, fmt.Errorf("key ring: %w", err)
	}
	var ring Ring
	if err := json.Unmarshal(text, &ring); err != nil {
		return nil, fmt.Errorf("key ring %s: %w", ringFile, err)
	}
	return New(p, ring)
}

// Rotate adds a data key to the ring in ringFile.
func Rotate(p Provider, ringFile string) error {
	text, err := os.ReadFile(ringFile) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	var ring Ring
	if err := json.Unmarshal(text, &ring); err != nil {
		return fmt.Errorf("key ring %s: %w", ringFile, err)
	}
	if ring, err = ring.Rotate(p); err != nil {
		return err
	}
	if text, err = json.MarshalIndent(ring, "", "  "); err != nil {
		return err
	}
	tmp, err := writeBeside(ringFile, append(text, '\n'))
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, ringFile); err != nil {
		return fmt.Errorf("key ring: %w", err)
	}
	return syncDir(filepath.Dir(ringFile))
}

// createOnce writes the ring unless somebody else did at the same moment, and
// returns what stands in the file.
func createOnce(file string, ring Ring) ([]byte, error) {
	text, err := json.MarshalIndent(ring, "", "  ")
	if err != nil {
		return nil, err
	}
	return firstWins(file, append(text, '\n'))
}

// firstWins makes file with this content, durable and whole, unless it exists;
// it returns the content that won. A link cannot replace, as a rename would.
func firstWins(file string, content []byte) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("key folder: %w", err)
	}
	tmp, err := writeBeside(file, content)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.Link(tmp, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if err := syncDir(filepath.Dir(file)); err != nil {
		return nil, err
	}
	return os.ReadFile(file) //nolint:gosec // the operator names it
}

func writeBeside(file string, content []byte) (string, error) {
	tmp, err := os.OpenFile(file+"."+rand.Text(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	_, err = tmp.Write(content)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("key file: %w", err), os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}

func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// KeyFile is a Provider whose master key stands in a file: base64 of 32 bytes.
// Whoever has this file and the database has everything, so it belongs on
// another disk or in another backup than the database.
type KeyFile struct{ gcm cipher.AEAD }

// OpenKeyFile reads the master key, or makes one at the first start. The file
// is refused when others than its owner may read it.
func OpenKeyFile(path string) (*KeyFile, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		text, err = firstWins(path, []byte(base64.StdEncoding.EncodeToString(newKey())+"\n"))
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("master key %s: others may read it; chmod 600", path)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("master key %s: %w", path, err)
	}
	gcm, err := newGCM(key)
	if err != nil {
		return nil, fmt.Errorf("master key %s: %w", path, err)
	}
	return &KeyFile{gcm: gcm}, nil
}

// wrapLabel keeps a wrapped key from being taken for anything else.
const wrapLabel = "tongban key ring 1"

// Wrap implements Provider.
func (k *KeyFile) Wrap(key []byte) ([]byte, error) {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	return k.gcm.Seal(nonce, nonce, key, []byte(wrapLabel)), nil
}

// Unwrap implements Provider.
func (k *KeyFile) Unwrap(wrapped []byte) ([]byte, error) {
	if len(wrapped) < nonceSize {
		return nil, ErrOpen
	}
	key, err := k.gcm.Open(nil, wrapped[:nonceSize], wrapped[nonceSize:], []byte(wrapLabel))
	if err != nil {
		return nil, fmt.Errorf("%w: is it this ring's master key?", ErrOpen)
	}
	return key, nil
}
