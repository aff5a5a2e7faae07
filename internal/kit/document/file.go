package document

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strconv"
)

// file is a PDF, read object by object from its beginning to its end: what an
// index says that stands elsewhere is not believed.
type file struct {
	b       []byte
	objects map[int]any
	trailer dict // the last one that names a root
	budget  int64
	tokens  int
}

// errBomb says that a file unpacks to more than anybody needs.
var errBomb = errors.New("unpacks to too much")

// Bounds of a PDF.
const (
	maxUnpacked = 256 << 20 // bytes of all its streams
	maxObjects  = 500_000
	maxPages    = 3000
)

// read finds every object. An object that is defined twice is the later one, as
// in a file that was added to.
func read(b []byte, budget int64) (*file, error) {
	f := &file{b: b, objects: map[int]any{}, trailer: dict{}, budget: budget}
	l := &lexer{b: b}
	for {
		at := bytes.Index(b[l.i:], []byte("obj"))
		trailer := bytes.Index(b[l.i:], []byte("trailer"))
		if trailer >= 0 && (at < 0 || trailer < at) {
			l.i += trailer + len("trailer")
			if v, ok := l.object(0); ok {
				f.takeTrailer(v)
			}
			continue
		}
		if at < 0 {
			break
		}
		n, ok := f.number(l.i + at)
		l.i += at + len("obj")
		if !ok {
			continue
		}
		f.define(l, n)
		if len(f.objects) > maxObjects || l.tokens > maxTokens {
			return nil, errBomb
		}
	}
	f.tokens = l.tokens
	return f, f.unpackObjects()
}

func (f *file) takeTrailer(v any) {
	d, ok := v.(dict)
	if !ok {
		return
	}
	for k, x := range d {
		f.trailer[k] = x
	}
}

// number reads "12 0 " backwards from the word obj.
func (f *file) number(at int) (int, bool) {
	i := at
	back := func(test func(byte) bool) int {
		end := i
		for i > 0 && test(f.b[i-1]) {
			i--
		}
		return end - i
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	back(isSpace)
	if back(digit) == 0 || back(isSpace) == 0 {
		return 0, false
	}
	end := i
	if n := back(digit); n == 0 || n > 9 {
		return 0, false
	}
	n, err := strconv.Atoi(string(f.b[i:end]))
	return n, err == nil
}

// define reads the object after "obj", with its stream.
func (f *file) define(l *lexer, n int) {
	v, ok := l.object(0)
	if !ok {
		return // what cannot be read is not there
	}
	d, isDict := v.(dict)
	if !isDict || !l.keyword("stream") {
		f.objects[n] = v
		return
	}
	if l.i < len(l.b) && l.b[l.i] == '\r' {
		l.i++
	}
	if l.i < len(l.b) && l.b[l.i] == '\n' {
		l.i++
	}
	start := l.i
	end := f.streamEnd(d, start)
	if end < 0 {
		return
	}
	f.objects[n] = stream{d, f.b[start:end]}
	l.i = end
	if d["Type"] == name("XRef") {
		f.takeTrailer(d)
	}
}

// streamEnd believes the length if the stream ends there, and looks for the end
// otherwise.
func (f *file) streamEnd(d dict, start int) int {
	if n, ok := f.integer(d["Length"]); ok && n >= 0 && start+n <= len(f.b) {
		l := lexer{b: f.b, i: start + n}
		if l.keyword("endstream") {
			return start + n
		}
	}
	end := bytes.Index(f.b[start:], []byte("endstream"))
	if end < 0 {
		return -1
	}
	end += start
	if end > start && f.b[end-1] == '\n' {
		end--
	}
	if end > start && f.b[end-1] == '\r' {
		end--
	}
	return end
}

func (f *file) integer(v any) (int, bool) {
	t, ok := f.resolve(v).(token)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(string(t))
	return n, err == nil
}

func (f *file) float(v any) (float64, bool) {
	t, ok := f.resolve(v).(token)
	if !ok {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(t), 64)
	return x, err == nil
}

// resolve follows references.
func (f *file) resolve(v any) any {
	for range maxDepth {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = f.objects[int(r)]
	}
	return nil
}

func (f *file) dict(v any) dict {
	switch x := f.resolve(v).(type) {
	case dict:
		return x
	case stream:
		return x.dict
	}
	return nil
}

// filters are the names of a stream's filters, in order.
func (f *file) filters(d dict) []name {
	switch x := f.resolve(d["Filter"]).(type) {
	case name:
		return []name{x}
	case array:
		var list []name
		for _, v := range x {
			if n, ok := f.resolve(v).(name); ok {
				list = append(list, n)
			}
		}
		return list
	}
	return nil
}

// unpackObjects reads the objects within object streams. Those do not replace
// what stands in the file itself.
func (f *file) unpackObjects() error {
	type pack struct {
		s stream
	}
	var packs []pack
	for _, n := range f.numbers() {
		if s, ok := f.objects[n].(stream); ok && s.dict["Type"] == name("ObjStm") {
			packs = append(packs, pack{s})
		}
	}
	for _, p := range packs {
		text, err := f.inflate(p.s, true)
		if err != nil {
			return err
		}
		if err := f.unpack(p.s.dict, text); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) unpack(d dict, text []byte) error {
	n, ok1 := f.integer(d["N"])
	first, ok2 := f.integer(d["First"])
	if !ok1 || !ok2 || n < 0 || first < 0 || first > len(text) {
		return nil
	}
	head := &lexer{b: text[:first]}
	for range n {
		id, ok := f.next(head)
		at, ok2 := f.next(head)
		if !ok || !ok2 || at < 0 || first+at > len(text) {
			return nil
		}
		l := &lexer{b: text, i: first + at}
		v, ok := l.object(0)
		if f.tokens += l.tokens; f.tokens > maxTokens || len(f.objects) > maxObjects {
			return errBomb
		}
		if _, there := f.objects[id]; ok && !there {
			f.objects[id] = v
		}
	}
	return nil
}

func (f *file) next(l *lexer) (int, bool) {
	v, ok := l.object(0)
	t, word := v.(token)
	if !ok || !word {
		return 0, false
	}
	n, err := strconv.Atoi(string(t))
	return n, err == nil
}

// inflate unpacks the outermost filters as long as they are Flate, within the
// budget of the file. Without keep it only counts.
func (f *file) inflate(s stream, keep bool) ([]byte, error) {
	data := s.raw
	for i, filter := range f.filters(s.dict) {
		if filter != "FlateDecode" && filter != "Fl" {
			return data, nil
		}
		r, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, nil //nolint:nilerr // damaged: nothing in it can be read
		}
		var out bytes.Buffer
		var w io.Writer = &out
		if more := len(f.filters(s.dict)) > i+1; !keep && !more {
			w = io.Discard
		}
		n, err := io.Copy(w, io.LimitReader(r, f.budget+1))
		if f.budget -= n; f.budget < 0 {
			return nil, errBomb
		}
		if err != nil && out.Len() == 0 && keep {
			return nil, nil
		}
		data = out.Bytes()
	}
	return data, nil
}
