package form

import (
	"context"
	"fmt"
	"io"

	"github.com/tongban/tongban/internal/contract"
)

// Take looks at a file that comes without a draft, for a case that is under way,
// and stores it: by the same rules as an upload to a form.
func (s *Service) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	most := s.maxBytes(spec)
	data, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return contract.Material{}, fmt.Errorf("read upload: %w", err)
	}
	if int64(len(data)) > most {
		return contract.Material{}, s.tooLarge(spec)
	}
	return s.take(ctx, spec, name, data)
}
