package form

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

// At a counter a clerk fills in the same forms for who stands at the window. The
// draft is that person's: they go on with it online, and a clerk goes on with one
// begun there. What the clerk enters the person confirms in person.

// Counters tells where a session at a window takes place.
type Counters interface {
	At(ctx context.Context, session string) (contract.Counter, error)
}

// Faults of what only a counter does.
var (
	ErrUnconfirmed = fault.New(fault.Invalid, "form.counter.unconfirmed") // the person has to confirm first
	ErrNoCounter   = fault.New(fault.Denied, "form.counter.only_there")   // it is done at a window alone
	ErrKeyed       = fault.New(fault.Invalid, "form.counter.keyed")       // a clerk does not type another's name
)

// purposeCounter and basisCounter are what reads of a clerk for the person at the
// window are recorded with: people choose the counter as they choose the net.
const (
	purposeCounter = "counter"
	basisCounter   = "优化营商环境条例第三十六条、第三十七条"
)

// materialKey names a material whose original is shown and of which there is no file.
func materialKey(material string) string { return materialPrefix + material }

// Shown is what a clerk saw of one original.
type Shown struct {
	contract.Seen
	Compared bool
	Paper    string // contract.PaperKept, PaperReturned, or ""
}

// Comparing is what a clerk says of one original.
type Comparing struct {
	Compared bool
	Paper    string
}

// Confirming is how the person at the window confirms.
type Confirming struct {
	Rev    int64 // that was read; 0 is what is stored
	Method string
	Mark   string  // path of a drawn signature
	Sheet  *Upload // scan of what was signed by hand; nil is none
}

// subjectOf is for whom a draft is: "" is the owner, online and at a counter alike.
func subjectOf(actor auth.Principal) string {
	if actor.AtCounter() && actor.For.ID == actor.For.Person {
		return ""
	}
	return actor.For.ID
}

// actingOf is the kind of right by which the owner acts for a party.
func actingOf(actor auth.Principal, p contract.Party) string {
	kind, _ := actor.Right()
	switch {
	case kind != "" || subjectOf(actor) == "":
		return kind
	case p.Kind == "company":
		return auth.ForCompany
	}
	return auth.ForPerson
}

// mandateOf is what the right of the owner rests on; at a counter that of who
// stands there, and not the session.
func mandateOf(actor auth.Principal) string {
	if _, id := actor.Right(); id != "" {
		return id
	}
	return actor.For.Mandate
}

// ownParty is who fills in: the resident, or the person at the window.
func ownParty(actor auth.Principal) contract.Party {
	p := contract.Party{Kind: "person", ID: actor.Person(), Name: actor.Name}
	if actor.AtCounter() {
		p.Name = actor.For.PersonName
	}
	return p
}

// onesOwn reports whether the actor does something as a person and not for another.
func onesOwn(actor auth.Principal) bool {
	return actor.Kind == auth.Resident && actor.For.ID == "" || actor.AtCounter() && actor.For.ID == actor.For.Person
}

// window is where the actor serves the person now.
func (s *Service) window(ctx context.Context, actor auth.Principal) (contract.Counter, error) {
	if !actor.AtCounter() || s.c.Counters == nil {
		return contract.Counter{}, ErrNoCounter
	}
	at, err := s.c.Counters.At(ctx, actor.For.Mandate)
	switch {
	case err != nil:
		return at, errors.Join(ErrNoCounter, err)
	case string(at.Clerk) != actor.ID:
		return at, ErrNoCounter
	}
	return at, nil
}

// recordRead writes down what a clerk reads of the person at the window, before
// it is shown. What people read of themselves is not recorded.
func (s *Service) recordRead(ctx context.Context, actor auth.Principal, object, subject string, what ...string) error {
	if !actor.AtCounter() {
		return nil
	}
	read := contract.PersonalDataRead{Subject: subject, What: what, Purpose: purposeCounter, Basis: basisCounter, At: s.c.Now()}
	if id, ok := strings.CutPrefix(object, "draft:"); ok {
		read.Draft = contract.DraftID(id)
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Actor: actor, Subject: subject, Object: object, Purpose: read.Purpose, Basis: read.Basis}
		return s.c.Events.Record(ctx, tx, m, read)
	})
}

