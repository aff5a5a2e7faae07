package pdf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/day"
)

// Letter is an official document of an agency to one addressee: a notice of
// acceptance, of correction, a decision.
type Letter struct {
	Meta
	Number     string   // document number (文号)
	To         string   // addressee
	Paragraphs []string // what it says
	List       []string // numbered: what must be corrected, the reasons
	Rows       []Row    // facts of the case
	Closing    []string // after list and rows: remedies, where to ask
	Agency     string   // also the letterhead
	Date       day.Date
	Seal       *Seal
	Summary    []string // English, for information
	QR         *QR
	Footer     []string // small print of every page: case number, identifier
}

// Letter prints l; its heading is Meta.Title. A character that the font lacks
// is printed as 〓, as compositors did, because a notice must go out in time.
func (p *Press) Letter(l Letter) ([]byte, error) {
	l = p.printable(l)
	w := &letterWriter{sheet: p.sheet(l.Meta, l.texts()...), l: l}
	w.page()
	w.head()
	w.body()
	if err := w.sign(); err != nil {
		return nil, err
	}
	w.summary()
	return w.bytes()
}

// printable replaces what the font cannot draw.
func (p *Press) printable(l Letter) Letter {
	fix := func(s string) string {
		bad := p.missing(s)
		if bad == "" {
			return s
		}
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(bad, r) {
				return '〓'
			}
			return r
		}, s)
	}
	all := func(ss []string) []string {
		ss = slices.Clone(ss)
		for i, s := range ss {
			ss[i] = fix(s)
		}
		return ss
	}
	l.Number, l.To, l.Agency, l.Title = fix(l.Number), fix(l.To), fix(l.Agency), fix(l.Title)
	l.Paragraphs, l.List, l.Closing = all(l.Paragraphs), all(l.List), all(l.Closing)
	l.Summary, l.Footer = all(l.Summary), all(l.Footer)
	l.Rows = slices.Clone(l.Rows)
	for i, r := range l.Rows {
		l.Rows[i] = Row{Label: fix(r.Label), LabelEN: fix(r.LabelEN), Value: fix(r.Value)}
	}
	if l.QR != nil {
		l.QR = &QR{Link: l.QR.Link, Notes: all(l.QR.Notes)}
	}
	return l
}

// texts are all that the letter says.
func (l Letter) texts() []string {
	texts := slices.Concat(l.Paragraphs, l.List, l.Closing, l.Summary, l.Footer,
		[]string{l.Title, l.Number, l.To, l.Agency})
	for _, r := range l.Rows {
		texts = append(texts, r.Label, r.LabelEN, r.Value)
	}
	if l.QR != nil {
		texts = append(texts, l.QR.Notes...)
	}
	if l.Seal != nil {
		texts = append(texts, l.Seal.Text, l.Seal.Mark)
	}
	return texts
}

// Measures of a letter: margins of GB/T 9704-2012 (28 mm left, 26 mm right),
// with the letterhead tightened for a screen.
const (
	letterLeft   = 28.0
	letterRight  = pageWidth - 26
	letterWidth  = letterRight - letterLeft
	letterTop    = 30.0
	letterBottom = pageHeight - 32
)

var (
	letterHead   = style{bold, 20, sealRed}
	letterNumber = style{regular, 11, inkSoft}
	letterTitle  = style{bold, 19, ink}
	letterText   = style{regular, 12.5, ink}
	letterLabel  = style{regular, 10.5, inkSoft}
	letterSmall  = style{regular, 9.5, inkSoft}
	letterFoot   = style{regular, 8, inkSoft}
)

type letterWriter struct {
	*sheet
	l Letter
	y float64 // baseline of the last line
}

// page begins a page with its small print and number (GB/T 9704-2012, 7.5).
func (w *letterWriter) page() {
	w.AddPage()
	w.use(letterFoot)
	for i, line := range w.l.Footer {
		w.left(letterLeft, pageHeight-18+float64(i)*4, line)
	}
	w.right(letterRight, pageHeight-18, fmt.Sprintf("— %d —", w.PageCount()))
	w.y = letterTop
}

