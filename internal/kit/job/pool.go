package job

import (
	"cmp"
	"context"
	"sync"
)

// pool is a bounded number of workers and the claimed jobs that wait for them.
type pool struct {
	do      func([]claimed)
	size    int // workers
	most    int // jobs that one worker takes at once
	workers sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond // on mu: waiting got shorter or longer, or stopped
	waiting []claimed
	stopped bool
}

func newPool(workers, most int, do func([]claimed)) *pool {
	p := &pool{do: do, size: workers, most: most}
	p.changed = sync.NewCond(&p.mu)
	for range workers {
		p.workers.Go(p.work)
	}
	return p
}

func (p *pool) work() {
	for {
		p.mu.Lock()
		for len(p.waiting) == 0 && !p.stopped {
			p.changed.Wait()
		}
		if p.stopped {
			p.mu.Unlock()
			return
		}
		jobs := p.take()
		p.changed.Broadcast()
		p.mu.Unlock()
		p.do(jobs)
	}
}

// take returns one worker's share of what waits: one job when there are few, so
// that all workers have one, and more of one claim in a flood.
func (p *pool) take() []claimed {
	n := max(1, min(p.most, len(p.waiting)/p.size))
	for i := 1; i < n; i++ {
		if p.waiting[i].claim != p.waiting[0].claim {
			n = i
		}
	}
	jobs := p.waiting[:n:n]
	p.waiting = p.waiting[n:]
	return jobs
}

func (p *pool) add(jobs []claimed) {
	p.mu.Lock()
	p.waiting = append(p.waiting, jobs...)
	p.changed.Broadcast()
	p.mu.Unlock()
}

// waitBelow returns true once at most n jobs wait for a worker, false when ctx
// ends before.
func (p *pool) waitBelow(ctx context.Context, n int) bool {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		p.changed.Broadcast()
		p.mu.Unlock()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) > n && ctx.Err() == nil {
		p.changed.Wait()
	}
	return ctx.Err() == nil
}

// stop lets no further job begin and returns those that have not begun.
func (p *pool) stop() []claimed {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	left := p.waiting
	p.waiting = nil
	p.changed.Broadcast()
	return left
}

// wait returns when the last worker has finished its job.
func (p *pool) wait() { p.workers.Wait() }

func cmpPair(a, b int64, x, y string) int { return cmp.Or(cmp.Compare(a, b), cmp.Compare(x, y)) }
