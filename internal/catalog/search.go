package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// meaning is one reading of what was typed: the words themselves, or what a
// table says they are called in the list.
type meaning struct {
	text   string
	weight float32
}

// How much a reading counts. A synonym that is the whole query is what the
// person meant; one inside a longer query is a guess.
const (
	asTyped     = 1.0
	wholePhrase = 1.15
	nextPhrase  = 0.07 // less for each further target
	partPhrase  = 0.9
	soundsLike  = 0.85
)

// search returns the items that match, best first, and what to mark in them.
func (x *index) search(text string, v *vocabulary) (found []int32, terms []string) {
	if len(x.docs) == 0 {
		return nil, nil
	}
	said, rest := v.stageSaid(text)
	all := v.meanings(text, rest, said)
	scores := make([]float32, len(x.docs))
	for _, m := range all {
		x.score(m, said, scores)
		terms = append(terms, m.text)
	}
	x.scoreSound(text, scores)
	x.scoreDepartment(v.strip(text), scores)
	if slices.Max(scores) < goodMatch {
		terms = append(terms, x.scoreHomophones(v.strip(text), v, said, scores)...)
	}
	return x.rank(scores), terms
}

// goodMatch is a score at which there is no need to guess at typing errors.
const goodMatch = 115

// meanings returns the readings of a query. Rest is the query without the words
// for a stage (lost, renew ...).
func (v *vocabulary) meanings(text, rest, said string) []meaning {
	stages := v.strip(text)
	list := []meaning{{text, asTyped}}
	if bare := stages[len(stages)-1]; bare != text {
		list = append(list, meaning{bare, asTyped})
	}
	for _, q := range stages {
		if targets, ok := v.synonyms[q]; ok {
			return append(list, graded(targets, wholePhrase)...)
		}
	}
	if said != "" {
		bare := v.strip(rest)
		list = append(list, meaning{bare[len(bare)-1], asTyped})
		for _, q := range bare {
			if targets, ok := v.synonyms[q]; ok {
				return append(list, graded(v.atStage(targets, said), wholePhrase)...)
			}
		}
	}
	list = append(list, v.parts(rest, said)...)
	return append(list, v.translated(text)...)
}

// graded gives later targets less weight.
func graded(targets []string, w float32) []meaning {
	var list []meaning
	for i, t := range targets {
		list = append(list, meaning{t, w - nextPhrase*float32(i)})
	}
	return list
}

// atStage takes the stage out of targets that are about another one.
func (v *vocabulary) atStage(targets []string, said string) []string {
	if said == "" {
		return targets
	}
	var list []string
	for _, t := range targets {
		if s := v.stageOf(t); s != "" && s != said {
			t = v.neutral(t)
		}
		list = append(list, t)
	}
	return list
}

// parts reads a longer query by the known phrases in it, longest first.
func (v *vocabulary) parts(q, said string) []meaning {
	var list []meaning
	for _, p := range v.phrases {
		if !strings.Contains(q, p) {
			continue
		}
		targets := v.atStage(v.synonyms[p], said)
		list = append(list, graded(targets, partPhrase)...)
		if joined := strings.Replace(q, p, targets[0], 1); joined != targets[0] {
			list = append(list, meaning{joined, partPhrase})
		}
		q = strings.ReplaceAll(q, p, " ")
	}
	return list
}

// translated reads English by the glossary, longest phrase first.
func (v *vocabulary) translated(q string) []meaning {
	if strings.ContainsFunc(q, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return nil
	}
	q = " " + q + " "
	var list []meaning
	for _, p := range v.english {
		for _, form := range []string{" " + p + " ", " " + p + "s "} {
			if strings.Contains(q, form) {
				list = append(list, graded(v.glossary[p], wholePhrase-0.02*float32(len(list)))...)
				q = strings.ReplaceAll(q, form, " ")
			}
		}
	}
	return list
}

// Parts of a score. A full match of the pairs is 100.
const (
	full        = 100
	bonusExact  = 60
	bonusInName = 30
	bonusStart  = 6
	bonusKey    = 85
	bonusInKey  = 12
	bonusDense  = 15
	bonusStage  = 24
	bonusNew    = 4
	minCoverage = 0.4
)

// score adds one reading to the scores: each item keeps its best.
func (x *index) score(m meaning, said string, scores []float32) {
	gs := grams(m.text)
	var total float32
	cover := map[int32]float32{}
	hits := map[int32]int{}
	for _, g := range gs {
		w := x.idf(g)
		total += w
		for _, p := range x.grams[g] {
			cover[p.doc] += w * p.weight
			if p.weight == wName {
				hits[p.doc]++
			}
		}
	}
	for n, c := range cover {
		c /= total
		if c < minCoverage {
			continue
		}
		d := &x.docs[n]
		sc := full*c + bonusDense*float32(hits[n])/float32(max(d.grams, 1)) + d.closeness(m.text)
		sc = sc*m.weight + d.stageBonus(said) + d.prior
		scores[n] = max(scores[n], sc)
	}
}

