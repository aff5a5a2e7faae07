package casework

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// The public query is limited in a span of time, so that a code of 30 bits
// cannot be guessed: by address, and by number whoever asks.
const (
	trySpan     = 10 * time.Minute
	tryByAddr   = 30
	tryByNumber = 10
)

// ErrNoProgress is the one answer to a wrong number and to a wrong code.
var ErrNoProgress = fault.New(fault.NotFound, "casework.progress_unknown")

// Progress is the little that number and query code show without sign-in.
type Progress struct {
	Number    string
	Item      contract.Text
	Agency    contract.Text
	Applicant string // masked
	State     contract.Text
	Stage     Stage
	Due       Due
	Filed     time.Time
	Moved     time.Time
	Parts     []ProgressPart // of a bundle
}

// ProgressPart is what the public query shows of one part of a bundle.
type ProgressPart struct {
	Name  contract.Text
	State contract.Text
	Done  bool
	Due   Due
}

// Progress answers the public query. From is the address that asks.
func (s *Service) Progress(ctx context.Context, from, number, code string) (Progress, error) {
	number, err := idcode.ParseCaseNumber(number)
	if err != nil {
		number = "" // counted all the same
	}
	if err := s.countTries(ctx, from, number); err != nil {
		return Progress{}, err
	}
	c, err := caseByNumber(ctx, s.c.DB, number)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Progress{}, err
	}
	// Compared in any case, so that a wrong number takes as long as a wrong code.
	want, got := []byte(strings.ToUpper(c.QueryCode)), []byte(normalCode(code))
	if subtle.ConstantTimeCompare(want, got) != 1 || c.QueryCode == "" {
		return Progress{}, ErrNoProgress
	}
	p := Progress{
		Number: c.Number, Item: c.ItemName, Agency: c.AgencyName, Applicant: ListName(c.Applicant),
		State: s.StateName(c), Stage: c.Stage, Due: c.Due, Filed: c.Filed, Moved: c.Moved,
	}
	if c.Procedure != bundleProcedure {
		return p, nil
	}
	parts, err := partsOf(ctx, s.c.DB, c.ID)
	for _, x := range parts {
		p.Parts = append(p.Parts, ProgressPart{
			Name: x.ItemName, State: s.StateName(x), Done: x.Outcome != "", Due: x.Due,
		})
	}
	return p, err
}

// normalCode reads a code as it may be typed: Crockford's alphabet takes O for
// 0 and I or L for 1.
func normalCode(s string) string {
	s = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "").Replace(s)
}

func (s *Service) countTries(ctx context.Context, from, number string) error {
	span := s.c.Now().Unix() / int64(trySpan.Seconds())
	limits := []struct {
		who  string
		most int
	}{
		{s.c.Seal.Index("casework.try.addr", from), tryByAddr},
		{s.c.Seal.Index("casework.try.number", number), tryByNumber},
	}
	tooMany := false
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for i, l := range limits {
			if i == 1 && number == "" {
				continue
			}
			n, err := countTry(ctx, tx, l.who, span)
			if err != nil {
				return err
			}
			tooMany = tooMany || n > l.most
			if n == 1 { // once a span and asker is often enough to tidy up
				if err := forgetTries(ctx, tx, span-1); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && tooMany {
		return ErrTooMany
	}
	return err
}
