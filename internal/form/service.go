package form

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Migrations are the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what with drafts.
//
//go:embed policy.cedar
var Policies string

const (
	// keep is how long a draft that nobody touches is kept.
	keep = 30 * 24 * time.Hour
	// heldFresh is how old held data may be before it is asked for again.
	heldFresh = 24 * time.Hour
	// sealedField binds sealed answers to this column.
	sealedField = "form_drafts.sealed"
)

// Config is what the form needs from the rest of the program.
type Config struct {
	DB      *db.DB
	Catalog Catalog
	Cases   Cases
	People  People
	Blobs   Blobs
	Seal    Sealer
	Policy  Policy
	Jobs    *job.Queue
	Now     func() time.Time
	NewID   func() string
	// MaxUploadMB bounds every upload, whatever a package says; 0 is 20.
	MaxUploadMB int
}

// Service keeps drafts and hands them in.
type Service struct {
	c        Config
	engine   *rule.Engine
	compiled sync.Map // "item@version" to *Compiled; versions never change
}

// New returns the service.
func New(c Config) (*Service, error) {
	e, err := rule.New()
	if err != nil {
		return nil, fmt.Errorf("form: %w", err)
	}
	if c.MaxUploadMB == 0 {
		c.MaxUploadMB = 20
	}
	return &Service{c: c, engine: e}, nil
}

func (s *Service) today() day.Date { return day.In(s.c.Now()) }

// compile returns the service version ready to evaluate; each is compiled once.
func (s *Service) compile(svc contract.Service) (*Compiled, error) {
	key := fmt.Sprintf("%s@%d", svc.Item, svc.Version)
	if c, ok := s.compiled.Load(key); ok {
		return c.(*Compiled), nil
	}
	c, err := Compile(s.engine, svc)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", key, err)
	}
	s.compiled.Store(key, c)
	return c, nil
}

func (s *Service) version(ctx context.Context, item contract.ItemID, version int) (*Compiled, error) {
	if c, ok := s.compiled.Load(fmt.Sprintf("%s@%d", item, version)); ok {
		return c.(*Compiled), nil
	}
	svc, err := s.c.Catalog.Version(ctx, item, version)
	if err != nil {
		return nil, fmt.Errorf("service of draft: %w", err)
	}
	return s.compile(svc)
}

// doc is the JSON of answers; the personal ones stand sealed in a doc of their own.
type doc struct {
	Answers contract.Answers         `json:"a,omitempty"`
	Typed   map[string][]string      `json:"t,omitempty"`
	Revs    map[string]int64         `json:"r,omitempty"`
	Held    map[string]contract.Held `json:"h,omitempty"`
}

// pack splits answers into what is personal and what is not.
func (s *Service) pack(c *Compiled, d Draft) (open string, sealed []byte, err error) {
	plain := doc{Answers: contract.Answers{}, Typed: map[string][]string{}, Revs: d.revs}
	personal := doc{Answers: contract.Answers{}, Typed: map[string][]string{}, Held: d.Held}
	for id, v := range d.Answers {
		if c.fields[id].Personal {
			personal.Answers[id] = v
			continue
		}
		plain.Answers[id] = v
	}
	for id, v := range d.Typed {
		if c.fields[id].Personal {
			personal.Typed[id] = v
			continue
		}
		plain.Typed[id] = v
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return "", nil, fmt.Errorf("pack answers: %w", err)
	}
	p, err := json.Marshal(personal)
	if err != nil {
		return "", nil, fmt.Errorf("pack answers: %w", err)
	}
	sealed, err = s.c.Seal.Seal(sealedField, string(p))
	if err != nil {
		return "", nil, fmt.Errorf("seal answers: %w", err)
	}
	return string(b), sealed, nil
}

