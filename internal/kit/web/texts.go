package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// The languages pages are written in; zh-CN is the reference.
const (
	ZH = "zh-CN"
	EN = "en"
)

// Locales lists the languages in the order people are offered them.
func Locales() []string { return []string{ZH, EN} }

//go:embed locale/*.json
var kitTexts embed.FS

// Text is one sentence, in English with a singular where it counts something.
type Text struct {
	One   string `json:"one,omitempty"`
	Other string `json:"other"`
}

// UnmarshalJSON reads a plain sentence or {"one": ..., "other": ...}.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.Other)
	}
	type plain Text
	return json.Unmarshal(b, (*plain)(t))
}

// Texts holds every sentence people can read, by language and key.
type Texts struct {
	byLocale map[string]map[string]Text
	// Missing is told of a key without a sentence; tests fail there.
	Missing func(locale, key string)
}

// NewTexts returns the sentences of the kit and of the given file systems,
// each with locale/zh-CN.json and locale/en.json. A broken file or a key that
// two of them claim stops the program: it is found at start.
func NewTexts(files ...fs.FS) *Texts {
	t := &Texts{byLocale: map[string]map[string]Text{}, Missing: func(string, string) {}}
	for _, f := range append([]fs.FS{kitTexts}, files...) {
		for _, loc := range Locales() {
			t.mustAdd(f, loc)
		}
	}
	return t
}

func (t *Texts) mustAdd(f fs.FS, loc string) {
	b, err := fs.ReadFile(f, "locale/"+loc+".json")
	if err != nil {
		panic(fmt.Errorf("read texts: %w", err))
	}
	var m map[string]Text
	if err := json.Unmarshal(b, &m); err != nil {
		panic(fmt.Errorf("read texts %s: %w", loc, err))
	}
	if t.byLocale[loc] == nil {
		t.byLocale[loc] = map[string]Text{}
	}
	for k, v := range m {
		if _, taken := t.byLocale[loc][k]; taken {
			panic(fmt.Errorf("text %q is defined twice in %s", k, loc))
		}
		t.byLocale[loc][k] = v
	}
}

// Has reports whether there is a sentence for key.
func (t *Texts) Has(key string) bool {
	_, ok := t.byLocale[ZH][key]
	return ok
}

// Keys lists every key of a language, sorted.
func (t *Texts) Keys(locale string) []string {
	return slices.Sorted(maps.Keys(t.byLocale[locale]))
}

// T returns the sentence of key with its holes filled. Args are name, value
// pairs; the pair named "n" also decides between singular and plural. Dates,
// times and durations are written as people read them.
func (t *Texts) T(locale, key string, args ...any) string {
	x, ok := t.byLocale[locale][key]
	if !ok {
		t.Missing(locale, key)
		return key
	}
	s := x.Other
	if x.One != "" && isOne(args) {
		s = x.One
	}
	if len(args) == 0 {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), t.argument(locale, args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Worded is an argument with words of its own in each language, as the label
// of a field that a service package brings.
type Worded interface{ In(locale string) string }

func isOne(args []any) bool {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" {
			return fmt.Sprint(args[i+1]) == "1"
		}
	}
	return false
}
