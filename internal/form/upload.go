package form

import (
	"errors"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/fault"
)

// mediaTypes are the types of file that a package may take.
var mediaTypes = map[string]string{"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}

const (
	megabyte = 1 << 20
	maxName  = 100 // characters of a file's name
)

// inspect looks at a whole file: what it is by its content, and whether it could
// hurt whoever opens it.
func inspect(body []byte) (document.Info, error) {
	info, err := document.Inspect(body)
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return info, fault.New(fault.Invalid, "form.file."+strings.TrimPrefix(e.Code, "document."), e.Args...).Wrap(err)
	}
	return info, err
}

// accept decides whether a material takes a file of this content and name.
func accept(spec contract.MaterialSpec, kind, name string) error {
	if kind == "" || !slices.Contains(spec.Types, kind) {
		return fault.New(fault.Invalid, "form.file.type", "types", strings.ToUpper(strings.Join(spec.Types, ", ")))
	}
	ext := extension(name)
	if known := extKind(ext); ext != "" && known != kind {
		return fault.New(fault.Invalid, "form.file.mismatch", "kind", strings.ToUpper(kind))
	}
	return nil
}

func extension(name string) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if len(ext) > 5 || strings.ContainsFunc(ext, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > unicode.MaxASCII }) {
		return ""
	}
	if strings.Trim(ext, "0123456789") == "" { // 检测报告.2026 is a name, not a type
		return ""
	}
	return ext
}

func extKind(ext string) string {
	switch ext {
	case "jpg", "jpeg", "jpe", "jfif":
		return "jpg"
	}
	return ext
}

// fileName makes a name that is safe to show and to save under: no folders, no
// control or direction characters, no signs that shells, browsers or Windows
// read as something else, and the ending of what the file is.
func fileName(given, kind string) string {
	name := given[strings.LastIndexAny(given, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune("<>:\"|?*&;$`'%{}#", r) {
			return '_'
		}
		return r
	}, clean(name, false))
	name = strings.Trim(strings.TrimSpace(name), ".")
	if extKind(extension(name)) == kind {
		name = name[:len(name)-len(path.Ext(name))]
	}
	name = strings.Trim(strings.TrimSpace(name), ".")
	if strings.Trim(name, "_ ") == "" {
		name = "file"
	}
	if utf8.RuneCountInString(name) > maxName {
		name = string([]rune(name)[:maxName])
	}
	return name + "." + kind
}
