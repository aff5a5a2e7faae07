package form

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// personObject is the service object "natural person" (GB/T 39046 A.4); the
// others are bodies of some kind.
const personObject = "1"

// For reports whether a service is for such an applicant. A guide that names no
// object is for everybody.
func For(svc contract.Service, partyKind string) bool {
	objects := svc.Guide.Objects
	if len(objects) == 0 {
		return true
	}
	if partyKind == "person" {
		return slices.Contains(objects, personObject)
	}
	return slices.ContainsFunc(objects, func(o string) bool { return o != personObject })
}

// current reports whether the actor acts for p now: a case for a company is
// filed while acting for it, so that nobody files for the wrong one by mistake.
func current(actor auth.Principal, p contract.Party) bool {
	if subjectOf(actor) == "" {
		return p.Kind == "person" && p.ID == actor.Person()
	}
	return p.ID == actor.For.ID
}

// Choose tells for whom the actor may apply for a service now, whom else they
// stand for, and what they have begun already.
func (s *Service) Choose(ctx context.Context, actor auth.Principal, item contract.ItemID) (Choice, error) {
	ch, err := s.applicants(ctx, actor, item)
	if err != nil {
		return Choice{}, err
	}
	open, err := s.OpenDrafts(ctx, actor)
	for _, o := range open {
		if o.Item == item {
			ch.Drafts = append(ch.Drafts, o)
		}
	}
	return ch, err
}

func (s *Service) applicants(ctx context.Context, actor auth.Principal, item contract.ItemID) (Choice, error) {
	about := policy.Object{Type: "Item", ID: string(item), Attrs: map[string]any{"item": string(item)}}
	if err := s.c.Policy.Check(actor, "form.apply", about); err != nil {
		if actor.Applies() {
			err = ErrNotCovered.Wrap(err)
		}
		return Choice{}, err
	}
	svc, err := s.c.Catalog.Current(ctx, item)
	if err != nil {
		return Choice{}, err
	}
	if len(svc.Form.Pages) == 0 {
		return Choice{}, ErrNoForm
	}
	ch := Choice{Service: svc}
	parties, err := s.c.People.Parties(ctx, actor)
	if err != nil {
		return Choice{}, err
	}
	for _, p := range parties {
		if current(actor, p) && For(svc, p.Kind) {
			ch.Parties = append(ch.Parties, p)
			continue
		}
		ch.Others = append(ch.Others, p)
	}
	return ch, nil
}

// Start begins an application for whom the actor acts for now.
func (s *Service) Start(ctx context.Context, actor auth.Principal, item contract.ItemID) (contract.DraftID, error) {
	ch, err := s.applicants(ctx, actor, item)
	if err != nil {
		return "", err
	}
	if len(ch.Parties) == 0 {
		return "", ErrApplicant
	}
	c, err := s.compile(ch.Service)
	if err != nil {
		return "", err
	}
	now := s.c.Now()
	d := Draft{
		ID: contract.DraftID(s.c.NewID()), Kind: KindApplication, Service: ch.Service,
		Owner: contract.AccountID(actor.Person()), Subject: subjectOf(actor), Acting: actingOf(actor, ch.Parties[0]), Mandate: mandateOf(actor),
		Party: ch.Parties[0], State: StateOpen,
		Rev: 1, Created: now, Saved: now, Expires: now.Add(keep), revs: map[string]int64{},
	}
	if n, err := countOpen(ctx, s.c.DB, d.Owner, now); err != nil || n >= maxDrafts {
		return "", errors.Join(err, onlyIf(err == nil, ErrTooMany.With("n", maxDrafts)))
	}
	d.Consents = c.sensitive()
	if d.Choices, err = s.choices(ctx, c, d); err != nil {
		return "", err
	}
	if err := s.known(ctx, actor, c, &d); err != nil {
		return "", err
	}
	if err := s.judge(c, &d); err != nil {
		return "", err
	}
	if err := s.insert(ctx, actor, c, d); err != nil {
		return "", err
	}
	return d.ID, nil
}

// insert stores a new draft; a second correction of a case is not stored.
func (s *Service) insert(ctx context.Context, actor auth.Principal, c *Compiled, d Draft) error {
	r := row{
		ID: d.ID, Kind: d.Kind, Item: d.Service.Item, Version: d.Service.Version, Owner: d.Owner, Company: d.Subject,
		Acting: d.Acting, Mandate: d.Mandate, State: d.State,
		Party: d.Party, Case: d.Case, Rev: d.Rev, Created: d.Created, Saved: d.Saved, HeldAt: s.heldAt(d), Expires: d.Expires,
	}
	var err error
	if r.Answers, r.Sealed, err = s.pack(c, d); err != nil {
		return err
	}
	r.Done, r.Total = d.Result.Progress()
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if fresh, err := insertDraft(ctx, tx, r); err != nil || !fresh {
			return err
		}
		if err := s.tell(ctx, tx, actor, r, "started"); err != nil {
			return err
		}
		return s.c.Jobs.InsertTx(ctx, tx, expire{r.ID}, job.Insert{At: r.Expires})
	})
}

func ignoreMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Correct returns the actor's correction of a case, begun on the first call.
func (s *Service) Correct(ctx context.Context, actor auth.Principal, id contract.CaseID) (Draft, error) {
	k, err := s.c.Cases.Correction(ctx, actor, id)
	if err != nil {
		return Draft{}, err
	}
	r, err := selectCorrection(ctx, s.c.DB, id)
	if errors.Is(err, ErrNotFound) {
		r, err = s.startCorrection(ctx, actor, k)
	}
	if err != nil {
		return Draft{}, err
	}
	if err := s.may(actor, "form.correct", r); err != nil {
		return Draft{}, err
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return Draft{}, err
	}
	d, err := s.unpack(c, r)
	if err != nil {
		return Draft{}, err
	}
	if err := s.papers(ctx, &d); err != nil {
		return Draft{}, err
	}
	if err := s.confirmed(ctx, s.c.DB, &d, r); err != nil {
		return Draft{}, err
	}
	if err := s.recordRead(ctx, actor, "draft:"+string(d.ID), subjectOfRow(r), "answers"); err != nil {
		return Draft{}, err
	}
	d.Correction = &k
	return d, s.judge(c, &d)
}

// correctionKeep outlives any period of a correction notice; the case's own
// clock ends the matter.
const correctionKeep = 90 * 24 * time.Hour

func (s *Service) startCorrection(ctx context.Context, actor auth.Principal, k contract.Correction) (row, error) {
	c, err := s.version(ctx, k.Item, k.Version)
	if err != nil {
		return row{}, err
	}
	now := s.c.Now()
	d := Draft{
		ID: contract.DraftID(s.c.NewID()), Kind: KindCorrection, Service: c.Service,
		Owner: contract.AccountID(actor.Person()), Subject: subjectOf(actor), Acting: actingOf(actor, k.Applicant), Mandate: mandateOf(actor),
		Party: k.Applicant, State: StateOpen, Case: k.Case,
		Rev: 1, Created: now, Saved: now, Expires: now.Add(correctionKeep), Correction: &k, revs: map[string]int64{},
	}
	if err := s.judge(c, &d); err != nil {
		return row{}, err
	}
	if err := s.insert(ctx, actor, c, d); err != nil {
		return row{}, err
	}
	// Somebody else may have been first; then theirs is the one.
	return selectCorrection(ctx, s.c.DB, k.Case)
}
