package api

import (
	"reflect"
	"testing"
)

func TestIsText(t *testing.T) {
	t.Parallel()
	type body struct {
		Name  string
		More  *body
		List  []string
		Any   map[string]any
		Bytes []byte
		ours  string
	}
	for name, c := range map[string]struct {
		v    any
		text bool
	}{
		"nothing":          {&body{}, true},
		"Chinese":          {&body{Name: "广安", List: []string{"区"}}, true},
		"bytes are a file": {&body{Bytes: []byte{0, 0xff}}, true},
		"ours":             {&body{ours: "\x00"}, true},
		"a zero":           {&body{Name: "a\x00"}, false},
		"not UTF-8":        {&body{Name: "\xff"}, false},
		"deep":             {&body{More: &body{Any: map[string]any{"a": []any{"b", "\x00"}}}}, false},
		"a key":            {&body{Any: map[string]any{"\x00": 1}}, false},
		"in a list":        {&body{List: []string{"a", "\x00"}}, false},
	} {
		if got := isText(reflect.ValueOf(c.v)); got != c.text {
			t.Errorf("%s: %v", name, got)
		}
	}
}
