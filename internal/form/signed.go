package form

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

// lastSignature is who submits an application once everybody has signed.
const lastSignature = "last-signature"

// Sign signs an application, with the signer's last answers. The last signature
// submits it in the same transaction. However often it is called, a person signs
// once.
func (s *Service) Sign(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string, how Signing) (Signed, error) {
	for range maxRetries {
		t, err := s.signing(ctx, actor, id, signer)
		if errors.Is(err, ErrNotSigning) && t.me.row.State == SignerSigned {
			return t.again(), nil
		}
		if err != nil {
			return Signed{}, err
		}
		if t.me.row.State == SignerSigned {
			return Signed{}, nil
		}
		mark, err := t.mark(how)
		if err != nil {
			return Signed{}, err
		}
		if err := s.prefillSigner(ctx, actor, &t); err != nil {
			return Signed{}, err
		}
		if err := s.complete(&t, how.Change); err != nil {
			return Signed{}, err
		}
		t.me.doc.Mark, t.me.doc.Session, t.me.doc.Reason = mark, actor.Session, ""
		if x, ok := t.d.Result.Signer(signer); ok {
			t.me.doc.Text = x.Spec.Text
		}
		t.me.row.State, t.me.row.Account, t.me.row.Method = SignerSigned, contract.AccountID(actor.Person()), how.Method
		done, signed, err := s.handSignature(ctx, actor, t)
		if err != nil || done {
			return signed, err
		}
	}
	return Signed{}, ErrStale
}

// again is the answer to whoever has signed what is submitted by now. The query
// code is the applicant's.
func (t turn) again() Signed {
	x := Signed{Last: t.d.Receipt != nil}
	if t.d.Receipt != nil {
		x.Receipt = &contract.Receipt{Number: t.d.Receipt.Number, At: t.d.Receipt.At}
	}
	return x
}

// complete takes over the last answers and refuses a signature while something
// of the signer's own is missing.
func (s *Service) complete(t *turn, change Change) error {
	if _, err := s.fill(t, change); err != nil {
		return err
	}
	if err := s.rejudge(t); err != nil {
		return err
	}
	x, ok := t.d.Result.Signer(t.me.row.Signer)
	if !ok {
		return ErrNotSigning // an answer that time has changed asks for others
	}
	if fields := x.Faults(); len(fields) > 0 {
		e := *ErrIncomplete
		e.Args, e.Fields = []any{"n", len(fields)}, fields
		return &e
	}
	return nil
}

// handSignature stores a signature, and submits when it was the last. It reports
// false when something came between.
func (s *Service) handSignature(ctx context.Context, actor auth.Principal, t turn) (done bool, out Signed, err error) {
	now := s.c.Now()
	t.me.row.Answered = now
	if err := s.sealSigner(&t); err != nil {
		return false, out, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		// The draft's own row first: of two last signatures one sees the other.
		if done, err = lockSigning(ctx, tx, t.r.ID, t.r.Round); err != nil || !done {
			return err
		}
		if done, err = answerSignature(ctx, tx, t.me.row); err != nil || !done {
			return err
		}
		rows, err := selectSignatures(ctx, tx, t.r.ID)
		if err != nil {
			return err
		}
		out.Last = !slices.ContainsFunc(rows, func(g signature) bool { return g.State != SignerSigned })
		e := contract.SignatureGiven{
			Draft: t.r.ID, Item: t.r.Item, Signer: t.me.row.Signer, Last: out.Last, Notify: t.r.Owner, At: now,
		}
		if err := s.record(ctx, tx, actor, t.d.Party.ID, t.r.ID, e); err != nil {
			return err
		}
		if err := s.signedAt(ctx, tx, actor, t, now); err != nil || !out.Last {
			return err
		}
		return s.last(ctx, tx, t, &out)
	})
	if err != nil {
		return false, Signed{}, err
	}
	return done, out, nil
}

