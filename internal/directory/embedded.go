package directory

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed data/divisions.txt.gz
var packed []byte

// table is the embedded divisions: one text and where each name stands in it,
// in the order of a walk through the tree. It takes about two megabytes.
type table struct {
	names   string
	entries []entry
}

type entry struct {
	key      uint64 // code padded to twelve digits
	from, to uint32 // of the name
	level    Level
}

// embedded unpacks the table when it is first needed.
var embedded = sync.OnceValues(unpack)

func unpack() (*table, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("divisions: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("divisions: %w", err)
	}
	t := &table{names: string(text), entries: make([]entry, 0, bytes.Count(text, []byte{'\n'}))}
	var path [Village + 1]uint64
	for at := 0; at < len(t.names); {
		end := at + strings.IndexByte(t.names[at:], '\n')
		if end < at {
			return nil, fmt.Errorf("divisions: last line is cut off")
		}
		e, err := t.parse(at, end, &path)
		if err != nil {
			return nil, err
		}
		t.entries = append(t.entries, e)
		at = end + 1
	}
	return t, nil
}

// units are what one digit of a level's segment counts in a padded code.
var units = [...]uint64{0, 1e10, 1e8, 1e6, 1e3, 1}

// parse reads one line: level, segment, name.
func (t *table) parse(at, end int, path *[Village + 1]uint64) (entry, error) {
	level := Level(t.names[at] - '0')
	if level < Province || level > Town {
		return entry{}, fmt.Errorf("divisions: level at %d", at)
	}
	name := at + 1 + widths[level] - widths[level-1]
	if name >= end {
		return entry{}, fmt.Errorf("divisions: short line at %d", at)
	}
	segment, ok := number(t.names[at+1 : name])
	if !ok {
		return entry{}, fmt.Errorf("divisions: code at %d", at)
	}
	path[level] = path[level-1] + segment*units[level]
	return entry{key: path[level], level: level, from: uint32(name), to: uint32(end)}, nil //nolint:gosec // under a megabyte
}

func number(s string) (n uint64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, s != ""
}

func keyOf(code string) (key uint64, level Level, ok bool) {
	level = LevelOf(code)
	if level == 0 {
		return 0, 0, false
	}
	n, _ := number(code)
	return n * units[level], level, true
}

func compare(e, to entry) int {
	switch {
	case e.key < to.key:
		return -1
	case e.key > to.key:
		return 1
	}
	return int(e.level) - int(to.level)
}

func (t *table) index(code string) (int, bool) {
	key, level, ok := keyOf(code)
	if !ok {
		return 0, false
	}
	return slices.BinarySearchFunc(t.entries, entry{key: key, level: level}, compare)
}

func (t *table) division(e entry) Division {
	code := fmt.Sprintf("%012d", e.key)[:widths[e.level]]
	name := t.names[e.from:e.to]
	return Division{Code: code, Parent: parentOf(code), Name: name, Level: e.level, Official: official(code, name)}
}

func (t *table) find(code string) (Division, bool) {
	i, ok := t.index(code)
	if !ok {
		return Division{}, false
	}
	return t.division(t.entries[i]), true
}

// children returns the divisions directly below code; below "" are the provinces.
func (t *table) children(code string) []Division {
	i, level := -1, Level(0)
	if code != "" {
		var ok bool
		if i, ok = t.index(code); !ok {
			return nil
		}
		level = t.entries[i].level
	}
	var list []Division
	for _, e := range t.entries[i+1:] {
		if e.level <= level {
			break
		}
		if e.level == level+1 {
			list = append(list, t.division(e))
		}
	}
	return list
}

// search returns divisions whose name has q: whole names first, then higher
// levels first.
func (t *table) search(q string, limit int) []Division {
	type hit struct {
		e     entry
		exact bool
	}
	var hits []hit
	for _, e := range t.entries {
		name := t.names[e.from:e.to]
		if strings.Contains(name, q) && !pseudo[name] {
			hits = append(hits, hit{e, name == q})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		if a.exact != b.exact {
			if a.exact {
				return -1
			}
			return 1
		}
		return int(a.e.level) - int(b.e.level)
	})
	list := make([]Division, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		list = append(list, t.division(h.e))
	}
	return list
}
