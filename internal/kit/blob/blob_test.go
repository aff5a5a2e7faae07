package blob_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/fault"
)

func open(t *testing.T) (*blob.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func leftOver(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestContentComesBackUnderItsHash(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	var all sync.WaitGroup
	for range 8 { // the same content at the same time
		all.Go(func() {
			id, n, err := f.Put(t.Context(), strings.NewReader("营业执照"), 12)
			sum := sha256.Sum256([]byte("营业执照"))
			if err != nil || n != 12 || id != hex.EncodeToString(sum[:]) {
				t.Error(id, n, err)
				return
			}
			r, err := f.Open(t.Context(), id)
			if err != nil {
				t.Error(err)
				return
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || string(b) != "营业执照" {
				t.Errorf("%q %v", b, err)
			}
		})
	}
	all.Wait()
	if n := leftOver(t, dir); n != 0 {
		t.Errorf("%d temporary files left", n)
	}
}

func TestWhatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		cancelled bool
		r         io.Reader
		want      error
	}{
		"too large": {false, strings.NewReader("12345"), blob.ErrTooLarge},
		"broken":    {false, io.MultiReader(strings.NewReader("12"), iotest.ErrReader(broken)), broken},
		"cancelled": {true, strings.NewReader("1"), context.Canceled},
	} {
		f, dir := open(t)
		ctx := t.Context()
		if c.cancelled {
			ctx = gone
		}
		if _, _, err := f.Put(ctx, c.r, 4); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if n := leftOver(t, dir); n != 0 {
			t.Errorf("%s: %d temporary files left", name, n)
		}
	}
	if fault.KindOf(blob.ErrTooLarge) != fault.TooLarge {
		t.Error("kind")
	}
}

func TestOnlyAHashOpens(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	id, _, err := f.Put(t.Context(), strings.NewReader(""), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "..", "../secret", strings.ToUpper(id), id[:63], id + "0", strings.Repeat("0", 64), "../" + id[3:], id[:62] + "/."} {
		if _, err := f.Open(t.Context(), bad); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
