package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

const dialect = "https://json-schema.org/draft/2020-12/schema"

// AnswerSchema is the JSON Schema (2020-12) of the answers of a service, as the
// API takes them; docs show it to callers. It says of what type each answer is, not whether it is right:
// a draft may hold a wrong answer, and Evaluate says what is wrong. null takes
// an answer away.
func AnswerSchema(svc contract.Service) ([]byte, error) {
	doc := map[string]any{
		"$schema": dialect, "title": svc.Name.ZH, "description": svc.Name.EN,
		"type": "object", "properties": properties(fieldsOf(svc), true), "additionalProperties": false,
	}
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema of answers: %w", err)
	}
	return b, nil
}

func properties(fields []contract.Field, null bool) map[string]any {
	all := map[string]any{}
	for _, f := range fields {
		if shown(f.Kind) {
			continue
		}
		p := schemaOf(f)
		p["title"], p["description"] = f.Label.ZH, f.Label.EN
		if null {
			p["type"] = []any{p["type"], "null"}
			if values, ok := p["enum"].([]any); ok {
				p["enum"] = append(values, nil)
			}
		}
		all[f.ID] = p
	}
	return all
}

const (
	datePattern   = `[0-9]{4}-[0-9]{2}-[0-9]{2}`
	degreePattern = `-?[0-9]{1,3}([.][0-9]+)?`
)

func schemaOf(f contract.Field) map[string]any {
	text := func(most int) map[string]any { return map[string]any{"type": "string", "maxLength": most} }
	pattern := func(p string) map[string]any { return map[string]any{"type": "string", "pattern": "^(" + p + ")?$"} }
	options := make([]any, 0, len(f.Options)+1)
	for _, o := range f.Options {
		options = append(options, o.ID)
	}
	switch f.Kind {
	case KindInteger, KindMoney:
		return map[string]any{"type": "integer"}
	case KindDecimal:
		return map[string]any{"type": "number"}
	case KindYesNo, KindDeclaration:
		return map[string]any{"type": "boolean"}
	case KindChoice:
		return map[string]any{"type": "string", "enum": append(options, "")}
	case KindChoices:
		return map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": options}, "maxItems": len(options)}
	case KindDate:
		return pattern(datePattern)
	case KindPeriod:
		return pattern(datePattern + "/" + datePattern)
	case KindPoint:
		return pattern(degreePattern + "," + degreePattern)
	case KindDivision:
		return pattern(`[0-9]{2,12}`)
	case KindSignature:
		return text(maxPath + len(drawnPrefix))
	case KindGroup, KindTable:
		row := map[string]any{"type": "object", "properties": properties(f.Fields, true), "additionalProperties": false}
		return map[string]any{"type": "array", "items": row, "maxItems": maxRows}
	}
	return text(maxTyped)
}

// ValidateAnswers compares answers with AnswerSchema. The faults name the
// fields, those of cells as "members.0.income"; names that the form does not
// have are counted and never repeated, and neither are values.
func (c *Compiled) ValidateAnswers(answers map[string]json.RawMessage) ([]fault.Field, error) {
	c.schemaOnce.Do(func() { c.schema, c.schemaErr = compileSchema(c.Service) })
	if c.schemaErr != nil {
		return nil, c.schemaErr
	}
	instance := make(map[string]any, len(answers))
	for name, raw := range answers {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil { // the caller decoded the whole; a part of it cannot be broken
			v = struct{}{}
		}
		instance[name] = v
	}
	err := c.schema.Validate(instance)
	var wrong *jsonschema.ValidationError
	if err == nil || !errors.As(err, &wrong) {
		return nil, err
	}
	faults := map[string]*fault.Error{}
	c.blame(wrong, faults)
	return ordered(c, faults), nil
}

func compileSchema(svc contract.Service) (*jsonschema.Schema, error) {
	text, err := AnswerSchema(svc)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("schema of answers: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	const at = "answers.json"
	if err := compiler.AddResource(at, doc); err != nil {
		return nil, fmt.Errorf("schema of answers: %w", err)
	}
	schema, err := compiler.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("schema of answers: %w", err)
	}
	return schema, nil
}

// blame turns the leaves of a validation error into faults of fields.
func (c *Compiled) blame(e *jsonschema.ValidationError, faults map[string]*fault.Error) {
	for _, cause := range e.Causes {
		c.blame(cause, faults)
	}
	if len(e.Causes) > 0 {
		return
	}
	name := c.fieldAt(e.InstanceLocation)
	if extra, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		faults[name] = fault.New(fault.Invalid, "form.field.unknown", "n", len(extra.Properties))
		return
	}
	f, ok := c.Field(name)
	if !ok {
		faults[name] = fault.New(fault.Invalid, "form.field.unknown", "n", 1)
		return
	}
	faults[f.ID] = invalid(f, codeOf(f, e.ErrorKind), "n", maxRows)
}

// fieldAt names the field of a place in the document: the cell of a group, or
// the group and row where a cell has an unknown name; "answers" at the top.
func (c *Compiled) fieldAt(path []string) string {
	if len(path) == 0 {
		return "answers"
	}
	if Rows(c.kinds[path[0]]) && len(path) > 1 {
		if _, known := c.Field(strings.Join(path[:min(3, len(path))], ".")); known || len(path) == 2 {
			return strings.Join(path[:min(3, len(path))], ".")
		}
	}
	return path[0]
}

func codeOf(f contract.Field, k jsonschema.ErrorKind) string {
	switch k.(type) {
	case *kind.Enum:
		return "form.field.option"
	case *kind.MaxItems:
		if Rows(f.Kind) {
			return "form.field.rows_many"
		}
		return "form.field.option"
	case *kind.Pattern:
		switch f.Kind {
		case KindDate:
			return "form.field.date"
		case KindPeriod:
			return "form.field.period"
		case KindPoint:
			return "form.field.map_point"
		case KindDivision:
			return "form.field.division"
		}
	}
	return "form.field.type"
}

// ordered lists faults in the order of the form.
func ordered(c *Compiled, faults map[string]*fault.Error) []fault.Field {
	place := map[string]int{}
	for i, f := range c.Fields() {
		place[f.ID] = i + 1
	}
	names := slices.Sorted(maps.Keys(faults))
	slices.SortStableFunc(names, func(x, y string) int {
		a, _, _ := strings.Cut(x, ".")
		b, _, _ := strings.Cut(y, ".")
		return place[a] - place[b]
	})
	list := make([]fault.Field, 0, len(names))
	for _, name := range names {
		list = append(list, fault.Field{Name: name, Err: faults[name]})
	}
	return list
}
