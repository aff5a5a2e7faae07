package form

import (
	"bytes"
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

// hands loads a draft that the actor may hand in files for: its owner while it
// is open, one of its signers while it waits for them. The signer's id tells
// which ("" is the owner).
func (s *Service) hands(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string) (row, Draft, error) {
	if signer != "" {
		g, err := s.signing(ctx, actor, id, signer)
		return g.r, g.d, err
	}
	r, _, d, err := s.open(ctx, actor, id)
	return r, d, err
}

// Attach stores a file for a material of the draft. The same file again is the
// one that is there.
func (s *Service) Attach(ctx context.Context, actor auth.Principal, id contract.DraftID, material string, u Upload) (contract.Material, error) {
	return s.attachAs(ctx, actor, id, "", material, u)
}

// AttachSigner is Attach for a signer's own material.
func (s *Service) AttachSigner(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, material string, u Upload) (contract.Material, error) {
	return s.attachAs(ctx, actor, id, signer, material, u)
}

func (s *Service) attachAs(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, material string, u Upload) (contract.Material, error) {
	r, d, err := s.hands(ctx, actor, id, signer)
	if err != nil {
		return contract.Material{}, err
	}
	state, err := s.wants(d, signer, material, contract.MaterialUpload)
	if err != nil {
		return contract.Material{}, err
	}
	spec := state.Spec
	body, err := s.bytes(spec, u.Body)
	if err != nil {
		return contract.Material{}, err
	}
	m, err := s.take(ctx, spec, u.Name, body)
	if err != nil {
		return contract.Material{}, err
	}
	m.Signer = signer
	return m, s.keep(ctx, actor, r, d, spec, &m)
}

func (s *Service) maxBytes(spec contract.MaterialSpec) int64 {
	return int64(min(max(spec.MaxMB, 1), s.c.MaxUploadMB)) * megabyte
}

func (s *Service) tooLarge(spec contract.MaterialSpec) error {
	return fault.New(fault.Invalid, "form.file.large", "mb", s.maxBytes(spec)/megabyte)
}

// wants returns a material that the draft asks of the applicant, or of one of
// its signers, and that may come in that way: what the guide does not list is
// not taken.
func (s *Service) wants(d Draft, signer, material, way string) (MaterialState, error) {
	if d.Receipt != nil {
		return MaterialState{}, ErrSubmitted
	}
	if d.Correction != nil && !d.opens("material", material) {
		if _, listed := d.Result.Material(material); listed {
			return MaterialState{}, ErrNotOpen
		}
	}
	return d.Result.Takes(signer, material, way)
}

// bytes reads a file that is not larger than its material may be.
func (s *Service) bytes(spec contract.MaterialSpec, r io.Reader) ([]byte, error) {
	limit := s.maxBytes(spec)
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, s.tooLarge(spec)
	}
	return body, nil
}

// take looks at a file, has it scanned, and only then stores it. It runs outside
// any transaction.
func (s *Service) take(ctx context.Context, spec contract.MaterialSpec, name string, body []byte) (contract.Material, error) {
	look, err := inspect(body)
	if err != nil {
		return contract.Material{}, err
	}
	if err := accept(spec, look.Kind, clean(name, false)); err != nil {
		return contract.Material{}, err
	}
	if err := s.scan(ctx, body); err != nil {
		return contract.Material{}, err
	}
	blob, size, err := s.c.Blobs.Put(ctx, bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return contract.Material{}, fmt.Errorf("store upload: %w", err)
	}
	return contract.Material{
		ID: spec.ID, File: s.c.NewID(), Name: fileName(name, look.Kind), Type: mediaTypes[look.Kind], Size: size, Pages: look.Pages,
		Blob: contract.BlobID(blob), At: s.c.Now(), Level: uploadLevel, Origin: OriginUpload,
	}, nil
}

// scan has a file looked at for malware. Where nobody can look, nothing is
// taken: the person is told to try again.
func (s *Service) scan(ctx context.Context, body []byte) error {
	if s.c.Scanner == nil {
		return nil
	}
	err := s.c.Scanner.Scan(ctx, bytes.NewReader(body))
	switch {
	case err == nil:
		return nil
	case fault.KindOf(err) == fault.Invalid:
		return fault.New(fault.Invalid, "form.file.malware").Wrap(err)
	}
	return ErrScanner.Wrap(err)
}

