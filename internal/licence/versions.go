package licence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// Legal bases of what a decision does to a licence.
const (
	basisChange = "《行政许可法》第四十九条"
	basisRenew  = "《行政许可法》第五十条"
	basisCancel = "《行政许可法》第七十条"
)

// renewalNotice is how many days before its end the renewal of a licence must be
// applied for (Licensing Law art. 50). They are days, not working days: art. 82
// counts only the periods of agencies in working days.
const renewalNotice = 30

// StateOn is the state as those who rely on the licence must see it on a day.
func (l Licence) StateOn(today day.Date) State {
	switch {
	case l.State != Valid:
		return l.State
	case today.Before(l.From):
		return Upcoming
	case !today.After(l.To):
		return Valid
	case l.deemed(today):
		return Deemed
	}
	return Expired
}

// deemed reports whether the licence counts as renewed on a day after its last:
// the renewal was applied for in time, and nobody decided by then (art. 50). A
// refusal that comes later cannot undo that. It lasts as long again as the
// licence did, or until the renewed sheet is there.
func (l Licence) deemed(today day.Date) bool {
	r := l.Renewal
	inTime := r.Case != "" && !r.Applied.After(l.To.Add(-renewalNotice))
	silent := r.Ended.IsZero() || r.Ended.After(l.To)
	return inTime && silent && l.Renewed.IsZero() && !today.After(l.DeemedTo())
}

// DeemedTo is the last day of a deemed renewal.
func (l Licence) DeemedTo() day.Date {
	if l.To == LongTerm {
		return LongTerm
	}
	return l.To.Add(l.To.Sub(l.From) + 1)
}

// usable reports whether those who need a licence can rely on it in this state.
func (s State) usable() bool { return s == Valid || s == Deemed }

// over reports whether a licence has ended for good.
func (s State) over() bool { return s == Withdrawn || s == Revoked || s == Cancelled }