// last submits what everybody has signed. What time has spoilt since it was sent
// goes back to the applicant instead.
func (s *Service) last(ctx context.Context, tx db.Tx, t turn, out *Signed) error {
	r, err := selectDraft(ctx, tx, t.r.ID)
	if err != nil {
		return err
	}
	d, err := s.unpack(t.c, r)
	if err != nil {
		return err
	}
	if err := s.papersIn(ctx, tx, &d); err != nil {
		return err
	}
	if err := s.signatures(ctx, tx, t.c, &d); err != nil {
		return err
	}
	if err := s.confirmed(ctx, tx, &d, r); err != nil {
		return err
	}
	if err := s.judge(t.c, &d); err != nil {
		return err
	}
	if verdict(d.Result) != nil || !d.Result.Signed() {
		return s.thaw(ctx, tx, auth.SystemPrincipal(lastSignature), r, contract.SigningStale)
	}
	sub, err := s.filled(ctx, t.c, d)
	if err != nil {
		return err
	}
	receipt, done, err := s.submitIn(ctx, tx, auth.SystemPrincipal(lastSignature), r, d, sub)
	if err != nil {
		return err
	}
	if !done {
		return ErrStale
	}
	if err := s.strip(ctx, tx, d); err != nil {
		return err
	}
	out.Receipt = &contract.Receipt{Number: receipt.Number, At: receipt.At}
	return nil
}

// strip keeps of the signatures what proves them: which text, how, when, by whom.
// The answers are the case's now.
func (s *Service) strip(ctx context.Context, tx db.Tx, d Draft) error {
	for _, g := range d.signed {
		t := turn{me: g}
		t.me.doc.Answers, t.me.doc.Typed, t.me.doc.Revs, t.me.doc.Held, t.me.doc.Down = nil, nil, nil, nil, nil
		if err := s.sealSigner(&t); err != nil {
			return err
		}
		if err := keepSignature(ctx, tx, t.me.row); err != nil {
			return err
		}
	}
	return nil
}

// Decline refuses to sign, with a reason that the applicant reads.
func (s *Service) Decline(ctx context.Context, actor auth.Principal, id contract.DraftID, signer, reason string) error {
	reason = clean(reason, true)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		e := fault.Form{}
		e.Add("reason", "form.sign.reason", "n", maxReason)
		return e.Err()
	}
	for range maxRetries {
		t, err := s.signing(ctx, actor, id, signer)
		if err != nil {
			return err
		}
		if t.me.row.State != SignerWaiting { // again, or signed before
			return onlyIf(t.me.row.State == SignerSigned, ErrNotSigning)
		}
		t.me.doc.Reason, t.me.doc.Session = reason, actor.Session
		done, err := s.refuse(ctx, actor, t)
		if err != nil || done {
			return err
		}
	}
	return ErrStale
}

// refuse stores that a signer declined. It reports false when something came
// between.
func (s *Service) refuse(ctx context.Context, actor auth.Principal, t turn) (done bool, err error) {
	t.me.row.State, t.me.row.Account, t.me.row.Answered = SignerDeclined, contract.AccountID(actor.Person()), s.c.Now()
	if err := s.sealSigner(&t); err != nil {
		return false, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if done, err = lockSigning(ctx, tx, t.r.ID, t.r.Round); err != nil || !done {
			return err
		}
		if done, err = answerSignature(ctx, tx, t.me.row); err != nil || !done {
			return err
		}
		return s.record(ctx, tx, actor, t.d.Party.ID, t.r.ID, contract.SignatureGiven{
			Draft: t.r.ID, Item: t.r.Item, Signer: t.me.row.Signer, Declined: true, Notify: t.r.Owner, At: t.me.row.Answered,
		})
	})
	return done && err == nil, err
}

// Recall takes an application back from its signers, so that it can be changed.
// What they signed is void: they signed something else.
func (s *Service) Recall(ctx context.Context, actor auth.Principal, id contract.DraftID) error {
	r, err := s.load(ctx, actor, id, "form.edit")
	switch {
	case err != nil:
		return err
	case !r.Submitted.IsZero():
		return ErrSubmitted
	case r.State != StateSigning:
		return nil // it is open, which is what was asked for
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.tell(ctx, tx, actor, r, "recalled"); err != nil {
			return err
		}
		return s.thaw(ctx, tx, actor, r, contract.SigningRecalled)
	})
}

