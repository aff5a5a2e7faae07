package form

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

const (
	// signKeep is how long an application waits for its signers.
	signKeep = 30 * 24 * time.Hour
	// remindAgain is how soon a signer may be reminded once more.
	remindAgain = 24 * time.Hour
	// nameField and signField bind the sealed parts of a signature.
	nameField = "form_signatures.name"
	signField = "form_signatures.sealed"
	// purposeSign and basisSign are what a signer's look at an application is
	// recorded with: whoever signs must know what.
	purposeSign = "signature"
	basisSign   = "个人信息保护法第十三条第一款第二项"
)

// remindAfter are the times after which signers who have not signed are reminded.
var remindAfter = []time.Duration{3 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 21 * 24 * time.Hour}

// Methods of signing.
const (
	SignKeyed = "keyed" // the name as typed
	SignDrawn = "drawn" // with finger, pen or mouse
	SignPaper = "paper" // by hand on the print, at a counter, with the clerk as witness
)

// given is a signer with what was given so far.
type given struct {
	row   signature
	name  string
	doc   signDoc
	input SignerInput
}

// signDoc is the sealed part of a signature: what the signer filled in, and what
// was signed in which way.
type signDoc struct {
	Answers contract.Answers         `json:"a,omitempty"`
	Typed   map[string][]string      `json:"t,omitempty"`
	Revs    map[string]int64         `json:"r,omitempty"`
	Held    map[string]contract.Held `json:"h,omitempty"`
	Down    []string                 `json:"down,omitempty"`
	Asked   bool                     `json:"asked,omitempty"`   // held data was looked up
	Text    contract.Text            `json:"text,omitzero"`     // that was signed
	Mark    string                   `json:"mark,omitempty"`    // the name as typed, or the path
	Reason  string                   `json:"reason,omitempty"`  // why declined
	Session string                   `json:"session,omitempty"` // under which it was signed
}

// signatures reads what the signers of a draft gave.
func (s *Service) signatures(ctx context.Context, q db.Q, c *Compiled, d *Draft) error {
	d.signed = nil
	if d.State != StateSigning {
		return nil
	}
	rows, err := selectSignatures(ctx, q, d.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		g, err := s.given(c, r)
		if err != nil {
			return err
		}
		d.signed = append(d.signed, g)
	}
	return nil
}

