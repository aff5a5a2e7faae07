package form

import (
	"bytes"
	"image"
	_ "image/jpeg" // the header of uploads
	_ "image/png"  // the header of uploads
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// mediaTypes are the types of file that a package may take.
var mediaTypes = map[string]string{"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}

const (
	megabyte   = 1 << 20
	maxName    = 100         // characters of a file's name
	tailSize   = 2 << 10     // where a PDF says that it ends
	maxSide    = 30_000      // pixels of one side
	maxPixels  = 120_000_000 // a scan of A3 in 600 dpi has 70 million
	minimumPDF = 64          // bytes
)

// looked is what a file is by its content.
type looked struct {
	kind  string
	pages int
}

// inspect looks at a whole file: its type by content, the size of a picture
// before anything would unpack it, the structure of a PDF.
func inspect(body []byte) (looked, error) {
	if len(body) == 0 {
		return looked{}, fault.New(fault.Invalid, "form.file.empty")
	}
	x := looked{kind: sniff(body)}
	switch x.kind {
	case "jpg", "png":
		x.pages = 1
		return x, picture(body)
	case "pdf":
		if len(body) < minimumPDF || !bytes.Contains(body[max(0, len(body)-tailSize):], []byte("%%EOF")) {
			return x, fault.New(fault.Invalid, "form.file.cut")
		}
	}
	return x, nil
}

// sniff names the type by the bytes a file begins with, or "".
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		return "jpg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	}
	return ""
}

func picture(body []byte) error {
	c, _, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Invalid, "form.file.broken").Wrap(err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxSide || c.Height > maxSide || c.Width*c.Height > maxPixels {
		return fault.New(fault.Invalid, "form.file.pixels", "width", c.Width, "height", c.Height)
	}
	return nil
}

// accept decides whether a material takes a file of this content and name.
func accept(spec contract.MaterialSpec, kind, name string) error {
	if kind == "" || !slices.Contains(spec.Types, kind) {
		return fault.New(fault.Invalid, "form.file.type", "types", strings.ToUpper(strings.Join(spec.Types, ", ")))
	}
	ext := extension(name)
	if known := extKind(ext); ext != "" && known != kind {
		return fault.New(fault.Invalid, "form.file.mismatch", "kind", strings.ToUpper(kind))
	}
	return nil
}

func extension(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if len(ext) > 5 || strings.ContainsFunc(ext, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > unicode.MaxASCII }) {
		return ""
	}
	if strings.Trim(ext, "0123456789") == "" { // 检测报告.2026 is a name, not a type
		return ""
	}
	return ext
}

func extKind(ext string) string {
	switch ext {
	case "jpg", "jpeg", "jpe", "jfif":
		return "jpg"
	}
	return ext
}

// fileName makes a name that is safe to show and to save under: no folders, no
// control or direction characters, no signs that shells, browsers or Windows
// read as something else, and the ending of what the file is.
func fileName(given, kind string) string {
	name := given[strings.LastIndexAny(given, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>:\"|?*&;$`'%{}#", r) {
			return '_'
		}
		return r
	}, clean(name, false))
	name = strings.Trim(strings.TrimSpace(name), ".")
	if extKind(extension(name)) == kind {
		name = name[:len(name)-len(path.Ext(name))]
	}
	name = strings.Trim(strings.TrimSpace(name), ".")
	if strings.Trim(name, "_ ") == "" {
		name = "file"
	}
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName])
	}
	return name + "." + kind
}
