package pdf

import (
	"fmt"
	"math"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
	"rsc.io/qr"
)

// rgb is a colour.
type rgb struct{ r, g, b int }

// Colours of the design's tokens, and the red of seals.
var (
	ink      = rgb{24, 35, 38}
	inkSoft  = rgb{71, 86, 90}
	brand    = rgb{14, 90, 96}
	hairline = rgb{187, 198, 198}
	sealRed  = rgb{196, 43, 34}
)

// style is how a run of text is set.
type style struct {
	weight string
	size   float64 // points
	colour rgb
}

const pointsPerMM = 72 / 25.4

func (s *sheet) use(st style) {
	s.SetFont(family, st.weight, st.size)
	s.SetTextColor(st.colour.r, st.colour.g, st.colour.b)
}

// fit uses the style, smaller if the text would be wider than width.
func (s *sheet) fit(st style, text string, width float64) {
	for s.use(st); s.width(text) > width && st.size > 5; s.use(st) {
		st.size -= 0.5
	}
}

func (s *sheet) width(text string) float64 { return s.GetStringWidth(text) }

// left, right and centre set one line with its baseline at y.
func (s *sheet) left(x, y float64, text string) { s.say(x, y, text) }

func (s *sheet) right(x, y float64, text string) { s.say(x-s.width(text), y, text) }

func (s *sheet) centre(x, y float64, text string) { s.say(x-s.width(text)/2, y, text) }

func (s *sheet) line(x1, y1, x2, y2, width float64, c rgb) {
	s.SetDrawColor(c.r, c.g, c.b)
	s.SetLineWidth(width)
	s.Line(x1, y1, x2, y2)
}

func (s *sheet) frame(x, y, w, h, width float64, c rgb) {
	s.SetDrawColor(c.r, c.g, c.b)
	s.SetLineWidth(width)
	s.Rect(x, y, w, h, "D")
}

// code draws a QR code as filled rectangles, one per run of dark modules, so
// that it stays sharp at every size.
func (s *sheet) code(link string, x, y, size float64) error {
	c, err := qr.Encode(link, qr.M)
	if err != nil {
		return fmt.Errorf("encode QR code: %w", err)
	}
	s.SetFillColor(ink.r, ink.g, ink.b)
	m := size / float64(c.Size)
	for row := range c.Size {
		for col := 0; col < c.Size; col++ {
			run := 0
			for col+run < c.Size && c.Black(col+run, row) {
				run++
			}
			if run > 0 {
				s.Rect(x+float64(col)*m, y+float64(row)*m, float64(run)*m, m, "F")
				col += run
			}
		}
	}
	return nil
}

// seal draws a round seal centred at x, y: rim, name along the upper arc, mark,
// star. An agency's seal is 42 mm wide.
func (s *sheet) seal(seal Seal, x, y, radius float64) {
	s.SetAlpha(0.86, "Multiply")
	s.SetDrawColor(sealRed.r, sealRed.g, sealRed.b)
	s.SetFillColor(sealRed.r, sealRed.g, sealRed.b)
	s.SetLineWidth(radius * 0.055)
	s.Circle(x, y, radius*0.97, "D")
	s.Polygon(star(x, y, radius*0.28), "F")
	s.use(style{bold, radius * 0.2 * pointsPerMM, sealRed})
	s.arc(seal.Text, x, y, radius*0.72)
	s.use(style{bold, radius * 0.13 * pointsPerMM, sealRed})
	s.centre(x, y-radius*0.36, seal.Mark) // above the star: agency and date stand below it
	s.SetAlpha(1, "Normal")
}

// arc sets text along the upper part of a circle, each character upright to
// the centre. Long names take a wider arc, at most 260 degrees.
func (s *sheet) arc(text string, x, y, radius float64) {
	n := utf8.RuneCountInString(text)
	if n == 0 {
		return
	}
	sweep := min(260, 24*float64(n))
	step := sweep / float64(n)
	angle := -sweep/2 + step/2 // from the top, clockwise
	for _, r := range text {
		s.TransformBegin()
		s.TransformRotate(-angle, x, y)
		s.centre(x, y-radius+radius*0.1, string(r))
		s.TransformEnd()
		angle += step
	}
}

// star returns a five-pointed star with one point up.
func star(x, y, radius float64) []fpdf.PointType {
	points := make([]fpdf.PointType, 10)
	inner := radius * math.Sin(math.Pi/10) / math.Sin(math.Pi*7/10)
	for i := range points {
		r := radius
		if i%2 == 1 {
			r = inner
		}
		sin, cos := math.Sincos(float64(i) * math.Pi / 5)
		points[i] = fpdf.PointType{X: x + r*sin, Y: y - r*cos}
	}
	return points
}
