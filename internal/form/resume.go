package form

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

const (
	// uploadKeep is how long a file that stopped arriving is kept.
	uploadKeep = 24 * time.Hour
	// maxUploads bounds the files of one draft that arrive at the same time.
	maxUploads = 20
)

// BeginUpload announces a file that comes in pieces: over a line that breaks, or
// from several devices. What was received is durable and can be resumed.
func (s *Service) BeginUpload(ctx context.Context, actor auth.Principal, id contract.DraftID, material, name string, size int64) (Uploading, error) {
	_, d, err := s.hands(ctx, actor, id, "")
	if err != nil {
		return Uploading{}, err
	}
	state, err := s.wants(d, "", material, contract.MaterialUpload)
	if err != nil {
		return Uploading{}, err
	}
	spec := state.Spec
	switch {
	case size < 1:
		return Uploading{}, fault.New(fault.Invalid, "form.file.empty")
	case size > s.maxBytes(spec):
		return Uploading{}, s.tooLarge(spec)
	}
	now := s.c.Now()
	name = clean(name, false)
	if r := []rune(name); len(r) > 3*maxName {
		name = string(r[:3*maxName])
	}
	u := Uploading{ID: s.c.NewID(), Draft: id, Material: spec.ID, Name: name, Size: size, Expires: now.Add(uploadKeep)}
	return u, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		n, err := countUploads(ctx, tx, id, now)
		if err != nil {
			return err
		}
		if n >= maxUploads {
			return fault.New(fault.Invalid, "form.file.count", "n", maxUploads)
		}
		if err := insertUpload(ctx, tx, u, contract.AccountID(actor.ID), now); err != nil {
			return err
		}
		return s.c.Jobs.InsertTx(ctx, tx, forgetUpload{u.ID}, job.Insert{At: u.Expires})
	})
}

// Uploads lists the files of a draft that have not arrived completely.
func (s *Service) Uploads(ctx context.Context, actor auth.Principal, id contract.DraftID) ([]Uploading, error) {
	if _, err := s.load(ctx, actor, id, "form.view"); err != nil {
		return nil, err
	}
	return selectUploads(ctx, s.c.DB, id, s.c.Now())
}

// upload loads a file that is arriving at a draft that the actor may change.
func (s *Service) upload(ctx context.Context, actor auth.Principal, id contract.DraftID, upload string) (row, Draft, Uploading, error) {
	r, d, err := s.hands(ctx, actor, id, "")
	if err != nil {
		return r, d, Uploading{}, err
	}
	u, err := selectUpload(ctx, s.c.DB, upload, s.c.Now())
	if err == nil && u.Draft != id {
		err = ErrNoUpload
	}
	return r, d, u, err
}

// AppendUpload takes the next piece of a file. The offset must be the one that
// the last answer told; another is ErrOffset with the right one. What arrived
// before the line broke is kept.
func (s *Service) AppendUpload(ctx context.Context, actor auth.Principal, id contract.DraftID, upload string, offset int64, body io.Reader) (Uploading, error) {
	_, _, u, err := s.upload(ctx, actor, id, upload)
	if err != nil {
		return Uploading{}, err
	}
	if offset != u.Offset {
		return u, ErrOffset.With("offset", u.Offset)
	}
	size, writing := s.c.Parts.Append(ctx, u.ID, offset, u.Size, body)
	if size == u.Offset && writing != nil {
		return u, fmt.Errorf("receive upload: %w", writing)
	}
	// The line may be gone; what is durable is noted all the same.
	ctx = context.WithoutCancel(ctx)
	moved := false
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		moved, err = moveUpload(ctx, tx, u.ID, offset, size, s.c.Now().Add(uploadKeep))
		return err
	})
	switch {
	case err != nil:
		return u, err
	case !moved:
		return u, ErrOffset.With("offset", u.Offset) // somebody else sent the same piece
	}
	u.Offset = size
	if writing != nil {
		return u, fmt.Errorf("receive upload: %w", writing)
	}
	return u, nil
}

// FinishUpload takes a file that has arrived as Attach does. It can be called
// again after an answer was lost.
func (s *Service) FinishUpload(ctx context.Context, actor auth.Principal, id contract.DraftID, upload string) (contract.Material, error) {
	r, d, u, err := s.upload(ctx, actor, id, upload)
	if err != nil {
		return contract.Material{}, err
	}
	if u.Offset != u.Size {
		return contract.Material{}, ErrOffset.With("offset", u.Offset)
	}
	state, err := s.wants(d, "", u.Material, contract.MaterialUpload)
	if err != nil {
		return contract.Material{}, err
	}
	spec := state.Spec
	body, err := s.received(ctx, u)
	if err != nil {
		return contract.Material{}, err
	}
	m, err := s.take(ctx, spec, u.Name, body)
	if fault.KindOf(err) == fault.Invalid { // it will not get better: what was found is not kept
		return m, errors.Join(err, s.dropUpload(ctx, u.ID))
	}
	if err != nil {
		return m, err
	}
	if err := s.keep(ctx, actor, r, d, spec, &m); err != nil {
		return m, err
	}
	return m, s.dropUpload(ctx, u.ID)
}

func (s *Service) received(ctx context.Context, u Uploading) (body []byte, err error) {
	part, err := s.c.Parts.Open(ctx, u.ID)
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	body, err = io.ReadAll(io.LimitReader(part, u.Size+1))
	if err == nil && int64(len(body)) != u.Size {
		err = fault.New(fault.Invalid, "form.file.cut")
	}
	return body, err
}

// CancelUpload forgets a file that was arriving.
func (s *Service) CancelUpload(ctx context.Context, actor auth.Principal, id contract.DraftID, upload string) error {
	_, _, u, err := s.upload(ctx, actor, id, upload)
	if errors.Is(err, ErrNoUpload) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.dropUpload(ctx, u.ID)
}

func (s *Service) dropUpload(ctx context.Context, id string) error {
	ctx = context.WithoutCancel(ctx)
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return deleteUpload(ctx, tx, id) })
	return errors.Join(err, s.c.Parts.Remove(ctx, id))
}

// forgetUpload drops a file that stopped arriving.
type forgetUpload struct {
	Upload string `json:"upload"`
}

// Kind names the job.
func (forgetUpload) Kind() string { return "form.forget_upload" }