// need starts a new page when fewer than h millimetres are left.
func (w *letterWriter) need(h float64) {
	if w.y+h > letterBottom {
		w.page()
	}
}

func (w *letterWriter) head() {
	w.use(letterHead)
	w.centre(pageWidth/2, w.y, w.l.Agency)
	w.y += 5
	w.line(letterLeft, w.y, letterRight, w.y, 0.6, sealRed)
	w.y += 7
	w.use(letterNumber)
	w.right(letterRight, w.y, w.l.Number)
	w.y += 15
	w.use(letterTitle)
	for _, line := range wrap(w.l.Title, letterWidth, w.width) {
		w.centre(pageWidth/2, w.y, line)
		w.y += 10
	}
	w.y += 4
}

func (w *letterWriter) body() {
	if w.l.To != "" {
		w.para(w.l.To+"：", letterText, 8, "")
	}
	for _, p := range w.l.Paragraphs {
		w.para(p, letterText, 8, "　　")
	}
	for i, item := range w.l.List {
		w.para(fmt.Sprintf("%d. %s", i+1, item), letterText, 8, "　　")
	}
	if len(w.l.Rows) > 0 {
		w.y += 2
		for _, r := range w.l.Rows {
			w.row(r)
		}
		w.y += 4
	}
	for _, p := range w.l.Closing {
		w.para(p, letterText, 8, "　　")
	}
}

func (w *letterWriter) para(text string, st style, leading float64, indent string) {
	w.use(st)
	for _, line := range wrap(indent+text, letterWidth, w.width) {
		w.need(leading)
		w.use(st)
		w.left(letterLeft, w.y, line)
		w.y += leading
	}
}

// row sets a label and its value, with a hairline under them.
func (w *letterWriter) row(r Row) {
	const labelWidth = 38.0
	w.use(letterText)
	lines := wrap(r.Value, letterWidth-labelWidth, w.width)
	w.need(float64(len(lines))*7 + 3)
	w.fit(letterLabel, r.Label, labelWidth-3)
	w.left(letterLeft, w.y, r.Label)
	if r.LabelEN != "" {
		w.fit(letterFoot, r.LabelEN, labelWidth-3)
		w.left(letterLeft, w.y+4, r.LabelEN)
	}
	w.use(letterText)
	for _, line := range lines {
		w.left(letterLeft+labelWidth, w.y, line)
		w.y += 7
	}
	rule := w.y - 7 + 5.5
	w.line(letterLeft, rule, letterRight, rule, 0.15, hairline)
	w.y += 4
}

// sign sets agency and date at the right with the seal over them, and the code
// to scan at the left.
func (w *letterWriter) sign() error {
	const radius, centre = 21.0, letterRight - 26
	w.need(54)
	w.y += 30
	w.use(letterText)
	w.centre(centre, w.y, w.l.Agency)
	w.centre(centre, w.y+8, Date(w.l.Date))
	if w.l.Seal != nil {
		w.seal(*w.l.Seal, centre, w.y-8.5, radius)
	}
	if w.l.QR != nil {
		if err := w.code(w.l.QR.Link, letterLeft, w.y-20, 28); err != nil {
			return err
		}
		w.use(letterFoot)
		for i, note := range w.l.QR.Notes {
			w.left(letterLeft, w.y+12.5+float64(i)*4, note)
		}
		w.y += float64(len(w.l.QR.Notes)) * 4
	}
	w.y += 22
	return nil
}

func (w *letterWriter) summary() {
	if len(w.l.Summary) == 0 {
		return
	}
	w.need(16)
	w.line(letterLeft, w.y-5, letterRight, w.y-5, 0.15, hairline)
	w.y += 2
	for _, p := range w.l.Summary {
		w.para(p, letterSmall, 5.2, "")
	}
}