// subjectOfRow is whom a draft is about.
func subjectOfRow(r row) string {
	if r.Company != "" {
		return r.Company
	}
	return string(r.Owner)
}

// confirmed loads what was done for a draft at a counter: originals, and the
// confirmation as long as it holds.
func (s *Service) confirmed(ctx context.Context, q db.Q, d *Draft, r row) error {
	var err error
	if d.Shown, err = selectOriginals(ctx, q, d.ID); err != nil {
		return err
	}
	x, ok, err := selectConfirmation(ctx, q, d.ID)
	if err != nil || !ok {
		return err
	}
	d.Outdated = true
	if r.State == StateSigning && x.Round != r.Round || r.State == StateOpen && x.Rev != r.Rev {
		return nil // something else was confirmed
	}
	k, err := s.openConfirmation(x)
	if err != nil {
		return err
	}
	d.Confirmed, d.Outdated, d.place = &k, false, x.Place
	return nil
}

// confirmDoc is the sealed part of a confirmation.
type confirmDoc struct {
	Name string `json:"name"`
	Mark string `json:"mark,omitempty"`
}

// confirmField binds it to its column.
const confirmField = "form_confirmations.sealed"

func (s *Service) openConfirmation(x confirmation) (contract.Confirmed, error) {
	text, err := s.c.Seal.Open(confirmField, x.sealed)
	if err != nil {
		return contract.Confirmed{}, fmt.Errorf("open confirmation: %w", err)
	}
	var doc confirmDoc
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return contract.Confirmed{}, fmt.Errorf("confirmation: %w", err)
	}
	k := contract.Confirmed{
		Method: x.Method, Name: doc.Name, Account: x.Account, Mark: doc.Mark, Session: x.Place.Session, Hall: x.Place.Hall,
		Window: x.Place.Window, Clerk: x.Place.Clerk, ClerkName: x.Place.ClerkName, At: x.At,
	}
	if x.Sheet.Blob != "" {
		k.Sheet = &x.Sheet
	}
	return k, nil
}

// sheetSpec is what the scan of a signed sheet may be.
var sheetSpec = contract.MaterialSpec{ID: "signed-sheet", Types: []string{"pdf", "jpg", "png"}, MaxMB: 10, MaxFiles: 1}

// Confirm notes that the person at the window has read what the clerk entered and
// signed it, by hand or on the screen, with the clerk as witness. Whatever is
// changed later has to be confirmed again.
func (s *Service) Confirm(ctx context.Context, actor auth.Principal, id contract.DraftID, how Confirming) (Draft, error) {
	r, _, d, err := s.open(ctx, actor, id)
	if err != nil {
		return d, err
	}
	at, err := s.window(ctx, actor)
	if err != nil {
		return d, err
	}
	if how.Rev > 0 && how.Rev != r.Rev {
		return d, ErrStale
	}
	x := confirmation{Rev: r.Rev, Method: how.Method, Account: contract.AccountID(actor.Person()), Place: at, At: s.c.Now()}
	if err := s.signedThere(&x, actor, how); err != nil {
		return d, err
	}
	if how.Sheet != nil && how.Method == contract.ConfirmPaper {
		body, err := s.bytes(sheetSpec, how.Sheet.Body)
		if err != nil {
			return d, err
		}
		if x.Sheet, err = s.take(ctx, sheetSpec, how.Sheet.Name, body); err != nil {
			return d, err
		}
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		now, err := selectDraft(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.Rev != r.Rev || now.State != StateOpen || !now.Submitted.IsZero() {
			return ErrStale
		}
		if err := putConfirmation(ctx, tx, id, x); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, subjectOfRow(r), id, contract.PersonConfirmed{
			Draft: id, Case: r.Case, What: r.Kind, Method: x.Method, Account: x.Account, Session: at.Session, Window: at.Window, At: x.At,
		})
	})
	if err != nil {
		return d, err
	}
	return d, s.confirmed(ctx, s.c.DB, &d, r)
}

