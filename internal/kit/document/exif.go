package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
)

// Shot is what a camera wrote into a photo of when and where it was taken (Exif
// 2.32). It is what the camera says, and no proof.
type Shot struct {
	At       string // "2006-01-02 15:04:05" by the camera's clock, "" when not said
	Lat, Lng float64
	Where    bool // Lat and Lng are known
}

// Tags of Exif.
const (
	tagExif     = 0x8769
	tagGPS      = 0x8825
	tagTaken    = 0x9003
	tagChanged  = 0x0132
	maxExifTags = 512
)

// ShotOf reads the Exif data of a JPEG. What is broken or missing is not known.
func ShotOf(b []byte) Shot {
	i := bytes.Index(b[:min(len(b), 64<<10)], []byte("Exif\x00\x00"))
	if i < 0 || i+14 > len(b) {
		return Shot{}
	}
	t := tiff{b: b[i+6:], order: binary.BigEndian}
	if bytes.HasPrefix(t.b, []byte("II")) {
		t.order = binary.LittleEndian
	}
	root := t.tags(int(t.order.Uint32(t.b[4:])))
	var s Shot
	s.At = t.text(root[tagChanged])
	if e, ok := root[tagExif]; ok {
		if at := t.text(t.tags(int(e.value))[tagTaken]); at != "" {
			s.At = at
		}
	}
	s.At = exifTime(s.At)
	if g, ok := root[tagGPS]; ok {
		gps := t.tags(int(g.value))
		lat, okLat := t.degrees(gps[2], t.text(gps[1]) == "S")
		lng, okLng := t.degrees(gps[4], t.text(gps[3]) == "W")
		if okLat && okLng && lat >= -90 && lat <= 90 && lng >= -180 && lng <= 180 {
			s.Lat, s.Lng, s.Where = lat, lng, true
		}
	}
	return s
}

// exifTime turns "2006:01:02 15:04:05" round, and drops what is none.
func exifTime(s string) string {
	if len(s) != 19 || s[4] != ':' || s[7] != ':' || strings.Trim(s, "0123456789: ") != "" {
		return ""
	}
	return strings.Replace(s[:10], ":", "-", 2) + s[10:]
}

// tiff is the block of tags within Exif data.
type tiff struct {
	b     []byte
	order binary.ByteOrder
}

type tag struct {
	kind  uint16
	count uint32
	value uint32 // or the offset of it
	at    int    // where the value stands in the entry itself
}

func (t tiff) tags(at int) map[uint16]tag {
	out := map[uint16]tag{}
	if at < 8 || at+2 > len(t.b) {
		return out
	}
	for n := range min(int(t.order.Uint16(t.b[at:])), maxExifTags) {
		e := at + 2 + 12*n
		if e+12 > len(t.b) {
			break
		}
		out[t.order.Uint16(t.b[e:])] = tag{t.order.Uint16(t.b[e+2:]), t.order.Uint32(t.b[e+4:]), t.order.Uint32(t.b[e+8:]), e + 8}
	}
	return out
}

// text reads ASCII, short ones from the entry itself.
func (t tiff) text(g tag) string {
	const ascii = 2
	n := int(g.count)
	if g.kind != ascii || n < 1 || n > 64 {
		return ""
	}
	at := g.at
	if n > 4 {
		at = int(g.value)
	}
	if at < 0 || at+n > len(t.b) {
		return ""
	}
	return strings.TrimRight(string(t.b[at:at+n]), "\x00 ")
}

// degrees reads degrees, minutes and seconds, three fractions.
func (t tiff) degrees(g tag, negative bool) (float64, bool) {
	const rational = 5
	at := int(g.value)
	if g.kind != rational || g.count != 3 || at < 8 || at+24 > len(t.b) {
		return 0, false
	}
	out, unit := 0.0, 1.0
	for i := range 3 {
		above, below := t.order.Uint32(t.b[at+8*i:]), t.order.Uint32(t.b[at+8*i+4:])
		if below == 0 {
			return 0, false
		}
		out += float64(above) / float64(below) / unit
		unit *= 60
	}
	if negative {
		out = -out
	}
	return out, true
}

// Bare returns a picture without anything the camera or a program wrote beside it:
// it is drawn anew, upright.
func Bare(b []byte) ([]byte, error) {
	if _, err := Inspect(b); err != nil {
		return nil, err
	}
	src, format, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, ErrBroken.Wrap(err)
	}
	src = upright(src, orientation(b))
	var out bytes.Buffer
	if format == "png" {
		err = png.Encode(&out, src)
	} else {
		err = jpeg.Encode(&out, src, &jpeg.Options{Quality: 88})
	}
	if err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return out.Bytes(), nil
}