// closeness rewards the text standing in the item as it was typed.
func (d *doc) closeness(text string) float32 {
	var best float32
	switch {
	case d.name == text:
		best = bonusExact
	case strings.HasPrefix(d.name, text):
		best = bonusInName + bonusStart
	case strings.Contains(d.name, text):
		best = bonusInName
	}
	for _, k := range d.keywords {
		if k == text {
			best = max(best, bonusKey)
		} else if strings.Contains(k, text) {
			best = max(best, bonusInKey)
		}
	}
	return best
}

// stageBonus prefers the stage that was named; with none, the first licence.
func (d *doc) stageBonus(said string) float32 {
	switch {
	case said != "" && d.stage == said:
		return bonusStage
	case said != "" && d.stage != "":
		return -bonusStage / 2
	case said == "" && d.stage == "new":
		return bonusNew
	case said == "" && d.stage != "":
		return -bonusNew
	}
	return 0
}

// scoreSound finds what was typed as pinyin.
func (x *index) scoreSound(text string, scores []float32) {
	typed := strings.ReplaceAll(text, " ", "")
	if len(typed) < minSound || strings.ContainsFunc(typed, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return
	}
	for _, n := range x.sounding(typed) {
		d := &x.docs[n]
		length := len(d.full)
		if !strings.Contains(d.full, typed) {
			length = len(d.initials)
		}
		sc := 80 + 40*float32(len(typed))/float32(length) + d.prior + d.stageBonus("")
		scores[n] = max(scores[n], sc)
	}
}

// sounding returns the items whose pinyin, full or initials, has typed in it.
func (x *index) sounding(typed string) []int32 {
	shortest := x.sounds[typed[:minSound]]
	for i := 1; i+minSound <= len(typed); i++ {
		if list := x.sounds[typed[i:i+minSound]]; len(list) < len(shortest) {
			shortest = list
		}
	}
	var found []int32
	for _, n := range shortest {
		if strings.Contains(x.docs[n].full, typed) || strings.Contains(x.docs[n].initials, typed) {
			found = append(found, n)
		}
	}
	return found
}

// scoreDepartment adds the items of a department whose name was typed.
func (x *index) scoreDepartment(stages []string, scores []float32) {
	for _, q := range stages {
		id, ok := x.depts[q]
		if !ok {
			continue
		}
		for n := range x.docs {
			if d := &x.docs[n]; d.dept == id {
				scores[n] = max(scores[n], full+d.prior)
			}
		}
	}
}

// scoreHomophones reads the query by its sound: pinyin for a known phrase, or
// the right sound in wrong characters (身分证).
func (x *index) scoreHomophones(stages []string, v *vocabulary, said string, scores []float32) (terms []string) {
	for _, q := range stages {
		typed, _ := sound(q)
		for _, phrase := range v.sounds[typed] {
			for _, m := range graded(v.atStage(v.synonyms[phrase], said), wholePhrase) {
				x.score(m, said, scores)
				terms = append(terms, m.text)
			}
		}
	}
	typed, _ := sound(stages[len(stages)-1])
	if len(typed) < 2*minSound {
		return terms
	}
	for _, n := range x.sounding(typed) {
		d := &x.docs[n]
		sc := (full+bonusDense*float32(len(typed))/float32(len(d.full)))*soundsLike + d.prior + d.stageBonus(said)
		scores[n] = max(scores[n], sc)
	}
	return terms
}

// near is the part of the best score that an item needs to be shown at all.
const near = 0.42

// rank sorts what is near enough to the best. What belongs to the same entry of
// the list as the best is shown as well: who wants a licence may want to renew it.
func (x *index) rank(scores []float32) []int32 {
	best := slices.Max(scores)
	if best <= 0 {
		return nil
	}
	if g := x.docs[slices.Index(scores, best)].group; g != "" {
		for n := range x.docs {
			if x.docs[n].group == g {
				scores[n] = max(scores[n], best*near)
			}
		}
	}
	var found []int32
	for n, sc := range scores {
		if sc > 0 && sc >= best*near {
			found = append(found, int32(n))
		}
	}
	slices.SortStableFunc(found, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	return found
}

// Part is a piece of a name; Hit pieces are what was searched for.
type Part struct {
	Text string
	Hit  bool
}

// Mark cuts a name into pieces, marking what the terms have in common with it:
// two characters or more.
func Mark(name string, terms []string) []Part {
	runes := []rune(name)
	hit := make([]bool, len(runes))
	for _, t := range terms {
		markTerm(runes, []rune(t), hit)
	}
	var parts []Part
	for i, r := range runes {
		if i == 0 || hit[i] != hit[i-1] {
			parts = append(parts, Part{Hit: hit[i]})
		}
		parts[len(parts)-1].Text += string(r)
	}
	return parts
}

func markTerm(name, term []rune, hit []bool) {
	for i := range name {
		for j := range term {
			n := 0
			for i+n < len(name) && j+n < len(term) && unicode.ToLower(name[i+n]) == term[j+n] {
				n++
			}
			if n < 2 {
				continue
			}
			for k := range n {
				hit[i+k] = true
			}
		}
	}
}
