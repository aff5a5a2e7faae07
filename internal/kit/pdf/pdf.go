// Package pdf makes A4 documents with Chinese text: letters and certificates.
//
// A document is the same bytes for the same input, dates included, so that what
// leaves the building can be compared with a golden file. Text stays text: it
// can be selected, searched and read aloud.
package pdf

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// The ways a document cannot be made. Glyph carries "text", the characters the
// font does not have.
var (
	ErrNoFont  = errors.New("pdf: no font in internal/kit/pdf/font: run make assets")
	ErrGlyph   = fault.New(fault.Invalid, "pdf.glyph")
	ErrTooLong = fault.New(fault.Invalid, "pdf.too_long")
)

//go:embed all:font
var fonts embed.FS

// The files that make assets puts into font/. SemiBold may be missing; then
// headings are set in Regular.
const (
	regularFile = "font/NotoSansSC_400Regular.ttf.gz"
	boldFile    = "font/NotoSansSC_600SemiBold.ttf.gz"
)

// The faces are unpacked when the first document is printed, once for the program:
// packed they make it eight megabytes smaller, and a start does not wait for them.
var (
	regularFace = sync.OnceValues(func() (*face, error) { return readFace(regularFile) })
	boldFace    = sync.OnceValues(func() (*face, error) { return readFace(boldFile) })
)

// Press prints documents. It is safe for concurrent use.
type Press struct{ regular, bold func() (*face, error) }

// New finds the fonts built into the program.
func New() (*Press, error) {
	if _, err := fs.Stat(fonts, regularFile); err != nil {
		return nil, ErrNoFont
	}
	p := &Press{regularFace, boldFace}
	if _, err := fs.Stat(fonts, boldFile); err != nil {
		p.bold = regularFace
	}
	return p, nil
}

func readFace(name string) (*face, error) {
	packed, err := fonts.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack font: %w", err)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack font: %w", err)
	}
	return newFace(bytes.NewReader(file))
}

// Meta is what the file says about itself.
type Meta struct {
	Title    string
	Author   string // the agency
	Subject  string
	Keywords string    // identifiers, so that a file store can find it
	Lang     string    // of the main text; "zh-CN" when empty
	At       time.Time // creation date
}

// Seal is a round red seal drawn over date and signature.
type Seal struct {
	Text string // around the rim: the agency
	Mark string // over the star: "样章 DEMO"; a real seal comes from a seal provider
}

// Row is one labelled value.
type Row struct {
	Label   string
	LabelEN string
	Value   string
}

// QR is a code to scan, with lines of small text beside it.
type QR struct {
	Link  string
	Notes []string
}

// Millimetres of an A4 page.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
)

// sheet is one document being drawn. Sizes are millimetres, font sizes points.
type sheet struct {
	*fpdf.Fpdf
	chars []rune // in the fonts of this document
}

const (
	regular = ""
	bold    = "B"
	family  = "noto"
)

// always are the characters that documents have without being asked: digits and
// the rest of ASCII, dates, indents, page numbers.
const always = "年月日　：—〓"

// sheet begins a document that will say the texts.
func (p *Press) sheet(m Meta, texts ...string) *sheet {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetCatalogSort(true) // the same bytes for the same input
	f.SetCreationDate(m.At.UTC())
	f.SetModificationDate(m.At.UTC())
	f.SetProducer("Tongban", true)
	f.SetTitle(m.Title, true)
	f.SetAuthor(m.Author, true)
	f.SetSubject(m.Subject, true)
	f.SetKeywords(m.Keywords, true)
	lang := m.Lang
	if lang == "" {
		lang = "zh-CN"
	}
	f.SetLang(lang)
	chars := characters(append(texts, always)...)
	s := &sheet{f, chars}
	s.addFont(regular, p.regular)
	s.addFont(bold, p.bold)
	return s
}

func (s *sheet) addFont(weight string, load func() (*face, error)) {
	f, err := load()
	if err != nil {
		s.SetError(err)
		return
	}
	font, err := f.subset(s.chars)
	s.SetError(err) // nil changes nothing
	s.AddUTF8FontFromBytes(family, weight, font)
}

// characters returns those of the texts and ASCII, in order and each once.
func characters(texts ...string) []rune {
	var chars []rune
	for r := ' '; r <= '~'; r++ {
		chars = append(chars, r)
	}
	for _, t := range texts {
		for _, r := range t {
			if r > '~' && r <= 0xffff {
				chars = append(chars, r)
			}
		}
	}
	slices.Sort(chars)
	return slices.Compact(chars)
}

// say writes text, which must be made of the characters the document has.
func (s *sheet) say(x, y float64, text string) {
	for _, r := range text {
		if _, ok := slices.BinarySearch(s.chars, r); !ok {
			s.SetErrorf("pdf: %q was not announced", r)
			return
		}
	}
	s.Text(x, y, text)
}

// bytes finishes the document.
func (s *sheet) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := s.Output(&b); err != nil {
		return nil, fmt.Errorf("write pdf: %w", err)
	}
	return b.Bytes(), nil
}

// missing returns the characters of the texts that the font cannot draw. Without
// the font there are none: printing says why.
func (p *Press) missing(texts ...string) string {
	f, err := p.regular()
	if err != nil {
		return ""
	}
	var buf sfnt.Buffer
	var out []rune
	for _, t := range texts {
		for _, r := range t {
			if r < ' ' {
				continue
			}
			if f.glyph(&buf, r) == 0 {
				out = append(out, r)
			}
		}
	}
	return string(out)
}

// Date writes a date as official documents do: 2026 年 11 月 24 日.
func Date(d day.Date) string {
	y, m, dd := d.Date()
	return fmt.Sprintf("%d 年 %d 月 %d 日", y, int(m), dd)
}
