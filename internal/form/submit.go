package form

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Submit hands in the application, together with a last change (the declaration
// that stands beside the button). Everything is judged once more. However often
// and from however many places it is called, a draft makes one case, and every
// call gets the same receipt.
//
// A correction is handed in by Resubmit; its receipt only names the case.
//
// A change.Rev that is not the stored revision is ErrStale: what the person
// checked is not what would be handed in.
func (s *Service) Submit(ctx context.Context, actor auth.Principal, id contract.DraftID, change Change) (contract.Receipt, error) {
	for range maxRetries {
		r, err := s.load(ctx, actor, id, "form.submit")
		if err != nil {
			return contract.Receipt{}, err
		}
		if r, err = s.refresh(ctx, actor, r); err != nil {
			return contract.Receipt{}, err
		}
		if r.Kind == KindCorrection {
			at := s.c.Now()
			return contract.Receipt{Case: r.Case, At: at}, s.Resubmit(ctx, actor, id, change)
		}
		c, d, err := s.draft(ctx, actor, r)
		if err != nil {
			return contract.Receipt{}, err
		}
		if d.Receipt != nil {
			return *d.Receipt, nil
		}
		if d.State == StateSigning {
			return contract.Receipt{}, nil // the second click
		}
		if err := s.still(ctx, actor, d); err != nil {
			return contract.Receipt{}, err
		}
		if err := s.finished(ctx, actor, c, &d, change); err != nil {
			return contract.Receipt{}, err
		}
		receipt, done, err := s.send(ctx, actor, c, r, d)
		if err != nil || done {
			return receipt, err
		}
		// Another request came between: it submitted, or it changed something.
		// Look again.
	}
	return contract.Receipt{}, ErrStale
}

// still checks that the right to apply for the party exists now: it may have been
// revoked since the page was opened.
func (s *Service) still(ctx context.Context, actor auth.Principal, d Draft) error {
	parties, err := s.c.People.Parties(ctx, actor)
	if err != nil && fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.NotFound {
		return fmt.Errorf("whom the actor applies for: %w", err)
	}
	if !slices.ContainsFunc(parties, func(p contract.Party) bool { return p.ID == d.Party.ID }) {
		return ErrOtherParty.With("name", d.Party.Name)
	}
	return nil
}

// allMended checks that a correction can be handed in, at a counter confirmed.
func (s *Service) allMended(ctx context.Context, actor auth.Principal, d *Draft) error {
	if err := mended(d.Fixes()); err != nil {
		return err
	}
	return s.mayHandIn(ctx, actor, d)
}

// finished checks that a draft can be sent: complete, and at a counter confirmed.
func (s *Service) finished(ctx context.Context, actor auth.Principal, c *Compiled, d *Draft, change Change) error {
	if err := s.ready(c, d, change); err != nil {
		return err
	}
	return s.mayHandIn(ctx, actor, d)
}

// ready judges the draft for the last time.
func (s *Service) ready(c *Compiled, d *Draft, change Change) error {
	if change.Rev > 0 && change.Rev != d.Rev {
		return ErrStale
	}
	if _, err := s.apply(c, d, change); err != nil {
		return err
	}
	return verdict(d.Result)
}

// send hands in a complete draft, or asks its signers first.
func (s *Service) send(ctx context.Context, actor auth.Principal, c *Compiled, r row, d Draft) (contract.Receipt, bool, error) {
	if len(d.Result.Signers) > 0 {
		asked, err := s.ask(ctx, actor, c, r, d)
		return contract.Receipt{}, asked, err
	}
	d.by = &actor
	sub, err := s.filled(ctx, c, d)
	if err != nil {
		return contract.Receipt{}, false, err
	}
	return s.hand(ctx, actor, r, d, sub)
}

// filled is the submission of a draft that was judged.
func (s *Service) filled(ctx context.Context, c *Compiled, d Draft) (contract.Submission, error) {
	d.settleOriginals()
	sub := contract.Submission{
		Key: string(d.ID), Item: d.Service.Item, Version: d.Service.Version, Applicant: d.Party, Operator: d.Owner,
		Answers: d.Result.Answers, Materials: d.Result.Handed(), Instant: d.Result.Instant, Trace: d.Result.Trace, At: s.c.Now(),
		Disputes: d.Result.Disputes, Unchecked: d.Result.Unchecked,
	}
	s.named(sub.Materials, sub.At)
	if d.Subject != "" {
		sub.Agent = contract.Agent{Account: d.Owner, Kind: d.Acting, Mandate: d.Mandate}
		if d.by != nil {
			sub.Agent.Name, sub.Agent.Mandate = ownParty(*d.by).Name, mandateOf(*d.by)
		}
	}
	d.atWindow(&sub)
	for _, x := range d.Result.Signers {
		if x.Signature != nil {
			sub.Signatures = append(sub.Signatures, *x.Signature)
		}
	}
	whole, _ := d.Choice("")
	if k, offered := d.Result.Commitment(""); offered && k.Chosen {
		sub.Committed = &contract.Committed{At: whole.At, Content: k.Spec.Content, Liability: k.Spec.Liability}
	}
	// A grant at once rests on what was checked. What a registry could not check,
	// and what the applicant disputes, a person looks at.
	if sub.Instant && (len(sub.Disputes) > 0 || len(sub.Unchecked) > 0) {
		sub.Instant = false
		sub.Trace = append(sub.Trace, contract.Text{
			ZH: "有信息没能核对或者申请人有异议，转由工作人员办理",
			EN: "Something could not be checked, or is disputed: a person decides",
		})
	}
	own := func(p contract.Part) (*Compiled, error) { return s.version(ctx, p.Item, p.Version) }
	var err error
	if sub.Parts, err = Split(d.Service, s.input(c, &d), d.Result, own); err != nil {
		return sub, err
	}
	for i := range sub.Parts {
		s.named(sub.Parts[i].Materials, sub.At)
		if k := sub.Parts[i].Committed; k != nil {
			k.At = whole.At
			if own, ok := d.Choice(sub.Parts[i].Part); ok {
				k.At = own.At
			}
		}
	}
	return sub, nil
}

// named gives an id and a time to what stands for a material without having been
// handed in.
func (s *Service) named(list []contract.Material, at time.Time) {
	for i := range list {
		if list[i].At.IsZero() {
			list[i].At = at
		}
		if list[i].File == "" {
			list[i].File = s.c.NewID()
		}
	}
}

// verdict turns a result that cannot be submitted into a fault.
func verdict(r Result) error {
	if fields := r.Faults(); len(fields) > 0 {
		e := *ErrIncomplete
		e.Args, e.Fields = []any{"n", len(fields)}, fields
		return &e
	}
	if len(r.Ineligible) > 0 {
		return ErrIneligible.With("message", Words(joined(r.Ineligible)))
	}
	return nil
}

func joined(list []contract.Text) contract.Text {
	var t contract.Text
	for i, x := range list {
		if i > 0 {
			t.ZH += "；"
			t.EN += "; "
		}
		t.ZH += x.ZH
		t.EN += x.EN
	}
	return t
}

// hand makes the case and marks the draft in one transaction. Its first
// statement lets one of several requests through.
func (s *Service) hand(ctx context.Context, actor auth.Principal, r row, d Draft, sub contract.Submission) (receipt contract.Receipt, done bool, err error) {
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		receipt, done, err = s.submitIn(ctx, tx, actor, r, d, sub)
		return err
	})
	if err != nil {
		return contract.Receipt{}, false, err
	}
	return receipt, done, nil
}