// signedThere checks how somebody confirms, and seals it.
func (s *Service) signedThere(x *confirmation, actor auth.Principal, how Confirming) error {
	doc := confirmDoc{Name: actor.For.PersonName}
	var form fault.Form
	switch how.Method {
	case contract.ConfirmPaper:
	case contract.ConfirmDrawn:
		if doc.Mark = how.Mark; !Drawn(doc.Mark) {
			form.Add("mark", "form.sign.drawing")
		}
	default:
		form.Add("method", "form.counter.how")
	}
	if err := form.Err(); err != nil {
		return err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("pack confirmation: %w", err)
	}
	if x.sealed, err = s.c.Seal.Seal(confirmField, string(text)); err != nil {
		return fmt.Errorf("seal confirmation: %w", err)
	}
	return nil
}

// Drawn reports whether a path is a drawn signature: lines that can become
// nothing else.
func Drawn(path string) bool {
	f := contract.Field{ID: "mark", Kind: KindSignature}
	text, ok := parseSignature("", path).Value.(string)
	return ok && validateSignature(f, text) == nil
}

// Compare notes what a clerk saw of the original of one file, or of a material
// that is shown and not handed in ("material.<id>"): level B of G108, and whether
// the original goes on with the case or was given back.
func (s *Service) Compare(ctx context.Context, actor auth.Principal, id contract.DraftID, file string, c Comparing) (Draft, error) {
	r, _, d, err := s.open(ctx, actor, id)
	if err != nil {
		return d, err
	}
	at, err := s.window(ctx, actor)
	if err != nil {
		return d, err
	}
	if !slices.Contains([]string{"", contract.PaperKept, contract.PaperReturned}, c.Paper) {
		e := fault.Form{}
		e.Add("paper", "form.counter.paper")
		return d, e.Err()
	}
	material, ok := d.comparable(file)
	if !ok {
		return d, ErrNotFound
	}
	x := Shown{
		Seen:     contract.Seen{By: contract.AccountID(actor.ID), ByName: actor.Name, Agency: at.AgencyName, At: s.c.Now()},
		Compared: c.Compared, Paper: c.Paper,
	}
	if old := d.Shown[file]; old.Compared == x.Compared && old.Paper == x.Paper {
		return d, nil
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := putOriginal(ctx, tx, id, file, x); err != nil {
			return err
		}
		return s.tell(ctx, tx, actor, r, "original:"+material)
	})
	if err != nil {
		return d, err
	}
	d.Shown[file] = x
	return d, nil
}

// comparable finds the material of a file that has an original to be looked at.
func (d Draft) comparable(file string) (material string, ok bool) {
	if id, bare := materialName(file); bare {
		m, applies := d.Result.Material(id)
		return id, applies && m.Way == contract.MaterialCounter
	}
	i := slices.IndexFunc(d.Files, func(m contract.Material) bool { return m.File == file })
	if i < 0 || d.Files[i].Origin != contract.MaterialUpload && d.Files[i].Origin != contract.MaterialCounter {
		return "", false
	}
	return d.Files[i].ID, true
}