func (s *Service) given(c *Compiled, r signature) (given, error) {
	g := given{row: r}
	var err error
	if g.name, err = s.c.Seal.Open(nameField, r.name); err != nil {
		return g, fmt.Errorf("open name of signer: %w", err)
	}
	if len(r.sealed) > 0 {
		text, err := s.c.Seal.Open(signField, r.sealed)
		if err != nil {
			return g, fmt.Errorf("open signature: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &g.doc); err != nil {
			return g, fmt.Errorf("signature: %w", err)
		}
	}
	if g.doc.Answers == nil {
		g.doc.Answers = contract.Answers{}
	}
	if g.doc.Typed == nil {
		g.doc.Typed = map[string][]string{}
	}
	if g.doc.Revs == nil {
		g.doc.Revs = map[string]int64{}
	}
	for id, v := range g.doc.Answers {
		g.doc.Answers[id] = restore(c.fields[id], v)
	}
	g.input = SignerInput{Answers: g.doc.Answers, Typed: g.doc.Typed, Held: g.doc.Held, Down: g.doc.Down}
	if r.State == SignerSigned {
		g.input.Signature = &contract.Signature{Signer: r.Signer, Account: r.Account, Name: g.name, Method: r.Method, At: r.Answered}
	}
	return g, nil
}

// signers are those who must sign, as the applicant sees them.
func (d Draft) signers() []Signer {
	list := make([]Signer, 0, len(d.Result.Signers))
	for _, x := range d.Result.Signers {
		one := Signer{ID: x.ID, Spec: x.Spec, Name: x.Person}
		i := slices.IndexFunc(d.signed, func(g given) bool { return g.row.Signer == x.ID })
		if i >= 0 {
			g := d.signed[i]
			one.State, one.Reason, one.Method, one.At = g.row.State, g.doc.Reason, g.row.Method, g.row.Answered
			one.Asked, one.Reminded, one.Expires = g.row.Asked, g.row.Reminded, g.row.Expires
		}
		list = append(list, one)
	}
	return list
}

// turn is a signer at work: the draft, and whose turn it is.
type turn struct {
	r  row
	c  *Compiled
	d  Draft
	me given

	there bool // the signer stands at a window
}

// signing loads an application for one of its signers. Whoever was not asked,
// by number and by name, is told that there is nothing.
func (s *Service) signing(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string) (turn, error) {
	r, err := selectDraft(ctx, s.c.DB, id)
	if err != nil {
		return turn{}, ErrNoSigner.Wrap(err)
	}
	g, err := selectSignature(ctx, s.c.DB, id, signer) // after the draft: it cannot be older
	if err != nil {
		return turn{}, err
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return turn{}, err
	}
	me, err := s.given(c, g)
	if err != nil {
		return turn{}, err
	}
	if err := s.isSigner(ctx, actor, me); err != nil {
		return turn{}, err
	}
	t := turn{r: r, c: c, me: me, there: actor.AtCounter()}
	if t.d, err = s.unpack(c, r); err != nil {
		return t, err
	}
	if t.d.Receipt != nil || r.State != StateSigning || !g.Expires.After(s.c.Now()) {
		return t, ErrNotSigning
	}
	if err := s.papers(ctx, &t.d); err != nil {
		return t, err
	}
	if err := s.signatures(ctx, s.c.DB, c, &t.d); err != nil {
		return t, err
	}
	return t, s.judge(c, &t.d)
}

// isSigner checks that the actor is the person who was asked.
func (s *Service) isSigner(ctx context.Context, actor auth.Principal, g given) error {
	who := ""
	if onesOwn(actor) { // one signs for oneself alone
		key, name, err := s.c.People.KeyOf(ctx, contract.AccountID(actor.Person()))
		if err != nil {
			return fmt.Errorf("who signs: %w", err)
		}
		if key != "" && key == g.row.Person && sameName(name, g.name) {
			who = actor.Person()
		}
	}
	err := s.c.Policy.Check(actor, "form.sign", policy.Object{
		Type: "Signature", ID: string(g.row.Draft) + "/" + g.row.Signer, Attrs: map[string]any{"signer": who},
	})
	if fault.KindOf(err) == fault.Denied {
		return ErrNoSigner.Wrap(err)
	}
	return err
}

// sameName compares names as people write them: 欧阳　娜 is 欧阳娜.
func sameName(a, b string) bool {
	return a != "" && strings.EqualFold(strings.Join(strings.Fields(a), ""), strings.Join(strings.Fields(b), ""))
}

// Signatures lists what the actor is asked to sign, newest first.
func (s *Service) Signatures(ctx context.Context, actor auth.Principal) ([]ToSign, error) {
	if !onesOwn(actor) {
		return nil, nil
	}
	key, name, err := s.c.People.KeyOf(ctx, contract.AccountID(actor.Person()))
	if err != nil {
		return nil, fmt.Errorf("who signs: %w", err)
	}
	if key == "" {
		return nil, nil
	}
	rows, err := selectAsked(ctx, s.c.DB, key, s.c.Now())
	if err != nil {
		return nil, err
	}
	var list []ToSign
	for _, g := range rows {
		x, ok, err := s.toSign(ctx, g, name)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, x)
		}
	}
	return list, nil
}

