package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	colour "image/color" //nolint:misspell // its name
	"image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// stampPicture writes the lines into a strip under the picture, where they hide
// nothing, and once across it, pale, where they cannot be cut off.
func (s *Stamper) stampPicture(b []byte, lines []string) ([]byte, error) {
	if _, err := Inspect(b); err != nil {
		return nil, err
	}
	src, format, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, ErrBroken.Wrap(err)
	}
	src = upright(src, orientation(b))
	lines = s.press.Printable(lines)
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	size := max(11, float64(min(w, h))/45)
	face, err := s.fit(size, lines, w)
	if err != nil {
		return nil, err
	}
	lineHeight := face.Metrics().Height.Ceil()
	out := image.NewRGBA(image.Rect(0, 0, w, h+lineHeight*len(lines)+lineHeight/2))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(0, 0, w, h), src, src.Bounds().Min, draw.Over)
	red, pale := image.NewUniform(colour.NRGBA{196, 43, 34, 255}), image.NewUniform(colour.NRGBA{196, 43, 34, 46})
	for i, line := range lines {
		write(out, face, red, lineHeight/3, h+lineHeight*(i+1), line)
		for y := h / 6; y < h; y += max(h/3, 1) {
			write(out, face, pale, lineHeight/3, y+i*lineHeight, line)
		}
	}
	var buf bytes.Buffer
	if format == "png" {
		err = png.Encode(&buf, out)
	} else {
		err = jpeg.Encode(&buf, out, &jpeg.Options{Quality: 88})
	}
	if err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return buf.Bytes(), nil
}

// fit is the font as large as the longest line allows.
func (s *Stamper) fit(size float64, lines []string, width int) (font.Face, error) {
	for {
		face, err := s.press.Face(size)
		if err != nil {
			return nil, err
		}
		widest := 0
		for _, line := range lines {
			widest = max(widest, font.MeasureString(face, line).Ceil())
		}
		if widest <= width-int(size) || size < 6 {
			return face, nil
		}
		size = max(5, size*0.9)
	}
}

func write(on draw.Image, face font.Face, ink image.Image, x, y int, text string) {
	d := font.Drawer{Dst: on, Src: ink, Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// orientation reads how a camera was held (Exif 2.32, tag 0x0112); 1 is upright.
func orientation(b []byte) int {
	i := bytes.Index(b[:min(len(b), 64<<10)], []byte("Exif\x00\x00"))
	if i < 0 || i+14 > len(b) {
		return 1
	}
	t := b[i+6:]
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(t, []byte("II")) {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(t[4:]))
	if at < 8 || at+2 > len(t) {
		return 1
	}
	for n := range int(order.Uint16(t[at:])) {
		e := at + 2 + 12*n
		if e+12 > len(t) {
			return 1
		}
		if order.Uint16(t[e:]) == 0x0112 {
			return int(order.Uint16(t[e+8:]))
		}
	}
	return 1
}

// upright turns a picture as its camera was held. Mirrored ones, which no camera
// makes, stay.
func upright(src image.Image, how int) image.Image {
	if how != 3 && how != 6 && how != 8 {
		return src
	}
	r := src.Bounds()
	w, h := r.Dx(), r.Dy()
	// A photo of a phone has twelve million points: they are turned as four bytes
	// each, since asking every one for its colour takes seconds.
	in := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(in, in.Bounds(), src, r.Min, draw.Src)
	out := image.NewRGBA(image.Rect(0, 0, h, w))
	if how == 3 {
		out = image.NewRGBA(in.Bounds())
	}
	for y := range h {
		for x := range w {
			to := 0
			switch how {
			case 3:
				to = out.PixOffset(w-1-x, h-1-y)
			case 6:
				to = out.PixOffset(h-1-y, x)
			case 8:
				to = out.PixOffset(y, w-1-x)
			}
			from := in.PixOffset(x, y)
			copy(out.Pix[to:to+4], in.Pix[from:from+4])
		}
	}
	return out
}