// submitIn is hand within a transaction.
func (s *Service) submitIn(ctx context.Context, tx db.Tx, actor auth.Principal, r row, d Draft, sub contract.Submission) (receipt contract.Receipt, done bool, err error) {
	done, err = claimDraft(ctx, tx, r, sub.At)
	if err != nil || !done {
		return receipt, done, err
	}
	if receipt, err = s.c.Cases.Submit(ctx, tx, actor, sub); err != nil {
		return receipt, false, err
	}
	kept, err := json.Marshal(receipt)
	if err != nil {
		return receipt, false, fmt.Errorf("receipt: %w", err)
	}
	if err := insertShare(ctx, tx, d.ID, d.Service.Item, d.Result.Burden()); err != nil {
		return receipt, false, err
	}
	if err := s.tell(ctx, tx, actor, r, "submitted"); err != nil {
		return receipt, false, err
	}
	return receipt, true, finishDraft(ctx, tx, d.ID, string(kept))
}

// Fix is one thing that a correction has to mend.
type Fix struct {
	Mark     contract.Mark // without a reason where it follows from another correction
	Field    *FieldState   // of a field: as it stands now
	Was      any           // of a field: what was given before
	WasWords contract.Text // the same as people read it
	Material *MaterialState
	WasFiles []contract.Material // of a material: what was given before
	Fault    *fault.Error        // why it is not mended yet
}

// Fixes lists what a correction has to mend: what the notice marks, then what
// is asked only because of a corrected answer.
func (d Draft) Fixes() []Fix {
	if d.Correction == nil {
		return nil
	}
	var list []Fix
	for _, m := range d.Correction.Marks {
		if f, ok := d.fix(m); ok {
			list = append(list, f)
		}
	}
	for _, x := range d.Result.Faults() {
		m := contract.Mark{Kind: "field", ID: x.Name}
		if id, ok := materialName(x.Name); ok {
			m = contract.Mark{Kind: "material", ID: id}
		}
		if marked(d.Correction.Marks, m.Kind, m.ID) || !d.follows(m) {
			continue
		}
		if f, ok := d.fix(m); ok {
			list = append(list, f)
		}
	}
	return list
}

const materialPrefix = "material."

func materialName(name string) (string, bool) {
	if len(name) > len(materialPrefix) && name[:len(materialPrefix)] == materialPrefix {
		return name[len(materialPrefix):], true
	}
	return "", false
}

