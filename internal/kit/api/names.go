package api

import (
	"path"
	"reflect"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
)

// names gives the schemas of the document their names. Areas do not know each
// other and use the same words ("listOut"), so the area stands before them.
type names struct {
	area string // whose operation is being registered; for types without a name
}

func (n *names) name(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	area := n.area
	if t.Name() != "" {
		area = areaOf(t)
	}
	return area + huma.DefaultSchemaNamer(t, hint)
}

// areaOf returns "Form" for a type of formweb or form, and nothing for the
// shared words of contract.
func areaOf(t reflect.Type) string {
	area := strings.TrimSuffix(path.Base(t.PkgPath()), "web")
	if area == "." || area == "contract" {
		return ""
	}
	r := []rune(area)
	return string(unicode.ToUpper(r[0])) + string(r[1:])
}
