package licence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// pageSize is how many licences or uses a list shows at a time.
const pageSize = 50

// last stands behind every id, so that a list begins at the newest.
const last = "~"

// Issue does to a licence what a grant is for, in the transaction of the
// decision: it makes a licence or a new version of one and plans the sheet, or
// it cancels one. A case does so once: asked again, it answers the same id.
func (s *Service) Issue(ctx context.Context, tx db.Tx, r contract.LicenceRequest) (contract.LicenceID, error) {
	if id, err := idOfCase(ctx, tx, r.Case); !errors.Is(err, ErrNotFound) {
		return id, err
	}
	var l Licence
	var err error
	switch r.Spec.Effect {
	case "", contract.LicenceIssue:
		l, err = s.draft(r)
	case contract.LicenceChange, contract.LicenceRenew:
		l, err = s.follow(ctx, tx, r)
	case contract.LicenceCancel:
		return s.cancel(ctx, tx, r)
	default:
		err = fmt.Errorf("unknown effect %q", r.Spec.Effect)
	}
	if err != nil {
		return "", fmt.Errorf("issue licence for case %s: %w", r.Case, err)
	}
	face, err := s.sealFace(r.Face)
	if err != nil {
		return "", err
	}
	fresh, err := insert(ctx, tx, l, face)
	if err != nil {
		return "", err
	}
	if !fresh {
		return idOfCase(ctx, tx, r.Case)
	}
	return l.ID, s.Queue.InsertTx(ctx, tx, sheetJob{Licence: l.ID}, job.Insert{Unique: string(l.ID)})
}

// draft is the licence that a request asks for.
func (s *Service) draft(r contract.LicenceRequest) (Licence, error) {
	from, err := day.Parse(r.ValidFrom)
	if err != nil {
		return Licence{}, err
	}
	issuer, err := issuerCode(r.Agency, s.Issuers)
	if err != nil {
		return Licence{}, err
	}
	code := s.NewCode()
	name, err := identifier(r.Spec.TypeCode, issuer, code)
	if err != nil {
		return Licence{}, err
	}
	id := contract.LicenceID(s.NewID())
	return Licence{
		ID: id, Case: r.Case, CaseNumber: r.CaseNumber, Item: r.Item, TypeCode: r.Spec.TypeCode,
		Version: 1, Effect: cmp.Or(r.Spec.Effect, contract.LicenceIssue), Root: id, Name: r.Spec.Name, Identifier: name, Code: s.NewCode(), Holder: r.Holder,
		Agency: r.Agency.ID, AgencyName: r.Agency.Name, Division: r.Agency.Division, Face: r.Face,
		From: from, To: validity(from, r.Spec.Years), State: Pending,
		Changed: r.At, Granted: r.At, prefix: r.Spec.Prefix,
	}, nil
}

const faceField = "licence.face"

func (s *Service) sealFace(face []contract.FaceLine) ([]byte, error) {
	text, err := json.Marshal(face)
	if err != nil {
		return nil, fmt.Errorf("write face: %w", err)
	}
	return s.Sealer.Seal(faceField, string(text))
}

// open reads the face of a stored licence.
func (s *Service) open(r row, err error) (Licence, error) {
	if err != nil {
		return Licence{}, err
	}
	text, err := s.Sealer.Open(faceField, r.face)
	if err != nil {
		return Licence{}, fmt.Errorf("open face of %s: %w", r.ID, err)
	}
	if err := json.Unmarshal([]byte(text), &r.Face); err != nil {
		return Licence{}, fmt.Errorf("read face of %s: %w", r.ID, err)
	}
	return r.Licence, nil
}

