package form

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

// maxRetries bounds how often a save starts again because another came between.
const maxRetries = 4

// open loads a draft that its owner may change now.
func (s *Service) open(ctx context.Context, actor auth.Principal, id contract.DraftID) (row, *Compiled, Draft, error) {
	r, err := s.load(ctx, actor, id, "form.edit")
	if err != nil {
		return row{}, nil, Draft{}, err
	}
	c, d, err := s.draft(ctx, actor, r)
	switch {
	case err != nil:
	case d.Receipt != nil:
		err = ErrSubmitted
	case d.State == StateSigning:
		err = ErrSigning
	}
	return r, c, d, err
}

// Save stores answers, right or wrong: what a person typed is not lost. A field
// that somebody else changed since change.Rev is ErrConflict with that field,
// and nothing is stored.
func (s *Service) Save(ctx context.Context, actor auth.Principal, id contract.DraftID, change Change) (Draft, error) {
	for range maxRetries {
		r, c, d, err := s.open(ctx, actor, id)
		if err != nil {
			return d, err
		}
		moved, err := s.apply(c, &d, change)
		if err != nil || !moved {
			return d, err
		}
		stored, err := s.store(ctx, actor, c, r, &d, fieldNames(change)...)
		if err != nil || stored {
			return d, err
		}
	}
	return Draft{}, ErrStale
}

func fieldNames(change Change) []string {
	var list []string
	for id := range change.Fields {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// change does one thing to a draft and stores it; do reports whether anything
// is different then. It may run more than once.
func (s *Service) change(ctx context.Context, actor auth.Principal, id contract.DraftID, what string, do func(c *Compiled, d *Draft) (bool, error)) (Draft, error) {
	for range maxRetries {
		r, c, d, err := s.open(ctx, actor, id)
		if err != nil {
			return d, err
		}
		moved, err := do(c, &d)
		if err != nil || !moved {
			return d, err
		}
		if err := s.judge(c, &d); err != nil {
			return d, err
		}
		stored, err := s.store(ctx, actor, c, r, &d, what)
		if err != nil || stored {
			return d, err
		}
	}
	return Draft{}, ErrStale
}

// maxFields bounds a JSON change; no form asks as much.
const maxFields = 1000

// SaveJSON is Save for typed JSON. It is strict: a field that the form does not
// have, a value of another type or an answer that the government already holds
// is a fault, and nothing is stored then.
func (s *Service) SaveJSON(ctx context.Context, actor auth.Principal, id contract.DraftID, rev int64, answers map[string]json.RawMessage) (Draft, error) {
	_, c, d, err := s.open(ctx, actor, id)
	if err != nil {
		return d, err
	}
	change, err := readAnswers(c, c.FieldsFor(""), d.Result.Pages, rev, answers)
	if err != nil {
		return d, err
	}
	return s.Save(ctx, actor, id, change)
}

// readAnswers checks JSON answers against the schema of the form and types those
// of the fields that the person fills in.
func readAnswers(c *Compiled, fields []contract.Field, pages []PageState, rev int64, answers map[string]json.RawMessage) (Change, error) {
	if len(answers) > maxFields {
		return Change{}, ErrAnswers
	}
	schema, err := c.ValidateAnswers(answers)
	if err != nil {
		return Change{}, err
	}
	change := Change{Rev: rev, Fields: map[string]Parsed{}}
	var faults []fault.Field
	known := 0
	for _, f := range fields {
		raw, ok := answers[f.ID]
		if !ok {
			continue
		}
		known++
		p := ParseJSON(f, raw)
		if fs, shown := fieldIn(pages, f.ID); shown && fs.Held != nil {
			if p.Fault == nil && !reflect.DeepEqual(p.Value, fs.Value) {
				p.Fault = invalid(f, "form.field.held")
			}
		} else {
			change.Fields[f.ID] = p
		}
		own := p.Errors(f) // says more than the schema
		if len(own) == 0 {
			own = slices.DeleteFunc(slices.Clone(schema), func(x fault.Field) bool { return x.Name != f.ID && !ofField(x.Name, f.ID) })
		}
		faults = append(faults, own...)
	}
	if n := len(answers) - known; n > 0 { // their names came from outside and are not repeated
		faults = append(faults, fault.Field{Name: "answers", Err: fault.New(fault.Invalid, "form.field.unknown", "n", n)})
	}
	if len(faults) > 0 {
		e := *ErrUnread
		e.Args, e.Fields = []any{"n", len(faults)}, faults
		return Change{}, &e
	}
	return change, nil
}

// apply puts a change into the draft and judges it anew. It reports whether
// anything is different.
func (s *Service) apply(c *Compiled, d *Draft, change Change) (bool, error) {
	var conflicts []fault.Field
	moved := false
	for _, f := range c.Fields() { // in the order of the form, for the faults
		p, ok := change.Fields[f.ID]
		if !ok || p.Same(f, d.Answers, d.Typed) {
			continue
		}
		if d.Correction != nil && !d.opens("field", f.ID) {
			return false, ErrNotOpen
		}
		if change.Rev > 0 && d.revs[f.ID] > change.Rev {
			conflicts = append(conflicts, fault.Field{Name: f.ID, Err: invalid(f, "form.field.conflict")})
			continue
		}
		p.Put(f, d.Answers, d.Typed)
		d.revs[f.ID] = d.Rev + 1
		moved = true
	}
	if len(conflicts) > 0 {
		e := *ErrConflict
		e.Fields = conflicts
		return false, &e
	}
	if !moved {
		return false, nil
	}
	return true, s.judge(c, d)
}

// store writes the draft as revision r.Rev+1, or reports that another came first.
func (s *Service) store(ctx context.Context, actor auth.Principal, c *Compiled, r row, d *Draft, what ...string) (bool, error) {
	var err error
	if r.Answers, r.Sealed, err = s.pack(c, *d); err != nil {
		return false, err
	}
	r.Done, r.Total = d.Result.Progress()
	r.Saved, r.Mandate = s.c.Now(), actor.For.Mandate
	r.Expires = later(r.Expires, r.Saved.Add(keep))
	ok := false
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if ok, err = updateDraft(ctx, tx, r); err != nil || !ok {
			return err
		}
		return s.tell(ctx, tx, actor, r, what...)
	})
	d.Rev, d.Saved, d.Expires, d.Mandate = r.Rev+1, r.Saved, r.Expires, r.Mandate
	return ok, err
}

// tell records a change that concerns another, under the right it rests on.
func (s *Service) tell(ctx context.Context, tx db.Tx, actor auth.Principal, r row, what ...string) error {
	if r.Company == "" && !actor.AtCounter() {
		return nil
	}
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Subject: subjectOfRow(r), Object: "draft:" + string(r.ID)},
		contract.DraftChanged{Draft: r.ID, Item: r.Item, What: what, At: s.c.Now()})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Delete forgets a draft and its files.
func (s *Service) Delete(ctx context.Context, actor auth.Principal, id contract.DraftID) error {
	r, err := s.load(ctx, actor, id, "form.edit")
	if err != nil {
		return err
	}
	switch {
	case !r.Submitted.IsZero():
		return ErrSubmitted
	case r.State == StateSigning:
		return ErrSigning
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		// Submitted in the meantime: the case holds the files now.
		if ok, err := claimDraft(ctx, tx, r, s.c.Now()); err != nil || !ok {
			return errors.Join(err, onlyIf(!ok && err == nil, ErrStale))
		}
		if err := s.tell(ctx, tx, actor, r, "deleted"); err != nil {
			return err
		}
		return deleteDraft(ctx, tx, id, s.c.Now())
	})
}

func onlyIf(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}
