package casework

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Kinds of checks, and what they come to.
const (
	CheckDispute   = "dispute"   // the applicant says that held data are wrong
	CheckUnchecked = "unchecked" // a registry was down when it was asked

	CheckConfirmed = "confirmed" // what the applicant gave is right
	CheckRejected  = "rejected"  // it is not
)

// Check is one thing that a handler must look at before a grant.
type Check struct {
	No     int
	Kind   string
	Target string // id of the field or material
	Name   contract.Text
	Key    string        // of the registry: "company.address"
	Source contract.Text // who holds it
	Reason string        // why the applicant says it is wrong
	Result string        // "" while open
	Note   string
	By     Handler
	At     time.Time
}

// Checks lists what a handler must look at, and what was looked at. The
// applicant sees them too.
func (s *Service) Checks(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Check, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return nil, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	rows, err := checksOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	list := make([]Check, len(rows))
	for i, r := range rows {
		list[i] = r.Check
		list[i].Name = targetName(svc, r.Target)
		if len(r.sealed) == 0 {
			continue
		}
		if list[i].Reason, err = s.c.Seal.Open(sealName(id), r.sealed); err != nil {
			return nil, fmt.Errorf("open reason: %w", err)
		}
	}
	return list, nil
}

// targetName is what a field or a material is called.
func targetName(svc contract.Service, id string) contract.Text {
	if f, ok := fieldsOf(svc)[id]; ok {
		return f.Label
	}
	return MarkName(svc, contract.Mark{Kind: "material", ID: strings.TrimPrefix(id, materialPrefix)})
}

// keepChecks stores what came with an application to be looked at.
func (s *Service) keepChecks(ctx context.Context, tx db.Tx, c Case, disputes []contract.Dispute, unchecked []string) error {
	no := 0
	for _, d := range disputes {
		sealed, err := s.c.Seal.Seal(sealName(c.ID), d.Reason)
		if err != nil {
			return fmt.Errorf("seal reason: %w", err)
		}
		no++
		x := Check{No: no, Kind: CheckDispute, Target: d.Field, Key: d.Key, Source: d.Source}
		if err := insertCheck(ctx, tx, c.ID, storedCheck{x, sealed}); err != nil {
			return err
		}
	}
	for _, id := range unchecked {
		no++
		if err := insertCheck(ctx, tx, c.ID, storedCheck{Check: Check{No: no, Kind: CheckUnchecked, Target: id}}); err != nil {
			return err
		}
	}
	return nil
}

// Settle notes what a check came to. A check is settled once.
func (s *Service) Settle(ctx context.Context, actor auth.Principal, id contract.CaseID, no int, result, note string) error {
	note = strings.TrimSpace(note)
	var form fault.Form
	if result != CheckConfirmed && result != CheckRejected {
		form.Add("result", "casework.check_result")
	}
	if note == "" {
		form.Add("note", "casework.check_note")
	}
	if len([]rune(note)) > maxReason {
		form.Add("note", "casework.too_long", "max", maxReason)
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		if err := s.c.Policy.Check(actor, "casework.settle", object(c, nil)); err != nil {
			return err
		}
		if err := form.Err(); err != nil {
			return err
		}
		actor, err := s.handled(ctx, tx, actor, c)
		if err != nil {
			return err
		}
		now := s.c.Now()
		fresh, err := settleCheck(ctx, tx, id, Check{No: no, Result: result, Note: note, By: Handler{actor.ID, actor.Name}, At: now})
		if err != nil {
			return err
		}
		if !fresh {
			return ErrState
		}
		c.ChecksOpen--
		if err := updateCase(ctx, tx, c, c.Step); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.CheckSettled{
			Case: c.ID, No: no, Result: result, At: now.UTC().Truncate(time.Microsecond),
		})
	})
}

// Signatures lists the consents that came with an application.
func (s *Service) Signatures(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]contract.Signature, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return nil, err
	}
	return signaturesOf(ctx, s.c.DB, id)
}
