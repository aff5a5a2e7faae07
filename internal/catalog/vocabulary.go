package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// vocabulary is what people type, and what the list calls it. All keys are
// normalised.
type vocabulary struct {
	fillers  []string            // said before or after what is meant; longest first
	synonyms map[string][]string // phrase to names in the list, best first
	phrases  []string            // keys of synonyms, longest first
	sounds   map[string][]string // pinyin, full or initials, to phrases
	glossary map[string][]string // English to names in the list
	english  []string            // keys of glossary, longest first
	stages   []stage
}

// stage is a step in the life of a licence. A person who lost one does not want
// the page about getting the first.
type stage struct {
	id    string
	names []string // in the names of items
	said  []string // by people
}

func readVocabulary() (*vocabulary, error) {
	v := &vocabulary{sounds: map[string][]string{}}
	var err error
	if v.synonyms, v.phrases, err = pairs("synonyms.tsv"); err != nil {
		return nil, err
	}
	if v.glossary, v.english, err = pairs("glossary.tsv"); err != nil {
		return nil, err
	}
	for _, p := range v.phrases {
		full, initials := sound(p)
		v.sounds[full] = append(v.sounds[full], p)
		if len(initials) >= minSound {
			v.sounds[initials] = append(v.sounds[initials], p)
		}
	}
	text, err := lines("fillers.txt")
	if err != nil {
		return nil, err
	}
	v.fillers = longestFirst(text)
	if text, err = lines("stages.tsv"); err != nil {
		return nil, err
	}
	for _, l := range text {
		f := strings.Split(l, "\t")
		if len(f) != 3 {
			return nil, fmt.Errorf("stages.tsv: %q", l)
		}
		v.stages = append(v.stages, stage{f[0], words(f[1]), words(f[2])})
	}
	return v, nil
}

func lines(name string) ([]string, error) {
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n"), nil
}

// pairs reads phrase, tab, targets parted by bars.
func pairs(name string) (table map[string][]string, keys []string, err error) {
	text, err := lines(name)
	if err != nil {
		return nil, nil, err
	}
	table = map[string][]string{}
	for _, l := range text {
		phrase, targets, ok := strings.Cut(l, "\t")
		key := normal(phrase)
		if !ok || key == "" || targets == "" || table[key] != nil {
			return nil, nil, fmt.Errorf("%s: %q is incomplete or comes twice", name, l)
		}
		for _, t := range words(targets) {
			table[key] = append(table[key], normal(t))
		}
		keys = append(keys, key)
	}
	return table, longestFirst(keys), nil
}

func longestFirst(list []string) []string {
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return list
}

// normal folds what does not change the meaning: width, case, punctuation.
// Words of Latin letters stay apart by one space.
func normal(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of ASCII
			r -= 0xFEE0
		}
		switch {
		case unicode.Is(unicode.Han, r):
			gap = false
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && latinEnd(b.String()) {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return b.String()
}

func latinEnd(s string) bool { return s != "" && s[len(s)-1] < 0x80 }

// minSound is the shortest pinyin worth looking for: two letters are in half of
// all names.
const minSound = 3

// sound returns the pinyin of the Chinese characters of s, in full and as
// initials, without tones.
func sound(s string) (full, initials string) {
	var f, i strings.Builder
	args := pinyin.NewArgs()
	for _, r := range s {
		if p := pinyin.SinglePinyin(r, args); len(p) > 0 {
			f.WriteString(p[0])
			i.WriteByte(p[0][0])
		} else if r < 0x80 && r != ' ' {
			f.WriteRune(r)
			i.WriteRune(r)
		}
	}
	return f.String(), i.String()
}

// strip takes off what is said around the thing meant, one filler after the
// other, and returns each stage: the query itself first, the barest last.
func (v *vocabulary) strip(q string) []string {
	stages := []string{q}
	for {
		next := q
		for _, f := range v.fillers {
			if rest, ok := strings.CutPrefix(q, f); ok && rest != "" {
				next = rest
				break
			}
			if rest, ok := strings.CutSuffix(q, f); ok && rest != "" {
				next = rest
				break
			}
		}
		if next == q {
			return stages
		}
		q = next
		stages = append(stages, q)
	}
}

// stageSaid returns the stage that the query names, and the query without it.
func (v *vocabulary) stageSaid(q string) (id, rest string) {
	for _, s := range v.stages {
		for _, w := range s.said {
			if strings.Contains(q, w) {
				return s.id, strings.ReplaceAll(q, w, "")
			}
		}
	}
	return "", q
}

// stageOf returns the stage that the name of an item is about, "" for none.
func (v *vocabulary) stageOf(name string) string {
	for i := len(v.stages) - 1; i >= 0; i-- { // 注销 before 登记, 补办 before 核发
		if hasAny(name, v.stages[i].names) {
			return v.stages[i].id
		}
	}
	return ""
}

// neutral takes the words of every stage out of a target.
func (v *vocabulary) neutral(target string) string {
	for _, s := range v.stages {
		for _, w := range s.names {
			target = strings.ReplaceAll(target, w, "")
		}
	}
	return strings.TrimSuffix(target, "审批")
}
