// Package document looks into files that people hand in, and marks the copies
// that leave.
//
// Inspect tells what a file is by its content, and refuses what could hurt
// whoever opens it: a PDF that runs scripts, starts programs, carries other
// files or is locked; a file that is two things at once; one that unpacks to
// more than anybody needs. Nothing of a file is executed or rendered.
//
// Stamp writes lines over every page of a copy.
package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	_ "image/jpeg" // headers of pictures
	_ "image/png"  // headers of pictures
	"maps"
	"slices"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults that a person may be told.
var (
	ErrEmpty    = fault.New(fault.Invalid, "document.empty")
	ErrBroken   = fault.New(fault.Invalid, "document.broken")   // it is not what it begins as
	ErrCut      = fault.New(fault.Invalid, "document.cut")      // its end is missing
	ErrPixels   = fault.New(fault.Invalid, "document.pixels")   // width, height
	ErrLocked   = fault.New(fault.Invalid, "document.locked")   // encrypted
	ErrActive   = fault.New(fault.Invalid, "document.active")   // scripts, or starts programs
	ErrAttached = fault.New(fault.Invalid, "document.attached") // carries other files
	ErrBomb     = fault.New(fault.Invalid, "document.bomb")     // unpacks to too much
	ErrMixed    = fault.New(fault.Invalid, "document.mixed")    // is another kind of file too
	ErrPages    = fault.New(fault.Invalid, "document.pages")    // n
)

// Faults lists every fault with example arguments, for the test that each has
// its words.
func Faults() []*fault.Error {
	return []*fault.Error{
		ErrEmpty, ErrBroken, ErrCut, ErrPixels.With("width", 1, "height", 2), ErrLocked, ErrActive, ErrAttached, ErrBomb, ErrMixed,
		ErrPages.With("n", maxPages),
	}
}

// Kinds of file.
const (
	PDF = "pdf"
	JPG = "jpg"
	PNG = "png"
)

// Info is what a file is.
type Info struct {
	Kind          string // "" is none of ours
	Pages         int
	Width, Height int // of a picture
}

// Bounds of a picture.
const (
	maxSide   = 30_000      // pixels of one side
	maxPixels = 120_000_000 // a scan of A3 in 600 dpi has 70 million
)

// Inspect looks at a whole file. A kind that is none of ours is no fault: the
// caller says what it takes.
func Inspect(b []byte) (Info, error) { return inspect(b, maxUnpacked) }

func inspect(b []byte, budget int64) (Info, error) {
	if len(b) == 0 {
		return Info{}, ErrEmpty
	}
	switch {
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return inspectPDF(b, budget)
	case bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}):
		info, err := inspectPicture(b, JPG)
		if err != nil {
			return info, err
		}
		return info, endOfJPEG(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		info, err := inspectPicture(b, PNG)
		if err != nil {
			return info, err
		}
		return info, endOfPNG(b)
	}
	return Info{}, nil
}

func inspectPicture(b []byte, kind string) (Info, error) {
	info := Info{Kind: kind, Pages: 1}
	c, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || (format == "png") != (kind == PNG) {
		return info, ErrBroken.Wrap(err)
	}
	info.Width, info.Height = c.Width, c.Height
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return info, ErrPixels.With("width", c.Width, "height", c.Height)
	}
	return info, nil
}

// endOfJPEG wants the end mark, and no archive behind it. Cameras add pictures
// and film of their own there.
func endOfJPEG(b []byte) error {
	if !bytes.Contains(b[len(b)/2:], []byte{0xff, 0xd9}) {
		return ErrCut
	}
	return mixed(b)
}

// endOfPNG walks the chunks: the last one ends the file.
func endOfPNG(b []byte) error {
	for i := 8; i+12 <= len(b); {
		n := int(binary.BigEndian.Uint32(b[i:]))
		kind := string(b[i+4 : i+8])
		if i += 12 + n; n > len(b) || i > len(b) {
			return ErrCut
		}
		if kind == "IEND" {
			if i != len(b) {
				return ErrMixed
			}
			return nil
		}
	}
	return ErrCut
}

// mixed refuses a file that is an archive or a program's package too: those are
// read from their end.
func mixed(b []byte) error {
	end := b[max(0, len(b)-(64<<10)-22):]
	if bytes.Contains(end, []byte("PK\x05\x06")) {
		return ErrMixed
	}
	return nil
}

const (
	minimumPDF = 64   // bytes
	afterEnd   = 1024 // bytes that may stand behind the end mark
)

