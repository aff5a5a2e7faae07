package form

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Upload is a file as it comes in. What the sender calls its type is not asked.
type Upload struct {
	Name string
	Body io.Reader
}

// Attach stores a file for a material of the draft. The same file again is the
// one that is there.
func (s *Service) Attach(ctx context.Context, actor auth.Principal, id contract.DraftID, material string, u Upload) (contract.Material, error) {
	r, err := s.load(ctx, actor, id, "form.edit")
	if err != nil {
		return contract.Material{}, err
	}
	c, d, err := s.draft(ctx, actor, r)
	if err != nil {
		return contract.Material{}, err
	}
	spec, err := s.takes(d, material)
	if err != nil {
		return contract.Material{}, err
	}
	m, err := s.take(ctx, spec, u)
	if err != nil {
		return contract.Material{}, err
	}
	if err := s.count(c, &r, d, append(slices.Clone(d.Files), m)); err != nil {
		return contract.Material{}, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return attach(ctx, tx, r, spec, &m) })
	return m, err
}

// count puts the progress with these files into the row, and the times.
func (s *Service) count(c *Compiled, r *row, d Draft, files []contract.Material) error {
	d.Files = files
	if err := s.judge(c, &d); err != nil {
		return err
	}
	r.Done, r.Total = d.Result.Progress()
	r.Saved = s.c.Now()
	r.Expires = later(r.Expires, r.Saved.Add(keep))
	return nil
}

// takes returns the specification of a material that the draft takes files for.
func (s *Service) takes(d Draft, material string) (contract.MaterialSpec, error) {
	if d.Receipt != nil {
		return contract.MaterialSpec{}, ErrSubmitted
	}
	m, ok := d.Result.Material(material)
	if !ok || m.Spec.Origin != OriginUpload {
		return contract.MaterialSpec{}, fault.New(fault.NotFound, "form.file.unasked")
	}
	if d.Correction != nil && !d.opens("material", material) {
		return contract.MaterialSpec{}, ErrNotOpen
	}
	return m.Spec, nil
}

// take looks at a file while it goes into storage. It runs outside any
// transaction.
func (s *Service) take(ctx context.Context, spec contract.MaterialSpec, u Upload) (contract.Material, error) {
	in, err := inspect(u.Body)
	if err != nil {
		return contract.Material{}, err
	}
	if err := accept(spec, in.kind, clean(u.Name, false)); err != nil {
		return contract.Material{}, err
	}
	megabytes := min(spec.MaxMB, s.c.MaxUploadMB)
	blob, size, err := s.c.Blobs.Put(ctx, in.r, int64(megabytes)*megabyte)
	if fault.KindOf(err) == fault.TooLarge {
		return contract.Material{}, fault.New(fault.Invalid, "form.file.large", "mb", megabytes).Wrap(err)
	}
	if err != nil {
		return contract.Material{}, fmt.Errorf("store upload: %w", err)
	}
	if err := in.finish(size); err != nil {
		return contract.Material{}, err
	}
	return contract.Material{
		ID: spec.ID, File: s.c.NewID(), Name: fileName(u.Name, in.kind), Type: mediaTypes[in.kind], Size: size,
		Blob: contract.BlobID(blob), At: s.c.Now(), Level: uploadLevel, Origin: OriginUpload,
	}, nil
}

func attach(ctx context.Context, tx db.Tx, r row, spec contract.MaterialSpec, m *contract.Material) error {
	// First the draft's own row: it keeps two uploads apart while they count.
	open, err := touchDraft(ctx, tx, r)
	if err != nil {
		return err
	}
	if !open {
		return ErrSubmitted
	}
	files, err := selectFiles(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if f.ID != spec.ID {
			continue
		}
		if f.Blob == m.Blob {
			*m = f
			return nil
		}
		n++
	}
	if n >= spec.MaxFiles {
		return fault.New(fault.Invalid, "form.file.count", "n", spec.MaxFiles)
	}
	return insertFile(ctx, tx, r.ID, *m)
}

// Detach removes a file from the draft.
func (s *Service) Detach(ctx context.Context, actor auth.Principal, id contract.DraftID, file string) error {
	r, err := s.load(ctx, actor, id, "form.edit")
	if err != nil {
		return err
	}
	if !r.Submitted.IsZero() {
		return ErrSubmitted
	}
	c, d, err := s.draft(ctx, actor, r)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(d.Files), func(m contract.Material) bool { return m.File == file })
	if err := s.count(c, &r, d, left); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		open, err := touchDraft(ctx, tx, r)
		if err != nil || !open {
			return errors.Join(err, onlyIf(err == nil, ErrSubmitted))
		}
		// A file that is gone already is what was asked for.
		_, err = deleteFile(ctx, tx, id, file)
		return err
	})
}

// File opens a file of the draft. The caller closes it.
func (s *Service) File(ctx context.Context, actor auth.Principal, id contract.DraftID, file string) (contract.Material, io.ReadCloser, error) {
	if _, err := s.load(ctx, actor, id, "form.view"); err != nil {
		return contract.Material{}, nil, err
	}
	files, err := selectFiles(ctx, s.c.DB, id)
	if err != nil {
		return contract.Material{}, nil, err
	}
	i := slices.IndexFunc(files, func(m contract.Material) bool { return m.File == file })
	if i < 0 {
		return contract.Material{}, nil, ErrNotFound
	}
	body, err := s.c.Blobs.Open(ctx, string(files[i].Blob))
	if err != nil {
		return contract.Material{}, nil, fmt.Errorf("open upload: %w", err)
	}
	return files[i], body, nil
}