func (s *Service) toSign(ctx context.Context, g signature, name string) (ToSign, bool, error) {
	asked, err := s.c.Seal.Open(nameField, g.name)
	if err != nil {
		return ToSign{}, false, fmt.Errorf("open name of signer: %w", err)
	}
	r, err := selectDraft(ctx, s.c.DB, g.Draft)
	if err != nil || r.State != StateSigning || !r.Submitted.IsZero() || !sameName(name, asked) {
		return ToSign{}, false, ignoreMissing(err)
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return ToSign{}, false, err
	}
	x := ToSign{
		Draft: g.Draft, Signer: g.Signer, Item: r.Item, Name: c.Service.Name, Applicant: r.Party,
		State: g.State, Asked: g.Asked, Expires: g.Expires,
	}
	for _, spec := range c.Service.Signers {
		if spec.ID == signerSpec(g.Signer) {
			x.Role = spec.Name
		}
	}
	return x, true, nil
}

// Signature shows an application to one of its signers. Each look is recorded
// in the log of whom the application is about.
func (s *Service) Signature(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string) (Signature, error) {
	t, err := s.signing(ctx, actor, id, signer)
	if err != nil {
		return Signature{}, err
	}
	if err := s.prefillSigner(ctx, actor, &t); err != nil {
		return Signature{}, err
	}
	read := contract.PersonalDataRead{
		Subject: t.d.Party.ID, What: []string{"answers"}, Purpose: purposeSign, Basis: basisSign, At: s.c.Now(),
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Actor: actor, Subject: read.Subject, Object: "draft:" + string(id), Purpose: read.Purpose, Basis: read.Basis}
		return s.c.Events.Record(ctx, tx, m, read)
	})
	if err != nil {
		return Signature{}, err
	}
	return t.show(), nil
}

// show is the application as the signer may see it: the other signers' own pages
// are theirs.
func (t turn) show() Signature {
	x := Signature{Draft: t.d, Rev: t.me.row.Rev}
	x.State, _ = t.d.Result.Signer(t.me.row.Signer)
	for _, one := range t.d.Signers {
		if one.ID == t.me.row.Signer {
			x.Signer = one
		}
	}
	if x.Signer.ID == "" { // an answer that time has changed; the name still stands
		x.Signer = Signer{ID: t.me.row.Signer, Name: t.me.name, State: t.me.row.State, Expires: t.me.row.Expires}
	}
	x.Draft.signed, x.Draft.Held, x.Draft.Typed = nil, nil, nil
	x.Draft.Result.Signers = nil
	x.Draft.Files = ofSigner(t.d.Files, t.me.row.Signer)
	return x
}

// prefillSigner looks up once what the government holds of the signer for the
// signer's own pages. Sensitive data is not looked at: nobody agreed to it.
func (s *Service) prefillSigner(ctx context.Context, actor auth.Principal, t *turn) error {
	if t.me.doc.Asked || t.me.row.State == SignerSigned || s.c.Registries == nil {
		return nil
	}
	var keys []string
	for _, f := range t.c.FieldsFor(t.me.row.Signer) {
		if f.Held != "" && !strings.HasPrefix(f.Held, licencePrefix) && !slices.Contains(sensitiveRegistries, registryOf(f.Held)) {
			keys = append(keys, f.Held)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	mine := Draft{ID: t.d.ID, Service: t.d.Service, Held: map[string]contract.Held{}}
	if err := s.lookup(ctx, actor, &mine, ownParty(actor), slices.Compact(keys)); err != nil {
		return err
	}
	t.me.doc.Held, t.me.doc.Down, t.me.doc.Asked = mine.Held, mine.Down, len(mine.Down) == 0
	_, err := s.storeSigner(ctx, t)
	return err
}

// storeSigner keeps what a signer gave, and judges anew.
func (s *Service) storeSigner(ctx context.Context, t *turn) (bool, error) {
	if err := s.sealSigner(t); err != nil {
		return false, err
	}
	ok := false
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		ok, err = saveSignature(ctx, tx, t.me.row)
		return err
	})
	if err != nil || !ok {
		return false, err
	}
	t.me.row.Rev++
	return true, s.rejudge(t)
}

