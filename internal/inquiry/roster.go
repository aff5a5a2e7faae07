package inquiry

import (
	"context"
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

func contactSeal(id string) string { return "inquiry.contact:" + id }

func rosterObject(agency string) policy.Object {
	return policy.Object{Type: "Roster", ID: agency, Attrs: map[string]any{"agency": agency}}
}

// rosterOf reads the experts of an agency without how to reach them.
func (s *Service) rosterOf(ctx context.Context, q db.Q, agency contract.AgencyID) ([]Expert, error) {
	list, err := expertsOf(ctx, q, agency)
	if err != nil {
		return nil, err
	}
	out := make([]Expert, len(list))
	for i, e := range list {
		out[i] = e.Expert
	}
	return out, nil
}

// Experts is the roster of the actor's agency. Contacts are shown to who keeps it,
// and that they were read is recorded.
func (s *Service) Experts(ctx context.Context, actor auth.Principal) ([]Expert, error) {
	if err := s.c.Policy.Check(actor, "inquiry.experts", rosterObject(actor.Agency)); err != nil {
		return nil, err
	}
	list, err := expertsOf(ctx, s.c.DB, contract.AgencyID(actor.Agency))
	if err != nil {
		return nil, err
	}
	keeps := s.c.Policy.Check(actor, "inquiry.roster", rosterObject(actor.Agency)) == nil
	out := make([]Expert, len(list))
	for i, e := range list {
		out[i] = e.Expert
		if !keeps {
			continue
		}
		if out[i].Contact, err = s.c.Seal.Open(contactSeal(e.ID), e.contact); err != nil {
			return nil, fmt.Errorf("expert %s: %w", e.ID, err)
		}
	}
	if !keeps || len(out) == 0 {
		return out, nil
	}
	return out, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Actor: actor, Object: "roster:" + actor.Agency, Purpose: "expert roster", Basis: basis(KindReview)}
		return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{What: []string{"experts"}, Purpose: m.Purpose, Basis: m.Basis, At: s.at()})
	})
}

// Fields are the fields of the active experts of an agency.
func Fields(list []Expert) []string {
	var out []string
	for _, e := range list {
		if e.Active && !slices.Contains(out, e.Field) {
			out = append(out, e.Field)
		}
	}
	slices.Sort(out)
	return out
}

// SaveExpert puts an expert on the roster of the actor's agency, or changes one.
func (s *Service) SaveExpert(ctx context.Context, actor auth.Principal, e Expert) (Expert, error) {
	if err := s.c.Policy.Check(actor, "inquiry.roster", rosterObject(actor.Agency)); err != nil {
		return e, err
	}
	var form fault.Form
	e.Name = checkWords(&form, "name", e.Name, 50, true)
	e.Field = checkWords(&form, "field", e.Field, 50, true)
	e.Unit = checkWords(&form, "unit", e.Unit, 100, true)
	e.Contact = checkWords(&form, "contact", e.Contact, 100, true)
	if err := form.Err(); err != nil {
		return e, err
	}
	what := "changed"
	if e.ID == "" {
		e.ID, e.Active, what = s.c.NewID(), true, "added"
	}
	if !e.Active {
		what = "dropped"
	}
	e.Agency, e.At = contract.AgencyID(actor.Agency), s.at()
	contact, err := s.c.Seal.Seal(contactSeal(e.ID), e.Contact)
	if err != nil {
		return e, fmt.Errorf("seal contact: %w", err)
	}
	return e, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := putExpert(ctx, tx, expertRow{e, contact}); err != nil {
			return err
		}
		m := event.Meta{Actor: actor, Object: "expert:" + e.ID}
		return s.c.Events.Record(ctx, tx, m, contract.ExpertChanged{Expert: e.ID, Agency: e.Agency, Change: what, At: e.At})
	})
}
