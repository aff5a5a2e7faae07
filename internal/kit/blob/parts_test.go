package blob_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/fault"
)

func TestPartsArriveInPieces(t *testing.T) {
	t.Parallel()
	f, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := f.Parts()
	broken := io.MultiReader(strings.NewReader("hel"), failing{})
	if n, err := p.Append(t.Context(), "a", 0, 11, broken); n != 3 || err == nil {
		t.Fatal(n, err)
	}
	if _, err := p.Append(t.Context(), "a", 5, 11, strings.NewReader("x")); !errors.Is(err, blob.ErrOffset) {
		t.Errorf("a hole: %v", err)
	}
	if n, err := p.Append(t.Context(), "a", 3, 11, strings.NewReader("XXXXXXXX")); n != 11 || err != nil {
		t.Fatal(n, err)
	}
	// The answer was lost: the same piece comes again.
	if n, err := p.Append(t.Context(), "a", 3, 11, strings.NewReader("lo there")); n != 11 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := p.Append(t.Context(), "a", 11, 11, strings.NewReader("more")); n != 11 || fault.KindOf(err) != fault.TooLarge {
		t.Errorf("more than announced: %d %v", n, err)
	}
	body, err := f.Parts().Open(t.Context(), "a") // after a restart
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil || string(text) != "hello there" {
		t.Errorf("%q %v", text, err)
	}
	for range 2 {
		if err := p.Remove(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Open(t.Context(), "a"); !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	for _, bad := range []string{"", "../x", "a/b", strings.Repeat("a", 101)} {
		if _, err := p.Append(t.Context(), bad, 0, 9, strings.NewReader("x")); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestDeleteLeavesWhatIsYoung(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := blob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := f.Put(t.Context(), strings.NewReader("text"), 100)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	place := filepath.Join(dir, id[:2], id[2:])
	before := old.Add(time.Hour)
	if gone, err := f.Delete(t.Context(), id, before); gone || err != nil {
		t.Errorf("deleted what is young: %v %v", gone, err)
	}
	if err := os.Chtimes(place, old, old); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.Put(t.Context(), strings.NewReader("text"), 100); err != nil { // wanted again
		t.Fatal(err)
	}
	if gone, err := f.Delete(t.Context(), id, before); gone || err != nil {
		t.Errorf("deleted what was stored again: %v %v", gone, err)
	}
	if err := os.Chtimes(place, old, old); err != nil {
		t.Fatal(err)
	}
	if gone, err := f.Delete(t.Context(), id, before); !gone || err != nil {
		t.Errorf("%v %v", gone, err)
	}
	if gone, err := f.Delete(t.Context(), id, before); gone || err != nil {
		t.Errorf("twice: %v %v", gone, err)
	}
	if _, err := f.Open(t.Context(), id); !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	if _, err := f.Delete(t.Context(), "../../etc/passwd", before); !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "trash")); err != nil || len(entries) != 0 {
		t.Errorf("%v %v", entries, err)
	}
}
