package casework

import (
	"context"
	"errors"
	"io"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Intake looks at a file on its way into storage as the form does: its type by
// content, its size, malware. It runs outside any transaction. A file that is
// refused is a fault of kind Invalid.
type Intake interface {
	Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error)
}

// Upload is one file that somebody hands in.
type Upload struct {
	Name string
	Body io.Reader
}

// ErrNoFiles means that this installation takes no files here.
var ErrNoFiles = fault.New(fault.Unavailable, "casework.no_files")

// take stores files one by one; the first that is refused ends it. A file that
// was stored already belongs to nothing and is found by the sweep of blobs.
func (s *Service) take(ctx context.Context, spec contract.MaterialSpec, files []Upload) ([]contract.Material, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if s.c.Intake == nil {
		return nil, ErrNoFiles
	}
	list := make([]contract.Material, 0, len(files))
	for _, f := range files {
		m, err := s.c.Intake.Take(ctx, spec, f.Name, f.Body)
		if err != nil {
			return nil, inField("files", err)
		}
		list = append(list, m)
	}
	return list, nil
}

// KeepsBlob tells whether a case names a stored file: a material, a document or
// the file of a message.
func (s *Service) KeepsBlob(ctx context.Context, id contract.BlobID) (bool, error) {
	return keepsBlob(ctx, s.c.DB, id)
}

// inField says of a fault which field of the form it is about.
func inField(name string, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Invalid || len(e.Fields) > 0 {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Args: []any{"n", 1}, Fields: []fault.Field{{Name: name, Err: e}}}
}
