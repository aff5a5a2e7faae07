package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Marks are made while reading, by whoever reads: one draft for all who work on a
// case, out of which the one notice of everything writes itself (Licensing Law
// art. 32(4)).

// ErrMarked means that a colleague marked something meanwhile that the notice does
// not have: it would not be complete.
var ErrMarked = fault.New(fault.Conflict, "casework.marked_meanwhile")

// DraftMark is a mark that no notice has told yet.
type DraftMark struct {
	contract.Mark
	By Handler
	At time.Time

	sealed []byte
}

// DraftMarks lists what was marked on a case so far.
func (s *Service) DraftMarks(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]DraftMark, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.mark", object(c, nil)); err != nil {
		return nil, err
	}
	return s.draftMarks(ctx, s.c.DB, id)
}

func (s *Service) draftMarks(ctx context.Context, q db.Q, id contract.CaseID) ([]DraftMark, error) {
	list, err := draftMarksOf(ctx, q, id)
	for i := range list {
		if list[i].Reason, err = s.c.Seal.Open(markSeal(id), list[i].sealed); err != nil {
			return nil, fmt.Errorf("open mark: %w", err)
		}
		list[i].sealed = nil
	}
	return list, err
}

// SaveMarks keeps what an official marked: marks are put or changed, dropped ones
// taken away. What others marked and the official did not see stays.
func (s *Service) SaveMarks(ctx context.Context, actor auth.Principal, id contract.CaseID, marks, dropped []contract.Mark) error {
	a, err := tidy(Action{Marks: marks})
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		if err := s.c.Policy.Check(actor, "casework.mark", object(c, nil)); err != nil {
			return err
		}
		if c.Stage != StageAccept {
			return ErrState
		}
		svc, err := s.ServiceOf(ctx, c)
		if err != nil {
			return err
		}
		if err := knownMarks(svc, a.Marks); err != nil {
			return err
		}
		return s.putMarks(ctx, tx, actor, id, a.Marks, dropped)
	})
}

func (s *Service) putMarks(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, marks, dropped []contract.Mark) error {
	had, err := s.draftMarks(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if i := indexMark(had, m); i >= 0 && had[i].Reason == m.Reason {
			continue // who marked it first stays beside it
		}
		sealed, err := s.c.Seal.Seal(markSeal(id), m.Reason)
		if err != nil {
			return fmt.Errorf("seal mark: %w", err)
		}
		if err := putDraftMark(ctx, tx, id, DraftMark{Mark: m, By: Handler{actor.ID, actor.Name}, At: s.now(), sealed: sealed}); err != nil {
			return err
		}
	}
	for _, m := range dropped {
		if !slices.ContainsFunc(marks, func(x contract.Mark) bool { return x.Kind == m.Kind && x.ID == m.ID }) {
			if err := dropDraftMark(ctx, tx, id, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func indexMark(list []DraftMark, m contract.Mark) int {
	return slices.IndexFunc(list, func(d DraftMark) bool { return d.Kind == m.Kind && d.ID == m.ID })
}

// marking reports whether a step tells the applicant what is wrong.
func marking(action string) bool { return action == actCorrect || action == actCorrectOnsite }

// prepareMarks makes the notice complete: without marks of its own it has all of
// the draft; with them, it must not miss what a colleague marked meanwhile.
func (s *Service) prepareMarks(ctx context.Context, tx db.Tx, w *work) error {
	if !marking(w.a.Name) {
		return nil
	}
	draft, err := s.draftMarks(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	own := len(w.a.Marks) > 0
	for _, d := range draft {
		same := func(m contract.Mark) bool { return m.Kind == d.Kind && m.ID == d.ID }
		switch {
		case slices.ContainsFunc(w.a.Marks, same), slices.ContainsFunc(w.a.Dropped, same):
		case own:
			return ErrMarked
		default:
			w.a.Marks = append(w.a.Marks, d.Mark)
		}
	}
	return nil
}

// clearMarks forgets the draft once it was told, or is of no use any more.
func (s *Service) clearMarks(ctx context.Context, tx db.Tx, w *work) error {
	if w.c.Stage == StageAccept {
		return nil
	}
	return dropDraftMarks(ctx, tx, w.c.ID)
}

func markSeal(id contract.CaseID) string { return "casework.mark:" + string(id) }

// MarkNames says who marked what, for the page.
func MarkNames(list []DraftMark) map[string]DraftMark {
	out := make(map[string]DraftMark, len(list))
	for _, d := range list {
		out[strings.Join([]string{d.Kind, d.ID}, ":")] = d
	}
	return out
}