// maxDraftMB bounds the files of one draft.
const maxDraftMB = 200

// keep names a stored file in the draft. Where that fails, the file is left for
// the collector.
func (s *Service) keep(ctx context.Context, actor auth.Principal, r row, d Draft, spec contract.MaterialSpec, m *contract.Material) error {
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return err
	}
	if err := s.count(c, &r, d, append(slices.Clone(d.Files), *m)); err != nil {
		return err
	}
	blob := m.Blob
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := attach(ctx, tx, r, spec, m); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, r, spec.ID)
	})
	if err == nil {
		return nil
	}
	left := s.c.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx db.Tx) error {
		return addOrphan(ctx, tx, blob, s.c.Now())
	})
	return errors.Join(err, left)
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
	n, total := 0, m.Size
	for _, f := range files {
		total += f.Size
		if f.ID != spec.ID || f.Origin != OriginUpload || f.Signer != m.Signer {
			continue
		}
		if f.Blob == m.Blob {
			*m = f.Material
			return nil
		}
		n++
	}
	if n >= max(spec.MaxFiles, 1) || len(files) >= maxFiles {
		return fault.New(fault.Invalid, "form.file.count", "n", max(spec.MaxFiles, 1))
	}
	if total > maxDraftMB*megabyte {
		return ErrFull.With("mb", maxDraftMB)
	}
	return insertFile(ctx, tx, r.ID, file{Material: *m})
}

// Detach removes a file from the draft.
func (s *Service) Detach(ctx context.Context, actor auth.Principal, id contract.DraftID, file string) error {
	return s.detachAs(ctx, actor, id, "", file)
}

// DetachSigner is Detach for a signer's own file.
func (s *Service) DetachSigner(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, file string) error {
	return s.detachAs(ctx, actor, id, signer, file)
}

func (s *Service) detachAs(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, file string) error {
	r, d, err := s.hands(ctx, actor, id, signer)
	if err != nil {
		return err
	}
	mine := func(m contract.Material) bool { return m.File == file && m.Signer == signer }
	if !slices.ContainsFunc(d.Files, mine) {
		return nil // gone already, which is what was asked for
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return err
	}
	if err := s.count(c, &r, d, slices.DeleteFunc(slices.Clone(d.Files), mine)); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		open, err := touchDraft(ctx, tx, r)
		if err != nil || !open {
			return errors.Join(err, onlyIf(err == nil, ErrSubmitted))
		}
		if _, err = deleteFile(ctx, tx, id, file, s.c.Now()); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, r, "files")
	})
}

// File opens a file of the draft. The caller closes it.
func (s *Service) File(ctx context.Context, actor auth.Principal, id contract.DraftID, file string) (contract.Material, io.ReadCloser, error) {
	r, err := s.load(ctx, actor, id, "form.view")
	if err != nil {
		return contract.Material{}, nil, err
	}
	if err := s.recordRead(ctx, actor, "draft:"+string(id), subjectOfRow(r), "materials"); err != nil {
		return contract.Material{}, nil, err
	}
	return s.openFile(ctx, id, func(m contract.Material) bool { return m.File == file })
}

// FileSigner opens a file that a signer handed in, for that signer.
func (s *Service) FileSigner(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, file string) (contract.Material, io.ReadCloser, error) {
	if _, err := s.signing(ctx, actor, id, signer); err != nil {
		return contract.Material{}, nil, err
	}
	return s.openFile(ctx, id, func(m contract.Material) bool { return m.File == file && m.Signer == signer })
}

func (s *Service) openFile(ctx context.Context, id contract.DraftID, which func(contract.Material) bool) (contract.Material, io.ReadCloser, error) {
	files, err := selectFiles(ctx, s.c.DB, id)
	if err != nil {
		return contract.Material{}, nil, err
	}
	i := slices.IndexFunc(files, func(f file) bool { return which(f.Material) })
	if i < 0 || files[i].Blob == "" {
		return contract.Material{}, nil, ErrNotFound
	}
	body, err := s.c.Blobs.Open(ctx, string(files[i].Blob))
	if err != nil {
		return contract.Material{}, nil, fmt.Errorf("open upload: %w", err)
	}
	return files[i].Material, body, nil
}