func (s *Service) openAll(rows []row, err error) ([]Licence, error) {
	if err != nil {
		return nil, err
	}
	out := make([]Licence, 0, len(rows))
	for _, r := range rows {
		l, err := s.open(r, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// object is what policies know of a licence.
func object(l Licence) policy.Object {
	return policy.Object{Type: "Licence", ID: string(l.ID), Attrs: map[string]any{
		"holder": l.Holder.ID, "agency": string(l.Agency), "division": l.Division, "item": string(l.Item),
	}}
}

// Subject is the person or company an actor stands for.
func Subject(p auth.Principal) string {
	return p.Subject()
}

// Mine lists the actor's licences, newest first: of each the version that counts
// and the one that will, and for an agent only those of services that the right
// covers.
func (s *Service) Mine(ctx context.Context, actor auth.Principal) ([]Licence, error) {
	o := policy.Object{Type: "Wallet", Attrs: map[string]any{"holder": Subject(actor)}}
	if err := s.Policy.Check(actor, "licence.mine", o); err != nil {
		return nil, err
	}
	all, err := s.openAll(ofHolder(ctx, s.DB, Subject(actor), maxHeld))
	if err != nil {
		return nil, err
	}
	if err := s.listedAt(ctx, actor); err != nil {
		return nil, err
	}
	today := day.In(s.Now())
	return slices.DeleteFunc(all, func(l Licence) bool {
		old := l.State == Superseded || l.StateOn(today) == Expired && !l.Renewed.IsZero()
		return old || !actor.For.Covers(string(l.Item))
	}), nil
}

// listedAt records that a clerk reads at a window which licences somebody has.
func (s *Service) listedAt(ctx context.Context, actor auth.Principal) error {
	if !actor.AtCounter() {
		return nil
	}
	read := contract.PersonalDataRead{Subject: Subject(actor), What: []string{"licences"}, Purpose: purposeCounter, Basis: basisCounter, At: s.Now()}
	m := event.Meta{Actor: actor, Subject: read.Subject, Object: "wallet:" + read.Subject, Purpose: read.Purpose, Basis: read.Basis}
	return s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return s.Events.Record(ctx, tx, m, read) })
}

// forHolder reports whether a clerk at a window uses a licence of who stands there.
func forHolder(actor auth.Principal, l Licence) bool {
	return actor.AtCounter() && Subject(actor) == l.Holder.ID
}

// People choose how they come to the authorities, by the net or at a window; what a
// clerk reads for them there is recorded with this.
const (
	purposeCounter = "counter"
	basisCounter   = "优化营商环境条例第三十六条、第三十七条"
)

// Get returns one licence to its holder or to an official of its agency, whose
// look is recorded. To everybody else it does not exist.
func (s *Service) Get(ctx context.Context, actor auth.Principal, id contract.LicenceID) (Licence, error) {
	l, err := s.visible(ctx, actor, "licence.view", id)
	if err != nil || actor.Kind != auth.Staff {
		return l, err
	}
	return l, s.record(ctx, actor, l, UseRead, ChannelPage)
}

func (s *Service) visible(ctx context.Context, actor auth.Principal, action string, id contract.LicenceID) (Licence, error) {
	l, err := s.open(byID(ctx, s.DB, id))
	if err != nil {
		return Licence{}, err
	}
	if err := s.Policy.Check(actor, action, object(l)); err != nil {
		return Licence{}, ErrNotFound.Wrap(err)
	}
	return l, nil
}

// Download opens the signed sheet. The caller closes it.
func (s *Service) Download(ctx context.Context, actor auth.Principal, id contract.LicenceID, channel string) (Licence, io.ReadCloser, error) {
	l, err := s.visible(ctx, actor, "licence.download", id)
	if err != nil {
		return Licence{}, nil, err
	}
	if l.Blob == "" {
		return Licence{}, nil, ErrPending
	}
	if err := s.record(ctx, actor, l, UseDownload, channel); err != nil {
		return Licence{}, nil, err
	}
	body, err := s.Blobs.Open(ctx, string(l.Blob))
	if err != nil {
		return Licence{}, nil, fmt.Errorf("open sheet of %s: %w", id, err)
	}
	return l, body, nil
}

// Uses lists who used a licence, newest first, before an id ("" is the newest).
func (s *Service) Uses(ctx context.Context, actor auth.Principal, id contract.LicenceID, before string) ([]Use, error) {
	l, err := s.visible(ctx, actor, "licence.view", id)
	if err != nil {
		return nil, err
	}
	if before == "" {
		before = last
	}
	return listUses(ctx, s.DB, l, actor.ID, before, pageSize)
}

// record keeps a use: nobody can read without leaving it.
func (s *Service) record(ctx context.Context, actor auth.Principal, l Licence, kind, channel string) error {
	now := s.Now()
	if forHolder(actor, l) && (kind == UseRead || kind == UseDownload) {
		channel = ChannelCounter
	}
	u := use{id: s.NewID(), licence: l.ID, kind: kind, channel: channel, at: now}
	purpose, basis := "verify", "State Council Decree 716 art. 10"
	switch {
	case channel == ChannelCounter:
		u.actor, u.who = actor.ID, cmp.Or(actor.Name, actor.ID)
		purpose, basis = purposeCounter, basisCounter
	case actor.Kind == auth.Staff && kind != UseVerify:
		u.actor, u.who = actor.ID, cmp.Or(actor.Name, actor.ID)
		purpose, basis = "licence administration", "Licensing Law art. 61"
	case Subject(actor) == l.Holder.ID && actor.Kind == auth.Resident:
		u.actor = actor.ID
		purpose, basis = "own use", "consent of the holder"
	case actor.Kind == auth.System:
		u.actor = actor.ID
	default:
		actor = auth.Principal{} // who verifies is not followed
	}
	if kind == UseApply {
		purpose, basis = "application", "State Council Decree 716 art. 10"
	}
	m := event.Meta{
		Actor: actor, Subject: l.Holder.ID, Object: "licence:" + string(l.ID), Purpose: purpose, Basis: basis,
	}
	return s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		n, err := addUse(ctx, tx, u)
		if err != nil || n > 1 {
			return err
		}
		return s.Events.Record(ctx, tx, m, contract.LicenceUsed{Licence: l.ID, Kind: kind, Channel: channel, At: now})
	})
}

