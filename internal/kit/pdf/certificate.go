package pdf

import (
	"strings"

	"github.com/tongban/tongban/internal/kit/day"
)

// Certificate is the sheet of a licence: one page with a frame.
type Certificate struct {
	Meta
	Number string // printed number, top right
	Name   string // name of the licence
	NameEN string
	Rows   []Row
	QR     QR
	Agency string
	Date   day.Date
	Seal   Seal
	Footer []string // identifier, notes
	// Stamp makes an annotated copy: for whom and for what, at the top and as a
	// watermark over the whole sheet. Nothing is stamped when it is empty.
	Stamp []string
}

// Certificate prints c. A character that the font lacks is an error: a licence
// must not go out with a holder's name spoilt.
func (p *Press) Certificate(c Certificate) ([]byte, error) {
	texts := []string{c.Number, c.Name, c.NameEN, c.Agency, c.Seal.Text, c.Seal.Mark}
	texts = append(append(append(texts, c.Footer...), c.QR.Notes...), c.Stamp...)
	for _, r := range c.Rows {
		texts = append(texts, r.Label, r.LabelEN, r.Value)
	}
	if bad := p.missing(texts...); bad != "" {
		return nil, ErrGlyph.With("text", bad)
	}
	s := p.sheet(c.Meta, texts...)
	s.AddPage()
	s.certificateFrame()
	s.certificateHead(c)
	if err := s.certificateRows(c.Rows); err != nil {
		return nil, err
	}
	if err := s.certificateFoot(c); err != nil {
		return nil, err
	}
	s.stamp(c.Stamp)
	return s.bytes()
}

// Measures of the licence sheet (design, page 10).
const (
	sheetLeft    = 34.4
	sheetValue   = 67.2
	sheetRight   = 175.8
	sheetRowsTop = 86.0
	sheetRowsEnd = 200.0
	sheetRow     = 17.3 // a row of one line where there is room
)

func (s *sheet) certificateFrame() {
	s.frame(15, 15, 180, 266, 0.42, brand) // 1.2 pt
	s.frame(16.4, 16.4, 177.2, 263.2, 0.12, brand)
}

func (s *sheet) certificateHead(c Certificate) {
	s.use(style{regular, 12, ink})
	s.right(sheetRight, 39, c.Number)
	s.fit(style{bold, 30, brand}, c.Name, 150)
	s.centre(pageWidth/2, 57.5, c.Name)
	s.fit(style{regular, 11.5, inkSoft}, c.NameEN, 150)
	s.centre(pageWidth/2, 66, c.NameEN)
}

// certificateRows sets the rows as large as they fit: a licence is one page.
func (s *sheet) certificateRows(rows []Row) error {
	for size := 14.0; size >= 8; size -= 0.5 {
		leading := size * 0.52
		lines := make([][]string, len(rows))
		n := 0
		s.use(style{bold, size, ink})
		for i, r := range rows {
			lines[i] = wrap(r.Value, sheetRight-sheetValue, s.width)
			n += len(lines[i]) - 1
		}
		gap := min(sheetRow, (sheetRowsEnd-sheetRowsTop-float64(n)*leading)/float64(max(1, len(rows))))
		if gap < size*0.8 {
			continue
		}
		s.drawRows(rows, lines, size, gap)
		return nil
	}
	return ErrTooLong
}

func (s *sheet) drawRows(rows []Row, lines [][]string, size, gap float64) {
	y := sheetRowsTop
	for i, r := range rows {
		s.fit(style{regular, min(12.5, size*0.9), inkSoft}, r.Label, sheetValue-sheetLeft-3)
		s.left(sheetLeft, y, r.Label)
		s.fit(style{regular, min(8, size*0.6), inkSoft}, r.LabelEN, sheetValue-sheetLeft-3)
		s.left(sheetLeft, y+size*0.33, r.LabelEN)
		s.use(style{bold, size, ink})
		for j, line := range lines[i] {
			if j > 0 {
				y += size * 0.52
			}
			s.left(sheetValue, y, line)
		}
		rule := y + gap*0.31
		s.line(sheetValue, rule, sheetRight, rule, 0.15, hairline)
		y += gap
	}
}

func (s *sheet) certificateFoot(c Certificate) error {
	const radius, centre = 21.0, 151.0
	if err := s.code(c.QR.Link, sheetLeft, 211, 34); err != nil {
		return err
	}
	s.use(style{regular, 8.5, inkSoft})
	for i, note := range c.QR.Notes {
		s.left(74.5, 244-float64(len(c.QR.Notes)-1-i)*5, note)
	}
	s.fit(style{regular, 12.5, ink}, c.Agency, 50)
	s.centre(centre, 230.5, c.Agency)
	s.use(style{regular, 12.5, ink})
	s.centre(centre, 238, Date(c.Date))
	s.seal(c.Seal, centre, 221, radius)
	s.line(sheetLeft, 254, sheetRight, 254, 0.15, hairline)
	s.use(style{regular, 8.2, inkSoft})
	for i, line := range wrap(strings.Join(c.Footer, "\n"), sheetRight-sheetLeft, s.width) {
		s.left(sheetLeft, 261+float64(i)*5, line)
	}
	return nil
}

// stamp writes what a copy is for, so that no part of the sheet can be used for
// anything else: readable at the top, pale across everything.
func (s *sheet) stamp(lines []string) {
	if len(lines) == 0 {
		return
	}
	const top, leading = 23.5, 4.6
	for i, line := range lines {
		s.fit(style{regular, 9, sealRed}, line, 165)
		s.centre(pageWidth/2, top+float64(i)*leading, line)
	}
	s.SetAlpha(0.13, "Normal")
	for row := range 5 {
		y := 60 + float64(row)*48
		s.TransformBegin()
		s.TransformRotate(28, pageWidth/2, y)
		for i, line := range lines {
			s.fit(style{bold, 15, inkSoft}, line, 190)
			s.centre(pageWidth/2, y+float64(i)*7, line)
		}
		s.TransformEnd()
	}
	s.SetAlpha(1, "Normal")
}