// thaw opens a draft that waited for signatures, and tells everybody concerned.
func (s *Service) thaw(ctx context.Context, tx db.Tx, actor auth.Principal, r row, why string) error {
	now := s.c.Now()
	ok, err := thawDraft(ctx, tx, r.ID, r.Round, now)
	if err != nil || !ok {
		return errors.Join(err, onlyIf(err == nil, ErrSubmitted)) // the last one signed first
	}
	rows, err := selectSignatures(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	e := contract.SigningEnded{Draft: r.ID, Item: r.Item, Reason: why, Notify: r.Owner, At: now}
	for _, g := range rows {
		if g.Account != "" {
			e.Signers = append(e.Signers, g.Account)
		}
	}
	if err := deleteSignatures(ctx, tx, r.ID); err != nil {
		return err
	}
	if err := deleteSignerFiles(ctx, tx, r.ID, now); err != nil {
		return err
	}
	return s.record(ctx, tx, actor, r.Party.ID, r.ID, e)
}

// Remind asks a signer again, once a day at most.
func (s *Service) Remind(ctx context.Context, actor auth.Principal, id contract.DraftID, signer string) error {
	r, err := s.load(ctx, actor, id, "form.edit")
	switch {
	case err != nil:
		return err
	case !r.Submitted.IsZero() || r.State != StateSigning:
		return ErrNotSigning
	}
	g, err := selectSignature(ctx, s.c.DB, id, signer)
	if err != nil {
		return err
	}
	now := s.c.Now()
	switch {
	case g.State != SignerWaiting:
		return ErrNotSigning
	case now.Sub(later(g.Asked, g.Reminded)) < remindAgain:
		return ErrReminded
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return s.remindIn(ctx, tx, actor, r, g) })
}

func (s *Service) remindIn(ctx context.Context, tx db.Tx, actor auth.Principal, r row, g signature) error {
	now := s.c.Now()
	ok, err := remindSignature(ctx, tx, g, now)
	if err != nil || !ok {
		return err
	}
	account, _, err := s.c.People.AccountByKey(ctx, g.Person)
	if err != nil {
		return fmt.Errorf("account of signer: %w", err)
	}
	return s.record(ctx, tx, actor, string(account), r.ID, contract.SignatureAsked{
		Draft: r.ID, Item: r.Item, Signer: g.Signer, Notify: account, Remind: true, At: now, Expires: g.Expires,
	})
}

// remind is the job that reminds signers, and gives up at last.
type remind struct {
	Draft contract.DraftID `json:"draft"`
	Round int64            `json:"round"`
	N     int              `json:"n"` // how often it has reminded
}

// Kind names the job.
func (remind) Kind() string { return "form.remind" }

func (s *Service) remindJob(ctx context.Context, tx db.Tx, j remind) error {
	r, err := selectDraft(ctx, tx, j.Draft)
	if err != nil || r.State != StateSigning || r.Round != j.Round || !r.Submitted.IsZero() {
		return ignoreMissing(err)
	}
	rows, err := selectSignatures(ctx, tx, j.Draft)
	if err != nil || len(rows) == 0 {
		return err
	}
	system := auth.SystemPrincipal("signature-reminder")
	now, asked := s.c.Now(), rows[0].Asked
	if !rows[0].Expires.After(now) {
		return s.thaw(ctx, tx, system, r, contract.SigningExpired)
	}
	for _, g := range rows {
		if g.State != SignerWaiting || now.Sub(later(g.Asked, g.Reminded)) < remindAgain {
			continue
		}
		if err := s.remindIn(ctx, tx, system, r, g); err != nil {
			return err
		}
	}
	j.N++
	at := rows[0].Expires
	if j.N < len(remindAfter) {
		at = asked.Add(remindAfter[j.N])
	}
	return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{At: at})
}
