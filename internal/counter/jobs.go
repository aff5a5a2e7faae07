package counter

import "github.com/tongban/tongban/internal/kit/job"

// Jobs registers what this area does by itself.
func (s *Service) Jobs(q *job.Queue) {
	job.Handle(q, s.endIdle)
	job.Handle(q, s.wipeReads)
	job.Handle(q, s.parcelDue)
	job.Handle(q, s.stuckDue)
}
