package catalog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// Schemas returns the JSON Schemas (draft 2020-12) of the package format by file
// name, for editors and for other people's tools. They are made from the types
// that the program reads packages with, so they cannot fall behind.
func Schemas() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, s := range map[string]struct {
		title string
		of    reflect.Type
	}{
		"service": {"service.yaml of a Tongban service package", reflect.TypeFor[contract.Service]()},
		"form":    {"form.yaml of a Tongban service package", reflect.TypeFor[contract.Form]()},
	} {
		w := schemaWriter{defs: map[string]any{}}
		root := w.object(s.of)
		root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		root["title"] = s.title
		root["$defs"] = w.defs
		text, err := json.MarshalIndent(root, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", name, err)
		}
		out[fmt.Sprintf("%s-%d.json", name, contract.Format)] = append(text, '\n')
	}
	return out, nil
}

// schemaWriter collects the types that a schema uses under $defs.
type schemaWriter struct{ defs map[string]any }

// enums are the closed lists of values, by type and key.
func enums() map[string][]string {
	return map[string][]string{
		"Service.procedure":   procedures,
		"Guide.objects":       objects,
		"Limits.unit":         units,
		"MaterialSpec.origin": origins,
		"MaterialSpec.types":  fileTypes,
		"Field.kind":          fieldKinds,
		"LicenceSpec.effect":  effects[1:],
		"SpecialSpec.kind":    specials,
		"StageSpec.stage":     stages,
	}
}

// needed are the keys without which a thing means nothing.
func needed() map[string][]string {
	return map[string][]string{
		"Service":      {"format", "item", "name", "agency", "procedure", "guide", "limits", "handling"},
		"Form":         {"pages"},
		"Page":         {"id", "title", "fields"},
		"Field":        {"id", "kind", "label"},
		"Option":       {"id", "label"},
		"MaterialSpec": {"id", "name", "origin", "basis"},
		"Check":        {"rule", "message"},
		"Part":         {"id", "item"},
		"SignerSpec":   {"id", "name", "name_field", "number_field", "text"},
		"LicenceSpec":  {"type_code", "name"},
		"LicenceLine":  {"label", "value"},
		"Setting":      {"name", "value", "source"},
		"Added":        {"type", "department", "why"},
		"Unit":         {"id", "agency", "task", "days"},
		"SpecialSpec":  {"kind", "days", "text"},
		"StageSpec":    {"stage", "name"},
	}
}

// object describes a struct by its yaml keys; what it does not know is refused,
// as Load refuses it.
func (w schemaWriter) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || key == "" {
			continue
		}
		properties[key] = w.value(f.Type, enums()[t.Name()+"."+key])
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if keys := needed()[t.Name()]; len(keys) > 0 {
		s["required"] = keys
	}
	return s
}

func (w schemaWriter) value(t reflect.Type, enum []string) map[string]any {
	switch t.Kind() { //nolint:exhaustive // the format has no other kinds
	case reflect.Pointer:
		return w.value(t.Elem(), enum)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": w.value(t.Elem(), enum)}
	case reflect.Struct:
		if t == textType {
			w.defs["Text"] = map[string]any{
				"type": "object", "description": "one text in Chinese and English",
				"properties": map[string]any{
					"zh": map[string]any{"type": "string"},
					"en": map[string]any{"type": "string"},
				},
				"required": []string{"zh", "en"}, "additionalProperties": false,
			}
			return map[string]any{"$ref": "#/$defs/Text"}
		}
		if _, known := w.defs[t.Name()]; !known {
			w.defs[t.Name()] = true // a field has fields: do not go round
			w.defs[t.Name()] = w.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": w.value(t.Elem(), nil)}
	case reflect.Interface:
		return map[string]any{} // as the kind of the field says
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	s := map[string]any{"type": "string"}
	if enum != nil {
		s["enum"] = enum
	}
	return s
}
