package casework

import (
	"context"
	"fmt"
	"sync"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// block is how many serials a process takes at a time. Serials of a block that
// is not used up are lost; the law asks for unique numbers, not for dense ones.
const block = 64

// maxSerial is the last serial of a day and department: six digits.
const maxSerial = 999_999

// series is what serials are counted within.
type series struct {
	area, dept string
	on         day.Date
}

// span is a run of free serials.
type span struct{ next, last int }

// numbers hands out case numbers from blocks, so that submissions at the same
// time do not wait for one counter row (it would halve what PostgreSQL can do).
type numbers struct {
	mu   sync.Mutex
	free map[series][]span
}

func newNumbers() *numbers { return &numbers{free: map[series][]span{}} }

// take returns the next case number. Where this process has no free serial it
// takes a block in tx; the rest of it is free for others once tx is durable.
func (n *numbers) take(ctx context.Context, tx db.Tx, k series) (string, error) {
	serial, ok := n.pop(k)
	if !ok {
		last, err := reserveSerials(ctx, tx, k, block)
		if err != nil {
			return "", err
		}
		serial = last - block + 1
		tx.AfterCommit(func() { n.push(k, span{serial + 1, last}) })
	}
	if serial > maxSerial {
		return "", ErrNumbersGone
	}
	number, err := idcode.CaseNumber(k.area, k.on, k.dept, serial)
	if err != nil {
		return "", fmt.Errorf("case number: %w", err)
	}
	return number, nil
}

func (n *numbers) pop(k series) (int, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	spans := n.free[k]
	if len(spans) == 0 {
		return 0, false
	}
	serial := spans[0].next
	if spans[0].next++; spans[0].next > spans[0].last {
		spans = spans[1:]
	}
	n.free[k] = spans
	return serial, true
}

func (n *numbers) push(k series, s span) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for old := range n.free {
		if old.on.Before(k.on) {
			delete(n.free, old) // yesterday's serials will not be used
		}
	}
	n.free[k] = append(n.free[k], s)
}