// follow is the version that a change or a renewal makes of a licence.
func (s *Service) follow(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (Licence, error) {
	prior, err := s.prior(ctx, tx, r)
	if err != nil {
		return Licence{}, err
	}
	from := prior.From // a change leaves the period as it was (art. 49)
	if prior, err = s.tip(ctx, tx, prior, r.Spec.Effect); err != nil {
		return Licence{}, err
	}
	l, err := s.draft(r)
	if err != nil {
		return Licence{}, err
	}
	all, err := versions(ctx, tx, prior.Root) // some may have come to nothing
	if err != nil {
		return Licence{}, err
	}
	l.Version = all[0].Version + 1
	if l.Identifier, err = versionOf(prior.Identifier, l.Version); err != nil {
		return Licence{}, err
	}
	l.Root, l.Prior, l.Number, l.prefix = prior.Root, prior.ID, prior.Number, prior.prefix
	switch r.Spec.Effect {
	case contract.LicenceChange:
		l.From, l.To, l.Renewal = from, prior.To, prior.Renewal
	case contract.LicenceRenew:
		l.From = prior.To.Add(1)
		l.To = validity(l.From, r.Spec.Years)
	}
	ok, err := claim(ctx, tx, prior, l.ID)
	if err == nil && !ok {
		err = ErrPriorReplaced
	}
	return l, err
}

// prior is the licence that a decision acts on, if it may: it belongs to the
// applicant, is of the same type, and stands as the effect needs it.
func (s *Service) prior(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (Licence, error) {
	p, err := byID(ctx, tx, r.Prior)
	if errors.Is(err, ErrNotFound) || err == nil && p.Holder.ID != r.Holder.ID {
		return Licence{}, ErrPriorUnknown.Wrap(err)
	}
	if err != nil {
		return Licence{}, err
	}
	if r.Spec.TypeCode != "" && r.Spec.TypeCode != p.TypeCode {
		return Licence{}, ErrPriorType
	}
	if p.State == Superseded && r.Spec.Effect != contract.LicenceCancel {
		return Licence{}, ErrPriorReplaced
	}
	if r.Spec.Effect != contract.LicenceCancel && !p.fit(r.Spec.Effect, day.In(s.Now())) {
		return Licence{}, ErrPriorState
	}
	return p.Licence, nil
}

// fit reports whether a licence can be changed or renewed today. One that ran
// out can still be renewed when that was applied for before its last day.
func (l Licence) fit(effect string, today day.Date) bool {
	state := l.StateOn(today)
	if effect == contract.LicenceChange {
		return state.usable()
	}
	applied := l.Renewal.Case != "" && !l.Renewal.Applied.After(l.To)
	return l.To != LongTerm && (state.usable() || state == Expired && applied)
}

// tip is the version that a new one comes after. A change of a licence whose
// renewal is signed and has not begun changes both: it comes after the renewal.
func (s *Service) tip(ctx context.Context, tx db.Tx, l Licence, effect string) (Licence, error) {
	if l.Next == "" {
		return l, nil
	}
	next, err := byID(ctx, tx, l.Next)
	if err != nil {
		return Licence{}, err
	}
	switch {
	case next.State.over():
		return l, nil // it came to nothing: another may take its place
	case effect == contract.LicenceChange && next.Effect == contract.LicenceRenew && next.StateOn(day.In(s.Now())) == Upcoming && next.Next == "":
		return next.Licence, nil
	}
	return Licence{}, ErrPriorReplaced
}

// versionOf names another version: the serial stays the same (GB/T 36904).
func versionOf(of string, version int) (string, error) {
	id, err := idcode.ParseLicenceIdentifier(of)
	if err != nil {
		return "", fmt.Errorf("licence identifier %s: %w", of, err)
	}
	id.Version = version
	if err := id.Check(); err != nil {
		return "", fmt.Errorf("licence identifier: %w", err)
	}
	return id.String(), nil
}

// cancel ends a licence by decision, at the request of its holder or because it
// was not renewed (Licensing Law art. 70): no new sheet is made. Chosen was
// perhaps an earlier version; what ends is the licence, so all that follow end.
func (s *Service) cancel(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (contract.LicenceID, error) {
	p, err := s.prior(ctx, tx, r)
	if err != nil {
		return "", err
	}
	if p.State.over() {
		return "", ErrPriorState
	}
	e := ending{to: Cancelled, reason: endedBefore + r.CaseNumber + endedAfter, basis: basisCancel}
	ended, err := s.end(ctx, tx, auth.SystemPrincipal("licence-cancel"), p, e)
	if err != nil {
		return "", err
	}
	if len(ended) == 0 {
		return "", ErrPriorState
	}
	for _, id := range ended {
		if err := setEndedBy(ctx, tx, id, r.Case); err != nil {
			return "", err
		}
	}
	return ended[len(ended)-1], nil
}

// ending is how and why a licence ends.
type ending struct {
	to            State
	reason, basis string
}

// end ends a licence and the versions that follow it, and returns which.
func (s *Service) end(ctx context.Context, tx db.Tx, actor auth.Principal, l Licence, e ending) (ended []contract.LicenceID, err error) {
	for {
		if l.State == Pending || l.State == Valid || l.State == Suspended {
			from := l.State
			l.State, l.Reason, l.Basis, l.Changed = e.to, e.reason, e.basis, s.Now()
			if err := s.setState(ctx, tx, actor, l, from); err != nil {
				return ended, err
			}
			ended = append(ended, l.ID)
		}
		// Read again now that the row is ours: a version may have been made since.
		r, err := byID(ctx, tx, l.ID)
		if err != nil || r.Next == "" {
			return ended, err
		}
		if r, err = byID(ctx, tx, r.Next); err != nil {
			return ended, err
		}
		l = r.Licence
	}
}

// replace settles what a newly signed version means for those before it.
func (s *Service) replace(ctx context.Context, tx db.Tx, l Licence) error {
	if l.Prior == "" {
		return nil
	}
	prior, err := byID(ctx, tx, l.Prior)
	if err != nil {
		return err
	}
	if l.Effect == contract.LicenceRenew {
		return setRenewed(ctx, tx, prior.ID, s.Now())
	}
	if err := s.supersede(ctx, tx, prior.Licence); err != nil {
		return err
	}
	if prior.Effect != contract.LicenceRenew || prior.Prior == "" || !day.In(s.Now()).Before(prior.From) {
		return nil
	}
	old, err := byID(ctx, tx, prior.Prior) // the renewal had not begun: the change is of both
	if err != nil {
		return err
	}
	return s.supersede(ctx, tx, old.Licence)
}

func (s *Service) supersede(ctx context.Context, tx db.Tx, l Licence) error {
	if l.State != Valid && l.State != Suspended {
		return nil
	}
	from := l.State
	l.State, l.Reason, l.Basis, l.Changed = Superseded, reasonReplaced, basisChange, s.Now()
	return s.setState(ctx, tx, auth.SystemPrincipal("licence-print"), l, from)
}

// restore puts back what a withdrawn decision had replaced: the version before a
// change, or the right to renew.
func (s *Service) restore(ctx context.Context, tx db.Tx, actor auth.Principal, l Licence) error {
	if l.Prior == "" {
		return nil
	}
	prior, err := byID(ctx, tx, l.Prior)
	if err != nil {
		return err
	}
	if err := setNext(ctx, tx, prior.ID, ""); err != nil {
		return err
	}
	if l.Effect == contract.LicenceRenew {
		return setRenewed(ctx, tx, prior.ID, time.Time{})
	}
	return s.revive(ctx, tx, actor, prior.Licence, Superseded)
}

func (s *Service) revive(ctx context.Context, tx db.Tx, actor auth.Principal, l Licence, from State) error {
	if l.State != from {
		return nil
	}
	l.State, l.Reason, l.Basis, l.Changed = Valid, "", basisWithdraw, s.Now()
	if l.Blob == "" {
		l.State = Pending
	}
	return s.setState(ctx, tx, actor, l, from)
}

// History lists all versions of a licence, newest first, for those who may see it.
func (s *Service) History(ctx context.Context, actor auth.Principal, l Licence) ([]Licence, error) {
	if err := s.Policy.Check(actor, "licence.view", object(l)); err != nil {
		return nil, ErrNotFound.Wrap(err)
	}
	return s.openAll(versions(ctx, s.DB, l.Root))
}