func (s *Service) sealSigner(t *turn) error {
	text, err := json.Marshal(t.me.doc)
	if err != nil {
		return fmt.Errorf("pack signature: %w", err)
	}
	if len(text) > maxContent {
		return ErrAnswers
	}
	if t.me.row.sealed, err = s.c.Seal.Seal(signField, string(text)); err != nil {
		return fmt.Errorf("seal signature: %w", err)
	}
	return nil
}

// rejudge takes over the signer's answers into the draft.
func (s *Service) rejudge(t *turn) error {
	t.me.input.Answers, t.me.input.Typed, t.me.input.Held, t.me.input.Down = t.me.doc.Answers, t.me.doc.Typed, t.me.doc.Held, t.me.doc.Down
	for i := range t.d.signed {
		if t.d.signed[i].row.Signer == t.me.row.Signer {
			t.d.signed[i] = t.me
		}
	}
	return s.judge(t.c, &t.d)
}

// SaveSignature stores what a signer filled in, right or wrong.
func (s *Service) SaveSignature(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string, change Change) (Signature, error) {
	for range maxRetries {
		t, err := s.signing(ctx, actor, id, signer)
		if err != nil {
			return Signature{}, err
		}
		if t.me.row.State == SignerSigned {
			return Signature{}, ErrNotSigning
		}
		moved, err := s.fill(&t, change)
		if err != nil || !moved {
			return t.show(), err
		}
		stored, err := s.storeSigner(ctx, &t)
		if err != nil || stored {
			return t.show(), err
		}
	}
	return Signature{}, ErrStale
}

// SaveSignatureJSON is SaveSignature for typed JSON, as strict as SaveJSON.
func (s *Service) SaveSignatureJSON(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string, rev int64, answers map[string]json.RawMessage) (Signature, error) {
	t, err := s.signing(ctx, actor, id, signer)
	if err != nil {
		return Signature{}, err
	}
	x, _ := t.d.Result.Signer(signer)
	change, err := readAnswers(t.c, t.c.FieldsFor(signer), x.Pages, rev, answers)
	if err != nil {
		return Signature{}, err
	}
	return s.SaveSignature(ctx, actor, id, signer, change)
}

// fill puts a change into the signer's own answers.
func (s *Service) fill(t *turn, change Change) (bool, error) {
	var conflicts []fault.Field
	moved := false
	for _, f := range t.c.FieldsFor(t.me.row.Signer) {
		p, ok := change.Fields[f.ID]
		if !ok || p.Same(f, t.me.doc.Answers, t.me.doc.Typed) {
			continue
		}
		if change.Rev > 0 && t.me.doc.Revs[f.ID] > change.Rev {
			conflicts = append(conflicts, fault.Field{Name: f.ID, Err: invalid(f, "form.field.conflict")})
			continue
		}
		p.Put(f, t.me.doc.Answers, t.me.doc.Typed)
		t.me.doc.Revs[f.ID] = t.me.row.Rev + 1
		moved = true
	}
	if len(conflicts) > 0 {
		e := *ErrConflict
		e.Fields = conflicts
		return false, &e
	}
	return moved, nil
}

// mark checks how somebody signs: with the own name as typed, or drawn.
func (t turn) mark(how Signing) (string, error) {
	bad := func(code string) (string, error) {
		e := fault.Form{}
		e.Add("mark", code, "name", t.me.name)
		return "", e.Err()
	}
	switch how.Method {
	case SignKeyed:
		if t.there {
			return "", ErrKeyed
		}
		typed := clean(how.Mark, false)
		if !sameName(typed, t.me.name) {
			return bad("form.sign.name")
		}
		return typed, nil
	case SignDrawn:
		if Drawn(how.Mark) {
			return how.Mark, nil
		}
		return bad("form.sign.drawing")
	case SignPaper:
		if t.there {
			return "", nil
		}
	}
	return bad("form.sign.how")
}
