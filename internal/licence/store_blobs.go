package licence

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
)

// KeepsBlob reports whether a licence or an annotated copy is this stored file.
func (s *Service) KeepsBlob(ctx context.Context, id contract.BlobID) (bool, error) {
	var n int
	err := s.DB.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM licence_licences WHERE blob = $1)
		+ (SELECT COUNT(*) FROM licence_copies WHERE blob = $1)`, string(id)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("uses of a file: %w", err)
	}
	return n > 0, nil
}