// ScanOriginal stores the scan of an original that is shown at a window.
func (s *Service) ScanOriginal(ctx context.Context, actor auth.Principal, id contract.DraftID, material string, u Upload) (Draft, error) {
	if _, err := s.window(ctx, actor); err != nil {
		return Draft{}, err
	}
	for range maxRetries {
		r, c, d, err := s.open(ctx, actor, id)
		if err != nil {
			return d, err
		}
		state, applies := d.Result.Material(material)
		if !applies || state.Way != contract.MaterialCounter {
			return d, ErrNoWay
		}
		spec := state.Spec
		if len(spec.Types) == 0 {
			spec.Types, spec.MaxMB = sheetSpec.Types, sheetSpec.MaxMB
		}
		body, err := s.bytes(spec, u.Body)
		if err != nil {
			return d, err
		}
		m, err := s.take(ctx, spec, u.Name, body)
		if err != nil {
			return d, err
		}
		m.Origin, m.Level = contract.MaterialCounter, ""
		stored, err := s.storeWay(ctx, actor, c, r, &d, chosen{m, true, contract.MaterialCounter})
		if err != nil || stored {
			return d, err
		}
		u.Body = strings.NewReader(string(body))
	}
	return Draft{}, ErrStale
}

// settleOriginals gives what a clerk compared its trust level, wherever it is
// handed in.
func (d *Draft) settleOriginals() {
	if len(d.Shown) == 0 {
		return
	}
	settle := func(list []MaterialState) {
		for i := range list {
			list[i].handed = d.seenOf(list[i].handed)
		}
	}
	settle(d.Result.Materials)
	for i := range d.Result.Signers {
		settle(d.Result.Signers[i].Materials)
	}
}

// seenOf are materials with what a clerk saw of them.
func (d *Draft) seenOf(list []contract.Material) []contract.Material {
	list = slices.Clone(list)
	for i, m := range list {
		x, ok := d.Shown[m.File]
		if m.File == "" || !ok {
			x, ok = d.Shown[materialKey(m.ID)]
			ok = ok && m.Origin == contract.MaterialCounter
		}
		if !ok {
			continue
		}
		list[i].Paper = x.Paper
		if x.Compared {
			seen := x.Seen
			list[i].Level, list[i].Seen = "B", &seen
		}
	}
	return list
}

// atWindow completes a submission that is made at a counter.
func (d *Draft) atWindow(sub *contract.Submission) {
	for _, m := range sub.Materials {
		if m.Seen != nil {
			sub.Originals = append(sub.Originals, m.File)
		}
	}
	if d.Confirmed == nil || d.by != nil && !d.by.AtCounter() {
		return // sent online, whoever helped before
	}
	sub.Counter, sub.Confirmed = d.place, d.Confirmed
	sub.Counter.Paper = slices.ContainsFunc(sub.Materials, func(m contract.Material) bool { return m.Paper == contract.PaperKept })
}

// mayHandIn refuses what a clerk hands in unconfirmed, and remembers the window
// at which it happens.
func (s *Service) mayHandIn(ctx context.Context, actor auth.Principal, d *Draft) error {
	if !actor.AtCounter() {
		return nil
	}
	at, err := s.window(ctx, actor)
	if err != nil {
		return err
	}
	if d.Confirmed == nil {
		return ErrUnconfirmed
	}
	d.place = at
	return nil
}

// sent tells that a draft went to its signers. What was confirmed at a window
// stands for the round of signing that begins with it.
func (s *Service) sent(ctx context.Context, tx db.Tx, actor auth.Principal, r row, at contract.Counter) error {
	if err := s.tell(ctx, tx, actor, r, "sent"); err != nil || !actor.AtCounter() {
		return err
	}
	return sendConfirmation(ctx, tx, r.ID, r.Round+1, at)
}

// signedAt notes that somebody signed at a window.
func (s *Service) signedAt(ctx context.Context, tx db.Tx, actor auth.Principal, t turn, now time.Time) error {
	if !actor.AtCounter() {
		return nil
	}
	return s.record(ctx, tx, actor, actor.Person(), t.r.ID, contract.PersonConfirmed{
		Draft: t.r.ID, What: "signature", Method: t.me.row.Method, Account: contract.AccountID(actor.Person()), Session: actor.For.Mandate, At: now,
	})
}
