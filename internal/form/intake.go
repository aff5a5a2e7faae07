package form

import (
	"context"
	"io"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// Take looks at a file that comes without a draft, for a case that is under way,
// and stores it: by the same rules as an upload to a form. It is deleted after a
// while, unless somebody names it then.
func (s *Service) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	text, err := s.bytes(spec, body)
	if err != nil {
		return contract.Material{}, err
	}
	m, err := s.take(ctx, spec, name, text)
	if err != nil {
		return m, err
	}
	return m, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return addOrphan(ctx, tx, m.Blob, s.c.Now()) })
}
