package api

import (
	"iter"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/kit/fault"
)

// errNoText refuses what JSON can carry and PostgreSQL cannot keep.
var errNoText = fault.New(fault.Invalid, "api.unreadable")

// isText reports whether every string in v is text: UTF-8 without zeros. What is
// not exported is ours.
func isText(v reflect.Value) bool {
	switch v.Kind() { //nolint:exhaustive // all others hold no string
	case reflect.String:
		return utf8.ValidString(v.String()) && !strings.Contains(v.String(), "\x00")
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || isText(v.Elem())
	case reflect.Struct:
		for field, x := range v.Fields() {
			if field.IsExported() && !isText(x) {
				return false
			}
		}
	case reflect.Slice:
		// Bytes are files and JSON not yet read, whose zeros are escaped.
		return v.Type().Elem().Kind() == reflect.Uint8 || all(v.Seq2(), false)
	case reflect.Map:
		return all(v.Seq2(), true)
	}
	return true
}

func all(entries iter.Seq2[reflect.Value, reflect.Value], keys bool) bool {
	for key, x := range entries {
		if keys && !isText(key) || !isText(x) {
			return false
		}
	}
	return true
}
