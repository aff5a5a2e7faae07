package casework

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// fieldsOf are the fields of a service's form by id.
func fieldsOf(svc contract.Service) map[string]contract.Field {
	fields := map[string]contract.Field{}
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			fields[f.ID] = f
		}
	}
	return fields
}

// sealName binds sealed answers to their case.
func sealName(id contract.CaseID) string { return "casework.answers:" + string(id) }

// handIn stores one round of answers and materials; personal answers are sealed.
func (s *Service) handIn(ctx context.Context, tx db.Tx, c Case, svc contract.Service, h handIn, answers contract.Answers) error {
	fields := fieldsOf(svc)
	h.plain = map[string]json.RawMessage{}
	personal := map[string]json.RawMessage{}
	for id, v := range answers {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("answer %s: %w", id, err)
		}
		f, known := fields[id]
		if personalIn(f) || !known { // what nobody described may be personal
			personal[id] = text
		} else {
			h.plain[id] = text
		}
	}
	if len(personal) > 0 {
		text, err := json.Marshal(personal)
		if err != nil {
			return fmt.Errorf("personal answers: %w", err)
		}
		if h.sealed, err = s.c.Seal.Seal(sealName(c.ID), string(text)); err != nil {
			return fmt.Errorf("seal answers: %w", err)
		}
	}
	var err error
	if h.materials, err = s.sealWords(c.ID, h.materials); err != nil {
		return err
	}
	for i := range h.materials {
		if h.materials[i].File == "" { // nothing was handed in, but it has a line of its own
			h.materials[i].File = s.c.NewID()
		}
	}
	if err := insertHandIn(ctx, tx, c.ID, h); err != nil {
		return err
	}
	return s.handedOver(ctx, tx, c, svc, h)
}

// answers opens what handIn stored.
func (s *Service) answers(svc contract.Service, id contract.CaseID, h handIn) (contract.Answers, error) {
	all := h.plain
	if len(h.sealed) > 0 {
		text, err := s.c.Seal.Open(sealName(id), h.sealed)
		if err != nil {
			return nil, fmt.Errorf("open answers: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return nil, fmt.Errorf("personal answers: %w", err)
		}
	}
	fields := fieldsOf(svc)
	answers := make(contract.Answers, len(all))
	for id, text := range all {
		v, err := typed(fields[id], text)
		if err != nil {
			return nil, fmt.Errorf("answer %s: %w", id, err)
		}
		answers[id] = v
	}
	return answers, nil
}

// Resubmit takes the corrected papers, in the caller's transaction. Only what
// the notice marked may have changed: the rest was found to be fine.
func (s *Service) Resubmit(
	ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID,
	answers contract.Answers, materials []contract.Material,
) error {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.see(actor, c); err != nil {
		return err
	}
	if c, err = s.overtaken(ctx, tx, c); err != nil { // silence has accepted it as it was
		return err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return err
	}
	old, err := lastHandIn(ctx, tx, id)
	if err != nil {
		return err
	}
	before, err := s.answers(svc, id, old)
	if err != nil {
		return err
	}
	marks, err := marksOf(ctx, tx, id, c.Marked)
	if err != nil {
		return err
	}
	if err := onlyMarked(marks, before, answers, old.materials, materials); err != nil {
		return err
	}
	materials = keepGiven(old.materials, materials, func(id string) bool {
		return slices.ContainsFunc(marks, func(m contract.Mark) bool { return m.Kind == "material" && m.ID == id })
	})
	// First the step: it refuses whoever may not, and a second hand-in.
	if c, err = s.step(ctx, tx, actor, c, Action{Name: actResubmit}); err != nil {
		return err
	}
	if err := s.compared(ctx, tx, actor, c, svc, materials); err != nil {
		return err
	}
	next := handIn{round: old.round + 1, trace: []contract.Text{}, materials: materials, at: s.c.Now()}
	return s.handIn(ctx, tx, c, svc, next, answers)
}

// onlyMarked refuses changes of what was not marked. An answer or a material
// may appear or go, where a marked answer decides whether it is asked for.
func onlyMarked(marks []contract.Mark, before, after contract.Answers, had, has []contract.Material) error {
	open := func(kind, id string) bool {
		return slices.ContainsFunc(marks, func(m contract.Mark) bool { return m.Kind == kind && m.ID == id })
	}
	var form fault.Form
	for id, v := range after {
		old, ok := before[id]
		if ok && !open("field", id) && !same(old, v) {
			form.Add(id, "casework.not_marked")
		}
	}
	for _, m := range has {
		asked := slices.ContainsFunc(had, func(x contract.Material) bool { return x.ID == m.ID })
		known := slices.ContainsFunc(had, func(x contract.Material) bool { return x.ID == m.ID && x.Blob == m.Blob })
		if asked && !known && !open("material", m.ID) {
			form.Add(m.ID, "casework.not_marked")
		}
	}
	return form.Err()
}

// same compares answers as JSON has them, so that 1 and 1.0 do not differ.
func same(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y) || reflect.DeepEqual(a, b)
}