// follows reports whether a thing was not asked before, so that it is open
// although no notice marks it.
func (d Draft) follows(m contract.Mark) bool {
	if m.Kind == "material" {
		return !slices.ContainsFunc(d.Correction.Materials, func(x contract.Material) bool { return x.ID == m.ID })
	}
	_, was := d.Correction.Answers[m.ID]
	return !was
}

func (d Draft) fix(m contract.Mark) (Fix, bool) {
	x := Fix{Mark: m}
	if m.Kind == "material" {
		return d.fixMaterial(x)
	}
	f, ok := d.Result.field(m.ID)
	if !ok {
		return Fix{}, false // hidden by another correction: nothing to mend
	}
	x.Field, x.Was, x.Fault = &f, d.Correction.Answers[m.ID], f.Fault
	if x.Was != nil {
		x.WasWords = d.Result.Show(f.Field, Restore(f.Field, x.Was))
	}
	_, answered := d.Answers[m.ID]
	if x.Fault == nil && !answered && f.Field.Required {
		x.Fault = missing(f.Field)
	}
	return x, true
}

func (d Draft) fixMaterial(x Fix) (Fix, bool) {
	ms, ok := d.Result.Material(x.Mark.ID)
	if !ok {
		return Fix{}, false
	}
	for _, f := range d.Correction.Materials {
		if f.ID == x.Mark.ID {
			x.WasFiles = append(x.WasFiles, f)
		}
	}
	ms.Files = slices.DeleteFunc(slices.Clone(d.Files), func(f contract.Material) bool { return f.ID != x.Mark.ID })
	if len(ms.Files) == 0 && ms.Spec.Origin == OriginUpload {
		x.Fault = fault.New(fault.Invalid, "form.file.missing", "name", Words(ms.Spec.Name))
	}
	x.Material = &ms
	return x, true
}

// opens reports whether a correction may change the thing.
func (d Draft) opens(kind, id string) bool {
	if marked(d.Correction.Marks, kind, id) {
		return true
	}
	m := contract.Mark{Kind: kind, ID: id}
	if !d.follows(m) {
		return false
	}
	if kind == "material" {
		_, shown := d.Result.Material(id)
		return shown
	}
	_, shown := d.Result.field(id)
	return shown
}

// Resubmit hands in a correction. Only what it had to mend is judged: what was
// in order before stays so, even if a rule has aged since.
func (s *Service) Resubmit(ctx context.Context, actor auth.Principal, id contract.DraftID, change Change) error {
	for range maxRetries {
		r, err := s.load(ctx, actor, id, "form.submit")
		if err != nil {
			return err
		}
		if !r.Submitted.IsZero() {
			return nil // the second click
		}
		c, d, err := s.draft(ctx, actor, r)
		if err != nil {
			return err
		}
		if d.Correction == nil {
			return ErrNotFound
		}
		if change.Rev > 0 && change.Rev != d.Rev {
			return ErrStale
		}
		if _, err := s.apply(c, &d, change); err != nil {
			return err
		}
		if err := s.allMended(ctx, actor, &d); err != nil {
			return err
		}
		done, err := s.handCorrection(ctx, actor, r, d)
		if err != nil || done {
			return err
		}
	}
	return ErrStale
}

func mended(fixes []Fix) error {
	var fields []fault.Field
	for _, f := range fixes {
		if f.Fault == nil {
			continue
		}
		name := f.Mark.ID
		if f.Mark.Kind == "material" {
			name = materialPrefix + name
		}
		fields = append(fields, fault.Field{Name: name, Err: f.Fault})
	}
	if len(fields) == 0 {
		return nil
	}
	e := *ErrIncomplete
	e.Args, e.Fields = []any{"n", len(fields)}, fields
	return &e
}

// inWay are the files that came in the way chosen for their material.
func (d Draft) inWay() []contract.Material {
	return slices.DeleteFunc(slices.Clone(d.Files), func(m contract.Material) bool {
		way := d.Ways[m.ID]
		return way != "" && m.Origin != way
	})
}

func (s *Service) handCorrection(ctx context.Context, actor auth.Principal, r row, d Draft) (done bool, err error) {
	answers := d.Result.Answers
	// What was handed in and is shown stays, even if a rule has aged since.
	for id, v := range d.Correction.Answers {
		if f, shown := d.Result.field(id); shown && f.Fault != nil && !marked(d.Correction.Marks, "field", id) {
			answers[id] = v
		}
	}
	materials := slices.Concat(d.Correction.Materials, d.seenOf(d.inWay()))
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		done, err = claimDraft(ctx, tx, r, s.c.Now())
		if err != nil || !done {
			return err
		}
		if err := s.c.Cases.Resubmit(ctx, tx, actor, d.Case, answers, materials); err != nil {
			return err
		}
		if actor.AtCounter() {
			if err := s.c.Cases.Confirmed(ctx, tx, actor, d.Case, "resubmit", *d.Confirmed); err != nil {
				return err
			}
		}
		kept, err := json.Marshal(contract.Receipt{Case: d.Case, At: s.c.Now()})
		if err != nil {
			return fmt.Errorf("receipt: %w", err)
		}
		return finishDraft(ctx, tx, d.ID, string(kept))
	})
	return done && err == nil, err
}
