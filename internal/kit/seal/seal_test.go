package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/kit/seal"
)

func files(t testing.TB) (master, ring string) {
	t.Helper()
	dir := t.TempDir()
	return filepath.Join(dir, "keys", "master.key"), filepath.Join(dir, "keys", "ring.json")
}

func load(t testing.TB, master, ring string) *seal.Sealer {
	t.Helper()
	p, err := seal.OpenKeyFile(master)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Load(p, ring)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t testing.TB, s *seal.Sealer, field, text string) []byte {
	t.Helper()
	b, err := s.Seal(field, text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWasSealedOpensAfterRestart(t *testing.T) {
	t.Parallel()
	master, ring := files(t)
	first := load(t, master, ring)
	if again := load(t, master, ring); again.Index("a", "x") != first.Index("a", "x") {
		t.Error("the index changes with a restart")
	}
	for _, text := range []string{"", "511602199003074528", strings.Repeat("广安区", 1000)} {
		b := sealed(t, first, "identity.number", text)
		if got, err := load(t, master, ring).Open("identity.number", b); err != nil || got != text {
			t.Errorf("%q %v", got, err)
		}
		if text != "" && strings.Contains(string(b), text) {
			t.Error("plain text inside")
		}
		if string(b) == string(sealed(t, first, "identity.number", text)) {
			t.Error("the same value looks the same")
		}
	}
}

func TestTamperedOrMovedDoesNotOpen(t *testing.T) {
	t.Parallel()
	master, ring := files(t)
	s := load(t, master, ring)
	b := sealed(t, s, "identity.phone", "13800000000")
	if _, err := s.Open("identity.number", b); !errors.Is(err, seal.ErrOpen) {
		t.Error("opened in another field:", err)
	}
	for i := range b {
		bad := append([]byte{}, b...)
		bad[i] ^= 1
		if got, err := s.Open("identity.phone", bad); !errors.Is(err, seal.ErrOpen) || got != "" {
			t.Errorf("byte %d: %q %v", i, got, err)
		}
		if _, err := s.Open("identity.phone", b[:i]); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	otherMaster, otherRing := files(t)
	if _, err := load(t, otherMaster, otherRing).Open("identity.phone", b); !errors.Is(err, seal.ErrOpen) {
		t.Error("another ring opens it:", err)
	}
}

func TestRotationKeepsOldValuesAndTakesTheNewKey(t *testing.T) {
	t.Parallel()
	master, ring := files(t)
	before := load(t, master, ring)
	old := sealed(t, before, "f", "x")
	index := before.Index("f", "x")
	p, err := seal.OpenKeyFile(master)
	if err != nil {
		t.Fatal(err)
	}
	if err := seal.Rotate(p, ring); err != nil {
		t.Fatal(err)
	}
	after := load(t, master, ring)
	if got, err := after.Open("f", old); err != nil || got != "x" {
		t.Fatal(got, err)
	}
	fresh := sealed(t, after, "f", "x")
	if !after.Stale(old) || after.Stale(fresh) {
		t.Error("stale:", after.Stale(old), after.Stale(fresh))
	}
	if _, err := before.Open("f", fresh); !errors.Is(err, seal.ErrOpen) {
		t.Error("the old ring opens the new key:", err)
	}
	if after.Index("f", "x") != index {
		t.Error("the index changed")
	}
}

func TestIndexIsPerFieldAndPerRing(t *testing.T) {
	t.Parallel()
	s := load(t, pair(files(t))[0], pair(files(t))[1])
	other := load(t, pair(files(t))[0], pair(files(t))[1])
	if n := len(s.Index("a", "x")); n != 22 {
		t.Error(n)
	}
	for name, twin := range map[string]string{
		"field": s.Index("b", "x"), "value": s.Index("a", "y"), "shift": s.Index("ax", ""), "ring": other.Index("a", "x"),
	} {
		if twin == s.Index("a", "x") {
			t.Error(name, "does not matter")
		}
	}
}

func pair(a, b string) [2]string { return [2]string{a, b} }

func TestFirstStartsAtTheSameMomentShareOneKey(t *testing.T) {
	t.Parallel()
	master, ring := files(t)
	var all sync.WaitGroup
	indexes := make([]string, 8)
	for i := range indexes {
		all.Go(func() {
			p, err := seal.OpenKeyFile(master)
			if err != nil {
				t.Error(err)
				return
			}
			s, err := seal.Load(p, ring)
			if err != nil {
				t.Error(err)
				return
			}
			indexes[i] = s.Index("f", "x")
		})
	}
	all.Wait()
	for _, x := range indexes {
		if x != indexes[0] {
			t.Fatal(indexes)
		}
	}
	for _, f := range []string{master, ring} {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(f, info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(master)); err != nil || len(left) != 2 {
		t.Error("left over:", left, err)
	}
}

func TestABadKeyFileIsRefused(t *testing.T) {
	t.Parallel()
	master, ring := files(t)
	load(t, master, ring)
	if err := os.Chmod(master, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenKeyFile(master); err == nil {
		t.Error("a key that others may read was taken")
	}
	other, _ := files(t)
	p, err := seal.OpenKeyFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(p, ring); !errors.Is(err, seal.ErrOpen) {
		t.Error("another master key opened the ring:", err)
	}
	for name, text := range map[string]string{"empty": "", "short": "AAAA", "no base64": "?"} {
		file := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.OpenKeyFile(file); err == nil {
			t.Error(name, "taken")
		}
	}
	if _, err := seal.New(p, seal.Ring{}); err == nil {
		t.Error("an empty ring was taken")
	}
	if err := os.WriteFile(ring, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var syntax *json.SyntaxError
	if _, err := seal.Load(p, ring); !errors.As(err, &syntax) {
		t.Error(err)
	}
}

// Whatever bytes come from the database, Open answers with the value or ErrOpen.
// Each worker has a key of its own: what it forges begins with a part of a value that its
// own key sealed.
func FuzzOpen(f *testing.F) {
	master, ring := files(f)
	s := load(f, master, ring)
	good := sealed(f, s, "f", "value")
	f.Add(uint8(len(good)), []byte{})
	f.Add(uint8(len(good)-1), []byte{0})
	f.Add(uint8(len(good)), []byte{0})
	f.Add(uint8(0), []byte{})
	f.Add(uint8(0), make([]byte, 33))
	f.Fuzz(func(t *testing.T, keep uint8, rest []byte) {
		b := append(slices.Clone(good[:min(int(keep), len(good))]), rest...)
		got, err := s.Open("f", b)
		if same := bytes.Equal(b, good); same != (err == nil) || same && got != "value" {
			t.Fatalf("forged: %x opens to %q: %v", b, got, err)
		}
		if err != nil && !errors.Is(err, seal.ErrOpen) {
			t.Fatal(err)
		}
	})
}
