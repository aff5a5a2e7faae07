package document

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"golang.org/x/image/font"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Press prints the lines that are laid over a page, and has the font for
// pictures. Package pdf has one.
type Press interface {
	Overlay(width, height float64, lines []string) ([]byte, error)
	Printable(lines []string) []string
	Face(pixels float64) (font.Face, error)
}

// Stamper writes lines over copies.
type Stamper struct{ press Press }

// NewStamper returns a Stamper.
func NewStamper(p Press) *Stamper { return &Stamper{p} }

// ErrType says that there is no way to write on such a file.
var ErrType = fault.New(fault.Invalid, "document.type")

// Stamp returns a copy of a PDF, JPEG or PNG with the lines over every page. The
// pages stay as they are under them; signatures of the file do not hold for the
// copy.
func (s *Stamper) Stamp(mediaType string, b []byte, lines []string) ([]byte, error) {
	switch mediaType {
	case "application/pdf":
		return s.stampPDF(b, lines)
	case "image/jpeg", "image/png":
		return s.stampPicture(b, lines)
	}
	return nil, ErrType
}

// overlay is a printed sheet as an object that pages can draw.
type overlay struct {
	form          int // object number
	width, height float64
}

func (s *Stamper) stampPDF(b []byte, lines []string) ([]byte, error) {
	f, err := read(b, maxUnpacked)
	if errors.Is(err, errBomb) {
		return nil, ErrBomb.Wrap(err)
	}
	if err != nil {
		return nil, ErrBroken.Wrap(err)
	}
	if f.resolve(f.trailer["Encrypt"]) != nil {
		return nil, ErrLocked
	}
	pages, err := f.pages()
	if err != nil {
		return nil, err
	}
	var made []overlay
	save := f.add(stream{dict{}, []byte("q\n")})
	for _, p := range pages {
		box, turn := f.frame(p)
		w, h := box[2]-box[0], box[3]-box[1]
		if turn%180 != 0 {
			w, h = h, w
		}
		i := slices.IndexFunc(made, func(o overlay) bool { return o.width == w && o.height == h })
		if i < 0 {
			o, err := s.print(f, w, h, lines)
			if err != nil {
				return nil, err
			}
			made, i = append(made, o), len(made)
		}
		f.cover(p, made[i], save, matrix(box, turn))
	}
	return f.write(), nil
}

// frame is the visible box of a page, and how it is turned.
func (f *file) frame(p page) (box [4]float64, turn int) {
	box = [4]float64{0, 0, 595.28, 841.89}
	for _, v := range []any{p.dict["CropBox"], p.box} {
		if b, ok := f.box(v); ok {
			box = b
			break
		}
	}
	n, _ := f.integer(p.rotate)
	return box, ((n % 360) + 360) % 360 / 90 * 90
}

func (f *file) box(v any) (box [4]float64, ok bool) {
	a, isArray := f.resolve(v).(array)
	if !isArray || len(a) != 4 {
		return box, false
	}
	for i := range a {
		if box[i], ok = f.float(a[i]); !ok {
			return box, false
		}
	}
	box = [4]float64{min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])}
	w, h := box[2]-box[0], box[3]-box[1]
	return box, w >= 10 && h >= 10 && w <= 20_000 && h <= 20_000
}

// matrix puts a sheet of the visible size upright onto a page that is turned.
func matrix(box [4]float64, turn int) string {
	switch turn {
	case 90:
		return fmt.Sprintf("0 1 -1 0 %.3f %.3f", box[2], box[1])
	case 180:
		return fmt.Sprintf("-1 0 0 -1 %.3f %.3f", box[2], box[3])
	case 270:
		return fmt.Sprintf("0 -1 1 0 %.3f %.3f", box[0], box[3])
	}
	return fmt.Sprintf("1 0 0 1 %.3f %.3f", box[0], box[1])
}

// print takes the sheet of the lines into the file, as an object to be drawn.
func (s *Stamper) print(f *file, width, height float64, lines []string) (overlay, error) {
	sheet, err := s.press.Overlay(width, height, lines)
	if err != nil {
		return overlay{}, fmt.Errorf("print stamp: %w", err)
	}
	g, err := read(sheet, maxUnpacked)
	if err != nil {
		return overlay{}, fmt.Errorf("read stamp: %w", err)
	}
	pages, err := g.pages()
	if err != nil {
		return overlay{}, fmt.Errorf("read stamp: %w", err)
	}
	body, ok := g.resolve(pages[0].dict["Contents"]).(stream)
	if !ok {
		return overlay{}, errors.New("read stamp: no content")
	}
	offset := f.last()
	for _, n := range g.numbers() {
		f.objects[n+offset] = shift(g.objects[n], offset)
	}
	d := dict{
		"Type": name("XObject"), "Subtype": name("Form"), "FormType": token("1"),
		"BBox":      array{token("0"), token("0"), number(width), number(height)},
		"Resources": shift(g.resolve(pages[0].resources), offset),
		"Group":     dict{"S": name("Transparency"), "CS": name("DeviceRGB")},
	}
	if filter, has := body.dict["Filter"]; has {
		d["Filter"] = filter
	}
	return overlay{f.add(stream{d, body.raw}), width, height}, nil
}

