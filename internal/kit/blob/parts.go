package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrOffset means that the next byte of a part is another one.
var ErrOffset = fault.New(fault.Conflict, "blob.offset")

// Parts are files that have not arrived completely, in a folder of the store.
type Parts struct{ root string }

// Parts returns where files arrive.
func (f *Folder) Parts() *Parts { return &Parts{filepath.Join(f.root, "part")} }

// Append writes what r holds at offset, so that the file has at most limit
// bytes, and returns how many bytes are durable then. It does so also when r
// breaks off, with the error. Bytes behind offset are thrown away: they are of
// a try whose answer nobody got.
func (p *Parts) Append(ctx context.Context, id string, offset, limit int64, r io.Reader) (size int64, err error) {
	place, err := p.path(id)
	if err != nil {
		return offset, err
	}
	file, err := os.OpenFile(place, os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the id was checked
	if err != nil {
		return offset, ErrUnavailable.Wrap(err)
	}
	defer func() { _ = file.Close() }() // closed below, unless something failed
	info, err := file.Stat()
	if err != nil {
		return offset, ErrUnavailable.Wrap(err)
	}
	if info.Size() < offset {
		return info.Size(), ErrOffset
	}
	if err := file.Truncate(offset); err != nil {
		return offset, ErrUnavailable.Wrap(err)
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return offset, ErrUnavailable.Wrap(err)
	}
	n, reading := io.Copy(&diskWriter{file}, io.LimitReader(&reader{ctx, r}, limit-offset+1))
	if offset+n > limit {
		reading = ErrTooLarge.With("limit", limit)
		n = 0
		if err := file.Truncate(offset); err != nil {
			return offset, ErrUnavailable.Wrap(err)
		}
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return offset, ErrUnavailable.Wrap(err)
	}
	if offset == 0 {
		if err := syncDir(p.root); err != nil {
			return offset, ErrUnavailable.Wrap(err)
		}
	}
	return offset + n, reading
}

// Open reads what has arrived. The caller closes it.
func (p *Parts) Open(_ context.Context, id string) (io.ReadCloser, error) {
	place, err := p.path(id)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(place) //nolint:gosec // the id was checked
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, ErrUnavailable.Wrap(err)
	}
	return file, nil
}

// Remove forgets a part; one that is not there is forgotten already.
func (p *Parts) Remove(_ context.Context, id string) error {
	place, err := p.path(id)
	if err != nil {
		return err
	}
	return gone(os.Remove(place))
}

// path refuses ids that could climb out of the folder.
func (p *Parts) path(id string) (string, error) {
	if id == "" || len(id) > 100 || strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
		return "", ErrNotFound
	}
	return filepath.Join(p.root, id), nil
}