func (s *Service) unpack(c *Compiled, r row) (Draft, error) {
	d := Draft{
		ID: r.ID, Kind: r.Kind, Service: c.Service, Owner: r.Owner, Company: r.Company, Party: r.Party, Case: r.Case,
		Rev: r.Rev, Created: r.Created, Saved: r.Saved, Expires: r.Expires,
		Answers: contract.Answers{}, Typed: map[string][]string{}, revs: map[string]int64{},
	}
	if r.Receipt != "" {
		d.Receipt = &contract.Receipt{}
		if err := json.Unmarshal([]byte(r.Receipt), d.Receipt); err != nil {
			return Draft{}, fmt.Errorf("receipt of draft: %w", err)
		}
		return d, nil
	}
	var plain, personal doc
	if err := json.Unmarshal([]byte(r.Answers), &plain); err != nil {
		return Draft{}, fmt.Errorf("answers of draft: %w", err)
	}
	if len(r.Sealed) > 0 {
		text, err := s.c.Seal.Open(sealedField, r.Sealed)
		if err != nil {
			return Draft{}, fmt.Errorf("open answers of draft: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &personal); err != nil {
			return Draft{}, fmt.Errorf("answers of draft: %w", err)
		}
	}
	for _, part := range []doc{plain, personal} {
		for id, v := range part.Answers {
			d.Answers[id] = restore(c.fields[id], v)
		}
		maps.Copy(d.Typed, part.Typed)
	}
	maps.Copy(d.revs, plain.Revs)
	d.Held = personal.Held
	return d, nil
}

// load reads a draft for the actor. Whoever may not see it is told that it does
// not exist.
func (s *Service) load(ctx context.Context, actor auth.Principal, id contract.DraftID, action string) (row, error) {
	r, err := selectDraft(ctx, s.c.DB, id)
	if err != nil {
		return row{}, err
	}
	if r.Submitted.IsZero() && !r.Expires.After(s.c.Now()) {
		return row{}, ErrNotFound
	}
	if err := s.may(actor, action, r); err != nil {
		return row{}, err
	}
	return r, nil
}

func (s *Service) may(actor auth.Principal, action string, r row) error {
	err := s.c.Policy.Check(actor, action, policy.Object{Type: "Draft", ID: string(r.ID), Attrs: map[string]any{
		"owner": string(r.Owner), "company": r.Company,
	}})
	if fault.KindOf(err) == fault.Denied {
		return ErrNotFound.Wrap(err)
	}
	return err
}

// draft completes a loaded row: service, answers, files, correction, result.
func (s *Service) draft(ctx context.Context, actor auth.Principal, r row) (*Compiled, Draft, error) {
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return nil, Draft{}, err
	}
	d, err := s.unpack(c, r)
	if err != nil || d.Receipt != nil {
		return c, d, err
	}
	if d.Files, err = selectFiles(ctx, s.c.DB, r.ID); err != nil {
		return nil, Draft{}, err
	}
	if d.Kind == KindCorrection {
		k, err := s.c.Cases.Correction(ctx, actor, d.Case)
		if err != nil {
			return nil, Draft{}, err
		}
		d.Correction = &k
	}
	return c, d, s.judge(c, &d)
}

// judge evaluates the draft as it stands.
func (s *Service) judge(c *Compiled, d *Draft) error {
	in := Input{Answers: d.Answers, Typed: d.Typed, Applicant: d.Party, Today: s.today(), Held: d.Held, Materials: d.Files}
	if d.Correction != nil {
		in.Answers = merge(d.Correction.Answers, d.Answers)
		in.Materials = slices.Concat(d.Correction.Materials, d.Files)
		in.Reopened, in.Held = d.Correction.Marks, nil
	}
	var err error
	d.Result, err = c.Evaluate(in)
	return err
}

// Draft returns a draft of the actor's.
func (s *Service) Draft(ctx context.Context, actor auth.Principal, id contract.DraftID) (Draft, error) {
	r, err := s.load(ctx, actor, id, "form.view")
	if err != nil {
		return Draft{}, err
	}
	if r, err = s.refresh(ctx, actor, r); err != nil {
		return Draft{}, err
	}
	_, d, err := s.draft(ctx, actor, r)
	return d, err
}

