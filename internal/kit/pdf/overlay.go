package pdf

import (
	"fmt"
	"math"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

// Overlay prints lines that are laid over a page of this size (in points): small
// in a strip at the foot, so that they can be read, and large and pale across
// the page, so that they cannot be cut off. A character that the font lacks is
// printed as 〓.
func (p *Press) Overlay(width, height float64, lines []string) ([]byte, error) {
	lines = p.Printable(lines)
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: width, Ht: height}})
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetCatalogSort(true)
	chars := characters(append([]string{always}, lines...)...)
	s := &sheet{f, chars}
	s.addFont(regular, p.regular)
	f.AddPageFormat("P", fpdf.SizeType{Wd: width, Ht: height})
	size := max(5, min(width, height)/75)
	s.across(width, height, strings.Join(lines, "　"))
	strip := size * (1.5*float64(len(lines)) + 0.8)
	s.SetAlpha(0.82, "Normal")
	s.SetFillColor(255, 255, 255)
	s.Rect(0, height-strip, width, strip, "F")
	s.SetAlpha(1, "Normal")
	for i, line := range lines {
		s.fit(style{regular, size, sealRed}, line, width-2*size)
		s.left(size, height-strip+size*(1.5*float64(i)+1.4), line)
	}
	return s.bytes()
}

// across repeats a line over the whole page, pale and rising.
func (s *sheet) across(width, height float64, text string) {
	s.SetAlpha(0.13, "Normal")
	s.use(style{regular, max(7, min(width, height)/38), ink})
	step := max(90, height/5)
	for y := step / 2; y < height+width/3; y += step {
		s.TransformBegin()
		s.TransformRotate(18, 0, y)
		s.left(0, y, strings.Repeat(text+"　　", 1+int(2*width/math.Max(1, s.width(text)))))
		s.TransformEnd()
	}
	s.SetAlpha(1, "Normal")
}

// Printable replaces what the font cannot draw.
func (p *Press) Printable(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		bad := p.missing(line)
		out[i] = strings.Map(func(r rune) rune {
			switch {
			case r < ' ':
				return ' '
			case r > 0xffff || strings.ContainsRune(bad, r):
				return '〓'
			}
			return r
		}, line)
	}
	return out
}

// Face is the regular font in a size, for drawing on pictures.
func (p *Press) Face(pixels float64) (font.Face, error) {
	f, err := p.regular()
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f.glyphs, &opentype.FaceOptions{Size: pixels, DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("font face: %w", err)
	}
	return face, nil
}
