package form

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/job"
)

// ShareOf says how much of a service's form and materials its applicants were
// not asked, over all submissions.
func (s *Service) ShareOf(ctx context.Context, item contract.ItemID) (Share, error) {
	return selectShare(ctx, s.c.DB, item)
}

// ignoreTwin takes work that is planned already for planned.
func ignoreTwin(err error) error {
	if errors.Is(err, job.ErrTwin) {
		return nil
	}
	return err
}