// refresh asks again for held data that is older than a day.
func (s *Service) refresh(ctx context.Context, actor auth.Principal, r row) (row, error) {
	if !r.Submitted.IsZero() || r.Kind != KindApplication || s.c.Now().Sub(r.HeldAt) < heldFresh {
		return r, nil
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return r, err
	}
	d, err := s.unpack(c, r)
	if err != nil {
		return r, err
	}
	if d.Held, err = s.held(ctx, actor, c, r.Party); err != nil {
		return r, err
	}
	if r.Answers, r.Sealed, err = s.pack(c, d); err != nil {
		return r, err
	}
	r.HeldAt = s.c.Now()
	return r, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return updateHeld(ctx, tx, r) })
}

// held keeps of what the government knows only what this form uses: no more
// personal data than needed (PIPL art. 6). A form that uses none asks for none.
func (s *Service) held(ctx context.Context, actor auth.Principal, c *Compiled, p contract.Party) (map[string]contract.Held, error) {
	if len(c.held) == 0 {
		return nil, nil
	}
	all, err := s.c.People.Held(ctx, actor, p)
	if err != nil {
		return nil, fmt.Errorf("held data: %w", err)
	}
	kept := map[string]contract.Held{}
	for _, k := range c.held {
		if h, ok := all[k]; ok {
			kept[k] = h
		}
	}
	return kept, nil
}

