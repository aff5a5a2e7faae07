package catalog

import (
	"iter"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// index finds items by pairs of characters. Chinese has no spaces and people
// type two characters at the least, so pairs find everything that words would,
// without a dictionary that does not know 残联; one wrong character spoils two
// pairs and leaves the others.
type index struct {
	grams  map[string][]posting
	docs   []doc
	sounds map[string][]int32 // three letters of pinyin to documents
	depts  map[string]string  // normalised department name to its id
}

type posting struct {
	doc    int32
	weight float32 // of the best field that has the pair
}

// doc is what ranking needs to know of an item.
type doc struct {
	name     string // normalised, without the level of government
	grams    int    // pairs in the name
	keywords []string
	full     string // pinyin of the name
	initials string
	stage    string
	prior    float32
	dept     string
	group    string // department and main item; "" where the source has none
}

// Weights of the fields. The name is what the law calls it; the rest helps.
const (
	wName     = 1.0
	wKeywords = 0.8
	wMain     = 0.35
	wSummary  = 0.3
)

// Priors: how much an item stands out before anybody typed anything. They only
// decide between items that match equally well.
const (
	priorUseful = 5
	priorOnline = 4
	priorPerson = 1 // most visitors are residents
)

// level is what names say at their end of who does it. Nobody types it, and a
// name is no worse a match for it.
var level = regexp.MustCompile(`[（(](市级|县级|市级/县级|县级行使|县级权限)[）)]$`)

func buildIndex(items []Item, ref *reference, v *vocabulary) *index {
	x := &index{
		grams: map[string][]posting{}, docs: make([]doc, len(items)),
		sounds: map[string][]int32{}, depts: map[string]string{},
	}
	for _, d := range ref.departments {
		n := normal(d.Name.ZH)
		x.depts[n] = d.ID
		x.depts[strings.TrimPrefix(n, "区")] = d.ID
	}
	useful := map[string]bool{}
	for _, id := range ref.useful {
		useful[string(id)] = true
	}
	for i, it := range items {
		d := &x.docs[i]
		d.name, d.dept = normal(level.ReplaceAllString(it.Name, "")), it.Department
		d.stage = v.stageOf(d.name)
		if it.MainItem != "" {
			d.group = it.Department + " " + it.MainItem
		}
		d.full, d.initials = sound(d.name)
		if useful[string(it.ID)] {
			d.prior += priorUseful
		}
		if it.Online() {
			d.prior += priorOnline
		}
		if it.Type == "20" {
			d.prior += priorPerson
		}
		for _, k := range it.Keywords {
			d.keywords = append(d.keywords, normal(k))
		}
		x.add(int32(i), d, it)
	}
	return x
}

func (x *index) add(n int32, d *doc, it Item) {
	weights := map[string]float32{}
	put := func(text string, w float32) {
		for _, g := range grams(text) {
			weights[g] = max(weights[g], w)
		}
	}
	own := grams(d.name)
	d.grams = len(own)
	put(d.name, wName)
	put(normal(it.NameEN), wKeywords)
	for _, k := range d.keywords {
		put(k, wKeywords)
	}
	put(normal(it.Name), wMain) // the level, which d.name lacks
	put(normal(it.MainItem), wMain)
	put(normal(it.Summary.ZH), wSummary)
	put(normal(it.Summary.EN), wSummary)
	for g, w := range weights {
		x.grams[g] = append(x.grams[g], posting{n, w})
	}
	for _, s := range []string{d.full, d.initials} {
		x.addSound(n, s)
	}
}

func (x *index) addSound(n int32, s string) {
	for i := 0; i+minSound <= len(s); i++ {
		key := s[i : i+minSound]
		list := x.sounds[key]
		if len(list) == 0 || list[len(list)-1] != n {
			x.sounds[key] = append(list, n)
		}
	}
}

// grams returns the distinct pairs of Chinese characters and the Latin words of
// a normalised text. A character that stands alone is its own gram.
func grams(s string) []string {
	var list []string
	seen := map[string]bool{}
	for run := range runs(s) {
		for _, g := range gramsOfRun(run) {
			if !seen[g] {
				seen[g] = true
				list = append(list, g)
			}
		}
	}
	return list
}

// runs yields the stretches of s that are all Chinese or all something else.
func runs(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, was := 0, false
		for i, r := range s {
			han := unicode.Is(unicode.Han, r)
			if i > start && han != was {
				if !yield(s[start:i]) {
					return
				}
				start = i
			}
			was = han
		}
		if start < len(s) {
			yield(s[start:])
		}
	}
}

func gramsOfRun(run string) []string {
	first, size := utf8.DecodeRuneInString(run)
	if !unicode.Is(unicode.Han, first) {
		return strings.Fields(run)
	}
	if size == len(run) {
		return []string{run}
	}
	var list []string
	prev := 0
	for i, r := range run {
		if i > 0 {
			list = append(list, run[prev:i+utf8.RuneLen(r)])
			prev = i
		}
	}
	return list
}

// idf says how much a pair tells: 卫生 is in many names, 辅具 in few. A pair that
// no item has counts little, so that words around the thing meant do no harm.
func (x *index) idf(g string) float32 {
	df := len(x.grams[g])
	if df == 0 {
		return unknownGram
	}
	return float32(math.Log(1 + float64(len(x.docs))/float64(df)))
}

const unknownGram = 3
