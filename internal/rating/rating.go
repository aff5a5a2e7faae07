// Package rating keeps what people say of a service (好差评).
//
// One rating per case when it has ended, and one supplement later; the first
// stays as it was. Satisfaction is the exchange code of GB/T 39046 A.8, which is
// reversed against stars: 1 is five stars, 5 is one star. A rating that nobody
// gave (default) is flagged and never counted as given.
//
// Events in: contract.CaseMoved (starts the wait for a default rating, where
// that is switched on). Events out: contract.CaseRated.
//
// This is the smallest area: copy it when you make a new one.
package rating

import (
	"context"
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Migrations is the schema of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may rate.
//
//go:embed policy.cedar
var Policies string

// Faults that a person may be told.
var (
	ErrNotEnded = fault.New(fault.Conflict, "rating.not_ended") // the case goes on
	ErrTwice    = fault.New(fault.Conflict, "rating.twice")     // rated and supplemented already
)

// Satisfaction is the exchange code: 1 is best, 5 is worst. The zero value is none.
type Satisfaction int

// The five levels (GB/T 39046 A.8).
const (
	VerySatisfied Satisfaction = iota + 1
	Satisfied
	FairlySatisfied
	Dissatisfied
	VeryDissatisfied
)

// Stars is what people see: 5 is best.
func (s Satisfaction) Stars() int { return 6 - int(s) }

// Good reports whether the level counts as good (好评).
func (s Satisfaction) Good() bool { return s >= VerySatisfied && s <= FairlySatisfied }

// Rating is what one person said of one case.
type Rating struct {
	ID           string
	Case         contract.CaseID
	Item         contract.ItemID
	Agency       contract.AgencyID
	Account      contract.AccountID // "" for a default rating
	Supplement   bool
	Satisfaction Satisfaction
	Indicators   []string
	Text         string
	Default      bool
	At           time.Time
}

// Summary is how an item was rated. Ratings by default stand apart.
type Summary struct {
	Given   int                  // by people
	Good    int                  // of these
	Levels  map[Satisfaction]int // of these
	Default int
}

// Cases tells what a rating must know of its case. It refuses who may not see it.
type Cases interface {
	Facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error)
}

// Config is what the area needs.
type Config struct {
	DB     *db.DB
	Jobs   *job.Queue
	Events *event.Log
	Policy *policy.Engine
	Cases  Cases
	// DefaultAfter is how long after the end of a case it counts as fairly
	// satisfied when nobody rated it. Local policy; 0 is never.
	DefaultAfter time.Duration
	Now          func() time.Time
	NewID        func() string
}

// Service applies the rules of this area.
type Service struct {
	c    Config
	menu Menu
}

// New returns a Service. The embedded indicators are read and checked.
func New(c Config) (*Service, error) {
	menu, err := readMenu(indicators)
	if err != nil {
		return nil, err
	}
	return &Service{c: c, menu: menu}, nil
}

// Menu is the levels with the indicators a rater may choose.
func (s *Service) Menu() Menu { return s.menu }

// View is what the rating page needs.
type View struct {
	Case    contract.CaseFacts
	Ratings []Rating // given ones, the first first; at most two
}

// View returns the case and what was said of it so far.
func (s *Service) View(ctx context.Context, actor auth.Principal, id contract.CaseID) (View, error) {
	facts, err := s.facts(ctx, actor, id)
	if err != nil {
		return View{}, err
	}
	list, err := ofCase(ctx, s.c.DB, id)
	return View{facts, given(list)}, err
}

// Rate stores what the actor says of a case. The first rating replaces a default
// one, the second supplements the first, a third is ErrTwice.
func (s *Service) Rate(ctx context.Context, actor auth.Principal, id contract.CaseID, in Input) (Rating, error) {
	facts, err := s.facts(ctx, actor, id)
	if err != nil {
		return Rating{}, err
	}
	in, err = check(s.menu, in)
	if err != nil {
		return Rating{}, err
	}
	var r Rating
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		before, err := ofCase(ctx, tx, id)
		if err != nil {
			return err
		}
		r, err = next(facts, given(before), in)
		if err != nil {
			return err
		}
		r.ID, r.Account, r.At = s.c.NewID(), contract.AccountID(actor.ID), s.c.Now()
		return s.save(ctx, tx, actor, facts, r)
	})
	return r, err
}

// Summary returns how an item was rated; it is public.
func (s *Service) Summary(ctx context.Context, item contract.ItemID) (Summary, error) {
	return summary(ctx, s.c.DB, item)
}

func (s *Service) facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	facts, err := s.c.Cases.Facts(ctx, actor, id)
	if err != nil {
		return facts, err
	}
	return facts, s.c.Policy.Check(actor, "rating.give", policy.Object{
		Type: "Case", ID: string(id), Attrs: map[string]any{"applicant": facts.Applicant.ID},
	})
}

func (s *Service) save(ctx context.Context, tx db.Tx, actor auth.Principal, facts contract.CaseFacts, r Rating) error {
	stored, err := insert(ctx, tx, r)
	if err != nil {
		return err
	}
	if !stored { // somebody else was faster: two windows of the same person
		return ErrTwice
	}
	meta := event.Meta{Actor: actor, Subject: facts.Applicant.ID, Object: "case:" + string(r.Case)}
	return s.c.Events.Record(ctx, tx, meta, contract.CaseRated{
		Case: r.Case, Item: r.Item, Agency: r.Agency, Satisfaction: int(r.Satisfaction), Default: r.Default, At: r.At,
	})
}
