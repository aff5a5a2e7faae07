package catalog

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Files are the files of one package by their name in its folder:
// "service.yaml", "form.yaml", "scenarios/usual.yaml".
type Files map[string]string

// Limits of a package. The largest shipped one has 60 KB; what needs more is
// not a service that a person can read through.
const (
	maxFiles    = 60
	maxFileSize = 512 << 10
	// MaxPackage bounds a package, packed or not, in bytes.
	MaxPackage = 2 << 20
)

// packageName is the only kind of name a package file can have. What else lies
// in a folder or an archive is not of the package.
var packageName = regexp.MustCompile(`^(service\.yaml|form\.yaml|scenarios/[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.yaml)$`)

// Faults of a package that cannot be taken in.
var (
	ErrNoPackage  = fault.New(fault.Invalid, "catalog.package.none")      // no service.yaml in it
	ErrTooLarge   = fault.New(fault.TooLarge, "catalog.package.large")    // too many or too large files
	ErrNotZip     = fault.New(fault.Invalid, "catalog.package.not_zip")   // cannot be unpacked
	ErrNoEncoding = fault.New(fault.Invalid, "catalog.package.not_utf8")  // text that is no UTF-8
	ErrTwo        = fault.New(fault.Invalid, "catalog.package.more_than") // several packages in one archive
)

// Names lists the files in the order people read them.
func (f Files) Names() []string {
	names := slices.Sorted(maps.Keys(f))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

func rank(name string) int {
	switch name {
	case serviceFile:
		return 0
	case formFile:
		return 1
	}
	return 2
}

// hash identifies the files.
func (f Files) hash() string {
	sum := sha256.New()
	for _, name := range f.Names() {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(f[name]), f[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Scenarios are the example files alone.
func (f Files) Scenarios() Files {
	s := Files{}
	for name, text := range f {
		if strings.HasPrefix(name, "scenarios/") {
			s[name] = text
		}
	}
	return s
}

// add takes a file in, if it is of a package and within the limits.
func (f Files) add(name string, r io.Reader) error {
	if !packageName.MatchString(name) {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFileSize+1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxFileSize || len(f) >= maxFiles {
		return ErrTooLarge
	}
	return f.put(name, string(text))
}

func (f Files) put(name, text string) error {
	if strings.ToValidUTF8(text, "") != text || strings.ContainsRune(text, 0) {
		return ErrNoEncoding.With("name", name)
	}
	f[name] = text
	total := 0
	for _, t := range f {
		total += len(t)
	}
	if total > MaxPackage {
		return ErrTooLarge
	}
	return nil
}

// ReadFolder reads the files of a package folder.
func ReadFolder(folder fs.FS) (Files, error) {
	f := Files{}
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !packageName.MatchString(name) {
			return err
		}
		file, err := folder.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		return f.add(name, file)
	})
	if err != nil {
		return nil, fmt.Errorf("read package: %w", err)
	}
	return f, nil
}

// ReadZip reads a packed package: its files at the top, or in one folder. Sizes
// are measured while unpacking, whatever the archive says of itself.
func ReadZip(packed []byte) (Files, error) {
	if len(packed) > MaxPackage {
		return nil, ErrTooLarge
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, ErrNotZip.Wrap(err)
	}
	root, err := rootOf(z)
	if err != nil {
		return nil, err
	}
	f := Files{}
	for _, entry := range z.File {
		name, ok := strings.CutPrefix(entry.Name, root)
		if !ok || !entry.Mode().IsRegular() || !packageName.MatchString(name) {
			continue
		}
		if err := unzip(f, name, entry); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func unzip(f Files, name string, entry *zip.File) error {
	r, err := entry.Open()
	if err != nil {
		return ErrNotZip.Wrap(err)
	}
	defer func() { _ = r.Close() }()
	err = f.add(name, r)
	if _, known := errors.AsType[*fault.Error](err); err != nil && !known {
		return ErrNotZip.Wrap(err) // damaged
	}
	return err
}

// rootOf finds the folder of the one service.yaml in an archive.
func rootOf(z *zip.Reader) (string, error) {
	root, found := "", false
	for _, entry := range z.File {
		dir, name := path.Split(entry.Name)
		if name != serviceFile || strings.Count(dir, "/") > 1 {
			continue
		}
		if found {
			return "", ErrTwo
		}
		root, found = dir, true
	}
	if !found {
		return "", ErrNoPackage
	}
	return root, nil
}

// WriteZip packs the files. The same files give the same bytes.
func (f Files) WriteZip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, name := range f.Names() {
		file, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(file, f[name])
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}