func inspectPDF(b []byte, budget int64) (Info, error) {
	info := Info{Kind: PDF}
	end := bytes.LastIndex(b, []byte("%%EOF"))
	switch {
	case len(b) < minimumPDF || end < 0:
		return info, ErrCut
	case len(b)-end-len("%%EOF") > afterEnd:
		return info, ErrMixed
	}
	if err := mixed(b); err != nil {
		return info, err
	}
	f, err := read(b, budget)
	if errors.Is(err, errBomb) {
		return info, ErrBomb.Wrap(err)
	}
	if err != nil {
		return info, ErrBroken.Wrap(err)
	}
	if err := f.harmless(); err != nil {
		return info, err
	}
	pages, err := f.pages()
	if err != nil {
		return info, err
	}
	info.Pages = len(pages)
	for _, n := range f.numbers() {
		if s, ok := f.objects[n].(stream); ok {
			if _, err := f.inflate(s, false); err != nil {
				return info, ErrBomb.Wrap(err)
			}
		}
	}
	return info, nil
}

// numbers are the objects in order, so that the same file is always read alike.
func (f *file) numbers() []int { return slices.Sorted(maps.Keys(f.objects)) }

// harmless refuses what acts by itself when a file is opened.
func (f *file) harmless() error {
	if f.resolve(f.trailer["Encrypt"]) != nil {
		return ErrLocked
	}
	for _, n := range f.numbers() {
		if err := judge(f.objects[n], 0); err != nil {
			return err
		}
	}
	// Whatever hides from the reading above.
	for _, word := range []string{"/JavaScript", "/Launch"} {
		if bytes.Contains(f.b, []byte(word)) {
			return ErrActive
		}
	}
	return nil
}

// Actions that do more than show another page, and keys that carry programs or
// other files.
var (
	actions  = []name{"JavaScript", "Launch", "ImportData", "Rendition", "SubmitForm", "ResetForm", "RichMediaExecute"}
	active   = []name{"JS", "JavaScript", "XFA", "RichMediaContent"}
	attached = []name{"EF"} // a name tree of files without one carries nothing
)

func judge(v any, depth int) error {
	if depth > maxDepth {
		return ErrBroken
	}
	switch x := v.(type) {
	case stream:
		return judge(x.dict, depth)
	case array:
		for _, y := range x {
			if err := judge(y, depth+1); err != nil {
				return err
			}
		}
	case dict:
		return judgeDict(x, depth)
	}
	return nil
}

func judgeDict(d dict, depth int) error {
	if s, ok := d["S"].(name); ok && slices.Contains(actions, s) {
		return ErrActive
	}
	if d["Type"] == name("EmbeddedFile") || d["Subtype"] == name("FileAttachment") {
		return ErrAttached
	}
	for _, k := range slices.Sorted(maps.Keys(d)) {
		switch {
		case slices.Contains(active, k):
			return ErrActive
		case slices.Contains(attached, k):
			return ErrAttached
		}
		if err := judge(d[k], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// page is one page with what it inherits (ISO 32000-1, 7.7.3).
type page struct {
	n         int
	dict      dict
	resources any
	box       any
	rotate    any
}

// pages walks the page tree.
func (f *file) pages() ([]page, error) {
	root := f.dict(f.trailer["Root"])
	if root == nil {
		for _, n := range f.numbers() {
			if d, ok := f.objects[n].(dict); ok && d["Type"] == name("Catalog") {
				root = d
			}
		}
	}
	w := &walker{f: f, seen: map[int]bool{}}
	if root == nil || !w.walk(root["Pages"], page{}, 0) {
		return nil, ErrBroken
	}
	switch {
	case len(w.list) > maxPages:
		return nil, ErrPages.With("n", maxPages)
	case len(w.list) == 0:
		return nil, ErrBroken
	}
	return w.list, nil
}

type walker struct {
	f    *file
	seen map[int]bool
	list []page
}

// walk reports false for a tree that runs in circles.
func (w *walker) walk(v any, from page, depth int) bool {
	r, ok := v.(ref)
	if !ok || depth > maxDepth || w.seen[int(r)] {
		return false
	}
	w.seen[int(r)] = true
	d := w.f.dict(r)
	if d == nil {
		return true // a page that is missing
	}
	from.n, from.dict = int(r), d
	for key, into := range map[name]*any{"Resources": &from.resources, "MediaBox": &from.box, "Rotate": &from.rotate} {
		if x, own := d[key]; own {
			*into = x
		}
	}
	kids, isNode := w.f.resolve(d["Kids"]).(array)
	if !isNode {
		w.list = append(w.list, from)
		return true
	}
	for _, k := range kids {
		if len(w.list) > maxPages {
			return true
		}
		if !w.walk(k, from, depth+1) {
			return false
		}
	}
	return true
}
