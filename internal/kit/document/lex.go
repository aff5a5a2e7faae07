package document

import (
	"bytes"
	"strconv"
)

// Objects of a PDF (ISO 32000-1, 7.3). Numbers, strings and key words stay as
// they stand in the file.
type (
	token string // 12, (text), <0aff>, true
	name  string // decoded, without the slash
	ref   int    // object number; generations are not kept apart
	array []any
	dict  map[name]any
	// stream is a dictionary with bytes, still encoded.
	stream struct {
		dict dict
		raw  []byte
	}
)

// maxDepth bounds nesting, maxTokens the work on one file.
const (
	maxDepth  = 60
	maxTokens = 5_000_000
)

// lexer reads objects from bytes.
type lexer struct {
	b      []byte
	i      int
	tokens int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skip() {
	for l.i < len(l.b) {
		c := l.b[l.i]
		if c == '%' {
			for l.i < len(l.b) && l.b[l.i] != '\n' && l.b[l.i] != '\r' {
				l.i++
			}
			continue
		}
		if !isSpace(c) {
			return
		}
		l.i++
	}
}

// object reads one object; ok is false where there is none.
func (l *lexer) object(depth int) (v any, ok bool) {
	l.skip()
	l.tokens++
	if l.i >= len(l.b) || depth > maxDepth || l.tokens > maxTokens {
		return nil, false
	}
	switch c := l.b[l.i]; {
	case c == '/':
		return l.name(), true
	case c == '(':
		return l.literal()
	case c == '[':
		l.i++
		return l.array(depth)
	case c == '<':
		if l.i+1 < len(l.b) && l.b[l.i+1] == '<' {
			l.i += 2
			return l.dict(depth)
		}
		return l.hex()
	case isDelimiter(c):
		return nil, false
	}
	return l.word(), true
}

func (l *lexer) name() name {
	l.i++
	out := make([]byte, 0, 16)
	for l.i < len(l.b) && !isSpace(l.b[l.i]) && !isDelimiter(l.b[l.i]) {
		c := l.b[l.i]
		if c == '#' && l.i+2 < len(l.b) { // /J#61vaScript is /JavaScript
			if n, err := strconv.ParseUint(string(l.b[l.i+1:l.i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				l.i += 3
				continue
			}
		}
		out = append(out, c)
		l.i++
	}
	return name(out)
}

func (l *lexer) literal() (any, bool) {
	start, open := l.i, 0
	for ; l.i < len(l.b); l.i++ {
		switch l.b[l.i] {
		case '\\':
			l.i++
		case '(':
			open++
		case ')':
			open--
			if open == 0 {
				l.i++
				return token(l.b[start:l.i]), true
			}
		}
	}
	return nil, false
}

func (l *lexer) hex() (any, bool) {
	end := bytes.IndexByte(l.b[l.i:], '>')
	if end < 0 {
		return nil, false
	}
	t := token(l.b[l.i : l.i+end+1])
	l.i += end + 1
	return t, true
}

// word is a number, a key word, or a reference: 12 0 R.
func (l *lexer) word() any {
	start := l.i
	for l.i < len(l.b) && !isSpace(l.b[l.i]) && !isDelimiter(l.b[l.i]) {
		l.i++
	}
	w := token(l.b[start:l.i])
	n, err := strconv.Atoi(string(w))
	if err != nil || n < 0 {
		return w
	}
	here := l.i
	if l.number() && l.keyword("R") {
		return ref(n)
	}
	l.i = here
	return w
}

// number reads a whole number, keyword a word that ends there.
func (l *lexer) number() bool {
	l.skip()
	start := l.i
	for l.i < len(l.b) && l.b[l.i] >= '0' && l.b[l.i] <= '9' {
		l.i++
	}
	return l.i > start && l.i-start < 11
}

func (l *lexer) keyword(w string) bool {
	l.skip()
	if !bytes.HasPrefix(l.b[l.i:], []byte(w)) {
		return false
	}
	end := l.i + len(w)
	if end < len(l.b) && !isSpace(l.b[end]) && !isDelimiter(l.b[end]) {
		return false
	}
	l.i = end
	return true
}

func (l *lexer) array(depth int) (any, bool) {
	a := array{}
	for {
		l.skip()
		if l.i < len(l.b) && l.b[l.i] == ']' {
			l.i++
			return a, true
		}
		v, ok := l.object(depth + 1)
		if !ok {
			return nil, false
		}
		a = append(a, v)
	}
}

func (l *lexer) dict(depth int) (any, bool) {
	d := dict{}
	for {
		l.skip()
		if bytes.HasPrefix(l.b[l.i:], []byte(">>")) {
			l.i += 2
			return d, true
		}
		if l.i >= len(l.b) || l.b[l.i] != '/' {
			return nil, false
		}
		k := l.name()
		v, ok := l.object(depth + 1)
		if !ok {
			return nil, false
		}
		d[k] = v
	}
}
