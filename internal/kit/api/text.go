package api

import (
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
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !isText(v.Field(i)) {
				return false
			}
		}
	case reflect.Slice:
		// Bytes are files and JSON not yet read, whose zeros are escaped.
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return true
		}
		for i := range v.Len() {
			if !isText(v.Index(i)) {
				return false
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if !isText(key) || !isText(v.MapIndex(key)) {
				return false
			}
		}
	}
	return true
}