// heldKeys lists the held data that fields and rules use.
func (c *Compiled) heldKeys() []string {
	var keys []string
	for _, f := range c.fields {
		if f.Held != "" {
			keys = append(keys, f.Held)
		}
	}
	for _, r := range rulesOf(c.Service) {
		if p, err := c.engine.Compile(r.text); r.text != "" && err == nil {
			for _, ref := range p.Refs() {
				if ref.Var == "held" && ref.Name != "" {
					keys = append(keys, ref.Name)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// OpenDrafts lists the actor's unfinished applications, newest first.
func (s *Service) OpenDrafts(ctx context.Context, actor auth.Principal) ([]Open, error) {
	if actor.Kind != auth.Resident {
		return nil, nil
	}
	rows, err := selectOpen(ctx, s.c.DB, actor.ID, actor.For.ID, s.c.Now())
	if err != nil {
		return nil, err
	}
	list := make([]Open, 0, len(rows))
	for _, r := range rows {
		if err := s.may(actor, "form.view", r); err != nil {
			continue
		}
		c, err := s.version(ctx, r.Item, r.Version)
		if err != nil {
			return nil, err
		}
		list = append(list, Open{
			ID: r.ID, Item: r.Item, Name: c.Service.Name, Party: r.Party,
			Done: r.Done, Total: r.Total, Saved: r.Saved, Expires: r.Expires,
		})
	}
	return list, nil
}

// maxRetries bounds how often a save starts again because another came between.
const maxRetries = 4

// Save stores answers, right or wrong: what a person typed is not lost. A field
// that somebody else changed since change.Rev is ErrConflict with that field,
// and nothing is stored.
func (s *Service) Save(ctx context.Context, actor auth.Principal, id contract.DraftID, change Change) (Draft, error) {
	for range maxRetries {
		r, err := s.load(ctx, actor, id, "form.edit")
		if err != nil {
			return Draft{}, err
		}
		c, d, err := s.draft(ctx, actor, r)
		if err != nil {
			return Draft{}, err
		}
		if d.Receipt != nil {
			return d, ErrSubmitted
		}
		moved, err := s.apply(c, &d, change)
		if err != nil || !moved {
			return d, err
		}
		stored, err := s.store(ctx, c, r, &d)
		if err != nil || stored {
			return d, err
		}
	}
	return Draft{}, ErrStale
}

// maxFields bounds a JSON change; no form asks as much.
const maxFields = 300

// SaveJSON is Save for typed JSON. It is strict: a field that the form does not
// have, a value of another type or an answer that the government already holds
// is a fault, and nothing is stored then.
func (s *Service) SaveJSON(ctx context.Context, actor auth.Principal, id contract.DraftID, rev int64, answers map[string]json.RawMessage) (Draft, error) {
	d, err := s.Draft(ctx, actor, id)
	if err != nil {
		return Draft{}, err
	}
	if d.Receipt != nil {
		return d, ErrSubmitted
	}
	if len(answers) > maxFields {
		return d, fault.New(fault.TooLarge, "form.draft.too_many_answers")
	}
	change := Change{Rev: rev, Fields: map[string]Parsed{}}
	var faults []fault.Field
	for _, f := range fieldsOf(d.Service) {
		raw, ok := answers[f.ID]
		if !ok {
			continue
		}
		delete(answers, f.ID)
		p := ParseJSON(f, raw)
		if fs, shown := d.Result.field(f.ID); shown && fs.Held != nil {
			if p.Fault == nil && !reflect.DeepEqual(p.Value, fs.Value) {
				p.Fault = invalid(f, "form.field.held")
			}
		} else {
			change.Fields[f.ID] = p
		}
		if p.Fault != nil {
			faults = append(faults, fault.Field{Name: f.ID, Err: p.Fault})
		}
	}
	if len(answers) > 0 { // their names came from outside and are not repeated
		faults = append(faults, fault.Field{Name: "answers", Err: fault.New(fault.Invalid, "form.field.unknown", "n", len(answers))})
	}
	if len(faults) > 0 {
		e := *ErrUnread
		e.Args, e.Fields = []any{"n", len(faults)}, faults
		return d, &e
	}
	return s.Save(ctx, actor, id, change)
}

// apply puts a change into the draft and judges it anew. It reports whether
// anything is different.
func (s *Service) apply(c *Compiled, d *Draft, change Change) (bool, error) {
	var conflicts []fault.Field
	moved := false
	for _, f := range c.Fields() { // in the order of the form, for the faults
		p, ok := change.Fields[f.ID]
		if !ok || same(*d, f, p) {
			continue
		}
		if d.Correction != nil && !d.opens("field", f.ID) {
			return false, ErrNotOpen
		}
		if change.Rev > 0 && d.revs[f.ID] > change.Rev {
			conflicts = append(conflicts, fault.Field{Name: f.ID, Err: invalid(f, "form.field.conflict")})
			continue
		}
		set(d, f, p)
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

// same reports whether the draft already says what p says.
func same(d Draft, f contract.Field, p Parsed) bool {
	return reflect.DeepEqual(d.Answers[f.ID], p.Value) && slices.Equal(d.Typed[f.ID], p.Typed)
}

func set(d *Draft, f contract.Field, p Parsed) {
	delete(d.Answers, f.ID)
	delete(d.Typed, f.ID)
	if p.Value != nil {
		d.Answers[f.ID] = p.Value
	} else if len(p.Typed) > 0 {
		d.Typed[f.ID] = p.Typed
	}
	d.revs[f.ID] = d.Rev + 1
}

// store writes the draft as revision r.Rev+1, or reports that another came first.
func (s *Service) store(ctx context.Context, c *Compiled, r row, d *Draft) (bool, error) {
	var err error
	if r.Answers, r.Sealed, err = s.pack(c, *d); err != nil {
		return false, err
	}
	r.Done, r.Total = d.Result.Progress()
	r.Saved = s.c.Now()
	r.Expires = later(r.Expires, r.Saved.Add(keep))
	ok := false
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err = updateDraft(ctx, tx, r)
		return err
	})
	d.Rev, d.Saved, d.Expires = r.Rev+1, r.Saved, r.Expires
	return ok, err
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
	if !r.Submitted.IsZero() {
		return ErrSubmitted
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		// Submitted in the meantime: the case holds the files now.
		if ok, err := claimDraft(ctx, tx, id, r.Rev, s.c.Now()); err != nil || !ok {
			return errors.Join(err, onlyIf(!ok && err == nil, ErrStale))
		}
		return deleteDraft(ctx, tx, id)
	})
}

func onlyIf(yes bool, err error) error {
	if yes {
		return err
	}
	return nil
}
