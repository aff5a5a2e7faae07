package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults of a body we could not read.
var (
	ErrTooLarge = fault.New(fault.TooLarge, "form.too_large")
	ErrBroken   = fault.New(fault.Invalid, "form.broken")
)

// fileMemory is how much of an upload is held in memory; the rest is on disk.
const fileMemory = 1 << 20

// Form is what a person sent, with what is wrong with it. A nil *Form is an
// empty one, so that a page can be shown before anything was sent.
type Form struct {
	Values url.Values
	Files  map[string][]*multipart.FileHeader
	// Err is why the form came back: the first thing the summary says.
	Err    error
	faults []fault.Field
}

// NewForm returns a form that shows the given values, for editing.
func NewForm(values url.Values) *Form { return &Form{Values: values} }

// ReadForm reads the form of r, urlencoded or multipart, of at most limitBytes.
func ReadForm(w http.ResponseWriter, r *http.Request, limitBytes int64) (*Form, error) {
	limit(w, r, limitBytes)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(fileMemory) //nolint:gosec // limit above bounds the body
	} else {
		err = r.ParseForm()
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, ErrTooLarge.Wrap(err)
	}
	if err != nil {
		return nil, ErrBroken.Wrap(err)
	}
	f := &Form{Values: r.PostForm}
	if r.MultipartForm != nil {
		f.Values, f.Files = r.MultipartForm.Value, r.MultipartForm.File
	}
	for _, vs := range f.Values {
		cleanAll(vs)
	}
	return f, nil
}

// Body returns the raw body of r, of at most limitBytes.
func Body(w http.ResponseWriter, r *http.Request, limitBytes int64) io.ReadCloser {
	limit(w, r, limitBytes)
	return r.Body
}

// Get returns the value of a field without the blanks around it.
func (f *Form) Get(name string) string {
	if f == nil {
		return ""
	}
	return strings.TrimSpace(f.Values.Get(name))
}

// Raw returns the value of a field just as it was typed.
func (f *Form) Raw(name string) string {
	if f == nil {
		return ""
	}
	return f.Values.Get(name)
}

// All returns every value of a field, as checkboxes send them.
func (f *Form) All(name string) []string {
	if f == nil {
		return nil
	}
	return f.Values[name]
}

// Has reports whether the field was sent with the value.
func (f *Form) Has(name, value string) bool { return slices.Contains(f.All(name), value) }

// File returns the uploads of a field.
func (f *Form) File(name string) []*multipart.FileHeader {
	if f == nil {
		return nil
	}
	return f.Files[name]
}

// Fail takes over what err says about the fields and reports whether it is the
// person's to mend: if not, the handler returns err itself.
func (f *Form) Fail(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || (e.Kind != fault.Invalid && e.Kind != fault.Conflict && e.Kind != fault.TooLarge) {
		return false
	}
	f.Err = e
	f.faults = append(f.faults, e.Fields...)
	return true
}

// Add records a fault of one field.
func (f *Form) Add(name, code string, args ...any) {
	f.faults = append(f.faults, fault.Field{Name: name, Err: fault.New(fault.Invalid, code, args...)})
}

// Fault returns what is wrong with a field, or nil.
func (f *Form) Fault(name string) *fault.Error {
	if f == nil {
		return nil
	}
	for _, x := range f.faults {
		if x.Name == name {
			return x.Err
		}
	}
	return nil
}

// Faults lists what is wrong, in the order of the page.
func (f *Form) Faults() []fault.Field {
	if f == nil {
		return nil
	}
	return f.faults
}

// Bad reports whether anything is wrong.
func (f *Form) Bad() bool { return f != nil && (f.Err != nil || len(f.faults) > 0) }

// whole returns the fault that belongs to no field, if there is one to say.
func (f *Form) whole() *fault.Error {
	if f == nil || len(f.faults) > 0 {
		return nil
	}
	e, _ := errors.AsType[*fault.Error](f.Err)
	return e
}
