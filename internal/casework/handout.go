package casework

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/document"
)

// Stamper writes lines over every page of a copy that leaves the system.
type Stamper interface {
	Stamp(mediaType string, file []byte, lines []string) ([]byte, error)
}

// maxStamped bounds what is held in memory to be written on.
const maxStamped = 32 << 20

// Why a copy for an official goes out without a mark.
const (
	unmarkedSize = "too-large"
	unmarkedRead = "unreadable"
	unmarkedOff  = "no-stamper"
)

// Handed is a file as somebody gets it. Applicants get what they handed in; who
// handles the case gets a copy that says on every page who took it, what for,
// in which case and when (G108: copies for use). The original stays as it came.
type Handed struct {
	contract.Material // Size is that of the copy; Blob is the SHA-256 of the original

	Marked bool
	// Unmarked says why a copy that should be marked is not; "" where it is, or
	// where it is the applicant's own.
	Unmarked string
}

// handOut opens a material for an actor who may have it.
func (s *Service) handOut(ctx context.Context, actor auth.Principal, c Case, m contract.Material) (Handed, io.ReadCloser, error) {
	h := Handed{Material: m}
	body, err := s.c.Blobs.Open(ctx, string(m.Blob))
	if err != nil {
		return h, nil, fmt.Errorf("material %s: %w", m.File, err)
	}
	switch {
	case applies(actor, c):
		return h, body, nil
	case s.c.Stamp == nil:
		h.Unmarked = unmarkedOff
		return h, body, nil
	case m.Size > maxStamped:
		h.Unmarked = unmarkedSize
		return h, body, nil
	}
	original, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return h, nil, fmt.Errorf("material %s: %w", m.File, err)
	}
	lines, err := s.marks(ctx, actor, c, m)
	if err != nil {
		return h, nil, err
	}
	copied, err := s.c.Stamp.Stamp(m.Type, original, lines)
	if err != nil {
		// The official must see what was handed in; that it is not marked is said.
		s.c.Log.WarnContext(ctx, "copy without mark", slog.String("case", string(c.ID)), slog.String("file", m.File), slog.Any("err", err))
		h.Unmarked = unmarkedRead
		return h, io.NopCloser(bytes.NewReader(original)), nil
	}
	h.Marked, h.Size = true, int64(len(copied))
	return h, io.NopCloser(bytes.NewReader(copied)), nil
}

// marks are the words on a copy: who took it, what for, in which case and when.
func (s *Service) marks(ctx context.Context, actor auth.Principal, c Case, m contract.Material) ([]string, error) {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	who := actor.Name
	if actor.Agency != "" {
		agency, err := s.c.Agencies.Agency(ctx, contract.AgencyID(actor.Agency))
		if err != nil {
			return nil, err
		}
		who = agency.Name.ZH + " " + who
	}
	return document.Lines(document.Mark{Level: m.Level, Who: who, Purpose: svc.Name.ZH, Case: c.Number, On: day.In(s.c.Now())}), nil
}
