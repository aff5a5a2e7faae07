package sign

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// file is a PDF file as far as an incremental update needs to know it: files
// with a classic cross-reference table, which pdf.Press writes.
type file struct {
	data   []byte
	start  int         // offset of the last cross-reference table
	size   int         // number of objects
	root   int         // object number of the catalogue
	info   int         // object number of the information dictionary; 0 for none
	offset map[int]int // object number to offset
}

var (
	reStart   = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)
	reSection = regexp.MustCompile(`^(\d+) (\d+)\s*$`)
	reSize    = regexp.MustCompile(`/Size (\d+)`)
	reRoot    = regexp.MustCompile(`/Root (\d+) 0 R`)
	reInfo    = regexp.MustCompile(`/Info (\d+) 0 R`)
	rePages   = regexp.MustCompile(`/Pages (\d+) 0 R`)
	reKids    = regexp.MustCompile(`/Kids\s*\[\s*(\d+) 0 R`)
)

func parse(data []byte) (*file, error) {
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return nil, ErrNotPDF
	}
	m := reStart.FindSubmatch(data[max(0, len(data)-64):])
	if m == nil {
		return nil, ErrNotPDF.Wrap(errors.New("no startxref at the end"))
	}
	f := &file{data: data, offset: map[int]int{}, start: number(m[1])}
	if f.start <= 0 || f.start >= len(data) || !bytes.HasPrefix(data[f.start:], []byte("xref")) {
		return nil, ErrNotPDF.Wrap(errors.New("no classic cross-reference table"))
	}
	if err := f.table(); err != nil {
		return nil, ErrNotPDF.Wrap(err)
	}
	return f, nil
}

// table reads the cross-reference table and the trailer behind it.
func (f *file) table() error {
	lines := bytes.Split(f.data[f.start:], []byte("\n"))
	for i := 1; i < len(lines); {
		if bytes.HasPrefix(lines[i], []byte("trailer")) {
			return f.trailer(bytes.Join(lines[i:], []byte("\n")))
		}
		m := reSection.FindSubmatch(lines[i])
		if m == nil {
			return fmt.Errorf("cross-reference line %q", lines[i])
		}
		first, n := number(m[1]), number(m[2])
		if i+n >= len(lines) {
			return errors.New("cross-reference table is cut off")
		}
		for j := range n {
			line := lines[i+1+j]
			if len(line) >= 18 && line[17] == 'n' {
				f.offset[first+j] = number(line[:10])
			}
		}
		i += n + 1
	}
	return errors.New("no trailer")
}

func (f *file) trailer(t []byte) error {
	size, root := reSize.FindSubmatch(t), reRoot.FindSubmatch(t)
	if size == nil || root == nil || bytes.Contains(t, []byte("/Prev")) || bytes.Contains(t, []byte("/Encrypt")) {
		return errors.New("trailer of another kind")
	}
	f.size, f.root = number(size[1]), number(root[1])
	if info := reInfo.FindSubmatch(t); info != nil {
		f.info = number(info[1])
	}
	return nil
}

// dict returns the dictionary of an object that is one, from << to >>.
func (f *file) dict(n int) ([]byte, error) {
	at, ok := f.offset[n]
	head := fmt.Appendf(nil, "%d 0 obj", n)
	if !ok || at >= len(f.data) || !bytes.HasPrefix(f.data[at:], head) {
		return nil, ErrNotPDF.Wrap(fmt.Errorf("no object %d", n))
	}
	body, _, ok := bytes.Cut(f.data[at+len(head):], []byte("endobj"))
	body = bytes.TrimSpace(body)
	if !ok || !bytes.HasPrefix(body, []byte("<<")) || !bytes.HasSuffix(body, []byte(">>")) {
		return nil, ErrNotPDF.Wrap(fmt.Errorf("object %d is no dictionary", n))
	}
	return body, nil
}

// firstPage returns the object number of the first page. The page tree of our
// files has one level.
func (f *file) firstPage() (int, error) {
	root, err := f.dict(f.root)
	if err != nil {
		return 0, err
	}
	if bytes.Contains(root, []byte("/AcroForm")) {
		return 0, ErrNotPDF.Wrap(errors.New("has a form already"))
	}
	pages := rePages.FindSubmatch(root)
	if pages == nil {
		return 0, ErrNotPDF.Wrap(errors.New("catalogue without pages"))
	}
	tree, err := f.dict(number(pages[1]))
	if err != nil {
		return 0, err
	}
	kid := reKids.FindSubmatch(tree)
	if kid == nil {
		return 0, ErrNotPDF.Wrap(errors.New("no first page"))
	}
	return number(kid[1]), nil
}

// number reads digits; anything else is 0, which no caller accepts.
func number(b []byte) int {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return 0
	}
	return n
}
