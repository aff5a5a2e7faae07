// Package fault defines the errors that a person may be told about.
//
// An error carries a message key and arguments, never a sentence: the sentence
// stands in the locale files and is chosen when the error is shown.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says how the outside world should treat an error.
type Kind uint8

// The zero Kind is Internal: an error nobody classified is our own bug.
const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Denied
	NotFound
	Conflict
	TooMany
	TooLarge
	Unavailable
)

// Error carries a message key, never a sentence.
type Error struct {
	Kind Kind
	Code string
	// Args are name, value pairs for the holes of the message.
	Args []any
	// Fields holds one fault per field of a form, in the order they stand on the page.
	Fields []Field
	err    error
}

// Field is a fault of one field.
type Field struct {
	Name string
	Err  *Error
}

// New returns an error of the given kind. Args are name, value pairs.
func New(kind Kind, code string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Args: args}
}

// Wrap returns a copy of e that keeps cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.err = cause
	return &c
}

// With returns a copy of e with other arguments.
func (e *Error) With(args ...any) *Error {
	c := *e
	c.Args = args
	return &c
}

// Error is for the log; it is never shown.
func (e *Error) Error() string {
	parts := []string{e.Code}
	for _, f := range e.Fields {
		parts = append(parts, f.Name+"="+f.Err.Code)
	}
	s := strings.Join(parts, " ")
	if e.err != nil {
		return fmt.Sprintf("%s: %v", s, e.err)
	}
	return s
}

// Unwrap returns what Wrap was given.
func (e *Error) Unwrap() error { return e.err }

// Is matches on the code, so a package can export one sentinel per code.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Code == e.Code
}

// KindOf reports the kind of err, Internal when it has none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Form collects the faults of a form. The zero value is empty and ready.
type Form struct{ fields []Field }

// Add records a fault of one field; only the first fault of a field is kept.
func (f *Form) Add(name, code string, args ...any) {
	if !slices.ContainsFunc(f.fields, func(x Field) bool { return x.Name == name }) {
		f.fields = append(f.fields, Field{Name: name, Err: New(Invalid, code, args...)})
	}
}

// Err returns nil when nothing was added.
func (f *Form) Err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "form.invalid", Args: []any{"n", len(f.fields)}, Fields: f.fields}
}

// FieldsOf returns the field faults that err carries.
func FieldsOf(err error) []Field {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}
