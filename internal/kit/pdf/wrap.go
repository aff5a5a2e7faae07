package pdf

import (
	"strings"
	"unicode"
)

// Characters that must not begin or end a line (GB/T 15834-2011, 5.1).
const (
	notFirst = "，。、；：？！）》〉】〕」』”’%℃…—·,.;:?!)]}"
	notLast  = "（《〈【〔「『“‘([{"
)

// wrap breaks text into lines no wider than width, which measure gives in the
// same unit. Chinese breaks between any two characters but around punctuation;
// Latin words and numbers stay whole unless one alone is too wide. A line break
// in the text is kept.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	for para := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapParagraph(para, width, measure)...)
	}
	return lines
}

func wrapParagraph(text string, width float64, measure func(string) float64) []string {
	var lines []string
	line := ""
	for _, piece := range pieces(text) {
		if line == "" && len(lines) > 0 {
			piece = strings.TrimLeft(piece, " ")
		}
		if measure(strings.TrimRight(line+piece, " ")) <= width {
			line += piece
			continue
		}
		if line != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			piece = strings.TrimLeft(piece, " ")
		}
		for measure(strings.TrimRight(piece, " ")) > width {
			head := fit(piece, width, measure)
			lines = append(lines, head)
			piece = piece[len(head):]
		}
		line = piece
	}
	return append(lines, strings.TrimRight(line, " "))
}

// fit returns the longest beginning of s that fits; at least one character.
func fit(s string, width float64, measure func(string) float64) string {
	end := 0
	for i, r := range s {
		if i > 0 && measure(s[:i+len(string(r))]) > width {
			break
		}
		end = i + len(string(r))
	}
	return s[:end]
}

// pieces cuts text where a line may end.
func pieces(text string) []string {
	var out []string
	var piece []rune
	for _, r := range text {
		if len(piece) > 0 && mayBreak(piece[len(piece)-1], r) {
			out = append(out, string(piece))
			piece = piece[:0]
		}
		piece = append(piece, r)
	}
	if len(piece) > 0 {
		out = append(out, string(piece))
	}
	return out
}

func mayBreak(before, after rune) bool {
	switch {
	case after == ' ' || strings.ContainsRune(notFirst, after) || strings.ContainsRune(notLast, before):
		return false
	case before == ' ':
		return true
	}
	return cjk(before) || cjk(after)
}

func cjk(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef ||
		strings.ContainsRune("“”‘’…—·", r)
}