func number(x float64) token { return token(strconv.FormatFloat(x, 'f', 3, 64)) }

// shift gives the references of an object other numbers.
func shift(v any, by int) any {
	switch x := v.(type) {
	case ref:
		return x + ref(by)
	case array:
		out := make(array, len(x))
		for i := range x {
			out[i] = shift(x[i], by)
		}
		return out
	case dict:
		out := make(dict, len(x))
		for k, y := range x {
			out[k] = shift(y, by)
		}
		return out
	case stream:
		return stream{shift(x.dict, by).(dict), x.raw} //nolint:forcetypeassert // a dict stays one
	}
	return v
}

func (f *file) last() int {
	most := 0
	for n := range f.objects {
		most = max(most, n)
	}
	return most
}

func (f *file) add(v any) int {
	n := f.last() + 1
	f.objects[n] = v
	return n
}

// stampName is the stamp among the drawings of a page.
const stampName = name("TongbanStamp")

// cover draws the sheet over a page: what the page draws stands between a save
// and a restore, so that it leaves nothing behind.
func (f *file) cover(p page, o overlay, save int, m string) {
	draw := f.add(stream{dict{}, []byte("\nQ\nq " + m + " cm /" + string(stampName) + " Do Q\n")})
	content := array{ref(save)}
	switch x := f.resolve(p.dict["Contents"]).(type) {
	case array:
		content = append(content, x...)
	case stream:
		content = append(content, p.dict["Contents"])
	}
	resources := maps.Clone(f.dict(p.resources))
	if resources == nil {
		resources = dict{}
	}
	drawings := maps.Clone(f.dict(resources["XObject"]))
	if drawings == nil {
		drawings = dict{}
	}
	drawings[stampName] = ref(o.form)
	resources["XObject"] = drawings
	d := maps.Clone(p.dict)
	d["Contents"], d["Resources"] = append(content, ref(draw)), resources
	f.objects[p.n] = d
}

// write makes a new file of the objects: one index, nothing packed, no history.
func (f *file) write() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := map[int]int{}
	size := f.last() + 1
	for _, n := range f.numbers() {
		if s, ok := f.objects[n].(stream); ok && (s.dict["Type"] == name("ObjStm") || s.dict["Type"] == name("XRef")) {
			continue
		}
		offsets[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n", n)
		put(&b, f.objects[n])
		b.WriteString("\nendobj\n")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n", size)
	for n := range size {
		if at, ok := offsets[n]; ok && n > 0 {
			fmt.Fprintf(&b, "%010d 00000 n \n", at)
			continue
		}
		b.WriteString("0000000000 65535 f \n")
	}
	trailer := dict{"Size": token(strconv.Itoa(size))}
	for _, k := range []name{"Root", "Info"} {
		if v, ok := f.trailer[k]; ok {
			trailer[k] = v
		}
	}
	b.WriteString("trailer\n")
	put(&b, trailer)
	fmt.Fprintf(&b, "\nstartxref\n%d\n%%%%EOF\n", start)
	return b.Bytes()
}

func put(b *bytes.Buffer, v any) {
	switch x := v.(type) {
	case token:
		b.WriteString(string(x))
	case name:
		putName(b, x)
	case ref:
		fmt.Fprintf(b, "%d 0 R", int(x))
	case array:
		b.WriteByte('[')
		for i, y := range x {
			if i > 0 {
				b.WriteByte(' ')
			}
			put(b, y)
		}
		b.WriteByte(']')
	case dict:
		b.WriteString("<<")
		for _, k := range slices.Sorted(maps.Keys(x)) {
			putName(b, k)
			b.WriteByte(' ')
			put(b, x[k])
			b.WriteByte('\n')
		}
		b.WriteString(">>")
	case stream:
		d := maps.Clone(x.dict)
		d["Length"] = token(strconv.Itoa(len(x.raw)))
		put(b, d)
		b.WriteString("\nstream\n")
		b.Write(x.raw)
		b.WriteString("\nendstream")
	default:
		b.WriteString("null")
	}
}

func putName(b *bytes.Buffer, n name) {
	b.WriteByte('/')
	for i := range len(n) {
		if c := n[i]; c <= ' ' || c > '~' || c == '#' || isDelimiter(c) {
			fmt.Fprintf(b, "#%02x", c)
			continue
		}
		b.WriteByte(n[i])
	}
}
