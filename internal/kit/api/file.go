package api

import (
	"io"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Upload is a body taken as it comes. Embed it in an input; read it once. It
// ends with an error where the operation's MaxBytes end.
type Upload struct {
	body io.Reader
	typ  string
}

// Resolve is called by huma before the handler.
func (u *Upload) Resolve(hc huma.Context) []error {
	r, _ := humago.Unwrap(hc)
	u.body, u.typ = r.Body, r.Header.Get("Content-Type")
	return nil
}

// Reader returns the body.
func (u *Upload) Reader() io.Reader { return u.body }

// Type returns the media type the caller claims. Look at the bytes before
// believing it.
func (u *Upload) Type() string { return u.typ }

// File is an output that is not JSON.
type File struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	NoSniff     string `header:"X-Content-Type-Options"`
	Body        func(huma.Context)
}

// NewFile answers with the bytes of body, which is closed, under a file name.
func NewFile(contentType, name string, body io.ReadCloser) *File {
	return &File{
		ContentType: contentType,
		Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": name}),
		NoSniff:     "nosniff",
		Body: func(hc huma.Context) {
			defer body.Close() //nolint:errcheck // read only
			hc.SetStatus(http.StatusOK)
			_, _ = io.Copy(hc.BodyWriter(), body) // fails when the client has gone
		},
	}
}
