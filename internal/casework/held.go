package casework

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// heldFor is how long a file that came with a form that has to be sent again is
// counted as chosen. The sweep of files leaves it alone for longer.
const heldFor = 12 * time.Hour

// HeldFile is a file that came with a form which was not taken: it is stored, belongs
// to nothing yet, and comes again as Ticket, so that nobody chooses it twice.
type HeldFile struct {
	Ticket string
	Name   string
	Size   int64
}

// ticket is what the holder of a file gets, sealed for case and person.
type ticket struct {
	Material contract.Material `json:"material"`
	Until    int64             `json:"until"`
}

func heldSeal(id contract.CaseID, actor auth.Principal) string {
	return "casework.held:" + string(id) + ":" + actor.ID
}

// HoldForOpinion keeps the files of an opinion that has to be sent again.
func (s *Service) HoldForOpinion(
	ctx context.Context, actor auth.Principal, id contract.CaseID, unit string, files []Upload,
) ([]HeldFile, error) {
	c, u, _, err := s.openUnit(ctx, actor, id, unit)
	if err != nil || u.State != UnitOpen || s.c.Policy.Check(actor, "casework.opine", unitObject(c, u)) != nil {
		return nil, err
	}
	return s.hold(ctx, actor, id, opinionFile, files)
}

// HoldForMessage keeps the files of a message that has to be sent again.
func (s *Service) HoldForMessage(
	ctx context.Context, actor auth.Principal, id contract.CaseID, thread string, files []Upload,
) ([]HeldFile, error) {
	c, err := s.thread(ctx, actor, id, thread)
	if err != nil || s.messagesClosed(c) {
		return nil, err
	}
	return s.hold(ctx, actor, id, messageFile, files)
}

func (s *Service) hold(
	ctx context.Context, actor auth.Principal, id contract.CaseID, spec contract.MaterialSpec, files []Upload,
) (list []HeldFile, err error) {
	if len(files) > maxMessageFiles {
		return nil, nil // which of them are meant is for the person to say
	}
	for _, f := range files {
		took, err := s.take(ctx, spec, []Upload{f})
		if err != nil {
			return list, err
		}
		text, err := json.Marshal(ticket{took[0], micro(s.c.Now().Add(heldFor))})
		if err != nil {
			return list, fmt.Errorf("ticket of a file: %w", err)
		}
		sealed, err := s.c.Seal.Seal(heldSeal(id, actor), string(text))
		if err != nil {
			return list, fmt.Errorf("ticket of a file: %w", err)
		}
		list = append(list, HeldFile{base64.RawURLEncoding.EncodeToString(sealed), took[0].Name, took[0].Size})
	}
	return list, nil
}

// Held are the files that tickets stand for. One that is not the actor's, not of the
// case or too old is left out: its file is chosen again.
func (s *Service) Held(actor auth.Principal, id contract.CaseID, tickets []string) (list []HeldFile) {
	for _, t := range tickets {
		if m, ok := s.redeem(actor, id, t); ok {
			list = append(list, HeldFile{t, m.Name, m.Size})
		}
	}
	return list
}

// redeem opens a ticket; ok is false for one that is worth nothing.
func (s *Service) redeem(actor auth.Principal, id contract.CaseID, t string) (m contract.Material, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(t)
	if err != nil {
		return m, false
	}
	text, err := s.c.Seal.Open(heldSeal(id, actor), sealed)
	if err != nil {
		return m, false
	}
	var x ticket
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return m, false
	}
	return x.Material, micro(s.c.Now()) < x.Until
}

// withHeld are files that were taken before and files that are taken now.
func (s *Service) withHeld(
	ctx context.Context, actor auth.Principal, id contract.CaseID, spec contract.MaterialSpec, held []string, files []Upload,
) (list []contract.Material, err error) {
	for _, t := range held {
		if m, ok := s.redeem(actor, id, t); ok {
			list = append(list, m)
		}
	}
	took, err := s.take(ctx, spec, files)
	return append(list, took...), err
}
