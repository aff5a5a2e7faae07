package notify

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// Codes finds the code by which an account fetches what lies ready of a case; ""
// where nothing does. It is asked when a message is read or sent, and kept nowhere
// here.
type Codes interface {
	PickupCode(ctx context.Context, account contract.AccountID, c contract.CaseID) (string, error)
}

// shelfKinds are what befalls a result on paper that its applicant is told of.
var shelfKinds = map[string]string{
	"shelved": "shelf.shelved", "recoded": "shelf.recoded", "reminded": "shelf.reminded", "failed": "shelf.failed",
	"sent": "shelf.sent", "returned": "shelf.returned",
}

func (s *Service) onShelf(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.ShelfChanged) error {
	kind := shelfKinds[e.Change]
	if kind == "" || e.Notify == "" {
		return nil
	}
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), e.Case)
	if err != nil {
		return err
	}
	m := Message{Kind: kind, Case: e.Case, Number: e.Number, Item: facts.ItemName, Due: e.Until, At: e.At}
	m.Subject, m.Facts.By = facts.Applicant.ID, facts.AgencyName
	return s.tell(ctx, tx, rec, m, e.Notify) // the code is for who filed it, and for nobody else
}

// onPaper tells of papers that went missing within one place; what happens between
// two places is a step of the case.
func (s *Service) onPaper(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.PaperMoved) error {
	gone := e.To == contract.PaperLost || e.To == contract.PaperMissing
	if !gone || e.From == contract.PaperSent || e.Notify == "" {
		return nil
	}
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), e.Case)
	if err != nil {
		return err
	}
	m := Message{Kind: "paper." + e.To, Case: e.Case, Number: facts.Number, Item: facts.ItemName, At: e.At}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

// onStuck tells who reported that somebody has answered.
func (s *Service) onStuck(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.StuckChanged) error {
	if e.Notify == "" || e.Change != "answered" {
		return nil
	}
	m := Message{Kind: "stuck.answered", Subject: string(e.Notify), At: e.At, Place: "/stuck/ask?number=" + e.Number}
	return s.tell(ctx, tx, rec, m, e.Notify)
}

// withCode adds the code to a message that tells of one. Without an answer the
// message says where the code stands.
func (s *Service) withCode(ctx context.Context, m Message) (Message, error) {
	if s.c.Codes == nil || !strings.HasPrefix(m.Kind, "shelf.") {
		return m, nil
	}
	var err error
	m.code, err = s.c.Codes.PickupCode(ctx, m.Account, m.Case)
	return m, err
}