// Desk lists the licences of the actor's agency, newest first, or those with a
// printed number.
func (s *Service) Desk(ctx context.Context, actor auth.Principal, number, before string) ([]Licence, error) {
	o := policy.Object{Type: "Desk", Attrs: map[string]any{"agency": actor.Agency}}
	if err := s.Policy.Check(actor, "licence.desk", o); err != nil {
		return nil, err
	}
	agency := contract.AgencyID(actor.Agency)
	if number = strings.TrimSpace(number); number != "" {
		return s.openAll(byNumber(ctx, s.DB, agency, number))
	}
	if before == "" {
		before = last
	}
	return s.openAll(ofAgency(ctx, s.DB, agency, before, pageSize))
}

// Change is what an official decides about a licence.
type Change struct {
	Act    Act
	Reason string // shown to those who verify
	Basis  string // article of law
}

// MaxReason bounds the reason of a change, in characters.
const MaxReason = 500

// Check returns a fault when reason or basis is missing or too long: nobody
// loses a licence without being told why (Licensing Law art. 7).
func (c Change) Check() error {
	reason, basis := strings.TrimSpace(c.Reason), strings.TrimSpace(c.Basis)
	if reason == "" || basis == "" || len([]rune(reason)) > MaxReason || len([]rune(basis)) > MaxReason {
		return ErrReason
	}
	return nil
}

// Plan checks a change without doing it, for the page that asks again.
func (s *Service) Plan(ctx context.Context, actor auth.Principal, id contract.LicenceID, c Change) (Licence, error) {
	l, err := s.visible(ctx, actor, "licence.view", id)
	if err != nil {
		return Licence{}, err
	}
	return l, errors.Join(s.Policy.Check(actor, "licence.change", object(l)), s.fits(l, c))
}

func (s *Service) fits(l Licence, c Change) error {
	if _, err := l.StateOn(day.In(s.Now())).after(c.Act); err != nil {
		return err
	}
	return c.Check()
}

// Change suspends, resumes, withdraws, revokes or cancels a licence.
func (s *Service) Change(ctx context.Context, actor auth.Principal, id contract.LicenceID, c Change) (Licence, error) {
	l, err := s.Plan(ctx, actor, id, c)
	if err != nil {
		return Licence{}, err
	}
	from := l.State
	to, err := l.StateOn(day.In(s.Now())).after(c.Act)
	if err != nil {
		return Licence{}, err
	}
	reason, basis := strings.TrimSpace(c.Reason), strings.TrimSpace(c.Basis)
	err = s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if to.over() { // with it, what was to follow
			_, err := s.end(ctx, tx, actor, l, ending{to, reason, basis})
			return err
		}
		next := l
		next.State, next.Reason, next.Basis, next.Changed = to, reason, basis, s.Now()
		return s.setState(ctx, tx, actor, next, from)
	})
	l.State, l.Reason, l.Basis, l.Changed = to, reason, basis, s.Now()
	return l, err
}

// setState stores a change of state with its event.
func (s *Service) setState(ctx context.Context, tx db.Tx, actor auth.Principal, l Licence, from State) error {
	ok, err := setState(ctx, tx, l, from)
	if err != nil {
		return err
	}
	if !ok {
		return ErrState
	}
	m := event.Meta{Actor: actor, Subject: l.Holder.ID, Object: "licence:" + string(l.ID), Basis: l.Basis}
	return s.Events.Record(ctx, tx, m, contract.LicenceChanged{
		Licence: l.ID, Case: l.Case, Number: l.Number, Identifier: l.Identifier, Holder: l.Holder.ID,
		From: string(from), To: string(l.State), Basis: l.Basis, At: l.Changed,
	})
}
