// Package blob keeps files under the SHA-256 of their content.
//
// A file is written beside its place, made durable, and renamed: it is there
// whole or not at all, and a name that was answered survives a power cut. What
// is already there is not written again.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults of this package.
var (
	// ErrNotFound means that no file has this id.
	ErrNotFound = fault.New(fault.NotFound, "blob.not_found")
	// ErrTooLarge means that the reader holds more than the caller allows.
	ErrTooLarge = fault.New(fault.TooLarge, "blob.too_large")
	// ErrUnavailable means that the file could not be stored or read now.
	ErrUnavailable = fault.New(fault.Unavailable, "blob.unavailable")
)

// Store keeps files. Folder is the one for a single machine.
type Store interface {
	// Put stores what r holds, at most limit bytes, and returns its id (the hex
	// SHA-256) and size. It is durable when Put returns.
	Put(ctx context.Context, r io.Reader, limit int64) (id string, size int64, err error)
	// Open reads the file with this id. The caller closes it.
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	// Delete forgets the file, unless somebody has stored it since before. The
	// caller knows that nobody names it any more.
	Delete(ctx context.Context, id string, before time.Time) (bool, error)
}

// Folder is a Store in a folder of the local disk.
type Folder struct {
	root string
	now  func() time.Time
	kept [256]atomic.Bool // the folder is there and durable
}

// Open returns the store in the folder root, which is made if need be.
func Open(root string) (*Folder, error) {
	for _, name := range []string{"tmp", "part", "trash"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			return nil, fmt.Errorf("blob folder: %w", err)
		}
	}
	if err := syncDir(root); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	return &Folder{root: root, now: clock.System()}, nil
}

// Put implements Store.
func (f *Folder) Put(ctx context.Context, r io.Reader, limit int64) (id string, size int64, err error) {
	tmp, err := os.OpenFile(filepath.Join(f.root, "tmp", rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", 0, ErrUnavailable.Wrap(err)
	}
	defer func() {
		_ = tmp.Close()           // keep has closed and renamed it
		_ = os.Remove(tmp.Name()) // unless something failed
	}()
	sum := sha256.New()
	// One byte beyond the limit tells "too large" from "just fits".
	size, err = io.Copy(io.MultiWriter(&diskWriter{tmp}, sum), io.LimitReader(&reader{ctx, r}, limit+1))
	if err != nil {
		return "", 0, err
	}
	if size > limit {
		return "", 0, ErrTooLarge.With("limit", limit)
	}
	id = hex.EncodeToString(sum.Sum(nil))
	if err := f.keep(tmp, id); err != nil {
		return "", 0, ErrUnavailable.Wrap(err)
	}
	return id, size, nil
}

// keep makes tmp durable under its id: first the content, then the name. The
// folder is synced even if the name is there already, for whoever made it may
// not have come that far.
func (f *Folder) keep(tmp *os.File, id string) error {
	if err := f.folder(id); err != nil {
		return err
	}
	place := f.path(id)
	// What is there is young again, so that nobody deletes it as forgotten.
	now := f.now()
	if err := os.Chtimes(place, now, now); err != nil {
		if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
			return err
		}
		if err := os.Rename(tmp.Name(), place); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(place))
}

// folder makes the folder of an id when its first file comes. Who finds it there
// makes it durable too, for whoever made it may not have come that far.
func (f *Folder) folder(id string) error {
	n, err := strconv.ParseUint(id[:2], 16, 8)
	if err != nil || f.kept[n].Load() {
		return err
	}
	if err := os.Mkdir(filepath.Join(f.root, id[:2]), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncDir(f.root); err != nil {
		return err
	}
	f.kept[n].Store(true)
	return nil
}

// Open implements Store.
func (f *Folder) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	if !valid(id) || ctx.Err() != nil {
		return nil, ErrNotFound.Wrap(ctx.Err())
	}
	file, err := os.Open(f.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, ErrUnavailable.Wrap(err)
	}
	return file, nil
}

// Delete implements Store. The file is taken aside first and looked at there: a
// Put that comes in between either made it young, and it goes back, or no longer
// finds it and stores it anew.
func (f *Folder) Delete(ctx context.Context, id string, before time.Time) (bool, error) {
	if !valid(id) || ctx.Err() != nil {
		return false, ErrNotFound.Wrap(ctx.Err())
	}
	place, aside := f.path(id), filepath.Join(f.root, "trash", id)
	if info, err := os.Stat(place); err != nil || info.ModTime().After(before) {
		return false, gone(err)
	}
	if err := os.Rename(place, aside); err != nil {
		return false, gone(err)
	}
	info, err := os.Stat(aside)
	if err == nil && info.ModTime().After(before) {
		return false, gone(os.Rename(aside, place))
	}
	if err == nil {
		err = os.Remove(aside)
	}
	return err == nil, gone(err)
}

// gone takes a file that is not there for what was asked for.
func gone(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return ErrUnavailable.Wrap(err)
}

// path spreads files over 256 folders. The id is valid hex, so it cannot climb.
func (f *Folder) path(id string) string { return filepath.Join(f.root, id[:2], id[2:]) }

// valid reports whether id is a SHA-256 in lower-case hex.
func valid(id string) bool {
	return len(id) == 2*sha256.Size && strings.Trim(id, "0123456789abcdef") == ""
}

func syncDir(path string) error {
	dir, err := os.Open(path) //nolint:gosec // a folder of the store
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// diskWriter tells a failing disk from a failing reader.
type diskWriter struct{ f *os.File }

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	if err != nil {
		return n, ErrUnavailable.Wrap(err)
	}
	return n, nil
}

// reader stops when the caller has gone.
type reader struct {
	ctx context.Context //nolint:containedctx // lives as long as one Put
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
